/** Pictures on their way in: dropped, pasted, chosen, or by path; with progress and a line per file that failed. */
import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useRef, useState } from "react";
import { Button, FileTrigger, Input, Label, Switch, TextField } from "react-aria-components";
import { ApiError, remove } from "../api/client";
import type { Check, Finding, ImportFailure, ImportReport, Task } from "../api/types";
import { isEvicted, LetGo } from "../copies/Keeping";
import { isExported, Outcome } from "../export/Outcome";
import { useNewest, useTasks } from "../state/data";
import { turnOf } from "../state/deeds";
import { chosen, gather, withoutSheets, type Gathered } from "../state/drop";
import { useMay } from "../state/may";
import { href, useRoute } from "../state/route";
import { useSession } from "../state/session";
import { said } from "../text/findings";
import { useText, type Key } from "../text/text";
import { IconButton, Progress, Sheet } from "./basics";
import { Icon } from "./Icon";

/** `unknown`: sent, and no answer came: whether they are here nobody knows. */
interface Run { action: string; total: number; done: number; duplicates: number; alike: number; unknown: number; others: Gathered["others"]; failed: ImportFailure[]; running: boolean }
const PARALLEL = 3;
let opener: (() => void) | null = null;

export const openImport = () => opener?.();

const newAction = () => [...crypto.getRandomValues(new Uint8Array(16))].map((each) => each.toString(16).padStart(2, "0")).join("");

function useUploads(project: string | null) {
  const { library, explain, during } = useSession();
  const queries = useQueryClient();
  const [run, setRun] = useState<Run | null>(null);
  const send = useCallback(async ({ files, others, failed }: Gathered) => {
    if (files.length + failed.length === 0 && Object.keys(others).length === 0) return;
    const action = newAction();
    const rest = [...files];
    let state: Run = { action, total: files.length + failed.length, done: failed.length, duplicates: 0, alike: 0, unknown: 0, others, failed, running: true };
    const put = (change: Partial<Run>) => setRun((state = { ...state, ...change }));
    put({});
    const worker = async () => {
      for (let each = rest.shift(); each; each = rest.shift()) {
        try {
          const { outcome, alike } = await library.upload(each, project, action);
          put({ done: state.done + 1, duplicates: state.duplicates + Number(outcome === "duplicate"), alike: state.alike + Number(alike) });
        } catch (error) {
          if (!(error instanceof ApiError)) {
            put({ done: state.done + 1, unknown: state.unknown + 1 });
            continue;
          }
          const code = error.status === 422 ? error.code : ""; // then the picture is at fault
          put({ done: state.done + 1, failed: [...state.failed, { path: each.file.name, code, reason: explain(error) }] });
        }
      }
    };
    await during(action, async () => {
      await Promise.all(Array.from({ length: PARALLEL }, worker));
      return state.done - state.failed.length > state.duplicates;
    });
    put({ running: false });
    void queries.invalidateQueries({ queryKey: ["status"] });
  }, [library, project, explain, during, queries]);
  return { run, send, forget: () => setRun(null) };
}

export function useImports() {
  const route = useRoute();
  const project = route.view === "project" ? route.id : null;
  const uploads = useUploads(project);
  const [open, setOpen] = useState(false);
  const [over, setOver] = useState(false);
  const { send } = uploads;
  const may = useMay();
  useEffect(() => {
    if (!may.write) return undefined;
    opener = () => setOpen(true);
    const files = (event: DragEvent) => event.dataTransfer?.types.includes("Files") ?? false;
    const onOver = (event: DragEvent) => { if (files(event)) { event.preventDefault(); setOver(true); } };
    const onLeave = (event: DragEvent) => { if (!event.relatedTarget) setOver(false); };
    const onDrop = (event: DragEvent) => {
      if (!event.dataTransfer || !files(event)) return;
      event.preventDefault();
      setOver(false);
      setOpen(false);
      void gather(event.dataTransfer).then(withoutSheets).then(send);
    };
    const onPaste = (event: ClipboardEvent) => {
      const pasted = [...(event.clipboardData?.files ?? [])];
      if (pasted.length) { event.preventDefault(); void chosen(pasted).then(withoutSheets).then(send); }
    };
    window.addEventListener("dragover", onOver);
    window.addEventListener("dragleave", onLeave);
    window.addEventListener("drop", onDrop);
    window.addEventListener("paste", onPaste);
    return () => {
      window.removeEventListener("dragover", onOver);
      window.removeEventListener("dragleave", onLeave);
      window.removeEventListener("drop", onDrop);
      window.removeEventListener("paste", onPaste);
    };
  }, [send, may.write]);
  return { ...uploads, open, setOpen, over, project, sorts: route.view === "create" };
}

