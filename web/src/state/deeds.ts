/** What was done in this tab, in the order in which it was begun, and what became of an action since. Pure. */
import type { Entry } from "../api/types";

/** `action`: what undo takes; null until the daemon has told it. */
export interface Deed { action: string | null }

/** So many are remembered. */
const MOST = 200;

/** The actions that are known, in the order in which they were begun. */
export const actionsOf = (deeds: readonly Deed[]): string[] => deeds.flatMap(({ action }) => action ?? []).slice(-MOST);

/** Without a deed that came to nothing, and without others of the same action. */
export function settled(deeds: readonly Deed[], deed: Deed): Deed[] {
  return deeds.filter((each) => (each === deed ? deed.action !== null : each.action === null || each.action !== deed.action));
}

export const without = (deeds: readonly Deed[], action: string): Deed[] => deeds.filter((each) => each.action !== action);

/** The latest undo or redo of an action, of its undos and of their redos; `entries` have the newest first. */
export function turnOf(action: string, entries: readonly Entry[]): Entry | null {
  const those = new Set([action]);
  let last: Entry | null = null;
  for (const entry of [...entries].reverse()) {
    if ((entry.intent !== "undo" && entry.intent !== "redo") || !those.has(String(entry.params["undoes"]))) continue;
    those.add(entry.action);
    last = entry;
  }
  return last;
}
