import { expect, test } from "vitest";
import { boxOf, gridOf, moved, rowsAt, scrolled, scrolledTo, TALLEST, touched, type Scroll } from "../src/grid/geometry";
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
test("a list longer than a browser lays out is reached to its last row, by steps as by leaps", () => {
  const height = 700, full = 58_000_000, most = full - height;
  const place = (at: Scroll) => at.top + at.shift;
  for (const to of [0, 1234, 20_000_000, most]) {
    const there = scrolledTo(to, full, height);
    expect(place(there)).toBeCloseTo(to, 3);
    expect(there.top).toBeLessThanOrEqual(TALLEST - height);
    expect(place(scrolled(there, there.top, full, height))).toBeCloseTo(to, 3);
  }
  expect(place(scrolled(scrolledTo(0, full, height), TALLEST - height, full, height))).toBeCloseTo(most, 3);
  let at = scrolledTo(30_000_000, full, height);
  for (let step = 0; step < 100; step += 1) at = scrolled(at, at.top + 120, full, height);
  expect(place(at)).toBeCloseTo(30_012_000, 0);
  // The scroller comes to its end long before the list does: from there it goes on.
  let near = { top: TALLEST - height - 500, shift: most - 3_000_000 - (TALLEST - height - 500) };
  for (let step = 0; step < 60_000 && place(near) < most; step += 1) near = scrolled(near, Math.min(TALLEST - height, near.top + 120), full, height);
  expect(place(near)).toBeCloseTo(most, 3);
});
test("a short list stands where its scroller stands", () => {
  expect(scrolled({ top: 5, shift: 0 }, 9000, 50_000, 700)).toEqual({ top: 9000, shift: 0 });
  expect(scrolledTo(90_000, 50_000, 700)).toEqual({ top: 49_300, shift: 0 });
  expect(scrolledTo(10, 300, 700)).toEqual({ top: 0, shift: 0 });
});
test("rows around what is in sight exist, and none that the list has not", () => {
  const grid = gridOf(1000, 190, 30);
  expect(rowsAt(0, 700, grid, 2)).toEqual([0, 1]);
  const [first, last] = rowsAt(50 * grid.row, 3 * grid.row, grid, 1000);
  expect(first).toBeLessThan(50);
  expect(last).toBeGreaterThan(53);
  expect(rowsAt(0, 700, grid, 0)).toEqual([0, 0]);
});
