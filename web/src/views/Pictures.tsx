/** The gallery: search, grid, selection, quick look; also the bin and the pictures of a project. */
import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { Button } from "react-aria-components";
import { useArranging } from "../albums/order";
import { ApiError, Unreachable } from "../api/client";
import type { Listing } from "../api/library";
import type { Album, Asset, AssetChange } from "../api/types";
import { addressOf, begun } from "../compare/place";
import { useKeepChoices } from "../copies/Keeping";
import { useReuse } from "../create/hooks";
import { BulkBar, LABELS, useBinning, useTakeOut, type Asking } from "../parts/BulkBar";
import { Empty } from "../parts/basics";
import { Grid } from "../parts/Grid";
import { Icon } from "../parts/Icon";
import { openImport } from "../parts/Imports";
import { PictureMenu, useChoices } from "../parts/PictureMenu";
import { SaveSearch } from "../parts/Saved";
import { SearchBar } from "../parts/SearchBar";
import { CHANGES, commandOf } from "../state/keys";
import { differs, listingOf, paramsOf, START, type Start } from "../state/listing";
import { useMay } from "../state/may";
import { corrected, either, parse, render } from "../state/query";
import { go, href, useRoute } from "../state/route";
import { forgetSelection, keepPlace, keepSelection, placeIn, selectionIn } from "../state/places";
import { all as everything, NONE, only, type Selection } from "../state/selection";
import { useSession } from "../state/session";
import { useText } from "../text/text";
import { QuickLook } from "./QuickLook";

const SMALLEST = 96, LARGEST = 420;

function useSize(): [number, (size: number) => void] {
  const [size, setSize] = useState(() => Number(localStorage.getItem("gesso.tile")) || 200);
  const put = (next: number) => {
    const kept = Math.min(LARGEST, Math.max(SMALLEST, next));
    localStorage.setItem("gesso.tile", String(kept));
    setSize(kept);
  };
  return [size, put];
}

/** What is listed: the query of the address, within what the view is fixed to. */
function useListing(fixed: string, start: Start) {
  const { view, id, params } = useRoute();
  const { q, sort, at } = listingOf(params, start);
  // What is found in an album by words has no order of its own.
  const order = sort === "own" && (q !== "" || start.sort !== "own") ? "newest" : sort;
  const list = useMemo<Listing>(() => ({ q: [fixed, q].filter(Boolean).join(" "), sort: order, at }), [fixed, q, order, at]);
  const change = (to: Partial<Listing>, passing = false) => {
    go(href(view, id, paramsOf({ q, sort, at, ...to }, start)), passing);
  };
  return { list, q, change };
}

interface NothingProps { bin: boolean; fixed: string; saved: boolean; asked: boolean; /** What is looked for. */ q: string; onQuery: (q: string) => void; onReset: () => void }

/** Nothing fits: how the search was read, and what is meant by words between which it says "or". */
function NotFound({ q, onQuery, onReset }: Pick<NothingProps, "q" | "onQuery" | "onReset">) {
  const { t, list } = useText();
  const pieces = parse(q), some = either(q);
  return (
    <Empty icon="search" title={t("search.nothing")}>
      {pieces.length > 1 && <p>{t("search.all", { words: list(pieces.map((each) => t("search.word", { word: render([each]) }))) })}</p>}
      {some.length > 0 && <p>{t("search.or")}</p>}
      <div className="row">
        {some.map((each) => <Button key={each} className="button" onPress={() => onQuery(each)}><bdi>{t("search.instead", { query: each })}</bdi></Button>)}
        <Button className={some.length ? "link" : "button"} onPress={onReset}>{t("search.reset")}</Button>
      </div>
    </Empty>
  );
}

function Nothing({ bin, fixed, saved, asked, q, onQuery, onReset }: NothingProps) {
  const { t } = useText();
  if (asked) return <NotFound q={q} onQuery={onQuery} onReset={onReset} />;
  if (saved) return <Empty icon="saved" title={t("saved.empty")}><p>{t("saved.later")}</p></Empty>;
  if (bin) return <Empty icon="bin" title={t("bin.empty")} />;
  if (fixed) return <Empty icon="project" title={t("project.empty")}><p>{t("project.fill")}</p></Empty>;
  return (
    <Empty invite icon="pictures" title={t("first.title")}>
      <p>{t("first.how")}</p>
      <div className="row">
        <a className="button primary" href={href("create")}><Icon name="create" />{t("first.make")}</a>
        <Button className="button" onPress={openImport}><Icon name="import" />{t("first.choose")}</Button>
        <a className="button" href={href("settings")}>{t("first.watch")}</a>
      </div>
    </Empty>
  );
}

interface FailedProps { error: Error; q: string; onQuery: (q: string) => void; onReset: (() => void) | null; onRetry: () => void }

