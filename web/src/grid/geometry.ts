/** Where the tiles of the grid stand. Pure arithmetic in CSS pixels. */

export interface Grid { columns: number; tile: number; row: number; gap: number; padding: number }

/** As many columns as tiles of about `wanted` pixels fit; tiles then fill the width. */
export function gridOf(width: number, wanted: number, caption: number): Grid {
  const gap = width < 600 ? 8 : 14;
  const padding = width < 600 ? 10 : 20;
  const room = Math.max(0, width - 2 * padding);
  const columns = Math.max(width < 600 ? 2 : 1, Math.floor((room + gap) / (wanted + gap)));
  const tile = Math.max(48, Math.floor((room - gap * (columns - 1)) / columns));
  return { columns, tile, row: tile + caption + gap, gap, padding };
}

export interface Box { left: number; top: number; right: number; bottom: number }

export function boxOf(x1: number, y1: number, x2: number, y2: number): Box {
  return { left: Math.min(x1, x2), top: Math.min(y1, y2), right: Math.max(x1, x2), bottom: Math.max(y1, y2) };
}

/** Runs of indices [from, to] that a box drawn over the grid touches, one per row. */
export function touched(box: Box, grid: Grid, count: number): [number, number][] {
  const step = grid.tile + grid.gap;
  const firstColumn = Math.max(0, Math.ceil((box.left - grid.padding - grid.tile) / step));
  const lastColumn = Math.min(grid.columns - 1, Math.floor((box.right - grid.padding) / step));
  const firstRow = Math.max(0, Math.floor(box.top / grid.row));
  const lastRow = Math.min(Math.ceil(count / grid.columns) - 1, Math.floor(box.bottom / grid.row));
  const runs: [number, number][] = [];
  for (let row = firstRow; row <= lastRow && firstColumn <= lastColumn; row += 1) {
    const from = row * grid.columns + firstColumn;
    if (from < count) runs.push([from, Math.min(row * grid.columns + lastColumn, count - 1)]);
  }
  return runs;
}

/** The index after a key, or null when the key does not move. */
export function moved(key: string, at: number, grid: Grid, count: number, rows: number): number | null {
  const steps: Record<string, number> = {
    ArrowLeft: -1, ArrowRight: 1, ArrowUp: -grid.columns, ArrowDown: grid.columns,
    PageUp: -grid.columns * rows, PageDown: grid.columns * rows, Home: -count, End: count,
  };
  const step = steps[key];
  if (step === undefined || count === 0) return null;
  const to = at + step;
  if (key === "ArrowUp" && to < 0) return at;
  return Math.min(count - 1, Math.max(0, to));
}

/** Browsers lay out some 17 million pixels at most. A longer list stands in a shorter scroller, `shift` pixels off. */
export interface Scroll { top: number; shift: number }
export const TALLEST = 12_000_000;

/** Where a scroller stands that shows the list from `place` on. */
export function scrolledTo(place: number, full: number, height: number): Scroll {
  const most = Math.max(0, full - height);
  const at = Math.min(most, Math.max(0, place));
  const top = full <= TALLEST ? at : (at / most) * (TALLEST - height);
  return { top, shift: at - top };
}

/** After a scroll event. A small step moves the list as far as the scroller; a long one leads to the same share of both. */
export function scrolled(before: Scroll, top: number, full: number, height: number): Scroll {
  if (full <= TALLEST) return { top, shift: 0 };
  const most = full - height, end = TALLEST - height;
  if (Math.abs(top - before.top) > 1.5 * height) return { top, shift: (top / end) * most - top };
  const place = Math.min(most, Math.max(0, top + before.shift));
  // At an end of the scroller that is none of the list, both begin anew where the list stands.
  if ((top < 1 && place > 0) || (top > end - 1 && place < most)) return scrolledTo(place, full, height);
  return { top, shift: place - top };
}

/** First and last row in sight, and some around. */
export function rowsAt(place: number, height: number, grid: Grid, rows: number): [number, number] {
  const first = Math.floor((place - grid.padding) / grid.row) - AROUND;
  const last = Math.floor((place + height - grid.padding) / grid.row) + AROUND;
  return [Math.max(0, Math.min(first, rows - 1)), Math.max(0, Math.min(last, rows - 1))];
}
const AROUND = 3;
