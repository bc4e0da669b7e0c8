/** The frame around every view: navigation, the state of the daemon, notices, imports. */
import { memo, useEffect, useState } from "react";
import { Button, Menu, MenuItem, MenuTrigger, Popover } from "react-aria-components";
import { Album } from "../albums/Album";
import { Albums } from "../albums/Albums";
import { AlbumShelf } from "../albums/Shelf";
import { Compare } from "../compare/Compare";
import { Conflicts } from "../conflicts/Conflicts";
import { Create } from "../create/Create";
import { recover } from "../create/keeping";
import { SyncBadge } from "../devices/Coming";
import { Devices } from "../devices/Devices";
import { Dot } from "../parts/basics";
import { Boundary } from "../parts/Boundary";
import { Icon, type IconName } from "../parts/Icon";
import { Imports, useImports } from "../parts/Imports";
import { Keys } from "../parts/Keys";
import { SavedShelf } from "../parts/Saved";
import { AskUndo } from "../parts/Timeline";
import { People } from "../people/People";
import { Prompt } from "../prompts/Prompt";
import { Prompts } from "../prompts/Prompts";
import { CostBadge } from "../queue/Money";
import { Queue } from "../queue/Queue";
import { Spend } from "../queue/Spend";
import { useAlike, useConflictCount, useProjects } from "../state/data";
import { useCounts } from "../state/jobs";
import { commandOf, PLACES as KEYED } from "../state/keys";
import { useLink, useLive } from "../state/live";
import { useMay } from "../state/may";
import { go, href, useRoute } from "../state/route";
import { useSession, useStatus } from "../state/session";
import { useText, type Key } from "../text/text";
import { Alike } from "./Alike";
import { Away, Looking, NoNetwork, Undecided } from "./Banners";
import { Stopped } from "./Stopped";
import { History } from "./History";
import { Notices } from "./Notices";
import { Picture } from "./Picture";
import { Pictures } from "./Pictures";
import { Project } from "./Project";
import { Projects } from "./Projects";
import { Saved } from "./Saved";
import { Searches } from "./Searches";
import { Settings } from "./Settings";

// All views come at once: one that is fetched when it is first wanted could not be shown while the daemon is stopped.

const PLACES: [string, IconName, Key][] = [
  ["pictures", "pictures", "nav.pictures"], ["create", "create", "nav.create"], ["queue", "queue", "nav.queue"], ["prompts", "prompt", "nav.prompts"], ["albums", "album", "nav.albums"], ["projects", "project", "nav.projects"], ["searches", "saved", "nav.searches"], ["history", "history", "nav.history"],
  ["conflicts", "conflict", "nav.conflicts"], ["alike", "versions", "nav.alike"], ["bin", "bin", "nav.bin"], ["devices", "here", "nav.devices"], ["people", "people", "nav.people"], ["settings", "settings", "nav.settings"],
];

/** At the foot of a phone there is room for these; the rest stands in a menu. */
const FIRST = ["pictures", "create", "queue", "albums"];

/** So many projects have a line at the side; the others are found in their view. */
const MOST = 100;

/** Nothing stands at this address. */
function NotFound() {
  const { t } = useText();
  useEffect(() => { document.title = `${t("notfound.title")} – Gesso`; }, [t]);
  return <div className="alone" role="alert"><h1>{t("notfound.title")}</h1><p>{t("notfound.how")}</p><a className="button" href={href("pictures")}>{t("nav.pictures")}</a></div>;
}

/** Views of one thing, which the address names, and views of all. */
const ONE = new Map<string, (id: string) => React.ReactNode>([
  ["picture", (id) => <Picture key={id} id={id} />], ["project", (id) => <Project key={id} id={id} />], ["search", (id) => <Saved key={id} id={id} />],
  ["album", (id) => <Album key={id} id={id} />], ["prompt", (id) => <Prompt key={id} id={id} />],
]);
const ALL = new Map<string, () => React.ReactNode>([
  ["pictures", () => <Pictures key="pictures" />], ["create", () => <Create />], ["queue", () => <Queue />], ["spend", () => <Spend />], ["prompts", () => <Prompts />], ["albums", () => <Albums />], ["projects", () => <Projects />], ["searches", () => <Searches />],
  ["conflicts", () => <Conflicts />], ["alike", () => <Alike />], ["compare", () => <Compare />], ["history", () => <History />], ["devices", () => <Devices />], ["people", () => <People />], ["settings", () => <Settings />], ["bin", () => <Pictures key="bin" fixed="is:binned" bin />],
]);

const ID = /^[0-9a-f]{32}$/;

/** What stands around it changes without it. */
const View = memo(function View() {
  const { view, id } = useRoute();
  const shown = id === null ? ALL.get(view)?.() : ID.test(id) ? ONE.get(view)?.(id) : undefined;
  return shown ?? <NotFound />;
});

/** How much is under way; first of all what has to be decided. */
function QueueBadge() {
  const { n, number } = useText();
  const counts = useCounts().data?.counts ?? {};
  const unknown = counts.unknown ?? 0;
  const open = (counts.queued ?? 0) + (counts.waiting ?? 0) + (counts.running ?? 0);
  if (unknown > 0) return <small className="badge bad" data-queue aria-label={n("unknown.title", unknown)}>{number(unknown)}</small>;
  return open > 0 ? <small className="badge" data-queue aria-label={n("queue.open", open)}>{number(open)}</small> : null;
}

