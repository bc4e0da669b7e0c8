import { expect, test } from "vitest";
import { albumsLike, beforeAfterMove, homesOf, lineOf, pathOf, within } from "../src/albums/tree";
import type { Album } from "../src/api/types";

const album = (id: string, parent: string | null = null, name = id): Album => ({
  id, name, notes: "", color: null, parent, depth: parent ? 1 : 0, assets: 0, cover: null, cover_asset: null, created_at: 0, conflicts: [],
});
const all = [album("a", null, "客戶"), album("b", "a", "夜市"), album("c", "b", "精選"), album("d", null, "精選")];

test("an album is told apart from its namesake by where it stands", () => {
  expect(within(all, null).map((each) => each.id)).toEqual(["a", "d"]);
  expect([pathOf(all, "c"), pathOf(all, "d"), pathOf(all, "gone")]).toEqual(["客戶 / 夜市 / 精選", "精選", ""]);
  expect(albumsLike(all, " 夜市").map((each) => each.id)).toEqual(["b", "c"]);
});
test("albums that name each other make no endless line", () => {
  expect(lineOf([album("x", "y"), album("y", "x")], "x").map((each) => each.id)).toEqual(["y", "x"]);
});
test("an album goes neither into itself, nor into one that stands in it, nor where it is", () => {
  expect(homesOf(all, "a").map((each) => each.id)).toEqual(["d"]);
  expect(homesOf(all, "c").map((each) => each.id)).toEqual(["a", "d"]);
});
test("what moves comes to stand before the right picture, or at the end", () => {
  const ids = ["1", "2", "3", "4", "5"], one = new Set(["2"]), two = new Set(["2", "3"]), apart = new Set(["2", "4"]);
  expect([-1, 1, 2, 9].map((by) => beforeAfterMove(ids, one, by))).toEqual(["1", "4", "5", null]);
  expect([-1, 1, 2].map((by) => beforeAfterMove(ids, two, by))).toEqual(["1", "5", null]);
  expect([-1, 1].map((by) => beforeAfterMove(ids, apart, by))).toEqual(["1", null]);
});
test("at an end it stays, unless it has to close up", () => {
  const ids = ["1", "2", "3"];
  expect([beforeAfterMove(ids, new Set(["1"]), -1), beforeAfterMove(ids, new Set(["3"]), 1), beforeAfterMove(ids, new Set(["9"]), 1)]).toEqual([undefined, undefined, undefined]);
  expect(beforeAfterMove(ids, new Set(["1", "3"]), -1)).toBe("2");
});
