/** A project to put pictures into: looked for by its name, or made under the name that was written. */
import { useState } from "react";
import { Autocomplete, Input, Menu, MenuItem, MenuTrigger, Popover, SearchField } from "react-aria-components";
import type { Project } from "../api/types";
import { useProjects } from "../state/data";
import { useSession } from "../state/session";
import { useText } from "../text/text";
import { Dot } from "./basics";
import { Icon } from "./Icon";

/** Projects whose name has these letters, whatever their case. */
export const namedLike = (projects: readonly Project[], part: string) =>
  projects.filter((each) => each.name.toLowerCase().includes(part.trim().toLowerCase()));

interface ProjectMenuProps {
  open: boolean; onOpen: (open: boolean) => void; onChoose: (project: string) => void;
  /** Projects that need not be offered. */
  within?: readonly string[];
  /** The button that it opens from. */
  children: React.ReactNode;
}

export function ProjectMenu({ open, onOpen, onChoose, within = [], children }: ProjectMenuProps) {
  const { t } = useText();
  const { library, act } = useSession();
  const projects = useProjects().data ?? [];
  const [part, setPart] = useState("");
  const name = part.trim();
  const shown = namedLike(projects.filter((each) => !each.archived && !within.includes(each.id)), name);
  const free = name !== "" && !projects.some((each) => each.name === name);
  const create = () => act(async () => { onChoose((await library.newProject(name)).id); return null; });
  return (
    <MenuTrigger isOpen={open} onOpenChange={(is) => { setPart(""); onOpen(is); }}>
      {children}
      <Popover className="popover finding" maxHeight={380} aria-label={t("bulk.project")}>
        <Autocomplete inputValue={part} onInputChange={setPart}>
          <SearchField className="mini-search" aria-label={t("project.find.new")} autoFocus><Input placeholder={t("project.find.new")} dir="auto" /></SearchField>
          <Menu className="list" aria-label={t("nav.projects")} onAction={(key) => { if (key === "new") void create(); else onChoose(String(key)); }}
            renderEmptyState={() => <p className="quiet pad">{t(projects.length ? "project.nothing" : "projects.none")}</p>}>
            {shown.map((each) => <MenuItem key={each.id} id={each.id} textValue={each.name}><Dot color={each.color} /><bdi>{each.name}</bdi></MenuItem>)}
            {free && <MenuItem id="new" textValue={t("project.create.named", { name })}><Icon name="add" size={12} /><bdi>{t("project.create.named", { name })}</bdi></MenuItem>}
          </Menu>
        </Autocomplete>
      </Popover>
    </MenuTrigger>
  );
}
