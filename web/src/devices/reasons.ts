/** Why two devices differ, in words. Pure. */
import type { Difference } from "../api/exchange";
import type { Text } from "../text/text";

/** What is so, and what to do: another thing where the other side has not got it either. */
export function wordsOf(found: Difference, peer: string, { t, code, number, moment }: Pick<Text, "t" | "code" | "number" | "moment">): { why: string; what: string } {
  const here = t("differ.here"), there = t("differ.there", { peer });
  const [place, other] = found.side === "there" ? [there, here] : [here, there];
  const since = found.since === null ? t("differ.unknown") : moment(found.since);
  const params = { device: found.device, whom: found.whom, number: number(found.number), since, place, other, peer };
  const usual = code("peer.do", found.code, "", params);
  return {
    why: code("peer.why", found.code, t("differ.unworded", { code: found.code }), params),
    what: found.has === false ? code("peer.do", `${found.code}.gone`, usual, params) : usual,
  };
}

/** The view of this page in which something can be done about it. */
export function placeOf({ code, side }: Pick<Difference, "code" | "side">): "people" | "settings" | null {
  if (code === "quarantine" && side === "here") return "people";
  return code === "documents.damaged" ? "settings" : null;
}
