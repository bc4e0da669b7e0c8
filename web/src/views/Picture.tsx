/** One picture with everything about it: stage, versions, and the panel beside. */
import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { Button, ToggleButton } from "react-aria-components";
import { Unreachable } from "../api/client";
import type { Listing } from "../api/library";
import type { AssetChange, AssetDetail, Version } from "../api/types";
import { Versions } from "../compare/Versions";
import { useReuse } from "../create/hooks";
import { ExportSheet } from "../export/ExportSheet";
import { AskTags, useBinning } from "../parts/BulkBar";
import { IconButton } from "../parts/basics";
import { Icon } from "../parts/Icon";
import { Panel } from "../parts/Panel";
import { Zoom } from "../parts/Zoom";
import { failureOf, useAsset } from "../state/data";
import { CHANGES, commandOf } from "../state/keys";
import { EMPTIED, listingOf, START } from "../state/listing";
import { useMay } from "../state/may";
import { keepPlace, neighbour, standing } from "../state/places";
import { go, href, useRoute } from "../state/route";
import { useSession } from "../state/session";
import { useText } from "../text/text";

/** The pictures before and after this one in the list it was opened from. */
function useNeighbours(id: string) {
  const { params } = useRoute();
  const { library, workspace } = useSession();
  const i = params.get("i") === null ? null : Number(params.get("i"));
  const list: Listing = listingOf(params, START);
  const saved = params.get("saved"), changed = params.get("changed");
  const start = Math.max(0, (i ?? 0) - 1);
  const found = useQuery({
    queryKey: [workspace, "assets", "around", list, start], enabled: i !== null, queryFn: () => library.page(list, start, 3),
  });
  const items = found.data?.items ?? [];
  const total = found.data?.total ?? null;
  const place = i === null || total === null ? null : standing(id, i, start, items.map((each) => each.id));
  const beside = (by: 1 | -1) => {
    const to = place && total !== null ? neighbour(place, by, total) : null;
    const asset = to === null ? undefined : items[to - start];
    return asset ? href("picture", asset.id, { q: list.q, sort: list.sort, at: list.at, i: String(to), saved, changed }) : null;
  };
  // A step that is wanted before the neighbours are known is taken when they are.
  const [wanted, setWanted] = useState<1 | -1 | null>(null);
  const step = (by: 1 | -1) => {
    const to = beside(by);
    if (to) go(to, true);
    else if (found.isLoading) setWanted(by);
  };
  const due = wanted === null || found.isLoading ? undefined : beside(wanted);
  useEffect(() => {
    if (due === undefined) return;
    setWanted(null);
    if (due) go(due, true);
  }, [due]);
  const at = place?.at ?? i;
  useEffect(() => { if (at !== null) keepPlace(list, at); });
  const view = params.get("from") === "create" ? "create" : saved ? "search" : list.q.startsWith("is:binned") ? "bin" : (/^(project|album):[0-9a-f]{32}\b/.exec(list.q)?.[1] ?? "pictures");
  const within = view === "project" || view === "album" ? (/:(\w+)/.exec(list.q)?.[1] ?? null) : saved;
  const q = view === "pictures" || saved ? list.q : list.q.replace(/^\S+ ?/, "");
  // A saved search that was not changed is gone back to as it is by then.
  const back = saved && !changed ? href("search", saved, { at: list.at }) : href(view, within, { q: saved ? q || EMPTIED : q, sort: list.sort === (view === "album" ? "own" : "newest") && !saved ? null : list.sort, at: list.at });
  return { step, back, place, total, first: beside(-1) === null, last: beside(1) === null, at: list.at };
}

interface StripProps { versions: Version[]; seen: Version; onSee: (id: string) => void; onRestore: ((id: string) => void) | null }

