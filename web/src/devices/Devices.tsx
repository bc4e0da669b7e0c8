/** The devices of the workspace: this one, the others, what comes from them, and how they are reached. */
import { useState } from "react";
import { Button } from "react-aria-components";
import type { Device, Peers } from "../api/sharing";
import { Editable } from "../parts/Editable";
import { Icon } from "../parts/Icon";
import { useMay } from "../state/may";
import { useSession } from "../state/session";
import { useText } from "../text/text";
import { Coming } from "../views/Coming";
import { Asking } from "./Asking";
import { Incoming } from "./Coming";
import { useDevices, usePeers, useSharing, useShownCode } from "./data";
import { Join, Joined } from "./Join";
import { LetIn } from "./LetIn";
import { LimitsNow } from "./Limits";
import { Alone, Reach } from "./Reach";
import { Revoke } from "./Revoke";
import { Row } from "./Row";

function Own({ device, peers, devices }: { device: Device; peers: Peers; devices: readonly Device[] }) {
  const { t } = useText();
  const { act } = useSession();
  const { rename } = useSharing();
  return (
    <section className="own-device" aria-label={t("peer.own")}>
      <span className="device-mark"><Icon name="here" size={30} /></span>
      <div className="grow">
        <small>{t("peer.own")}</small>
        <Editable label={t("devices.name")} value={device.name} onSave={(name) => act(async () => { if (name.trim()) await rename(device.id, name.trim()); return null; })} />
        <p className="quiet">{device.person} · {t(`role.${device.role}`)}</p>
        {peers.addresses.length > 0 && <p className="quiet">{t("devices.reached")} <span className="addresses">{peers.addresses.map((each) => <code key={each}>{each}</code>)}</span></p>}
        <Incoming />
        <LimitsNow peers={peers} devices={devices} />
      </div>
    </section>
  );
}

interface GroupProps { title: string; devices: readonly Device[]; onRevoke: (device: Device) => void }

function Group({ title, devices, onRevoke }: GroupProps) {
  return devices.length > 0 ? <section><h2>{title}</h2><ul className="devices">{devices.map((each) => <Row key={each.id} device={each} onRevoke={onRevoke} />)}</ul></section> : null;
}

export function Devices() {
  const { t, n } = useText();
  const devices = useDevices(), peers = usePeers();
  const may = useMay();
  const shown = useShownCode().data;
  const [letting, setLetting] = useState(false);
  const [revoking, setRevoking] = useState<Device | null>(null); // here, for its row goes elsewhere then
  const [joining, setJoining] = useState(false);
  if (shown?.state === "open" && !letting && may.role !== "none") setLetting(true);
  const all = devices.data ?? [], own = all.find((each) => each.own);
  const gone = all.filter((each) => !each.own && (each.revoked || each.role === "none"));
  const others = all.filter((each) => !each.own && !gone.includes(each));
  return (
    <section className="page settings sharing">
      <header className="bar"><h1>{t("nav.devices")}</h1><span className="spring" />
        <Button className="button" onPress={() => setJoining(true)}>{t("join")}</Button>
        {may.role !== "none" && <Button className="button primary" onPress={() => setLetting(true)}><Icon name="add" />{t("letin")}</Button>}</header>
      <Coming of={[devices, peers]} shape="rows" count={3} />
      {peers.data && devices.data && <>
        <Alone peers={peers.data} devices={all} />
        <div className="sections">
          <div>
            {own && <Own device={own} peers={peers.data} devices={all} />}
            <Group title={t("devices.mine")} devices={others.filter((each) => each.mine)} onRevoke={setRevoking} />
            <Group title={t("devices.others")} devices={others.filter((each) => !each.mine)} onRevoke={setRevoking} />
            {others.length === 0 && <section className="alone-here"><h2>{t("devices.none")}</h2><p className="quiet">{t("devices.none.how")}</p></section>}
          </div>
          <div>
            {others.length > 0 && <Asking />}
            <Reach peers={peers.data} />
            {gone.length > 0 && <section><details><summary>{n("devices.gone", gone.length)}</summary><ul className="devices">{gone.map((each) => <Row key={each.id} device={each} onRevoke={setRevoking} />)}</ul></details></section>}
          </div>
        </div>
      </>}
      {letting && <LetIn start={{ other: false }} onClose={() => setLetting(false)} />}
      {revoking && <Revoke device={revoking} onClose={() => setRevoking(null)} />}
      {joining && <Join onClose={() => setJoining(false)} />}
      <Joined />
    </section>
  );
}
