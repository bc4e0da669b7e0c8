/** The JSON of the daemon, as library/models.py and the API describe it. Times are milliseconds since 1970. */

export type State = "here" | "elsewhere" | "offline" | "missing";
/** The same, finer, where there are other devices: only here as far as they said, or elsewhere and coming. */
export type Sync = "here" | "only" | "coming" | "elsewhere" | "offline" | "missing";
/** What a person may do in a workspace; `none`: not a member any more. */
export type Role = "admin" | "editor" | "reviewer" | "viewer" | "none";
export type Flag = "pick" | "reject";
export type Label = "red" | "yellow" | "green" | "blue" | "purple";
export type Made = "imported" | "generated" | "received";
export type Sort = "newest" | "oldest" | "name" | "rating" | "size" | "relevance";
export type Color = Label | "orange" | "teal" | "pink" | "grey";
export type Theme = "system" | "dark" | "light" | "contrast";

export interface Asset {
  id: string; sha256: string; name: string; title: string | null; width: number; height: number; media_type: string;
  bytes: number; thumbnail: string | null; prompt: string | null; negative: string | null; seed: string | null;
  model: string | null; tool: string | null; tags: string[]; rating: number; flag: Flag | null; label: Label | null;
  projects: string[]; versions: number; made: Made; created_at: number; state: State; sync: Sync | null; binned_at: number | null;
  conflicts: string[];
}
export interface Version {
  id: string; sha256: string; parent: string | null; media_type: string; bytes: number; width: number; height: number;
  thumbnail: string | null; facts: string | null; made: Made | "restored"; restored: string | null; name: string | null; created_at: number;
  current: boolean; state: State; prompt: string | null; negative: string | null; seed: string | null; model: string | null;
  tool: string | null; parameters: Record<string, unknown>;
}
export interface Choice { value: unknown; by: { device: string; when: number }[]; shown: boolean; number: number | null; name: string | null; thumbnail: string | null }
/** One field of one thing and the values that it was given at once, the one in use first. */
export interface Conflict {
  document: string; kind: "workspace" | "project" | "album" | "search" | "prompt" | "asset"; name: string; thumbnail: string | null; field: string; choices: Choice[];
}
export interface ConflictPage { total: number; next: string | null; items: Conflict[] }
export interface Candidate { value: unknown; device: string; when: number }
/** On another `device` a copy is claimed, as that said, or verified, when it looked at the bytes for this one. */
export interface Copy { where: string; state: State | "gone" | "claimed" | "verified"; verified_at: number | null; device: string | null }
export interface Entry {
  action: string; when: number; who: string; device: string; intent: string; params: Record<string, unknown>;
  changes: number; documents: string[]; undone: boolean;
}
/** What a saved prompt said right after an action; null where that is not told. */
export interface PromptEntry extends Entry { text: string | null; negative: string | null }
/** A picture that another says it was made of; without a name it is not in this library. */
export interface Origin { id: string; name: string | null; thumbnail: string | null; binned: boolean }
export interface AssetDetail {
  asset: Asset; note: string; albums: string[]; sources: string[]; made_of: Origin[]; versions: Version[]; facts: Record<string, unknown>;
  conflicts: Record<string, Candidate[]>; history: Entry[]; copies: Copy[];
}
/** Two pictures that look the same, of which nobody has said yet whether they are. */
export interface Alike { newer: Asset; older: Asset; since: number }
/** Where a picture and the one that became its version said different things: what it kept, whether notes were joined. */
export interface Differing { asset: string; name: string; newer: string; kept: ("title" | "rating" | "flag" | "label")[]; notes: boolean }
export interface Joined extends Changed { differing: Differing[] }
export interface AlikeList { total: number; pairs: Alike[] }
export interface AssetPage { total: number; next: string | null; items: Asset[] }
export interface Facet { value: string; count: number }
export interface Facets {
  total: number; tools: Facet[]; models: Facet[]; tags: Facet[]; ratings: Facet[]; projects: Facet[]; states: Facet[];
  months: Facet[]; media_types: Facet[]; flags: Facet[]; labels: Facet[];
}
/** `parent`: the album that it is shown in, `depth`: how many it stands in; `assets`: those in it itself. */
export interface Album {
  id: string; name: string; notes: string; color: Color | null; parent: string | null; depth: number; assets: number;
  cover: string | null; cover_asset: string | null; created_at: number; conflicts: string[];
}
/** Null clears: without `parent` it stands at the top, without `cover` it shows its first picture. */
export interface AlbumChange {
  name?: string; notes?: string; notes_was?: string; color?: Color | null; parent?: string | null; cover?: string | null;
}
/** A prompt in another language. */
export interface Variant { text: string; negative: string }
/** `variables`: what fills a place unless something else is said, by name; `variants`: by language. */
export interface SavedPrompt {
  id: string; name: string; text: string; negative: string; notes: string; variables: Record<string, string>; variants: Record<string, Variant>;
  tags: string[]; archived: boolean; assets: number; created_at: number; conflicts: string[];
}
/** `…_was`: the text as the writer had read it. Variables and variants: null takes one away, others stay. */
export interface PromptChange {
  name?: string; text?: string; text_was?: string; negative?: string; negative_was?: string; notes?: string; notes_was?: string; archived?: boolean;
  variables?: Record<string, string | null>; variants?: Record<string, Variant | null>; add_tags?: string[]; remove_tags?: string[];
}
export interface Month { month: string; at: number; count: number }
export interface Months { total: number; months: Month[] }
export interface AssetChange {
  title?: string | null; rating?: number; flag?: Flag | null; label?: Label | null; note?: string; note_was?: string;
  add_tags?: string[]; remove_tags?: string[]; add_projects?: string[]; remove_projects?: string[];
}
export interface Edited { asset: string; heads: string[]; action: string | null }
export interface Changed { changed: number; action: string | null }
/** `undoes`: the action that was taken back; the rest tells the edit that was undone or done again. */
export interface Reverted extends Changed { undoes: string; intent: string; params: Record<string, unknown> }
export interface Project {
  id: string; name: string; brief: string; color: Color | null; archived: boolean; assets: number;
  cover: string | null; created_at: number; updated_at: number; conflicts: string[];
  /** What its pictures are made with where nothing else is said; an empty model is the provider's first. */
  making: Target | null;
}
export interface ProjectChange { name?: string; brief?: string; brief_was?: string; color?: Color | null; archived?: boolean; making?: Target | null }
export interface SavedSearch {
  id: string; name: string; query: string; sort: Sort; color: Color | null; total: number | null;
  problem: { code: string; detail: string; params: Record<string, string> } | null; created_at: number; conflicts: string[];
}
export interface SavedSearchChange { name?: string; query?: string; sort?: Sort; color?: Color | null }
export interface Checkpoint { id: string; name: string; when: number; who: string }
export interface Watched {
  id: string; path: string; mode: "copy" | "reference"; state: "watching" | "polling" | "offline" | "scanning";
  detail: string | null; assets: number; missing: number; failures: number; failed: ImportFailure[];
}
export interface ImportFailure { path: string; code: string; reason: string; params?: Record<string, string> }
export interface ImportReport {
  imported: number; duplicates: number; versions: number; rejoined: number; alike: number;
  others: Record<string, number>; failed: ImportFailure[]; assets: string[]; seconds: number;
}
export interface Finding { code: string; what: string; where: string; remedy: string; params?: Record<string, string> }
export interface Check { checked: number; problems: Finding[] }
export interface Whereabouts { asset: string; sha256: string; bytes: number; sync: Sync; copies: Copy[]; pinned: boolean; wanted: boolean; needed: number }
export interface Policy { kind: "everything" | "recent" | "thumbnails"; days: number }
/** What this device keeps; `others`: whether the workspace has other devices. */
export interface Policies {
  default: Policy; projects: { project: string; policy: Policy }[]; pinned: string[]; copies: number; originals: number; quota: number | null; others: boolean;
}
export interface Evicted {
  pictures: number; blobs: number; bytes: number; kept: { asset: string; name: string; reason: string; params: Record<string, number> }[]; kept_count: number;
}
export interface Task {
  id: string; kind: "move" | "import" | "rebuild" | "verify" | "backup" | "restore" | "export" | "evict";
  state: "running" | "done" | "failed" | "cancelled"; done: number; total: number | null; detail: string | null;
  result: unknown; error: string | null; code: string | null; params: Record<string, string>;
  /** Of an import, what undo takes; there is no such action where nothing was changed. */
  action: string | null;
}
/** That this device was removed from the workspace: its person, or it alone; by whom and when, by that one's clock. */
export interface Removed { kind: "member" | "device"; by: string; by_name: string; at: number | null }
export interface WorkspaceInfo {
  id: string; name: string; device: string; role: Role; default: boolean;
}
export interface Status {
  version: string; home: string; url: string; workspace: Omit<WorkspaceInfo, "default"> & { removed: Removed | null }; digest: string;
  library: { assets: number; blobs: number; bytes: number; offline: number; binned: number };
  peers: { device: string; name: string; connected: boolean; behind: number }[];
  queue: Record<JobState, number>; spend: Spend; months: MonthLimit[]; offline: boolean;
  attention: { code: string; text: string; params: Record<string, unknown>; problems: Finding[] }[];
  news: string;
}
export type JobState = "queued" | "waiting" | "running" | "unknown" | "done" | "failed" | "cancelled";
export type Scalar = string | number | boolean;
export interface SpendIn { currency: string; today: number; month: number }
/** Money spent on providers; `unpriced`: charges of this month whose amount nobody knows. */
export interface Spend extends SpendIn { others: SpendIn[]; unpriced: number }
/** What a part of a month (YYYY-MM) came to in one currency. `unpriced`: charges whose amount nobody knows, not in it. */
export interface Part { month: string; currency: string; amount: number; charges: number; unpriced: number }
/** `credits`: that the provider counted in. */
export interface Share extends Part { provider: string; model: string; credits: number }
/** `project` null: into none, and answers in words; `name` is empty where the project is gone. */
export interface ProjectShare extends Part { project: string | null; name: string }
/** The same money taken apart in two ways, the latest month first, and what is not settled yet: at most so much, and requests of unknown price. */
export interface Spending { shares: Share[]; projects: ProjectShare[]; open: { currency: string; most: number }[]; open_unknown: number }
/** A month's limit in a currency, on the whole device. `open`, `waiting`: at the most that they may come to; `left`: of the limit, less than nothing where it was lowered. */
export interface MonthLimit { currency: string; limit: number; spent: number; open: number; waiting: number; left: number; level: "under" | "near" | "reached" }
/** `credits`: that it takes, of a provider that counts in them. */
export interface Range { least: number | null; most: number | null; currency: string; basis: "free" | "price_table" | "unknown"; as_of: string; credits?: number | null }
interface Amount { amount: number | null; currency: string; basis: string }
export interface Job {
  id: string; batch: string; number: number; provider: string; model: string; prompt: string; saved: string | null; negative: string; width: number;
  height: number; seed: string | null; format: string; options: Record<string, Scalar>; project: string | null; tags: string[]; state: JobState; reason: string; not_before: number; progress: number | null; preview: number | null;
  priority: number; tries: number; estimate: Range | null; cost: Amount | null;
  /** Of one whose outcome nobody knows: as what it counts where it was charged; `decided`: the most of its estimate, else as its provider told. */ counts: Amount | null;
  error: { code: string; message: string; params: Record<string, string> } | null; assets: string[]; created_at: number; ended_at: number | null;
}
export interface Jobs { jobs: Job[]; next: string | null; counts: Partial<Record<JobState, number>>; paused: boolean }
export interface Batch { batch: string; jobs: Job[] }
/** A batch in short: the prompt of its first job, and its jobs by state. */
export interface BegunBatch { batch: string; created_at: number; prompt: string; counts: Partial<Record<JobState, number>> }
export interface LatestBatches { batches: BegunBatch[]; next: string | null }
/** Words that were asked of a provider for money and whose answer was lost; `about`: the beginning of what was asked. */
export interface Lost { id: string; provider: string; model: string; about: string; time: number; estimate: Range | null }
/** What is wrong with a prompt, a row of a sheet or a setting; `at`: characters into the field's text. */
export interface Fault {
  code: string; message: string; params: Record<string, string>; field: string | null; row: number | null; line: number | null; at: number | null;
}
/** `by_project`: where it is made with what its project says. */
export interface SheetRow { row: number; line: number; prompt: string; said: Record<string, string>; by_project: (Target & { project: string }) | null }
export interface Quote {
  jobs: number; sums: { currency: string; least: number; most: number }[]; free: number; unknown: number; as_of: string; seconds: { least: number; most: number; guessed: boolean } | null; passed_over: number;
  faults: Fault[]; fault_count: number; /** Rows with faults, also of those that are not listed. */ bad_rows: number; left_out: Fault[]; left_out_count: number; prompts: string[]; rows: SheetRow[]; row_count: number; held: boolean; unused: string[];
}
/** What trying jobs again comes to, as their models are now. */
/** A job that cannot be tried again, and why. */
export interface LeftJob { id: string; prompt: string; code: string; message: string; params: Record<string, string> }
export type AgainQuote = Pick<Quote, "jobs" | "sums" | "free" | "unknown" | "as_of"> & { left: LeftJob[] };
export interface Begun { batch: string | null; jobs: Job[]; quote: Quote }
export interface Target { provider: string; model: string }
export interface NewBatch {
  prompts: string[]; sheet: string | null; negative: string; targets: Target[]; count: number; width: number; height: number; seed: string | null;
  format: string; options: Record<string, Scalar>; project: string | null; tags: string[]; name: string; again: boolean; by_projects: boolean;
  /** The saved prompt that it is made from, in which of its languages, and what fills its places. */
  prompt: string | null; language: string | null; variables: Record<string, string>;
}
/** A setting that only some models have. */
export interface Option {
  name: string; kind: "choice" | "number" | "whole" | "yes_no"; usual: Scalar; choices?: string[]; least?: number; most?: number;
}
/** `can`: what it does, null where nobody tells. Sizes in pixels: one of `sizes`, or sides within bounds. */
export interface Model {
  id: string; title: string; sizes: [number, number][]; usual: [number, number]; least: number; most: number; step: number; most_pixels: number;
  most_ratio: number; seed: boolean; negative: boolean; formats: string[]; most_prompt: number; options: Option[]; price: Range;
  retired: boolean; retires_on: string | null; replacement: string | null; can: ("paint" | "speak" | "embed")[] | null;
  previews: { most: number; price: Range | null } | null;
}
export interface Provider {
  name: string; title: string; adapter: string; kind: "cloud" | "local"; leaves_machine: boolean; at_once: number; per_minute: number; models: Model[]; problem: string | null;
}
/** What is made of pictures that are delivered (docs/export.md). */
export interface Choices {
  format: "original" | "keep" | "png" | "jpeg" | "webp" | "avif"; quality: number; lossless: boolean; size: string; enlarge: boolean; background: string;
  colour: "keep" | "srgb"; metadata: "all" | "generation" | "none"; credentials: "keep" | "refuse" | "drop"; pattern: string;
  folders: "none" | "project" | "album" | "date";
}
export interface Preset extends Choices { id: string; name: string; builtin: boolean }
export interface Delivered { asset: string; name: string; file: string; media_type: string; width: number; height: number; bytes: number; losses: string[]; untouched: boolean; /** The exact size that it does not reach, else empty. */ short_of: string }
export interface NotDelivered { asset: string; name: string; code: string; reason: string; devices?: string }
export interface Tried { file: Delivered | null; failed: NotDelivered | null }
/** What came of an export of pictures; `files`: those that lack something of their picture. */
export interface Exported {
  written: number; failed: NotDelivered[]; path?: string; preset?: string; preset_id?: string; files?: Delivered[]; parcel?: { id: string; name: string; bytes: number } | null;
}
export interface Preferences { language: "zh-TW" | "en" | null; theme: Theme }
export interface News { seq: number; kind: string; subject: string; origin: string }
export interface ProblemBody {
  code: string; title: string; detail: string; hint?: string; status: number; params?: Record<string, unknown>;
  errors?: { pointer: string; detail: string; code?: string; params?: Record<string, string> }[];
}

