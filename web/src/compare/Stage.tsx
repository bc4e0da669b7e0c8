/** Two pictures to compare: side by side, under a slider, one in the other's place, or only what differs. Both are seen at
 * the same scale and place. */
import { useEffect, useState } from "react";
import { Slider, SliderThumb, SliderTrack, ToggleButton, ToggleButtonGroup } from "react-aria-components";
import { isCrisp, useZoom, ZoomBar, type Extent } from "../parts/Zoom";
import { commandOf } from "../state/keys";
import { useText } from "../text/text";
import type { At, Mode } from "./place";
import { MODES } from "./place";

export interface Seen extends Extent { src: string; alt: string; /** Stands over it. */ name: string }
interface StageProps { sides: readonly [Seen, Seen]; mode: Mode; onMode: (mode: Mode) => void; /** The one that keys are for; in turns it is the one that is shown. */ active: At; onActive: (at: At) => void }

const ROOM = { margin: 10, foot: 10, enlarge: true };

function Divider({ share, onShare }: { share: number; onShare: (share: number) => void }) {
  const { t } = useText();
  return (
    <Slider aria-label={t("compare.slider")} className="compare-slider" data-slider value={share} onChange={(value) => onShare(value as number)}>
      <SliderTrack><SliderThumb aria-label={t("compare.slider")}><span className="divide" /></SliderThumb></SliderTrack>
    </Slider>
  );
}

export function Stage({ sides, mode, onMode, active, onActive }: StageProps) {
  const { t } = useText();
  const [share, setShare] = useState(50);
  const [failed, setFailed] = useState<ReadonlySet<string>>(new Set());
  const zooming = useZoom(sides[0], ROOM);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.defaultPrevented || commandOf(event) !== "flip" || document.querySelector("[role=dialog]")) return;
      if (mode === "flip") onActive(active === 0 ? 1 : 0);
      else onMode("flip");
      event.preventDefault();
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  });
  const pane = (side: Seen, at: At) => (
    <div key={at} className="compare-pane" data-pane data-active={at === active || undefined} ref={at === 0 ? zooming.setPane : undefined}
      onPointerDown={() => onActive(at)}>
      <div className="compare-layer" style={mode === "slider" && at === 1 ? { clipPath: `inset(0 0 0 ${share}%)` } : undefined}>
        {failed.has(side.src)
          ? <p className="stage-message" role="alert">{t("picture.unreadable")}</p>
          : <img key={side.src} src={side.src} alt={side.alt} style={zooming.styleOf(side)} draggable={false} className={isCrisp(zooming) ? "crisp" : undefined} onError={() => setFailed(new Set([...failed, side.src]))} />}
      </div>
      {mode !== "difference" && <span className={mode === "slider" && at === 1 ? "compare-name right" : "compare-name"}><bdi>{side.name}</bdi></span>}
    </div>
  );
  return (
    <div className={`compare as-${mode}`}>
      <div className={zooming.held ? "compare-stage held" : "compare-stage"} ref={zooming.setStage} {...zooming.handlers}>
        {pane(sides[0], 0)}{pane(sides[1], 1)}
        {mode === "slider" && <Divider share={share} onShare={setShare} />}
      </div>
      <div className="compare-bar">
        <ToggleButtonGroup className="segments" aria-label={t("compare.as")} selectionMode="single" disallowEmptySelection selectedKeys={[mode]} onSelectionChange={(keys) => onMode([...keys][0] as Mode)}>
          {MODES.map((each) => <ToggleButton key={each} id={each}>{t(`compare.${each}`)}</ToggleButton>)}
        </ToggleButtonGroup>
        {mode === "flip" && <ToggleButtonGroup className="segments" aria-label={t("compare.shown")} selectionMode="single" disallowEmptySelection selectedKeys={[String(active)]} onSelectionChange={(keys) => onActive(Number([...keys][0]) as At)}>
          {sides.map((each, at) => <ToggleButton key={at} id={String(at)}><bdi className="cut">{each.name}</bdi></ToggleButton>)}
        </ToggleButtonGroup>}
        <ZoomBar zooming={zooming} />
      </div>
      <p className="unseen" role="status">{mode === "flip" ? t("compare.now", { name: sides[active].name }) : ""}</p>
    </div>
  );
}
