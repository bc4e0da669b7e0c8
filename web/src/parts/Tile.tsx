/** One picture in the grid: the whole picture on neutral grey, and under it only what there is to know. */
import { memo, useEffect, useRef, useState } from "react";
import type { Asset } from "../api/types";
import { carry } from "../state/drop";
import { useSession } from "../state/session";
import { useText } from "../text/text";
import { Stars } from "./basics";
import { Icon } from "./Icon";

interface TileProps {
  asset: Asset | undefined; index: number; total: number; size: number; column: number; selected: boolean;
  selection: ReadonlySet<string>; current: boolean;
  onSelect: (asset: Asset, at: number, event: React.MouseEvent) => void;
  onToggle: (asset: Asset, at: number) => void;
  onOpen: (asset: Asset, at: number) => void;
  onFocus: (at: number) => void;
  /** Pictures of the list were dropped before or after this one. */
  onDropBeside: ((pictures: readonly string[], at: number, after: boolean) => void) | null;
}
/** Below this width five stars leave no room for the name. */
const NARROW = 170;

/** What a screen reader says: name, place in the whole, and what the signs under the picture mean. */
function useName(asset: Asset | undefined, index: number, total: number): string {
  const { t, n, number } = useText();
  if (!asset) return t("loading");
  const facts = [
    asset.name, asset.versions > 1 ? n("version.count", asset.versions) : "",
    t("grid.position", { at: number(index + 1), total: number(total) }),
    asset.rating ? n("rating.stars", asset.rating) : "", asset.flag ? t(`flag.${asset.flag}`) : "",
    asset.label ? t(`label.${asset.label}`) : "", asset.state !== "here" ? t(`state.${asset.state}`) : "",
    asset.conflicts.length ? t("conflict.title") : "",
  ];
  return facts.filter(Boolean).join(", ");
}

function Caption({ asset, narrow }: { asset: Asset; narrow: boolean }) {
  const { t, n, number } = useText();
  return (
    <div className="caption">
      {asset.label && <span className={`swatch ${asset.label}`} />}
      {asset.flag && <Icon name={asset.flag === "pick" ? "flag" : "reject"} size={13} fill={asset.flag === "pick"} />}
      <span className="name" dir="auto" title={asset.name}>{asset.name}</span>{" "}
      {asset.conflicts.length > 0 && <Icon name="conflict" size={13} />}
      {asset.state !== "here" && <span className={`presence ${asset.state}`} title={t(`state.${asset.state}`)}><Icon name={asset.state === "offline" ? "offline" : "lost"} size={13} /></span>}
      {asset.versions > 1 && <span className="count"><Icon name="versions" size={13} />{number(asset.versions)}</span>}
      {narrow && asset.rating > 0
        ? <span className="stars" role="img" aria-label={n("rating.stars", asset.rating)} data-count={number(asset.rating)}><Icon name="star" fill size={12} /></span>
        : <Stars rating={asset.rating} size={12} />}
    </div>
  );
}

const AGAIN = [1000, 4000];

/** The small picture; one that did not come, since a connection broke, is asked for again. */
function Thumbnail({ src, alt }: { src: string; alt: string }) {
  const [tries, setTries] = useState(0);
  const timer = useRef(0);
  useEffect(() => () => window.clearTimeout(timer.current), []);
  const onError = () => {
    if (tries < AGAIN.length) timer.current = window.setTimeout(() => setTries(tries + 1), AGAIN[tries]);
  };
  return <img key={tries} src={src} alt={alt} decoding="async" draggable={false} onError={onError} />;
}

/** Drawn anew only where something of it is other than before: the grid is drawn with every row that comes in sight. */
export const Tile = memo(function Tile({ asset, index, total, size, column, selected, selection, current, onSelect, onToggle, onOpen, onFocus, onDropBeside }: TileProps) {
  const { t } = useText();
  const { library } = useSession();
  const name = useName(asset, index, total);
  const scale = asset ? Math.min(size / asset.width, size / asset.height) : 1;
  const onDragStart = (event: React.DragEvent) => {
    if (!asset) return;
    carry(event.dataTransfer, asset, selected ? [...selection] : [asset.id], library.download(asset.sha256, asset.name));
  };
  const [beside, setBeside] = useState<"before" | "after" | null>(null);
  const onDragOver = (event: React.DragEvent) => {
    if (!onDropBeside || !event.dataTransfer.types.includes("text/x-gesso")) return;
    const around = event.currentTarget.getBoundingClientRect();
    event.preventDefault();
    setBeside(event.clientX > around.left + around.width / 2 ? "after" : "before");
  };
  const onDrop = (event: React.DragEvent) => {
    const pictures = event.dataTransfer.getData("text/x-gesso").split(" ").filter(Boolean);
    setBeside(null);
    if (!onDropBeside || !pictures.length) return;
    event.preventDefault();
    if (pictures.length > 1 || pictures[0] !== asset?.id) onDropBeside(pictures, index, beside === "after");
  };
  const onClick = (event: React.MouseEvent) => {
    if (!asset) return;
    // A finger has no second click: a tap opens, or selects once something is selected.
    const touch = (event.nativeEvent as Partial<PointerEvent>).pointerType === "touch";
    if (!touch) onSelect(asset, index, event);
    else if (selection.size > 0) onToggle(asset, index);
    else onOpen(asset, index);
  };
  return (
    <div role="gridcell" aria-selected={selected} aria-colindex={column + 1} aria-label={name} tabIndex={current ? 0 : -1}
      data-index={index} className={["tile", selected ? "selected" : "", beside ? `drop-${beside}` : ""].filter(Boolean).join(" ")} style={{ inlineSize: size }} onFocus={() => onFocus(index)}
      onDragOver={onDragOver} onDragLeave={() => setBeside(null)} onDrop={onDrop} aria-keyshortcuts={onDropBeside ? "Alt+ArrowLeft Alt+ArrowRight" : undefined}>
      <div className="frame" style={{ blockSize: size }}>
        {asset && (
          <div className="mount" style={{ inlineSize: asset.width * scale, blockSize: asset.height * scale }}>
            <div className="picture" data-picture draggable onClick={onClick} onDoubleClick={() => onOpen(asset, index)} onDragStart={onDragStart}>
              {asset.thumbnail
                ? <Thumbnail src={library.blob(asset.thumbnail)} alt={asset.prompt?.slice(0, 140) || asset.name} />
                : <span className="no-thumbnail"><Icon name="pictures" size={32} /></span>}
            </div>
            <label className="pick"><input type="checkbox" tabIndex={-1} checked={selected} aria-label={t("grid.select", { name: asset.name })} onChange={() => onToggle(asset, index)} /><span><Icon name="check" size={14} /></span></label>
          </div>
        )}
      </div>
      {asset && <Caption asset={asset} narrow={size < NARROW} />}
    </div>
  );
});
