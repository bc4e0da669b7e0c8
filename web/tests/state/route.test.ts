import { expect, test } from "vitest";
import { listingOf, SORTS, START } from "../../src/state/listing";
import { decoded, href, read } from "../../src/state/route";

test("an address says its view, its one thing and its parameters", () => {
  expect(read("#/picture/01ab?q=a%20b")).toMatchObject({ view: "picture", id: "01ab" });
  expect(read("#/picture/01ab?q=a%20b").params.get("q")).toBe("a b");
  for (const nothing of ["", "#", "#/"]) expect(read(nothing)).toMatchObject({ view: "pictures", id: null });
  for (const id of ["貓咪 100%", "a/b", "%ZZ"]) expect(read(href("search", id)).id).toBe(id);
});
test("what cannot be decoded is taken as it stands", () => {
  expect(read("#/pictures/%E0%A4%A")).toMatchObject({ view: "pictures", id: "%E0%A4%A" });
  expect(read("#/search/%ZZ").id).toBe("%ZZ");
  expect(decoded("%E8%B2%93")).toBe("貓");
  expect(read("#/pictures?q=%ZZ").params.get("q")).toBe("%ZZ");
});
test("an order that there is not is the one that the view begins with", () => {
  const sortOf = (sort: string, start = START) => listingOf(read(`#/pictures?sort=${sort}`).params, start).sort;
  expect([sortOf("zz"), sortOf(""), sortOf("constructor")]).toEqual(["newest", "newest", "newest"]);
  expect(sortOf("zz", { q: "", sort: "rating" })).toBe("rating");
  expect(SORTS.map((each) => sortOf(each))).toEqual(SORTS);
});
