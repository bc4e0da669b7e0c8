/**
 * One row of the grid: drawn anew only where something of its own pictures is other than before. Of one that is not filled yet
 * only the tile that holds the focus exists: a screenful of small tiles that come and go at once takes longer than a frame.
 */
import { memo } from "react";
import type { Library } from "../api/library";
import type { Asset } from "../api/types";
import { Tile } from "../parts/Tile";
import type { Beside } from "./handling";
import type { Grid } from "./geometry";

interface RowProps {
  row: number; top: number; grid: Grid; total: number;
  /** Null: it is not filled yet. */
  found: ReadonlyMap<number, Asset> | null;
  selected: ReadonlySet<string>; library: Library; arranged: boolean;
  /** Which of its tiles can be reached by Tab, and which is dragged over. */
  current: number | null; beside: Beside | null;
}

const placesOf = ({ row, grid, total }: Pick<RowProps, "row" | "grid" | "total">) =>
  Array.from({ length: Math.max(0, Math.min(grid.columns, total - row * grid.columns)) }, (_, column) => row * grid.columns + column);

/** A list and a selection are others with every page and every press: what counts is what they say of this row. */
function isSame(one: RowProps, other: RowProps): boolean {
  const { found, selected, ...rest } = one;
  if (Object.entries(rest).some(([name, value]) => other[name as keyof RowProps] !== value)) return false;
  if (found === other.found && selected === other.selected) return true;
  if (!found || !other.found) return found === other.found;
  const others = other.found;
  return placesOf(one).every((at) => {
    const asset = found.get(at);
    return asset === others.get(at) && (!asset || selected.has(asset.id) === other.selected.has(asset.id));
  });
}

export const Row = memo(function Row({ row, top, grid, total, found, selected, library, arranged, current, beside }: RowProps) {
  return (
    <div role="row" aria-rowindex={row + 1} className="grid-row" style={{ transform: `translateY(${top}px)` }}>
      {placesOf({ row, grid, total }).map((index, column) => {
        const asset = found?.get(index);
        if (!found && index !== current) return null;
        return <Tile key={index} asset={asset} index={index} total={total} size={grid.tile} column={column} library={library} arranged={arranged}
          selected={asset !== undefined && selected.has(asset.id)} current={index === current} beside={beside?.at === index ? (beside.after ? "after" : "before") : null} />;
      })}
    </div>
  );
}, isSame);
