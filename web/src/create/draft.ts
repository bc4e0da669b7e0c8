/** What a person is about to ask for. Pure; where it is kept: keeping.ts. */
import { namesIn } from "../prompts/words";
import type { Model, NewBatch, Project, Provider, Scalar, Target } from "../api/types";

export interface Draft {
  prompt: string; negative: string; targets: Target[]; count: number;
  /** 0: what the model usually makes. */
  width: number; height: number;
  /** Empty: another one each time. */
  seed: string; format: string; options: Record<string, Scalar>; project: string | null; tags: string[];
  /** A batch file; its text is null where it was too long to keep, and has to be chosen again. */
  sheet: { name: string; text: string | null } | null; again: boolean;
  /** Pictures of each of its rows that says no number itself: a file says what is wanted, row by row. */
  each: number;
  /** The saved prompt that this was begun from, in which of its languages, and what fills the places by name. */
  saved: string | null; language: string | null; variables: Record<string, string>;
}

export const EMPTY: Draft = {
  prompt: "", negative: "", targets: [], count: 4, width: 0, height: 0, seed: "", format: "", options: {}, project: null, tags: [], sheet: null, again: false, each: 1,
  saved: null, language: null, variables: {},
};
/** What belongs to one prompt and not to the next. */
export const UNSAVED = { saved: null, language: null, variables: {} } as const;
/** A text was replaced at once, and little of it stays at either end: it is another one, not the same written on. */
export function isAnother(before: string, after: string): boolean {
  const most = Math.min(before.length, after.length);
  let start = 0, end = 0;
  while (start < most && before[start] === after[start]) start++;
  while (end < most - start && before[before.length - 1 - end] === after[after.length - 1 - end]) end++;
  return (start + end) * 5 < before.length;
}
/** What of it has the right shape; the rest is as at the beginning. */
export function fitting(found: Record<string, unknown>): Draft {
  const draft: Record<string, unknown> = { ...EMPTY };
  for (const [name, usual] of Object.entries(EMPTY)) {
    const value = found[name];
    const same = typeof value === typeof usual && Array.isArray(value) === Array.isArray(usual);
    const nullable = (["project", "saved", "language"].includes(name) && typeof value === "string") || (name === "sheet" && isSheet(value));
    if (nullable || (usual !== null && value !== null && same)) draft[name] = value;
  }
  return draft as unknown as Draft;
}

const isSheet = (value: unknown) => typeof value === "object" && value !== null && typeof (value as { name?: unknown }).name === "string";

export interface Aimed { provider: Provider; model: Model }

export const nameOf = ({ provider, model }: Aimed) => (provider.title === model.title ? model.title : `${provider.title} · ${model.title}`);
export const isOf = (targets: readonly Target[], { provider, model }: Aimed) => targets.some((each) => each.provider === provider.name && each.model === model.id);
const offered = (providers: readonly Provider[]) =>
  providers.flatMap((provider) => (provider.problem === null ? provider.models.map((model) => ({ provider, model })) : []));

/** The model that a project makes with, where this device has it; without a name the provider's first. */
export function madeWith(making: Target, providers: readonly Provider[]): Aimed | null {
  const all = offered(providers).filter(({ provider }) => provider.name === making.provider);
  return (making.model ? all.find(({ model }) => model.id === making.model) : all[0]) ?? null;
}

/** The chosen models that there are; without a choice what the project makes with and nothing in its place, else the first one that can be used. */
export function aimed(targets: readonly Target[], providers: readonly Provider[], making: Target | null = null): Aimed[] {
  const all = offered(providers);
  const chosen = all.filter((each) => isOf(targets, each));
  if (chosen.length) return chosen;
  if (!making) return all.filter((each) => !each.model.retired).slice(0, 1);
  const named = madeWith(making, providers);
  return named ? [named] : [];
}

/** A draft that goes into a project begins with what that makes with. */
export const into = ({ id, making }: Pick<Project, "id" | "making">): Partial<Draft> => ({ project: id, ...(making ? { targets: [] } : {}) });

/** The order that a draft is. What none of the chosen models takes is not sent along: its field is not shown either. */
export function orderOf(draft: Draft, chosen: readonly Aimed[]): NewBatch {
  const some = (has: (model: Model) => boolean) => chosen.some(({ model }) => has(model));
  const negative = some((model) => model.negative) ? draft.negative : "";
  const lost = draft.sheet?.text === null; // the file has to be chosen again: without it this would be another order
  const options = Object.entries(draft.options).filter(([name]) => some((model) => model.options.some((each) => each.name === name)));
  return {
    prompts: draft.prompt.trim() && !lost ? [draft.prompt] : [], sheet: draft.sheet?.text ?? null, negative,
    targets: chosen.map(({ provider, model }) => ({ provider: provider.name, model: model.id })), count: draft.sheet ? draft.each : draft.count, width: draft.width,
    height: draft.height, seed: draft.seed && some((model) => model.seed) ? draft.seed : null,
    format: some((model) => model.formats.includes(draft.format)) ? draft.format : "", options: Object.fromEntries(options),
    prompt: draft.saved, language: draft.saved === null ? null : draft.language, variables: filledIn({ ...draft, negative }),
    project: draft.project, tags: draft.tags, name: draft.sheet?.name ?? "", again: draft.again, by_projects: draft.sheet !== null,
  };
}

/** What was written for the places of this prompt; an empty field leaves it to the saved prompt. */
function filledIn({ prompt, negative, variables }: Draft): Record<string, string> {
  const names = namesIn(prompt, negative);
  return Object.fromEntries(Object.entries(variables).filter(([name, value]) => names.includes(name) && typeof value === "string" && value.trim() !== ""));
}

/** Whether there is anything to ask for. */
export const isAsked = (order: NewBatch) => order.prompts.length > 0 || order.sheet !== null;

/** Text of a batch file: UTF-8, UTF-16 with its mark, else Big5; null where it is no text. */
export function decoded(bytes: Uint8Array): string | null {
  const marked = bytes[0] === 0xff && bytes[1] === 0xfe ? "utf-16le" : bytes[0] === 0xfe && bytes[1] === 0xff ? "utf-16be" : null;
  for (const name of marked ? [marked] : ["utf-8", "big5"]) {
    try {
      const text = new TextDecoder(name, { fatal: true }).decode(bytes);
      if (!text.includes("\0")) return text;
    } catch {
      continue; // Not in this one.
    }
  }
  return null;
}
