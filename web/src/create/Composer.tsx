/** The left side: everything that is asked, what it comes to, and the button. */
import { useEffect, useState } from "react";
import { Button } from "react-aria-components";
import type { Fault, Project, Quote } from "../api/types";
import { namesIn } from "../prompts/words";
import { tagsOf } from "../parts/BulkBar";
import { Ask, Dot } from "../parts/basics";
import { Icon } from "../parts/Icon";
import { ProjectMenu } from "../parts/ProjectMenu";
import { useFacets, useProjects, usePrompts, useProviders, useSpeaker } from "../state/data";
import { takeSheets } from "../state/drop";
import { useGoing } from "../state/jobs";
import { useLink } from "../state/live";
import { useMay } from "../state/may";
import { useSession, useStatus } from "../state/session";
import { useText } from "../text/text";
import { decoded, into, isAnother, isAsked, type Aimed, type Draft } from "./draft";
import type { Change, Estimate } from "./hooks";
import { Improve } from "./Improve";
import { Knobs } from "./Knobs";
import { Models } from "./Models";
import { From } from "./From";
import { leftOf, priceOf, spanOf } from "./price";
import { PromptField } from "./PromptField";
import { SheetPart } from "./SheetPart";
import { ALL, usesOf, type Uses } from "./uses";

type Order = Parameters<typeof isAsked>[0];

interface ComposerProps {
  draft: Draft; project: Project | null; chosen: readonly Aimed[]; order: Order; estimate: Estimate; past: readonly string[]; lastSeed: string | null; busy: boolean;
  onChange: Change; onBegin: (next: boolean) => void;
  /** Keeps a prompt that gives way to another among those written before. */
  onKeep: (prompt: string) => void;
}
/** A place of the prompt that nobody filled yet, and that has a field of its own: a thing to do, no fault of the prompt. */
const unfilled = (fault: Fault, names: readonly string[]) => fault.row === null && fault.code === "prompt.variable" && names.some((each) => each.toLowerCase() === fault.params["name"]?.trim().toLowerCase());
/** Faults that stand at the field they are about. */
const AT_FIELD = (fault: Fault, field: "prompt" | "negative") => fault.row === null && (fault.field ?? "prompt") === field && /^(prompt|job)\./.test(fault.code);
const isElsewhere = (fault: Fault, draft: Draft) => fault.row === null && !AT_FIELD(fault, "prompt") && !AT_FIELD(fault, "negative") && (!draft.sheet || fault.code.startsWith("job."));
const MOST_BYTES = 8 << 20;

/** Each once: with many rows the same is wrong with many. */
function different(faults: readonly Fault[]): Fault[] {
  return [...new Map(faults.map((each) => [JSON.stringify([each.code, each.params]), each])).values()];
}

/** What the choices and variables of a prompt become, where it is not what was written. */
export function Sent({ quote, prompt }: { quote: Quote; prompt: string }) {
  const { t, n } = useText();
  if (!quote.prompts.length || (quote.prompts.length === 1 && quote.prompts[0] === prompt.trim())) return null;
  return (
    <details className="sent" open><summary>{t("create.sent")}</summary>
      <ol>{quote.prompts.map((each) => <li key={each} dir="auto">{each}</li>)}</ol>
      {quote.prompts.length >= 5 && <p className="quiet">{n("create.sent.all", quote.jobs)}</p>}
    </details>
  );
}

function Where({ draft, project, onChange }: { draft: Draft; project: Project | null; onChange: Change }) {
  const { t } = useText();
  const projects = useProjects().data ?? [];
  const [menu, setMenu] = useState(false);
  const [asking, setAsking] = useState(false);
  const facets = useFacets("", null, asking);
  return (
    <div className="where" role="group" aria-label={t("create.where")}>
      <h2>{t("create.where")}</h2>
      <div className="tags">
        {project && <span className="chip"><Dot color={project.color} /><bdi className="cut">{project.name}</bdi><Button aria-label={t("create.project.without", { name: project.name })} onPress={() => onChange({ project: null })}><Icon name="close" size={12} /></Button></span>}
        {draft.tags.map((each) => <span key={each} className="chip"><Icon name="tag" size={12} /><bdi className="cut">{each}</bdi><Button aria-label={t("tags.remove", { name: each })} onPress={() => onChange({ tags: draft.tags.filter((tag) => tag !== each) })}><Icon name="close" size={12} /></Button></span>)}
        {!project && <ProjectMenu open={menu} onOpen={setMenu} onChoose={(id) => onChange(into(projects.find((each) => each.id === id) ?? { id, making: null }))}><Button className="chip add"><Icon name="project" size={12} />{t("create.project")}</Button></ProjectMenu>}
        <Button className="chip add" onPress={() => setAsking(true)}><Icon name="tag" size={12} />{t("field.tags")}</Button>
      </div>
      <Ask title={t("create.tags")} label={t("tags.hint")} action={t("save")} known={facets.data?.tags.map((each) => each.value) ?? []} open={asking} onClose={() => setAsking(false)}
        onDone={(text) => onChange({ tags: [...new Set([...draft.tags, ...tagsOf(text).add_tags])].slice(0, 50) })} />
    </div>
  );
}

