import { expect, test } from "vitest";
import { all, extended, joined, NONE, only, span, toggled } from "../../src/state/selection";
import { keepPlace, neighbour, placeIn, standing } from "../../src/state/places";

const ids = (selection: typeof NONE) => [...selection.ids].sort().join("");

test("a range grows and shrinks around its anchor", () => {
  const began = only("b", 1);
  const longer = extended(began, ["b", "c", "d"]);
  expect(ids(longer)).toBe("bcd");
  expect(ids(extended(longer, ["b", "c"]))).toBe("bc");
});
test("a range is added to what was chosen one by one", () => {
  const chosen = toggled(toggled(NONE, "a", 0), "f", 5);
  const range = extended(chosen, ["f", "g"]);
  expect(ids(range)).toBe("afg");
  expect(ids(extended(range, ["f"]))).toBe("af");
});
test("choosing again takes away", () => {
  expect(ids(toggled(all(["a", "b"]), "a", 0))).toBe("b");
});
test("a drawn box can be added and then stays", () => {
  const joinedOnce = joined(only("a", 0), ["c", "d"]);
  expect(ids(joinedOnce)).toBe("acd");
  expect(ids(extended(joinedOnce, ["a", "b"]))).toBe("abcd");
});
test("a range may be drawn backwards", () => expect(span(7, 3)).toEqual([3, 7]));

test("coming back to a list leads to the place left, in that list only", () => {
  const list = { q: "貓", sort: "newest" as const, at: null };
  keepPlace(list, 42);
  expect(placeIn({ ...list })).toBe(42);
  expect(placeIn({ ...list, q: "" })).toBe(0);
});
test("a picture that left the list: next is what moved up, previous is the one before", () => {
  const left = standing("x", 5, 4, ["d", "f", "g"]);
  expect(left).toEqual({ at: 5, left: true });
  expect([neighbour(left, -1, 9), neighbour(left, 1, 9)]).toEqual([4, 5]);
});
test("a picture that moved by one is found again; ends are ends", () => {
  expect(standing("f", 4, 3, ["d", "e", "f"])).toEqual({ at: 5, left: false });
  expect(neighbour({ at: 8, left: false }, 1, 9)).toBeNull();
  expect(neighbour({ at: 0, left: false }, -1, 9)).toBeNull();
  expect(neighbour({ at: 9, left: true }, 1, 9)).toBeNull();
});
