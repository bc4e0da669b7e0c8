/** What was told in passing, and how much of it stays in sight. Pure. */

/** `undo` and `redo`: the action that its button takes back, or the undo. */
export interface Notice { id: number; text: string; bad: boolean; undo: string | null; redo: string | null; /** What it tells of, to be told anew in another language. */ error?: unknown }

/** More at once are in the way, and nobody reads them. */
export const MOST = 2;

/** With one more: it says again what stood there already, or else takes the place of the oldest, of a failure only last. */
export function withNotice(shown: readonly Notice[], added: Notice): Notice[] {
  const rest = shown.filter((each) => each.text !== added.text);
  while (rest.length >= MOST) rest.splice(Math.max(0, rest.findIndex((each) => !each.bad)), 1);
  return [...rest, added];
}
