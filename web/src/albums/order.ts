/** Putting the pictures of an album into another order, one change after the other. */
import { useQueryClient } from "@tanstack/react-query";
import { useRef, useState } from "react";
import type { Listing } from "../api/library";
import type { Album, Asset } from "../api/types";
import { useMay } from "../state/may";
import { useSession } from "../state/session";
import { useText } from "../text/text";
import { beforeAfterMove } from "./tree";

export interface Arranging {
  /** Move the picture at `from`, or all that are selected with it; where it stands then, null where it stayed. */
  byKeys: (asset: Asset, from: number, to: number) => Promise<number | null>;
  /** Put them beside the picture at this place. */
  drop: (pictures: readonly string[], at: number, after: boolean) => void;
}

/** Null where there is no own order to change: another one is shown, or a search in the album. */
export function useArranging(album: Album | null, list: Listing, total: number, selected: ReadonlySet<string>): { arranging: Arranging | null; told: string } {
  const { library, act, say, explain, workspace } = useSession();
  const { t, number } = useText();
  const may = useMay();
  const queries = useQueryClient();
  const turn = useRef<Promise<unknown>>(Promise.resolve());
  const waiting = useRef(0);
  const held = useRef<{ id: string; at: number } | null>(null);
  const [told, setTold] = useState("");
  if (!album || list.sort !== "own" || list.at !== null || !may.write) return { arranging: null, told };

  const put = async (pictures: readonly string[], before: string | null) => {
    const done = await act(() => library.moveInAlbum(album.id, [...pictures], before));
    if (done) await queries.invalidateQueries({ queryKey: [workspace, "assets"] });
    return done;
  };
  const together = async (asset: Asset, by: number) => {
    const ids = await library.ids(list, 0, total), before = beforeAfterMove(ids, selected, by);
    const moving = ids.filter((id) => selected.has(id)), rest = ids.filter((id) => !selected.has(id));
    if (before === undefined || !(await put(moving, before))) return null;
    return (before === null ? rest.length : rest.indexOf(before)) + moving.indexOf(asset.id);
  };
  const alone = async (asset: Asset, from: number, by: number) => {
    const at = held.current?.id === asset.id ? held.current.at : from, to = Math.max(0, Math.min(total - 1, at + by));
    const next = to > at ? to + 1 : to;
    if (to === at) return null;
    const before = next < total ? ((await library.page(list, next, 1)).items[0]?.id ?? null) : null;
    if (!(await put([asset.id], before))) return null;
    held.current = { id: asset.id, at: to };
    return to;
  };
  const byKeys: Arranging["byKeys"] = (asset, from, to) => {
    waiting.current += 1;
    const mine = turn.current.then(() => (selected.size > 1 && selected.has(asset.id) ? together(asset, to - from) : alone(asset, from, to - from)))
      .catch((error: unknown) => { say(explain(error), { bad: true }); return null; })
      .finally(() => { waiting.current -= 1; if (waiting.current === 0) held.current = null; });
    turn.current = mine;
    return mine.then((at) => { if (at !== null) setTold(t("album.moved", { at: number(at + 1), total: number(total) })); return at; });
  };
  const drop: Arranging["drop"] = (pictures, at, after) => {
    const moving = new Set(pictures);
    turn.current = turn.current.then(async () => {
      const ids = await library.ids(list, 0, total);
      const before = ids.slice(at + (after ? 1 : 0)).find((id) => !moving.has(id)) ?? null;
      await put(ids.filter((id) => moving.has(id)), before);
    }).catch((error: unknown) => say(explain(error), { bad: true }));
  };
  return { arranging: { byKeys, drop }, told };
}
