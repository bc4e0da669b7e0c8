/** What nobody knows the outcome of, jobs and answers in words alike: what it may have cost, and what the bill says. Pure. */
import type { Job, Lost, Range } from "../api/types";
import { between, money } from "../create/price";
import type { Text } from "../text/text";

/** `words`: an answer in words, no job. `when`: it was asked for. */
export interface Doubt { id: string; words: boolean; about: string; provider: string; model: string; when: number; estimate: Range | null }

/** What one may cost: as its provider told when it accepted, else as was estimated. */
function toldOf({ estimate, counts }: Job): Range | null {
  if (!counts || counts.amount === null || counts.basis === "decided") return estimate;
  return { least: counts.amount, most: counts.amount, currency: counts.currency, basis: "price_table", as_of: "" };
}

export const ofJob = (job: Job): Doubt => ({ id: job.id, words: false, about: job.prompt, provider: job.provider, model: job.model, when: job.created_at, estimate: toldOf(job) });
export const ofCall = (call: Lost): Doubt => ({ id: call.id, words: true, about: call.about, provider: call.provider, model: call.model, when: call.time, estimate: call.estimate });

/** By provider, in the order in which each first comes. */
export function byProvider(doubts: readonly Doubt[]): [provider: string, doubts: Doubt[]][] {
  const found = new Map<string, Doubt[]>();
  for (const each of doubts) found.set(each.provider, [...(found.get(each.provider) ?? []), each]);
  return [...found];
}

interface Likely { currency: string; least: number; most: number }
const cents = (amount: number) => Math.round(amount * 1e6) / 1e6;

/** What they come to, by currency, and of how many nobody knows it. */
export function likely(doubts: readonly Doubt[]): { sums: Likely[]; unknown: number } {
  const sums = new Map<string, Likely>();
  let unknown = 0;
  for (const { estimate } of doubts) {
    if (!estimate || estimate.most === null || estimate.least === null) { unknown += 1; continue; }
    const { currency, least, most } = estimate, sum = sums.get(currency) ?? { currency, least: 0, most: 0 };
    sums.set(currency, { currency, least: cents(sum.least + least), most: cents(sum.most + most) });
  }
  return { sums: [...sums.values()].filter(({ most }) => most > 0), unknown };
}

type Words = Pick<Text, "t" | "n" | "list" | "language">;

function told(sums: string[], unknown: number, { t, n, list }: Words): string {
  const rest = unknown === 0 ? "" : sums.length ? n("estimate.unknown.some", unknown) : t("estimate.unknown");
  return [sums.length ? list(sums) : "", rest].filter(Boolean).join(" · ") || t("estimate.free");
}

export function likelyCost(doubts: readonly Doubt[], text: Words): string {
  const { sums, unknown } = likely(doubts);
  return told(sums.map(({ least, most, currency }) => between(least, most, currency, text.language)), unknown, text);
}

/** What is counted for them where the bill has them: as it says for each, else the most that was likely, of a picture. */
export function counted(doubts: readonly Doubt[], bill: Bill | null, text: Words): string {
  if (bill) return money(cents(bill.amount * doubts.length), bill.currency, text.language);
  const { sums, unknown } = likely(doubts.filter((each) => !each.words)), words = doubts.filter((each) => each.words).length;
  return told(sums.map(({ most, currency }) => money(most, currency, text.language)), unknown + words, text);
}

/** The currency that they share, else none. */
export function currencyOf(doubts: readonly Doubt[]): string {
  const all = new Set(doubts.flatMap(({ estimate }) => estimate?.currency || []));
  return all.size === 1 ? ([...all][0] ?? "") : "";
}

/** `said`: as the daemon reads it. */
export interface Bill { amount: number; currency: string; said: string }
/** `nothing`: an amount of 0, which is not charged. */
export type Fault = "amount" | "large" | "nothing" | "currency";

/** Whether money is called so, as far as the browser knows: a letter mistyped would be a sum that counts for nothing. */
const isCurrency = (letters: string) => /^[A-Z]{3}$/.test(letters) && (!("supportedValuesOf" in Intl) || Intl.supportedValuesOf("currency").includes(letters));

/** What was written of the bill: nothing, an amount with its currency, or what is wrong with it. */
export function readBill(amount: string, currency: string): Bill | Fault | null {
  const [number, letters] = [amount.trim(), currency.trim().toUpperCase()];
  if (!number) return null;
  if (!/^[0-9]+(\.[0-9]{1,6})?$/.test(number)) return "amount";
  if (Number(number) >= 1e9) return "large";
  if (Number(number) === 0) return "nothing";
  return isCurrency(letters) ? { amount: Number(number), currency: letters, said: `${number} ${letters}` } : "currency";
}
