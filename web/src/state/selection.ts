/** Which pictures are selected. Pure: ids in, a new selection out. */

/** `base` is what was selected before the range that begins at `anchor`: a range can shrink again. */
export interface Selection { ids: ReadonlySet<string>; anchor: number | null; base: ReadonlySet<string> }

const NOTHING: ReadonlySet<string> = new Set();
export const NONE: Selection = { ids: NOTHING, anchor: null, base: NOTHING };

export function only(id: string, at: number): Selection {
  return { ids: new Set([id]), anchor: at, base: NOTHING };
}

export function all(ids: Iterable<string>): Selection {
  const every = new Set(ids);
  return { ids: every, anchor: 0, base: every };
}

export function toggled(selection: Selection, id: string, at: number): Selection {
  const ids = new Set(selection.ids);
  if (!ids.delete(id)) ids.add(id);
  return { ids, anchor: at, base: ids };
}

/** The range from the anchor, on top of what was selected before it began. */
export function extended(selection: Selection, ids: Iterable<string>): Selection {
  return { ...selection, ids: new Set([...selection.base, ...ids]) };
}

/** The selection with these added, as one drawn with the mouse. */
export function joined(selection: Selection, ids: Iterable<string>): Selection {
  const every = new Set([...selection.ids, ...ids]);
  return { ids: every, anchor: selection.anchor, base: every };
}

/** First and last index of a range, whichever way it was drawn. */
export function span(from: number, to: number): [number, number] {
  return from <= to ? [from, to] : [to, from];
}
