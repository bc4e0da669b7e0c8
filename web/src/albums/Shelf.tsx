/** The albums at the side as a tree that folds. Pictures dropped on one go into it, an album dropped on another too. */
import { useState } from "react";
import type { Album } from "../api/types";
import { Icon } from "../parts/Icon";
import { useAlbums } from "../state/data";
import { useMay } from "../state/may";
import { href, useRoute } from "../state/route";
import { useSession } from "../state/session";
import { useText } from "../text/text";
import { useAdd } from "./AlbumMenu";
import { Cover } from "./Cover";
import { lineOf, within } from "./tree";

const PICTURES = "text/x-gesso", ALBUM = "text/x-gesso-album";

/** Albums that are folded up, kept in this browser. */
function useFolded(workspace: string) {
  const name = `gesso.folded.${workspace}`;
  const [folded, setFolded] = useState<ReadonlySet<string>>(() => new Set((localStorage.getItem(name) ?? "").split(" ").filter(Boolean)));
  const fold = (id: string, is: boolean) => {
    const next = new Set(folded);
    if (is) next.add(id);
    else next.delete(id);
    localStorage.setItem(name, [...next].join(" "));
    setFolded(next);
  };
  return { folded, fold };
}

interface BranchProps { albums: readonly Album[]; parent: string | null; open: readonly string[]; folded: ReadonlySet<string>; onFold: (id: string, is: boolean) => void; label?: string }

function Branch({ albums, parent, open, folded, onFold, label }: BranchProps) {
  const { t } = useText();
  return (
    <ul className={parent === null ? "shelf albums" : "inner"} aria-label={label}>
      {within(albums, parent).map((each) => {
        const inner = within(albums, each.id).length > 0, shut = folded.has(each.id);
        return (
          <li key={each.id}>
            <div className="album-line">
              {inner && <button type="button" className={shut ? "twist shut" : "twist"} aria-expanded={!shut} aria-label={t("album.inner", { name: each.name })} onClick={() => onFold(each.id, !shut)}><Icon name="down" size={12} /></button>}
              <Line album={each} current={open.at(-1) === each.id} onFold={inner ? (is) => onFold(each.id, is) : null} />
            </div>
            {inner && !shut && <Branch albums={albums} parent={each.id} open={open} folded={folded} onFold={onFold} />}
          </li>
        );
      })}
    </ul>
  );
}

function Line({ album, current, onFold }: { album: Album; current: boolean; onFold: ((is: boolean) => void) | null }) {
  const { t, n, number } = useText();
  const { library, act } = useSession();
  const add = useAdd();
  const may = useMay();
  const [over, setOver] = useState(false);
  const drop = (event: React.DragEvent) => {
    const pictures = event.dataTransfer.getData(PICTURES).split(" ").filter(Boolean), inner = event.dataTransfer.getData(ALBUM);
    event.preventDefault();
    setOver(false);
    if (pictures.length) void add(album, pictures);
    else if (inner && inner !== album.id) void act(() => library.editAlbum(inner, { parent: album.id }), t("album.placed", { name: album.name }));
  };
  return (
    <a href={href("album", album.id)} className={over ? "over" : undefined} aria-current={current ? "page" : undefined}
      onKeyDown={(event) => { if (onFold && (event.key === "ArrowLeft" || event.key === "ArrowRight")) onFold(event.key === "ArrowLeft"); }}
      onDragStart={(event) => { event.dataTransfer.setData(ALBUM, album.id); event.dataTransfer.effectAllowed = "copyMove"; }}
      onDragOver={(event) => { if (may.write && [PICTURES, ALBUM].some((kind) => event.dataTransfer.types.includes(kind))) { event.preventDefault(); setOver(true); } }}
      onDragLeave={() => setOver(false)} onDrop={drop}>
      <Cover album={album} /><span dir="auto">{album.name}</span><small aria-label={n("pictures.total", album.assets)}>{number(album.assets)}</small>
    </a>
  );
}

export function AlbumShelf() {
  const { t } = useText();
  const { view, id } = useRoute();
  const { workspace } = useSession();
  const albums = useAlbums().data ?? [];
  const { folded, fold } = useFolded(workspace);
  if (!albums.length) return null;
  const open = view === "album" && id ? lineOf(albums, id).map((each) => each.id) : [];
  // What is open is seen, whatever was folded up.
  const shut = new Set([...folded].filter((each) => !open.slice(0, -1).includes(each)));
  return <Branch albums={albums} parent={null} open={open} folded={shut} onFold={fold} label={t("nav.albums")} />;
}