/** Files that could not be imported, each with its reason; `count` when not all of them are named. */
export function Failures({ failed, count = failed.length }: { failed: ImportFailure[]; count?: number }) {
  const { n, code } = useText();
  if (!failed.length) return null;
  return (
    <details open={failed.length < 6}>
      <summary>{n("import.failed", count)}</summary>
      <ul className="failures">{failed.map((each, at) => <li key={at}><b>{each.path.split(/[/\\]/).at(-1)}</b> {code("import.reason", each.code, each.reason, each.params)}</li>)}</ul>
    </details>
  );
}

/** Every problem that was found, with its place and its remedy. */
function Problems({ problems }: { problems: Check["problems"] }) {
  const { n } = useText();
  if (problems.length === 0) return null;
  return (
    <details open>
      <summary>{n("verify.problems", problems.length)}</summary>
      <Findings found={problems} />
    </details>
  );
}

export function Findings({ found }: { found: Finding[] }) {
  const text = useText();
  return <ul className="failures">{found.map((each) => said(text, each)).map((each, at) => <li key={at}><b>{each.what}</b> {each.where}<br />{each.remedy}</li>)}</ul>;
}

const MOST_ENDINGS = 5;

/** How many files of the folders are no pictures, and how the most of them end. */
function PassedOver({ others }: { others: Gathered["others"] }) {
  const { n, list } = useText();
  const count = Object.values(others).reduce((sum, each) => sum + each, 0);
  const named = Object.keys(others).filter(Boolean).slice(0, MOST_ENDINGS);
  if (count === 0) return null;
  return <p>{named.length ? n("import.others.named", count, { endings: list(named) }) : n("import.others", count)}</p>;
}

/** How many of the new pictures look like ones that are here, with the way to be asked. */
function LookAlike({ count }: { count: number }) {
  const { t, n } = useText();
  if (count === 0) return null;
  return <p>{n("import.alike", count)} <a className="link" href={href("alike")}>{t("attention.look")}</a></p>;
}

/** What an import brought, and what became of the rest. */
function Summary({ report }: { report: ImportReport }) {
  const { n } = useText();
  return (
    <>
      <p>{n("import.done", report.imported + report.versions)}</p>
      {report.duplicates > 0 && <p>{n("import.duplicates", report.duplicates)}</p>}
      {report.rejoined > 0 && <p>{n("import.rejoined", report.rejoined)}</p>}
      <LookAlike count={report.alike} />
      <PassedOver others={report.others} />
      <Failures failed={report.failed} />
    </>
  );
}

/** The way back from an import that has ended, as far as it changed anything, and forth again. */
function WayBack({ action }: { action: string }) {
  const { t } = useText();
  const { undo, redo } = useSession();
  const newest = useNewest().data ?? [];
  const entry = newest.find((each) => each.action === action);
  if (!entry) return null;
  const turn = entry.undone ? turnOf(action, newest) : null;
  return (
    <div className="row spread">{entry.undone ? <span>{t("import.undone")}</span> : <span />}
      {turn && <Button className="link" onPress={() => void redo(turn.action)}>{t("redo")}</Button>}
      {!entry.undone && <Button className="link" onPress={() => void undo(action, entry)}>{t("undo")}</Button>}</div>
  );
}

const LASTS = 12_000;

/** An export that went well goes by itself, unless somebody is at it; what failed or is asked stays until it is closed. */
function useGoing(task: Task, onClose: () => void) {
  const [pointed, setPointed] = useState(false), [focused, setFocused] = useState(false);
  const going = isExported(task) && task.result.written > 0 && task.result.failed.length === 0 && !pointed && !focused;
  const close = useRef(onClose);
  useEffect(() => { close.current = onClose; });
  useEffect(() => {
    if (!going) return undefined;
    const timer = window.setTimeout(() => close.current(), LASTS);
    return () => window.clearTimeout(timer);
  }, [going]);
  return { onPointerEnter: () => setPointed(true), onPointerLeave: () => setPointed(false), onFocus: () => setFocused(true), onBlur: () => setFocused(false) };
}

