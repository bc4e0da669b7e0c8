/** Where somebody was in each list, so that coming back from a picture leads to it and not to the top. Per tab, in memory. */
import type { Listing } from "../api/library";

const places = new Map<string, number>();
const MOST = 50;

const listKey = (list: Listing) => JSON.stringify([list.q, list.sort, list.at]);

export const placeIn = (list: Listing) => places.get(listKey(list)) ?? 0;

export function keepPlace(list: Listing, at: number): void {
  const key = listKey(list);
  places.delete(key);
  places.set(key, at);
  const oldest = places.size > MOST ? places.keys().next().value : undefined;
  if (oldest !== undefined) places.delete(oldest);
}

/** What was selected in the list that was left for a while, until it is come back to or another one is seen. */
let left: { key: string; ids: Set<string> } | null = null;

export function keepSelection(list: Listing, ids: Iterable<string>): void {
  left = { key: listKey(list), ids: new Set(ids) };
}

export const selectionIn = (list: Listing): ReadonlySet<string> | null => (left?.key === listKey(list) ? left.ids : null);

export function forgetSelection(): void {
  left = null;
}

/** No longer one of them, for it was binned. */
export const unkeep = (id: string) => left?.ids.delete(id);

/** The picture is at `at`, or has left the list: then what follows has moved up to `at`. */
export interface Standing { at: number; left: boolean }

/** Where a picture stands now, by the few ids around the place where it was. */
export function standing(id: string, was: number, start: number, ids: readonly string[]): Standing {
  const found = ids.indexOf(id);
  return found < 0 ? { at: was, left: true } : { at: start + found, left: false };
}

/** The index to go to; null at an end. */
export function neighbour(place: Standing, by: 1 | -1, total: number): number | null {
  const to = place.left && by === 1 ? place.at : place.at + by;
  return to >= 0 && to < total ? to : null;
}