function Strip({ versions, seen, onSee, onRestore }: StripProps) {
  const { t, moment, number } = useText();
  const { library } = useSession();
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const strip = place.current, item = strip?.querySelector("[data-selected]")?.getBoundingClientRect();
    const around = strip?.getBoundingClientRect();
    if (!strip || !item || !around) return;
    if (item.right > around.right) strip.scrollLeft += item.right - around.right + 20;
    else if (item.left < around.left) strip.scrollLeft += item.left - around.left - 20;
  }, [seen.id, versions.length]);
  const origin = (each: Version) => versions.findIndex((one) => one.id === each.restored) + 1;
  // What a version was made from is only worth telling where it is not the one before it.
  const from = (each: Version, index: number) => {
    const parent = versions.findIndex((one) => one.id === each.parent) + 1;
    return parent > 0 && parent !== index && !each.restored ? parent : 0;
  };
  // So is a file's name where it is not the first's, which the picture goes by.
  const named = (each: Version) => (each.name && each.name !== versions[0]?.name ? each.name : "");
  const short = (each: Version, index: number) => [
    `${number(index + 1)}${origin(each) > 0 ? ` = ${number(origin(each))}` : ""}`,
    from(each, index) > 0 ? t("version.from.short", { number: number(from(each, index)) }) : "", each.current ? t("version.current") : "",
  ].filter(Boolean).join(" · ");
  const name = (each: Version, index: number) => {
    const told = t("version.name", { number: short(each, index), when: moment(each.created_at) });
    return [told, origin(each) > 0 ? t("version.origin", { number: number(origin(each)) }) : "", named(each)].filter(Boolean).join(", ");
  };
  return (
    <div className="strip" ref={place} role="group" aria-label={t("versions")}>
      {versions.map((each, index) => (
        <div key={each.id} className="strip-item">
          <ToggleButton className="strip-picture" isSelected={each.id === seen.id} onChange={() => onSee(each.id)} aria-label={name(each, index)}>
            {each.thumbnail ? <img src={library.blob(each.thumbnail)} alt="" width={each.width} height={each.height} /> : <Icon name="pictures" size={40} />}
            <small>{short(each, index)}</small>
            {named(each) && <small className="cut quiet"><bdi>{named(each)}</bdi></small>}
          </ToggleButton>
          {onRestore && !each.current && each.id === seen.id && (each.state === "missing" ? <small className="quiet">{t("version.gone")}</small>
            : <><Button className="link" onPress={() => onRestore(each.id)}>{t("restore")}</Button>{each.state === "offline" && <small className="quiet">{t("version.offline")}</small>}</>)}
        </div>
      ))}
    </div>
  );
}

export function Picture({ id }: { id: string }) {
  const { t } = useText();
  const { explain } = useSession();
  const around = useNeighbours(id);
  const found = useAsset(id, around.at);
  const failure = failureOf(found);
  if (failure) {
    const away = failure instanceof Unreachable;
    return <div className="alone" role="alert"><h1>{away ? t("loading.failed") : explain(failure)}</h1>
      <div className="row">{away && <Button className="button primary" onPress={() => void found.refetch()}>{t("retry")}</Button>}<a className="button" href={around.back}>{t("back")}</a></div></div>;
  }
  return found.data ? <Opened detail={found.data} around={around} /> : <div className="loading" aria-busy="true" />;
}

