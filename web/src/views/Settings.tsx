/** Language and theme, watched folders, workspaces, and the care of the library. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Button, Input, Label, Radio, RadioGroup, Switch, TextField } from "react-aria-components";
import { patch, post } from "../api/client";
import type { Preferences, Status } from "../api/types";
import { Originals } from "../copies/Policy";
import { Presets } from "../export/Presets";
import { Failures, Findings } from "../parts/Imports";
import { Ask } from "../parts/basics";
import { Months } from "../queue/Money";
import { useWorkspaces } from "../state/data";
import { mayOf } from "../state/may";
import { href } from "../state/route";
import { useSession, useStatus } from "../state/session";
import { Coded } from "../text/Coded";
import { useText } from "../text/text";
import { Coming } from "./Coming";
import { StoppedBefore } from "./Stopped";

function Look() {
  const { t } = useText();
  const { act, workspace } = useSession();
  const queries = useQueryClient();
  const begun = queries.getQueryData<{ preferences: Preferences }>(["status"]);
  const set = (change: Partial<Preferences>) => void act(async () => {
    await patch("/settings", change);
    await queries.invalidateQueries({ queryKey: ["status"] });
    await queries.invalidateQueries({ queryKey: [workspace] });
    return null;
  });
  return (
    <section><h2>{t("settings.look")}</h2>
      <RadioGroup className="choices" value={begun?.preferences.language ?? "auto"} onChange={(value) => set({ language: value === "auto" ? null : (value as "en" | "zh-TW") })}><Label>{t("settings.language")}</Label>
        <Radio value="auto">{t("settings.language.auto")}</Radio><Radio value="zh-TW"><span lang="zh-TW">繁體中文</span></Radio><Radio value="en"><span lang="en">English</span></Radio></RadioGroup>
      <RadioGroup className="choices" value={begun?.preferences.theme ?? "system"} onChange={(value) => set({ theme: value as Preferences["theme"] })}><Label>{t("settings.theme")}</Label>
        {(["system", "light", "dark", "contrast"] as const).map((each) => <Radio key={each} value={each}>{t(`theme.${each}`)}</Radio>)}</RadioGroup>
    </section>
  );
}

function Network() {
  const { t } = useText();
  const { act } = useSession();
  const queries = useQueryClient();
  const { offline } = useStatus();
  const set = (on: boolean) => void act(async () => {
    await post("/offline", { on });
    await queries.invalidateQueries();
    return null;
  });
  return (
    <section><h2>{t("settings.network")}</h2>
      <Switch className="switch" isSelected={offline} onChange={set}><span className="knob" />{t("settings.offline")}</Switch>
      <p className="quiet">{t("settings.offline.how")}</p>
    </section>
  );
}

function Folders() {
  const { t, n, code } = useText();
  const { library, workspace, act } = useSession();
  const watched = useQuery({ queryKey: [workspace, "watched"], queryFn: library.watched });
  const [path, setPath] = useState("");
  const [reference, setReference] = useState(false);
  return (
    <section><h2>{t("watched")}</h2><p className="quiet">{t("watched.how")}</p>
      <Coming of={[watched]} shape="rows" count={1} />
      <ul className="copies">{(watched.data ?? []).map((each) => (
        <li key={each.id} className="row"><span className="grow"><span>{each.path}</span><small>{t(`watched.${each.state}`)} · {t(`watched.${each.mode}`)} · {n("pictures.total", each.assets)}{each.detail && ` · ${code("watched.detail", each.detail, each.detail)}`}</small><Failures failed={each.failed} count={each.failures} /></span>
          <Button className="link" onPress={() => void act(async () => { await library.unwatch(each.id); return null; }, t("watched.removed"))}>{t("watched.remove")}</Button></li>))}</ul>
      <form className="row watch" onSubmit={(event) => { event.preventDefault(); void act(async () => { await library.watch(path.trim(), reference); setPath(""); return null; }); }}>
        <TextField className="field grow" aria-label={t("watched.path")} value={path} onChange={setPath}><Input placeholder={t("watched.path")} /></TextField>
        <Switch className="switch" isSelected={reference} onChange={setReference}><span className="knob" />{t("import.reference")}</Switch>
        <Button className="button" type="submit" isDisabled={!path.trim()}>{t("watched.add")}</Button>
      </form>
    </section>
  );
}

function Workspaces() {
  const { t } = useText();
  const { act } = useSession();
  const queries = useQueryClient();
  const workspaces = useWorkspaces();
  const [asking, setAsking] = useState<string | null>(null);
  const then = async (doing: Promise<unknown>) => { await doing; await queries.invalidateQueries(); return null; };
  return (
    <section><h2>{t("workspaces")}</h2>
      <Coming of={[workspaces]} shape="rows" count={1} />
      <ul className="copies">{(workspaces.data ?? []).map((each) => (
        <li key={each.id} className="row"><span className="grow"><b dir="auto">{each.name}</b><small>{t("workspace.device", { id: each.device.slice(0, 8) })} · {t(`role.${each.role}`)}</small></span>
          {mayOf(each.role).write && <Button className="link" onPress={() => setAsking(each.id)}>{t("workspace.rename")}</Button>}
          {each.default ? <small>{t("workspace.current")}</small> : <Button className="link" onPress={() => void act(() => then(patch(`/workspaces/${each.id}`, { default: true })))}>{t("workspace.use")}</Button>}</li>))}</ul>
      <Button className="button start" onPress={() => setAsking("new")}>{t("workspace.new")}</Button>
      <Ask title={t(asking === "new" ? "workspace.new" : "workspace.rename")} label={t("project.name")} action={t("save")} open={asking !== null} onClose={() => setAsking(null)}
        onDone={(name) => void act(() => then(asking === "new" ? post("/workspaces", { name }) : patch(`/workspaces/${asking ?? ""}`, { name })))} />
    </section>
  );
}

/** Where the page itself shows what is told. */
const SHOWN: Record<string, string> = { "pictures.alike": href("alike"), "conflicts.open": href("conflicts"), "changes.quarantined": href("people"), "originals.missing": href("pictures", null, { q: "state:missing" }) };

