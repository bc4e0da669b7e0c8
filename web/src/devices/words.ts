/** How a device stands, what a pasted text asks for, how long a code is good, how fast bytes come. Pure. */
import type { Connected, Device, Limits, Way } from "../api/sharing";

export type Standing = "own" | "revoked" | "removed" | "syncing" | "connected" | "seen" | "unmet";

/** Whether something is still to go to it or to come from it. */
export const isMoving = ({ behind, coming, asked }: Pick<Device, "behind" | "coming" | "asked">) => behind > 0 || coming > 0 || asked > 0;

export function standingOf(device: Pick<Device, "own" | "revoked" | "role" | "connected" | "last_seen" | "behind" | "coming" | "asked">): Standing {
  if (device.revoked) return "revoked";
  if (device.own) return "own";
  if (device.role === "none") return "removed";
  if (device.connected) return isMoving(device) ? "syncing" : "connected";
  return device.last_seen ? "seen" : "unmet";
}

/** Whether a device that was met before answers and takes this one in no more, without saying why. */
export const isTurnedAway = (device: string, ways: readonly Way[]) => ways.some((each) => each.device === device && each.problem === "stranger");

const PAIR = "gesso-pair:";
/** What a QR code says: everything that is typed otherwise. */
export const pairText = (code: string, address: string | undefined) => `${PAIR}${code}${address ? `@${address}` : ""}`;

export interface Typed { code: string; address: string | null }

/** Six digits, in groups or not, or the text of a QR code; null as long as it is neither. */
export function typedOf(text: string): Typed | null {
  const trimmed = text.trim();
  const [, code = trimmed, address = ""] = /^gesso-pair:([\d\s-]+)(?:@(\S+))?$/i.exec(trimmed) ?? [];
  const digits = code.normalize("NFKC").replace(/[\s-]/g, "");
  return /^\d{6}$/.test(digits) ? { code: digits, address: address || null } : null;
}

export const grouped = (code: string) => `${code.slice(0, 3)} ${code.slice(3)}`;

/** Whole seconds until then, none where that is past. */
export const secondsLeft = (until: number, now: number) => Math.max(0, Math.ceil((until - now) / 1000));
export const clockOf = (seconds: number) => `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;

interface Seen { at: number; bytes: number }
/** Of all connections together. */
export const seenOf = (connected: readonly Connected[], at: number): Seen => ({ at, bytes: connected.reduce((sum, each) => sum + each.sent + each.received, 0) });
/** Bytes a second between two looks; null where too little time passed, or another connection began meanwhile. */
export function rateOf(before: Seen | null, now: Seen): number | null {
  const seconds = before ? (now.at - before.at) / 1000 : 0;
  if (!before || seconds < 0.5 || now.bytes < before.bytes) return null;
  return (now.bytes - before.bytes) / seconds;
}

type Ends = "rate" | "originals" | `there.${"timetable" | "metered" | "unknown"}`;
/** A sentence by the end of its key, with what stands in it. */
export interface Said { key: Ends | `${Ends | "free"}.until` | "thumbnails" | "nothing" | "here.metered"; rate: number; until: number | null; name: string }
const reason = (why: string) => (why === "timetable" || why === "metered" ? why : "unknown");
/** Why originals of a receipt wait. */
export function heldSaid({ why, here, until, name }: { why: string; here: boolean; until: number | null; name: string }): Said {
  if (here) return { key: "here.metered", rate: 0, until: null, name };
  const key = `there.${reason(why)}` as const;
  return { key: until === null ? key : `${key}.until`, rate: 0, until, name };
}
/** What is not as always: a limit, originals that wait here, a metered network, originals that others hold back. */
export function limitsSaid(limits: Limits, connected: readonly Pick<Connected, "name" | "holds">[]): Said[] {
  const { rate, originals, until, metered, when_metered: when } = limits;
  const ends = (key: Ends, end: number | null, name = ""): Said => ({ key: end === null ? key : `${key}.until`, rate, until: end, name });
  const plain = (key: Said["key"], end: number | null = null): Said => ({ key, rate, until: end, name: "" });
  return [
    ...(originals ? [ends("originals", until)] : rate ? [ends("rate", until)] : until !== null ? [plain("free.until", until)] : []),
    ...(metered === "yes" && when !== "everything" ? [plain(when)] : []),
    ...connected.filter((each) => each.holds.why).map(({ name, holds }) => ends(`there.${reason(holds.why)}`, holds.until, name)),
  ];
}
