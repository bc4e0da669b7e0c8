/** The queries of the page: one place for their keys, so that news can name them. */
import { keepPreviousData, useInfiniteQuery, useQueries, useQuery, useQueryClient, type QueryClient } from "@tanstack/react-query";
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";
import { get, Unreachable } from "../api/client";
import type { Library, Listing } from "../api/library";
import type { Asset, AssetPage, Provider, Task, WorkspaceInfo } from "../api/types";
import { painting, speaker } from "./providers";
import { useSession } from "./session";

export const PAGE = 100;

/** Why nothing can be shown. What was loaded before can be, though it cannot be asked for again just now. */
export function failureOf({ data, error }: { data: unknown; error: Error | null }): Error | null {
  return data !== undefined && error instanceof Unreachable ? null : error;
}

/** The pages that cover [first, last]; the first one is always asked for, since it tells the total. */
export function pagesOf(first: number, last: number): number[] {
  const pages = new Set([0]);
  for (let page = Math.floor(first / PAGE); page <= Math.floor(Math.max(first, last) / PAGE); page += 1) pages.add(page);
  return [...pages];
}

/** So many pages on, or two screenfuls, somebody scrolls in one go; further is a flight, which is asked for nothing. */
const NEAR = 3, PAUSE = 60;

/**
 * The part of a list to ask for, in whole pages: what is in sight at once, then no more often than answers come, and
 * after a flight once it comes to rest. What passed meanwhile would be asked for and given up again in each frame.
 */
export function useSettled(first: number, last: number): [number, number] {
  const from = Math.floor(first / PAGE), until = Math.floor(last / PAGE);
  const [asked, setAsked] = useState<[number, number]>([from, until]);
  const latest = useRef(0);
  useLayoutEffect(() => {
    if (from === asked[0] && until === asked[1]) return;
    const ask = () => { latest.current = performance.now(); setAsked([from, until]); };
    const near = Math.abs(from - asked[0]) <= Math.max(NEAR, 2 * (until - from));
    const wait = near ? latest.current + PAUSE - performance.now() : PAUSE;
    if (wait <= 0) return ask();
    const timer = window.setTimeout(ask, wait);
    return () => window.clearTimeout(timer);
  }, [asked, from, until]);
  return [asked[0] * PAGE, asked[1] * PAGE];
}

/** Pages that are kept though no list shows them, the latest ones: whoever comes back sees them at once. */
const KEPT = 24;

/** Let go of the pages of lists that were passed long ago: a long list would be held whole by whoever scrolls through it. */
export function letGo(queries: QueryClient, workspace: string): void {
  const passed = queries.getQueryCache().findAll({ queryKey: [workspace, "assets"], type: "inactive" });
  if (passed.length <= KEPT) return;
  passed.sort((one, other) => one.state.dataUpdatedAt - other.state.dataUpdatedAt);
  for (const each of passed.slice(0, -KEPT)) queries.getQueryCache().remove(each);
}

/** Makes one list of these pages; the same as before where only their asking began or ended, so that nothing is drawn for it. */
export function together(pages: readonly number[]) {
  let before: (AssetPage | undefined)[] = [], found = new Map<number, Asset>();
  return (results: readonly { data: AssetPage | undefined; error: Error | null }[]) => {
    const data = results.map((each) => each.data);
    if (data.length !== before.length || data.some((each, at) => each !== before[at])) {
      before = data;
      found = new Map(data.flatMap((page, at) => (page?.items ?? []).map((item, index) => [(pages[at] ?? 0) * PAGE + index, item] as const)));
    }
    return { found, total: data[0]?.total, error: results.map(failureOf).find(Boolean) ?? null };
  };
}

export function useWindow(list: Listing, first: number, last: number) {
  const { library, workspace } = useSession();
  const queries = useQueryClient();
  const pages = pagesOf(first, last), key = pages.join();
  const found = useQueries({
    queries: pages.map((page) => ({
      queryKey: [workspace, "assets", list, page],
      queryFn: ({ signal }: { signal: AbortSignal }) => library.page(list, page * PAGE, PAGE, signal),
      staleTime: 60_000,
    })),
    // eslint-disable-next-line react-hooks/exhaustive-deps -- the list of pages is new each time, its content is not
    combine: useMemo(() => together(pages), [key]),
  });
  useEffect(() => letGo(queries, workspace), [queries, workspace, key]); // after the pages in sight are held
  return found;
}

export function useFacets(q: string, at: string | null, enabled = true) {
  const { library, workspace } = useSession();
  return useQuery({
    queryKey: [workspace, "facets", q, at],
    queryFn: ({ signal }) => library.facets(q, at, signal),
    placeholderData: keepPreviousData,
    enabled,
  });
}

/** Where the months of a list by date begin. */
export function useMonths(list: Listing, enabled: boolean) {
  const { library, workspace } = useSession();
  return useQuery({ queryKey: [workspace, "months", list], queryFn: ({ signal }) => library.months(list, signal), staleTime: 60_000, enabled });
}

