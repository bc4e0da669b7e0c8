/** Pictures that look the same, two by two: a person says whether they are. */
import { Button } from "react-aria-components";
import type { Alike as Pair, Asset } from "../api/types";
import { Empty, Stars } from "../parts/basics";
import { Icon } from "../parts/Icon";
import { useAlike } from "../state/data";
import { href } from "../state/route";
import { useSession } from "../state/session";
import { useText } from "../text/text";

function Side({ asset, what }: { asset: Asset; what: string }) {
  const { bytes, number, moment } = useText();
  const { library } = useSession();
  return (
    <a className="alike-side" href={href("picture", asset.id)}>
      {asset.thumbnail ? <img src={library.blob(asset.thumbnail)} alt="" /> : <span className="blank" />}
      <b><bdi>{asset.name}</bdi></b>
      <small>{what} · {moment(asset.created_at)}</small>
      <small>{number(asset.width)} × {number(asset.height)} · {asset.media_type.replace("image/", "").toUpperCase()} · {bytes(asset.bytes)}</small>
      {(asset.rating > 0 || asset.tags.length > 0) && (
        <small className="alike-marks">{asset.rating > 0 && <Stars rating={asset.rating} size={14} />}<span dir="auto">{asset.tags.join(" · ")}</span></small>
      )}
    </a>
  );
}

function Question({ pair }: { pair: Pair }) {
  const { t } = useText();
  const { library, act } = useSession();
  const say = (answer: "same" | "other") => act(() => library.tellAlike(answer, pair), t(answer === "same" ? "alike.joined" : "alike.apart", { name: pair.newer.name }));
  return (
    <li className="alike-pair" aria-label={t("alike.pair", { newer: pair.newer.name, older: pair.older.name })}>
      <div className="alike-sides"><Side asset={pair.older} what={t("alike.older")} /><Side asset={pair.newer} what={t("alike.newer")} /></div>
      <div className="row actions">
        <Button className="button primary" onPress={() => void say("same")}><Icon name="versions" />{t("alike.same")}</Button>
        <Button className="button" onPress={() => void say("other")}>{t("alike.other")}</Button>
      </div>
    </li>
  );
}

export function Alike() {
  const { t, n } = useText();
  const { explain } = useSession();
  const found = useAlike();
  if (found.error) return <div className="alone" role="alert"><h1>{explain(found.error)}</h1></div>;
  const pairs = found.data?.pairs ?? [];
  return (
    <section className="page">
      <header className="bar"><h1>{t("alike.title")}</h1>{found.data && found.data.total > 0 && <span className="quiet">{n("alike.total", found.data.total)}</span>}</header>
      {found.data && pairs.length === 0 && <Empty icon="versions" title={t("alike.none")}><p>{t("alike.how")}</p></Empty>}
      {pairs.length > 0 && <p className="alike-what">{t("alike.what")}</p>}
      <ul className="alike-list">{pairs.map((each) => <Question key={`${each.newer.id} ${each.older.id}`} pair={each} />)}</ul>
    </section>
  );
}
