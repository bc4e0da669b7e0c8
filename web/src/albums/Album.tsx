/** One album: its name, notes and colour, its pictures in its own order, and where it stands among the others. */
import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { Button, Menu, MenuItem, MenuTrigger, Popover } from "react-aria-components";
import { Unreachable } from "../api/client";
import type { Album as Shape, AlbumChange } from "../api/types";
import { PinAll } from "../copies/Policy";
import { Disputed } from "../conflicts/Disputed";
import { ExportSheet } from "../export/ExportSheet";
import { Ask, Empty, Sheet } from "../parts/basics";
import { ColorMenu } from "../parts/ColorMenu";
import { Editable } from "../parts/Editable";
import { Icon } from "../parts/Icon";
import { Timeline } from "../parts/Timeline";
import { LiveText } from "../shared/LiveText";
import { failureOf, useAlbums } from "../state/data";
import type { Start } from "../state/listing";
import { useMay } from "../state/may";
import { go, href, leave, useRoute } from "../state/route";
import { useSession } from "../state/session";
import { useText } from "../text/text";
import { Pictures } from "../views/Pictures";
import { Place } from "./Place";
import { lineOf, within } from "./tree";

const START: Start = { q: "", sort: "own" };

function Line({ albums, album }: { albums: readonly Shape[]; album: Shape }) {
  const { t, list } = useText();
  const above = lineOf(albums, album.id).slice(0, -1), inner = within(albums, album.id);
  return (
    <nav className="album-path" aria-label={t("album.place")}>
      {above.length > 0 && <span className="row">{above.map((each) => <span key={each.id}><a href={href("album", each.id)} dir="auto">{each.name}</a> /</span>)}</span>}
      {inner.length > 0 && <span className="tags" role="group" aria-label={list(inner.map((each) => each.name))}>{inner.map((each) => <a key={each.id} className="chip" href={href("album", each.id)}><Icon name="album" size={13} /><bdi className="cut">{each.name}</bdi></a>)}</span>}
    </nav>
  );
}

function Head({ albums, album, at }: { albums: readonly Shape[]; album: Shape; at: string | null }) {
  const { t, n } = useText();
  const { library, act, workspace } = useSession();
  const [sheet, setSheet] = useState<"history" | "inner" | "place" | "export" | null>(null);
  const history = useQuery({ queryKey: [workspace, "album", album.id, "history"], queryFn: () => library.albumHistory(album.id), enabled: sheet === "history" });
  const first = useQuery({ queryKey: [workspace, "album", album.id, "first"], queryFn: () => library.ids({ q: `album:${album.id}`, sort: "own", at: null }, 0, 1), enabled: sheet === "export" });
  const change = (to: AlbumChange, said?: string) => act(() => library.editAlbum(album.id, to), said);
  const may = useMay();
  const readOnly = at !== null, inner = within(albums, album.id).length;
  const remove = () => {
    const said = [album.assets > 0 ? n("album.deleted", album.assets, { name: album.name }) : t("album.deleted.none", { name: album.name }), inner > 0 ? n("album.deleted.inner", inner) : ""].filter(Boolean).join(" ");
    void leave(href("albums"), () => act(() => library.deleteAlbum(album.id), said));
  };
  const choose = (key: string) => {
    if (key === "inner" || key === "place" || key === "history" || key === "export") setSheet(key);
    else if (key === "cover") void change({ cover: null });
    else remove();
  };
  return (
    <header className="project-head album-head">
      <ColorMenu color={album.color} disabled={readOnly} onChoose={(color) => void change({ color })} />
      <div className="stack grow">
        {(album.parent !== null || inner > 0) && <Line albums={albums} album={album} />}
        <Editable shape="wrap" label={t("project.name")} value={album.name} disabled={readOnly} onSave={(name) => (name.trim() ? change({ name }) : Promise.resolve(true))} />
        <Disputed fields={readOnly ? [] : album.conflicts} />
        <LiveText key={at} document={album.id} field="notes" label={t("field.note")} value={album.notes} placeholder={t("note.hint")} disabled={readOnly} />
      </div>
      {!readOnly && <div className="row actions"><PinAll subject={album.id} /><MenuTrigger>
        <Button className="button" aria-label={t("album.actions")}><Icon name="dots" /></Button>
        <Popover className="popover" placement="bottom end" aria-label={t("album.actions")}>
          <Menu className="list" aria-label={t("album.actions")} onAction={(key) => choose(String(key))}>
            {may.write && <MenuItem id="inner" textValue={t("album.new.inner")}><Icon name="add" size={15} />{t("album.new.inner")}</MenuItem>}
            {may.write && <MenuItem id="place" textValue={t("album.place.change")}><Icon name="album" size={15} />{t("album.place.change")}</MenuItem>}
            {may.write && album.cover_asset !== null && <MenuItem id="cover" textValue={t("album.cover.first")}><Icon name="pictures" size={15} />{t("album.cover.first")}</MenuItem>}
            {album.assets > 0 && <MenuItem id="export" textValue={t("album.export")}><Icon name="export" size={15} />{t("album.export")}</MenuItem>}
            <MenuItem id="history" textValue={t("nav.history")}><Icon name="history" size={15} />{t("nav.history")}</MenuItem>
            {may.write && <MenuItem id="delete" textValue={t("album.delete")}><Icon name="bin" size={15} />{t("album.delete")}</MenuItem>}
          </Menu>
        </Popover>
      </MenuTrigger></div>}
      <Sheet title={t("nav.history")} open={sheet === "history"} onClose={() => setSheet(null)} wide><Timeline entries={history.data ?? []} /></Sheet>
      <ExportSheet open={sheet === "export"} onClose={() => setSheet(null)} count={album.assets} sample={album.cover_asset ?? first.data?.[0] ?? null}
        pictures={() => library.ids({ q: `album:${album.id}`, sort: "own", at: null }, 0, album.assets)} />
      <Place albums={albums} album={album} open={sheet === "place"} onClose={() => setSheet(null)} />
      <Ask title={t("album.new.inner")} label={t("project.name")} action={t("project.create")} open={sheet === "inner"} onClose={() => setSheet(null)}
        onDone={(name) => void act(async () => { const made = await library.newAlbum(name, album.id); go(href("album", made.id)); return made; })} />
    </header>
  );
}

export function Album({ id }: { id: string }) {
  const { t } = useText();
  const { explain } = useSession();
  const at = useRoute().params.get("at");
  const albums = useAlbums(at);
  const found = albums.data?.find((each) => each.id === id);
  const name = found?.name;
  useEffect(() => { if (name) document.title = `${name} – Gesso`; }, [name]);
  const failure = failureOf(albums);
  if (failure) {
    const away = failure instanceof Unreachable;
    return <div className="alone" role="alert"><h1>{away ? t("loading.failed") : explain(failure)}</h1>{away && <Button className="button primary" onPress={() => void albums.refetch()}>{t("retry")}</Button>}</div>;
  }
  if (!albums.data) return <div className="loading" aria-busy="true" />;
  if (!found) return <div className="alone" role="alert"><h1>{t("problem.no_album", { id: id.slice(0, 8) })}</h1><a className="button" href={href("albums")}>{t("back")}</a></div>;
  return <Pictures key={id} fixed={`album:${id}`} start={START} album={found} heading={<Head albums={albums.data} album={found} at={at} />}
    nothing={<Empty icon="album" title={t("album.empty")}><p>{t("album.fill")}</p><a className="button" href={href("pictures")}>{t("nav.pictures")}</a></Empty>} />;
}
