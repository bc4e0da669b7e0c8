/** The batches that were asked for: whoever looks for one finds it, however many jobs of others stand before it. */
import { useState } from "react";
import { Button } from "react-aria-components";
import type { BegunBatch, JobState } from "../api/types";
import { Sheet } from "../parts/basics";
import { Icon } from "../parts/Icon";
import { useBegun } from "../state/jobs";
import { href } from "../state/route";
import { useText, type Text } from "../text/text";
import { Coming } from "../views/Coming";

const STATES: readonly JobState[] = ["running", "waiting", "unknown", "failed", "cancelled", "done"];

/** `100 pictures · 3 Waiting · 97 Done`: those that wait for whatever reason count as one. */
export function standing(counts: BegunBatch["counts"], { t, n, number }: Pick<Text, "t" | "n" | "number">): string {
  const all: BegunBatch["counts"] = { ...counts, waiting: (counts.queued ?? 0) + (counts.waiting ?? 0) };
  const told = STATES.flatMap((state) => (all[state] ? [{ state, count: all[state] }] : []));
  const total = n("estimate.pictures", told.reduce((sum, each) => sum + each.count, 0));
  return [total, ...told.map(({ state, count }) => `${t(`job.${state}`)} ${number(count)}`)].join(" · ");
}

export function Batches() {
  const { t } = useText();
  const [open, setOpen] = useState(false);
  return (
    <>
      <Button className="button" onPress={() => setOpen(true)}><Icon name="search" />{t("batches")}</Button>
      <Sheet title={t("batches")} open={open} onClose={() => setOpen(false)} wide>{open && <Found onClose={() => setOpen(false)} />}</Sheet>
    </>
  );
}

function Found({ onClose }: { onClose: () => void }) {
  const text = useText();
  const { t, moment } = text;
  const found = useBegun(true);
  const batches = found.data?.pages.flatMap((page) => page.batches) ?? [];
  return (
    <>
      <Coming of={[found]} shape="rows" />
      {found.data && batches.length === 0 && <p className="quiet">{t("queue.empty")}</p>}
      <ul className="jobs">{batches.map((each) => (
        <li key={each.batch} className="batch-line"><a href={href("queue", null, { batch: each.batch })} onClick={onClose} data-batch={each.batch}>
          <b className="cut" dir="auto">{each.prompt}</b><small className="nums">{moment(each.created_at)} · {standing(each.counts, text)}</small></a></li>))}</ul>
      {found.hasNextPage && <Button className="button start" isDisabled={found.isFetchingNextPage} onPress={() => void found.fetchNextPage()}>{t("more")}</Button>}
    </>
  );
}
