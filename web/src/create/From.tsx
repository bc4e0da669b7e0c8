/** The saved prompt that this one was begun from, its languages, and a field for each place to fill. */
import { Button, Input, Label, TextField, ToggleButton, ToggleButtonGroup } from "react-aria-components";
import { Icon } from "../parts/Icon";
import { SavePrompt } from "../prompts/SavePrompt";
import { folded, languageName, namesIn, saidIn, usualIn } from "../prompts/words";
import { usePrompts } from "../state/data";
import { href } from "../state/route";
import { useText } from "../text/text";
import { UNSAVED, type Draft } from "./draft";
import type { Change } from "./hooks";

/** `missing`: the places that have to be filled before anything can be asked for; `names`: all that a field can fill. */
export function From({ draft, names, missing, onChange, onKeep }: { draft: Draft; names: readonly string[]; missing: readonly string[]; onChange: Change; onKeep: (prompt: string) => void }) {
  const { t } = useText();
  const prompts = usePrompts();
  const saved = prompts.data?.find((each) => each.id === draft.saved);
  const all = namesIn(draft.prompt, draft.negative), languages = Object.keys(saved?.variants ?? {});
  const usual = usualIn(draft.prompt, draft.negative);
  const name = saved?.name ?? t("prompt.gone");
  const speak = (language: string | null) => {
    if (!saved) return;
    const said = saidIn(saved, language);
    if (draft.prompt !== saidIn(saved, draft.language).text) onKeep(draft.prompt);
    onChange({ language, prompt: said.text, negative: said.negative });
  };
  return (
    <>
      {(draft.prompt.trim() || draft.saved) && <div className="tags">
        {draft.saved && (saved || prompts.data) && <span className="chip"><Icon name="prompt" size={13} />{saved ? <a href={href("prompt", saved.id)}><bdi>{name}</bdi></a> : <bdi className="cut">{name}</bdi>}
          <Button aria-label={t("prompt.without", { name })} onPress={() => onChange({ saved: null, language: null })}><Icon name="close" size={12} /></Button></span>}
        {draft.prompt.trim() && (!saved || saidIn(saved, draft.language).text !== draft.prompt) && <SavePrompt text={draft.prompt} negative={draft.negative} variables={Object.fromEntries(Object.entries(draft.variables).filter(([each]) => all.includes(each)))} onSaved={(made) => onChange({ ...UNSAVED, saved: made.id })} />}
      </div>}
      {languages.length > 0 && <ToggleButtonGroup className="segments start" aria-label={t("prompt.language")} selectionMode="single" disallowEmptySelection selectedKeys={[draft.language ?? "first"]} onSelectionChange={(keys) => { const key = String([...keys][0]); speak(key === "first" ? null : key); }}>
        <ToggleButton id="first">{t("prompt.first")}</ToggleButton>
        {languages.map((each) => <ToggleButton key={each} id={each}>{languageName(each)}</ToggleButton>)}
      </ToggleButtonGroup>}
      {names.length > 0 && <div className="variables" role="group" aria-label={t("prompt.variables")}>
        {names.map((each) => (
          <TextField key={each} className={missing.includes(each) ? "field missing" : "field"} isRequired={missing.includes(each)} validationBehavior="aria" value={draft.variables[each] ?? ""} onChange={(value) => onChange({ variables: { ...draft.variables, [each]: value } })}>
            <Label dir="auto">{each}</Label><Input dir="auto" placeholder={saved?.variables[each] || usual.get(folded(each)) || (missing.includes(each) ? t("prompt.fill") : "")} /></TextField>
        ))}
      </div>}
    </>
  );
}
