/** Jobs of providers as the page holds them: the queries, and what news of one job changes in them. */
import { keepPreviousData, useInfiniteQuery, useQueries, useQuery, type InfiniteData, type Query, type QueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useMemo, useState } from "react";
import { ApiError } from "../api/client";
import { library } from "../api/library";
import type { Batch, Job, Jobs, News } from "../api/types";
import { shownOf } from "./data";
import { useSession } from "./session";

const PAGE = 100;
/** News of jobs are gathered for a moment, then no sooner than so long after those before. */
const AT_ONCE = 16, GATHER = 60, LISTS = 500, STATUS = 1500;
/** More jobs of one batch than this are asked for with all of it, where it is small; of a large one as many as are asked for one by one. */
const FEW = 3, SMALL = 100, SINGLY = 12;
/** So many jobs are remembered as news told of them last, and as they were then. */
const TOLD = 5000, KNOWN = 2000;
/** News of a job that stays where it is, in its list and in every number. */
const ON_ITS_WAY = ["job.progress", "job.preview"];
/** The queries that hold jobs. */
const HOLDING: unknown[] = ["batch", "going", "ended", "unknown"];
type Pages = InfiniteData<Jobs, unknown>;

/** `batch`: of this one only. */
export function useGoing(batch: string | null = null) {
  return useJobList(false, undefined, batch);
}

export function useEnded(batch: string | null = null) {
  return useJobList(true, undefined, batch);
}