/** A device that deleted or replaced too many pictures at once; `passed` of them before it was stopped. */
export interface StoppedDevice {
  id: string; device: string; name: string; state: "asking" | "approved" | "rejected" | "reverted"; since: number; decided: number | null;
  pictures: number; passed: number; segments: number; action: string | null; samples: { id: string; name: string; thumbnail: string | null }[];
}
export interface Decided { received: number; restored: number; action: string | null }
/** A device of the workspace; `id` is its public key. */
export interface DeviceInfo { id: string; name: string; member: string; person: string; mine: boolean; own: boolean; role: Role; revoked: boolean; since: number | null; added_by: string | null; added_by_name: string | null }
/** A person with devices; one who was removed has the role `none`. */
export interface Member { id: string; name: string; role: Role; mine: boolean; devices: DeviceInfo[]; since: number | null; added_by: string | null; added_by_name: string | null; recovery: boolean }
export interface Invitation { id: string; person: string; role: Role; made: number; expires: number; state: "open" | "used" | "withdrawn" | "expired"; device_name: string | null }
/** `text` is told this once. */
export interface Invited extends Invitation { text: string }
export interface KitInfo { id: string; member: string; person: string; mine: boolean; made: number | null; current: boolean }
/** `code` is told this once. */
export interface Kit extends KitInfo { code: string }
/** What one device wrote without the right to. */
export interface Quarantined { device: string; device_name: string; person: string | null; role: Role; reason: "removed" | "revoked" | "role" | "stranger" | "then"; changes: number; segments: number; documents: string[]; since: number; until: number }
