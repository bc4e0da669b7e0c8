import { describe, expect, it } from "vitest";
import { withNotice, type Notice } from "../../src/state/notices";

let next = 0;
const told = (text: string, bad = false): Notice => ({ id: next++, text, bad, undo: null, redo: null });
const after = (...all: Notice[]) => all.reduce<Notice[]>(withNotice, []);
const texts = (shown: Notice[]) => shown.map((each) => each.text);

describe("notices in sight", () => {
  it("are two at most, the newest ones", () => {
    expect(texts(after(told("a"), told("b"), told("c")))).toEqual(["b", "c"]);
  });
  it("are failures for longer than what went well", () => {
    expect(texts(after(told("a", true), told("b"), told("c")))).toEqual(["a", "c"]);
    expect(texts(after(told("a", true), told("b", true), told("c")))).toEqual(["b", "c"]);
  });
  it("say the same once, as the newest", () => {
    const [first, other, again] = [told("a"), told("b"), told("a")];
    expect(after(first, other, again)).toEqual([other, again]);
  });
});
