/** A device is lost or given away: what revoking it means, which originals are only there, and what came of it. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Button } from "react-aria-components";
import type { Device, OnlyThere } from "../api/sharing";
import { Sheet } from "../parts/basics";
import { Icon } from "../parts/Icon";
import { href } from "../state/route";
import { useSession } from "../state/session";
import { useText } from "../text/text";
import { useSharing } from "./data";

/** `of`: the person whose devices they are, where more than one device goes. */
export function Only({ found, after, of }: { found: OnlyThere; after: boolean; of?: string }) {
  const { n, t, bytes } = useText();
  if (!found.originals) return <p>{t(after ? "revoke.none_lost" : "revoke.nothing_only")}</p>;
  return (
    <div className="warned" role="status"><Icon name="only" /><div>
      <p><b>{of !== undefined ? n("people.only", found.originals, { bytes: bytes(found.bytes), name: of }) : n(after ? "revoke.lost" : "revoke.only", found.originals, { bytes: bytes(found.bytes) })}</b></p>
      <ul>{found.pictures.map((each) => <li key={each} dir="auto">{each}</li>)}{found.originals > found.pictures.length && <li>…</li>}</ul>
      {!after && <p>{t("revoke.only.how")}</p>}
    </div></div>
  );
}

export function Revoke({ device, onClose }: { device: Device; onClose: () => void }) {
  const { t } = useText();
  const { workspace, act } = useSession();
  const { onlyThere, revoke } = useSharing();
  const queries = useQueryClient();
  const only = useQuery({ queryKey: [workspace, "only", device.id], queryFn: () => onlyThere(device.id), gcTime: 0 });
  const [lost, setLost] = useState<OnlyThere | null>(null);
  const [busy, setBusy] = useState(false);
  const { name } = device;
  const go = async () => {
    setBusy(true);
    await act(async () => {
      const done = await revoke(device.id);
      setLost(done.only_there);
      await queries.invalidateQueries({ queryKey: [workspace, "devices"] });
      return null;
    });
    setBusy(false);
  };
  if (lost) {
    return (
      <Sheet title={t("revoke.done", { name })} open onClose={onClose}>
        <p>{t("revoke.done.how")}</p>
        <Only found={lost} after />
        <div className="row end">{lost.originals > 0 && <a className="button" href={href("pictures", null, { q: "state:missing" })} onClick={onClose}>{t("revoke.show")}</a>}
          <Button className="button primary" autoFocus onPress={onClose}>{t("close")}</Button></div>
      </Sheet>
    );
  }
  return (
    <Sheet title={t("revoke.ask", { name })} open onClose={onClose}>
      <ul className="points"><li>{t("revoke.gets")}</li><li>{t("revoke.key")}</li><li>{t("revoke.keeps")}</li><li>{t("revoke.ever")}</li></ul>
      {only.data ? <Only found={only.data} after={false} /> : <p className="quiet">{t("loading")}</p>}
      <div className="row end"><Button className="button" autoFocus onPress={onClose}>{t("cancel")}</Button>
        <Button className="button danger" isDisabled={busy} onPress={() => void go()}>{t("revoke.do")}</Button></div>
    </Sheet>
  );
}
