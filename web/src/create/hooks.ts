/** The draft with its place in the browser, its estimate, and what goes into it from a picture. */
import { keepPreviousData, useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import type { Asset, NewBatch, Provider, Quote } from "../api/types";
import { useOfAll, useSame } from "../state/jobs";
import { go, href } from "../state/route";
import { useSession } from "../state/session";
import { useText } from "../text/text";
import { isAsked, UNSAVED, type Draft } from "./draft";
import { history, keepWritten, literally, saidIn, written } from "./history";
import { claimTab, courier, keepDraft, nextTime, readDraft, recover } from "./keeping";

const PAUSE = 200;

export type Change = (to: Partial<Draft>) => void;

/** Kept here at every pause in typing and when the tab goes, and by the daemon while one writes. Last: what it is when asked. */
export function useDraft(workspace: string): [Draft, Change, () => Draft] {
  const { library } = useSession();
  const [draft, setDraft] = useState(() => readDraft(localStorage, workspace));
  const unkept = useRef<{ draft: Draft; time: number } | null>(null);
  const timer = useRef(0);
  const [post] = useState(() => courier(library));
  const keep = useCallback(() => {
    window.clearTimeout(timer.current);
    if (unkept.current) keepDraft(localStorage, workspace, unkept.current.draft, unkept.current.time);
    unkept.current = null;
  }, [workspace]);
  const change = useCallback<Change>((to) => setDraft((before) => ({ ...before, ...to })), []);
  const first = useRef(draft), latest = useRef(draft);
  const bring = useCallback((draft: Draft) => {
    const time = nextTime(localStorage, workspace);
    unkept.current = { draft, time };
    post.bring(draft, time);
    window.clearTimeout(timer.current);
    timer.current = window.setTimeout(keep, PAUSE);
  }, [workspace, keep, post]);
  useEffect(() => {
    latest.current = draft;
    if (draft !== first.current) bring(draft);
  }, [draft, bring]);
  useEffect(() => {
    const end = () => { keep(); post.end(); };
    window.addEventListener("pagehide", end);
    return () => { window.removeEventListener("pagehide", end); end(); };
  }, [keep, post]);
  useEffect(() => {
    let here = true;
    void claimTab(workspace);
    void recover(library, workspace).then((taken) => {
      if (!here || !taken) return;
      const found = readDraft(localStorage, workspace);
      // Who writes already goes on; what came is one step back.
      if (latest.current !== first.current) {
        keepWritten(localStorage, workspace, found.prompt);
        return bring(latest.current);
      }
      first.current = found;
      setDraft(found);
    });
    return () => { here = false; };
  }, [library, workspace, bring]);
  return [draft, change, useCallback(() => latest.current, [])];
}

/** A value once it has rested. */
export function useRested<T>(value: T, wait: number): T {
  const [rested, setRested] = useState(value);
  useEffect(() => {
    const timer = window.setTimeout(() => setRested(value), wait);
    return () => window.clearTimeout(timer);
  }, [value, wait]);
  return rested;
}

export interface Estimate { quote: Quote | null; error: Error | null; /** Of what is written now, and not of what was. */ current: boolean }

export const keyOf = (order: NewBatch) => JSON.stringify(order);

export function useEstimate(order: NewBatch): Estimate {
  const { library, workspace } = useSession();
  const rested = useRested(order, PAUSE);
  const key = useMemo(() => keyOf(rested), [rested]);
  const found = useQuery({
    queryKey: [workspace, "estimate", key], queryFn: ({ signal }) => library.estimate(rested, signal),
    enabled: isAsked(order) && isAsked(rested), placeholderData: keepPreviousData, staleTime: 10_000, gcTime: 30_000,
  });
  const asked = isAsked(order);
  const quote = asked ? (found.data ?? null) : null, error = asked ? found.error : null, current = quote !== null && rested === order && !found.isPlaceholderData;
  return useMemo(() => ({ quote, error, current }), [quote, error, current]);
}

/** The newest prompts, those that were written here first. */
export function usePast() {
  const { workspace } = useSession();
  const said = useOfAll(saidIn);
  const [mine, setMine] = useState(() => written(localStorage, workspace));
  const all = useSame(useMemo(() => history(mine, said ?? []), [mine, said]));
  const keep = useCallback((prompt: string) => {
    keepWritten(localStorage, workspace, prompt);
    setMine(written(localStorage, workspace));
  }, [workspace]);
  return { all, keep };
}

type Origin = Pick<Asset, "prompt" | "negative" | "seed" | "model" | "width" | "height">;

/** What of a picture goes into the next one. */
export function from(asset: Origin, providers: readonly Provider[]): Partial<Draft> {
  const maker = providers.find((each) => each.models.some((model) => model.id === asset.model));
  return {
    ...(asset.prompt ? { prompt: literally(asset.prompt) } : {}), negative: asset.negative ? literally(asset.negative) : "", seed: seedOf(asset.seed), sheet: null, ...UNSAVED,
    ...(maker && asset.model ? { targets: [{ provider: maker.name, model: asset.model }], width: asset.width, height: asset.height } : {}),
  };
}

const seedOf = (seed: string | null) => (seed && /^\d{1,19}$/.test(seed) ? seed : "");

/** Take a picture's prompt, seed and model over, or its seed alone: into the draft that is open, or to where one creates. */
export function useReuse(onDraft?: Change) {
  const { workspace, say } = useSession();
  const { t } = useText();
  const queries = useQueryClient();
  return useCallback((asset: Origin, what: "all" | "seed") => {
    if (what === "seed" ? !seedOf(asset.seed) : !asset.prompt) return say(t(what === "seed" ? "reuse.no_seed" : "reuse.no_prompt"));
    const providers = queries.getQueryData<Provider[]>(["providers"]) ?? [];
    const to = what === "seed" ? { seed: seedOf(asset.seed) } : from(asset, providers);
    if (onDraft) return onDraft(to);
    const draft = readDraft(localStorage, workspace);
    // What was written and not sent is still there, one step back.
    if (to.prompt !== undefined && draft.prompt !== to.prompt) keepWritten(localStorage, workspace, draft.prompt);
    keepDraft(localStorage, workspace, { ...draft, ...to });
    go(href("create"));
  }, [workspace, say, t, queries, onDraft]);
}
