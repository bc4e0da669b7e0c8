/** Where pictures are asked for: the composer, and beside it what comes of it. */
import { useCallback, useEffect, useMemo, useState } from "react";
import { Button } from "react-aria-components";
import type { Batch, Quote } from "../api/types";
import { Sheet } from "../parts/basics";
import { useProjects, useProviders } from "../state/data";
import { useBatches, useLatest } from "../state/jobs";
import { asksFor } from "../state/keys";
import { useLink } from "../state/live";
import { useMay } from "../state/may";
import { useSession } from "../state/session";
import { useText } from "../text/text";
import { useBegin } from "./begin";
import { Composer } from "./Composer";
import { aimed, orderOf, UNSAVED, type Draft } from "./draft";
import { useDraft, useEstimate, usePast } from "./hooks";
import { priceOf } from "./price";
import { Results } from "../results/Results";

const BATCHES = 8;

const seedOf = ([latest]: readonly Batch[]) => latest?.jobs.find((each) => each.seed)?.seed ?? null;

export function Create() {
  const { t } = useText();
  const { workspace, say } = useSession();
  const { n } = useText();
  const providers = useProviders();
  const [draft, change, now] = useDraft(workspace);
  const [fresh, setFresh] = useState<string | null>(null);
  const projects = useProjects();
  const project = projects.data?.find((each) => each.id === draft.project) ?? null;
  // As long as it is not known what the project makes with, nobody is named in its place.
  const waits = draft.project !== null && !projects.data && !draft.targets.length;
  const chosen = useMemo(() => (waits ? [] : aimed(draft.targets, providers.data ?? [], project?.making)), [waits, draft.targets, providers.data, project?.making]);
  const order = useMemo(() => orderOf(draft, chosen), [draft, chosen]);
  const estimate = useEstimate(order);
  const past = usePast();
  const { keep } = past;
  const ids = useLatest(BATCHES, fresh);
  const lastSeed = useBatches(ids, seedOf);
  const may = useMay(), stopped = useLink() === "stopped", able = may.write && !stopped;
  const { begin, again, busy, asking, forget } = useBegin({
    order, estimate,
    onBegun: (begun) => {
      keep(draft.prompt);
      if (begun.batch) setFresh(begun.batch);
      else say(n("sheet.passed", begun.quote.passed_over));
      if (window.matchMedia("(max-width: 900px)").matches) document.querySelector(".results")?.scrollIntoView({ block: "start" });
    },
  });
  const reuse = useCallback((to: Partial<Draft>) => {
    const { prompt } = now();
    // What was written and not sent is still there, one step back.
    if (to.prompt !== undefined && to.prompt !== prompt) keep(prompt);
    // What it was made from is told only of the prompt that was.
    change(to.prompt !== undefined ? { ...UNSAVED, ...to } : to);
  }, [now, keep, change]);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const asks = event.defaultPrevented || document.querySelector("[role=dialog]") ? null : asksFor(event);
      if (!asks) return;
      // What holds the focus anywhere else has its own meaning for these keys.
      if (event.target !== document.body && !(event.target instanceof Element && event.target.closest(".composer"))) return;
      event.preventDefault();
      if (!event.repeat && able) void begin(asks === "generateNext");
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  });
  return (
    <section className="create">
      <h1 className="unseen">{t("nav.create")}</h1>
      <Composer draft={draft} project={project} chosen={chosen} order={order} estimate={estimate} past={past.all} lastSeed={lastSeed} busy={busy} onChange={change} onBegin={(next) => { if (able) void begin(next); }} onKeep={keep} />
      <Results ids={ids} fresh={fresh} onDraft={reuse} />
      <Again open={asking} quote={estimate.quote} onClose={forget} onAgain={() => { if (able) void again(); }} />
    </section>
  );
}

/** Asked before the same order goes out once more, where that may cost something. */
function Again({ open, quote, onClose, onAgain }: { open: boolean; quote: Quote | null; onClose: () => void; onAgain: () => void }) {
  const text = useText();
  const { t } = text;
  return (
    <Sheet title={t("create.again")} open={open} onClose={onClose}>
      <p>{t("create.again.why", { price: quote ? priceOf(quote, text) : t("estimate.unknown") })}</p>
      <div className="row end"><Button className="button" autoFocus onPress={onClose}>{t("create.again.not")}</Button>
        <Button className="button primary" onPress={onAgain}>{t("create.again.do")}</Button></div>
    </Sheet>
  );
}
