/** Two versions over each other: a slider, side by side, or only what differs. */
import { useState } from "react";
import { Slider, SliderThumb, SliderTrack, ToggleButton, ToggleButtonGroup } from "react-aria-components";
import type { Version } from "../api/types";
import { useSession } from "../state/session";
import { useText } from "../text/text";

const MODES = ["slider", "side", "difference"] as const;
type Mode = (typeof MODES)[number];

export function Compare({ left, right }: { left: Version; right: Version }) {
  const { t, moment } = useText();
  const { library } = useSession();
  const [mode, setMode] = useState<Mode>("slider");
  const [share, setShare] = useState(50);
  const picture = (version: Version, style?: React.CSSProperties) => <img src={library.blob(version.sha256)} alt={moment(version.created_at)} style={style} />;
  return (
    <div className={`compare ${mode}`}>
      <div className="compare-stage">
        {picture(left)}
        {picture(right, mode === "slider" ? { clipPath: `inset(0 0 0 ${share}%)` } : undefined)}
        {mode === "slider" && <Slider aria-label={t("compare.slider")} className="compare-slider" value={share} onChange={(value) => setShare(value as number)}><SliderTrack><SliderThumb /></SliderTrack></Slider>}
      </div>
      <ToggleButtonGroup className="segments" aria-label={t("compare.title")} selectionMode="single" disallowEmptySelection selectedKeys={[mode]} onSelectionChange={(keys) => setMode([...keys][0] as Mode)}>
        {MODES.map((each) => <ToggleButton key={each} id={each}>{t(`compare.${each}`)}</ToggleButton>)}
      </ToggleButtonGroup>
    </div>
  );
}
