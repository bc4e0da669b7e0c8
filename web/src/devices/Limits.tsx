/** What may go to other devices now, and why originals wait here or there; nothing where all goes as always. */
import type { Device, Peers } from "../api/sharing";
import { Icon } from "../parts/Icon";
import { useText } from "../text/text";
import { limitsSaid, type Said } from "./words";

/** The time where it is today, else with its date. */
function useUntil() {
  const { time, moment } = useText();
  return (until: number | null) => (until === null ? "" : new Date(until).toDateString() === new Date().toDateString() ? time(until) : moment(until));
}

/** A sentence about what waits. */
export function useSaid() {
  const { t, bytes } = useText();
  const until = useUntil();
  return (each: Said) => t(`limit.${each.key}`, { rate: bytes(each.rate), until: until(each.until), name: each.name });
}

/** Devices have the names that people gave them here. */
export function LimitsNow({ peers, devices }: { peers: Peers; devices: readonly Device[] }) {
  const text = useSaid();
  const named = peers.connected.map((each) => ({ ...each, name: devices.find(({ id }) => id === each.device)?.name ?? each.name }));
  const said = limitsSaid(peers.limits, named);
  return <div role="status">{said.length > 0 && <ul className="limits">{said.map((each) => <li key={`${each.key} ${each.name}`} className="quiet" data-limit={each.key}><Icon name="pause" size={15} />{text(each)}</li>)}</ul>}</div>;
}
