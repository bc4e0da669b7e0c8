/**
 * Which rows in sight are filled with their pictures: a screenful that comes at once, as after a jump, over several frames.
 * Rows that pass faster than anybody sees what is in them stay empty until they are slower.
 */
import { useLayoutEffect, useRef, useState } from "react";
import { flushSync } from "react-dom";

/** So many tiles a frame, or one row of more: what takes a few milliseconds also where a computer is slow. */
export const AT_ONCE = 72;

/** The rows from `first` to `last` that are filled in the next frame: the same, or some more, those in the middle first. */
export function filledNext(before: ReadonlySet<number>, first: number, last: number, columns: number, isHere: (row: number) => boolean): ReadonlySet<number> {
  const kept = [...before].filter((row) => row >= first && row <= last);
  const missing = Array.from({ length: last - first + 1 }, (_, step) => first + step).filter((row) => !before.has(row) && isHere(row));
  if (!missing.length && kept.length === before.size) return before;
  const far = (row: number) => Math.abs(2 * row - first - last);
  missing.sort((one, other) => far(one) - far(other));
  return new Set([...kept, ...missing.slice(0, Math.max(1, Math.floor(AT_ONCE / columns)))]);
}

/** Tiles that come in sight in one frame, from which on they pass too fast to be seen. */
export const PASSING = AT_ONCE / 3;

/** Whether rows pass by: so many came since the frame before, or all in sight are others. */
export function passesBy(before: number, first: number, last: number, columns: number): boolean {
  const came = Math.abs(first - before);
  return came > 1 && (came * columns >= PASSING || came > last - first);
}

const NONE: ReadonlySet<number> = new Set();

export function useFilled(first: number, last: number, columns: number, found: ReadonlyMap<number, unknown>): ReadonlySet<number> {
  const [filled, setFilled] = useState(NONE);
  const place = useRef(first);
  useLayoutEffect(() => {
    const passing = passesBy(place.current, first, last, columns);
    place.current = first;
    const isHere = (row: number) => Array.from({ length: columns }, (_, column) => row * columns + column).some((at) => found.has(at));
    const next = filledNext(filled, first, last, columns, isHere);
    if (next === filled) return;
    const fill = () => flushSync(() => setFilled(next));
    // Who passes by is in another place a frame later, and this is called off.
    let frame = requestAnimationFrame(passing ? () => { frame = requestAnimationFrame(fill); } : fill);
    return () => cancelAnimationFrame(frame);
  }, [filled, first, last, columns, found]);
  return filled;
}
