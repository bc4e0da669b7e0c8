/** What an order comes to, as a sentence. */
import type { MonthLimit, Quote, Range, Spend } from "../api/types";
import type { Text } from "../text/text";

/** The ledger counts in millionths of a unit. */
const OF_LEDGER = 6;

/** An amount of money, everywhere with as many digits as it takes: sums equal the ledger's. What is no currency of this world stays as it is called. */
export function money(amount: number, currency: string, language: string): string {
  try {
    return new Intl.NumberFormat(language, { style: "currency", currency, minimumFractionDigits: 2, maximumFractionDigits: OF_LEDGER }).format(amount);
  } catch {
    return `${new Intl.NumberFormat(language, { maximumFractionDigits: OF_LEDGER }).format(amount)} ${currency}`.trim();
  }
}

export function between(least: number, most: number, currency: string, language: string): string {
  const low = money(least, currency, language);
  return least === most ? low : `${low}–${money(most, currency, language)}`;
}

/** `12 pictures · about $0.48–0.60 (prices of 2026-11-01)`. */
export function priceOf(quote: Quote, text: Text): string {
  const { t, n } = text;
  const pictures = n("estimate.pictures", quote.jobs);
  if (quote.jobs === 0) return pictures;
  const sums = quote.sums.map((each) => between(each.least, each.most, each.currency, text.language));
  const cost = sums.length ? t("estimate.about", { amount: text.list(sums), day: quote.as_of }) : "";
  const unknown = quote.unknown === 0 ? "" : quote.unknown === quote.jobs ? t("estimate.unknown") : n("estimate.unknown.some", quote.unknown);
  return [pictures, cost, unknown, !cost && !unknown ? t("estimate.free") : ""].filter(Boolean).join(" · ");
}

const UNITS = [[90, 1, "second"], [5400, 60, "minute"], [Infinity, 3600, "hour"]] as const;

function timeOf(seconds: number, language: string): string {
  const [, size, unit] = UNITS.find(([most]) => seconds < most) ?? UNITS[2];
  return new Intl.NumberFormat(language, { style: "unit", unit, unitDisplay: "short", maximumFractionDigits: 0 }).format(Math.max(1, seconds / size));
}

/** How long it takes, by the latest pictures of the same models; empty where there are none. */
export function spanOf({ seconds }: Quote, { t, language }: Text): string {
  if (!seconds) return "";
  const least = timeOf(seconds.least, language), most = timeOf(seconds.most, language);
  return least === most ? t("estimate.time", { time: least }) : t("estimate.times", { least, most });
}

/** Whether it may cost something, or nobody knows. */
export const mayCost = (quote: Pick<Quote, "sums" | "unknown">) => quote.sums.length > 0 || quote.unknown > 0;

/** The price of one picture, with the credits that it takes where its provider counts in them. */
export function rangeOf(price: Range | null, text: Text): string {
  const amount = amountOf(price, text);
  if (!price?.credits) return amount;
  const credits = text.t("spend.credits", { number: new Intl.NumberFormat(text.language, { maximumFractionDigits: 6 }).format(price.credits) });
  return price.least === null ? credits : text.t("cost.how", { amount, how: credits });
}

function amountOf(price: Range | null, text: Text): string {
  if (!price || price.basis === "unknown" || price.least === null || price.most === null) return price?.basis === "free" ? text.t("estimate.free") : text.t("estimate.unknown");
  return price.basis === "free" ? text.t("estimate.free") : between(price.least, price.most, price.currency, text.language);
}

/** What was spent, by currency; empty where nothing was. */
export function spent(spend: Spend, when: "today" | "month", language: string): string[] {
  return [spend, ...spend.others].filter((each) => each[when] > 0).sort((one, other) => one.currency.localeCompare(other.currency)).map((each) => money(each[when], each.currency, language));
}

/** What an order would leave of the month, at its most; `over`: it passes the limit and is refused. */
export function leftOf(quote: Quote, months: readonly MonthLimit[], text: Text): { said: string; over: boolean }[] {
  const told = months.flatMap(({ currency, limit, left }) => {
    const sum = quote.sums.find((each) => each.currency === currency);
    if (!sum) return [];
    const after = Math.round((left - sum.most) * 1e6) / 1e6, over = after < 0;
    return [{ said: text.t(over ? "month.over" : "month.left", { limit: money(limit, currency, text.language), left: money(after, currency, text.language), over: money(-after, currency, text.language) }), over }];
  });
  if (!quote.unknown || !months.length) return told;
  return [...told, { said: text.t("month.unknown", { limit: text.list(months.map((each) => money(each.limit, each.currency, text.language))) }), over: false }];
}

/** Where the n-th character of a text stands in what the browser counts. */
export const placeOf = (text: string, characters: number) => [...text].slice(0, characters).join("").length;
