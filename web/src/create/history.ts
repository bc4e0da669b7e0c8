/** Prompts that were asked for before, and walking through them. Pure. */
import type { Job } from "../api/types";

const MOST = 200, MOST_KEPT = 60;
type Store = Pick<Storage, "getItem" | "setItem">;
const at = (workspace: string) => `gesso.prompts.${workspace}`;

/** A prompt written so that it means itself: what stands for many in a prompt was decided when it was sent. */
export function literally(prompt: string): string {
  return prompt.replace(/<[^<>{}]*>|\\(?=[{}|_\\])|[{}]|__/g, (found) => {
    if (found.startsWith("<")) return found;
    return found === "__" ? "\\_\\_" : `\\${found}`;
  });
}

/** What was written here and sent, the latest first: with its choices and variables as they were written. */
export function written(store: Store, workspace: string): string[] {
  try {
    const found: unknown = JSON.parse(store.getItem(at(workspace)) ?? "[]");
    return Array.isArray(found) ? found.filter((each) => typeof each === "string") : [];
  } catch {
    return []; // Unreadable: the jobs still tell what was sent.
  }
}

export function keepWritten(store: Store, workspace: string, prompt: string): void {
  if (!prompt.trim()) return;
  const all = [prompt, ...written(store, workspace).filter((each) => each !== prompt)].slice(0, MOST_KEPT);
  try {
    store.setItem(at(workspace), JSON.stringify(all));
  } catch (error) {
    console.info("The browser keeps no prompts:", error);
  }
}

type Said = Pick<Job, "prompt" | "created_at" | "number">;

const latestFirst = (left: Said, right: Said) => right.created_at - left.created_at || left.number - right.number;

/** The prompts of jobs, each once, with when it was said last. */
export function saidIn(jobs: readonly Job[]): Said[] {
  const found = new Map<string, Said>();
  for (const { prompt, created_at, number } of [...jobs].sort(latestFirst)) if (!found.has(prompt)) found.set(prompt, { prompt, created_at, number });
  return [...found.values()];
}

/** Different prompts, the newest first: those written here, then those of the jobs. */
export function history(mine: readonly string[], jobs: readonly Said[]): string[] {
  const sorted = [...jobs].sort(latestFirst);
  return [...new Set([...mine, ...sorted.map((each) => literally(each.prompt))])].slice(0, MOST);
}

export interface Walk { at: number; unsent: string }

/** One step back (1) or forth (-1); before the newest stands what is being written. Null: there is nothing that way. */
export function step(all: readonly string[], walk: Walk | null, now: string, by: 1 | -1): { walk: Walk; text: string } | null {
  const from = walk ?? { at: -1, unsent: now };
  let to = from.at + by;
  // What stands there already is no step.
  while (all[to] !== undefined && all[to] === now) to += by;
  if (to < -1 || to >= all.length) return null;
  return { walk: { ...from, at: to }, text: to === -1 ? from.unsent : (all[to] ?? "") };
}