function MorePlaces({ places, view }: { places: typeof PLACES; view: string }) {
  const { t } = useText();
  return (
    <li className="more-places">
      <MenuTrigger>
        <Button className={places.some(([place]) => place === view) ? "on" : ""}><Icon name="dots" /><span>{t("nav.more")}</span></Button>
        <Popover className="popover" aria-label={t("nav.more")}><Menu className="list" aria-label={t("nav.more")} onAction={(key) => go(href(String(key)))}>
          {places.map(([place, icon, key]) => <MenuItem key={place} id={place} textValue={t(key)}><Icon name={icon} />{t(key)}</MenuItem>)}
        </Menu></Popover>
      </MenuTrigger>
    </li>
  );
}

function Sidebar() {
  const { t, number } = useText();
  const lost = useLink() !== "open";
  const { view, id } = useRoute();
  const { library, act } = useSession();
  const status = useStatus();
  const may = useMay();
  const projects = useProjects();
  const alike = useAlike().data?.total ?? 0;
  const conflicts = useConflictCount();
  // What is asked only where there is something to ask.
  const waiting: Record<string, number> = { alike, conflicts };
  const places = PLACES.filter(([place]) => waiting[place] !== 0 || view === place);
  const shown = (projects.data ?? []).filter((each) => !each.archived).slice(0, MOST);
  return (
    <nav className="sidebar" aria-label={t("nav.label")}>
      <a className="brand" href={href("pictures")}><img src="./favicon.svg" alt="" width="26" height="26" /><span><b>Gesso</b><small dir="auto">{status.workspace.name}</small></span></a>
      <ul className="places">
        {places.map(([place, icon, key]) => (
          <li key={place} className={FIRST.includes(place) ? undefined : "rest"}>
            <a href={href(place)} aria-current={view === place ? "page" : undefined}><Icon name={icon} /><span>{t(key)}</span>
              {place === "pictures" && <small>{number(status.library.assets)}</small>}
              {place === "queue" && <QueueBadge />}
              {(waiting[place] ?? 0) > 0 && <small>{number(waiting[place] ?? 0)}</small>}
              {place === "bin" && status.library.binned > 0 && <small>{number(status.library.binned)}</small>}</a>
          </li>
        ))}
        <MorePlaces places={places.filter(([place]) => !FIRST.includes(place))} view={view} />
      </ul>
      <AlbumShelf />
      {shown.length > 0 && (
        <ul className="shelf" aria-label={t("nav.projects")}>
          {shown.map((each) => (
            <li key={each.id}>
              <a href={href("project", each.id)} aria-current={view === "project" && id === each.id ? "page" : undefined}
                onDragOver={(event) => { if (may.write && event.dataTransfer.types.includes("text/x-gesso")) event.preventDefault(); }}
                onDrop={(event) => {
                  const ids = event.dataTransfer.getData("text/x-gesso").split(" ").filter(Boolean);
                  event.preventDefault();
                  if (ids.length && may.write) void act(() => library.edit(ids, { add_projects: [each.id] }), t("project.added", { name: each.name }));
                }}>
                <Dot color={each.color} /><span dir="auto">{each.name}</span><small>{number(each.assets)}</small>
              </a>
            </li>
          ))}
        </ul>
      )}
      <SavedShelf />
      <CostBadge />
      <SyncBadge />
      <p className={lost ? "pill bad" : "pill"} role="status"><span className="dot" />{lost ? t("link.lost") : t("link.open")}</p>
    </nav>
  );
}

/** The tab says where it is; a picture or a project puts its own name there. */
function useTitle(view: string): void {
  const { t } = useText();
  const place = PLACES.find(([each]) => each === view);
  useEffect(() => { if (place) document.title = `${t(place[2])} – Gesso`; }, [place, t]);
}

/** The daemon is asked how it stands all the time: of that only what shows it is drawn anew. */
export const Shell = memo(function Shell() {
  const { t } = useText();
  const { workspace, since, library, undo, redo } = useSession();
  const may = useMay();
  const retry = useLive(workspace, since);
  const imports = useImports();
  const [help, setHelp] = useState(false);
  const { view, id } = useRoute();
  useTitle(id === null ? view : "");
  // Before anything goes into a draft from elsewhere.
  useEffect(() => { void recover(library, workspace); }, [library, workspace]);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const command = commandOf(event);
      if (event.defaultPrevented || !command) return;
      if (KEYED.includes(command) && document.querySelector("[role=dialog]")) return;
      if ((command === "undo" || command === "redo") && !may.write) return;
      if (command === "undo") void undo();
      else if (command === "redo") void redo();
      else if (command === "help") setHelp(true);
      else if (KEYED.includes(command)) go(href(command));
      else if (command === "search") document.querySelector<HTMLInputElement>("[data-search]")?.focus();
      else return;
      event.preventDefault();
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, [undo, redo, may.write]);
  return (
    <div className="shell">
      <a className="skip" href="#main" onClick={(event) => { event.preventDefault(); document.getElementById("main")?.focus(); }}>{t("skip")}</a>
      <Sidebar />
      <main id="main" tabIndex={-1}>
        <Away onRetry={retry} />
        <NoNetwork />
        <Stopped />
        <Looking />
        <Undecided />
        <Boundary key={`${view}/${id ?? ""}`}><View /></Boundary>
      </main>
      <Imports imports={imports} />
      <Notices />
      <AskUndo />
      <Keys open={help} onClose={() => setHelp(false)} />
    </div>
  );
});
