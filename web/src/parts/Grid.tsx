/** The virtual grid: only rows in sight exist, pictures come in windows of a hundred, one tile holds the focus. */
import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";
import type { Arranging } from "../albums/order";
import type { Listing } from "../api/library";
import type { Asset } from "../api/types";
import { useMonths, useSettled, useWindow } from "../state/data";
import { boxOf, gridOf, moved, TALLEST, touched, type Box, type Grid as Geometry } from "../grid/geometry";
import { useFilled } from "../grid/filling";
import { useHandling } from "../grid/handling";
import { Row } from "../grid/Row";
import { useRows, useSize } from "../grid/scroll";
import { extended, joined, NONE, only, span, toggled, type Selection } from "../state/selection";
import { useSession } from "../state/session";
import { useText } from "../text/text";
import { Scrubber } from "./Scrubber";

export interface GridProps {
  list: Listing;
  size: number;
  selection: Selection;
  onSelection: (selection: Selection) => void;
  onOpen: (asset: Asset, at: number) => void;
  focus: number;
  onFocus: (at: number) => void;
  /** Told when the number is another, or the picture that holds the focus; `at` looks among what is here by then. */
  onLoaded: (total: number, at: (index: number) => Asset | undefined, held: Asset | undefined) => void;
  empty: React.ReactNode;
  failed: (error: Error) => React.ReactNode;
  readOnly: boolean;
  /** Keep the focused picture in sight although the focus is elsewhere: something lies over the grid. */
  follow: boolean;
  /** Where the order is one that can be changed. */
  arranging?: Arranging | null;
}
const CAPTION = 26, FOOT = 96;
/** A list of fewer windows is scrolled through faster than a date is looked for. */
const LONG = 2.5;

export function Grid({ list, size, selection, onSelection, onOpen, focus, onFocus, onLoaded, empty, failed, readOnly, follow, arranging = null }: GridProps) {
  const { t } = useText();
  const { library, explain, say } = useSession();
  const [scroller, setScroller] = useState<HTMLDivElement | null>(null);
  const { width, height } = useSize(scroller);
  const grid = useMemo(() => gridOf(width, size, CAPTION), [width, size]);
  const [count, setCount] = useState(0);
  const rows = Math.ceil(count / grid.columns);
  const full = rows * grid.row + grid.padding + FOOT;
  const scroll = useRows(scroller, height, grid, rows, full);
  const { first, last, shift } = scroll.sight;
  const [from, until] = useSettled(first * grid.columns, Math.min((last + 1) * grid.columns, Math.max(0, count - 1)));
  const { found, total, error } = useWindow(list, from, until);
  useEffect(() => { if (total !== undefined) setCount(total); }, [total]);
  const filled = useFilled(first, Math.min(last, rows - 1), grid.columns, found);
  const held = found.get(focus);
  const at = useSteady((index: number) => found.get(index));
  useEffect(() => { if (total !== undefined) onLoaded(total, at, held); }, [total, at, held, onLoaded]);
  const long = count > 0 && full > LONG * height && height > 0;
  const months = useMonths(list, long && (list.sort === "newest" || list.sort === "oldest")).data?.months ?? [];

  const show = useCallback((index: number) => {
    const top = grid.padding + Math.floor(index / grid.columns) * grid.row, place = scroll.place();
    if (top - grid.padding < place) scroll.to(top - grid.padding);
    else if (top + grid.row > place + height) scroll.to(top + grid.row - height);
  }, [grid, height, scroll]);
  const reveal = useCallback((index: number) => {
    onFocus(index);
    show(index);
    // The row comes into being with the next painting; only then is there something to focus.
    requestAnimationFrame(() => requestAnimationFrame(() => {
      scroller?.querySelector<HTMLElement>(`[data-index="${index}"]`)?.focus({ preventScroll: true });
    }));
  }, [onFocus, scroller, show]);

  // Back from a picture: to where it stands in the list.
  const began = useRef(false);
  useEffect(() => {
    if (began.current || count === 0 || width === 0) return;
    began.current = true;
    if (focus > 0) reveal(Math.min(focus, count - 1));
  }, [count, width, focus, reveal]);
  useEffect(() => { if (follow) show(focus); }, [follow, focus, show]);

  const range = async (from: number, to: number): Promise<string[]> => {
    const [first, end] = span(from, to);
    const known = Array.from({ length: end - first + 1 }, (_, step) => found.get(first + step)?.id);
    if (known.every((id) => id !== undefined)) return known;
    return library.ids(list, first, end - first + 1);
  };
  const extend = (from: number, to: number, base: Selection) =>
    range(from, to).then((ids) => onSelection(extended(base, ids)), (problem: unknown) => say(explain(problem), { bad: true }));
  const { beside, handlers } = useHandling({
    found, selected: selection.ids, open: onOpen, focus: onFocus, arranging, address: (asset) => library.download(asset.sha256, asset.name),
    select: (asset, index, event) => {
      onFocus(index);
      if (event.shiftKey && selection.anchor !== null) void extend(selection.anchor, index, selection);
      else if (event.ctrlKey || event.metaKey) onSelection(toggled(selection, asset.id, index));
      else onSelection(only(asset.id, index));
    },
    toggle: (asset, index) => onSelection(toggled(selection, asset.id, index)),
  });
  const onKeyDown = (event: React.KeyboardEvent) => {
    const sight = Math.max(1, Math.floor((scroller?.clientHeight ?? 0) / grid.row));
    if (event.key === " " && (event.ctrlKey || event.metaKey)) {
      const asset = found.get(focus);
      event.preventDefault();
      if (asset && !readOnly) onSelection(toggled(selection, asset.id, focus));
      return;
    }
    if (event.altKey && arranging) {
      const held = found.get(focus), place = moved(event.key, focus, grid, count, sight);
      if (!held || place === null) return;
      event.preventDefault();
      void arranging.byKeys(held, focus, place).then((at) => { if (at !== null) reveal(at); });
      return;
    }
    const to = event.ctrlKey || event.metaKey || event.altKey ? null : moved(event.key, focus, grid, count, sight);
    if (to === null) return;
    event.preventDefault();
    reveal(to);
    if (!event.shiftKey) return;
    const anchor = selection.anchor ?? focus;
    void extend(anchor, to, { ...selection, anchor });
  };
  const box = useBox(scroller, shift, (drawn, add) => {
    const place = { ...drawn, top: drawn.top - grid.padding, bottom: drawn.bottom - grid.padding };
    void Promise.all(touched(place, grid, count).map(([from, to]) => range(from, to))).then(
      (ids) => onSelection(joined(add ? selection : NONE, ids.flat())), (problem: unknown) => say(explain(problem), { bad: true }));
  });

  const rowOf = (index: number) => Math.floor(index / grid.columns);
  const current = Math.min(focus, count - 1), holder = rowOf(current);
  const shown = Array.from({ length: Math.min(last, rows - 1) - first + 1 }, (_, step) => first + step);
  // The tile with the focus stays, for with it the focus would be gone; a list that is moved in its scroller has no place for it.
  if (full <= TALLEST && holder < first) shown.unshift(holder);
  if (full <= TALLEST && holder > last) shown.push(holder);
  if (error) return <div className="grid-scroll" role="alert">{failed(error)}</div>;
  if (total === 0) return <div className="grid-scroll">{empty}</div>;
  return (
    <div className="grid-area">
      <div className={months.length > 1 ? "grid-scroll scrubbed" : "grid-scroll"} ref={setScroller} {...box.handlers}>
        {total === undefined && <div className="skeleton" role="img" aria-label={t("loading")}>{Array.from({ length: 18 }, (_, each) => <span key={each} />)}</div>}
        {count > 0 && (
          <div role="grid" aria-label={t("grid.label")} aria-multiselectable={!readOnly} aria-rowcount={rows} aria-colcount={grid.columns}
            className="grid" style={styleOf(grid, scroll.tall)} onKeyDown={onKeyDown} {...handlers}>
            {shown.map((row) => (
              <Row key={row} row={row} top={grid.padding + row * grid.row - shift} grid={grid} total={count} found={filled.has(row) ? found : null} selected={selection.ids} library={library}
                current={row === holder ? current : null} beside={beside && rowOf(beside.at) === row ? beside : null} arranged={arranging !== null} />
            ))}
          </div>
        )}
        {box.drawn && <div className="band" style={{ left: box.drawn.left, top: box.drawn.top - shift, width: box.drawn.right - box.drawn.left, height: box.drawn.bottom - box.drawn.top }} />}
      </div>
      {months.length > 1 && long && <Scrubber months={months} total={count} rows={scroll} grid={grid} height={height} onEnter={reveal} />}
    </div>
  );
}

