/** A batch file: chosen or dropped, its rows with what is wrong beside them, and whether to ask for rows again. */
import { useRef, useState } from "react";
import { Button, Switch } from "react-aria-components";
import type { Fault, Quote, SheetRow } from "../api/types";
import { IconButton } from "../parts/basics";
import { Icon } from "../parts/Icon";
import { useText, type Text } from "../text/text";
import type { Draft } from "./draft";
import type { Change } from "./hooks";
import { Stepper } from "./Knobs";
import { sized } from "../text/options";
import { unusedIn } from "./uses";

/** `models`: how many are asked; `negative`: what is sent for rows without one. */
interface SheetPartProps { draft: Draft; quote: Quote | null; models: number; negative: string; onFile: (file: File) => void; onChange: Change }

/** `raw`: as it stands in the file, for one that could not be read. */
interface Line { row: number; line: number | null; prompt: string; raw: string; said: [string, string][]; /** Columns that it has no place for. */ unused: string[]; by: SheetRow["by_project"]; faults: Fault[] }
const LONGEST = 240;

/** Rows and what is wrong with others, in the order of the file. */
export function linesOf(quote: Quote, text: string, negative = ""): Line[] {
  const written = text.split(/\r\n|\n|\r/);
  const raw = (line: number | null) => (line === null ? "" : (written[line - 1] ?? "").slice(0, LONGEST));
  const found = new Map<number, Line>();
  for (const each of quote.rows) {
    const unused = unusedIn(each, negative), said = Object.entries(each.said).filter(([name]) => !unused.includes(name));
    found.set(each.row, { row: each.row, line: each.line, prompt: each.prompt, raw: "", said, unused, by: each.by_project, faults: [] });
  }
  for (const fault of quote.faults) {
    if (fault.row === null) continue;
    const line = found.get(fault.row) ?? { row: fault.row, line: fault.line, prompt: "", raw: raw(fault.line), said: [], unused: [], by: null, faults: [] };
    line.faults.push(fault);
    found.set(fault.row, line);
  }
  return [...found.values()].sort((left, right) => left.row - right.row);
}

/** How many pictures the rows make, where that is not one each. */
export function sumOf({ jobs, passed_over, row_count }: Pick<Quote, "jobs" | "passed_over" | "row_count">, each: number, models: number, { t, n, number }: Text): string {
  const made = jobs + passed_over;
  if (!made || !row_count || made === row_count) return "";
  const factors = [n("sheet.sum.rows", row_count), ...(each > 1 ? [number(each)] : []), ...(models > 1 ? [n("sheet.sum.models", models)] : [])].join(" × ");
  return t(made === row_count * each * models ? "sheet.sum" : "sheet.sum.with", { factors, pictures: n("estimate.pictures", made) });
}