export function useAsset(id: string, at: string | null = null) {
  const { library, workspace } = useSession();
  return useQuery({ queryKey: [workspace, "asset", id, at], queryFn: ({ signal }) => library.asset(id, at, signal) });
}

/** A picture as lists show it; many that are shown at once are few requests. */
export const shownOf = (library: Library, workspace: string, id: string) => ({ queryKey: [workspace, "asset", id, null, "shown"], queryFn: () => library.shown(id) });

export function useShown(id: string): Asset | undefined {
  const { library, workspace } = useSession();
  return useQuery(shownOf(library, workspace, id)).data;
}

export function useProjects() {
  const { library, workspace } = useSession();
  return useQuery({ queryKey: [workspace, "projects"], queryFn: library.projects });
}

/** All albums as a tree: each is followed by those in it. */
export function useAlbums(at: string | null = null) {
  const { library, workspace } = useSession();
  return useQuery({ queryKey: [workspace, "albums", at], queryFn: ({ signal }) => library.albums(at, signal) });
}

/** Export presets, built-in ones first. */
export function usePresets() {
  const { library, workspace } = useSession();
  return useQuery({ queryKey: [workspace, "presets"], queryFn: ({ signal }) => library.presets(signal) });
}

/** Saved prompts by name, archived ones last. */
export function usePrompts() {
  const { library, workspace } = useSession();
  return useQuery({ queryKey: [workspace, "prompts"], queryFn: ({ signal }) => library.prompts(signal) });
}

/** Devices that were stopped; asked for where there is one. */
export function useStopped(enabled: boolean) {
  const { library, workspace } = useSession();
  return useQuery({ queryKey: [workspace, "stopped"], queryFn: ({ signal }) => library.stopped(signal), enabled });
}

const CONFLICTS_AT_ONCE = 50;
/** What was set differently at once, by pages. */
export function useConflicts() {
  const { library, workspace } = useSession();
  return useInfiniteQuery({
    queryKey: [workspace, "conflicts", "all"],
    queryFn: ({ pageParam, signal }) => library.conflicts(pageParam, CONFLICTS_AT_ONCE, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
  });
}

/** How many there are. */
export function useConflictCount(): number {
  const { library, workspace } = useSession();
  return useQuery({ queryKey: [workspace, "conflicts", "count"], queryFn: ({ signal }) => library.conflicts(null, 1, signal).then(({ total }) => total) }).data ?? 0;
}

/** Those of one thing. */
export function useConflictsOf(document: string, enabled: boolean) {
  const { library, workspace } = useSession();
  return useQuery({ queryKey: [workspace, "conflicts", document], queryFn: ({ signal }) => library.conflictsOf(document, signal), enabled });
}

export function useAlike() {
  const { library, workspace } = useSession();
  return useQuery({ queryKey: [workspace, "alike"], queryFn: ({ signal }) => library.alike(signal) });
}

/** The saved searches at once; how many pictures each finds comes after. */
export function useSearches() {
  const { library, workspace } = useSession();
  return useQuery({ queryKey: [workspace, "searches"], queryFn: ({ signal }) => library.searches(false, signal) });
}

/** Saved search → how many pictures it finds; null where it cannot be read here. */
export function useTotals() {
  const { library, workspace } = useSession();
  return useQuery({
    queryKey: [workspace, "totals"],
    queryFn: ({ signal }) => library.searches(true, signal).then((all) => new Map(all.map((each) => [each.id, each.total]))),
  });
}

export function useTimeline() {
  const { library, workspace } = useSession();
  return useInfiniteQuery({
    queryKey: [workspace, "timeline"],
    queryFn: ({ pageParam }) => library.timeline(pageParam),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
  });
}

/** The newest actions, to see what became of one. */
export function useNewest() {
  const { library, workspace } = useSession();
  return useQuery({ queryKey: [workspace, "timeline", "newest"], queryFn: ({ signal }) => library.newest(signal) });
}

export const useTasks = () =>
  useQuery({ queryKey: ["tasks"], queryFn: () => get<{ tasks: Task[] }>("/tasks").then((answer) => answer.tasks) });

export const useWorkspaces = () =>
  useQuery({
    queryKey: ["workspaces"],
    queryFn: () => get<{ workspaces: WorkspaceInfo[] }>("/workspaces").then((answer) => answer.workspaces),
  });

const PROVIDERS = { queryKey: ["providers"], staleTime: 30_000, queryFn: () => get<{ providers: Provider[] }>("/providers").then((answer) => answer.providers) };
/** What can be asked for pictures, in the order of the settings. */
export const useProviders = () => useQuery({ ...PROVIDERS, select: painting });
/** What people call a provider and its models, by the names that the settings and jobs have for them. */
export function useMakers() {
  const all = useQuery(PROVIDERS).data ?? [];
  const provider = (name: string) => all.find((each) => each.name === name)?.title ?? name;
  const model = (name: string, id: string) => all.find((each) => each.name === name)?.models.find((each) => each.id === id)?.title ?? id;
  return { provider, model };
}
/** Who answers in words, and costs nothing. */
export const useSpeaker = () => useQuery({ ...PROVIDERS, select: speaker });
