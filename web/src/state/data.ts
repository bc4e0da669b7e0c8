/** The queries of the page: one place for their keys, so that news can name them. */
import { keepPreviousData, useInfiniteQuery, useQueries, useQuery, useQueryClient, type QueryClient } from "@tanstack/react-query";
import { useEffect, useMemo, useState } from "react";
import { get, Unreachable } from "../api/client";
import type { Listing } from "../api/library";
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

/** As far as somebody scrolls by hand in one go; further is a flight, and what it passes over is not asked for. */
const NEAR = 3 * PAGE, PAUSE = 60;

/** The part of a list to ask for: what is in sight at once, or once a flight past many pages comes to rest. */
export function useSettled(first: number, last: number): [number, number] {
  const [asked, setAsked] = useState<[number, number]>([first, last]);
  const near = Math.abs(first - asked[0]) <= NEAR;
  if (near && (first !== asked[0] || last !== asked[1])) setAsked([first, last]);
  useEffect(() => {
    if (near) return;
    const timer = window.setTimeout(() => setAsked([first, last]), PAUSE);
    return () => window.clearTimeout(timer);
  }, [near, first, last]);
  return near ? [first, last] : asked;
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
