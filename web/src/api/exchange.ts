/** What an exchange with other devices would do and came to, and why devices differ. */
import { get, post } from "./client";

/** asked: it said what it would give · older: its program does not know the question · away: not reached · silent: it did not answer */
export type Asked = "asked" | "older" | "away" | "silent";
/** `segments` would come from there, `lacks` go there; `more`: that is the beginning of what would come. */
export interface PlannedDevice { device: string; name: string; state: Asked; segments: number; bytes: number; lacks: number; lacks_bytes: number; more: boolean }
export type Fate = "added" | "changed" | "binned" | "restored" | "gone";
export interface PlannedBytes { count: number; bytes: number }
/** `added` to `gone` count pictures, `others` all other documents; `pictures` names the first of them. */
export interface SyncPlan extends Record<Fate, number> {
  id: string; made_at: number; paused: boolean; offline: boolean; more: boolean; devices: PlannedDevice[];
  others: number; pictures: { id: string; name: string; what: Fate }[]; waiting: number; quarantined: number; refused: number;
  stopped: { device: string; name: string; segments: number }[]; thumbnails: PlannedBytes; originals: PlannedBytes; evictions: PlannedBytes;
}
export interface Unplanned { kind: "picture" | "document" | "blob"; id: string; name: string; why: string }
/** `done`: everything is as planned, or will not be by waiting; `differences` names the first of `different`. */
export interface Receipt { plan: string; done: boolean; planned: number; as_planned: number; different: number; differences: Unplanned[]; held: HeldBack[]; beyond: number }
/** Originals that a device gives not now, and why; `here`: for this device's own network costs by the byte. */
export interface HeldBack { device: string; name: string; why: string; here: boolean; until: number | null; count: number; bytes: number }
/** `side`: where it is so; null: between the two. `has`: whether the other side has what is wanted. */
export interface Difference { code: string; side: "here" | "there" | null; device: string; whom: string; number: number; since: number | null; has: boolean | null; detail: string }
export interface Compared { device: string; name: string; heard: number; described: boolean; differences: Difference[] }

export function exchange(workspace: string) {
  const w = `/w/${encodeURIComponent(workspace)}`;
  return {
    plan: () => post<SyncPlan>(`${w}/sync/plan`, {}),
    now: () => post<{ connected: string[]; away: string[] }>(`${w}/sync/now`, {}),
    receipt: (plan: string) => get<Receipt>(`${w}/sync/plans/${plan}`),
    compare: () => get<{ peers: Compared[] }>(`${w}/peers/doctor`).then((answer) => answer.peers),
  };
}
