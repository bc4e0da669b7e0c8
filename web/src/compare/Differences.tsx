/** What is known of two pictures and differs, as a table; of texts that share words, the words that do not stand in the other. */
import { useMemo } from "react";
import { useText } from "../text/text";
import { pieces, type Piece } from "./words";

export interface Row { name: string; label: string; left: string | null; right: string | null }

const LETTER = /[\p{L}\p{N}]/u;
/** Shorter ones are seen at a glance. */
const LONG = 24;
const shares = (all: Piece[]) => all.some((each) => !each.changed && LETTER.test(each.text));

function Words({ of, whole }: { of: Piece[]; whole: boolean }) {
  return whole ? of.map((each) => each.text).join("") : of.map((each, at) => (each.changed ? <mark key={at}>{each.text}</mark> : <span key={at}>{each.text}</span>));
}

function Line({ label, left, right }: Row) {
  const [one, other] = useMemo(() => pieces(left ?? "", right ?? ""), [left, right]);
  const whole = Math.max(left?.length ?? 0, right?.length ?? 0) < LONG || !shares(one);
  return (
    <tr><th scope="row">{label}</th>
      <td dir="auto">{left === null ? "–" : <Words of={one} whole={whole} />}</td>
      <td dir="auto">{right === null ? "–" : <Words of={other} whole={whole} />}</td></tr>
  );
}

export function Differences({ heads, rows }: { heads: readonly [string, string]; rows: readonly Row[] }) {
  const { t } = useText();
  if (!rows.length) return null;
  return (
    <div className="differences" role="region" aria-label={t("compare.facts")} tabIndex={0}>
      <table>
        <thead><tr><th scope="col">{t("compare.facts")}</th>{heads.map((each, at) => <th key={at} scope="col"><bdi title={each}>{each}</bdi></th>)}</tr></thead>
        <tbody>{rows.map((each) => <Line key={each.name} {...each} />)}</tbody>
      </table>
    </div>
  );
}
