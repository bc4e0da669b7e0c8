import { expect, test } from "vitest";
import { AT_ONCE, filledNext, PASSING, passesBy } from "../src/grid/filling";

const everywhere = () => true;
const sorted = (rows: ReadonlySet<number>) => [...rows].sort((one, other) => one - other);

test("a screenful that comes at once is filled from its middle, a few tiles a frame, until it is full", () => {
  const columns = 14, a = Math.floor(AT_ONCE / columns);
  let filled: ReadonlySet<number> = new Set();
  const sizes = [];
  for (let frame = 0; frame < 20; frame += 1) {
    const next = filledNext(filled, 100, 112, columns, everywhere);
    if (next === filled) break;
    filled = next;
    sizes.push(filled.size);
    if (frame === 0) expect(sorted(filled)).toEqual([104, 105, 106, 107, 108]);
  }
  expect(sizes).toEqual([a, 2 * a, 13]);
  expect(a * columns).toBeLessThanOrEqual(AT_ONCE);
});
test("a row of more tiles than that is still filled", () => {
  expect(filledNext(new Set(), 5, 9, AT_ONCE + 1, everywhere).size).toBe(1);
});
test("rows that left sight are forgotten, and those that scroll by are filled as they come", () => {
  const before = filledNext(new Set(), 0, 3, 6, everywhere);
  expect(sorted(before)).toEqual([0, 1, 2, 3]);
  expect(sorted(filledNext(before, 1, 4, 6, everywhere))).toEqual([1, 2, 3, 4]);
  expect(sorted(filledNext(before, 500, 501, 6, () => false))).toEqual([]);
});
test("a row waits for its pictures, and is the same set while nothing comes", () => {
  const before = filledNext(new Set(), 0, 4, 6, (row) => row < 2);
  expect(sorted(before)).toEqual([0, 1]);
  expect(filledNext(before, 0, 4, 6, (row) => row < 2)).toBe(before);
  expect(sorted(filledNext(before, 0, 4, 6, everywhere))).toEqual([0, 1, 2, 3, 4]);
});
test("rows pass by where many come in one frame, in either direction, or all in sight are others", () => {
  const columns = 12, many = PASSING / columns;
  expect([passesBy(100, 100, 112, columns), passesBy(100, 100 + many - 1, 112, columns)]).toEqual([false, false]);
  expect([passesBy(100, 100 + many, 112, columns), passesBy(100, 100 - many, 112, columns)]).toEqual([true, true]);
  expect([passesBy(10, 14, 17, 2), passesBy(10, 13, 16, 2)]).toEqual([true, false]);
  expect(passesBy(10, 11, 11, 40)).toBe(false);
});
