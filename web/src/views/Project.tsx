/** One project: its name, brief and colour, its pictures, its timeline, and how it was at a moment. */
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Button, Menu, MenuItem, MenuTrigger, Popover } from "react-aria-components";
import type { Project as Shape, ProjectChange } from "../api/types";
import { Ask, Editable, Sheet } from "../parts/basics";
import { Icon } from "../parts/Icon";
import { Timeline } from "../parts/Timeline";
import { go, href, useRoute } from "../state/route";
import { useSession } from "../state/session";
import { useText } from "../text/text";
import { Pictures } from "./Pictures";

const COLORS = ["#b4463c", "#c07a2c", "#a5933a", "#5a8a4a", "#3c8a83", "#4a73b4", "#7a5fb0", "#b0588f"];

function Head({ project, at }: { project: Shape; at: string | null }) {
  const { t } = useText();
  const { library, act, workspace } = useSession();
  const [sheet, setSheet] = useState<"history" | "duplicate" | null>(null);
  const history = useQuery({ queryKey: [workspace, "project", project.id, "history"], queryFn: () => library.projectHistory(project.id), enabled: sheet === "history" });
  const change = (to: ProjectChange) => void act(async () => { await library.editProject(project.id, to); return null; });
  const moment = (when: number) => new Date(when).toISOString();
  return (
    <header className="project-head">
      <MenuTrigger><Button className="color" aria-label={t("project.color")} isDisabled={at !== null}><span style={{ background: project.color ?? "var(--line-strong)" }} /></Button>
        <Popover className="popover"><Menu className="colors" onAction={(key) => change({ color: key === "none" ? null : String(key) })}>
          {COLORS.map((each, index) => <MenuItem key={each} id={each} textValue={`${t("project.color")} ${index + 1}`} aria-label={`${t("project.color")} ${index + 1}`}><span className="dot big" style={{ background: each }} /></MenuItem>)}
          <MenuItem id="none" textValue={t("label.none")} aria-label={t("label.none")}><Icon name="close" size={14} /></MenuItem>
        </Menu></Popover></MenuTrigger>
      <div className="stack grow"><Editable label={t("project.name")} value={project.name} disabled={at !== null} onSave={(name) => { if (name.trim()) change({ name }); }} />
        <Editable multiline label={t("project.brief")} value={project.brief} placeholder={t("project.brief.hint")} disabled={at !== null} onSave={(brief) => change({ brief })} /></div>
      <div className="row">
        {at !== null && <Button className="button primary" onPress={() => void act(async () => { await library.restoreProject(project.id, at); go(href("project", project.id)); return null; }, t("project.restored"))}>{t("restore")}</Button>}
        <Button className="button" onPress={() => setSheet("history")}><Icon name="history" />{t("nav.history")}</Button>
        {at === null && <><Button className="button" onPress={() => setSheet("duplicate")}>{t("project.duplicate")}</Button>
          <Button className="button" onPress={() => change({ archived: !project.archived })}>{t(project.archived ? "project.unarchive" : "project.archive")}</Button></>}
      </div>
      <Sheet title={t("nav.history")} open={sheet === "history"} onClose={() => setSheet(null)} wide>
        <Timeline entries={history.data ?? []} link={(entry) => <Button className="link" onPress={() => { setSheet(null); go(href("project", project.id, { at: moment(entry.when) })); }}>{t("history.see")}</Button>} />
      </Sheet>
      <Ask title={t("project.duplicate")} label={t("project.name")} action={t("project.duplicate")} start={project.name} open={sheet === "duplicate"} onClose={() => setSheet(null)}
        onDone={(name) => void act(async () => { const made = await library.duplicateProject(project.id, name); go(href("project", made.id)); return null; })} />
    </header>
  );
}

export function Project({ id }: { id: string }) {
  const { params } = useRoute();
  const { library, workspace, explain } = useSession();
  const at = params.get("at");
  const found = useQuery({ queryKey: [workspace, "project", id, at], queryFn: () => (at ? library.projectAt(id, at) : library.project(id)) });
  if (found.error) return <div className="alone" role="alert"><p>{explain(found.error)}</p></div>;
  if (!found.data) return <div className="loading" aria-busy="true" />;
  return <Pictures key={id} fixed={`project:${id}`} heading={<Head project={found.data} at={at} />} />;
}
