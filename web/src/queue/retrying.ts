/** Trying again what ended without a picture: which of it is worth it, and what it may cost. Pure. */
import type { AgainQuote, Job } from "../api/types";
import { between, mayCost, money } from "../create/price";
import type { Text } from "../text/text";

/** Refusals of what was asked itself: asked for as it is, it is refused again. */
const FOR_GOOD = ["provider.content", "provider.invalid", "provider.retired", "provider.unsupported"];

export const isForGood = ({ error }: Pick<Job, "error">) => error !== null && FOR_GOOD.includes(error.code);

export interface Trying { jobs: Job[]; left: number }

/** Of several those that may end otherwise; one alone is tried as its owner likes. */
export function worthTrying(jobs: readonly Job[]): Trying {
  const some = jobs.length > 1 ? jobs.filter((each) => !isForGood(each)) : [...jobs];
  return { jobs: some, left: jobs.length - some.length };
}

const isPaid = ({ cost }: Pick<Job, "cost">) => cost !== null && cost.amount !== 0;

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

/** What was paid for them already; where an amount is not known, that it is not. */
export function spentOn(jobs: readonly Job[], { t, list, language }: Words): string {
  const sums = new Map<string, number>();
  for (const { cost } of jobs) if (cost?.amount) sums.set(cost.currency, (sums.get(cost.currency) ?? 0) + cost.amount);
  const told = [...sums].map(([currency, amount]) => money(amount, currency, language));
  return told.length ? list(told) : t("estimate.unknown");
}
