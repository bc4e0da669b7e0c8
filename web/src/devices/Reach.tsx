/** How this device stands in its networks: paused, offline, found by nobody, and addresses that a person added. */
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Button, Input, Label, Switch, TextField } from "react-aria-components";
import { post } from "../api/client";
import { peers as calls, type Device, type Peers } from "../api/sharing";
import { Icon } from "../parts/Icon";
import { useSession } from "../state/session";
import { useText } from "../text/text";

/** Why nobody is connected, as far as this device can tell; null where somebody is, or nobody could be. */
export function whyAlone(peers: Peers, devices: readonly Device[]): "offline" | "paused" | "metered" | "problem" | "no_network" | "off" | "looking" | null {
  const others = devices.some((each) => !each.own && each.role !== "none");
  if (peers.offline) return "offline";
  if (peers.paused) return "paused";
  if (!others || devices.some((each) => each.connected)) return null;
  if (peers.limits.metered === "yes" && peers.limits.when_metered === "nothing") return "metered";
  if (peers.problem) return "problem";
  return peers.looking === "no network" ? "no_network" : peers.looking === "looking" ? "looking" : "off";
}

export function Alone({ peers, devices }: { peers: Peers; devices: readonly Device[] }) {
  const { t } = useText();
  const why = whyAlone(peers, devices);
  return <div role="status">{why && why !== "offline" && <p className="banner" data-alone={why}><Icon name={why === "paused" ? "pause" : why === "looking" ? "search" : "offline"} /><span>{t(`peer.alone.${why}`, { problem: peers.problem })}</span></p>}</div>;
}

export function Reach({ peers }: { peers: Peers }) {
  const { t } = useText();
  const { act } = useSession();
  const queries = useQueryClient();
  const [address, setAddress] = useState("");
  const set = (doing: () => Promise<Peers>) => act(async () => { queries.setQueryData(["peers"], await doing()); return null; });
  const offline = (on: boolean) => void act(async () => { await post("/offline", { on }); await queries.invalidateQueries(); return null; });
  const added = peers.ways.filter((each) => each.added);
  return (
    <section><h2>{t("reach")}</h2>
      <div className="switches">
        <Switch className="switch" isSelected={!peers.paused} isDisabled={peers.offline} onChange={(on) => void set(() => calls.pause(!on))}><span className="knob" />{t("reach.exchange")}</Switch>
        <Switch className="switch" isSelected={peers.offline} onChange={offline}><span className="knob" />{t("settings.offline")}</Switch>
      </div>
      <h3>{t("reach.added")}</h3>
      <p className="quiet">{t("reach.added.how")}</p>
      {added.length > 0 && <ul className="copies">{added.map((each) => (
        <li key={each.address} className="row"><span className="grow"><code>{each.address}</code><small className={each.problem ? "bad-text" : ""}>{t(each.problem ? `peer.${each.problem}` : each.device ? "peer.reached" : "peer.trying")}</small></span>
          <Button className="link" aria-label={t("named", { what: t("reach.remove"), name: each.address })} onPress={() => void set(() => calls.remove(each.address))}>{t("reach.remove")}</Button></li>))}</ul>}
      <form className="row watch" onSubmit={(event) => { event.preventDefault(); if (address.trim()) void set(() => calls.add(address.trim())).then((done) => { if (done) setAddress(""); }); }}>
        <TextField className="field grow" value={address} onChange={setAddress}><Label className="unseen">{t("reach.address")}</Label><Input placeholder="192.168.1.20:8464" autoComplete="off" /></TextField>
        <Button className="button" type="submit" isDisabled={!address.trim()}>{t("reach.add")}</Button>
      </form>
    </section>
  );
}
