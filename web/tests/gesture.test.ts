import { expect, test } from "vitest";
import { DOUBT, meant, NOTHING, REST } from "../src/create/gesture";

const begun = { order: "a cat", key: "k", pressed: 10_000, answered: true };

test("a double click, a second click and a held key are the gesture that began already", () => {
  for (const since of [0, 80, 350, REST - 1]) expect(meant(begun, "a cat", 10_000 + since, false)).toBe("nothing");
  expect(meant(begun, "a dog", 10_350, true)).toBe("nothing");
});
test("the same order soon after is asked about where it may cost something, and only there", () => {
  const soon = 10_000 + REST;
  expect([meant(begun, "a cat", soon, true), meant(begun, "a cat", soon, false), meant(begun, "a dog", soon, true)]).toEqual(["ask", "begin", "begin"]);
  expect(meant(begun, "a cat", 10_000 + DOUBT, true)).toBe("begin");
});
test("what nobody answered to is sent again without a question: it is the same batch", () => {
  expect(meant({ ...begun, answered: false }, "a cat", 10_000 + REST, true)).toBe("begin");
  expect(meant({ ...NOTHING, pressed: 10_000 }, "a cat", 10_000 + REST, true)).toBe("begin");
  expect(meant(null, "a cat", 0, true)).toBe("begin");
});
