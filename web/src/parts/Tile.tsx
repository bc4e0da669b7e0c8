/** One picture in the grid: the whole picture on neutral grey, and under it only what there is to know. */
import { memo, useCallback } from "react";
import type { Library } from "../api/library";
import type { Asset } from "../api/types";
import { Mark, presenceOf } from "../copies/Keeping";
import { useText } from "../text/text";
import { Stars } from "./basics";
import { Icon } from "./Icon";

interface TileProps {
  asset: Asset | undefined; index: number; total: number; size: number; column: number; selected: boolean; current: boolean; library: Library;
  /** Whether its order can be changed, and where the pictures that are dragged over it would stand. */
  arranged: boolean; beside: "before" | "after" | null;
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
    asset.label ? t(`label.${asset.label}`) : "", presenceOf(asset) !== "here" ? t(`state.${presenceOf(asset)}`) : "",
    asset.conflicts.length ? t("conflict.title") : "",
  ];
  return facts.filter(Boolean).join(", ");
}

function Caption({ asset, narrow }: { asset: Asset; narrow: boolean }) {
  const { n, number } = useText();
  return (
    <div className="caption">
      {asset.label && <span className={`swatch ${asset.label}`} />}
      {asset.flag && <Icon name={asset.flag === "pick" ? "flag" : "reject"} size={13} fill={asset.flag === "pick"} />}
      <span className="name" dir="auto" title={asset.name}>{asset.name}</span>{" "}
      {asset.conflicts.length > 0 && <Icon name="conflict" size={13} />}
      <Mark asset={asset} />
      {asset.versions > 1 && <span className="count"><Icon name="versions" size={13} />{number(asset.versions)}</span>}
      {narrow && asset.rating > 0
        ? <span className="stars" role="img" aria-label={n("rating.stars", asset.rating)} data-count={number(asset.rating)}><Icon name="star" fill size={12} /></span>
        : <Stars rating={asset.rating} size={12} />}
    </div>
  );
}

const SOON = 1500, SELDOM = 30_000; // ms

/**
 * The small picture. What React is told of its address it sets twice, and the browser asks for it twice. One that is
 * still on its way from another device is asked for again, ever less often. One that is scrolled away before it came is
 * asked for no longer: the browser would fetch thousands of them first.
 */
function Thumbnail({ src, alt }: { src: string; alt: string }) {
  const show = useCallback((image: HTMLImageElement | null) => {
    if (!image) return undefined;
    let pause = SOON;
    image.onload = () => { delete image.dataset["coming"]; };
    image.onerror = () => {
      image.dataset["coming"] = "";
      window.setTimeout(() => { if (image.isConnected) image.src = src; }, pause);
      pause = Math.min(SELDOM, pause * 2);
    };
    image.src = src;
    return () => {
      image.onload = image.onerror = null;
      if (!image.complete) image.removeAttribute("src");
    };
  }, [src]);
  return <img ref={show} alt={alt} decoding="async" draggable={false} />;
}

/**
 * Drawn anew only where something of it is other than before: the grid is drawn with every row that comes in sight. Many
 * come at once: it is made of few elements and listens to nothing, the grid does (`grid/handling.ts`).
 */
export const Tile = memo(function Tile({ asset, index, total, size, column, selected, current, library, arranged, beside }: TileProps) {
  const { t } = useText();
  const name = useName(asset, index, total);
  const scale = asset ? Math.min(size / asset.width, size / asset.height) : 1;
  return (
    <div role="gridcell" aria-selected={selected} aria-colindex={column + 1} aria-label={name} tabIndex={current ? 0 : -1}
      data-index={index} className={`tile${selected ? " selected" : ""}${beside ? ` drop-${beside}` : ""}`} aria-keyshortcuts={arranged ? "Alt+ArrowLeft Alt+ArrowRight" : undefined}>
      {asset && (
        <>
          <div className="mount" style={{ inlineSize: asset.width * scale, blockSize: asset.height * scale }}>
            <div className="picture" draggable>
              {asset.thumbnail
                ? <Thumbnail src={library.blob(asset.thumbnail)} alt={asset.prompt?.slice(0, 140) || asset.name} />
                : <span className="no-thumbnail"><Icon name="pictures" size={32} /></span>}
            </div>
            <span role="checkbox" className="pick" aria-checked={selected} aria-label={t("grid.select", { name: asset.name })} />
          </div>
          <Caption asset={asset} narrow={size < NARROW} />
        </>
      )}
    </div>
  );
});
