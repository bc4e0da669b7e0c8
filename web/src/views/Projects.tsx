/** All projects, and a place for a new one. */
import { useState } from "react";
import { Button, Input, SearchField, Switch } from "react-aria-components";
import { Ask, Dot, Empty } from "../parts/basics";
import { Icon } from "../parts/Icon";
import { namedLike } from "../parts/ProjectMenu";
import { useProjects } from "../state/data";
import { Writers } from "../state/may";
import { go, href } from "../state/route";
import { useSession } from "../state/session";
import { useText } from "../text/text";
import { Coming } from "./Coming";

/** More projects than these are looked for by name. */
const FEW = 12;

export function Projects() {
  const { t, n } = useText();
  const { library, act } = useSession();
  const projects = useProjects();
  const [asking, setAsking] = useState(false);
  const [archived, setArchived] = useState(false);
  const [part, setPart] = useState("");
  const all = (projects.data ?? []).filter((each) => archived || !each.archived);
  const shown = namedLike(all, part);
  return (
    <section className="page">
      <header className="bar"><h1>{t("nav.projects")}</h1><span className="spring" />
        {(all.length > FEW || part !== "") && <SearchField aria-label={t("project.find")} value={part} onChange={setPart} className="mini-search"><Input placeholder={t("project.find")} dir="auto" /></SearchField>}
        {projects.data?.some((each) => each.archived) && <Switch className="switch" isSelected={archived} onChange={setArchived}><span className="knob" />{t("project.archived.show")}</Switch>}
        <Writers><Button className="button primary" onPress={() => setAsking(true)}><Icon name="add" />{t("project.new")}</Button></Writers></header>
      {projects.data && all.length === 0 && <Empty icon="project" title={t("projects.none")}><p>{t("projects.how")}</p></Empty>}
      {all.length > 0 && shown.length === 0 && <Empty icon="search" title={t("project.nothing")} />}
      <Coming of={[projects]} shape="cards" />
      <ul className="cards">
        {shown.map((each) => (
          <li key={each.id}><a href={href("project", each.id)}>
            <span className="cover">{each.cover ? <img src={library.blob(each.cover)} alt="" /> : <Icon name="project" size={36} />}</span>
            <span className="row"><Dot color={each.color} /><b dir="auto">{each.name}</b></span>
            <small>{n("pictures.total", each.assets)}{each.archived && ` · ${t("project.archived")}`}</small>
          </a></li>
        ))}
      </ul>
      <Ask title={t("project.new")} label={t("project.name")} action={t("project.create")} open={asking} onClose={() => setAsking(false)}
        onDone={(name) => void act(async () => { const made = await library.newProject(name); go(href("project", made.id)); return null; })} />
    </section>
  );
}
