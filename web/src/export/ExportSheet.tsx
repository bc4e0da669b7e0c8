/** Pictures go out: as which preset, and into a zip file to save or a folder on the daemon's computer. */
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { Button, FieldError, Input, Label, Radio, RadioGroup, TextField } from "react-aria-components";
import { ApiError } from "../api/client";
import type { Task } from "../api/types";
import { Sheet } from "../parts/basics";
import { Icon } from "../parts/Icon";
import { usePresets } from "../state/data";
import { useSession } from "../state/session";
import { useText } from "../text/text";
import { described, nameOf } from "./choices";
import { Editor } from "./Editor";
import { expect } from "./Outcome";
import { Actions, type Writing } from "./Presets";

interface Wish { preset: string; to: "zip" | "folder"; path: string }
/** Each picture as it is, with what is known of it beside it as JSON: into folders only. */
const PLAIN = "plain";
const USUAL: Wish = { preset: "web", to: "zip", path: "" };

function remembered(key: string): Wish {
  try {
    return { ...USUAL, ...(JSON.parse(localStorage.getItem(key) ?? "{}") as Partial<Wish>) };
  } catch {
    return USUAL; // unreadable
  }
}

interface ExportProps { open: boolean; onClose: () => void; count: number; /** One of them, as an example. */ sample: string | null; pictures: () => Promise<string[]> }

export function ExportSheet(props: ExportProps) {
  const { t } = useText();
  const [writing, setWriting] = useState<Writing | null>(null);
  // What is on top closes alone.
  const close = () => { if (writing) setWriting(null); else props.onClose(); };
  const title = writing ? (writing.preset ? t("preset.edit.of", { name: writing.preset.name }) : t("preset.new")) : t("bulk.export");
  return <Sheet title={title} open={props.open} onClose={close} wide><Form {...props} writing={writing} onWrite={setWriting} /></Sheet>;
}

function Form({ onClose, count, sample, pictures, writing, onWrite }: ExportProps & { writing: Writing | null; onWrite: (writing: Writing | null) => void }) {
  const text = useText();
  const { t, n } = text;
  const { library, workspace, explain } = useSession();
  const queries = useQueryClient();
  const presets = usePresets().data ?? [];
  const key = `gesso.export.${workspace}`;
  const [wish, setWish] = useState(() => remembered(key));
  const [refused, setRefused] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  // The keyboard comes back to where the preset was begun.
  const wrote = useRef(false), anew = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (wrote.current && !writing) anew.current?.focus();
    wrote.current = writing !== null;
  }, [writing]);
  const put = (to: Partial<Wish>) => { setRefused(null); setWish({ ...wish, ...to }); };
  const plain = wish.preset === PLAIN && wish.to === "folder";
  const preset = plain ? PLAIN : (presets.find((each) => each.id === wish.preset) ?? presets[0])?.id;
  const begin = async () => {
    if (busy || !preset) return;
    setBusy(true);
    try {
      const ids = await pictures();
      const path = wish.path.trim();
      const task = wish.to === "zip" ? await library.pack(ids, preset) : plain ? await library.exportTo(path, ids) : await library.exportAs(path, ids, preset);
      localStorage.setItem(key, JSON.stringify({ ...wish, preset, path }));
      expect(task);
      queries.setQueryData<Task[]>(["tasks"], (all) => all && (all.some((each) => each.id === task.id) ? all : [...all, task]));
      onClose();
    } catch (error) {
      setRefused(error);
    } finally {
      setBusy(false);
    }
  };
  if (writing) return <Editor {...writing} sample={sample} onDone={(saved) => { onWrite(null); if (saved) put({ preset: saved.id }); }} />;
  const atPath = refused instanceof ApiError && (refused.body.errors?.[0]?.pointer === "/path" || "path" in (refused.body.params ?? {}));
  return (
    <form className="stack" onSubmit={(event) => { event.preventDefault(); void begin(); }}>
      <RadioGroup className="choices" value={wish.to} onChange={(to) => put({ to: to as Wish["to"] })}><Label>{t("export.to")}</Label>
        <Radio value="zip">{t("export.zip")}</Radio><Radio value="folder">{t("export.folder")}</Radio></RadioGroup>
      {wish.to === "folder" && <TextField className="field" value={wish.path} onChange={(path) => put({ path })} isInvalid={atPath} autoFocus>
        <Label>{t("export.path")}</Label><Input placeholder={t("import.path.example")} /><FieldError className="field-error">{atPath ? explain(refused) : ""}</FieldError></TextField>}
      <RadioGroup className="preset-list" value={preset ?? null} onChange={(to) => put({ preset: to })}><Label>{t("export.as")}</Label>
        {presets.map((each) => <div key={each.id} className="row"><Radio value={each.id} className="preset-choice"><b dir="auto">{nameOf(each, text)}</b><small>{described(each, text)}</small></Radio><span className="row"><Actions preset={each} onWrite={onWrite} /></span></div>)}
        {wish.to === "folder" && <div className="row"><Radio value={PLAIN} className="preset-choice"><b>{t("export.plain")}</b><small>{t("export.plain.how")}</small></Radio></div>}
      </RadioGroup>
      <Button ref={anew} className="button start" onPress={() => onWrite({ preset: null })}><Icon name="add" />{t("preset.new")}</Button>
      {refused !== null && !atPath && <p className="field-error" role="alert">{explain(refused)}</p>}
      <div className="row end"><Button className="button" onPress={onClose}>{t("cancel")}</Button>
        <Button className="button primary" type="submit" isDisabled={busy || !preset || count === 0 || (wish.to === "folder" && !wish.path.trim())}>{n("export.begin", count)}</Button></div>
    </form>
  );
}
