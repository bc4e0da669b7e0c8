/** One saved prompt: its texts and languages, what fills its places, its tags and notes, and what was made from it. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { Button, Menu, MenuItem, MenuTrigger, Popover, ToggleButton, ToggleButtonGroup } from "react-aria-components";
import type { PromptChange, PromptEntry, SavedPrompt, Variant } from "../api/types";
import { Disputed } from "../conflicts/Disputed";
import { AskTags } from "../parts/BulkBar";
import { Ask, Sheet } from "../parts/basics";
import { Editable } from "../parts/Editable";
import { Icon } from "../parts/Icon";
import { Timeline } from "../parts/Timeline";
import { LiveText } from "../shared/LiveText";
import { failureOf, usePrompts } from "../state/data";
import { useMay, Writers } from "../state/may";
import { go, href, leave } from "../state/route";
import { useSession } from "../state/session";
import { useText } from "../text/text";
import { Difference } from "./Difference";
import { useUse } from "./use";
import { folded, languageName, namesIn, usualIn } from "./words";
import { SharedWords, Words } from "./Words";

/** Those that people of this program write in. */
const LANGUAGES = ["zh-TW", "en", "ja", "ko"];

export function Prompt({ id }: { id: string }) {
  const { t } = useText();
  const { explain } = useSession();
  const prompts = usePrompts();
  const found = prompts.data?.find((each) => each.id === id);
  const name = found?.name;
  useEffect(() => { if (name) document.title = `${name} – Gesso`; }, [name]);
  const failure = failureOf(prompts);
  if (failure) return <div className="alone" role="alert"><h1>{explain(failure)}</h1></div>;
  if (!prompts.data) return <div className="loading" aria-busy="true" />;
  if (!found) return <div className="alone" role="alert"><h1>{t("problem.no_prompt", { id: id.slice(0, 8) })}</h1><a className="button" href={href("prompts")}>{t("back")}</a></div>;
  return <Opened prompt={found} />;
}

type Change = (to: PromptChange, said?: string) => Promise<boolean>;

function Opened({ prompt }: { prompt: SavedPrompt }) {
  const { t, n } = useText();
  const { library, act, workspace } = useSession();
  const queries = useQueryClient();
  const use = useUse();
  const [chosen, setLanguage] = useState<string | null>(null);
  // What was written last may still be on its way.
  const written = useRef<Variant | null>(null);
  const language = chosen !== null && chosen in prompt.variants ? chosen : null;
  const said: Variant = language === null ? prompt : (prompt.variants[language] ?? prompt);
  const change: Change = (to, told) => act(async () => {
    const edited = await library.editPrompt(prompt.id, to);
    // At once: what is written next goes on from it.
    queries.setQueryData<SavedPrompt[]>([workspace, "prompts"], (all) => all?.map((each) => (each.id === edited.id ? edited : each)));
    return edited;
  }, told);
  const onWrite = (now: Variant) => { written.current = now; };
  return (
    <section className="page prompt-page">
      <header className="bar"><a className="icon-button" href={href("prompts")} aria-label={t("back")}><Icon name="back" /></a>
        <h1 className="unseen">{prompt.name}</h1>
        <span className="prompt-name"><Editable label={t("project.name")} value={prompt.name} onSave={(name) => (name.trim() ? change({ name }) : Promise.resolve(true))} /></span>{prompt.archived && <small>{t("project.archived")}</small>}
        {prompt.assets > 0 && <a className="link" href={href("pictures", null, { q: `prompt:${prompt.id}` })}>{n("prompt.made", prompt.assets)}</a>}
        <More prompt={prompt} change={change} />
        <Button className="button primary" onPress={() => use(prompt, language, written.current ?? undefined)}><Icon name="create" />{t("prompt.use")}</Button></header>
      <div className="prompt-body">
        <Disputed fields={prompt.conflicts} />
        <Languages prompt={prompt} language={language} onChoose={(to) => { written.current = null; setLanguage(to); }} change={change} />
        {language === null ? <SharedWords prompt={prompt} onWrite={onWrite} />
          : <Words key={language} prompt={prompt} said={said} onWrite={onWrite} onSave={({ text, negative }) => change({ variants: { [language]: { text, negative } } })} />}
        <div className="prompt-rest">
          <Variables prompt={prompt} change={change} />
          <Tags prompt={prompt} change={change} />
          <section><h2>{t("field.note")}</h2><LiveText document={prompt.id} field="notes" label={t("field.note")} value={prompt.notes} placeholder={t("note.hint")} /></section>
        </div>
      </div>
    </section>
  );
}

interface PartProps { prompt: SavedPrompt; change: Change }

function Languages({ prompt, change, language, onChoose }: PartProps & { language: string | null; onChoose: (language: string | null) => void }) {
  const { t } = useText();
  const may = useMay();
  const there = Object.keys(prompt.variants), rest = LANGUAGES.filter((each) => !there.includes(each));
  const add = (each: string) => void change({ variants: { [each]: { text: prompt.text, negative: prompt.negative } } }).then((done) => { if (done) onChoose(each); });
  return (
    <div className="row">
      {there.length > 0 && <ToggleButtonGroup className="segments" aria-label={t("prompt.language")} selectionMode="single" disallowEmptySelection selectedKeys={[language ?? "first"]} onSelectionChange={(keys) => { const key = String([...keys][0]); onChoose(key === "first" ? null : key); }}>
        <ToggleButton id="first">{t("prompt.first")}</ToggleButton>
        {there.map((each) => <ToggleButton key={each} id={each}>{languageName(each)}</ToggleButton>)}
      </ToggleButtonGroup>}
      {may.write && rest.length > 0 && <MenuTrigger><Button className="chip add"><Icon name="add" size={12} />{t("prompt.language.add")}</Button>
        <Popover className="popover" aria-label={t("prompt.language.add")}><Menu className="list" aria-label={t("prompt.language.add")} onAction={(key) => add(String(key))}>{rest.map((each) => <MenuItem key={each} id={each} textValue={languageName(each)}>{languageName(each)}</MenuItem>)}</Menu></Popover></MenuTrigger>}
      {may.write && language !== null && <Button className="link" onPress={() => { onChoose(null); void change({ variants: { [language]: null } }, t("prompt.language.removed", { name: languageName(language) })); }}>{t("prompt.language.remove", { name: languageName(language) })}</Button>}
    </div>
  );
}

