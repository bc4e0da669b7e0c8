/** What an address says of a list: query, order and moment, where they differ from what its view begins with. */
import { WHOLE_ALBUM, type Listing, type Order } from "../api/library";
import type { Sort } from "../api/types";

export const SORTS: readonly Sort[] = ["newest", "oldest", "name", "rating", "size", "relevance"];

export type Start = Pick<Listing, "q" | "sort">;
export const START: Start = { q: "", sort: "newest" };

/** A query that was emptied where the view begins with one: nothing at all would mean that one. */
export const EMPTIED = " ";

export function listingOf(params: URLSearchParams, start: Start): Listing {
  const q = params.get("q"), sort = params.get("sort"), query = q === null ? start.q : q.trim();
  const known: readonly Order[] = WHOLE_ALBUM.test(query) || start.sort === "own" ? [...SORTS, "own"] : SORTS;
  return { q: query, sort: known.find((each) => each === sort) ?? start.sort, at: params.get("at") };
}

export function paramsOf(list: Listing, start: Start): Record<string, string | null> {
  const q = list.q === start.q ? null : list.q || EMPTIED;
  return { q, sort: list.sort === start.sort ? null : list.sort, at: list.at };
}

export const differs = (list: Start, start: Start) => list.q !== start.q || list.sort !== start.sort;
