/** Deciding outcomes that nobody knows: each once, and what was decided stays in its place for a while. */
import { useCallback, useEffect, useRef, useState, type RefObject } from "react";
import type { Job } from "../api/types";
import { useSession } from "../state/session";
import { useText } from "../text/text";
import { useTrying } from "./told";

export interface Decided { job: Job; at: number; charged: boolean }
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
export function standing(unknown: readonly Job[], decided: readonly Decided[]): Job[] {
  const found = unknown.filter((each) => !decided.some(({ job }) => job.id === each.id));
  for (const each of [...decided].sort((left, right) => left.at - right.at)) found.splice(each.at, 0, each.job);
  return found;
}

export function useDeciding(unknown: readonly Job[], place: RefObject<HTMLElement | null>, home: RefObject<HTMLElement | null>) {
  const { library } = useSession();
  const { t } = useText();
  const trying = useTrying();
  const [decided, setDecided] = useState<readonly Decided[]>([]);
  const shown = standing(unknown, decided);
  const begun = useRef(new Set<string>());
  const timers = useRef(new Set<number>());
  useEffect(() => { const all = timers.current; return () => { for (const each of all) window.clearTimeout(each); }; }, []);
  const forget = useCallback((id: string) => {
    begun.current.delete(id);
    setDecided((all) => all.filter(({ job }) => job.id !== id));
  }, []);
  const leave = useCallback(function later(id: string, wait: number) {
    const timer = window.setTimeout(() => {
      timers.current.delete(timer);
      if (place.current?.matches(":hover")) later(id, LOOK);
      else forget(id);
    }, wait);
    timers.current.add(timer);
  }, [place, forget]);
  const decide = (job: Job, charged: boolean) => {
    if (begun.current.has(job.id) || !taken()) return;
    begun.current.add(job.id);
    const at = shown.findIndex((each) => each.id === job.id);
    setDecided((all) => [...all, { job, at, charged }]);
    const rest = [...shown.slice(at + 1), ...shown.slice(0, at)].find((each) => !begun.current.has(each.id));
    const next = rest && place.current?.querySelector<HTMLElement>(`[data-job="${rest.id}"]`);
    (next ?? home.current)?.focus();
    void trying(() => library.resolveJob(job.id, charged), t(charged ? "unknown.told.paid" : "unknown.told.free")).then((done) => (done ? leave(job.id, LINGER) : forget(job.id)));
  };
  return { shown, decide, chargedOf: (id: string) => decided.find(({ job }) => job.id === id)?.charged ?? null };
}