function Variables({ prompt, change }: PartProps) {
  const { t } = useText();
  const usual = usualIn(prompt.text, prompt.negative, ...Object.values(prompt.variants).flatMap((each) => [each.text, each.negative]));
  const names = [...new Set([...namesIn(prompt.text, prompt.negative, ...Object.values(prompt.variants).flatMap((each) => [each.text, each.negative])), ...Object.keys(prompt.variables)])];
  return (
    <section><h2>{t("prompt.variables")}</h2>
      {names.length === 0 && <p className="quiet">{t("prompt.variables.how", { sign: "{{name}}" })}</p>}
      <dl className="variables">{names.map((each) => (
        <div key={each}><dt dir="auto">{each}</dt><dd><Editable label={t("prompt.variable", { name: each })} value={prompt.variables[each] ?? ""} placeholder={usual.get(folded(each)) ?? t("prompt.variable.none")} onSave={(value) => change({ variables: { [each]: value || null } })} /></dd></div>
      ))}</dl></section>
  );
}

function Tags({ prompt, change }: PartProps) {
  const { t } = useText();
  const [asking, setAsking] = useState(false);
  return (
    <section><h2>{t("field.tags")}</h2><div className="tags">
      {prompt.tags.map((each) => <span key={each} className="chip"><bdi className="cut">{each}</bdi><Writers><Button aria-label={t("tags.remove", { name: each })} onPress={() => void change({ remove_tags: [each] })}><Icon name="close" size={12} /></Button></Writers></span>)}
      <Writers><Button className="chip add" onPress={() => setAsking(true)}><Icon name="add" size={12} />{t("tags.add")}</Button></Writers>
      <AskTags open={asking} onClose={() => setAsking(false)} onChange={({ add_tags = [], remove_tags = [] }) => void change({ add_tags, remove_tags })} />
    </div></section>
  );
}

/** What an action made of the texts, beside what stood there before. */
function Said({ entries, action }: { entries: readonly PromptEntry[]; action: string }) {
  const { t } = useText();
  const at = entries.findIndex((each) => each.action === action), entry = entries[at], older = entries.slice(at + 1).find((each) => each.text !== null);
  if (!entry || entry.text === null) return null;
  const texts = ([["text", t("fact.prompt")], ["negative", t("fact.negative")]] as const).filter(([field]) => (entry[field] ?? "") !== (older?.[field] ?? ""));
  return texts.map(([field, label]) => (
    <span key={field} className="said difference" dir="auto">{field === "negative" && <b>{label} </b>}<Difference before={older?.[field] ?? ""} after={entry[field] ?? ""} /></span>
  ));
}

function More({ prompt, change }: PartProps) {
  const { t } = useText();
  const { library, act, workspace } = useSession();
  const may = useMay();
  const [sheet, setSheet] = useState<"history" | "copy" | null>(null);
  const history = useQuery({ queryKey: [workspace, "prompt", prompt.id, "history"], queryFn: () => library.promptHistory(prompt.id), enabled: sheet === "history" });
  const choose = (key: string) => {
    if (key === "history" || key === "copy") setSheet(key);
    else if (key === "archive") void change({ archived: !prompt.archived });
    else void leave(href("prompts"), () => act(() => library.deletePrompt(prompt.id), t("prompt.deleted", { name: prompt.name })));
  };
  return (
    <>
      <MenuTrigger><Button className="button" aria-label={t("prompt.actions")}><Icon name="dots" /></Button>
        <Popover className="popover" placement="bottom end" aria-label={t("prompt.actions")}><Menu className="list" aria-label={t("prompt.actions")} onAction={(key) => choose(String(key))}>
          {may.write && <MenuItem id="copy" textValue={t("prompt.duplicate")}><Icon name="copy" size={15} />{t("prompt.duplicate")}</MenuItem>}
          {may.write && <MenuItem id="archive" textValue={t(prompt.archived ? "project.unarchive" : "project.archive")}><Icon name="project" size={15} />{t(prompt.archived ? "project.unarchive" : "project.archive")}</MenuItem>}
          <MenuItem id="history" textValue={t("nav.history")}><Icon name="history" size={15} />{t("nav.history")}</MenuItem>
          {may.write && <MenuItem id="delete" textValue={t("prompt.delete")}><Icon name="bin" size={15} />{t("prompt.delete")}</MenuItem>}
        </Menu></Popover></MenuTrigger>
      <Sheet title={t("nav.history")} open={sheet === "history"} onClose={() => setSheet(null)} wide><Timeline entries={history.data ?? []} more={(entry) => <Said entries={history.data ?? []} action={entry.action} />} /></Sheet>
      <Ask title={t("prompt.duplicate")} label={t("project.name")} action={t("prompt.duplicate")} start={t("project.copy", { name: prompt.name })} open={sheet === "copy"} onClose={() => setSheet(null)}
        onDone={(name) => void act(async () => { const made = await library.duplicatePrompt(prompt.id, name); go(href("prompt", made.id)); return made; })} />
    </>
  );
}
