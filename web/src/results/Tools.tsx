/** What can be done with a picture where it was made, over it while it is pointed at or holds the focus. */
import { Button } from "react-aria-components";
import { AlbumMenu } from "../albums/AlbumMenu";
import type { Asset } from "../api/types";
import { IconButton, Stars } from "../parts/basics";
import { useBinning } from "../parts/BulkBar";
import { Icon } from "../parts/Icon";
import { useMay, Writers } from "../state/may";
import { useSession } from "../state/session";
import { useText } from "../text/text";

interface ToolsProps { asset: Asset; name: string; album: boolean; onAlbum: (open: boolean) => void; onReuse: (what: "all" | "seed") => void }

export function Tools({ asset, name, album, onAlbum, onReuse }: ToolsProps) {
  const { t } = useText();
  const { library, act } = useSession();
  const binning = useBinning();
  const may = useMay();
  return (
    <div className="made-tools" role="toolbar" aria-label={t("create.tools", { name })}>
      {asset.binned_at === null ? (
        <>
          <Writers><Stars rating={asset.rating} size={14} onRate={(rating) => void act(() => library.editOne(asset.id, { rating }))} /></Writers>
          <span className="row">
            <Writers><AlbumMenu open={album} onOpen={onAlbum} pictures={[asset.id]}>
              <Button className="icon-button" aria-label={t("album.add")}><Icon name="album" size={16} /></Button>
            </AlbumMenu></Writers>
            <IconButton icon="reuse" label={t("create.reuse")} onPress={() => onReuse("all")} />
            {asset.seed && <IconButton icon="dice" label={t("create.seed.take")} onPress={() => onReuse("seed")} />}
            <a className="icon-button" href={library.download(asset.sha256, asset.name)} download={asset.name} aria-label={t("download")} title={t("download")}><Icon name="import" /></a>
            {may.write && <IconButton icon="bin" label={t("bulk.bin")} onPress={() => void binning([asset.id], false)} />}
          </span>
        </>
      ) : may.write && <Button className="button" onPress={() => void binning([asset.id], true)}>{t("bin.restore")}</Button>}
    </div>
  );
}
