/** The right side: what was asked for, the newest first, as it comes. Keys rate what holds the focus. */
import { memo, useEffect, useRef, useState } from "react";
import { Button } from "react-aria-components";
import type { Asset, Batch, Job } from "../api/types";
import { Empty } from "../parts/basics";
import { useBinning } from "../parts/BulkBar";
import { Icon } from "../parts/Icon";
import { useKeptFocus } from "../queue/focus";
import { Retry } from "../queue/Retry";
import { useTrying } from "../queue/told";
import { useMakers, useShown } from "../state/data";
import { useBatches, useCounts, useEnded, useGoing } from "../state/jobs";
import { CHANGES, commandOf } from "../state/keys";
import { useSession } from "../state/session";
import { useText } from "../text/text";
import { Coming } from "../views/Coming";
import { QuickLook } from "../views/QuickLook";
import { draftOf } from "../create/batch";
import { useReuse, type Change } from "../create/hooks";
import { Made } from "./Made";

/** So many of one batch are shown at first. */
const MOST = 60;
const OPEN: Job["state"][] = ["queued", "waiting", "running"];

export const madeOf = (jobs: readonly Job[]) => jobs.filter((each) => each.state === "done").length;

const ratioOf = (job: Job | undefined) => (job ? job.width / job.height : 1);
const evenly = (jobs: readonly Job[]) => jobs.every((each) => ratioOf(each) === ratioOf(jobs[0]));

function Head({ batch, onDraft }: { batch: Batch; onDraft: Change }) {
  const { t, n, number, time, list } = useText();
  const { library } = useSession();
  const trying = useTrying();
  const makers = useMakers();
  const { jobs } = batch;
  const first = jobs[0];
  if (!first) return null;
  const prompts = new Set(jobs.map((each) => each.prompt)).size;
  const open = jobs.filter((each) => OPEN.includes(each.state)).map((each) => each.id);
  const bad = jobs.filter((each) => each.state === "failed");
  const made = madeOf(jobs);
  return (
    <header className="batch-head">
      <h2 dir="auto" title={first.prompt}>{first.prompt}</h2>
      <p className="quiet nums">{[
        made < jobs.length ? t("create.made", { made: number(made), total: number(jobs.length) }) : n("pictures.total", jobs.length), prompts > 1 ? n("create.prompts", prompts) : "",
        list([...new Set(jobs.map((each) => makers.provider(each.provider)))]), time(first.created_at),
      ].filter(Boolean).join(" · ")}</p>
      <div className="actions">
        {bad.length > 0 && <Retry jobs={bad} />}
        {open.length > 0 && <Button className="link" onPress={() => trying(() => library.cancelJobs(open))}>{n("create.cancel", open.length)}</Button>}
        <Button className="link" aria-label={t("create.reuse")} onPress={() => onDraft(draftOf(jobs, t("create.reuse.file")))}>{t("reuse")}</Button>
      </div>
    </header>
  );
}

interface KeyedProps { asset: string; at: number; total: number; looking: boolean; onLook: (open: boolean) => void; onStep: (by: number) => void; onAlbum: () => void; onReuse: (asset: Asset, what: "all" | "seed") => void }

/** What keys do with the picture that holds the focus, and the look at it over everything. */
function Keyed({ asset, at, total, looking, onLook, onStep, onAlbum, onReuse }: KeyedProps) {
  const { library, act } = useSession();
  const binning = useBinning();
  const found = useShown(asset);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const command = commandOf(event);
      if (event.defaultPrevented || !command || !(event.target instanceof HTMLElement) || !event.target.closest("[data-made], [data-look]")) return;
      const to = CHANGES[command];
      if (to) void act(() => library.editOne(asset, to));
      else if ((command === "reuse" || command === "seed") && found) onReuse(found, command === "seed" ? "seed" : "all");
      else if (command === "bin" && found) void binning([found.id], found.binned_at !== null);
      else if (command === "album" && !looking) onAlbum();
      else if (command === "look" || (command === "clear" && looking)) onLook(!looking);
      else return;
      event.preventDefault();
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  });
  return looking && found ? <QuickLook asset={found} at={at} total={total} onStep={onStep} onRate={(rating) => void act(() => library.editOne(asset, { rating }))} onClose={() => onLook(false)} /> : null;
}

interface BatchProps {
  batch: Batch; whole: boolean;
  /** The job of it that holds the focus, and the one whose albums are open. */
  current: string | null; album: string | null;
  onWhole: (batch: string) => void; onFocus: (job: string) => void; onAlbum: (job: string | null) => void;
  onDraft: Change; onReuse: (asset: Asset, what: "all" | "seed") => void;
}

/** Drawn anew only where something of it changed, and of its pictures only those that did. */
const OneBatch = memo(function OneBatch({ batch, whole, current, album, onWhole, onFocus, onAlbum, onDraft, onReuse }: BatchProps) {
  const { t, number } = useText();
  const { jobs } = batch, shown = shownIn(batch, whole);
  const several = jobs.some((each) => each.prompt !== jobs[0]?.prompt);
  return (
    <section className="batch">
      <Head batch={batch} onDraft={onDraft} />
      <ul className={evenly(jobs) ? "made-list even" : "made-list"} style={{ "--ratio": ratioOf(jobs[0]) } as React.CSSProperties}>
        {shown.map((job) => <Made key={job.id} job={job} current={job.id === current} several={several} album={album === job.id} onFocus={onFocus} onAlbum={onAlbum} onReuse={onReuse} />)}
      </ul>
      {shown.length < jobs.length && <Button className="button" onPress={() => onWhole(batch.batch)}>{t("create.all", { total: number(jobs.length) })}</Button>}
    </section>
  );
});

