/** Where drafts are kept: in this browser one for each tab, and by the daemon, since browsers write theirs to disk seconds later. */
import type { KeptDraft, Library } from "../api/library";
import { EMPTY, fitting, type Draft } from "./draft";
import { keepWritten } from "./history";

/** So many tabs' drafts are kept, the newest. */
const MOST = 8;
/** Characters of a batch file that are kept with a draft here, and by the daemon: a browser keeps little for one site, and the daemon is told at every pause. */
const MOST_HERE = 500_000, MOST_THERE = 50_000;
export type Store = Pick<Storage, "getItem" | "setItem" | "removeItem" | "key" | "length">;
interface Entry { key: string; time: number; draft: Draft }

const all = (workspace: string) => `gesso.draft.${workspace}`;
const at = (workspace: string, tab: string) => `${all(workspace)}.${tab}`;
const TAB = "gesso.tab";
const named = () => [...crypto.getRandomValues(new Uint8Array(16))].map((each) => each.toString(16).padStart(2, "0")).join("");

/** The name of this tab; a reload keeps it. */
export function thisTab(): string {
  const known = sessionStorage.getItem(TAB);
  if (known) return known;
  const fresh = named();
  sessionStorage.setItem(TAB, fresh);
  return fresh;
}

let claiming: Promise<void> | null = null;

/** A tab that was duplicated has the name of the other one: it takes a name of its own, and the draft along. */
export function claimTab(workspace: string): Promise<void> {
  return (claiming ??= hold(thisTab()).then((mine) => {
    if (mine) return;
    const draft = readDraft(localStorage, workspace);
    sessionStorage.setItem(TAB, named());
    keepDraft(localStorage, workspace, draft);
    void hold(thisTab());
  }));
}

/** Until this tab ends; false where another one has the name. After a reload the page before may still be letting go. */
function hold(tab: string): Promise<boolean> {
  return new Promise((tell) => {
    void navigator.locks.request(`${TAB}.${tab}`, { signal: AbortSignal.timeout(1000) }, () => {
      tell(true);
      return new Promise(() => undefined);
    }).catch(() => tell(false));
  });
}

function entry(store: Store, key: string): Entry | null {
  try {
    const found: unknown = JSON.parse(store.getItem(key) ?? "null");
    if (typeof found !== "object" || found === null) return null;
    const { time } = found as { time?: unknown };
    return { key, time: typeof time === "number" ? time : 0, draft: fitting(found as Record<string, unknown>) };
  } catch {
    return null; // Unreadable: written by another version, or cut off.
  }
}

/** Those of all tabs, the newest first. */
function entries(store: Store, workspace: string): Entry[] {
  const keys = Array.from({ length: store.length }, (_, index) => store.key(index) ?? "").filter((key) => key.startsWith(all(workspace)));
  return keys.flatMap((key) => entry(store, key) ?? []).sort((left, right) => right.time - left.time);
}

const lasts = new Map<string, number>();
const lastOf = (store: Store, workspace: string) => lasts.get(workspace) ?? entries(store, workspace)[0]?.time ?? 0;

/** When a draft is written: after every one that is known here, also where the clock was set back. */
export function nextTime(store: Store, workspace: string, now = Date.now()): number {
  const time = Math.max(lastOf(store, workspace) + 1, now);
  lasts.set(workspace, time);
  return time;
}

/** The draft of a tab; one that has none begins with the newest of all. */
export function readDraft(store: Store, workspace: string, tab = thisTab()): Draft {
  return (entry(store, at(workspace, tab)) ?? entries(store, workspace)[0])?.draft ?? EMPTY;
}

/** A draft as text, without a file's text that is longer than `most`: that file has to be chosen again. */
function written(draft: Draft, time: number, most: number): string {
  const { sheet } = draft;
  return JSON.stringify({ ...draft, sheet: sheet && (sheet.text?.length ?? 0) > most ? { ...sheet, text: null } : sheet, time });
}

/** False where the browser keeps nothing: the draft then lasts as long as the tab. */
export function keepDraft(store: Store, workspace: string, draft: Draft, time = nextTime(store, workspace), tab = thisTab()): boolean {
  return put(store, workspace, at(workspace, tab), written(draft, time, MOST_HERE));
}

/** The oldest make place where there are too many or too little room; their prompts are still found among those written before. */
function put(store: Store, workspace: string, key: string, text: string): boolean {
  const others = entries(store, workspace).filter((each) => each.key !== key);
  const dropped: Entry[] = [];
  const kept = () => {
    try {
      store.setItem(key, text);
      return true;
    } catch {
      return false;
    }
  };
  let done = false;
  while (others.length >= MOST || !(done = kept())) {
    const oldest = others.pop();
    if (!oldest) break;
    store.removeItem(oldest.key);
    dropped.unshift(oldest);
  }
  for (const each of dropped.reverse()) keepWritten(store, workspace, each.draft.prompt);
  return done;
}

/** Take over what the daemon has newer than this browser; whether there was anything. No prompt is lost by it. */
export function takeOver(store: Store, workspace: string, kept: readonly KeptDraft[]): boolean {
  let taken = false;
  lasts.set(workspace, Math.max(lastOf(store, workspace), ...kept.map(({ time }) => time)));
  for (const { tab, time, text } of [...kept].reverse()) {
    const key = at(workspace, tab), here = entry(store, key);
    if (here && here.time >= time) continue;
    if (!put(store, workspace, key, text)) continue;
    taken = true;
    if (here && !entry(store, key)?.draft.prompt.includes(here.draft.prompt)) keepWritten(store, workspace, here.draft.prompt);
  }
  return taken;
}

const recoveries = new Map<string, Promise<boolean>>();

/** Once for each load of the page: what this browser had not written to disk yet when it was killed. */
export function recover(library: Library, workspace: string): Promise<boolean> {
  const known = recoveries.get(workspace);
  if (known) return known;
  const asked = library.drafts().then((kept) => takeOver(localStorage, workspace, kept), (error: unknown) => {
    recoveries.delete(workspace);
    console.info("The daemon told no drafts:", error);
    return false;
  });
  recoveries.set(workspace, asked);
  return asked;
}

const LEAST_APART = 500;

/** Brings what is written to the daemon: the latest, one at a time, and not more often than it takes. */
export function courier(library: Library) {
  let next: { draft: Draft; time: number } | null = null;
  let timer = 0, under = false;
  const send = async () => {
    window.clearTimeout(timer);
    timer = 0;
    if (under || !next) return;
    const { draft, time } = next;
    next = null;
    under = true;
    try {
      await library.keepDraft(thisTab(), time, written(draft, time, MOST_THERE));
    } catch (error) {
      console.info("The daemon keeps no draft:", error); // this browser does, and the next change tries again
    } finally {
      under = false;
      if (next) timer = window.setTimeout(() => void send(), LEAST_APART);
    }
  };
  return {
    bring: (draft: Draft, time: number) => {
      next = { draft, time };
      if (!under) timer ||= window.setTimeout(() => void send(), LEAST_APART);
    },
    end: () => void send(),
  };
}
