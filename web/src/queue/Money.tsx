/** What was spent today and this month, as the ledger has it, and how much of a limit that is; and in the frame, what is under way besides. */
import type { MonthLimit } from "../api/types";
import { money, spent } from "../create/price";
import { Icon } from "../parts/Icon";
import { useCounts } from "../state/jobs";
import { href } from "../state/route";
import { useStatus } from "../state/session";
import { useText } from "../text/text";

/** `metered`: a month whose every currency has a limit is told by its meter. */
function useSpent(metered = false): string[] {
  const { t, language, n } = useText();
  const { spend, months } = useStatus();
  const limited = metered && [spend, ...spend.others].every((each) => each.month === 0 || months.some(({ currency }) => currency === each.currency));
  const [today, month] = [spent(spend, "today", language), spent(spend, "month", language)];
  const list = (amounts: readonly string[]) => amounts.join(" · ");
  const told = month.length ? [today.length ? t("queue.spent.today", { amount: list(today) }) : "", limited ? "" : t("queue.spent.month", { amount: list(month) })] : [];
  return [...told, spend.unpriced ? n("queue.spent.unpriced", spend.unpriced) : ""].filter(Boolean);
}

/** What of a month's limit is charged or under way, and whether that is most or all of it. */
function MonthMeter({ month, whole = false }: { month: MonthLimit; whole?: boolean }) {
  const { t, language, number } = useText();
  const { currency, limit, level } = month;
  const told = (amount: number) => money(amount, currency, language);
  const taken = Math.round((month.spent + month.open) * 1e6) / 1e6;
  const said = { taken: told(taken), limit: told(limit), spent: told(month.spent), open: told(month.open) };
  const near = level === "under" ? "" : level === "near" ? t("month.near", { percent: number(Math.floor((100 * taken) / limit + 1e-6)) }) : t("month.reached");
  const value = [t("month.value", said), month.waiting ? t("month.waiting", { amount: told(month.waiting) }) : "", near].filter(Boolean).join(" · ");
  return (
    <span className={level === "under" ? "month" : "month full"} data-month={currency}>
      <span className="track" role="meter" aria-label={t("month.meter", { currency })} aria-valuemin={0} aria-valuemax={Math.max(limit, taken)} aria-valuenow={taken} aria-valuetext={value}>
        <span className="bar" style={{ inlineSize: `${Math.min(1, limit ? taken / limit : 1) * 100}%` }} /></span>
      <small>{whole ? value : [t("month.of", said), near].filter(Boolean).join(" · ")}</small>
    </span>
  );
}

/** Every limit that is set, told at length. */
export function Months() {
  const { months } = useStatus();
  return months.length ? <div className="months">{months.map((each) => <MonthMeter key={each.currency} month={each} whole />)}</div> : null;
}

/** It leads to where the sums are taken apart. */
export function Money() {
  const { t } = useText();
  const told = useSpent();
  return <a className="cost-badge" href={href("spend")} data-spend>{told.length ? told.join(" · ") : t("queue.spent.nothing")}</a>;
}

/** Nothing where nothing goes on and nothing was spent. */
export function CostBadge() {
  const { t, n } = useText();
  const counts = useCounts().data?.counts ?? {};
  const spent = useSpent(true);
  const { months } = useStatus();
  const { running = 0, unknown = 0 } = counts, waiting = (counts.queued ?? 0) + (counts.waiting ?? 0);
  // What is to be decided has a badge of its own above.
  const going = [running ? n("badge.running", running) : "", waiting ? n("badge.waiting", waiting) : "", unknown && !running && !waiting ? n("unknown.title", unknown) : ""].filter(Boolean);
  if (!going.length && !spent.length && !months.some((each) => each.spent > 0 || each.open > 0)) return null;
  return (
    <a className="badge-card" href={href("queue")} data-badge title={t("nav.queue")}><Icon name="queue" size={15} />
      <span>{going.length > 0 && <span data-going>{going.join(" · ")}</span>}{spent.map((each) => <small key={each} className="nums" data-spent>{each}</small>)}
        {months.map((each) => <MonthMeter key={each.currency} month={each} />)}</span></a>
  );
}
