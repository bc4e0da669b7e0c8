/** Texts that were written and could not be saved: kept in the browser by the place they were written at. */

/** `read`: the text that it was begun from. */
export interface Unsent { text: string; read: string }
type Store = Pick<Storage, "getItem" | "setItem">;
const NAME = "gesso.unsent";
/** The oldest give way: what browsers keep for one site is little. */
const MOST = 50;

function all(store: Store): [string, Unsent][] {
  try {
    const found: unknown = JSON.parse(store.getItem(NAME) ?? "[]");
    return Array.isArray(found) ? found.filter(isKept) : [];
  } catch {
    return []; // Unreadable: written by another version, or cut off.
  }
}

function isKept(each: unknown): each is [string, Unsent] {
  const [place, kept] = Array.isArray(each) ? (each as unknown[]) : [];
  return typeof place === "string" && typeof kept === "object" && kept !== null && ["text", "read"].every((name) => typeof (kept as Record<string, unknown>)[name] === "string");
}

export const unsentAt = (store: Store, place: string): Unsent | null => all(store).find(([each]) => each === place)?.[1] ?? null;

/** Keep a text, or null: it is saved by now, or given up. */
export function keepUnsent(store: Store, place: string, kept: Unsent | null): void {
  const before = all(store), rest = before.filter(([each]) => each !== place);
  if (!kept && rest.length === before.length) return;
  try {
    store.setItem(NAME, JSON.stringify([...rest, ...(kept ? [[place, kept]] : [])].slice(-MOST)));
  } catch {
    console.info("The browser keeps nothing: a text that is not saved lasts as long as its field.");
  }
}
