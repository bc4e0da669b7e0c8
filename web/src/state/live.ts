/** News of the daemon: one stream, resumed with the last id; each piece of news refetches its one subject. */
import { useQueryClient, type QueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useRef, useSyncExternalStore } from "react";
import { ApiError, probe, stream } from "../api/client";
import { heard, link, onLink, setLink, silence, type Link } from "../api/link";
import type { News } from "../api/types";
import { jobNews } from "./jobs";
import { tellOf } from "./news";

/** A stream in which not even a remark came for so long is begun anew. */
const SILENCE = 40_000;
/** A page that is looked at asks after so much silence, and takes no answer within so long for none. Whoever looks is told
 * within 2 s: half a second of that is for a page that is itself held up. A daemon that imports, paints and is asked by many,
 * on a machine with fourteen times the work it can do, answers within 0.4 s, and once in some hundreds within 1.1 s. */
export const BEAT = 400, ANSWER = 1100;

interface Frame { id: string | null; data: string }

/** Cut complete frames off the front of a buffer of server-sent events. */
export function frames(buffer: string): { found: Frame[]; rest: string } {
  const parts = buffer.replace(/\r\n/g, "\n").split("\n\n");
  const rest = parts.pop() ?? "";
  const found = parts.map((part) => {
    const lines = part.split("\n");
    const field = (name: string) => lines.filter((line) => line.startsWith(name)).map((line) => line.slice(name.length).trimStart());
    return { id: field("id:")[0] ?? null, data: field("data:").join("\n") };
  });
  return { found, rest };
}

/** Milliseconds before the next try: doubling to 5 s. */
export const backoff = (failures: number) => Math.min(5_000, 500 * 2 ** Math.min(failures, 6));

export const useLink = (): Link => useSyncExternalStore(onLink, link);

/** Pictures are fetched at once, what is told of all of them a moment later, so that it does not stand in their way. What
 * takes the daemon long is asked for less often while much is coming in. */
const AT_ONCE = 16, PICTURES = 100, SOON = 250, LATER = 1500;
/** What stands beside the pictures and counts them. */
const BESIDE = ["projects", "albums", "prompts", "alike", "status", "incoming"];

export function refetcher(queries: QueryClient, workspace: string) {
  const pictures = gathering(queries, PICTURES, AT_ONCE), soon = gathering(queries, SOON), beside = gathering(queries, LATER, SOON), later = gathering(queries, LATER);
  const paceOf = (noun = "") => (noun === "assets" || noun === "asset" ? pictures : BESIDE.includes(noun) ? beside : noun === "totals" ? later : soon);
  return (...keys: (string[] | null)[]) => {
    for (const key of keys) paceOf(key?.[1] ?? key?.[0])(key);
    return workspace;
  };
}

/** What is told goes on after `first` ms, what comes in between `pause` ms after all of that was fetched. */
function gathering(queries: QueryClient, pause: number, first = pause): (key: string[] | null) => void {
  let going = false;
  const waiting = new Set<string>();
  const flush = async () => {
    const keys = [...waiting].map((each) => (each === "all" ? undefined : (JSON.parse(each) as string[])));
    waiting.clear();
    // What is fetched for the first time is not begun anew by that: its answer may be of before, and is asked for once more.
    const first = keys.flatMap((queryKey) => queries.getQueryCache().findAll({ ...(queryKey && { queryKey }), fetchStatus: "fetching", predicate: (query) => query.state.data === undefined }));
    await Promise.all(keys.map((queryKey) => queries.invalidateQueries(queryKey && { queryKey })));
    await Promise.all(first.map((query) => queries.invalidateQueries({ queryKey: query.queryKey, exact: true })));
    window.setTimeout(() => {
      going = waiting.size > 0;
      if (going) void flush();
    }, pause);
  };
  return (key) => {
    waiting.add(key ? JSON.stringify(key) : "all");
    if (going) return;
    going = true;
    window.setTimeout(() => void flush(), first);
  };
}

/** Asks whenever nothing was heard for a while, and just then: when it was heard last does not matter. Gives what ends it. */
export function asking(ask: () => Promise<void>): () => void {
  let over = false, timer = 0;
  const rest = () => {
    const left = BEAT - silence();
    timer = window.setTimeout(() => void look(), left > 0 ? left : BEAT);
  };
  const look = async () => {
    if (silence() >= BEAT) await ask();
    if (!over) rest();
  };
  rest();
  return () => { over = true; window.clearTimeout(timer); };
}

