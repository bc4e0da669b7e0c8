/** Which value each of many conflicts is settled on. Pure. */
import type { Conflict } from "../api/types";

export interface Settling { document: string; field: string; value: unknown; seen: unknown[] }

/** At most so many are one action. */
export const MOST = 1000;
/** Instead of a device: the value that is in use meanwhile. No device is called so, for names are not empty. */
export const IN_USE = "";

/** Devices by name, and of how many conflicts each set a value; the ones with most first. */
export function piles(all: readonly Conflict[]): [string, number][] {
  const found = new Map<string, number>();
  for (const each of all) for (const device of new Set(each.choices.flatMap((choice) => choice.by.map((by) => by.device)))) found.set(device, (found.get(device) ?? 0) + 1);
  return [...found].sort(([one, many], [other, more]) => more - many || one.localeCompare(other));
}

/** Those that have a value in use, or one that the device set; the latest, where it set several. */
export function settlingsOf(all: readonly Conflict[], chosen: string): Settling[] {
  return all.flatMap(({ document, field, choices }) => {
    const last = (choice: Conflict["choices"][number]) => Math.max(-1, ...choice.by.filter((by) => by.device === chosen).map((by) => by.when));
    const fitting = chosen === IN_USE ? choices.filter((each) => each.shown) : choices.filter((each) => last(each) >= 0).sort((one, other) => last(other) - last(one));
    const value = fitting[0];
    return value ? [{ document, field, value: value.value, seen: choices.map((each) => each.value) }] : [];
  });
}
