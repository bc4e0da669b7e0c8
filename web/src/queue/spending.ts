/** What was spent, taken apart as it is shown: months, in each the providers with their models, and the projects. */
import type { Part, ProjectShare, Share, Spending } from "../api/types";

/** Sums of money are exact in millionths only. */
const MICROS = 1_000_000;
const added = (one: number, other: number) => (Math.round(one * MICROS) + Math.round(other * MICROS)) / MICROS;

/** What some parts come to together, each currency by itself; credits of one provider alone, for others count otherwise. */
export interface Sum { amounts: { currency: string; amount: number }[]; charges: number; unpriced: number; credits: number }

export function sumOf(parts: readonly (Part | Share)[]): Sum {
  const amounts = new Map<string, number>(), providers = new Set<string>();
  let charges = 0, unpriced = 0, credits = 0;
  for (const each of parts) {
    // What is known of a charge without an amount is its currency at most.
    if (each.charges > each.unpriced) amounts.set(each.currency, added(amounts.get(each.currency) ?? 0, each.amount));
    charges += each.charges;
    unpriced += each.unpriced;
    if ("credits" in each) { providers.add(each.provider); credits = added(credits, each.credits); }
  }
  // What was free stands in no currency, and beside money it says nothing.
  const paid = [...amounts].filter(([currency, amount]) => amount > 0 || (currency && amounts.size === 1)).sort(([one], [other]) => one.localeCompare(other));
  return { amounts: paid.map(([currency, amount]) => ({ currency, amount })), charges, unpriced, credits: providers.size === 1 ? credits : 0 };
}

/** In the order in which they first stand there. */
function grouped<T>(parts: readonly T[], by: (part: T) => string): [string, T[]][] {
  const groups = new Map<string, T[]>();
  for (const each of parts) groups.set(by(each), [...(groups.get(by(each)) ?? []), each]);
  return [...groups];
}

export interface ProviderSum { provider: string; sum: Sum; models: { model: string; sum: Sum }[] }
export interface ProjectSum { project: string | null; name: string; sum: Sum }
export interface MonthSum { month: string; sum: Sum; providers: ProviderSum[]; projects: ProjectSum[] }

const providersOf = (shares: readonly Share[]): ProviderSum[] =>
  grouped(shares, (each) => each.provider).map(([provider, own]) => ({
    provider, sum: sumOf(own), models: grouped(own, (each) => each.model).map(([model, parts]) => ({ model, sum: sumOf(parts) })),
  }));

const projectsOf = (shares: readonly ProjectShare[]): ProjectSum[] =>
  grouped(shares, (each) => each.project ?? "").map(([project, own]) => ({ project: project || null, name: own[0]?.name ?? "", sum: sumOf(own) }));

/** The latest month first. */
export const monthsOf = ({ shares, projects }: Pick<Spending, "shares" | "projects">): MonthSum[] =>
  grouped(shares, (each) => each.month).map(([month, own]) => ({
    month, sum: sumOf(own), providers: providersOf(own), projects: projectsOf(projects.filter((each) => each.month === month)),
  }));
