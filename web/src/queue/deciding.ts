/** Deciding outcomes that nobody knows: each once, and what was decided stays in its place for a while. */
import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useRef, useState, type RefObject } from "react";
import { ApiError } from "../api/client";
import { useSession } from "../state/session";
import { useText } from "../text/text";
import type { Bill, Doubt } from "./doubt";
import { useTrying } from "./told";

export interface Decided { doubt: Doubt; at: number; charged: boolean }
/** So long, and longer while the pointer is there: what comes after it must not slide under a second press. */
const LINGER = 4000, LOOK = 1000;

/** So long after a decision no other is taken: the second of two quick presses is not meant for what comes next. */
const REST = 500;
let rested = 0;

/** Whether a decision is taken; if so, the next one has to wait. */
export function taken(now = performance.now()): boolean {
  if (now < rested) return false;
  rested = now + REST;
  return true;
}

/** Those to decide, with those just decided where they stood. */
export function standing(unknown: readonly Doubt[], decided: readonly Decided[]): Doubt[] {
  const found = unknown.filter((each) => !decided.some(({ doubt }) => doubt.id === each.id));
  for (const each of [...decided].sort((left, right) => left.at - right.at)) found.splice(each.at, 0, each.doubt);
  return found;
}

/** What became of several at once. `known`: one was decided elsewhere, so that none was, but for `ours`: its kind has been before. */
interface Outcome { done: boolean; known: boolean; ours: readonly string[] }
const KNOWN = ["job_known", "no_call"];

/** Jobs all of them or none, and so answers in words. */
function useResolve() {
  const { library } = useSession();
  return useCallback(async (doubts: readonly Doubt[], charged: boolean, bill: Bill | null, done: (ids: readonly string[]) => void = () => undefined) => {
    const ids = (words: boolean) => doubts.filter((each) => each.words === words).map((each) => each.id);
    const jobs = ids(false), calls = ids(true);
    if (jobs.length) await library.resolveJobs(jobs, charged, bill?.said ?? "");
    done(jobs);
    if (calls.length) await library.resolveCalls(calls, charged, bill?.said ?? "");
  }, [library]);
}

export function useDeciding(unknown: readonly Doubt[], place: RefObject<HTMLElement | null>, home: RefObject<HTMLElement | null>) {
  const { t, n } = useText();
  const { say, workspace } = useSession();
  const queries = useQueryClient(), trying = useTrying();
  const resolve = useResolve();
  const [decided, setDecided] = useState<readonly Decided[]>([]);
  const shown = standing(unknown, decided);
  const begun = useRef(new Set<string>()), left = useRef(unknown.length);
  useEffect(() => { left.current = unknown.length; }, [unknown.length]);
  const timers = useRef(new Set<number>());
  useEffect(() => { const all = timers.current; return () => { for (const each of all) window.clearTimeout(each); }; }, []);
  const forget = useCallback((id: string) => {
    begun.current.delete(id);
    setDecided((all) => all.filter(({ doubt }) => doubt.id !== id));
  }, []);
  const leave = useCallback(function later(id: string, wait: number) {
    const timer = window.setTimeout(() => {
      timers.current.delete(timer);
      // After the last one nothing can slide under a second press.
      if (left.current > 0 && place.current?.matches(":hover")) later(id, LOOK);
      else forget(id);
    }, wait);
    timers.current.add(timer);
  }, [place, forget]);
  /** The next question, or where the page begins. */
  const goOn = (from: number) => {
    const rest = [...shown.slice(from), ...shown.slice(0, from)].find((each) => !begun.current.has(each.id));
    const next = rest && place.current?.querySelector<HTMLElement>(`[data-job="${rest.id}"]`);
    (next ?? home.current)?.focus();
  };
  const decide = (doubt: Doubt, charged: boolean) => {
    if (begun.current.has(doubt.id) || !taken()) return;
    begun.current.add(doubt.id);
    const at = shown.findIndex((each) => each.id === doubt.id);
    setDecided((all) => [...all, { doubt, at, charged }]);
    goOn(at + 1);
    const words = doubt.words ? t(charged ? "unknown.words.paid" : "unknown.words.free") : t(charged ? "unknown.told.paid" : "unknown.told.free");
    void trying(() => resolve([doubt], charged, null), words).then((done) => (done ? leave(doubt.id, LINGER) : forget(doubt.id)));
  };
  /** Several at once, which was asked about before; they are gone when it is done. Where one was decided elsewhere, it is known which are left. */
  const decideAll = async (doubts: readonly Doubt[], charged: boolean, bill: Bill | null): Promise<Outcome> => {
    taken();
    const ours: string[] = [];
    let known = false;
    const went = await trying(() => resolve(doubts, charged, bill, (ids) => ours.push(...ids)).catch((error: unknown) => {
      known = error instanceof ApiError && KNOWN.includes(error.code);
      if (!known) throw error;
    }));
    const done = went && !known, count = done ? doubts.length : ours.length;
    if (count) say(n(charged ? "unknown.told.all.paid" : "unknown.told.all.free", count));
    if (known) await Promise.all(["unknown", "calls"].map((each) => queries.refetchQueries({ queryKey: [workspace, "jobs", each] })));
    return { done, known, ours };
  };
  return { shown, decide, decideAll, chargedOf: (id: string) => decided.find(({ doubt }) => doubt.id === id)?.charged ?? null };
}