export function SheetPart({ draft, quote, models, negative, onFile, onChange }: SheetPartProps) {
  const text = useText();
  const { t, n, code } = text;
  const input = useRef<HTMLInputElement>(null);
  const [onlyBad, setOnlyBad] = useState(false);
  const { sheet } = draft;
  const choose = <input ref={input} type="file" className="unseen" tabIndex={-1} aria-hidden="true" accept=".csv,.tsv,.txt,.jsonl,.ndjson,.json,text/csv" data-sheet
    onChange={(event) => { const file = event.target.files?.[0]; if (file) onFile(file); event.target.value = ""; }} />;
  if (!sheet) {
    return <div className="row">{choose}<Button className="button" onPress={() => input.current?.click()}><Icon name="table" />{t("sheet.choose")}</Button><small>{t("sheet.drop")}</small></div>;
  }
  const lines = quote && sheet.text !== null ? linesOf(quote, sheet.text, negative) : [];
  // A column that a row has in braces is told there.
  const named = new Set(quote?.faults.flatMap((each) => (each.code.startsWith("prompt.braces") ? (each.params["name"] ?? "") : [])));
  const unused = quote?.unused.filter((name) => !named.has(name)) ?? [], sum = quote && sumOf(quote, draft.each, models, text);
  const whole = quote?.faults.filter((each) => each.row === null && /^(sheet\.|batch\.|prompt\.no_place$)/.test(each.code)) ?? [];
  const listed = lines.filter((each) => each.faults.length > 0).length, bad = quote && lines.length ? Math.max(quote.bad_rows, listed) : listed;
  const shown = onlyBad && bad > 0 ? lines.filter((each) => each.faults.length > 0) : lines;
  const more = quote ? bad - listed + (onlyBad ? 0 : quote.row_count - quote.rows.length) : 0;
  return (
    <section className="sheet-part" aria-label={sheet.name}>
      {choose}
      <header className="row"><Icon name="table" /><b className="cut grow"><bdi>{sheet.name}</bdi></b>
        <Button className="link" onPress={() => input.current?.click()}>{t("sheet.other")}</Button>
        <IconButton icon="close" label={t("sheet.remove")} onPress={() => onChange({ sheet: null, again: false, each: 1 })} /></header>
      {sheet.text === null && <p className="bad-text">{t("sheet.gone")}</p>}
      {whole.map((each, at) => <p key={at} className="bad-text">{code("problem", each.code, each.message, each.params)}</p>)}
      {quote && sheet.text !== null && (
        <p role="status">{[n("sheet.rows", quote.row_count), bad ? n("sheet.bad", bad) : "", quote.passed_over ? n("sheet.passed", quote.passed_over) : ""].filter(Boolean).join(" · ")}</p>
      )}
      {quote?.held && <p className="note-line bad" data-held><Icon name="conflict" size={14} /><span>{t("sheet.held")}</span></p>}
      <div className="sheet-each"><Stepper label={t("sheet.each")} value={draft.each} least={1} most={1000} onChange={(each) => onChange({ each })} />{sum && <small role="status" className="nums" data-sum>{sum}</small>}</div>
      {unused.length > 0 && <p className="note-line" data-unused-columns><Icon name="conflict" size={14} /><span>{n("sheet.unused", unused.length, { names: text.list(unused.map((each) => t("sheet.column", { name: each }))), place: `{{${unused[0] ?? ""}}}` })}</span></p>}
      {listed > 0 && listed < lines.length && <Switch className="switch" isSelected={onlyBad} onChange={setOnlyBad}><span className="knob" />{t("sheet.only_bad")}</Switch>}
      {lines.length > 0 && (
        <div className="sheet-table" tabIndex={0} role="region" aria-label={t("sheet.preview")}>
          <table><thead><tr><th scope="col">{t("sheet.row")}</th><th scope="col">{t("create.prompt")}</th></tr></thead>
            <tbody>{shown.map((each) => (
              <tr key={each.row} className={each.faults.length ? "bad" : undefined}><th scope="row" className="nums">{each.row}</th>
                <td>{each.raw ? <code dir="auto">{each.raw}</code> : <bdi>{each.prompt}</bdi>}
                  {each.said.length > 0 && <small>{each.said.map(([name, value]) => t("sheet.said", { name: code("sheet.field", name, name), value: sized(value) })).join(" · ")}</small>}
                  {each.unused.length > 0 && <small className="idle">{t("sheet.idle", { names: text.list(each.unused) })}</small>}
                  {each.by && <small>{t("making.row", { project: each.by.project, by: [each.by.provider, each.by.model].filter(Boolean).join(" · ") })}</small>}
                  {each.faults.map((fault, at) => <span key={at} className="bad-text"><Icon name="conflict" size={14} />{code("problem", fault.code, fault.message, fault.params)}</span>)}</td></tr>
            ))}</tbody></table>
          {more > 0 && <p className="quiet pad" data-more>{n("sheet.more", more)}</p>}
        </div>
      )}
      {quote && (quote.passed_over > 0 || draft.again) && <Switch className="switch" isSelected={draft.again} onChange={(again) => onChange({ again })}><span className="knob" />{t("sheet.again")}</Switch>}
    </section>
  );
}
