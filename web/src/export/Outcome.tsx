/** What came of an export: how many, which not and why, what some lack, and the zip file to be saved. */
import { useEffect, useRef } from "react";
import type { Delivered, Exported, Task } from "../api/types";
import { useSession } from "../state/session";
import { useText, type Text } from "../text/text";

const lost = ({ losses, untouched, short_of }: Pick<Delivered, "losses" | "untouched" | "short_of">, { t, code, list }: Text) =>
  untouched ? t("export.untouched") : [
    losses.length ? t("export.lacks", { what: list(losses.map((each) => code("export.loss", each, each))) }) : "",
    short_of ? t("export.short", { size: short_of }) : "",
  ].filter(Boolean).join(" · ");

export function Losses({ of }: { of: Delivered }) {
  const said = lost(of, useText());
  return said ? <small className="quiet"> {said}</small> : null;
}

/** The tasks that this tab began: their zip file is saved at once when it is there. */
const mine = new Set<string>();
export const expect = (task: Task) => { mine.add(task.id); };

function Save({ task, parcel }: { task: string; parcel: NonNullable<Exported["parcel"]> }) {
  const { t, bytes } = useText();
  const { library } = useSession();
  const link = useRef<HTMLAnchorElement>(null);
  useEffect(() => { if (mine.delete(task)) link.current?.click(); }, [task]);
  return <a ref={link} className="button start" href={library.parcel(parcel.id)} download={parcel.name}>{t("export.save", { size: bytes(parcel.bytes) })}</a>;
}

export const isExported = (task: Task): task is Task & { result: Exported } => task.kind === "export" && task.state === "done" && typeof (task.result as Partial<Exported> | null)?.written === "number";

/** Built-in ones are called as where they were chosen. */
export const presetOf = ({ preset, preset_id = "" }: Exported, { code }: Text) => preset && code("preset.builtin", preset_id, preset);

export function Outcome({ task }: { task: Task & { result: Exported } }) {
  const text = useText();
  const { t, n, code } = text;
  const { written, failed, path, files = [], parcel } = task.result, preset = presetOf(task.result, text);
  const lacking = files.filter((each) => lost(each, text));
  return (
    <>
      <p>{written === 0 ? t("export.nothing") : failed.length ? n("export.partly", written, { total: text.number(written + failed.length) }) : n("export.written", written)}{preset && ` · ${preset}`}</p>
      {path && <p className="quiet"><bdi className="path">{path}</bdi></p>}
      {failed.length > 0 && <details open={failed.length < 6}><summary>{n("export.failed", failed.length)}</summary>
        <ul className="failures">{failed.map((each) => <li key={each.asset}><b dir="auto">{each.name}</b> {code("export.reason", each.code, each.reason, { devices: each.devices ?? "" })}</li>)}</ul></details>}
      {lacking.length > 0 && <details open={lacking.length < 6}><summary>{n("export.lacking", lacking.length)}</summary>
        <ul className="failures">{lacking.map((each) => <li key={each.file}><b dir="auto">{each.file}</b> {lost(each, text)}</li>)}</ul></details>}
      {parcel && <Save task={task.id} parcel={parcel} />}
    </>
  );
}
