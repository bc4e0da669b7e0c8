/** One device: whose it is, whether it is there, what is still on its way, and what can be done about it. */
import { useState } from "react";
import { Button } from "react-aria-components";
import type { Device } from "../api/sharing";
import { Ask } from "../parts/basics";
import { Icon } from "../parts/Icon";
import { useMay } from "../state/may";
import { useSession } from "../state/session";
import { useText } from "../text/text";
import { usePeers, useSharing } from "./data";
import { isTurnedAway, standingOf } from "./words";

function useStanding(device: Device): string {
  const { t, n, list, moment } = useText();
  const standing = standingOf(device);
  const ways = usePeers().data?.ways ?? [];
  if (standing === "seen") return [t("peer.seen", { when: moment(device.last_seen ?? 0) }), isTurnedAway(device.id, ways) ? t("peer.turned_away") : ""].filter(Boolean).join(" · ");
  if (standing !== "syncing") return t(`peer.${standing}`);
  const parts = [device.behind > 0 ? n("devices.behind", device.behind) : "", device.coming > 0 ? n("devices.coming", device.coming) : "", device.asked > 0 ? n("devices.asked", device.asked) : ""];
  return t("peer.syncing", { what: list(parts.filter(Boolean)) });
}

export function Row({ device, onRevoke }: { device: Device; onRevoke: (device: Device) => void }) {
  const { t, date } = useText();
  const { act } = useSession();
  const { rename } = useSharing();
  const may = useMay();
  const [naming, setNaming] = useState(false);
  const standing = standingOf(device), told = useStanding(device), { name } = device;
  const since = [device.since ? t("devices.since", { date: date(device.since) }) : "", device.added_by_name ? t("devices.by", { name: device.added_by_name }) : ""];
  return (
    <li className="device" data-device={device.id} data-standing={standing}>
      <span className="device-mark"><Icon name={standing === "revoked" || standing === "removed" ? "out" : "here"} size={22} /><span className="presence-dot" /></span>
      <div className="grow">
        <b dir="auto">{name}</b>
        <span className="device-stands">{told}</span>
        <small>{[device.mine ? t("devices.yours") : `${device.person} · ${t(`role.${device.role}`)}`, device.connected ? device.address : "", ...since].filter(Boolean).join(" · ")}</small>
      </div>
      <div className="device-ways">
        {!device.revoked && (may.admin || (device.mine && may.write)) && <Button className="link" aria-label={t("named", { what: t("devices.rename"), name })} onPress={() => setNaming(true)}>{t("devices.rename")}</Button>}
        {!device.revoked && may.admin && <Button className="link" aria-label={t("named", { what: t("devices.revoke"), name })} onPress={() => onRevoke(device)}>{t("devices.revoke")}</Button>}
      </div>
      <Ask key={name} title={t("devices.rename")} label={t("project.name")} action={t("save")} start={name} open={naming} onClose={() => setNaming(false)}
        onDone={(to) => void act(async () => { await rename(device.id, to); return null; }, t("devices.renamed", { name: to }))} />
    </li>
  );
}
