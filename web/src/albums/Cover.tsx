/** What an album looks like in a line of text: its cover, or a sign, with its colour. */
import type { Album } from "../api/types";
import { Dot } from "../parts/basics";
import { Icon } from "../parts/Icon";
import { useSession } from "../state/session";

export function Cover({ album }: { album: Album }) {
  const { library } = useSession();
  return (
    <span className="album-mark">{album.cover ? <img src={library.blob(album.cover)} alt="" decoding="async" draggable={false} /> : <Icon name="album" size={16} />}{album.color && <Dot color={album.color} />}</span>
  );
}
