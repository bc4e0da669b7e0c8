import { expect, test } from "vitest";
import { has, parse, render, toggle, withWords, words } from "../src/state/query";
import { moved, gridOf } from "../src/state/geometry";

test("a query survives reading and writing", () => {
  const text = '霓虹 -dog tag:cat -model:"x y" rating:>=3';
  expect(render(parse(text))).toBe(text);
});
test("new words keep the filters", () => {
  expect(withWords("old tag:cat", "new 貓")).toBe("new 貓 tag:cat");
  expect(words("a tag:b c")).toBe("a c");
});
test("a filter is switched on and off", () => {
  const on = toggle("", "tag", "夜 景", true);
  expect(has(on, "tag", "夜 景")).toBe(true);
  expect(toggle(on, "tag", "夜 景", true)).toBe("");
});
test("arrows stay inside the grid", () => {
  const grid = gridOf(1000, 190, 30);
  expect(moved("ArrowUp", 1, grid, 20, 3)).toBe(1);
  expect(moved("End", 1, grid, 20, 3)).toBe(19);
});