/** Nothing was made yet, or what was is still on its way. `pending`: some batches are known and not here. */
function Nothing({ pending, onDraft }: { pending: boolean; onDraft: Change }) {
  const { t } = useText();
  const asked = [useGoing(), useEnded()];
  const tries = ["create.try.1", "create.try.2", "create.try.3", "create.try.4"] as const;
  return (
    <>
      <Coming of={pending ? [...asked, { data: undefined, error: null, isFetching: true, refetch: () => undefined }] : asked} shape="tiles" count={4} />
      {!pending && asked.every((each) => each.data !== undefined) && <Empty icon="create" title={t("create.first")}><p>{t("create.first.how")}</p>
        <div className="row">{tries.map((each) => <Button key={each} className="chip" onPress={() => onDraft({ prompt: t(each) })}>{t(each)}</Button>)}</div></Empty>}
    </>
  );
}

function Paused() {
  const { t } = useText();
  const { library } = useSession();
  const trying = useTrying();
  const paused = useCounts().data?.paused ?? false;
  return paused && <div className="banner" role="status"><Icon name="pause" /><span>{t("queue.paused")}</span><Button className="link" onPress={() => void trying(() => library.pauseJobs(false))}>{t("queue.resume")}</Button></div>;
}

const asTheyAre = (batches: Batch[]) => batches;
const shownIn = ({ jobs }: Batch, whole: boolean) => (whole ? jobs : jobs.slice(0, MOST));

/** `ids`: of the batches; `fresh`: the one that was asked for here last. */
interface ResultsProps { ids: readonly string[]; fresh: string | null; onDraft: Change }

export const Results = memo(function Results({ ids, fresh, onDraft }: ResultsProps) {
  const { t, number } = useText();
  const batches = useBatches(ids, asTheyAre);
  const place = useRef<HTMLDivElement>(null);
  useKeptFocus(place, place);
  const [focus, setFocus] = useState<string | null>(null);
  const [album, setAlbum] = useState<string | null>(null);
  const [looking, setLooking] = useState(false);
  const reuse = useReuse(onDraft);
  const [whole, setWhole] = useState<string | null>(null);
  const newest = batches.find((each) => each.batch === fresh) ?? batches[0];
  const all = batches.flatMap((each) => shownIn(each, whole === each.batch));
  const held = all.find((each) => each.id === focus) ?? all[0];
  const count = newest && newest.jobs.some((each) => OPEN.includes(each.state)) ? t("create.made", { made: number(madeOf(newest.jobs)), total: number(newest.jobs.length) }) : newest && fresh ? t("create.made.all", { total: number(madeOf(newest.jobs)) }) : "";
  const onKeyDown = (event: React.KeyboardEvent) => {
    const by = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (!by || !(event.target instanceof HTMLElement) || !event.target.dataset["made"]) return;
    const boxes = [...(place.current?.querySelectorAll<HTMLElement>("[data-made]") ?? [])];
    const to = event.key === "ArrowDown" || event.key === "ArrowUp" ? beneath(boxes, event.target, by) : boxes[boxes.indexOf(event.target) + by];
    to?.focus();
    event.preventDefault();
  };
  const done = all.filter((each) => each.state === "done" && each.assets[0]), at = done.findIndex((each) => each.id === held?.id);
  const step = (by: number) => { const to = done[at + by]; if (to) setFocus(to.id); };
  const look = (open: boolean) => {
    setLooking(open);
    if (!open) requestAnimationFrame(() => place.current?.querySelector<HTMLElement>(`[data-made="${held?.id}"]`)?.focus());
  };
  useEffect(() => { if (fresh) place.current?.scrollTo({ top: 0 }); }, [fresh]);
  const within = ({ jobs }: Batch, job: string | null | undefined) => (job && jobs.some((each) => each.id === job) ? job : null);
  return (
    <div className="results" ref={place} tabIndex={-1} onKeyDown={onKeyDown}>
      <p className="unseen" role="status" data-made-count>{count}</p>
      <Paused />
      {!batches.length && <Nothing pending={ids.length > 0} onDraft={onDraft} />}
      {batches.map((each) => (
        <OneBatch key={each.batch} batch={each} whole={whole === each.batch} current={within(each, held?.id)} album={within(each, album)}
          onWhole={setWhole} onFocus={setFocus} onAlbum={setAlbum} onDraft={onDraft} onReuse={reuse} />
      ))}
      {held?.id === focus && held?.assets[0] && <Keyed asset={held.assets[0]} at={at} total={done.length} looking={looking} onLook={look} onStep={step} onAlbum={() => setAlbum(held.id)} onReuse={reuse} />}
    </div>
  );
});

/** The nearest one in the row above or below. */
function beneath(boxes: readonly HTMLElement[], from: HTMLElement, by: number): HTMLElement | undefined {
  const here = from.getBoundingClientRect(), middle = here.left + here.width / 2;
  const others = boxes.map((box) => ({ box, at: box.getBoundingClientRect() })).filter(({ at }) => (by > 0 ? at.top >= here.bottom - 1 : at.bottom <= here.top + 1));
  const far = (at: DOMRect) => Math.abs(at.top - here.top) * 4 + Math.abs(at.left + at.width / 2 - middle);
  return others.sort((left, right) => far(left.at) - far(right.at))[0]?.box;
}
