import { expect, test } from "vitest";
import { marksOf, monthAt, stepped } from "../../src/grid/calendar";

const MONTHS = [["2026-02", 10], ["2026-01", 1], ["2025-12", 300], ["2025-06", 2], ["2023-01", 40]].reduce<{ month: string; at: number; count: number }[]>(
  (all, [month, count]) => [...all, { month: String(month), at: (all.at(-1)?.at ?? 0) + (all.at(-1)?.count ?? 0), count: Number(count) }], []);

test("every picture stands in its month", () => {
  const found = [0, 9, 10, 11, 310, 311, 312, 313, 352, 9999].map((index) => MONTHS[monthAt(MONTHS, index)]?.month);
  expect(found).toEqual(["2026-02", "2026-02", "2026-01", "2025-12", "2025-12", "2025-06", "2025-06", "2023-01", "2023-01", "2023-01"]);
  expect(monthAt([], 3)).toBe(-1);
});
test("keys go by month and by year, and stay inside", () => {
  expect(stepped(MONTHS, 0, "ArrowDown")).toBe(1);
  expect(stepped(MONTHS, 0, "ArrowUp")).toBe(0);
  expect(stepped(MONTHS, 4, "ArrowDown")).toBe(4);
  expect(stepped(MONTHS, 0, "PageDown")).toBe(2);
  expect(stepped(MONTHS, 2, "PageDown")).toBe(4);
  expect(stepped(MONTHS, 4, "PageDown")).toBe(4);
  expect(stepped(MONTHS, 3, "PageUp")).toBe(2);
  expect(stepped(MONTHS, 2, "PageUp")).toBe(0);
  expect(stepped(MONTHS, 0, "PageUp")).toBe(0);
  expect(stepped(MONTHS, 4, "Home")).toBe(0);
  expect(stepped(MONTHS, 0, "End")).toBe(4);
  expect(stepped(MONTHS, 0, "x")).toBeNull();
});
test("names of years never lie over one another, however close the years begin", () => {
  const many = Array.from({ length: 240 }, (_, at) => ({ month: `${2030 - Math.floor(at / 12)}-${String(12 - (at % 12)).padStart(2, "0")}`, at: at * 7, count: 7 }));
  for (const room of [90, 300, 700]) {
    const marks = marksOf(many, (index) => index / (240 * 7 - 1), room);
    const years = marks.filter((each) => each.year);
    expect(years[0]?.year).toBe("2030");
    expect(years.length).toBeGreaterThan(2);
    for (const [at, each] of years.entries()) expect(at === 0 || (each.share - (years[at - 1]?.share ?? 0)) * room >= 22).toBe(true);
    for (const [at, each] of marks.entries()) expect(at === 0 || (each.share - (marks[at - 1]?.share ?? 0)) * room >= 7).toBe(true);
  }
});
