import { expect, test } from "vitest";
import eithers from "../../../tests/library/views/either.json";
import examples from "../../../tests/library/views/queries.json";
import { corrected, either, filters, has, isPlain, parse, render, toggle, without, withWords, words } from "../../src/state/query";

// Chance that is the same in every run.
function chances(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296;
    return state / 4_294_967_296;
  };
}
const CHARACTERS = [..."貓咪霓虹 ab\"\\:-<>=/'%.,，"];
const KEYS = ["tag", "model", "rating", "project", "type", "date"];

test("a query survives reading and writing", () => {
  const text = '霓虹 -dog tag:cat -model:"x y" rating:>=3';
  expect(render(parse(text))).toBe(text);
});
test("every filter is read and written as the daemon does", () => {
  for (const [text = "", written = ""] of examples) expect(render(parse(text)), text).toBe(written);
});
test("any filter value survives reading and writing", () => {
  const chance = chances(7);
  const pick = <T>(all: readonly T[]): T => all[Math.floor(chance() * all.length)] as T;
  for (let round = 0; round < 3000; round += 1) {
    const value = Array.from({ length: 1 + Math.floor(chance() * 9) }, () => pick(CHARACTERS)).join("");
    if (/^[<>=]/.test(value) || !value.trim()) continue; // a sign at the front is a comparison, not part of the value
    const piece = { key: pick(KEYS), value, negated: chance() < 0.3, quoted: false };
    const [again, ...more] = parse(render([piece]));
    expect(more, render([piece])).toEqual([]);
    expect({ ...again, quoted: false }, render([piece])).toEqual(piece);
  }
});
test("what was read is read the same again", () => {
  const chance = chances(11);
  for (let round = 0; round < 3000; round += 1) {
    const text = Array.from({ length: Math.floor(chance() * 14) }, () => CHARACTERS[Math.floor(chance() * CHARACTERS.length)]).join("");
    const once = render(parse(text));
    expect(render(parse(once)), text).toBe(once);
  }
});
test("new words keep the filters", () => {
  expect(withWords("old tag:cat", "new 貓")).toBe("new 貓 tag:cat");
  expect(withWords("old tag:cat", " ")).toBe("tag:cat");
  expect(words("a tag:b c")).toBe("a c");
  expect(filters("a tag:b c")).toHaveLength(1);
});
test("a word with a colon that is no filter stays a word", () => {
  expect(words("ratio:16 http://x")).toBe("ratio:16 http://x");
});
test("a filter is switched on and off", () => {
  const on = toggle("", "tag", "夜 景", true);
  expect(has(on, "tag", "夜 景")).toBe(true);
  expect(toggle(on, "tag", "夜 景", true)).toBe("");
});
test("a filter that has one value replaces its like, another joins", () => {
  expect(toggle("rating:3", "rating", "4", false)).toBe("rating:4");
  expect(toggle("tag:a", "tag", "b", true)).toBe("tag:a tag:b");
});
test("one piece is taken out and the others stay as they were", () => {
  expect(without('"a phrase" tag:b -tag:c', 1)).toBe('"a phrase" -tag:c');
});
test("only free words are searched for while they are written", () => {
  expect(["貓咪", "neon cat", ""].map(isPlain)).toEqual([true, true, true]);
  expect(["tag:c", "tag：狗", '"half', '"', "-", "cat -d"].map(isPlain)).toEqual([false, false, false, false, false, false]);
});
test("the filter that was meant takes the place of the wrong one, and of nothing else", () => {
  expect(corrected('neon raitng:5 -raitng:"2 x" "raitng:5" rating:1', "raitng", "rating:")).toBe('neon rating:5 -rating:"2 x" "raitng:5" rating:1');
  expect(corrected("before:2026-11", "before", "date:<")).toBe("date:<2026-11");
  expect(corrected("評分：5 x", "評分", "rating:")).toBe("rating:5 x");
});

test("what stands on either side of an or is a query of its own, as the daemon has it", () => {
  for (const [text, queries] of eithers as [string, string[]][]) expect(either(text), text).toEqual(queries);
});