/** What all tiles have in common stands once, on the grid. */
const styleOf = (grid: Geometry, tall: number) => ({
  blockSize: tall, "--tile": `${grid.tile}px`, "--caption": `${CAPTION}px`, "--row": `${grid.row}px`, "--gap": `${grid.gap}px`, "--padding": `${grid.padding}px`,
}) as React.CSSProperties;

/** One function for good that does what the latest one does, for parts that are drawn anew when theirs is another. */
function useSteady<A extends unknown[], R>(does: (...given: A) => R): (...given: A) => R {
  const latest = useRef(does);
  useLayoutEffect(() => { latest.current = does; });
  return useCallback((...given: A) => latest.current(...given), []);
}

/** A box drawn with the mouse from an empty place, in pixels of the scrolled content. */
function useBox(scroller: HTMLElement | null, shift: number, onDrawn: (box: Box, add: boolean) => void) {
  const [drawn, setDrawn] = useState<Box | null>(null);
  const start = useRef<[number, number] | null>(null);
  const place = (event: React.PointerEvent): [number, number] => {
    const around = scroller?.getBoundingClientRect();
    return [event.clientX - (around?.left ?? 0), event.clientY - (around?.top ?? 0) + (scroller?.scrollTop ?? 0) + shift];
  };
  const handlers = {
    onPointerDown: (event: React.PointerEvent) => {
      const target = event.target as HTMLElement;
      const onBar = event.clientX > (scroller?.getBoundingClientRect().left ?? 0) + (scroller?.clientWidth ?? 0);
      if (event.button !== 0 || event.pointerType !== "mouse" || onBar || target.closest(".mount, button, a, input, label")) return;
      start.current = place(event);
    },
    onPointerMove: (event: React.PointerEvent) => {
      if (!start.current) return;
      const [x, y] = place(event);
      if (!drawn && Math.hypot(x - start.current[0], y - start.current[1]) < 5) return;
      if (!drawn) scroller?.setPointerCapture(event.pointerId);
      setDrawn(boxOf(...start.current, x, y));
    },
    onPointerUp: (event: React.PointerEvent) => {
      start.current = null;
      if (!drawn) return;
      setDrawn(null);
      onDrawn(drawn, event.shiftKey || event.ctrlKey || event.metaKey);
    },
  };
  return { drawn, handlers };
}
