import { expect, test } from "vitest";
import { differs, listingOf, paramsOf, START } from "../../src/state/listing";
import { href, read } from "../../src/state/route";

const SAVED = { q: "rating:>=4", sort: "rating" as const };
const there = (list: Parameters<typeof paramsOf>[0], start = SAVED) => listingOf(read(href("search", "04ab", paramsOf(list, start))).params, start);

test("an address says only what differs from what the view begins with", () => {
  expect(href("search", "04ab", paramsOf({ ...SAVED, at: null }, SAVED))).toBe("#/search/04ab");
  expect(href("pictures", null, paramsOf({ q: "", sort: "newest", at: null }, START))).toBe("#/pictures");
});
test("a listing survives the way through the address, also one that was emptied", () => {
  for (const q of ["", "rating:>=4", "貓咪 & 100%", 'tag:"a b"']) {
    for (const sort of ["newest", "rating", "name"] as const) {
      expect(there({ q, sort, at: null })).toEqual({ q, sort, at: null });
      expect(there({ q, sort, at: "before" }, { ...START, sort: "rating" })).toEqual({ q, sort, at: "before" });
    }
  }
});
test("what was changed is known by query and order", () => {
  expect(differs(SAVED, SAVED)).toBe(false);
  expect(differs({ ...SAVED, q: "" }, SAVED)).toBe(true);
  expect(differs({ ...SAVED, sort: "newest" }, SAVED)).toBe(true);
});
