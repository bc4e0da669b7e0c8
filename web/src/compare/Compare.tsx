/** Two pictures beside each other: looked at closely at the same place, what differs told, one kept and the other binned. */
import { useEffect, useRef, useState } from "react";
import type { AssetChange, AssetDetail } from "../api/types";
import { Empty, IconButton } from "../parts/basics";
import { useBinning } from "../parts/BulkBar";
import { Icon } from "../parts/Icon";
import { useAsset } from "../state/data";
import { CHANGES, commandOf } from "../state/keys";
import { useMay } from "../state/may";
import { unkeep } from "../state/places";
import { go, useRoute } from "../state/route";
import { useSession } from "../state/session";
import { useText } from "../text/text";
import { Differences } from "./Differences";
import { addressOf, comparisonOf, next, put, swapped, unseen, type At, type Comparison } from "./place";
import { useRows } from "./rows";
import { Side } from "./Side";
import { Stage, type Seen } from "./Stage";

const LETTERS = ["A", "B"] as const;
const SIDES: readonly At[] = [0, 1];
const otherOf = (at: At): At => (at === 0 ? 1 : 0);
const backOf = (to: Comparison) => `#/${to.from}`;

/** Both; while another one comes, the one before it stays in sight, and what is done is done to what is in sight. */
function useBoth({ pair }: Comparison) {
  const found = [useAsset(pair[0]), useAsset(pair[1])] as const;
  const last = useRef<[AssetDetail?, AssetDetail?]>([]);
  last.current = [found[0].data ?? last.current[0], found[1].data ?? last.current[1]];
  const [left, right] = last.current;
  return { both: left && right ? ([left, right] as const) : null, error: found[0].error ?? found[1].error };
}

function useDeeds(to: Comparison, both: readonly [AssetDetail, AssetDetail]) {
  const { library, act } = useSession();
  const binning = useBinning();
  const may = useMay();
  const move = (comparison: Comparison) => go(addressOf(comparison), true);
  const change = (at: At, with_: AssetChange) => (may.write && both[at].asset.binned_at === null ? act(() => library.editOne(both[at].asset.id, with_)) : Promise.resolve(false));
  const step = (at: At, by: 1 | -1) => {
    const id = next(to, at, by);
    if (id) move(put(to, at, id));
  };
  const bin = async (at: At) => {
    const { id, binned_at } = both[at].asset, is = binned_at !== null;
    if (!may.write) return;
    const done = await binning([id], is);
    if (!done || is) return;
    unkeep(id);
    // On to the next one that was chosen, as long as there is one.
    const another = unseen(to);
    if (another) move(put(to, at, another));
  };
  /** Pick this one, bin the other. */
  const keep = async (at: At) => {
    if ((both[at].asset.flag === "pick" || (await change(at, { flag: "pick" }))) && both[otherOf(at)].asset.binned_at === null) await bin(otherOf(at));
  };
  return { move, change, step, bin, keep };
}

function Both({ to, both }: { to: Comparison; both: readonly [AssetDetail, AssetDetail] }) {
  const { t, number } = useText();
  const { library } = useSession();
  const [active, setActive] = useState<At>(0);
  const rows = useRows(both[0], both[1]);
  const { move, change, step, bin, keep } = useDeeds(to, both);
  const several = to.among.length > 2;
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.defaultPrevented || document.querySelector("[role=dialog]")) return;
      const command = commandOf(event), with_ = command ? CHANGES[command] : undefined;
      const target = event.target instanceof HTMLElement ? event.target : document.body;
      const arrows = !event.shiftKey && target.closest("input, textarea, [role=slider], [role=radiogroup]") === null;
      if (arrows && (event.key === "ArrowLeft" || event.key === "ArrowRight")) setActive(event.key === "ArrowLeft" ? 0 : 1);
      else if (with_) void change(active, with_);
      else if (command === "bin") void bin(active);
      else if (command === "keep") void keep(active);
      else if (command === "swap") move(swapped(to));
      else if (command === "before" || command === "after") step(active, command === "after" ? 1 : -1);
      else if (command === "clear") go(backOf(to));
      else return;
      event.preventDefault();
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  });
  const seenAt = (at: At): Seen => {
    const { asset } = both[at];
    return { src: library.picture(asset), alt: asset.prompt || asset.name, name: `${LETTERS[at]} · ${asset.name}`, width: asset.width, height: asset.height };
  };
  const seen = [seenAt(0), seenAt(1)] as const;
  return (
    <section className="compare-page">
      <header className="bar">
        <a className="icon-button" href={backOf(to)} aria-label={t("back")}><Icon name="back" /></a>
        <h1 tabIndex={-1}>{t("compare.pictures")}</h1>
        {several && <span className="quiet nums">{t("compare.of", { a: number(to.among.indexOf(to.pair[0]) + 1), b: number(to.among.indexOf(to.pair[1]) + 1), total: number(to.among.length) })}</span>}
        <span className="spring" />
        <IconButton icon="swap" label={t("keys.swap")} onPress={() => move(swapped(to))} />
      </header>
      <Stage sides={seen} mode={to.mode ?? "side"} onMode={(mode) => move({ ...to, mode })} active={active} onActive={setActive} />
      <div className="compare-cards">
        {SIDES.map((at) => <Side key={at} detail={both[at]} letter={LETTERS[at]} active={at === active} onActive={() => setActive(at)} onChange={(with_) => change(at, with_)}
          onBin={() => void bin(at)} onKeep={() => void keep(at)} onStep={several ? (by) => step(at, by) : null} />)}
      </div>
      {rows.length ? <Differences heads={[seen[0].name, seen[1].name]} rows={rows} /> : <p className="quiet pad">{t("compare.same")}</p>}
    </section>
  );
}

function Found({ to }: { to: Comparison }) {
  const { t } = useText();
  const { explain } = useSession();
  const { both, error } = useBoth(to);
  if (error) return <div className="alone" role="alert"><h1>{explain(error)}</h1><a className="button" href={backOf(to)}>{t("back")}</a></div>;
  return both ? <Both to={to} both={both} /> : <div className="loading" aria-busy="true" />;
}

export function Compare() {
  const { t } = useText();
  const to = comparisonOf(useRoute().params);
  useEffect(() => { document.title = `${t("compare.pictures")} – Gesso`; }, [t]);
  return to ? <Found to={to} /> : <Empty icon="compare" title={t("compare.pictures")}><p>{t("compare.choose")}</p><a className="button" href="#/pictures">{t("nav.pictures")}</a></Empty>;
}
