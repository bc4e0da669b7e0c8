import { QueryClient, QueryObserver } from "@tanstack/react-query";
import { expect, test } from "vitest";
import type { AssetPage } from "../../src/api/types";
import { letGo, pagesOf, together } from "../../src/state/data";

test("the pages in sight are asked for, and the first one, which tells the total", () => {
  expect(pagesOf(0, 40)).toEqual([0]);
  expect(pagesOf(1950, 2100)).toEqual([0, 19, 20, 21]);
});

test("of a list that was scrolled through only the pages of late are kept, and those in sight", () => {
  const queries = new QueryClient(), list = { q: "", sort: "newest", at: null };
  const key = (page: number, workspace = "w") => [workspace, "assets", list, page];
  for (let page = 0; page < 1000; page += 1) queries.setQueryData(key(page), { items: [] }, { updatedAt: 1 + page });
  queries.setQueryData(key(0, "other"), { items: [] });
  queries.setQueryData(["w", "facets", "", null], {});
  const stop = new QueryObserver(queries, { queryKey: key(0), staleTime: Infinity }).subscribe(() => undefined);
  letGo(queries, "w");
  const left = queries.getQueryCache().findAll({ queryKey: ["w", "assets"] }).map((each) => each.queryKey[3]);
  expect(left).toEqual([0, ...Array.from({ length: 24 }, (_, at) => 976 + at)]);
  expect(queries.getQueryCache().getAll()).toHaveLength(27);
  stop();
  letGo(queries, "w");
  expect(queries.getQueryData(key(0))).toBeUndefined();
});

test("a list is another only where a page came or changed, not where one begins to be asked for", () => {
  const page = (...ids: string[]) => ({ items: ids.map((id) => ({ id })), total: 300 }) as AssetPage;
  const none = { data: undefined, error: null }, first = { data: page("a", "b"), error: null };
  const combine = together([0, 2]), before = combine([first, none]);
  expect([...before.found.keys()]).toEqual([0, 1]);
  expect(combine([{ ...first }, { ...none }]).found).toBe(before.found);
  const after = combine([first, { data: page("c"), error: null }]);
  expect([...after.found].map(([at, { id }]) => [at, id])).toEqual([[0, "a"], [1, "b"], [200, "c"]]);
  expect(combine([{ data: page("x"), error: null }, none]).found.get(0)?.id).toBe("x");
  expect([after.total, combine([none, none]).total]).toEqual([300, undefined]);
});