/** Nobody has to mend these. */
const QUIET = new Set(["pictures.alike", "conflicts.open", "provider.away"]);

/** What needs a look. Pictures that look the same are a question and no fault, and the page can ask it. */
function Attention({ attention: { code: about, text, params, problems } }: { attention: Status["attention"][number] }) {
  const { t, code } = useText();
  const status = useStatus();
  const said = code("attention", about, text, Object.fromEntries(Object.entries(params).map(([key, value]) => [key, String(value)])));
  const place = params["id"] === status.workspace.id ? SHOWN[about] : undefined;
  return (
    <>
      <p className={QUIET.has(about) ? "banner" : "banner bad"}><span>{said}</span>{place && <a className="link" href={place}>{t("attention.look")}</a>}</p>
      {problems.length > 0 && <Findings found={problems} />}
    </>
  );
}

/** What a month may cost; only the file of the settings changes it. */
function Spending() {
  const { t } = useText();
  const { months } = useStatus();
  return (
    <section><h2>{t("settings.month")}</h2>
      {months.length ? <Months /> : <p>{t("settings.month.none")}</p>}
      <p className="quiet"><Coded>{t("settings.month.how")}</Coded></p>
      <a className="link" href={href("spend")}>{t("spend.title")}</a>
    </section>
  );
}

function Care() {
  const { t, n, bytes } = useText();
  const { library, act } = useSession();
  const status = useStatus();
  const [asking, setAsking] = useState<"backup" | "export" | null>(null);
  const start = (doing: () => Promise<unknown>) => void act(async () => { await doing(); return null; });
  return (
    <section><h2>{t("care")}</h2>
      {status.attention.map((each, at) => <Attention key={`${each.code} ${at}`} attention={each} />)}
      <StoppedBefore />
      <dl className="pairs">
        <div className="fact"><dt>{t("care.held")}</dt><dd>{n("pictures.total", status.library.assets)} · {bytes(status.library.bytes)}</dd></div>
        <div className="fact"><dt>{t("state.offline")}</dt><dd>{n("pictures.total", status.library.offline)}</dd></div>
        <div className="fact"><dt>{t("care.digest")}</dt><dd><code>{status.digest.slice(0, 16)}</code></dd></div>
        <div className="fact"><dt>{t("care.home")}</dt><dd><code>{status.home}</code></dd></div>
        <div className="fact"><dt>{t("care.version")}</dt><dd>Gesso {status.version}</dd></div>
      </dl>
      <div className="row"><Button className="button" onPress={() => start(() => library.verify(false))}>{t("task.verify")}</Button><Button className="button" onPress={() => start(() => library.verify(true))}>{t("care.deep")}</Button>
        <Button className="button" onPress={() => start(library.rebuild)}>{t("task.rebuild")}</Button><Button className="button" onPress={() => setAsking("backup")}>{t("task.backup")}</Button>
        <Button className="button" onPress={() => setAsking("export")}>{t("export.everything")}</Button></div>
      <p className="quiet">{t("care.how")}</p>
      <Ask title={t("task.backup")} label={t("backup.path")} action={t("task.backup")} open={asking === "backup"} onClose={() => setAsking(null)} onDone={(path) => start(() => library.backup(path))} />
      <Ask title={t("export.everything")} label={t("export.whole")} action={t("task.export")} open={asking === "export"} onClose={() => setAsking(null)} onDone={(path) => start(() => library.exportEverything(path))} />
    </section>
  );
}

export function Settings() {
  const { t } = useText();
  return (
    <section className="page settings"><header className="bar"><h1>{t("nav.settings")}</h1></header>
      <div className="sections"><div><Look /><Network /><Folders /><Presets /></div><div><Workspaces /><Originals /><Spending /><Care /></div></div></section>
  );
}
