/** The dates beside the grid: years and months where they begin. Dragged, clicked or stepped through, it leads there. */
import { useEffect, useMemo, useRef, useState, useSyncExternalStore } from "react";
import type { Month } from "../api/types";
import { marksOf, monthAt, stepped } from "../grid/calendar";
import type { Grid } from "../grid/geometry";
import type { Rows } from "../grid/scroll";
import { useText } from "../text/text";

interface ScrubberProps { months: readonly Month[]; total: number; rows: Rows; grid: Grid; height: number; onEnter: (index: number) => void }
/** Kept free above and below, so that the first and the last year stand whole. */
const MARGIN = 16;
const REST = 1500;

/** True from a movement until a while after the last. */
function useMoving(value: number): boolean {
  const [at, setAt] = useState(value);
  useEffect(() => {
    const timer = window.setTimeout(() => setAt(value), REST);
    return () => window.clearTimeout(timer);
  }, [value]);
  return at !== value;
}

export function Scrubber({ months, total, rows, grid, height, onEnter }: ScrubberProps) {
  const { t, n, month } = useText();
  const track = useRef<HTMLDivElement>(null);
  const place = useSyncExternalStore(rows.onScroll, () => Math.round(rows.place()));
  const moving = useMoving(place);
  const [held, setHeld] = useState<number | null>(null); // how far from the thumb's middle it is held, in pixels
  const [over, setOver] = useState<number | null>(null);
  // A month of a few pictures shares its row with others: the one that was stepped to counts until the list moves.
  const [chosen, setChosen] = useState<{ at: number; place: number } | null>(null);
  const indexOf = (share: number) => Math.round(share * (total - 1));
  const marks = useMemo(() => marksOf(months, (index) => index / Math.max(1, total - 1), height - 2 * MARGIN), [months, total, height]);
  const scale = useMemo(() => marks.map((each) => <span key={each.share} className={each.year ? "scrub-year" : "scrub-month"} style={{ insetBlockStart: `${each.share * 100}%` }} aria-hidden="true">{each.year}</span>), [marks]);
  const share = rows.most > 0 ? place / rows.most : 0;
  const at = chosen && chosen.place === place ? Math.min(chosen.at, months.length - 1) : monthAt(months, indexOf(share));
  const shown = months[at];
  if (!shown) return null;

  const shareAt = (event: React.PointerEvent, off = 0) => {
    const box = track.current?.getBoundingClientRect();
    return box ? Math.min(1, Math.max(0, (event.clientY - off - box.top) / box.height)) : 0;
  };
  const step = (to: number) => {
    rows.to(Math.floor((months[to]?.at ?? 0) / grid.columns) * grid.row);
    setChosen({ at: to, place: Math.round(rows.place()) });
  };
  const onKeyDown = (event: React.KeyboardEvent) => {
    const to = event.ctrlKey || event.metaKey || event.altKey ? null : stepped(months, at, event.key);
    if (to !== null) step(to);
    else if (event.key === "Enter" || event.key === " ") onEnter(shown.at);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const onPointerDown = (event: React.PointerEvent) => {
    if (event.button !== 0) return;
    const thumb = event.target instanceof Element ? event.target.closest("[data-scrubber]") : null;
    const box = thumb?.getBoundingClientRect();
    const off = box ? event.clientY - (box.top + box.height / 2) : 0;
    event.preventDefault();
    event.currentTarget.setPointerCapture(event.pointerId);
    setHeld(off);
    rows.to(shareAt(event, off) * rows.most);
  };
  const onPointerMove = (event: React.PointerEvent) => {
    if (held === null) setOver(event.pointerType === "mouse" ? shareAt(event) : null);
    else rows.to(shareAt(event, held) * rows.most);
  };
  const release = () => { setHeld(null); setOver(null); };
  const hovered = over === null ? undefined : months[monthAt(months, indexOf(over))];
  return (
    <div className={held !== null || moving ? "scrubber busy" : "scrubber"} onPointerDown={onPointerDown} onPointerMove={onPointerMove} onPointerUp={release}
      onPointerCancel={release} onPointerLeave={() => setOver(null)} onWheel={(event) => rows.to(rows.place() + event.deltaY)}>
      <div className="scrub-track" ref={track} style={{ insetBlock: MARGIN }}>
        {scale}
        {hovered && <span className="scrub-at" style={{ insetBlockStart: `${(over ?? 0) * 100}%` }} aria-hidden="true"><span>{month(hovered.month)}</span></span>}
        <div role="slider" tabIndex={0} data-scrubber className="scrub-thumb" style={{ insetBlockStart: `${share * 100}%` }} onKeyDown={onKeyDown}
          aria-label={t("scrub.label")} aria-orientation="vertical" aria-valuemin={0} aria-valuemax={months.length - 1} aria-valuenow={at}
          aria-valuetext={`${month(shown.month)}, ${n("pictures.total", shown.count)}`}>
          <span className="scrub-now" aria-hidden="true">{month(shown.month)}</span>
        </div>
      </div>
    </div>
  );
}
