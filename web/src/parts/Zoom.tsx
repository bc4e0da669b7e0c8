/** One picture to look at closely: fitted or at any scale, moved with the mouse, wheel, keys and fingers. */
import { useCallback, useEffect, useRef, useState } from "react";
import { Button } from "react-aria-components";
import { commandOf } from "../state/keys";
import { useSize } from "../state/scroll";
import { useText } from "../text/text";

interface ZoomProps { src: string; alt: string; width: number; height: number }
interface Place { scale: number; x: number; y: number }
/** Left free around a fitted picture; below it lies the bar. */
const MARGIN = 24, BAR = 68;

function between(pointers: Map<number, [number, number]>): { x: number; y: number; apart: number } {
  const [first, second = first] = [...pointers.values()];
  const [[x1, y1], [x2, y2]] = [first ?? [0, 0], second ?? [0, 0]];
  return { x: (x1 + x2) / 2, y: (y1 + y2) / 2, apart: Math.hypot(x1 - x2, y1 - y2) };
}

export function Zoom({ src, alt, width, height }: ZoomProps) {
  const { t, percent } = useText();
  const [stage, setStage] = useState<HTMLDivElement | null>(null);
  const room = useSize(stage);
  const pointers = useRef(new Map<number, [number, number]>());
  const [place, setPlace] = useState<Place | null>(null); // null: fitted
  const [failed, setFailed] = useState(false);
  const fitted = Math.max(0, Math.min(1, (room.width - 2 * MARGIN) / width, (room.height - MARGIN - BAR) / height));
  const zoom = useCallback((factor: number, x = 0, y = 0) => setPlace((before) => {
    const from = before ?? { scale: fitted, x: 0, y: 0 };
    const scale = Math.min(16, Math.max(0.02, from.scale * factor));
    const real = scale / from.scale;
    return { scale, x: x - (x - from.x) * real, y: y - (y - from.y) * real };
  }), [fitted]);
  const actual = useCallback(() => setPlace((before) => (before ? null : { scale: 1 / devicePixelRatio, x: 0, y: 0 })), []);
  const fromMiddle = useCallback((x: number, y: number): [number, number] => {
    const around = stage?.getBoundingClientRect() ?? { left: 0, top: 0, width: 0, height: 0 };
    return [x - around.left - around.width / 2, y - around.top - (around.height - BAR + MARGIN) / 2];
  }, [stage]);
  useEffect(() => {
    const onWheel = (event: WheelEvent) => {
      event.preventDefault();
      zoom(Math.exp(-event.deltaY / 400), ...fromMiddle(event.clientX, event.clientY));
    };
    const onKey = (event: KeyboardEvent) => { if (commandOf(event) === "actual") actual(); };
    stage?.addEventListener("wheel", onWheel, { passive: false }); // React's own listener is passive and could not prevent scrolling
    window.addEventListener("keydown", onKey);
    return () => { stage?.removeEventListener("wheel", onWheel); window.removeEventListener("keydown", onKey); };
  }, [stage, zoom, actual, fromMiddle]);
  const onPointerMove = (event: React.PointerEvent) => {
    if (!pointers.current.has(event.pointerId)) return;
    const before = between(pointers.current);
    pointers.current.set(event.pointerId, [event.clientX, event.clientY]);
    const after = between(pointers.current);
    if (pointers.current.size > 1 && before.apart > 0) zoom(after.apart / before.apart, ...fromMiddle(after.x, after.y));
    setPlace((now) => now && { ...now, x: now.x + after.x - before.x, y: now.y + after.y - before.y });
  };
  const scale = (place?.scale ?? fitted) * devicePixelRatio;
  const lift = (event: React.PointerEvent) => { pointers.current.delete(event.pointerId); };
  const style = place
    ? { inlineSize: width, blockSize: height, transform: `translate(-50%, -50%) translate(${place.x}px, ${place.y}px) scale(${place.scale})` }
    : { inlineSize: width * fitted, blockSize: height * fitted, transform: "translate(-50%, -50%)" };
  return (
    <div className={place ? "stage held" : "stage"} ref={setStage} onDoubleClick={(event) => { if (!(event.target as Element).closest("button")) actual(); }}
      onPointerDown={(event) => {
        if (event.target instanceof Element && event.target.closest("button")) return;
        pointers.current.set(event.pointerId, [event.clientX, event.clientY]);
        event.currentTarget.setPointerCapture(event.pointerId);
      }}
      onPointerMove={onPointerMove} onPointerUp={lift} onPointerCancel={lift}>
      {failed
        ? <p className="stage-message" role="alert">{t("picture.unreadable")}</p>
        : <img src={src} alt={alt} style={style} draggable={false} onError={() => setFailed(true)} className={place && place.scale > 2 ? "crisp" : undefined} />}
      <div className="zoom-bar">
        <Button className={place ? "button" : "button on"} onPress={() => setPlace(null)}>{t("zoom.fit")}</Button>
        <Button className={scale === 1 ? "button on" : "button"} aria-label={t("keys.actual")} onPress={() => setPlace({ scale: 1 / devicePixelRatio, x: 0, y: 0 })}>{percent(1)}</Button>
        <Button className="button" aria-label={t("zoom.out")} onPress={() => zoom(1 / 1.4)}>−</Button>
        <span className="scale">{scale > 0 && percent(scale)}</span>
        <Button className="button" aria-label={t("zoom.in")} onPress={() => zoom(1.4)}>+</Button>
      </div>
    </div>
  );
}
