/** Jobs of providers as the page holds them: the queries, and what news of one job changes in them. */
import { useInfiniteQuery, useQueries, useQuery, type InfiniteData, type QueryClient } from "@tanstack/react-query";
import { useCallback } from "react";
import { ApiError } from "../api/client";
import { library } from "../api/library";
import type { Batch, Job, Jobs, News } from "../api/types";
import { useSession } from "./session";

const PAGE = 100;
/** News of one job is gathered for so long, and so many jobs are asked for one by one: with more, whole lists. */
const GATHER = 60, SINGLY = 12, LISTS = 500, STATUS = 1500;
type Pages = InfiniteData<Jobs, unknown>;

export function useGoing() {
  return useJobList(false);
}

export function useEnded() {
  return useJobList(true);
}

function useJobList(ended: boolean) {
  const { library: calls, workspace } = useSession();
  return useInfiniteQuery({
    queryKey: [workspace, "jobs", ended ? "ended" : "going"],
    queryFn: ({ pageParam, signal }) => calls.jobs(ended, pageParam, PAGE, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
  });
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

/** The batches that jobs of these lists belong to, the newest first, at most so many. */
export function newest(jobs: readonly Job[], most: number): string[] {
  const begun = new Map<string, number>();
  for (const each of jobs) begun.set(each.batch, Math.max(each.created_at, begun.get(each.batch) ?? 0));
  return [...begun].sort(([, left], [, right]) => right - left).slice(0, most).map(([id]) => id);
}

/** Whole batches, each a query of its own. */
export function useBatches(ids: readonly string[]): Batch[] {
  const { library: calls, workspace } = useSession();
  return useQueries({
    queries: ids.map((id) => ({
      queryKey: [workspace, "jobs", "batch", id], queryFn: ({ signal }: { signal: AbortSignal }) => calls.batch(id, signal), staleTime: 60_000,
    })),
    combine: useCallback((results: { data: Batch | undefined }[]) => results.flatMap((each) => each.data ?? []), []),
  });
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

/** What is told of jobs: each is asked for anew and put where it stands; lists and numbers follow at their own pace. */
export function jobNews(queries: QueryClient, workspace: string) {
  const calls = library(workspace);
  const ids = new Set<string>(), stop = new AbortController();
  let timer = 0, lists = 0, status = 0, everything = false, moved = false;
  const put = (news: Map<string, Job>) => {
    queries.setQueriesData<Batch>({ queryKey: [workspace, "jobs", "batch"] }, (batch) => batch && { ...batch, jobs: renewed(batch.jobs, news) });
    for (const list of ["going", "ended"]) {
      queries.setQueryData<Pages>([workspace, "jobs", list], (pages) => pages && { ...pages, pages: pages.pages.map((page) => ({ ...page, jobs: renewed(page.jobs, news) })) });
    }
  };
  const refetch = () => {
    lists ||= window.setTimeout(() => {
      lists = 0;
      for (const list of ["going", "ended", "counts", "calls"]) void queries.invalidateQueries({ queryKey: [workspace, "jobs", list] });
      if (everything) void queries.invalidateQueries({ queryKey: [workspace, "jobs", "batch"] });
      everything = false;
    }, LISTS);
    status ||= window.setTimeout(() => {
      status = 0;
      void queries.invalidateQueries({ queryKey: ["status"] });
    }, STATUS);
  };
  const flush = async () => {
    timer = 0;
    const asked = [...ids];
    ids.clear();
    if (asked.length > SINGLY) everything = true;
    if (moved || everything) refetch();
    moved = false;
    if (asked.length > SINGLY) return;
    const found = await Promise.all(asked.map((id) => calls.job(id, stop.signal).catch((error: unknown) => {
      // One that is not there any more stands in no list that is fetched anew.
      if (!stop.signal.aborted && !(error instanceof ApiError && error.status === 404)) console.info("A job could not be asked for:", error);
      return null;
    })));
    put(new Map(found.filter((each) => each !== null).map((each) => [each.id, each])));
  };
  return {
    tell: (news: News) => {
      if (news.subject === "*") everything = true;
      else ids.add(news.subject);
      if (news.kind !== "job.progress") moved = true;
      timer ||= window.setTimeout(() => void flush(), GATHER);
    },
    stop: () => {
      stop.abort();
      for (const each of [timer, lists, status]) window.clearTimeout(each);
    },
  };
}
