/** What is still coming from other devices: in the frame in few words, in the view of devices with how fast. */
import { Progress } from "../parts/basics";
import { Icon } from "../parts/Icon";
import { href } from "../state/route";
import { useStatus } from "../state/session";
import { useText } from "../text/text";
import { isShort, useIncoming, useRate } from "./data";

/** Nothing where nobody is connected. */
export function SyncBadge() {
  const { n, t, number } = useText();
  const connected = useStatus().peers.filter((each) => each.connected).length;
  const incoming = useIncoming();
  if (!connected) return null;
  const short = incoming && isShort(incoming);
  return (
    <a className="badge-card sync-card" href={href("devices")} data-sync><Icon name={short ? "import" : "here"} size={15} />
      <span><span>{n("devices.connected", connected)}</span>
        {incoming && short && <small className="nums">{incoming.originals < incoming.of ? t("devices.originals", { here: number(incoming.originals), of: number(incoming.of) }) : t("devices.small")}</small>}</span></a>
  );
}

export function Incoming() {
  const { t, bytes } = useText();
  const incoming = useIncoming();
  const rate = useRate();
  if (!incoming) return null;
  const speed = rate !== null && rate > 1 ? t("devices.rate", { bytes: bytes(Math.round(rate)) }) : "";
  if (!isShort(incoming)) return <p className="quiet all-here"><Icon name="check" size={15} />{t("devices.all_here")}</p>;
  return (
    <div className="incoming" data-incoming><Progress label={t("devices.originals.coming")} done={incoming.originals} total={incoming.of} />
      <small>{[incoming.bytes > 0 ? t("devices.bytes", { bytes: bytes(incoming.bytes) }) : "", incoming.small > 0 ? t("devices.small") : "", speed].filter(Boolean).join(" · ")}</small></div>
  );
}