/** A query that cannot be read, and the ways out of it. */
function Failed({ error, q, onQuery, onReset, onRetry }: FailedProps) {
  const { t } = useText();
  const { explain } = useSession();
  const { filter, close } = (error instanceof ApiError && error.body.params) || {};
  const meant = filter && close ? corrected(q, String(filter), String(close)) : q;
  if (error instanceof Unreachable) return <div role="alert"><Empty icon="offline" title={t("loading.failed")}><Button className="button" onPress={onRetry}>{t("retry")}</Button></Empty></div>;
  return (
    <Empty icon="search" title={explain(error)}>
      {error instanceof ApiError && onReset && <div className="row">
        {meant !== q && <Button className="button primary" onPress={() => onQuery(meant)}><bdi>{t("search.instead", { query: meant })}</bdi></Button>}
        <Button className="button" onPress={onReset}>{t("search.reset")}</Button>
      </div>}
    </Empty>
  );
}

interface PicturesProps { fixed?: string; bin?: boolean; heading?: React.ReactNode; start?: Start; saved?: string | null; album?: Album | null; /** What stands there while it is empty. */ nothing?: React.ReactNode }

export function Pictures({ fixed = "", bin = false, heading, start = START, saved = null, album = null, nothing = null }: PicturesProps) {
  const { t, n, moment } = useText();
  const { library, workspace, act, say, explain } = useSession();
  const queries = useQueryClient();
  const { list, q, change } = useListing(fixed, start);
  const reuse = useReuse(), binning = useBinning();
  const [size, setSize] = useSize();
  const [selection, setSelection] = useState<Selection>(() => everything(selectionIn(list) ?? []));
  useEffect(forgetSelection, []);
  const [focus, putFocus] = useState(() => placeIn(list));
  const setFocus = useCallback((at: number) => { keepPlace(list, at); putFocus(at); }, [list]);
  const [look, setLook] = useState(false);
  const [asking, setAsking] = useState<Asking>(null);
  const [loaded, setLoaded] = useState<{ total: number; at: (index: number) => Asset | undefined; held: Asset | undefined } | null>(null);
  const onLoaded = useCallback((total: number, at: (index: number) => Asset | undefined, held: Asset | undefined) => setLoaded({ total, at, held }), []);
  const readOnly = list.at !== null;
  const may = useMay();
  const { arranging, told } = useArranging(album, list, loaded?.total ?? 0, selection.ids);
  const key = JSON.stringify(list);
  const listed = useRef(key);
  if (listed.current !== key) {
    listed.current = key;
    setSelection(NONE);
    putFocus(placeIn(list));
    setLoaded(null);
  }
  const focused = loaded?.at(focus);
  // In the quick look only what is looked at counts, whatever is selected underneath.
  const chosen = selection.ids.size && !look ? [...selection.ids] : focused ? [focused.id] : [];

  const edit = (to: AssetChange) => {
    if (!chosen.length || readOnly || bin || !may.write) return;
    void act<unknown>(() => (chosen.length === 1 ? library.editOne(chosen[0] ?? "", to) : library.edit(chosen, to)), chosen.length > 1 ? n("edit.done", chosen.length) : undefined);
  };
  const throwAway = () => {
    if (!chosen.length || readOnly || !may.write) return;
    void binning(chosen, bin).then((done) => { if (done) setSelection(NONE); });
  };
  const open = (asset: Asset, at: number) => go(href("picture", asset.id, { q: list.q, sort: list.sort, at: list.at, i: String(at), saved, changed: saved && differs({ ...list, q }, start) ? "1" : null }));
  const all = () => {
    const seen = Array.from({ length: loaded?.total ?? 0 }, (_, at) => loaded?.at(at)?.id).filter((id) => id !== undefined);
    // At once where everything is here: the next key may follow before an answer could.
    if (loaded && seen.length === loaded.total) return setSelection(everything(seen));
    void library.ids(list, 0, 200_000).then((ids) => setSelection(everything(ids)), (error: unknown) => say(explain(error), { bad: true }));
  };
  const closeLook = () => {
    setLook(false);
    requestAnimationFrame(() => document.querySelector<HTMLElement>(`[data-index="${focus}"]`)?.focus());
  };
  const compare = () => {
    if (readOnly || bin) return;
    const both = begun([...selection.ids], location.hash);
    if (!both) return say(t("compare.choose"));
    keepSelection(list, selection.ids);
    go(addressOf(both));
  };
  const [menu, setMenu] = useState<{ x: number; y: number; index: number } | null>(null);
  const choices = useChoices(LABELS), takeOut = useTakeOut(), keepChoices = useKeepChoices();
  const pointed = menu ? loaded?.at(menu.index) : undefined;
  const onContextMenu = (event: React.MouseEvent) => {
    const tile = event.target instanceof Element ? event.target.closest<HTMLElement>("[data-index]") : null;
    const index = Number(tile?.dataset["index"]), asset = tile ? loaded?.at(index) : undefined;
    if (!tile || !asset || readOnly) return;
    event.preventDefault();
    setFocus(index);
    // What is meant is what is selected, where that is among it.
    if (!selection.ids.has(asset.id)) setSelection(only(asset.id, index));
    const box = tile.getBoundingClientRect();
    setMenu(event.clientX || event.clientY ? { x: event.clientX, y: event.clientY, index } : { x: box.left + box.width / 2, y: box.top + box.height / 2, index });
  };
  const ask = (what: Asking) => {
    if (!chosen.length || readOnly || bin || (what !== "export" && !may.write)) return;
    if (!selection.ids.size) setSelection({ ...everything(chosen), anchor: focus });
    setAsking(what);
  };

  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.defaultPrevented || menu || document.querySelector("[role=dialog]:not([data-look])")) return;
      const command = commandOf(event);
      if (!command) return;
      const target = event.target instanceof HTMLElement ? event.target : document.body;
      // Enter and Space belong to a button or link that holds the focus.
      const free = look || target.closest("[role=grid]") !== null || target === document.body || target.id === "main";
      const to = CHANGES[command];
      if (to) edit(to);
      else if (command === "bin") throwAway();
      else if (command === "clear") { if (look) closeLook(); else setSelection(NONE); }
      else if (command === "all") all();
      else if (command === "look" && free) { if (look) closeLook(); else setLook(true); }
      else if ((command === "open" || command === "info") && focused && free) open(focused, focus);
      else if (command === "compare" && !look) compare();
      else if (command === "tags") ask("tags");
      else if (command === "album" || command === "project" || command === "export") ask(command);
      else if ((command === "reuse" || command === "seed") && focused) reuse(focused, command === "seed" ? "seed" : "all");
      else if (command === "date") document.querySelector<HTMLElement>("[data-scrubber]")?.focus();
      else if (command === "bigger") setSize(size + 32);
      else if (command === "smaller") setSize(size - 32);
      else return;
      event.preventDefault();
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  });

  const when = list.at && /^\d{4}-/.test(list.at) ? moment(Date.parse(list.at)) : t("at.checkpoint");
  const asked = q !== start.q || readOnly;
  const reset = () => change({ q: start.q, at: null });
  const step = (by: number) => { if (loaded?.at(focus + by)) setFocus(focus + by); };
  return (
    <section className="pictures" onContextMenu={onContextMenu}>
      <h1 className="unseen">{album?.name ?? t(bin ? "nav.bin" : "nav.pictures")}</h1>
      {album && <p className="unseen" role="status">{told}</p>}
      {heading}
      {readOnly && <div className="banner" role="status"><Icon name="history" /><span>{t("at.banner", { when })}</span><Button className="link" onPress={() => change({ at: null })}>{t("at.back")}</Button></div>}
      {bin && <div className="banner"><Icon name="bin" /><span>{t("bin.grace")}</span></div>}
      <SearchBar list={{ ...list, q }} fixed={fixed} own={album !== null && q === ""} size={size} onSize={setSize} onChange={change}>
        {!bin && !readOnly && may.write && q !== "" && differs({ ...list, q }, start) && <SaveSearch list={list} />}
        {!bin && !readOnly && may.write && <Button className="button primary" aria-label={t("import.title")} onPress={openImport}><Icon name="import" /><span className="wide-only">{t("import.title")}</span></Button>}
      </SearchBar>
      <p className={selection.ids.size ? "total unseen" : "total"} role="status">{loaded && loaded.total > 0 ? n("pictures.total", loaded.total) : ""}</p>
      <Grid key={key} list={list} size={size} selection={selection} onSelection={readOnly ? () => undefined : setSelection} onOpen={open} focus={focus} onFocus={setFocus}
        onLoaded={onLoaded} readOnly={readOnly} follow={look} arranging={arranging} empty={nothing && !asked ? nothing : <Nothing bin={bin} fixed={fixed} saved={saved !== null} asked={asked} q={q} onQuery={(to) => change({ q: to })} onReset={reset} />}
        failed={(error) => <Failed error={error} q={q} onQuery={(to) => change({ q: to })} onReset={asked ? reset : null} onRetry={() => void queries.refetchQueries({ queryKey: [workspace, "assets"], type: "active" })} />} />
      {!readOnly && <BulkBar ids={[...selection.ids]} bin={bin} album={album} asking={asking} onAsk={setAsking} onClear={() => setSelection(NONE)} onChange={edit} onBin={throwAway} onCompare={compare} />}
      {menu && pointed && <PictureMenu at={menu} label={n("bulk.selected", chosen.length)} onClose={() => setMenu(null)} choices={choices(bin, {
        open: () => open(pointed, menu.index), rate: (rating) => edit({ rating }), flag: (flag) => edit({ flag }), label: (label) => edit({ label: LABELS.find((each) => each === label) ?? null }),
        ask, reuse: chosen.length === 1 && pointed.prompt ? (what) => reuse(pointed, what) : null, bin: throwAway, compare: chosen.length > 1 ? compare : null, keep: keepChoices(pointed, chosen),
        takeOut: album ? () => void takeOut(album, chosen).then((done) => { if (done) setSelection(NONE); }) : null,
      })} />}
      {look && focused && <QuickLook asset={focused} at={focus} total={loaded?.total ?? 0} onStep={step} onRate={(rating) => edit({ rating })} onClose={closeLook} />}
    </section>
  );
}
