/** One picture to look at closely: fitted or at any scale, moved with the mouse, wheel and keys. */
import { useCallback, useEffect, useRef, useState } from "react";
import { Button } from "react-aria-components";
import { commandOf } from "../state/keys";
import { useText } from "../text/text";

interface ZoomProps { src: string; alt: string; width: number; height: number }
interface Place { scale: number; x: number; y: number }

export function Zoom({ src, alt, width, height }: ZoomProps) {
  const { t, percent } = useText();
  const stage = useRef<HTMLDivElement>(null);
  const drag = useRef<[number, number] | null>(null);
  const [place, setPlace] = useState<Place | null>(null); // null: fitted
  const fit = useCallback(() => Math.min(1, ((stage.current?.clientWidth ?? 1) - 48) / width, ((stage.current?.clientHeight ?? 1) - 48) / height), [width, height]);
  const zoom = useCallback((factor: number, x = 0, y = 0) => setPlace((before) => {
    const from = before ?? { scale: fit(), x: 0, y: 0 };
    const scale = Math.min(16, Math.max(0.02, from.scale * factor));
    const real = scale / from.scale;
    return { scale, x: x - (x - from.x) * real, y: y - (y - from.y) * real };
  }), [fit]);
  const actual = useCallback(() => setPlace((before) => (before ? null : { scale: 1 / devicePixelRatio, x: 0, y: 0 })), []);
  useEffect(() => {
    const element = stage.current;
    const onWheel = (event: WheelEvent) => {
      event.preventDefault();
      const around = element?.getBoundingClientRect() ?? { left: 0, top: 0, width: 0, height: 0 };
      zoom(Math.exp(-event.deltaY / 400), event.clientX - around.left - around.width / 2, event.clientY - around.top - around.height / 2);
    };
    const onKey = (event: KeyboardEvent) => { if (commandOf(event) === "actual") actual(); };
    element?.addEventListener("wheel", onWheel, { passive: false }); // React's own listener is passive and could not prevent scrolling
    window.addEventListener("keydown", onKey);
    return () => { element?.removeEventListener("wheel", onWheel); window.removeEventListener("keydown", onKey); };
  }, [zoom, actual]);
  const style = place
    ? { inlineSize: width, blockSize: height, transform: `translate(-50%, -50%) translate(${place.x}px, ${place.y}px) scale(${place.scale})` }
    : { maxInlineSize: `min(100% - 48px, ${width}px)`, maxBlockSize: `min(100% - 48px, ${height}px)`, transform: "translate(-50%, -50%)" };
  return (
    <div className="stage" ref={stage} onDoubleClick={actual}
      onPointerDown={(event) => { if (event.target instanceof Element && !event.target.closest("button")) { drag.current = [event.clientX, event.clientY]; event.currentTarget.setPointerCapture(event.pointerId); } }}
      onPointerMove={(event) => {
        if (!drag.current) return;
        const [x, y] = drag.current;
        drag.current = [event.clientX, event.clientY];
        setPlace((before) => before && { ...before, x: before.x + event.clientX - x, y: before.y + event.clientY - y });
      }}
      onPointerUp={() => { drag.current = null; }}>
      <img src={src} alt={alt} style={style} draggable={false} className={place && place.scale > 2 ? "crisp" : undefined} />
      <div className="zoom-bar">
        <Button className={place ? "button" : "button on"} onPress={() => setPlace(null)}>{t("zoom.fit")}</Button>
        <Button className="button" aria-label={t("zoom.out")} onPress={() => zoom(1 / 1.4)}>−</Button>
        <Button className="button" onPress={() => setPlace({ scale: 1 / devicePixelRatio, x: 0, y: 0 })}>{place ? percent(place.scale * devicePixelRatio) : "100%"}</Button>
        <Button className="button" aria-label={t("zoom.in")} onPress={() => zoom(1.4)}>+</Button>
      </div>
    </div>
  );
}
