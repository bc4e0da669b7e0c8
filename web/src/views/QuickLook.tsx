/** A picture over everything: arrows go on, Space or Escape goes back, ratings and flags work. */
import { useEffect, useRef } from "react";
import type { Asset } from "../api/types";
import { useSession } from "../state/session";
import { useText } from "../text/text";
import { IconButton, Stars } from "../parts/basics";

interface LookProps { asset: Asset; at: number; total: number; onStep: (by: number) => void; onRate: (rating: number) => void; onClose: () => void }

export function QuickLook({ asset, at, total, onStep, onRate, onClose }: LookProps) {
  const { t, number } = useText();
  const { library } = useSession();
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => place.current?.focus(), []);
  return (
    <div className="look" role="dialog" aria-modal="true" aria-label={asset.name} data-look tabIndex={-1} ref={place} onKeyDown={(event) => {
      if (event.key === "ArrowRight" || event.key === "ArrowDown") onStep(1);
      else if (event.key === "ArrowLeft" || event.key === "ArrowUp") onStep(-1);
      else return;
      event.preventDefault();
    }}>
      <header><bdi>{asset.name}</bdi><span className="quiet" aria-live="polite">{number(at + 1)} / {number(total)}</span><span className="spring" />
        <Stars rating={asset.rating} onRate={onRate} /><IconButton icon="close" label={t("close")} onPress={onClose} /></header>
      <div className="look-picture" onClick={(event) => { if (event.target === event.currentTarget) onClose(); }}>
        <img key={asset.id} src={library.picture(asset)} alt={asset.prompt ?? asset.name} />
      </div>
      <footer><IconButton icon="back" label={t("previous")} onPress={() => onStep(-1)} /><p dir="auto">{asset.prompt}</p><IconButton icon="next" label={t("next")} onPress={() => onStep(1)} /></footer>
    </div>
  );
}
