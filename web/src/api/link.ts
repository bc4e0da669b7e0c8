/** Whether the daemon answers: it does, it is there and says nothing, or nobody listens. One truth for the whole page. */

export type Link = "open" | "silent" | "stopped";

let now: Link = "open";
let last = -Infinity;
const hearers = new Set<() => void>();

export const link = (): Link => now;

export function setLink(next: Link): void {
  if (next === now) return;
  now = next;
  for (const each of hearers) each();
}

export function onLink(hearer: () => void): () => void {
  hearers.add(hearer);
  return () => { hearers.delete(hearer); };
}

/** The daemon said something. */
export const heard = (): void => { last = performance.now(); };
/** Milliseconds since it last did. */
export const silence = (): number => performance.now() - last;

/** Silent for so long it is not merely busy. */
const HELD_UP = 3000;

/** Whether what is asked of it now is carried out soon, and not when nobody expects it any more. */
export const answers = (): boolean => now === "open" || (now === "silent" && silence() < HELD_UP);
