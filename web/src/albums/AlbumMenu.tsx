/** An album to put pictures into: looked for by its name, or made under the name that was written. */
import { useState } from "react";
import { Autocomplete, Input, Menu, MenuItem, MenuTrigger, Popover, SearchField } from "react-aria-components";
import { Icon } from "../parts/Icon";
import { useAlbums } from "../state/data";
import { useSession } from "../state/session";
import { useText } from "../text/text";
import { Cover } from "./Cover";
import { albumsLike, pathOf, within } from "./tree";

interface AlbumMenuProps {
  open: boolean; onOpen: (open: boolean) => void; pictures: readonly string[];
  /** Albums that need not be offered. */
  besides?: readonly string[];
  /** The button that it opens from. */
  children: React.ReactNode;
}

/** Puts pictures into an album, and says so with the way back. */
export function useAdd() {
  const { n } = useText();
  const { library, act } = useSession();
  return (album: { id: string; name: string }, pictures: readonly string[]) =>
    act(() => library.addToAlbum(album.id, [...pictures]), ({ changed }) => n("album.added", changed, { name: album.name }));
}

export function AlbumMenu({ open, onOpen, pictures, besides = [], children }: AlbumMenuProps) {
  const { t } = useText();
  const { library, act } = useSession();
  const albums = useAlbums().data ?? [];
  const add = useAdd();
  const [part, setPart] = useState("");
  const name = part.trim();
  const shown = albumsLike(albums, name).filter((each) => !besides.includes(each.id));
  const free = name !== "" && !within(albums, null).some((each) => each.name === name);
  const create = async () => {
    let made: { id: string; name: string } | null = null;
    await act(async () => (made = await library.newAlbum(name, null)));
    if (made) await add(made, pictures);
  };
  const choose = (key: string) => {
    const album = albums.find((each) => each.id === key);
    if (key === "new") void create();
    else if (album) void add(album, pictures);
  };
  return (
    <MenuTrigger isOpen={open} onOpenChange={(is) => { setPart(""); onOpen(is); }}>
      {children}
      <Popover className="popover finding" maxHeight={380} aria-label={t("album.add")}>
        <Autocomplete inputValue={part} onInputChange={setPart}>
          <SearchField className="mini-search" aria-label={t("album.find.new")} autoFocus><Input placeholder={t("album.find.new")} dir="auto" /></SearchField>
          <Menu className="list" aria-label={t("nav.albums")} onAction={(key) => choose(String(key))}
            renderEmptyState={() => <p className="quiet pad">{t(albums.length ? "album.nothing" : "albums.none")}</p>}>
            {shown.map((each) => <MenuItem key={each.id} id={each.id} textValue={pathOf(albums, each.id)}><Cover album={each} /><bdi>{pathOf(albums, each.id)}</bdi></MenuItem>)}
            {free && <MenuItem id="new" textValue={t("project.create.named", { name })}><Icon name="add" size={12} /><bdi>{t("project.create.named", { name })}</bdi></MenuItem>}
          </Menu>
        </Autocomplete>
      </Popover>
    </MenuTrigger>
  );
}
