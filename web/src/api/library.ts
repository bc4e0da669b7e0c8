/** What can be asked of one workspace. */
import { address, ApiError, get, patch, post, put, remove, upload } from "./client";
import { together } from "./together";
import type {
  AgainQuote, Album, AlbumChange, Alike, AlikeList, Asset, AssetChange, AssetDetail, AssetPage, Batch, Begun, Changed, Checkpoint, Choices, ConflictPage, Decided, Edited, Entry, Facets, Job, Jobs, Joined, LatestBatches, LeftJob, Lost, Months,
  NewBatch, Preset, Project, ProjectChange, PromptChange, PromptEntry, Quote, Reverted, SavedPrompt, SavedSearch, SavedSearchChange, Sort, Spending, StoppedDevice, Task, Tried, Watched, Policies, Whereabouts,
} from "./types";

/** Bytes of a text beside a picture that are read. */
const MOST_OF_TEXT = 64 << 10;

/** `own`: the order that the pictures of one album were put in; anything else than an album has none. */
export type Order = Sort | "own";
export interface Listing { q: string; sort: Order; at: string | null }
export const WHOLE_ALBUM = /^album:([0-9a-f]{32})$/;
const MOST_OF_PAGE = 200, MOST_BY_ID = 50;
const GONE = { code: "no_image", title: "There is no such picture.", detail: "", status: 404 };
const MICROS = 1_000_000;
/** The most that was agreed to, by currency, in millionths. */
const mostOf = ({ sums }: Pick<AgainQuote, "sums">) => Object.fromEntries(sums.map(({ currency, most }) => [currency, Math.round(most * MICROS)]));
/** A file to send, with the text that lies beside it. */
/** Texts that several people write at once: of a picture its note, of a project its brief, of an album its notes, of a prompt all. */
export type SharedField = "note" | "brief" | "notes" | "text" | "negative";
interface TextStep { document: string; field: SharedField; text: string; was: string; sitting: string | null; step: number | null }
export interface Sending { file: File; beside: File | null }
/** What a tab was writing, as the daemon keeps it. */
export interface KeptDraft { tab: string; time: number; text: string }
interface Uploaded { asset: string; outcome: "imported" | "duplicate"; alike: boolean }
interface Timeline { entries: Entry[]; next: string | null }

