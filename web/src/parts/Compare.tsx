/** Two versions over each other: a slider, side by side, or only what differs; and what their tools wrote differently. */
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Slider, SliderThumb, SliderTrack, ToggleButton, ToggleButtonGroup } from "react-aria-components";
import type { Version } from "../api/types";
import { differences, type Difference } from "../state/facts";
import { useSession } from "../state/session";
import { useText } from "../text/text";

const MODES = ["slider", "side", "difference"] as const;
type Mode = (typeof MODES)[number];
interface Numbered { version: Version; number: number }

function useDifferences(left: Version, right: Version): Difference[] {
  const { library, workspace } = useSession();
  const found = useQuery({
    queryKey: [workspace, "facts", left.facts, right.facts], staleTime: Infinity,
    queryFn: ({ signal }) => Promise.all([left, right].map((each) => (each.facts ? library.facts(each.facts, signal) : null))),
  });
  const sizes = (version: Version, facts: unknown) => ({ width: version.width, height: version.height, bytes: version.bytes, text: facts });
  if (!found.data) return [];
  return differences(sizes(left, found.data[0]), sizes(right, found.data[1]));
}

function Differences({ left, right }: { left: Numbered; right: Numbered }) {
  const text = useText();
  const { t, number } = text;
  const found = useDifferences(left.version, right.version);
  if (!found.length) return null;
  const shown = ({ name, left, right }: Difference) => {
    if (name !== "bytes") return [left ?? "–", right ?? "–"];
    const sizes = [left, right].map(Number), rounded = sizes.map(text.bytes);
    // Two files that differ by a few bytes only are told by the byte.
    return rounded[0] === rounded[1] ? sizes.map((each) => text.n("bytes", each)) : rounded;
  };
  return (
    <div className="differences" role="region" aria-label={t("compare.facts")} tabIndex={0}>
      <table>
        <thead><tr><th scope="col">{t("compare.facts")}</th>{[left, right].map((each) => <th key={each.number} scope="col">{t("compare.version", { number: number(each.number) })}</th>)}</tr></thead>
        <tbody>{found.map((each) => <tr key={each.name}><th scope="row">{text.code("fact", each.name, each.name)}</th>{shown(each).map((value, at) => <td key={at}>{value}</td>)}</tr>)}</tbody>
      </table>
    </div>
  );
}

export function Compare({ left, right }: { left: Numbered; right: Numbered }) {
  const { t, number } = useText();
  const { library } = useSession();
  const [mode, setMode] = useState<Mode>("slider");
  const [share, setShare] = useState(50);
  const name = (each: Numbered) => t("compare.version", { number: number(each.number) });
  const picture = (each: Numbered, style?: React.CSSProperties) => <img src={library.blob(each.version.sha256)} alt={name(each)} style={style} draggable={false} />;
  return (
    <div className={`compare as-${mode}`}>
      <div className="compare-stage">
        {picture(left)}
        {picture(right, mode === "slider" ? { clipPath: `inset(0 0 0 ${share}%)` } : undefined)}
        {mode === "slider" && <Slider aria-label={t("compare.slider")} className="compare-slider" value={share} onChange={(value) => setShare(value as number)}><SliderTrack><SliderThumb aria-label={t("compare.slider")}><span className="divide" /></SliderThumb></SliderTrack></Slider>}
        {mode !== "difference" && <><span className="compare-name">{name(left)}</span><span className="compare-name right">{name(right)}</span></>}
      </div>
      <ToggleButtonGroup className="segments" aria-label={t("compare.title")} selectionMode="single" disallowEmptySelection selectedKeys={[mode]} onSelectionChange={(keys) => setMode([...keys][0] as Mode)}>
        {MODES.map((each) => <ToggleButton key={each} id={each}>{t(`compare.${each}`)}</ToggleButton>)}
      </ToggleButtonGroup>
      <Differences left={left} right={right} />
    </div>
  );
}
