/** What is asked of providers: what has to be decided, what runs, what waits, and how the rest ended. */
import { useEffect, useMemo, useRef, useState } from "react";
import { Button } from "react-aria-components";
import type { Job } from "../api/types";
import { Empty, Sheet } from "../parts/basics";
import { Icon } from "../parts/Icon";
import { flat, useCounts, useEnded, useGoing, useLost, useUnknown } from "../state/jobs";
import { href, useRoute } from "../state/route";
import { useSession } from "../state/session";
import { useText } from "../text/text";
import { Coming } from "../views/Coming";
import { Batches, standing } from "./Batches";
import { ofCall, ofJob } from "./doubt";
import { useKeptFocus } from "./focus";
import { Money, Months } from "./Money";
import { Retry } from "./Retry";
import { Row, type Moves } from "./Row";
import { useTrying } from "./told";
import { Undecided } from "./Undecided";

function CancelAll({ open, count, onClose }: { open: boolean; count: number; onClose: () => void }) {
  const { t, n } = useText();
  const { library, say } = useSession();
  const trying = useTrying();
  const all = async () => {
    const { outcomes } = await library.cancelWaiting();
    say(n("queue.cancelled", Object.keys(outcomes).length));
  };
  return (
    <Sheet title={n("queue.cancel.title", count)} open={open} onClose={onClose}>
      <p>{t("queue.cancel.why")}</p>
      <div className="row end"><Button className="button" autoFocus onPress={onClose}>{t("queue.cancel.keep")}</Button>
        <Button className="button primary" onPress={() => { onClose(); void trying(all); }}>{n("queue.cancel.do", count)}</Button></div>
    </Sheet>
  );
}

/** How each of the waiting jobs can move among them. */
export function movesOf(jobs: readonly Job[], index: number, before: (job: string, other: string) => void): Moves {
  const job = jobs[index], above = jobs[index - 1], below = jobs[index + 1];
  return {
    up: job && above ? () => before(job.id, above.id) : null,
    // Nothing can be put behind another: the one below goes before this one.
    down: job && below ? () => before(below.id, job.id) : null,
    onto: (dragged) => { if (job && dragged !== job.id) before(dragged, job.id); },
  };
}

export function Queue() {
  const text = useText();
  const { t, n } = text;
  const { library } = useSession();
  const trying = useTrying();
  const params = useRoute().params, batch = /^[0-9a-f]{32}$/.exec(params.get("batch") ?? "")?.[0] ?? null;
  const going = useGoing(batch), ended = useEnded(batch);
  const counts = useCounts().data, lost = useLost().data, unknown = useUnknown();
  const [asking, setAsking] = useState(false);
  const jobs = flat(going.data), past = flat(ended.data).filter((each) => each.ended_at !== null);
  const of = (...states: Job["state"][]) => jobs.filter((each) => states.includes(each.state));
  const running = of("running"), waiting = of("queued", "waiting");
  const within = batch ? going.data?.pages[0]?.counts : counts?.counts;
  const waits = (within?.queued ?? 0) + (within?.waiting ?? 0);
  const [moved, setMoved] = useState("");
  const before = (job: string, other: string) => void trying(() => library.moveJob(job, { before: other })).then((done) => {
    if (done) setMoved(t("queue.moved"));
  });
  const failed = past.filter((each) => each.state === "failed");
  const place = useRef<HTMLElement>(null), home = useRef<HTMLHeadingElement>(null);
  const doubts = useMemo(() => [...unknown.map(ofJob), ...(lost ?? []).map(ofCall)], [unknown, lost]);
  useKeptFocus(place, home);
  const paused = counts?.paused ?? false;
  const nothing = going.data && ended.data && jobs.length === 0 && past.length === 0 && doubts.length === 0 && !batch;
  // Whoever comes to decide on one job is led to it.
  const sought = params.get("job");
  const there = sought !== null && [...jobs, ...unknown].some((each) => each.id === sought);
  useEffect(() => {
    if (!there) return;
    const row = document.querySelector<HTMLElement>(`[data-job="${sought}"]`);
    row?.scrollIntoView({ block: "center" });
    row?.querySelector<HTMLElement>("button")?.focus({ preventScroll: true });
  }, [sought, there]);
  return (
    <section className="page queue" ref={place}>
      <header className="bar"><h1 ref={home} tabIndex={-1}>{t("nav.queue")}</h1><Money /><span className="spring" />
        <Batches />{waits > 0 && !batch && <Button className="button" onPress={() => setAsking(true)}><Icon name="close" />{t("queue.cancel.all")}</Button>}
        <Button className={paused ? "button primary" : "button"} onPress={() => void trying(() => library.pauseJobs(!paused))}><Icon name={paused ? "play" : "pause"} />{t(paused ? "queue.resume" : "queue.pause")}</Button></header>
      {paused && <div className="banner" role="status"><Icon name="pause" /><span>{t("queue.paused")}</span></div>}
      {batch && <div className="banner" data-only><Icon name="search" /><span className="grow">{t("batches.only", { prompt: jobs[0]?.prompt ?? past[0]?.prompt ?? "", standing: within ? standing(within, text) : "" })}</span><a className="link" href={href("queue")}>{t("batches.all")}</a></div>}
      <Months />
      <p className="unseen" role="status">{moved}</p>
      {nothing && <Empty icon="queue" title={t("queue.empty")}><p>{t("queue.empty.how")}</p><a className="button primary" href={href("create")}><Icon name="create" />{t("nav.create")}</a></Empty>}
      <Coming of={[going, ended]} shape="rows" />
      <div className="queue-lists">
        {!batch && <Undecided doubts={doubts} sought={sought} home={home} />}
        {running.length > 0 && <section><h2>{n("queue.running", running.length)}</h2><ul className="jobs">{running.map((each) => <Row key={each.id} job={each} />)}</ul></section>}
        {batch && unknown.some((each) => each.batch === batch) && <p><a className="link" href={href("queue")}>{n("unknown.title", unknown.filter((each) => each.batch === batch).length)}</a></p>}
        {(waiting.length > 0 || going.hasNextPage) && <section><h2>{n("queue.waiting", Math.max(waits, waiting.length))}</h2>
          <ul className="jobs" data-waiting>{waiting.map((each, at) => <Row key={each.id} job={each} moves={movesOf(waiting, at, before)} />)}</ul>
          {going.hasNextPage && <Button className="button" isDisabled={going.isFetchingNextPage} onPress={() => void going.fetchNextPage()}>{t("more")}</Button>}</section>}
        {past.length > 0 && <section><header className="row"><h2>{t("queue.ended")}</h2><span className="spring" />
          {failed.length > 1 && <Retry jobs={failed} />}</header>
          <ul className="jobs">{past.map((each) => <Row key={each.id} job={each} />)}</ul>
          {ended.hasNextPage && <Button className="button" isDisabled={ended.isFetchingNextPage} onPress={() => void ended.fetchNextPage()}>{t("more")}</Button>}</section>}
      </div>
      <CancelAll open={asking} count={waits} onClose={() => setAsking(false)} />
    </section>
  );
}
