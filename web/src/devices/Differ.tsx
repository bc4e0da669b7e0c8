/** Why this device and each other one differ, by what that said of itself last: what is so, where, and what to do. */
import type { Compared, Difference } from "../api/exchange";
import { Icon } from "../parts/Icon";
import { href } from "../state/route";
import { useText } from "../text/text";
import { placeOf, wordsOf } from "./reasons";

function Reason({ found, peer }: { found: Difference; peer: string }) {
  const text = useText();
  const { why, what } = wordsOf(found, peer, text);
  const place = placeOf(found);
  return <li data-difference={found.code}><span>{why}</span><small>{what}{place && <> <a className="link" href={href(place)}>{text.t(`nav.${place}`)}</a></>}</small></li>;
}

function Other({ compared }: { compared: Compared }) {
  const { t, moment } = useText();
  const { differences, described, name, heard } = compared;
  const standing = differences.length ? "differs" : described ? "same" : "silent";
  return (
    <li data-compared={standing}>
      <p className="all-here"><Icon name={standing === "same" ? "check" : standing === "differs" ? "conflict" : "clock"} size={15} /><b dir="auto">{t(`peer.compared.${standing}`, { name })}</b></p>
      <p className="quiet">{t("differ.heard", { when: moment(heard) })}</p>
      {differences.length > 0 && <ul className="reasons">{differences.map((each, at) => <Reason key={at} found={each} peer={name} />)}</ul>}
    </li>
  );
}

export function Differ({ peers }: { peers: readonly Compared[] }) {
  const { t } = useText();
  if (!peers.length) return <p>{t("differ.nobody")}</p>;
  return <ul className="compared">{peers.map((each) => <Other key={each.device} compared={each} />)}</ul>;
}
