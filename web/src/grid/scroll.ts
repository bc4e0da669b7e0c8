/** A scroller over rows of one height, however many: which rows are in sight, and the way to any place of the list. */
import { useCallback, useLayoutEffect, useMemo, useRef, useState } from "react";
import { rowsAt, scrolled, scrolledTo, TALLEST, type Grid, type Scroll } from "./geometry";

export interface Sight { first: number; last: number; shift: number }
export interface Size { width: number; height: number }

export function useSize(element: HTMLElement | null): Size {
  const [size, setSize] = useState<Size>({ width: 0, height: 0 });
  useLayoutEffect(() => {
    if (!element) return;
    const watch = new ResizeObserver(([entry]) => {
      if (entry) setSize({ width: entry.contentRect.width, height: entry.contentRect.height });
    });
    watch.observe(element);
    return () => watch.disconnect();
  }, [element]);
  return size;
}

export interface Rows {
  sight: Sight;
  /** Height of what is scrolled, in pixels: the list's own, or as much of it as a browser can lay out. */
  tall: number;
  /** The first pixel of the list in sight, and the last that can be the first. */
  place: () => number;
  most: number;
  to: (place: number) => void;
  /** Told of every scrolling; gives the way to hear no more. */
  onScroll: (listen: () => void) => () => void;
}

const same = (one: Sight, other: Sight) => one.first === other.first && one.last === other.last && one.shift === other.shift;

export function useRows(scroller: HTMLElement | null, height: number, grid: Grid, rows: number, full: number): Rows {
  const now = useRef<Scroll>({ top: 0, shift: 0 });
  const listeners = useRef(new Set<() => void>());
  const [sight, setSight] = useState<Sight>({ first: 0, last: 0, shift: 0 });
  const look = useCallback((next: Scroll) => {
    now.current = next;
    const [first, last] = rowsAt(next.top + next.shift, height, grid, rows);
    const seen = { first, last, shift: next.shift };
    setSight((before) => (same(before, seen) ? before : seen));
    for (const listen of listeners.current) listen();
  }, [grid, height, rows]);
  const before = useRef(grid);
  useLayoutEffect(() => {
    const old = before.current;
    before.current = grid;
    if (!scroller || old === grid) return;
    // Tiles of another size: the picture that stood at the top stays there.
    const index = Math.round((now.current.top + now.current.shift) / old.row) * old.columns;
    now.current = scrolledTo(Math.floor(index / grid.columns) * grid.row, full, height);
    scroller.scrollTop = now.current.top;
  }, [scroller, grid, full, height]);
  useLayoutEffect(() => {
    if (!scroller) return;
    const onScroll = () => {
      const next = scrolled(now.current, scroller.scrollTop, full, height);
      if (Math.abs(next.top - scroller.scrollTop) > 1) scroller.scrollTop = next.top;
      look(next);
    };
    onScroll(); // also when tiles change their size or number
    scroller.addEventListener("scroll", onScroll, { passive: true });
    return () => scroller.removeEventListener("scroll", onScroll);
  }, [scroller, full, height, look]);
  const to = useCallback((place: number) => {
    const next = scrolledTo(place, full, height);
    if (scroller) scroller.scrollTop = next.top;
    look(next);
  }, [scroller, full, height, look]);
  const place = useCallback(() => now.current.top + now.current.shift, []);
  const onScroll = useCallback((listen: () => void) => {
    listeners.current.add(listen);
    return () => { listeners.current.delete(listen); };
  }, []);
  return useMemo(() => ({ sight, tall: Math.min(full, TALLEST), place, most: Math.max(0, full - height), to, onScroll }), [sight, full, height, place, to, onScroll]);
}
