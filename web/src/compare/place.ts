/** What an address says of a comparison: the two pictures, those that can take their place, how, and the way back. Pure. */
import { href } from "../state/route";

export const MODES = ["slider", "side", "flip", "difference"] as const;
export type Mode = (typeof MODES)[number];
/** Which of the two. */
export type At = 0 | 1;
export interface Comparison {
  pair: readonly [string, string];
  /** All that were chosen, in their order; the two among them. */
  among: readonly string[];
  mode: Mode | null;
  /** The address without its `#/` that it was begun from. */
  from: string;
}

const ID = /^[0-9a-f]{32}$/;
/** So many go into an address. */
export const MOST = 60;

export function comparisonOf(params: URLSearchParams): Comparison | null {
  const left = params.get("a") ?? "", right = params.get("b") ?? "";
  if (!ID.test(left) || !ID.test(right) || left === right) return null; // of one and the same the worse is the better
  const chosen = (params.get("among") ?? "").split(".").filter((each) => ID.test(each));
  const among = [...new Set([...chosen, left, right])];
  return { pair: [left, right], among, mode: MODES.find((each) => each === params.get("as")) ?? null, from: params.get("from") ?? "" };
}

export function addressOf({ pair: [a, b], among, mode, from }: Comparison): string {
  const rest = among.length > 2 ? among.join(".") : null;
  return href("compare", null, { a, b, as: mode, among: rest, from });
}

/** The first two of these, with the others at hand; null for fewer. */
export function begun(ids: readonly string[], hash: string): Comparison | null {
  const among = ids.slice(0, MOST), [left, right] = among;
  return left === undefined || right === undefined ? null : { pair: [left, right], among, mode: null, from: hash.replace(/^#\/?/, "") };
}

/** With another picture at one side. */
export const put = (to: Comparison, at: At, id: string): Comparison => ({ ...to, pair: at === 0 ? [id, to.pair[1]] : [to.pair[0], id] });

export const swapped = (to: Comparison): Comparison => ({ ...to, pair: [to.pair[1], to.pair[0]] });

/** The next picture for one side, all round, past the one at the other side; null where there is no third. */
export function next({ pair, among }: Comparison, at: At, by: 1 | -1): string | null {
  const other = pair[at === 0 ? 1 : 0], here = among.indexOf(pair[at]);
  for (let step = 1; step < among.length; step += 1) {
    const id = among[(here + by * step + step * among.length) % among.length];
    if (id !== undefined && id !== other && id !== pair[at]) return id;
  }
  return null;
}

/** The one after both of them, which has not been looked at yet. */
export const unseen = ({ pair, among }: Comparison): string | null => among[Math.max(...pair.map((each) => among.indexOf(each))) + 1] ?? null;
