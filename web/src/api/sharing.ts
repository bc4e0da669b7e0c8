/** What can be asked about other devices of a workspace, and about its people. */
import { get, patch, post, remove } from "./client";
import type { Changed, Role } from "./types";

/** `behind`: segments that are still to go there, `coming`: to come from there, `asked`: blobs asked of it just now. */
export interface Device {
  id: string; name: string; member: string; person: string; mine: boolean; own: boolean; role: Role; revoked: boolean; since: number | null;
  added_by: string | null; added_by_name: string | null; connected: boolean; address: string; last_seen: number | null; behind: number; coming: number; asked: number;
}
/** Why originals wait: "timetable", "metered", or a word of a newer Gesso; empty: they do not. */
export interface Held { why: string; until: number | null }
/** What may go to other devices now. `rate`: bytes a second, 0 is no limit; `until`: when the timetable says something else. */
export interface Limits { rate: number; originals: "" | "timetable" | "metered"; until: number | null; metered: "yes" | "no" | "unknown"; when_metered: "everything" | "thumbnails" | "nothing" }
/** `held`: why it is given no originals, `holds`: why it gives none. */
export interface Connected { device: string; name: string; address: string; since: number; sent: number; received: number; workspaces: string[]; held: Held; holds: Held }
export interface Way { address: string; added: boolean; device: string; problem: "" | "unreachable" | "stranger" }
export interface Peers {
  paused: boolean; offline: boolean; port: number; addresses: string[]; looking: "off" | "looking" | "no network" | "not needed"; problem: string;
  connected: Connected[]; ways: Way[]; limits: Limits;
}
/** Originals that are here of those wanted, the bytes that are still to come of them, and small blobs that are. */
export interface Incoming { originals: number; of: number; bytes: number; small: number }
export interface OnlyThere { originals: number; bytes: number; pictures: string[] }
export interface Revoked extends Changed { only_there: OnlyThere }
export interface CodeShown {
  state: "none" | "open" | "done" | "locked" | "expired" | "closed"; code: string; addresses: string[]; expires_at: number; tries_left: number;
  device: string; device_name: string; fingerprint: string;
}
export interface CameIn { workspace: string; name: string; device: string; device_name: string; fingerprint: string }
export type Given = Exclude<Role, "none">;
export interface NewPerson { name: string; role: Given }

export const peers = {
  all: () => get<Peers>("/peers"),
  add: (address: string) => post<Peers>("/peers", { address }),
  remove: (address: string) => remove<Peers>(`/peers/${encodeURIComponent(address)}`),
  pause: (paused: boolean) => patch<Peers>("/peers", { paused }),
  join: (code: string, address: string | null) => post<CameIn>("/pair", { code, address }),
  joinInvited: (invitation: string, address: string | null) => post<CameIn>("/pair", { invitation, address }),
};

export function sharing(workspace: string) {
  const w = `/w/${encodeURIComponent(workspace)}`;
  return {
    devices: () => get<{ devices: Device[] }>(`${w}/devices`).then((answer) => answer.devices),
    rename: (id: string, name: string) => patch<Changed>(`${w}/devices/${id}`, { name }),
    onlyThere: (id: string) => get<OnlyThere>(`${w}/devices/${id}/only`),
    onlyTheirs: (member: string) => get<OnlyThere>(`${w}/members/${member}/only`),
    revoke: (id: string) => remove<Revoked>(`${w}/devices/${id}`),
    incoming: () => get<Incoming>(`${w}/copies/incoming`),
    show: (person: NewPerson | null) => post<CodeShown>(`${w}/pairing`, { person }),
    shown: () => get<CodeShown>(`${w}/pairing`),
    hide: () => remove(`${w}/pairing`),
  };
}