/** The places that nobody filled, and how many faults say so. */
function namesMissing(draft: Draft, quote: Quote | null): { names: string[]; faults: number } {
  const names = namesIn(draft.prompt, draft.negative), found = quote?.faults.filter((each) => unfilled(each, names)) ?? [];
  return { names: names.filter((name) => found.some((each) => unfilled(each, [name]))), faults: found.length };
}

/** What the rows of the file use, as it was told last: while one writes it stays. */
function useUses({ sheet, prompt }: Draft, { negative }: Order, { quote, current }: Estimate): Uses {
  const [told, setTold] = useState(ALL);
  const now = sheet && quote && current ? usesOf(quote, { prompt, negative }) : sheet ? told : ALL;
  if (JSON.stringify(now) !== JSON.stringify(told)) setTold(now);
  return prompt.trim() ? now : { ...now, prompt: true };
}

const PATIENCE = 1500;

/** Whether what decides how much room the fields take is still on its way: until then what stands below the prompt is not
 * shown, for it would jump. Nobody waits long for it. */
function useComing(draft: Draft, { quote, error }: Estimate, asked: boolean): boolean {
  const providers = useProviders(), speaker = useSpeaker(), prompts = usePrompts(), going = useGoing();
  const counted = asked && (draft.sheet !== null || /[{_]/.test(draft.prompt));
  const here = !providers.isPending && !speaker.isPending && !going.isPending && (!draft.saved || !prompts.isPending) && (!counted || quote !== null || error !== null);
  const [settled, setSettled] = useState(here);
  if (here && !settled) setSettled(true);
  useEffect(() => {
    const timer = window.setTimeout(() => setSettled(true), PATIENCE);
    return () => window.clearTimeout(timer);
  }, []);
  return !settled;
}

/** What it comes to, what stands in its way, and what some of the models leave out. */
function Comes({ draft, estimate, asked }: { draft: Draft; estimate: Estimate; asked: boolean }) {
  const text = useText();
  const { explain } = useSession();
  const link = useLink();
  const { months } = useStatus();
  const { t, code, n } = text;
  const { quote, error, current } = estimate;
  if (link !== "open") return <p className="comes bad-text" role="status" id="create-comes">{text.said([t(`away.${link}`), t("away.kept")])}</p>;
  if (error) return <p className="comes bad-text" role="status">{explain(error)}</p>;
  if (!asked || !quote) return <p className="comes quiet" role="status">{asked ? t("estimate.asking") : t("estimate.nothing")}</p>;
  const missing = namesMissing(draft, quote);
  const wrong = quote.fault_count - missing.faults;
  const elsewhere = different(quote.faults.filter((each) => isElsewhere(each, draft)));
  const left = different(quote.left_out);
  return (
    <div className={current ? "comes" : "comes old"}>
      {missing.names.length > 0 && wrong === 0 && quote.jobs === 0 ? <p role="status">{t("estimate.fill", { names: text.list(missing.names) })}</p>
        : <p role="status"><b>{priceOf(quote, text)}</b>{spanOf(quote, text) && ` · ${spanOf(quote, text)}`}{wrong > 0 && !draft.sheet && ` · ${n("estimate.faults", wrong)}`}</p>}
      {leftOf(quote, months, text).map(({ said, over }) => <p key={said} className={over ? "bad-text" : "quiet"} data-left>{said}</p>)}
      {elsewhere.map((each, at) => <p key={at} className="bad-text">{code("problem", each.code, each.message, each.params)}</p>)}
      {left.length > 0 && quote.jobs > 0 && <details><summary className="plain">{n("estimate.left_out", left.length)}</summary><ul>{left.map((each, at) => <li key={at}>{code("problem", each.code, each.message, each.params)}</li>)}</ul></details>}
    </div>
  );
}

export function Composer({ draft, project, chosen, order, estimate, past, lastSeed, busy, onChange, onBegin, onKeep }: ComposerProps) {
  const text = useText();
  const { t, n, bytes } = text;
  const { say } = useSession();
  const { months } = useStatus();
  const may = useMay(), stopped = useLink() === "stopped";
  const providers = useProviders();
  const asked = isAsked(order);
  const { quote, current } = estimate;
  const missing = namesMissing(draft, asked ? quote : null).names;
  const faults = (quote?.faults ?? []).filter((each) => !unfilled(each, missing));
  const uses = useUses(draft, order, estimate);
  const names = namesIn(...(uses.prompt === false ? [] : [draft.prompt]), order.negative).filter((each) => !uses.idle.includes(each));
  // What passes the limit is refused; the line above says so, and what to do.
  const over = quote !== null && leftOf(quote, months, text).some((each) => each.over);
  const blocked = current && quote !== null && (over || quote.jobs === 0 || (quote.fault_count > 0 && !draft.sheet));
  const coming = useComing(draft, estimate, asked);
  const take = async (file: File) => {
    if (file.size > MOST_BYTES) return say(t("sheet.long", { most: bytes(MOST_BYTES) }), { bad: true });
    const text = decoded(new Uint8Array(await file.arrayBuffer()));
    if (text === null) return say(t("sheet.unreadable", { name: file.name }), { bad: true });
    onChange({ sheet: { name: file.name, text } });
  };
  useEffect(() => takeSheets(([first, ...others]) => {
    if (first) void take(first);
    if (first && others.length) say(n("sheet.others", others.length, { name: first.name }));
  }));
  const sheet = <SheetPart draft={draft} quote={quote} models={chosen.length} negative={order.negative} onFile={(file) => void take(file)} onChange={onChange} />;
  return (
    <form className="composer" data-coming={coming || undefined} aria-label={t("nav.create")} onSubmit={(event) => { event.preventDefault(); onBegin(false); }}
      onKeyDown={(event) => { if (event.key === "Enter" && event.target instanceof HTMLInputElement) event.preventDefault(); }}>
      <div className="composer-fields">
        <PromptField id="prompt" label={t("create.prompt")} value={draft.prompt} placeholder={t(draft.sheet ? "create.prompt.sheet" : "create.prompt.hint")} past={past} autoFocus
          faults={faults.filter((each) => AT_FIELD(each, "prompt"))} onChange={(prompt) => onChange(draft.saved && isAnother(draft.prompt, prompt) ? { prompt, saved: null, language: null } : { prompt })} onBegin={onBegin} onLeft={onKeep} />
        {uses.prompt !== true && <p className="beside quiet" role="status" data-unused={uses.prompt === false || undefined}><Icon name="info" size={14} />{t(uses.prompt === false ? "create.prompt.unused" : "create.prompt.some")}</p>}
        <Improve prompt={draft.prompt} onTake={(prompt) => onChange({ prompt })} />
        <From draft={draft} names={names} missing={missing} onChange={onChange} onKeep={onKeep} />
        {quote && asked && !draft.sheet && <Sent quote={quote} prompt={draft.prompt} />}
        {chosen.some(({ model }) => model.negative) && <PromptField id="negative" label={t("fact.negative")} value={draft.negative} placeholder={t("create.negative.hint")} past={[]}
          faults={faults.filter((each) => AT_FIELD(each, "negative"))} onChange={(negative) => onChange({ negative })} onBegin={onBegin} />}
        {draft.sheet && sheet}
        <Models providers={providers.data ?? []} chosen={chosen} targets={draft.targets} project={project} onChange={(targets) => onChange({ targets })} />
        <Knobs draft={draft} chosen={chosen} lastSeed={lastSeed} onChange={onChange} />
        <Where draft={draft} project={project} onChange={onChange} />
        {!draft.sheet && sheet}
      </div>
      <div className="composer-foot">
        <Comes draft={draft} estimate={estimate} asked={asked} />
        <Button type="submit" className="button primary generate" aria-describedby={stopped ? "create-comes" : undefined} isDisabled={!asked || blocked || !may.write || stopped} isPending={busy}><Icon name="create" />{quote && current && quote.jobs > 0 ? n("create.generate", quote.jobs) : t("create.generate.any")}</Button>
      </div>
    </form>
  );
}
