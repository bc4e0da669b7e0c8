/** What was spent today and this month, as the ledger has it; and in the frame, what is under way besides. */
import { spent } from "../create/price";
import { Icon } from "../parts/Icon";
import { useCounts } from "../state/jobs";
import { href } from "../state/route";
import { useSession } from "../state/session";
import { useText } from "../text/text";

function useSpent(): string[] {
  const { t, list, language, n } = useText();
  const { spend } = useSession().status;
  const [today, month] = [spent(spend, "today", language), spent(spend, "month", language)];
  const told = month.length ? [today.length ? t("queue.spent.today", { amount: list(today) }) : "", t("queue.spent.month", { amount: list(month) })] : [];
  return [...told, spend.unpriced ? n("queue.spent.unpriced", spend.unpriced) : ""].filter(Boolean);
}

export function Money() {
  const { t } = useText();
  const told = useSpent();
  return <span className="cost-badge" data-spend>{told.length ? told.join(" · ") : t("queue.spent.nothing")}</span>;
}

/** Nothing where nothing goes on and nothing was spent. */
export function CostBadge() {
  const { t, n } = useText();
  const counts = useCounts().data?.counts ?? {};
  const spent = useSpent();
  const { running = 0, unknown = 0 } = counts, waiting = (counts.queued ?? 0) + (counts.waiting ?? 0);
  const going = [running ? n("badge.running", running) : "", waiting ? n("badge.waiting", waiting) : "", unknown ? n("unknown.title", unknown) : ""].filter(Boolean);
  if (!going.length && !spent.length) return null;
  return (
    <a className="badge-card" href={href("queue")} data-badge title={t("nav.queue")}><Icon name="queue" size={15} />
      <span>{going.length > 0 && <span data-going>{going.join(" · ")}</span>}{spent.map((each) => <small key={each} className="nums" data-spent>{each}</small>)}</span></a>
  );
}
