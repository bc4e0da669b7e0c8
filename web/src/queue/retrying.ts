/** Trying again what ended without a picture: which of it is worth it, and what it may cost. Pure. */
import type { AgainQuote, Job, LeftJob } from "../api/types";
import { between, mayCost, money } from "../create/price";
import type { Text } from "../text/text";

/** Refusals of what was asked itself: asked for as it is, it is refused again. */
const FOR_GOOD = ["provider.content", "provider.invalid", "provider.retired", "provider.unsupported"];

const isForGood = ({ error }: Pick<Job, "error">) => error !== null && FOR_GOOD.includes(error.code);

export interface Trying { jobs: Job[]; left: number }

/** Of several those that may end otherwise; one alone is tried as its owner likes. */
export function worthTrying(jobs: readonly Job[]): Trying {
  const some = jobs.length > 1 ? jobs.filter((each) => !isForGood(each)) : [...jobs];
  return { jobs: some, left: jobs.length - some.length };
}

/** What was paid for and lies ready is only stored. */
const isPaid = ({ cost, error }: Pick<Job, "cost" | "error">) => cost !== null && cost.amount !== 0 && !error?.code.startsWith("job.not_stored");

/** Whether nothing is spent by trying these again for sure, and nothing was. */
export const isHarmless = (jobs: readonly Job[], quote: AgainQuote) => !mayCost(quote) && !jobs.some(isPaid);

export const paidOf = (jobs: readonly Job[]) => jobs.filter(isPaid);

type Words = Pick<Text, "t" | "n" | "list" | "language">;

/** What they may cost together as their models are now: by currency, and how many nobody knows the price of. */
export function costOf({ sums, unknown }: AgainQuote, { t, n, list, language }: Words): string {
  const told = sums.map(({ least, most, currency }) => between(least, most, currency, language));
  const rest = unknown === 0 ? "" : told.length ? n("estimate.unknown.some", unknown) : t("estimate.unknown");
  return [told.length ? list(told) : "", rest].filter(Boolean).join(" · ") || t("estimate.free");
}

/** Why some cannot be tried: each reason, and of how many. */
export function cannotOf(left: readonly LeftJob[], { n, code }: Pick<Text, "n" | "code">): string[] {
  const reasons = new Map<string, number>();
  for (const each of left) {
    const why = code("problem", each.code, each.message, each.params);
    reasons.set(why, (reasons.get(why) ?? 0) + 1);
  }
  return [...reasons].map(([why, count]) => n("retry.cannot", count, { why }));
}

/** What was paid for them already; where an amount is not known, that it is not. */
export function spentOn(jobs: readonly Job[], { t, n, list, language }: Words): string {
  const sums = new Map<string, number>();
  for (const { cost } of jobs) if (cost?.amount) sums.set(cost.currency, (sums.get(cost.currency) ?? 0) + cost.amount);
  const told = [...sums].map(([currency, amount]) => money(amount, currency, language));
  const unknown = jobs.filter(({ cost }) => cost !== null && cost.amount === null).length;
  if (!told.length) return t("estimate.unknown");
  return [list(told), unknown ? n("estimate.unknown.some", unknown) : ""].filter(Boolean).join(" · ");
}