/** Batches, the latest first, while they are looked for. */
export function useBegun(enabled: boolean) {
  const { library: calls, workspace } = useSession();
  return useInfiniteQuery({
    queryKey: [workspace, "jobs", "begun"], enabled,
    queryFn: ({ pageParam, signal }) => calls.latestBatches(pageParam, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
  });
}

function useJobList<T = Pages>(ended: boolean, select?: (pages: Pages) => T, batch: string | null = null) {
  const { library: calls, workspace } = useSession();
  return useInfiniteQuery({
    ...(select && { select }),
    queryKey: [workspace, "jobs", ended ? "ended" : "going", ...(batch ? [batch] : [])],
    queryFn: ({ pageParam, signal }) => calls.jobs(ended, pageParam, PAGE, signal, batch),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
  });
}

const ALL = 200;

/** All jobs whose outcome is not known: they are decided together. */
export function useUnknown(): Job[] {
  const { library: calls, workspace } = useSession();
  const { data, hasNextPage, isFetching, fetchNextPage } = useInfiniteQuery({
    queryKey: [workspace, "jobs", "unknown"],
    queryFn: ({ pageParam, signal }) => calls.unknownJobs(pageParam, ALL, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
  });
  useEffect(() => { if (hasNextPage && !isFetching) void fetchNextPage(); }, [hasNextPage, isFetching, fetchNextPage]);
  return useMemo(() => flat(data).filter((each) => each.state === "unknown"), [data]);
}

/** How many jobs are in which state, and whether the queue rests. */
export function useCounts() {
  const { library: calls, workspace } = useSession();
  return useQuery({ queryKey: [workspace, "jobs", "counts"], queryFn: ({ signal }) => calls.jobs(false, null, 1, signal).then(({ counts, paused }) => ({ counts, paused })) });
}

/** Answers in words of which nobody knows whether they were paid. */
export function useLost() {
  const { library: calls, workspace } = useSession();
  return useQuery({ queryKey: [workspace, "jobs", "calls"], queryFn: ({ signal }) => calls.calls(signal) });
}

/** What was spent in so many months, and what is not settled yet. */
export function useSpending(months: number) {
  const { library: calls, workspace } = useSession();
  return useQuery({ queryKey: [workspace, "jobs", "spend", months], queryFn: ({ signal }) => calls.spending(months, signal), placeholderData: keepPreviousData });
}

type Begun = Pick<Job, "batch" | "created_at">;

/** The batches that jobs belong to, the newest first, at most so many. */
export function newest(jobs: readonly Begun[], most: number): Begun[] {
  const begun = new Map<string, number>();
  for (const each of jobs) begun.set(each.batch, Math.max(each.created_at, begun.get(each.batch) ?? 0));
  return [...begun].sort(([, left], [, right]) => right - left).slice(0, most).map(([batch, created_at]) => ({ batch, created_at }));
}

/** What both lists of jobs say where it is not told of each job: it changes seldom. Undefined as long as one is not here. */
export function useOfAll<T>(select: (jobs: readonly Job[]) => T[]): T[] | undefined {
  const from = useCallback((pages: Pages) => select(flat(pages)), [select]);
  const going = useJobList(false, from).data, ended = useJobList(true, from).data;
  return useMemo(() => going && ended && [...going, ...ended], [going, ended]);
}

const begunIn = (jobs: readonly Job[]): Begun[] => [...new Map(jobs.map(({ batch, created_at }) => [batch, { batch, created_at }])).values()];

/** The latest batches, the newest first; `also` one that the lists need not know yet. */
export function useLatest(most: number, also: string | null): readonly string[] {
  const begun = useOfAll(begunIn);
  // What has just ended stands in neither list for a moment.
  const [known, setKnown] = useState<readonly Begun[]>([]);
  const latest = newest([...known, ...(begun ?? [])], most);
  if (latest.length !== known.length || latest.some((each, at) => each.batch !== known[at]?.batch || each.created_at !== known[at].created_at)) setKnown(latest);
  return useSame([...new Set([...(also ? [also] : []), ...latest.map(({ batch }) => batch)])]);
}

/** The list as it was for as long as it says the same. */
export function useSame(list: readonly string[]): readonly string[] {
  const [kept, setKept] = useState(list);
  const same = kept.length === list.length && kept.every((each, at) => each === list[at]);
  if (!same) setKept(list);
  return same ? kept : list;
}

/** Apart from plain lists, which the query client mixes with what stood at the same places before: where a batch comes first, all are others then. */
class Found<T> {
  constructor(readonly made: T) {}
}

/** The same for as long as the batches, or what is made of them, are. */
function finding<T>(made: (batches: Batch[]) => T): (results: { data: Batch | undefined }[]) => Found<T> {
  let seen: Batch[] = [], last: Found<T> | null = null;
  return (results) => {
    const found = results.flatMap((each) => each.data ?? []);
    if (last && found.length === seen.length && found.every((each, at) => each === seen[at])) return last;
    seen = found;
    const value = made(found);
    return last && Object.is(last.made, value) ? last : (last = new Found(value));
  };
}

/** What is made of whole batches, each a query of its own; those that are not here yet are left out. */
export function useBatches<T>(ids: readonly string[], made: (batches: Batch[]) => T): T {
  const { library: calls, workspace } = useSession();
  return useQueries({
    queries: ids.map((id) => ({
      queryKey: [workspace, "jobs", "batch", id], queryFn: () => calls.oneOfBatches(id), staleTime: 60_000,
    })),
    combine: useMemo(() => finding(made), [made]),
  }).made;
}

export const flat = (pages: Pages | undefined): Job[] => {
  // A list that moved while it was turned has a job on two of its pages.
  const found = new Map<string, Job>();
  for (const each of pages?.pages ?? []) for (const job of each.jobs) if (!found.has(job.id)) found.set(job.id, job);
  return [...found.values()];
};

/** The list with these jobs as they are now; those it does not have change nothing. */
export function renewed(jobs: Job[], news: ReadonlyMap<string, Job>): Job[] {
  return jobs.some((each) => news.has(each.id)) ? jobs.map((each) => news.get(each.id) ?? each) : jobs;
}

/** Does something at once; what is wished for meanwhile once more, a pause after that was done. */
function paced(does: () => Promise<unknown>, pause: number, first = 0) {
  let timer = 0, going = false, wished = false;
  const run = async () => {
    wished = false;
    await does();
    timer = window.setTimeout(() => {
      going = wished;
      if (going) void run();
    }, pause);
  };
  return {
    wish: () => {
      wished = true;
      if (going) return;
      going = true;
      timer = window.setTimeout(() => void run(), first);
    },
    stop: () => { going = true; window.clearTimeout(timer); },
  };
}

/** As the latest of so many. */
function keep<T>(all: Map<string, T>, key: string, value: T, most: number): void {
  all.delete(key);
  all.set(key, value);
  for (const [first] of all) {
    if (all.size <= most) return;
    all.delete(first);
  }
}

/** The jobs in what a query of jobs has, be it a batch or a list by pages. */
const jobsIn = (data: unknown): readonly Job[] =>
  ((data as Partial<Pages> | undefined)?.pages ?? [data as Partial<Batch> | undefined]).flatMap((each) => each?.jobs ?? []);

/** What is told of jobs: each is asked for anew and put where it stands; lists and numbers follow at their own pace. Of all
 * answers about a job, be they lists, batches or its own, the one that was asked for last holds, in whatever order they come;
 * one that was asked for before something was told may be older than that, and the job is asked for once more. */
export function jobNews(queries: QueryClient, workspace: string) {
  const calls = library(workspace);
  const ids = new Set<string>(), asking = new Set<string>(), stop = new AbortController();
  // News and requests are counted: job → its last news; job as it was by which request; query → its request.
  const told = new Map<string, number>(), known = new Map<string, { job: Job; after: number }>(), asked = new Map<string, number>();
  let count = 0, everything = 0, moved = 0, timer = 0, next = 0, putting = false;
  const put = (news: Map<string, Job>) => {
    putting = true;
    for (const [key, data] of queries.getQueriesData<Batch | Pages>({ queryKey: [workspace, "jobs"], predicate: ({ queryKey: [, , list] }) => HOLDING.includes(list) })) {
      if (!jobsIn(data).some((each) => news.has(each.id))) continue;
      queries.setQueryData<Batch | Pages>(key, (data) => data && ("pages" in data ? { ...data, pages: data.pages.map((page) => ({ ...page, jobs: renewed(page.jobs, news) })) } : { ...data, jobs: renewed(data.jobs, news) }));
    }
    putting = false;
  };
  const anew = (...key: string[]) => queries.invalidateQueries({ queryKey: [workspace, "jobs", ...key] });
  const batches = paced(() => anew("batch"), LISTS);
  const lists = paced(() => Promise.all(["going", "ended", "unknown", "begun", "counts", "calls", "spend"].map((each) => anew(each))), LISTS, LISTS);
  const status = paced(() => queries.invalidateQueries({ queryKey: ["status"] }), STATUS, STATUS);

  /** What these jobs are now, asked for in few requests; null where that could not be told. */
  const answers = (wanted: Set<string>): Promise<Job[] | null>[] => {
    const found: Promise<Job[] | null>[] = [];
    for (const [, batch] of queries.getQueriesData<Batch>({ queryKey: [workspace, "jobs", "batch"], type: "active" })) {
      const those = batch?.jobs.filter((each) => wanted.has(each.id)) ?? [];
      if (!batch || those.length <= (batch.jobs.length <= SMALL ? FEW : SINGLY)) continue;
      for (const each of those) wanted.delete(each.id);
      found.push(calls.batch(batch.batch, stop.signal).then((answer) => answer.jobs.filter((each) => those.some(({ id }) => id === each.id))));
    }
    if (wanted.size > SINGLY) { batches.wish(); lists.wish(); }
    else for (const id of wanted) found.push(calls.job(id, stop.signal).then((job) => [job]));
    return found.map((each) => each.catch((error: unknown) => {
      // One that is not there any more stands in no list that is fetched anew.
      if (error instanceof ApiError && error.status === 404) return [];
      if (!stop.signal.aborted) console.info("A job could not be asked for:", error);
      return null;
    }));
  };
  const shown = () => queries.getQueriesData<Batch>({ queryKey: [workspace, "jobs", "batch"], type: "active" }).flatMap(([, batch]) => batch?.jobs ?? []);
  /** What was just made and is shown is asked for here already: drawing it is not waited for. */
  const ahead = (made: string) => {
    queries.fetchQuery({ ...shownOf(calls, workspace, made), staleTime: Infinity }).then((asset) => {
      if (asset.thumbnail) new Image().src = calls.blob(asset.thumbnail);
    }, () => undefined); // whatever shows it asks too, and tells
  };
  const ended = (jobs: readonly Job[]) => {
    const going = new Set(shown().filter((each) => each.state !== "done").map((each) => each.id));
    for (const { id, state, assets: [made] } of jobs) if (state === "done" && made && going.has(id)) ahead(made);
  };
  const flush = async () => {
    timer = 0;
    next = Date.now() + GATHER;
    // Of two answers about one job the older one could come last: the second is asked for after the first.
    const wanted = [...ids].filter((id) => !asking.has(id)), after = (count += 1);
    for (const id of wanted) { ids.delete(id); asking.add(id); }
    await Promise.all(answers(new Set(wanted)).map(async (each) => {
      const jobs = (await each)?.filter((job) => (known.get(job.id)?.after ?? 0) < after);
      if (stop.signal.aborted) return;
      for (const job of jobs ?? []) keep(known, job.id, { job, after }, KNOWN);
      ended(jobs ?? []);
      if (jobs) put(new Map(jobs.map((job) => [job.id, job])));
      else { batches.wish(); lists.wish(); }
    }));
    for (const id of wanted) asking.delete(id);
    if (ids.size) soon();
  };
  const soon = () => {
    if (!stop.signal.aborted) timer ||= window.setTimeout(() => void flush(), Math.max(AT_ONCE, next - Date.now()));
  };
  /** An answer came: what of it is older than what is known, and what in other lists is older than it. One that somebody else put here was asked for at any time. */
  const onAnswer = (query: Query, given: boolean) => {
    const since = given ? 0 : asked.get(query.queryHash) ?? 0, batch = query.queryKey[2] === "batch";
    asked.delete(query.queryHash);
    const later = new Map<string, Job>();
    for (const job of jobsIn(query.state.data)) {
      const last = told.get(job.id), it = known.get(job.id);
      if (last === undefined) continue;
      if (it && it.after > since) later.set(job.id, it.job);
      else if (!given) {
        keep(known, job.id, { job, after: since }, KNOWN);
        if (it && (it.job.state !== job.state || it.job.progress !== job.progress)) later.set(job.id, job);
      }
      if (last > Math.max(since, it?.after ?? 0)) ids.add(job.id);
    }
    if (later.size) put(later);
    if (ids.size) soon();
    if (batch && everything > since) void queries.invalidateQueries({ queryKey: query.queryKey, exact: true });
    if (!batch && !given && moved > since) lists.wish();
  };
  const unsubscribe = queries.getQueryCache().subscribe((event) => {
    if (event.type !== "updated" || putting || event.query.queryKey[0] !== workspace || event.query.queryKey[1] !== "jobs") return;
    if (event.action.type === "fetch") asked.set(event.query.queryHash, (count += 1));
    else if (event.action.type === "success") onAnswer(event.query, event.action.manual === true);
  });
  return {
    tell: (news: News) => {
      count += 1;
      if (!ON_ITS_WAY.includes(news.kind) || news.subject === "*") moved = count;
      if (news.subject === "*") { everything = count; batches.wish(); } else {
        keep(told, news.subject, count, TOLD);
        ids.add(news.subject);
        soon();
      }
      if (moved === count) { lists.wish(); status.wish(); }
    },
    /** A picture came in. While one that is shown is being made it is that one, most likely: it is asked for beside its job. */
    added: (picture: string) => {
      if (picture === "*" || !shown().some((each) => each.state === "running")) return;
      window.setTimeout(() => { if (!stop.signal.aborted) ahead(picture); }, AT_ONCE); // after what is held of it was told to be old
    },
    stop: () => {
      stop.abort();
      unsubscribe();
      window.clearTimeout(timer);
      for (const each of [batches, lists, status]) each.stop();
    },
  };
}