/** The calls of the workspace with this id; "-" is the default one. */
export function library(workspace: string) {
  const w = `/w/${encodeURIComponent(workspace)}`;
  const asset = (id: string) => `${w}/assets/${id}`;
  const album = (id: string) => `${w}/albums/${id}`;
  const project = (id: string) => `${w}/projects/${id}`;
  const only = ({ newer, older }: Alike) => ({ pairs: [{ newer: newer.id, older: older.id }] });
  const ownOrder = (list: Listing) => (list.sort === "own" ? (WHOLE_ALBUM.exec(list.q)?.[1] ?? null) : null);
  const page = (list: Listing, offset: number, limit: number, signal?: AbortSignal) => {
    const own = ownOrder(list);
    return own ? get<AssetPage>(`${album(own)}/assets`, { at: list.at, offset, limit }, signal) : get<AssetPage>(`${w}/assets`, { ...list, offset, limit }, signal);
  };
  const byId = (ids: string[]) => ids.map((id) => `id=${id}`).join("&");
  const some = together((ids) => get<{ items: Asset[] }>(`${w}/assets/some?${byId(ids)}`).then(({ items }) => new Map(items.map((each) => [each.id, each]))), MOST_BY_ID);
  const batches = together((ids) => get<{ batches: Batch[] }>(`${w}/batches?${byId(ids)}`).then((answer) => new Map(answer.batches.map((each) => [each.batch, each]))), MOST_BY_ID);
  return {
    page,
    /** A picture as lists show it, also one in the bin; those asked for at once come together. */
    shown: (id: string): Promise<Asset> => some(id).then((found) => found ?? Promise.reject(new ApiError(GONE))),
    /** As `batch`; those asked for at once come together. */
    oneOfBatches: (id: string): Promise<Batch> => batches(id).then((found) => found ?? { batch: id, jobs: [] }),
    ids: async (list: Listing, offset: number, limit: number): Promise<string[]> => {
      if (!ownOrder(list)) return (await get<{ ids: string[] }>(`${w}/assets/ids`, { ...list, offset, limit })).ids;
      const ids: string[] = [];
      for (let more = true; more && ids.length < limit;) {
        const part = await page(list, offset + ids.length, Math.min(MOST_OF_PAGE, limit - ids.length));
        ids.push(...part.items.map((each) => each.id));
        more = part.items.length > 0;
      }
      return ids;
    },
    facets: (q: string, at: string | null, signal?: AbortSignal) => get<Facets>(`${w}/facets`, { q, at }, signal),
    months: (list: Listing, signal?: AbortSignal) => get<Months>(`${w}/months`, { ...list }, signal),
    asset: (id: string, at: string | null, signal?: AbortSignal) => get<AssetDetail>(asset(id), { at }, signal),
    editOne: (id: string, change: AssetChange) => patch<Edited>(asset(id), change),
    edit: (assets: string[], change: AssetChange) => post<Changed>(`${w}/assets/edit`, { assets, change }),
    whereabouts: (id: string) => get<Whereabouts>(`${asset(id)}/copies`),
    policies: () => get<Policies>(`${w}/copies/policy`),
    setPolicy: (change: { kind: Policies["default"]["kind"]; days: number }) => put<Policies>(`${w}/copies/policy`, change),
    want: (sha256: string) => post<{ asked: number }>(`${w}/copies/want`, { blobs: [sha256] }),
    pin: (subjects: string[]) => post<{ changed: number }>(`${w}/copies/pin`, { subjects }),
    unpin: (subjects: string[]) => post<{ changed: number }>(`${w}/copies/unpin`, { subjects }),
    evict: (assets: string[]) => post<Task>(`${w}/copies/evict`, { assets }),
    bin: (assets: string[]) => post<Changed>(`${w}/assets/bin`, { assets }),
    unbin: (assets: string[]) => post<Changed>(`${w}/assets/unbin`, { assets }),
    restore: (id: string, to: { version: string } | { action: string }) => post<Edited>(`${asset(id)}/restore`, to),
    /** Refused with `touches_many` where the action touched more than `most`. */
    undo: (action: string | null, most: number | null) => post<Reverted>(`${w}/undo`, { action, most }),
    redo: (action: string | null) => post<Reverted>(`${w}/redo`, { action }),
    timeline: (after: string | null, limit = 60) => get<Timeline>(`${w}/timeline`, { limit, after }),
    /** As far back as an action is looked for that was done here. */
    newest: (signal?: AbortSignal) => get<Timeline>(`${w}/timeline`, { limit: 200 }, signal).then((answer) => answer.entries),
    projects: () => get<{ projects: Project[] }>(`${w}/projects`).then((answer) => answer.projects),
    project: (id: string) => get<Project>(project(id)),
    projectAt: (id: string, when: string) =>
      get<Project | { project: Project }>(`${project(id)}/at`, { when }).then((answer) => ("project" in answer ? answer.project : answer)),
    newProject: (name: string) => post<Project>(`${w}/projects`, { name }),
    editProject: (id: string, change: ProjectChange) => patch<unknown>(project(id), change),
    duplicateProject: (id: string, name: string) => post<Project>(`${project(id)}/duplicate`, { name }),
    projectHistory: (id: string) =>
      get<{ entries: Entry[] }>(`${project(id)}/history`).then((answer) => answer.entries),
    restoreProject: (id: string, when: string) => post<unknown>(`${project(id)}/restore`, { when }),
    searches: (counted: boolean, signal?: AbortSignal) =>
      get<{ searches: SavedSearch[] }>(`${w}/searches`, { counted }, signal).then((answer) => answer.searches),
    saveSearch: (name: string, query: string, sort: Sort) =>
      post<SavedSearch & { action: string | null }>(`${w}/searches`, { name, query, sort }),
    editSearch: (id: string, change: SavedSearchChange) => patch<{ action: string | null }>(`${w}/searches/${id}`, change),
    deleteSearch: (id: string) => remove<Changed>(`${w}/searches/${id}`),
    albums: (at: string | null, signal?: AbortSignal) => get<{ albums: Album[] }>(`${w}/albums`, { at }, signal).then((answer) => answer.albums),
    newAlbum: (name: string, parent: string | null) => post<Album & { action: string | null }>(`${w}/albums`, { name, parent }),
    editAlbum: (id: string, change: AlbumChange) => patch<Album & { action: string | null }>(album(id), change),
    deleteAlbum: (id: string) => remove<Changed>(album(id)),
    addToAlbum: (id: string, assets: string[]) => post<Changed>(`${album(id)}/add`, { assets }),
    removeFromAlbum: (id: string, assets: string[]) => post<Changed>(`${album(id)}/remove`, { assets }),
    /** Before another of its pictures; null: to its end. */
    moveInAlbum: (id: string, assets: string[], before: string | null) => post<Changed>(`${album(id)}/move`, { assets, before }),
    albumHistory: (id: string) => get<{ entries: Entry[] }>(`${album(id)}/history`).then((answer) => answer.entries),
    prompts: (signal?: AbortSignal) => get<{ prompts: SavedPrompt[] }>(`${w}/prompts`, {}, signal).then((answer) => answer.prompts),
    newPrompt: (prompt: Pick<SavedPrompt, "name"> & Partial<Pick<SavedPrompt, "text" | "negative" | "variables">>) => post<SavedPrompt & { action: string | null }>(`${w}/prompts`, prompt),
    editPrompt: (id: string, change: PromptChange) => patch<SavedPrompt & { action: string | null }>(`${w}/prompts/${id}`, change),
    deletePrompt: (id: string) => remove<Changed>(`${w}/prompts/${id}`),
    duplicatePrompt: (id: string, name: string) => post<SavedPrompt & { action: string | null }>(`${w}/prompts/${id}/duplicate`, { name }),
    promptHistory: (id: string) => get<{ entries: PromptEntry[] }>(`${w}/prompts/${id}/history`).then((answer) => answer.entries),
    conflicts: (after: string | null, limit: number, signal?: AbortSignal) => get<ConflictPage>(`${w}/conflicts`, { after, limit }, signal),
    conflictsOf: (document: string, signal?: AbortSignal) => get<ConflictPage>(`${w}/conflicts`, { document }, signal).then(({ items }) => items),
    /** Refused where there are other values by now than were \`seen\`. */
    resolve: (settling: { document: string; field: string; value: unknown; seen: unknown[] }) => post<Changed>(`${w}/conflicts/resolve`, settling),
    /** As one action; `passed_over`: what was settled or set anew meanwhile. */
    resolveMany: (settlings: { document: string; field: string; value: unknown; seen: unknown[] }[]) => post<Changed & { settled: number; passed_over: number }>(`${w}/conflicts/resolve-many`, { settlings }),
    writeText: (step: TextStep) => post<{ text: string; action: string | null }>(`${w}/texts`, step),
    alike: (signal?: AbortSignal) => get<AlikeList>(`${w}/alike`, {}, signal),
    stopped: async (signal?: AbortSignal) => (await get<{ stopped: StoppedDevice[] }>(`${w}/stopped`, {}, signal)).stopped,
    decide: (id: string, decision: "approve" | "reject" | "revert") => post<Decided>(`${w}/stopped`, { id, decision }),
    sayTheSame: (pair: Alike) => post<Joined>(`${w}/alike/same`, only(pair)),
    sayDifferent: (pair: Alike) => post<Changed>(`${w}/alike/other`, only(pair)),
    checkpoints: () => get<{ checkpoints: Checkpoint[] }>(`${w}/checkpoints`).then((answer) => answer.checkpoints),
    newCheckpoint: (name: string) => post<Checkpoint>(`${w}/checkpoints`, { name }),
    importPaths: (paths: string[], reference: boolean, into: string | null) =>
      post<Task>(`${w}/imports`, { paths, reference, project: into }),
    upload: ({ file, beside }: Sending, into: string | null, action: string) => {
      const text = beside?.slice(0, MOST_OF_TEXT);
      const query = { name: file.name, project: into, action, modified: Math.max(0, file.lastModified), beside: text?.size };
      return upload<Uploaded>(`${w}/uploads`, query, text ? new Blob([text, file]) : file);
    },
    watched: () => get<{ watched: Watched[] }>(`${w}/watched`).then((answer) => answer.watched),
    watch: (path: string, reference: boolean) => post<Watched>(`${w}/watched`, { path, reference }),
    unwatch: (id: string) => remove(`${w}/watched/${id}`),
    drafts: () => get<{ drafts: KeptDraft[] }>(`${w}/drafts`).then((answer) => answer.drafts),
    keepDraft: (tab: string, time: number, text: string) => put<null>(`${w}/drafts/${tab}`, { time, text }),
    estimate: (order: NewBatch, signal?: AbortSignal) => post<Quote>(`${w}/estimate`, order, signal),
    /** `key`: the same request sent once more is the same batch. Refused where it costs more than `shown` by now. */
    begin: (order: NewBatch & { priority: number }, key: string, shown: Quote) => post<Begun>(`${w}/jobs`, { ...order, key, most: mostOf(shown), unknown: shown.unknown }),
    jobs: (ended: boolean, after: string | null, limit: number, signal?: AbortSignal, only: string | null = null) => get<Jobs>(`${w}/jobs`, { ended, after, limit, batch: only }, signal),
    /** Batches in short, the latest first. */
    latestBatches: (after: string | null, signal?: AbortSignal) => get<LatestBatches>(`${w}/batches/latest`, { after }, signal),
    /** Those whose outcome is not known. */
    unknownJobs: (after: string | null, limit: number, signal?: AbortSignal) => get<Jobs>(`${w}/jobs`, { state: "unknown", after, limit }, signal),
    preview: (id: string, number: number) => address(`${w}/jobs/${id}/preview`, { number }),
    job: (id: string, signal?: AbortSignal) => get<Job>(`${w}/jobs/${id}`, {}, signal),
    batch: (id: string, signal?: AbortSignal) => get<Batch>(`${w}/batches/${id}`, {}, signal),
    cancelJobs: (ids: string[]) => post<{ outcomes: Record<string, "cancelled" | "asked" | "unknown" | "ended"> }>(`${w}/jobs/cancel`, { ids }),
    /** All of which nothing was sent yet; what runs goes on. */
    cancelWaiting: () => post<{ outcomes: Record<string, "cancelled"> }>(`${w}/jobs/cancel`, { waiting: true }),
    retryQuote: (ids: string[]) => post<AgainQuote>(`${w}/jobs/retry/estimate`, { ids }),
    /** Refused with its reason where it costs more than `agreed` by now. */
    retryJobs: (ids: string[], agreed: AgainQuote) => post<{ count: number; left: LeftJob[] }>(`${w}/jobs/retry`, { ids, most: mostOf(agreed), unknown: agreed.unknown }),
    pauseJobs: (paused: boolean) => post<{ paused: boolean }>(`${w}/jobs/pause`, { paused }),
    moveJob: (id: string, to: { before?: string; first?: boolean; priority?: number }) => post<Job>(`${w}/jobs/${id}/move`, to),
    /** All of them or none; `cost`: what the bill says of each, like 0.0317 USD; empty where that is not known. */
    resolveJobs: (ids: string[], charged: boolean, cost: string) => post<{ count: number }>(`${w}/jobs/resolve`, { ids, charged, cost }),
    /** What a model answers to `text`, as `system` says; nothing is done because of it. */
    ask: (question: { text: string; system: string; provider: string; model: string }, signal?: AbortSignal) => post<{ text: string; model: string; stop: string }>(`${w}/ask`, question, signal),
    spending: (months: number, signal?: AbortSignal) => get<Spending>(`${w}/spend`, { months }, signal),
    calls: (signal?: AbortSignal) => get<{ calls: Lost[] }>(`${w}/calls`, {}, signal).then((answer) => answer.calls),
    resolveCalls: (ids: string[], charged: boolean, cost: string) => post<{ calls: { id: string }[] }>(`${w}/calls/resolve`, { ids, charged, cost }),
    verify: (deep: boolean) => post<Task>(`${w}/verify`, { read_data: deep }),
    rebuild: () => post<Task>(`${w}/rebuild`),
    backup: (path: string) => post<Task>(`${w}/backup`, { path }),
    exportTo: (path: string, assets: string[]) => post<Task>(`${w}/export`, { path, assets }),
    exportAs: (path: string, assets: string[], preset: string) => post<Task>(`${w}/export`, { path, assets, preset }),
    /** Into a zip file, to be saved from `parcel` once the task has ended. */
    pack: (assets: string[], preset: string) => post<Task>(`${w}/parcels`, { assets, preset }),
    parcel: (id: string) => address(`${w}/parcels/${id}`),
    presets: (signal?: AbortSignal) => get<{ presets: Preset[] }>(`${w}/presets`, {}, signal).then((answer) => answer.presets),
    newPreset: (preset: Choices & { name: string }) => post<Preset & { action: string | null }>(`${w}/presets`, preset),
    editPreset: (id: string, change: Partial<Choices> & { name?: string }) => patch<Preset & { action: string | null }>(`${w}/presets/${id}`, change),
    deletePreset: (id: string) => remove<Changed>(`${w}/presets/${id}`),
    tryPreset: (choices: Choices, asset: string | null, signal?: AbortSignal) => post<Tried>(`${w}/presets/try`, { ...choices, asset }, signal),
    exportEverything: (path: string) => post<Task>(`${w}/export`, { path, everything: true }),
    /** Everything that a tool wrote into a version, as it wrote it. */
    facts: (sha: string, signal?: AbortSignal) => get<unknown>(`${w}/blobs/${sha}`, {}, signal),
    blob: (sha: string) => address(`${w}/blobs/${sha}`),
    /** What can be seen of a picture here: itself, or its small picture. */
    picture: ({ sha256, thumbnail, state }: Pick<Asset, "sha256" | "thumbnail" | "state">) => address(`${w}/blobs/${state === "here" ? sha256 : (thumbnail ?? sha256)}`),
    download: (sha: string, name: string) => address(`${w}/blobs/${sha}`, { download: name }),
  };
}

export type Library = ReturnType<typeof library>;
