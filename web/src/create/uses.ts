/** What a file's rows make of what is written beside them: of the prompt, of its places, and of the file's own columns. Pure. */
import type { Quote, SheetRow } from "../api/types";
import { folded, namesIn, placesIn } from "../prompts/words";

/** `prompt`: false where every row has one of its own, null where that is not known of all; `idle`: places that no row leaves to a field. */
export interface Uses { prompt: boolean | null; idle: readonly string[] }
export const ALL: Uses = { prompt: true, idle: [] };

const FIELDS = new Set(["negative", "count", "size", "seed", "provider", "model", "tags", "project"]);
type Written = { prompt: string; /** As it is sent. */ negative: string };
type Told = Pick<Quote, "rows" | "row_count" | "faults" | "fault_count">;

const same = (left: string, right: string) => left.trim() === right.trim();
/** The names of the columns that a row fills and that are variables. */
const columnsOf = ({ said }: SheetRow) => Object.keys(said).filter((name) => !FIELDS.has(name));
const wants = (row: SheetRow, { prompt, negative }: Written) => [...(same(row.prompt, prompt) ? namesIn(prompt) : []), ...(row.said["negative"] ? [] : namesIn(negative))];

/** Columns of a row that neither its prompt nor its negative prompt has a place for. */
export function unusedIn(row: SheetRow, negative: string): string[] {
  const known = placesIn(row.prompt, row.said["negative"] ?? negative);
  return columnsOf(row).filter((name) => !known.has(folded(name)));
}

export function usesOf(quote: Told, written: Written): Uses {
  const names = namesIn(written.prompt, written.negative);
  const whole = quote.row_count === quote.rows.length && quote.fault_count === quote.faults.length;
  if (!quote.rows.length) return ALL;
  // What lacks a value may be the prompt that is written here, in a row that has none.
  const lacking = new Set(quote.faults.flatMap((each) => (each.code === "prompt.variable" ? folded(each.params["name"] ?? "") : [])));
  const ours = quote.faults.some((each) => each.row !== null && /^(prompt|job)\./.test(each.code) && (each.code !== "prompt.variable" || namesIn(written.prompt).some((name) => folded(name) === folded(each.params["name"] ?? ""))));
  const taken = quote.rows.some((row) => same(row.prompt, written.prompt)) || ours;
  const left = new Set(quote.rows.flatMap((row) => wants(row, written).filter((name) => !columnsOf(row).some((column) => folded(column) === folded(name))).map(folded)));
  return { prompt: taken ? true : whole ? false : null, idle: whole ? names.filter((name) => !left.has(folded(name)) && !lacking.has(folded(name))) : [] };
}