function Opened({ detail, around }: { detail: AssetDetail; around: ReturnType<typeof useNeighbours> }) {
  const { t, number, moment } = useText();
  const { library, act } = useSession();
  const { step, back, place, total, at } = around;
  const { asset, versions } = detail;
  const reuse = useReuse(), binning = useBinning();
  const [version, setVersion] = useState<string | null>(null);
  const [compare, setCompare] = useState(false);
  const [asking, setAsking] = useState<"tags" | "album" | "project" | "export" | null>(null);
  const [panel, setPanel] = useState(true);
  const may = useMay();
  const readOnly = at !== null || !may.write;
  const current = versions.find((each) => each.current) ?? versions.at(-1);
  const seen = versions.find((each) => each.id === version) ?? current;
  // Compared is what is seen with the current version; seeing that one, with the one before it.
  const before = versions[versions.findIndex((each) => each.current) - 1] ?? versions.findLast((each) => !each.current);
  const other = seen && seen.id !== current?.id ? seen : (before ?? seen);
  const numbered = (each: Version | undefined) => ({ version: each ?? (seen as Version), number: versions.findIndex((one) => one.id === each?.id) + 1 });
  const binned = asset.binned_at !== null;
  const change = async (to: AssetChange) => !readOnly && act(() => library.editOne(asset.id, to));
  const throwAway = () => { if (!readOnly) void binning([asset.id], binned); };
  const walk = (by: number) => {
    const next = versions[versions.findIndex((each) => each.id === seen?.id) + by];
    if (next) setVersion(next.id);
  };
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.defaultPrevented || document.querySelector("[role=dialog]")) return;
      const command = commandOf(event);
      const target = event.target instanceof HTMLElement ? event.target : document.body;
      const arrows = !event.shiftKey && target.closest("input, textarea, [role=slider], [role=radiogroup]") === null;
      const to = command ? CHANGES[command] : undefined;
      if (arrows && event.key === "ArrowRight") step(1);
      else if (arrows && event.key === "ArrowLeft") step(-1);
      else if (to) void change(to);
      else if (command === "older") walk(-1);
      else if (command === "newer") walk(1);
      else if (command === "compare" && versions.length > 1) setCompare(!compare);
      else if (command === "info") setPanel(!panel);
      else if (command === "export" && !binned) setAsking("export");
      else if (command === "tags" && !readOnly) setAsking("tags");
      else if ((command === "album" || command === "project") && !readOnly) { setPanel(true); setAsking(command); }
      else if (command === "note") document.querySelector<HTMLTextAreaElement>("[data-note] textarea")?.focus();
      else if (command === "reuse" || command === "seed") reuse({ ...asset, ...seen }, command === "seed" ? "seed" : "all");
      else if (command === "bin") throwAway();
      else if (command === "clear") go(back);
      else return;
      event.preventDefault();
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  });
  // Whoever looks at a picture wants its original before all others; where that cannot be asked, it comes in its turn.
  const away = seen?.state === "elsewhere" ? seen.sha256 : null;
  useEffect(() => { if (away) void library.want(away).catch(() => undefined); }, [library, away]);
  useEffect(() => { document.title = `${asset.name} – Gesso`; }, [asset.name]);
  if (!seen) return null;
  // It was in the library itself, from where no drive takes it away.
  const lost = seen.state === "missing" && detail.copies.some((each) => each.where === "library" && each.state === "missing");
  const source = library.picture(seen);
  const holders = detail.copies.flatMap((each) => (each.device ? [each.where] : [])).join(", ");
  return (
    <section className={panel ? "picture-page" : "picture-page closed"}>
      <header className="bar">
        <a className="icon-button" href={back} aria-label={t("back")}><Icon name="back" /></a>
        <h1 dir="auto">{asset.name}</h1>{place && total !== null && <span className="quiet nums wide-only">{place.left ? t("picture.left") : `${number(place.at + 1)} / ${number(total)}`}</span>}
        <span className="spring" />
        <IconButton icon="back" label={t("previous")} onPress={() => step(-1)} disabled={around.first} />
        <IconButton icon="next" label={t("next")} onPress={() => step(1)} disabled={around.last} />
        {versions.length > 1 && <IconButton icon="compare" label={t("compare.title")} pressed={compare} onPress={() => setCompare(!compare)} />}
        {seen.prompt && <Button className="button" onPress={() => reuse({ ...asset, ...seen }, "all")} aria-label={t("reuse")}><Icon name="reuse" /><span className="wide-only">{t("reuse")}</span></Button>}
        <a className="icon-button" href={library.download(seen.sha256, asset.name)} download={asset.name} aria-label={t("download")} title={t("download")}><Icon name="import" /></a>
        {!binned && <IconButton icon="export" label={t("bulk.export")} onPress={() => setAsking("export")} />}
        {!readOnly && <IconButton icon={binned ? "undo" : "bin"} label={t(binned ? "bin.restore" : "bulk.bin")} onPress={throwAway} />}
        <span className="wide-only"><IconButton icon="info" label={t("keys.info")} pressed={panel} onPress={() => setPanel(!panel)} /></span>
      </header>
      <div className="canvas">
        {at !== null && <div className="banner" role="status"><Icon name="history" /><span>{t("at.banner", { when: /^\d{4}-/.test(at) ? moment(Date.parse(at)) : t("at.checkpoint") })}</span></div>}
        {seen.state !== "here" && <div className="banner" role="status"><Icon name={seen.state === "missing" ? "lost" : seen.state} /><span>{lost ? t("state.lost.why") : t(seen.state === "elsewhere" && asset.sync === "coming" ? "state.coming.why" : `state.${seen.state}.why`, { place: seen.state === "elsewhere" ? holders : detail.sources[0] ?? "" })}</span></div>}
        {compare && current && versions.length > 1
          ? <Versions left={numbered(other)} right={numbered(current)} />
          : <Zoom key={source} src={source} alt={asset.prompt || asset.name} width={seen.width} height={seen.height} />}
        {versions.length > 1 && <Strip versions={versions} seen={seen} onSee={setVersion} onRestore={readOnly ? null : (each) => void act(() => library.restore(asset.id, { version: each }), t("version.restored")).then((done) => { if (done) setVersion(null); })} />}
      </div>
      <Panel detail={detail} seen={seen} number={versions.length > 1 ? number(versions.indexOf(seen) + 1) : null} readOnly={readOnly} onChange={change}
        onTags={() => setAsking("tags")} adding={asking === "export" ? null : asking} onAdding={setAsking} />
      <ExportSheet open={asking === "export"} onClose={() => setAsking(null)} count={1} sample={asset.id} pictures={() => Promise.resolve([asset.id])} />
      <AskTags open={asking === "tags"} onClose={() => setAsking(null)} onChange={(to) => void change(to)} />
    </section>
  );
}