function keysOf(news: News, workspace: string): (string[] | null)[] {
  const [noun = ""] = news.kind.split(".");
  const w = (...rest: string[]) => [workspace, ...rest];
  if (noun === "asset") {
    const one = news.subject === "*" ? w("asset") : w("asset", news.subject);
    return [one, w("assets"), w("months"), w("facets"), w("timeline"), w("projects"), w("albums"), w("album"), w("prompts"), w("totals"), w("alike"), w("incoming"), ["status"]];
  }
  if (noun === "search") return [w("searches"), w("totals"), w("timeline")];
  if (noun === "quarantine") return [w("people"), ["status"]];
  if (noun === "stopped") return [w("stopped"), ["status"]];
  if (noun === "prompt") return [w("prompts"), w("prompt"), w("timeline")];
  if (noun === "album") return [w("albums"), w("album"), w("asset"), w("assets"), w("months"), w("facets"), w("totals"), w("timeline")];
  if (noun === "conflict") return [w("conflicts"), ["status"]];
  if (noun === "project") return [w("projects"), w("project"), w("timeline"), w("facets")];
  if (noun === "provider") return [["providers"], ["status"], w("jobs")];
  if (noun === "task") return [["tasks"]];
  if (noun === "watched") return [w("watched"), ["status"]];
  if (noun === "settings") return [["status"], ["providers"], w("jobs"), w("estimate")];
  if (noun === "peer") return [["peers"], ["status"], w("devices"), w("people"), w("incoming")];
  if (noun === "pairing") return [w("pairing"), w("devices"), ["status"]];
  if (noun === "workspace") return [["workspaces"], ["status"], w("timeline"), w("devices"), w("people")];
  return [null];
}

/** `since`: the place in the stream before anything that is shown was fetched. Gives what tries at once. */
export function useLive(workspace: string, since: string): () => void {
  const queries = useQueryClient();
  const lastId = useRef(since);
  const retry = useRef(() => {});
  useEffect(() => {
    const refetch = refetcher(queries, workspace), jobs = jobNews(queries, workspace);
    const tell = (news: News) => {
      if (news.kind.startsWith("job.")) return jobs.tell(news);
      tellOf(news.subject);
      refetch(...keysOf(news, workspace));
      if (news.kind === "asset.added") jobs.added(news.subject);
    };
    let stop = new AbortController();
    let over = false, failures = 0, timer = 0, watchdog = 0, streaming = false, asked = false, wished = false;
    const told = () => {
      heard();
      window.clearTimeout(watchdog);
      watchdog = window.setTimeout(() => stop.abort(), SILENCE);
    };
    const listen = async () => {
      stop = new AbortController();
      const response = await stream(lastId.current, stop.signal);
      if (failures > 0) refetch(null);
      failures = 0;
      streaming = true;
      setLink("open");
      const reader = (response.body as ReadableStream<Uint8Array>).pipeThrough(new TextDecoderStream() as unknown as ReadableWritablePair<string, Uint8Array>).getReader();
      let buffer = "";
      for (;;) {
        told();
        const { done, value } = await reader.read();
        if (done) return;
        const cut = frames(buffer + value);
        buffer = cut.rest;
        for (const frame of cut.found) {
          if (frame.id) lastId.current = frame.id;
          if (frame.data) tell(JSON.parse(frame.data) as News);
        }
      }
    };
    const run = () => {
      timer = 0;
      listen()
        .catch((error: unknown) => {
          if (over) return;
          console.info("The event stream ended:", error);
          // It answers, only not to us: the status then says that this browser is signed out.
          if (error instanceof ApiError && error.status === 401) refetch(["status"]);
        })
        .finally(() => {
          window.clearTimeout(watchdog);
          if (over) return;
          streaming = false;
          failures += 1;
          timer = window.setTimeout(run, wished ? 0 : backoff(failures));
          wished = false;
          void ask();
        });
    };
    const again = () => {
      // One that is on its way was begun before, perhaps before a computer slept: it is followed by one more.
      if (!timer) wished = !streaming;
      if (!timer) return;
      window.clearTimeout(timer);
      failures = Math.max(1, failures - 1); // what somebody asked for makes the next pause no longer
      run();
    };
    /** A daemon that is there and without a stream to us says nothing either. */
    const ask = async () => {
      if (asked) return;
      asked = true;
      const found = await probe(ANSWER);
      asked = false;
      if (over) return;
      if (streaming || found !== "open") setLink(found);
      else if (timer) setLink("silent");
    };
    const quiet = asking(async () => { if (!document.hidden && !timer) await ask(); });
    const onSeen = () => { if (!document.hidden) { again(); void ask(); } };
    document.addEventListener("visibilitychange", onSeen);
    window.addEventListener("online", onSeen);
    retry.current = onSeen;
    run();
    return () => {
      over = true;
      jobs.stop();
      stop.abort();
      window.clearTimeout(timer);
      window.clearTimeout(watchdog);
      quiet();
      document.removeEventListener("visibilitychange", onSeen);
      window.removeEventListener("online", onSeen);
      setLink("open");
    };
  }, [queries, workspace]);
  return useCallback(() => retry.current(), []);
}
