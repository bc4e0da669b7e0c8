import { expect, test } from "vitest";
import { addressOf, begun, comparisonOf, MOST, next, put, swapped, unseen } from "../../src/compare/place";
import { pieces } from "../../src/compare/words";
import { read } from "../../src/state/route";

const id = (number: number) => number.toString(16).padStart(32, "0");
const ids = (count: number) => Array.from({ length: count }, (_, at) => id(at));
const there = (hash: string) => comparisonOf(read(hash).params);
const marked = (all: { text: string; changed: boolean }[]) => all.map((each) => (each.changed ? `[${each.text}]` : each.text)).join("");

test("a comparison stands in its address, with the way back", () => {
  const one = begun(ids(3), "#/pictures?q=tag%3A%E8%B2%93&sort=name");
  expect(one && there(addressOf(one))).toEqual(one);
  expect(one?.from).toBe("pictures?q=tag%3A%E8%B2%93&sort=name");
  expect(one && there(addressOf({ ...one, mode: "flip" }))?.mode).toBe("flip");
});
test("a picture is not compared with itself: the one that is kept would be binned", () => {
  expect(there(`#/compare?a=${id(1)}&b=${id(1)}&among=${id(1)}.${id(2)}`)).toBeNull();
});
test("two need no list of others, one alone is nothing to compare, and a long address is cut", () => {
  const two = begun(ids(2), "");
  expect(two && addressOf(two)).not.toContain("among");
  expect(begun(ids(1), "")).toBeNull();
  expect(begun(ids(500), "")?.among).toHaveLength(MOST);
});
test("what is no picture's id is none", () => {
  expect(there(`#/compare?a=${id(1)}&b=../x`)).toBeNull();
  expect(there(`#/compare?a=${id(1)}&b=${id(2)}&among=x.${id(3)}&as=upside`)).toEqual({ pair: [id(1), id(2)], among: [id(3), id(1), id(2)], mode: null, from: "" });
});
test("one side goes round past the other", () => {
  const four = begun(ids(4), "")!;
  expect(next(four, 0, 1)).toBe(id(2));
  expect(next(four, 0, -1)).toBe(id(3));
  expect(next(put(four, 0, id(3)), 0, 1)).toBe(id(0));
  expect(next(begun(ids(2), "")!, 0, 1)).toBeNull();
});
test("after one was binned comes what neither side has shown", () => {
  const three = begun(ids(3), "")!;
  expect(unseen(three)).toBe(id(2));
  expect(unseen(put(three, 0, id(2)))).toBeNull();
  expect(swapped(three).pair).toEqual([id(1), id(0)]);
});
test("words that changed are marked, in English and in Chinese", () => {
  const [left, right] = pieces("a red cat, neon light", "a blue cat, soft neon light");
  expect(marked(left)).toBe("a [red] cat, neon light");
  expect(marked(right)).toBe("a [blue] cat,[ soft] neon light");
  expect(pieces("貓咪海報，霓虹燈", "貓咪海報，霓虹燈，加強對比")[0].some((each) => each.changed)).toBe(false);
  expect(marked(pieces("夜市，雨天", "夜市，晴天")[1])).toBe("夜市，[晴]天");
});
test("every letter of a text is in one of its pieces, however long it is", () => {
  const long = Array.from({ length: 5000 }, (_, at) => `word${at}`).join(" "), other = long.replace("word9 ", "x ").replace("word4000", "y");
  for (const [text, found] of [[long, pieces(long, other)[0]], [other, pieces(long, other)[1]]] as const) expect(found.map((each) => each.text).join("")).toBe(text);
  const odd = "a\u0301 👩‍🚀 {{x}} \n\ud800";
  expect(pieces(odd, "")[0]).toEqual([{ text: odd, changed: true }]);
  expect(pieces("", "")).toEqual([[], []]);
});
