/** The right side: what was asked for, the newest first, as it comes. Keys rate what holds the focus. */
import { useEffect, useRef, useState, type ComponentProps } from "react";
import { Button } from "react-aria-components";
import type { Asset, Batch, Job } from "../api/types";
import { Empty } from "../parts/basics";
import { Icon } from "../parts/Icon";
import { useKeptFocus } from "../queue/focus";
import { Retry } from "../queue/Retry";
import { useTrying } from "../queue/told";
import { useAsset, useMakers } from "../state/data";
import { useCounts } from "../state/jobs";
import { CHANGES, commandOf } from "../state/keys";
import { useSession } from "../state/session";
import { useText } from "../text/text";
import { Coming } from "../views/Coming";
import { QuickLook } from "../views/QuickLook";
import { draftOf } from "../create/batch";
import { useReuse, type Change } from "../create/hooks";
import { Made } from "./Made";
import { useBinning } from "./Tools";

/** So many of one batch are shown at first. */
const MOST = 60;
const OPEN: Job["state"][] = ["queued", "waiting", "running"];

export const madeOf = (jobs: readonly Job[]) => jobs.filter((each) => each.state === "done").length;

const ratioOf = (job: Job | undefined) => (job ? job.width / job.height : 1);
const evenly = (jobs: readonly Job[]) => jobs.every((each) => ratioOf(each) === ratioOf(jobs[0]));

interface HeadProps { batch: Batch; onReuse: () => void }

function Head({ batch, onReuse }: HeadProps) {
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
        <Button className="link" aria-label={t("create.reuse")} onPress={onReuse}>{t("reuse")}</Button>
      </div>
    </header>
  );
}

interface KeyedProps { asset: string; at: number; total: number; looking: boolean; onLook: (open: boolean) => void; onStep: (by: number) => void; onAlbum: () => void; onReuse: (asset: Asset, what: "all" | "seed") => void }

/** What keys do with the picture that holds the focus, and the look at it over everything. */
function Keyed({ asset, at, total, looking, onLook, onStep, onAlbum, onReuse }: KeyedProps) {
  const { library, act } = useSession();
  const binning = useBinning();
  const found = useAsset(asset).data?.asset;
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const command = commandOf(event);
      if (event.defaultPrevented || !command || !(event.target instanceof HTMLElement) || !event.target.closest("[data-made], [data-look]")) return;
      const to = CHANGES[command];
      if (to) void act(() => library.editOne(asset, to));
      else if ((command === "reuse" || command === "seed") && found) onReuse(found, command === "seed" ? "seed" : "all");
      else if (command === "bin" && found) void binning(found);
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

interface ResultsProps {
  batches: readonly Batch[]; fresh: string | null; onDraft: Change;
  /** The lists that say which batches there are, and whether some of those are still to come. */
  asked: ComponentProps<typeof Coming>["of"]; pending: boolean;
}

export function Results({ batches, fresh, asked, pending, onDraft }: ResultsProps) {
  const { t, number } = useText();
  const { library } = useSession();
  const trying = useTrying();
  const paused = useCounts().data?.paused ?? false;
  const place = useRef<HTMLDivElement>(null);
  useKeptFocus(place, place);
  const [focus, setFocus] = useState<string | null>(null);
  const [album, setAlbum] = useState<string | null>(null);
  const [looking, setLooking] = useState(false);
  const reuse = useReuse(onDraft);
  const [whole, setWhole] = useState<string | null>(null);
  const newest = batches.find((each) => each.batch === fresh) ?? batches[0];
  const shown = batches.map((each) => ({ ...each, shown: whole === each.batch ? each.jobs : each.jobs.slice(0, MOST) }));
  const all = shown.flatMap((each) => each.shown);
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
  const tries = ["create.try.1", "create.try.2", "create.try.3", "create.try.4"] as const;
  return (
    <div className="results" ref={place} tabIndex={-1} onKeyDown={onKeyDown}>
      <p className="unseen" role="status" data-made-count>{count}</p>
      {paused && <div className="banner" role="status"><Icon name="pause" /><span>{t("queue.paused")}</span><Button className="link" onPress={() => void trying(() => library.pauseJobs(false))}>{t("queue.resume")}</Button></div>}
      {!batches.length && <Coming of={pending ? [...asked, { data: undefined, error: null, isFetching: true, refetch: () => undefined }] : asked} shape="tiles" count={4} />}
      {!batches.length && !pending && asked.every((each) => each.data !== undefined) && <Empty icon="create" title={t("create.first")}><p>{t("create.first.how")}</p>
        <div className="row">{tries.map((each) => <Button key={each} className="chip" onPress={() => onDraft({ prompt: t(each) })}>{t(each)}</Button>)}</div></Empty>}
      {shown.map((each) => (
        <section key={each.batch} className="batch">
          <Head batch={each} onReuse={() => onDraft(draftOf(each.jobs, t("create.reuse.file")))} />
          <ul className={evenly(each.jobs) ? "made-list even" : "made-list"} style={{ "--ratio": ratioOf(each.jobs[0]) } as React.CSSProperties}>
            {each.shown.map((job) => <Made key={job.id} job={job} current={job.id === held?.id} onFocus={() => setFocus(job.id)} several={new Set(each.jobs.map((one) => one.prompt)).size > 1}
              album={album === job.id} onAlbum={(open) => setAlbum(open ? job.id : null)} onReuse={reuse} />)}
          </ul>
          {each.shown.length < each.jobs.length && <Button className="button" onPress={() => setWhole(each.batch)}>{t("create.all", { total: number(each.jobs.length) })}</Button>}
        </section>
      ))}
      {held?.id === focus && held?.assets[0] && <Keyed asset={held.assets[0]} at={at} total={done.length} looking={looking} onLook={look} onStep={step} onAlbum={() => setAlbum(held.id)} onReuse={reuse} />}
    </div>
  );
}

/** The nearest one in the row above or below. */
function beneath(boxes: readonly HTMLElement[], from: HTMLElement, by: number): HTMLElement | undefined {
  const here = from.getBoundingClientRect(), middle = here.left + here.width / 2;
  const others = boxes.map((box) => ({ box, at: box.getBoundingClientRect() })).filter(({ at }) => (by > 0 ? at.top >= here.bottom - 1 : at.bottom <= here.top + 1));
  const far = (at: DOMRect) => Math.abs(at.top - here.top) * 4 + Math.abs(at.left + at.width / 2 - middle);
  return others.sort((left, right) => far(left.at) - far(right.at))[0]?.box;
}
