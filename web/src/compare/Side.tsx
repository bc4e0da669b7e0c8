/** What one does with one of two pictures that are compared: mark it, keep it alone, put another in its place. */
import { Button } from "react-aria-components";
import type { AssetChange, AssetDetail } from "../api/types";
import { IconButton } from "../parts/basics";
import { Icon } from "../parts/Icon";
import { Marks } from "../parts/Panel";
import { useMay } from "../state/may";
import { href } from "../state/route";
import { useText } from "../text/text";

interface SideProps {
  detail: AssetDetail; letter: string; active: boolean; onActive: () => void; onChange: (change: AssetChange) => Promise<boolean>;
  onBin: () => void; onKeep: () => void;
  /** Where there are others to look at. */
  onStep: ((by: 1 | -1) => void) | null;
}

export function Side({ detail, letter, active, onActive, onChange, onBin, onKeep, onStep }: SideProps) {
  const { t } = useText();
  const may = useMay();
  const { asset } = detail, binned = asset.binned_at !== null;
  return (
    <section className="compare-card" aria-label={`${letter}: ${asset.name}`} aria-current={active || undefined} onFocus={onActive} onPointerDown={onActive}>
      <header className="row"><b className="letter">{letter}</b><a className="cut grow" href={href("picture", asset.id)} dir="auto">{asset.name}</a>
        {onStep && <><IconButton icon="back" label={t("compare.before", { side: letter })} onPress={() => onStep(-1)} /><IconButton icon="next" label={t("compare.after", { side: letter })} onPress={() => onStep(1)} /></>}</header>
      {(binned || asset.state !== "here") && <p className="quiet row">{[binned ? t("compare.binned") : "", asset.state !== "here" ? t(`state.${asset.state}`) : ""].filter(Boolean).join(" · ")}</p>}
      <Marks detail={detail} readOnly={binned || !may.write} onChange={onChange} />
      <div className="row">
        {!binned && may.write && <Button className="button" onPress={onKeep}><Icon name="flag" />{t("compare.keep", { side: letter })}</Button>}
        <span className="spring" />
        {may.write && <IconButton icon={binned ? "undo" : "bin"} label={t(binned ? "bin.restore" : "bulk.bin")} onPress={onBin} />}
      </div>
    </section>
  );
}
