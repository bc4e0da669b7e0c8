/** Pictures that look the same, two by two: a person says whether they are. */
import { useEffect, useRef } from "react";
import { Button } from "react-aria-components";
import type { Alike as Pair, Asset, Differing } from "../api/types";
import { Empty, Stars } from "../parts/basics";
import { Icon } from "../parts/Icon";
import { failureOf, useAlike } from "../state/data";
import { Writers } from "../state/may";
import { href } from "../state/route";
import { useSession } from "../state/session";
import { useText } from "../text/text";

function Side({ asset, what }: { asset: Asset; what: string }) {
  const { bytes, moment } = useText();
  const { library } = useSession();
  return (
    <a className="alike-side" href={href("picture", asset.id)}>
      {asset.thumbnail ? <img src={library.blob(asset.thumbnail)} alt="" /> : <span className="blank" />}
      <b><bdi>{asset.name}</bdi></b>
      <small>{what} · {moment(asset.created_at)}</small>
      <small>{asset.width} × {asset.height} · {asset.media_type.replace("image/", "").toUpperCase()} · {bytes(asset.bytes)}</small>
      {(asset.rating > 0 || asset.tags.length > 0) && (
        <small className="alike-marks">{asset.rating > 0 && <Stars rating={asset.rating} size={14} />}<span dir="auto">{asset.tags.join(" · ")}</span></small>
      )}
    </a>
  );
}

function Question({ pair, onAnswer }: { pair: Pair; onAnswer: () => void }) {
  const { t, list } = useText();
  const { library, act } = useSession();
  const name = pair.newer.name;
  const told = ({ kept, notes }: Differing) => [
    ...(kept.length ? [t("alike.kept", { fields: list(kept.map((each) => t(`field.${each}`).toLowerCase())) })] : []),
    ...(notes ? [t("alike.notes")] : []),
  ];
  const same = () => {
    onAnswer();
    return act(() => library.sayTheSame(pair), ({ differing }) => [t("alike.joined", { name }), ...differing.flatMap(told)].join(t("alike.and")));
  };
  const other = () => {
    onAnswer();
    return act(() => library.sayDifferent(pair), t("alike.apart", { name }));
  };
  return (
    <li className="alike-pair" aria-label={t("alike.pair", { newer: pair.newer.name, older: pair.older.name })}>
      <div className="alike-sides"><Side asset={pair.older} what={t("alike.older")} /><Side asset={pair.newer} what={t("alike.newer")} /></div>
      <Writers><div className="row actions">
        <Button className="button primary" onPress={() => void same()}><Icon name="versions" />{t("alike.same")}</Button>
        <Button className="button" onPress={() => void other()}>{t("alike.other")}</Button>
      </div></Writers>
    </li>
  );
}

const idOf = (pair: Pair) => `${pair.newer.id} ${pair.older.id}`;

/** Where a pair that was answered had the focus, the next one gets it; the heading when none is left. */
function useNext(pairs: Pair[] | undefined) {
  const page = useRef<HTMLElement>(null);
  const answered = useRef<{ id: string; at: number } | null>(null);
  useEffect(() => {
    const last = answered.current;
    if (!pairs || !last || pairs.some((each) => idOf(each) === last.id)) return;
    answered.current = null;
    if (document.activeElement !== document.body) return;
    const left = page.current?.querySelectorAll<HTMLElement>(".alike-pair") ?? [];
    (left[Math.min(last.at, left.length - 1)]?.querySelector("button") ?? page.current?.querySelector("h1"))?.focus();
  }, [pairs]);
  return { page, answer: (pair: Pair, at: number) => { answered.current = { id: idOf(pair), at }; } };
}

export function Alike() {
  const { t, n } = useText();
  const { explain } = useSession();
  const found = useAlike();
  const { page, answer } = useNext(found.data?.pairs);
  const failure = failureOf(found);
  if (failure) return <div className="alone" role="alert"><h1>{explain(failure)}</h1></div>;
  const pairs = found.data?.pairs ?? [];
  return (
    <section className="page" ref={page}>
      <header className="bar"><h1 tabIndex={-1}>{t("alike.title")}</h1>{found.data && found.data.total > 0 && <span className="quiet">{n("alike.total", found.data.total)}</span>}</header>
      {found.data && pairs.length === 0 && <Empty icon="versions" title={t("alike.none")}><p>{t("alike.how")}</p></Empty>}
      {pairs.length > 0 && <p className="alike-what">{t("alike.what")}</p>}
      <ul className="alike-list">{pairs.map((each, at) => <Question key={idOf(each)} pair={each} onAnswer={() => answer(each, at)} />)}</ul>
    </section>
  );
}
