/** All albums with their covers, those in others below them, and a place for a new one. */
import { useState } from "react";
import { Button, Input, SearchField } from "react-aria-components";
import { Ask, Dot, Empty } from "../parts/basics";
import { Icon } from "../parts/Icon";
import { useAlbums } from "../state/data";
import { Writers } from "../state/may";
import { go, href } from "../state/route";
import { useSession } from "../state/session";
import { useText } from "../text/text";
import { Coming } from "../views/Coming";
import { albumsLike, lineOf, within } from "./tree";

/** More albums than these are looked for by name. */
const FEW = 12;

export function Albums() {
  const { t, n } = useText();
  const { library, act } = useSession();
  const albums = useAlbums();
  const [asking, setAsking] = useState(false);
  const [part, setPart] = useState("");
  const all = albums.data ?? [], shown = albumsLike(all, part);
  return (
    <section className="page">
      <header className="bar"><h1>{t("nav.albums")}</h1><span className="spring" />
        {(all.length > FEW || part !== "") && <SearchField aria-label={t("album.find")} value={part} onChange={setPart} className="mini-search"><Input placeholder={t("album.find")} dir="auto" /></SearchField>}
        <Writers><Button className="button primary" onPress={() => setAsking(true)}><Icon name="add" />{t("album.new")}</Button></Writers></header>
      {albums.data && all.length === 0 && <Empty icon="album" title={t("albums.none")}><p>{t("albums.how")}</p></Empty>}
      {all.length > 0 && shown.length === 0 && <Empty icon="search" title={t("album.nothing")} />}
      <Coming of={[albums]} shape="cards" />
      <ul className="cards">
        {shown.map((each) => {
          const inner = within(all, each.id).length, above = lineOf(all, each.id).slice(0, -1).map((one) => one.name).join(" / ");
          return (
            <li key={each.id}><a href={href("album", each.id)}>
              <span className="cover">{each.cover ? <img src={library.blob(each.cover)} alt="" /> : <Icon name="album" size={36} />}</span>
              <span className="row">{each.color && <Dot color={each.color} />}<b dir="auto" title={each.name}>{each.name}</b></span>
              {above && <small className="cut" dir="auto">{t("album.within", { name: above })}</small>}
              <small>{n("pictures.total", each.assets)}{inner > 0 && ` · ${n("album.inners", inner)}`}</small>
            </a></li>
          );
        })}
      </ul>
      <Ask title={t("album.new")} label={t("project.name")} action={t("project.create")} open={asking} onClose={() => setAsking(false)}
        onDone={(name) => void act(async () => { const made = await library.newAlbum(name, null); go(href("album", made.id)); return made; })} />
    </section>
  );
}
