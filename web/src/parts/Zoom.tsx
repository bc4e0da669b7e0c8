/** A picture to look at closely: fitted or at any scale, moved with the mouse, wheel, keys and fingers. */
import { useCallback, useEffect, useRef, useState } from "react";
import { Button } from "react-aria-components";
import { commandOf } from "../state/keys";
import { useSize } from "../grid/scroll";
import { useText } from "../text/text";

export interface Extent { width: number; height: number }
interface Place { scale: number; x: number; y: number }
/** What is left free around a fitted picture, below it for a bar; whether a small picture is fitted too. */
interface Room { margin: number; foot: number; enlarge: boolean }

const ROOM: Room = { margin: 24, foot: 68, enlarge: false };
const STEP = 1.4, STRIDE = 60;
const MOVES: Record<string, [number, number]> = { ArrowLeft: [1, 0], ArrowRight: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

function between(pointers: Map<number, [number, number]>): { x: number; y: number; apart: number } {
  const [first, second = first] = [...pointers.values()];
  const [[x1, y1], [x2, y2]] = [first ?? [0, 0], second ?? [0, 0]];
  return { x: (x1 + x2) / 2, y: (y1 + y2) / 2, apart: Math.hypot(x1 - x2, y1 - y2) };
}

/** How a picture of this extent is seen on a stage. Where several lie there, each in a `data-pane` of one size, it is
 * the first one's scale, and the others are as much larger than fitted as it is. */
export function useZoom(picture: Extent, { margin, foot, enlarge }: Room = ROOM) {
  const [stage, setStage] = useState<HTMLElement | null>(null);
  const [pane, setPane] = useState<HTMLElement | null>(null);
  const room = useSize(pane ?? stage);
  const pointers = useRef(new Map<number, [number, number]>());
  const [place, setPlace] = useState<Place | null>(null); // null: fitted
  const fit = useCallback(({ width, height }: Extent) =>
    Math.max(0, Math.min(enlarge ? Infinity : 1, (room.width - 2 * margin) / width, (room.height - margin - foot) / height)), [room, margin, foot, enlarge]);
  const fitted = fit(picture);
  const zoom = useCallback((factor: number, x = 0, y = 0) => setPlace((before) => {
    const from = before ?? { scale: fitted, x: 0, y: 0 };
    const scale = Math.min(16, Math.max(0.02, from.scale * factor));
    const real = scale / from.scale;
    return { scale, x: x - (x - from.x) * real, y: y - (y - from.y) * real };
  }), [fitted]);
  const actual = useCallback(() => setPlace({ scale: 1 / devicePixelRatio, x: 0, y: 0 }), []);
  const toggle = useCallback(() => setPlace((before) => (before ? null : { scale: 1 / devicePixelRatio, x: 0, y: 0 })), []);
  const fromMiddle = useCallback((target: EventTarget | null, x: number, y: number): [number, number] => {
    const place = (target instanceof Element ? target.closest("[data-pane]") : null) ?? pane ?? stage;
    const around = place?.getBoundingClientRect() ?? { left: 0, top: 0, width: 0, height: 0 };
    return [x - around.left - around.width / 2, y - around.top - (around.height - foot + margin) / 2];
  }, [stage, pane, foot, margin]);
  useEffect(() => {
    const onWheel = (event: WheelEvent) => {
      event.preventDefault();
      zoom(Math.exp(-event.deltaY / 400), ...fromMiddle(event.target, event.clientX, event.clientY));
    };
    const onKey = (event: KeyboardEvent) => {
      if (event.defaultPrevented || document.querySelector("[role=dialog]")) return;
      const command = commandOf(event), [x, y] = (event.shiftKey && MOVES[event.key]) || [0, 0];
      if (command === "actual") toggle();
      else if (command === "bigger") zoom(STEP);
      else if (command === "smaller") zoom(1 / STEP);
      else if ((x || y) && event.target instanceof HTMLElement && !event.target.closest("input, textarea, [role=slider], [role=radiogroup]")) setPlace((now) => now && { ...now, x: now.x + x * STRIDE, y: now.y + y * STRIDE });
    };
    stage?.addEventListener("wheel", onWheel, { passive: false }); // React's own listener is passive and could not prevent scrolling
    window.addEventListener("keydown", onKey);
    return () => { stage?.removeEventListener("wheel", onWheel); window.removeEventListener("keydown", onKey); };
  }, [stage, zoom, toggle, fromMiddle]);
  const lift = (event: React.PointerEvent) => { pointers.current.delete(event.pointerId); };
  const handlers = {
    onDoubleClick: (event: React.MouseEvent) => { if (!(event.target as Element).closest("button, [role=slider]")) toggle(); },
    onPointerDown: (event: React.PointerEvent) => {
      if (event.target instanceof Element && event.target.closest("button, [data-slider]")) return;
      pointers.current.set(event.pointerId, [event.clientX, event.clientY]);
      event.currentTarget.setPointerCapture(event.pointerId);
    },
    onPointerMove: (event: React.PointerEvent) => {
      if (!pointers.current.has(event.pointerId)) return;
      const before = between(pointers.current);
      pointers.current.set(event.pointerId, [event.clientX, event.clientY]);
      const after = between(pointers.current);
      if (pointers.current.size > 1 && before.apart > 0) zoom(after.apart / before.apart, ...fromMiddle(event.target, after.x, after.y));
      setPlace((now) => now && { ...now, x: now.x + after.x - before.x, y: now.y + after.y - before.y });
    },
    onPointerUp: lift,
    onPointerCancel: lift,
  };
  /** How a picture lies on its pane. */
  const styleOf = (each: Extent): React.CSSProperties => {
    const own = fit(each);
    if (!place) return { inlineSize: each.width * own, blockSize: each.height * own, transform: "translate(-50%, -50%)" };
    const scale = fitted > 0 ? (place.scale / fitted) * own : place.scale;
    return { inlineSize: each.width, blockSize: each.height, transform: `translate(-50%, -50%) translate(${place.x}px, ${place.y}px) scale(${scale})` };
  };
  return { setStage, setPane, handlers, styleOf, held: place !== null, scale: place?.scale ?? fitted, fit: () => setPlace(null), actual, zoom };
}

type Zooming = ReturnType<typeof useZoom>;

export function ZoomBar({ zooming: { held, scale, fit, actual, zoom } }: { zooming: Zooming }) {
  const { t, percent } = useText();
  const real = scale * devicePixelRatio;
  return (
    <div className="zoom-bar">
      <Button className={held ? "button" : "button on"} onPress={fit}>{t("zoom.fit")}</Button>
      <Button className={held && real === 1 ? "button on" : "button"} aria-label={t("keys.actual")} onPress={actual}>{percent(1)}</Button>
      <Button className="button" aria-label={t("zoom.out")} onPress={() => zoom(1 / STEP)}>−</Button>
      <span className="scale">{real > 0 && percent(real)}</span>
      <Button className="button" aria-label={t("zoom.in")} onPress={() => zoom(STEP)}>+</Button>
    </div>
  );
}

export const isCrisp = ({ held, scale }: Zooming) => held && scale > 2;

export function Zoom({ src, alt, width, height }: Extent & { src: string; alt: string }) {
  const { t } = useText();
  const zooming = useZoom({ width, height });
  const [failed, setFailed] = useState(false);
  return (
    <div className={zooming.held ? "stage held" : "stage"} ref={zooming.setStage} {...zooming.handlers}>
      {failed
        ? <p className="stage-message" role="alert">{t("picture.unreadable")}</p>
        : <img src={src} alt={alt} style={zooming.styleOf({ width, height })} draggable={false} onError={() => setFailed(true)} className={isCrisp(zooming) ? "crisp" : undefined} />}
      <ZoomBar zooming={zooming} />
    </div>
  );
}
