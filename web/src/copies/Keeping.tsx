/** Where originals are among several devices: a sign on tiles, words in the panel, and what can be done about it. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Button } from "react-aria-components";
import type { Asset, AssetDetail, Evicted, Sync, Task } from "../api/types";
import { useSession } from "../state/session";
import { useText, type Key } from "../text/text";
import { Icon, type IconName } from "../parts/Icon";
import type { Choice } from "../parts/PictureMenu";

const SIGNS: Record<Sync, IconName> = { here: "check", only: "only", coming: "import", elsewhere: "elsewhere", offline: "offline", missing: "lost" };

/** Where it is, as finely as is known. */
export const presenceOf = (asset: Pick<Asset, "state" | "sync">): Sync => asset.sync ?? asset.state;

/** A sign for every place but the usual one: here, and on another device too where there are any. */
export function Mark({ asset }: { asset: Asset }) {
  const { t } = useText();
  const where = presenceOf(asset);
  if (where === "here") return null;
  return <span className="presence" data-at={where} title={t(`state.${where}`)}><Icon name={SIGNS[where]} size={13} /></span>;
}

/** Pinning and letting go, with what is said of it. */
export function useKeeping() {
  const { n } = useText();
  const { library, act } = useSession();
  const queries = useQueryClient();
  const letGo = async (ids: string[]) => {
    const task = await library.evict(ids);
    queries.setQueryData<Task[]>(["tasks"], (all) => all && (all.some((each) => each.id === task.id) ? all : [...all, task]));
    return null;
  };
  return {
    pin: (ids: string[]) => act(() => library.pin(ids), n("keep.pinned", ids.length)),
    unpin: (ids: string[]) => act(() => library.unpin(ids), n("keep.unpinned", ids.length)),
    evict: (ids: string[]) => act(() => letGo(ids)),
  };
}

/** What the menu of pictures offers where there are other devices. */
export function useKeepChoices() {
  const { t } = useText();
  const { pin, unpin, evict } = useKeeping();
  return (asset: Asset, ids: string[]): Choice[] => asset.sync === null ? [] : [
    { id: "pin", icon: "pin", label: t("keep.pin"), run: () => void pin(ids) },
    { id: "unpin", icon: "unpin", label: t("keep.unpin"), run: () => void unpin(ids) },
    { id: "evict", icon: "elsewhere", label: t("keep.evict"), run: () => void evict(ids) },
  ];
}

/** Of one picture: where it is in words, and whether it stays. Nothing where there is one device. */
export function Kept({ detail: { asset } }: { detail: AssetDetail }) {
  const { t, number } = useText();
  const { library, workspace } = useSession();
  const { pin, unpin, evict } = useKeeping();
  const found = useQuery({ queryKey: [workspace, "asset", asset.id, "copies"], queryFn: () => library.whereabouts(asset.id), enabled: asset.sync !== null }).data;
  if (asset.sync === null) return null;
  const ids = [asset.id], where = presenceOf(asset);
  return (
    <div className="kept">
      <p><Icon name={SIGNS[where]} size={14} />{t(`sync.${where}` as Key)}</p>
      {found && <p className="quiet">{t(found.pinned ? "keep.is_pinned" : found.wanted ? "keep.by_policy" : "keep.not")}</p>}
      <div className="row wrap">
        {found && <Button className="button" onPress={() => void (found.pinned ? unpin(ids) : pin(ids))}><Icon name={found.pinned ? "unpin" : "pin"} size={14} />{t(found.pinned ? "keep.unpin" : "keep.pin")}</Button>}
        {asset.state === "here" && found && !found.pinned && <Button className="button" onPress={() => void evict(ids)} aria-description={t("keep.needed", { count: number(found.needed) })}><Icon name="elsewhere" size={14} />{t("keep.evict")}</Button>}
      </div>
    </div>
  );
}

export const isEvicted = (task: Task): task is Task & { result: Evicted } => task.kind === "evict" && task.state === "done";

/** What letting go came to, and why others stayed. */
export function LetGo({ result }: { result: Evicted }) {
  const { n, code, bytes } = useText();
  return (
    <>
      {(result.pictures > 0 || result.kept_count === 0) && <p>{n("keep.let_go", result.pictures, { bytes: bytes(result.bytes) })}</p>}
      {result.kept_count > 0 && <><p>{n("keep.stays", result.kept_count)}</p>
        <ul className="failures">{result.kept.slice(0, 20).map((each) => <li key={each.asset}><b dir="auto">{each.name}</b> {code("keep.reason", each.reason, each.reason, each.params)}</li>)}</ul></>}
    </>
  );
}
