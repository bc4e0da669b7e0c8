/** Begins what is written: once for one gesture, and what may cost something only after its price was shown. */
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { ApiError } from "../api/client";
import type { Begun, NewBatch } from "../api/types";
import { useSession, useStatus } from "../state/session";
import { useText } from "../text/text";
import { isAsked } from "./draft";
import { keyOf, type Estimate } from "./hooks";
import { leftOf, mayCost } from "./price";

/** What was begun last, when it was pressed for last, and whether the daemon answered to it. */
export interface Begin { order: string; key: string; pressed: number; answered: boolean }
/** A press that began nothing. */
export const NOTHING: Omit<Begin, "pressed"> = { order: "", key: "", answered: false };
export type Meant = "nothing" | "ask" | "begin";

/** So long after a press a further one is still the same gesture; so long the same order, where it may cost something, is asked about. */
export const REST = 1000, DOUBT = 3000;
/** The priority of what is to be made next, before all that waits. */
const FIRST = 100;

/** One gesture begins one batch: held keys, double clicks and an impatient second press are told apart from a wish for more. */
export function meant(last: Begin | null, order: string, now: number, costs: boolean): Meant {
  if (!last) return "begin";
  const since = now - last.pressed;
  if (since < REST) return "nothing";
  return costs && last.answered && last.order === order && since < DOUBT ? "ask" : "begin";
}

interface Beginning { order: NewBatch; estimate: Estimate; onBegun: (begun: Begun) => void }

export function useBegin({ order, estimate, onBegun }: Beginning) {
  const { library, workspace, say, explain, deed } = useSession();
  const text = useText(), { t } = text;
  const { months } = useStatus();
  const queries = useQueryClient();
  const [busy, setBusy] = useState(false);
  const [rests, setRests] = useState(false);
  const [asking, setAsking] = useState<"next" | "last" | null>(null); // whether it is to go out once more, and where to
  const last = useRef<Begin | null>(null), under = useRef(false), timer = useRef(0);
  useEffect(() => () => window.clearTimeout(timer.current), []);
  const rest = (now: Begin) => {
    last.current = now;
    window.clearTimeout(timer.current);
    setRests(true);
    timer.current = window.setTimeout(() => setRests(false), REST);
  };
  const send = async (next: boolean, sure: boolean) => {
    const asked = keyOf(order), before = last.current, now = Date.now();
    const meaning = sure ? "begin" : meant(before, asked, now, estimate.quote !== null && mayCost(estimate.quote));
    if (meaning === "ask") return setAsking(next ? "next" : "last");
    if (before && meaning === "nothing") return rest({ ...before, pressed: now });
    rest({ ...NOTHING, pressed: now });
    let shown = estimate.current ? estimate.quote : null;
    if (!shown) {
      shown = await library.estimate(order);
      queries.setQueryData([workspace, "estimate", asked], shown);
      const over = leftOf(shown, months, text).find((each) => each.over);
      if (over) return say(over.said, { bad: true });
      if (mayCost(shown)) return say(t("create.price.first"));
    }
    const agreed = shown;
    // Asked for once more after a broken line, it is still the same batch.
    const key = before && before.order === asked && !before.answered ? before.key : crypto.randomUUID();
    last.current = { order: asked, key, pressed: now, answered: false };
    try {
      const begun = await deed(() => library.begin({ ...order, priority: next ? FIRST : 0 }, key, agreed), (answer) => answer.batch); // its pictures are one action, by its id
      rest({ order: asked, key, pressed: Date.now(), answered: true });
      void queries.invalidateQueries({ queryKey: [workspace, "estimate"] });
      if (begun.batch) queries.setQueryData([workspace, "jobs", "batch", begun.batch], { batch: begun.batch, jobs: begun.jobs });
      void queries.invalidateQueries({ queryKey: [workspace, "jobs", "going"] });
      void queries.invalidateQueries({ queryKey: [workspace, "jobs", "counts"] });
      onBegun(begun);
    } catch (error) {
      if (error instanceof ApiError) {
        rest({ ...NOTHING, pressed: Date.now() });
        void queries.invalidateQueries({ queryKey: [workspace, "estimate"] }); // it may be another price
      }
      throw error;
    }
  };
  const begin = async (next: boolean, sure = false) => {
    if (under.current || !isAsked(order)) return;
    under.current = true;
    setBusy(true);
    setAsking(null);
    try {
      await send(next, sure);
    } catch (error) {
      say(explain(error), { bad: true, error });
    } finally {
      under.current = false;
      setBusy(false);
    }
  };
  return { begin, again: () => begin(asking === "next", true), busy: busy || rests, asking: asking !== null, forget: () => setAsking(null) };
}
