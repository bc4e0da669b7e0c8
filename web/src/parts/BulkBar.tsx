/** What can be done with the selected pictures. */
import { Button, Menu, MenuItem, MenuTrigger, Popover } from "react-aria-components";
import { AlbumMenu } from "../albums/AlbumMenu";
import type { Album, AssetChange, Label } from "../api/types";
import { ExportSheet } from "../export/ExportSheet";
import { useFacets } from "../state/data";
import { useMay, Writers } from "../state/may";
import { useSession } from "../state/session";
import { useText } from "../text/text";
import { Ask, IconButton, Stars } from "./basics";
import { Icon } from "./Icon";
import { ProjectMenu } from "./ProjectMenu";

export type Asking = "tags" | "album" | "project" | "export" | null;
interface BulkProps { ids: string[]; bin: boolean; /** The one whose pictures these are. */ album: Album | null; asking: Asking; onAsk: (asking: Asking) => void; onClear: () => void; onChange: (change: AssetChange) => void; onBin: () => void; onCompare: () => void }

/** Tags as a person writes them: separated by commas of either width, a leading minus takes one away. */
export function tagsOf(text: string): Required<Pick<AssetChange, "add_tags" | "remove_tags">> {
  const all = text.split(/[,，、;；\n]/).map((each) => each.trim()).filter(Boolean);
  return { add_tags: all.filter((each) => !each.startsWith("-")), remove_tags: all.filter((each) => each.startsWith("-")).map((each) => each.slice(1)) };
}

export function AskTags({ open, onClose, onChange }: { open: boolean; onClose: () => void; onChange: (change: AssetChange) => void }) {
  const { t } = useText();
  const facets = useFacets("", null, open);
  return <Ask title={t("bulk.tags")} label={t("tags.hint")} action={t("save")} known={facets.data?.tags.map((each) => each.value) ?? []} open={open} onClose={onClose} onDone={(text) => onChange(tagsOf(text))} />;
}

export const LABELS: Label[] = ["red", "yellow", "green", "blue", "purple"];

function Colours({ onChange }: { onChange: (change: AssetChange) => void }) {
  const { t } = useText();
  return (
    <MenuTrigger>
      <Button className="icon-button" aria-label={t("field.label")}><Icon name="palette" /></Button>
      <Popover className="popover" aria-label={t("field.label")}><Menu className="list" onAction={(key) => onChange({ label: LABELS.find((each) => each === key) ?? null })}>
        {LABELS.map((each) => <MenuItem key={each} id={each} textValue={t(`label.${each}`)}><span className={`swatch ${each}`} />{t(`label.${each}`)}</MenuItem>)}
        <MenuItem id="none" textValue={t("label.remove")}><Icon name="close" size={10} />{t("label.remove")}</MenuItem>
      </Menu></Popover>
    </MenuTrigger>
  );
}

/** Takes pictures out of an album, and says so with the way back. */
export function useTakeOut() {
  const { n } = useText();
  const { library, act } = useSession();
  return (from: Album, ids: readonly string[]) => act(() => library.removeFromAlbum(from.id, [...ids]), ({ changed }) => n("album.removed", changed, { name: from.name }));
}

/** Puts pictures into the bin, or takes out those that are in it; whether it was done. */
export function useBinning() {
  const { n } = useText();
  const { library, act } = useSession();
  return (ids: string[], binned: boolean) => act(() => (binned ? library.unbin(ids) : library.bin(ids)), n(binned ? "bin.restored" : "bin.binned", ids.length));
}

export function BulkBar({ ids, bin, album, asking, onAsk, onClear, onChange, onBin, onCompare }: BulkProps) {
  const { t, n } = useText();
  const { library, act } = useSession();
  const takeOut = useTakeOut();
  const may = useMay();
  return (
    <div className={ids.length ? "bulk" : "bulk hidden"} role="toolbar" aria-label={t("bulk.label")}>
      {ids.length > 0 && (
        <>
          <IconButton icon="close" label={t("bulk.clear")} onPress={onClear} />
          <b aria-live="polite">{n("bulk.selected", ids.length)}</b>
          <span className="spring" />
          {bin ? may.write && <Button className="button" onPress={onBin}>{t("bin.restore")}</Button> : (
            <>
              <Writers>
              <Stars rating={0} onRate={(rating) => onChange({ rating })} />
              <IconButton icon="flag" label={t("flag.pick")} onPress={() => onChange({ flag: "pick" })} />
              <IconButton icon="reject" label={t("flag.reject")} onPress={() => onChange({ flag: "reject" })} />
              <Colours onChange={onChange} />
              <IconButton icon="tag" label={t("bulk.tags")} onPress={() => onAsk("tags")} />
              <AlbumMenu open={asking === "album"} onOpen={(is) => onAsk(is ? "album" : null)} pictures={ids} besides={album ? [album.id] : []}>
                <Button className="icon-button" aria-label={t("album.add")}><Icon name="album" /></Button>
              </AlbumMenu>
              {album && <IconButton icon="out" label={t("album.take_out")} onPress={() => void takeOut(album, ids).then((done) => { if (done) onClear(); })} />}
              {album && ids.length === 1 && <IconButton icon="pictures" label={t("album.cover")} onPress={() => void act(() => library.editAlbum(album.id, { cover: ids[0] ?? null }), t("album.cover.set", { name: album.name }))} />}
              <ProjectMenu open={asking === "project"} onOpen={(is) => onAsk(is ? "project" : null)} onChoose={(project) => onChange({ add_projects: [project] })}>
                <Button className="icon-button" aria-label={t("bulk.project")}><Icon name="project" /></Button>
              </ProjectMenu>
              </Writers>
              {ids.length > 1 && <IconButton icon="compare" label={t("compare.pictures")} onPress={onCompare} />}
              <IconButton icon="export" label={t("bulk.export")} onPress={() => onAsk("export")} />
              {may.write && <IconButton icon="bin" label={t("bulk.bin")} onPress={onBin} />}
            </>
          )}
        </>
      )}
      <AskTags open={asking === "tags"} onClose={() => onAsk(null)} onChange={onChange} />
      <ExportSheet open={asking === "export"} onClose={() => onAsk(null)} count={ids.length} sample={ids[0] ?? null} pictures={() => Promise.resolve(ids)} />
    </div>
  );
}
