/** The prompt library: all saved prompts, found by any word of them. */
import { useState } from "react";
import { Button, Input, SearchField, Switch } from "react-aria-components";
import { Ask, Empty } from "../parts/basics";
import { Icon } from "../parts/Icon";
import { usePrompts } from "../state/data";
import { Writers } from "../state/may";
import { go, href } from "../state/route";
import { useSession } from "../state/session";
import { useText } from "../text/text";
import { Coming } from "../views/Coming";
import { useUse } from "./use";
import { languageName, promptsLike } from "./words";

export function Prompts() {
  const { t, n } = useText();
  const { library, act } = useSession();
  const prompts = usePrompts();
  const use = useUse();
  const [asking, setAsking] = useState(false);
  const [archived, setArchived] = useState(false);
  const [words, setWords] = useState("");
  const all = (prompts.data ?? []).filter((each) => archived || !each.archived), shown = promptsLike(all, words);
  return (
    <section className="page">
      <header className="bar"><h1>{t("nav.prompts")}</h1><span className="spring" />
        {all.length > 0 && <SearchField aria-label={t("prompt.find")} value={words} onChange={setWords} className="mini-search"><Input placeholder={t("prompt.find")} dir="auto" data-search /></SearchField>}
        {prompts.data?.some((each) => each.archived) && <Switch className="switch" isSelected={archived} onChange={setArchived}><span className="knob" />{t("project.archived.show")}</Switch>}
        <Writers><Button className="button primary" onPress={() => setAsking(true)}><Icon name="add" />{t("prompt.new")}</Button></Writers></header>
      {prompts.data && all.length === 0 && <Empty icon="prompt" title={t("prompts.none")}><p>{t("prompts.how")}</p></Empty>}
      {all.length > 0 && shown.length === 0 && <Empty icon="search" title={t("prompt.nothing")} />}
      <Coming of={[prompts]} shape="rows" />
      <ul className="prompt-list">
        {shown.map((each) => (
          <li key={each.id}>
            <a href={href("prompt", each.id)}><b dir="auto" title={each.name}>{each.name}</b><span className="cut-lines" dir="auto">{each.text}</span>
              <small>{[each.assets > 0 ? n("prompt.made", each.assets) : "", ...Object.keys(each.variants).map(languageName), ...each.tags, each.archived ? t("project.archived") : ""].filter(Boolean).join(" · ")}</small></a>
            <Button className="button" aria-label={t("prompt.use.named", { name: each.name })} onPress={() => use(each, null)}><Icon name="create" />{t("prompt.use")}</Button>
          </li>
        ))}
      </ul>
      <Ask title={t("prompt.new")} label={t("project.name")} action={t("project.create")} open={asking} onClose={() => setAsking(false)}
        onDone={(name) => void act(async () => { const made = await library.newPrompt({ name }); go(href("prompt", made.id)); return made; })} />
    </section>
  );
}
