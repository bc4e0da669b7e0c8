/** Where an album stands: at the top, or in which other one. */
import { Menu, MenuItem } from "react-aria-components";
import type { Album } from "../api/types";
import { Sheet } from "../parts/basics";
import { Icon } from "../parts/Icon";
import { useSession } from "../state/session";
import { useText } from "../text/text";
import { Cover } from "./Cover";
import { homesOf, pathOf } from "./tree";

interface PlaceProps { albums: readonly Album[]; album: Album; open: boolean; onClose: () => void }

export function Place({ albums, album, open, onClose }: PlaceProps) {
  const { t } = useText();
  const { library, act } = useSession();
  const homes = homesOf(albums, album.id);
  const put = (parent: string | null) => {
    const name = albums.find((each) => each.id === parent)?.name;
    onClose();
    void act(() => library.editAlbum(album.id, { parent }), name === undefined ? t("album.placed.top", { name: album.name }) : t("album.placed", { name }));
  };
  return (
    <Sheet title={t("album.place.change")} open={open} onClose={onClose}>
      {homes.length === 0 && album.parent === null ? <p>{t("album.place.none")}</p> : (
        <Menu className="list places-of" aria-label={t("album.place.change")} autoFocus="first" onAction={(key) => put(key === "top" ? null : String(key))}>
          {album.parent !== null && <MenuItem id="top" textValue={t("album.top")}><Icon name="top" size={16} />{t("album.top")}</MenuItem>}
          {homes.map((each) => <MenuItem key={each.id} id={each.id} textValue={pathOf(albums, each.id)}><Cover album={each} /><bdi>{pathOf(albums, each.id)}</bdi></MenuItem>)}
        </Menu>
      )}
    </Sheet>
  );
}
