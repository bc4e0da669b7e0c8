/** What the mouse and a finger do to the tiles of a grid: one set of listeners for all of them. */
import { useState } from "react";
import type { Arranging } from "../albums/order";
import type { Asset } from "../api/types";
import { carry } from "../state/drop";

export interface Doing {
  found: ReadonlyMap<number, Asset>;
  selected: ReadonlySet<string>;
  select: (asset: Asset, at: number, event: Pick<MouseEvent, "shiftKey" | "ctrlKey" | "metaKey">) => void;
  toggle: (asset: Asset, at: number) => void;
  open: (asset: Asset, at: number) => void;
  focus: (at: number) => void;
  /** Where the picture itself is to be had. */
  address: (asset: Asset) => string;
  arranging: Arranging | null;
}
/** The tile that pictures of the list are dragged over, and on which side of it they would stand. */
export interface Beside { at: number; after: boolean }

const within = (event: React.SyntheticEvent, what: string) => (event.target instanceof Element ? event.target.closest<HTMLElement>(what) : null);

export function useHandling(does: Doing) {
  const [beside, setBeside] = useState<Beside | null>(null);
  const placeOf = (event: React.SyntheticEvent) => {
    const tile = within(event, "[data-index]"), at = Number(tile?.dataset["index"]);
    return { tile, at, asset: tile ? does.found.get(at) : undefined };
  };
  const onClick = (event: React.MouseEvent) => {
    const { at, asset } = placeOf(event);
    if (!asset) return;
    if (within(event, ".pick")) return does.toggle(asset, at);
    if (!within(event, ".picture")) return;
    // A finger has no second click: a tap opens, or selects once something is selected.
    const touch = (event.nativeEvent as Partial<PointerEvent>).pointerType === "touch";
    if (!touch) does.select(asset, at, event);
    else if (does.selected.size > 0) does.toggle(asset, at);
    else does.open(asset, at);
  };
  const onDoubleClick = (event: React.MouseEvent) => {
    const { at, asset } = placeOf(event);
    if (asset && within(event, ".picture")) does.open(asset, at);
  };
  const onFocus = (event: React.FocusEvent) => {
    const { tile, at } = placeOf(event);
    if (tile) does.focus(at);
  };
  const onDragStart = (event: React.DragEvent) => {
    const { asset } = placeOf(event);
    if (asset && within(event, ".picture")) carry(event.dataTransfer, asset, does.selected.has(asset.id) ? [...does.selected] : [asset.id], does.address(asset));
  };
  const onDragOver = (event: React.DragEvent) => {
    const { tile, at } = placeOf(event);
    if (!does.arranging || !event.dataTransfer.types.includes("text/x-gesso")) return;
    if (!tile) return setBeside(null);
    const around = tile.getBoundingClientRect(), after = event.clientX > around.left + around.width / 2;
    event.preventDefault();
    setBeside((before) => (before?.at === at && before.after === after ? before : { at, after }));
  };
  const onDragLeave = () => setBeside(null);
  const onDrop = (event: React.DragEvent) => {
    const { tile, at, asset } = placeOf(event), pictures = event.dataTransfer.getData("text/x-gesso").split(" ").filter(Boolean);
    setBeside(null);
    if (!does.arranging || !tile || !pictures.length) return;
    event.preventDefault();
    if (pictures.length > 1 || pictures[0] !== asset?.id) does.arranging.drop(pictures, at, beside?.after ?? false);
  };
  return { beside, handlers: { onClick, onDoubleClick, onFocus, onDragStart, onDragOver, onDragLeave, onDrop } };
}
