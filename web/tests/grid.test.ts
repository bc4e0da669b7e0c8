import { expect, test } from "vitest";
import { boxOf, gridOf, moved, touched } from "../src/state/geometry";
import { pagesOf } from "../src/state/data";

test("tiles fill the width at every size of window", () => {
  for (const width of [320, 390, 700, 1150, 1704, 3840])
    for (const wanted of [96, 200, 420]) {
      const grid = gridOf(width, wanted, 26);
      const used = grid.columns * grid.tile + (grid.columns - 1) * grid.gap + 2 * grid.padding;
      expect(used).toBeLessThanOrEqual(width);
      expect(width - used).toBeLessThan(grid.columns + 1);
    }
});
test("a phone shows two columns even when tiles are wanted large", () => {
  expect(gridOf(390, 420, 26).columns).toBe(2);
});
test("arrows stay inside the grid", () => {
  const grid = gridOf(1000, 190, 30);
  expect(moved("ArrowUp", 1, grid, 20, 3)).toBe(1);
  expect(moved("ArrowLeft", 0, grid, 20, 3)).toBe(0);
  expect(moved("ArrowDown", 17, grid, 20, 3)).toBe(19);
  expect(moved("End", 1, grid, 20, 3)).toBe(19);
  expect(moved("Home", 19, grid, 20, 3)).toBe(0);
  expect(moved("q", 1, grid, 20, 3)).toBeNull();
  expect(moved("End", 0, grid, 0, 3)).toBeNull();
});
test("a drawn box touches the tiles under it, in one run a row", () => {
  const grid = gridOf(1000, 190, 30);
  const step = grid.tile + grid.gap;
  const box = boxOf(grid.padding + step + 5, grid.row + 5, grid.padding + 5, 5);
  expect(touched(box, grid, 20)).toEqual([[0, 1], [grid.columns, grid.columns + 1]]);
  expect(touched(boxOf(0, 0, 1000, 9000), grid, 7)).toEqual([[0, grid.columns - 1], [grid.columns, 6]]);
  expect(touched(boxOf(0, 9000, 10, 9010), grid, 7)).toEqual([]);
});
test("the first page is always asked for, since it tells the total", () => {
  expect(pagesOf(0, 99)).toEqual([0]);
  expect(pagesOf(350, 420)).toEqual([0, 3, 4]);
});
