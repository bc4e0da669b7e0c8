/** Which pictures are selected. Pure: ids in, a new selection out. */

export interface Selection { ids: ReadonlySet<string>; anchor: number | null }

export const NONE: Selection = { ids: new Set(), anchor: null };

export function only(id: string, at: number): Selection {
  return { ids: new Set([id]), anchor: at };
}

export function toggled(selection: Selection, id: string, at: number): Selection {
  const ids = new Set(selection.ids);
  if (!ids.delete(id)) ids.add(id);
  return { ids, anchor: at };
}

/** The selection with these added; the anchor stays where the range began. */
export function extended(selection: Selection, ids: Iterable<string>): Selection {
  return { ids: new Set([...selection.ids, ...ids]), anchor: selection.anchor };
}

/** First and last index of a range, whichever way it was drawn. */
export function span(from: number, to: number): [number, number] {
  return from <= to ? [from, to] : [to, from];
}