function TaskCard({ task, onClose }: { task: Task; onClose: () => void }) {
  const held = useGoing(task, onClose);
  const { t, n, code } = useText();
  const ended = () => task.error ? code("problem", task.code ?? "", task.error, { detail: task.error, ...task.params }) : t(`task.${task.state}` as Key);
  const found = task.kind !== "import" && task.state !== "running" ? (task.result as Partial<Check> | null) : null;
  const report = task.kind === "import" && task.state === "done" ? (task.result as ImportReport) : null;
  return (
    <section className="card" {...held}>
      <header><b>{t(`task.${task.kind}` as Key)}</b>
        {task.state === "running"
          ? <Button className="link" onPress={() => void remove(`/tasks/${task.id}`)}>{t("cancel")}</Button>
          : <IconButton icon="close" label={t("close")} onPress={onClose} />}</header>
      {task.state === "running" ? <Progress label={task.detail || t(`task.${task.kind}` as Key)} done={task.done} total={task.total} /> : isExported(task) ? <Outcome task={task} /> : isEvicted(task) ? <LetGo result={task.result} /> : <p>{ended()}</p>}
      {found?.checked !== undefined && task.state === "done" && <p>{n("verify.checked", found.checked)}</p>}
      {found?.problems && <Problems problems={found.problems} />}
      {report && <Summary report={report} />}
      {task.action && task.state !== "running" && <WayBack action={task.action} />}
    </section>
  );
}

export function Imports({ imports }: { imports: ReturnType<typeof useImports> }) {
  const { t, n } = useText();
  const { run } = imports;
  const tasks = useTasks();
  const [closed, setClosed] = useState<ReadonlySet<string>>(new Set());
  // What had ended before this page was opened is old news; what ends in a blink afterwards is not.
  const [old, setOld] = useState<ReadonlySet<string> | null>(null);
  if (tasks.data && !old) setOld(new Set(tasks.data.filter((each) => each.state !== "running").map((each) => each.id)));
  const shown = (tasks.data ?? []).filter((each) => old && !old.has(each.id) && !closed.has(each.id));
  return (
    <>
      {imports.over && <div className="drop-veil"><div><Icon name="import" size={48} /><p>{t(imports.sorts ? "import.drop.create" : "import.drop")}</p></div></div>}
      <aside className="tray" aria-label={t("import.tray")}>
        {run && (
          <section className="card">
            <header><b>{run.running ? t("import.running") : n("import.done", run.done - run.failed.length - run.duplicates - run.unknown)}</b>
              {!run.running && <IconButton icon="close" label={t("close")} onPress={imports.forget} />}</header>
            {run.running && <Progress label={t("import.running")} done={run.done} total={run.total} />}
            {!run.running && run.duplicates > 0 && <p>{n("import.duplicates", run.duplicates)}</p>}
            {!run.running && <LookAlike count={run.alike} />}
            {!run.running && run.unknown > 0 && <p>{n("import.unknown", run.unknown)}</p>}
            <PassedOver others={run.others} />
            <Failures failed={run.failed} />
            {!run.running && <WayBack action={run.action} />}
          </section>
        )}
        {shown.map((task) => <TaskCard key={task.id} task={task} onClose={() => setClosed(new Set([...closed, task.id]))} />)}
      </aside>
      <ImportSheet imports={imports} />
    </>
  );
}

function ImportSheet({ imports }: { imports: ReturnType<typeof useImports> }) {
  const { t } = useText();
  const { library, act } = useSession();
  const queries = useQueryClient();
  const [path, setPath] = useState("");
  const [reference, setReference] = useState(false);
  const take = (list: FileList | null) => { imports.setOpen(false); void chosen(list ?? []).then(imports.send); };
  return (
    <Sheet title={t("import.title")} open={imports.open} onClose={() => imports.setOpen(false)}>
      <div className="dropzone"><Icon name="import" size={32} /><p>{t("import.hint")}</p>
        <div className="row">
          <FileTrigger allowsMultiple onSelect={take}><Button className="button primary">{t("import.files")}</Button></FileTrigger>
          <FileTrigger acceptDirectory onSelect={take}><Button className="button">{t("import.folder")}</Button></FileTrigger>
        </div>
      </div>
      <form className="stack" onSubmit={(event) => {
        event.preventDefault();
        imports.setOpen(false);
        void act(async () => {
          const task = await library.importPaths([path.trim()], reference, imports.project);
          // Known at once as under way; the news of it may have come before.
          queries.setQueryData<Task[]>(["tasks"], (all) => all && (all.some((each) => each.id === task.id) ? all : [...all, task]));
          return task;
        });
      }}>
        <TextField className="field" value={path} onChange={setPath}><Label>{t("import.path")}</Label><Input placeholder={t("import.path.example")} /></TextField>
        <div className="row spread">
          <Switch className="switch" isSelected={reference} onChange={setReference}><span className="knob" />{t("import.reference")}</Switch>
          <Button className="button" type="submit" isDisabled={!path.trim()}>{t("import.start")}</Button>
        </div>
      </form>
    </Sheet>
  );
}
