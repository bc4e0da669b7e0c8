/** The draft that a batch was asked for with, as far as its jobs tell. Pure. */
import type { Job, Target } from "../api/types";
import { EMPTY, type Draft } from "./draft";
import { literally } from "./history";

const different = <T,>(all: readonly T[]) => [...new Map(all.map((each) => [JSON.stringify(each), each])).values()];
function groupsOf(jobs: readonly Job[], keyOf: (job: Job) => unknown): Job[][] {
  const found = new Map<string, Job[]>();
  for (const each of jobs) {
    const key = JSON.stringify(keyOf(each)), group = found.get(key);
    if (group) group.push(each);
    else found.set(key, [each]);
  }
  return [...found.values()];
}
const only = <T,>(all: readonly T[]): T | undefined => (new Set(all).size === 1 ? all[0] : undefined);
const targetOf = ({ provider, model }: Job): Target => ({ provider, model });
const sizeOf = ({ width, height }: Job) => `${width}x${height}`;

/** What several prompts are sent as: a batch file with a row for each, and for each model where not all were asked the same. */
function rows(jobs: readonly Job[], shared: boolean, count: number | undefined): string {
  const groups = groupsOf(jobs, (job) => [job.prompt, job.negative, shared ? null : targetOf(job)]);
  const size = only(jobs.map(sizeOf));
  return groups.map((group) => {
    const first = group[0] as Job;
    const own = size === undefined ? only(group.map(sizeOf)) : undefined;
    return JSON.stringify({
      prompt: literally(first.prompt), ...(first.negative ? { negative: literally(first.negative) } : {}), ...(own ? { size: own } : {}),
      ...(count === undefined ? { count: timesOf(group) } : {}), ...(shared ? {} : targetOf(first)),
    });
  }).join("\n");
}

/** So many pictures were asked of each model. */
const timesOf = (group: readonly Job[]) => Math.max(1, Math.round(group.length / different(group.map(targetOf)).length));

/** `name`: what the file of its prompts is called, where it has several. */
export function draftOf(jobs: readonly Job[], name: string): Partial<Draft> {
  const first = jobs[0];
  if (!first) return {};
  const targets = different(jobs.map(targetOf));
  const groups = groupsOf(jobs, (job) => [job.prompt, job.negative]);
  const shared = groups.every((group) => different(group.map(targetOf)).length === targets.length);
  const count = only(groups.map(timesOf)), several = groups.length > 1, size = only(jobs.map(sizeOf));
  // One that all have was chosen; each of its own is chance's.
  const seed = jobs.length > 1 ? only(jobs.map((each) => each.seed)) : undefined;
  return {
    ...EMPTY, targets, ...(several ? { each: count ?? 1 } : { count: count ?? 1 }), seed: seed ?? "", format: only(jobs.map((each) => each.format)) ?? "",
    options: Object.assign({}, ...jobs.map((each) => each.options)) as Draft["options"], project: first.project, tags: first.tags, saved: only(jobs.map((each) => each.saved)) ?? null,
    width: size ? first.width : 0, height: size ? first.height : 0,
    ...(several ? { sheet: { name, text: rows(jobs, shared, count) }, again: true } : { prompt: literally(first.prompt), negative: literally(first.negative) }),
  };
}
