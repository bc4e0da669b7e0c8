/** One project: its name, brief and colour, its pictures, its timeline, and how it was at a moment. */
import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { Button } from "react-aria-components";
import type { Project as Shape, ProjectChange } from "../api/types";
import { PinAll } from "../copies/Policy";
import { Disputed } from "../conflicts/Disputed";
import { into } from "../create/draft";
import { keepDraft, readDraft } from "../create/keeping";
import { Ask, Sheet } from "../parts/basics";
import { ColorMenu } from "../parts/ColorMenu";
import { Editable } from "../parts/Editable";
import { Icon } from "../parts/Icon";
import { LiveText } from "../shared/LiveText";
import { Timeline } from "../parts/Timeline";
import { useMay } from "../state/may";
import { go, href, useRoute } from "../state/route";
import { failureOf } from "../state/data";
import { useSession } from "../state/session";
import { useText } from "../text/text";
import { MakingMenu } from "./MakingMenu";
import { Pictures } from "./Pictures";

function Head({ project, at }: { project: Shape; at: string | null }) {
  const { t } = useText();
  const { library, act, workspace } = useSession();
  const [sheet, setSheet] = useState<"history" | "duplicate" | null>(null);
  const history = useQuery({ queryKey: [workspace, "project", project.id, "history"], queryFn: () => library.projectHistory(project.id), enabled: sheet === "history" });
  const change = (to: ProjectChange) => act(async () => { await library.editProject(project.id, to); return null; });
  const create = () => {
    keepDraft(localStorage, workspace, { ...readDraft(localStorage, workspace), ...into(project) });
    go(href("create"));
  };
  const may = useMay();
  const moment = (when: number) => new Date(when).toISOString();
  return (
    <header className="project-head">
      <ColorMenu color={project.color} disabled={at !== null} onChoose={(color) => void change({ color })} />
      <div className="stack grow"><Editable shape="wrap" label={t("project.name")} value={project.name} disabled={at !== null} onSave={(name) => (name.trim() ? change({ name }) : Promise.resolve(true))} />
        <Disputed fields={at === null ? project.conflicts : []} />
        <LiveText key={at} document={project.id} field="brief" label={t("project.brief")} value={project.brief} placeholder={t("project.brief.hint")} disabled={at !== null} />
        <MakingMenu making={project.making} disabled={at !== null} onChoose={(making) => void change({ making })} /></div>
      <div className="row actions">
        {at !== null && may.write && <Button className="button primary" onPress={() => void act(async () => { await library.restoreProject(project.id, at); go(href("project", project.id)); return null; }, t("project.restored"))}>{t("restore")}</Button>}
        {at === null && may.write && !project.archived && <Button className="button" onPress={create}><Icon name="create" />{t("project.make")}</Button>}
        <Button className="button" onPress={() => setSheet("history")}><Icon name="history" />{t("nav.history")}</Button>
        {at === null && <PinAll subject={project.id} />}
        {at === null && may.write && <><Button className="button" onPress={() => setSheet("duplicate")}>{t("project.duplicate")}</Button>
          <Button className="button" onPress={() => void change({ archived: !project.archived })}>{t(project.archived ? "project.unarchive" : "project.archive")}</Button></>}
      </div>
      <Sheet title={t("nav.history")} open={sheet === "history"} onClose={() => setSheet(null)} wide>
        <Timeline entries={history.data ?? []} link={(entry) => <Button className="link" onPress={() => { setSheet(null); go(href("project", project.id, { at: moment(entry.when) })); }}>{t("history.see")}</Button>} />
      </Sheet>
      <Ask title={t("project.duplicate")} label={t("project.name")} action={t("project.duplicate")} start={t("project.copy", { name: project.name })} open={sheet === "duplicate"} onClose={() => setSheet(null)}
        onDone={(name) => void act(async () => { const made = await library.duplicateProject(project.id, name); go(href("project", made.id)); return null; })} />
    </header>
  );
}

export function Project({ id }: { id: string }) {
  const { params } = useRoute();
  const { t } = useText();
  const { library, workspace, explain } = useSession();
  const at = params.get("at");
  const found = useQuery({ queryKey: [workspace, "project", id, at], queryFn: () => (at ? library.projectAt(id, at) : library.project(id)) });
  const name = found.data?.name;
  useEffect(() => { if (name) document.title = `${name} – Gesso`; }, [name]);
  const failure = failureOf(found);
  if (failure) return <div className="alone" role="alert"><h1>{explain(failure)}</h1><a className="button" href={href("projects")}>{t("back")}</a></div>;
  if (!found.data) return <div className="loading" aria-busy="true" />;
  return <Pictures key={id} fixed={`project:${id}`} heading={<Head project={found.data} at={at} />} />;
}
