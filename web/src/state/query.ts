/** The query language, as far as the page needs it: pieces to show as chips, and back to the same text. */

export interface Piece { key: string | null; value: string; negated: boolean; quoted: boolean }

const KEYS = new Set([
  "tag", "tool", "model", "rating", "flag", "label", "project", "album", "prompt", "seed", "type", "state", "date", "size", "is", "in", "id", "made",
]);
const FREE = new Set(["tag", "album", "tool", "model", "seed", "in"]); // any text, as it was written
// A colon, digits and comparisons in full width are what a Chinese keyboard writes, and mean the same.
const TOKEN = /(-?)(?:([a-z]+|[\u4e00-\u9fff]+)[:：])?(>=|<=|>|<|=)?(?:"((?:[^"\\]|\\.)*)"|(\S+))/g;

export function parse(text: string): Piece[] {
  const pieces: Piece[] = [];
  for (const match of text.matchAll(TOKEN)) {
    const [whole, minus = "", key, comparison = "", quoted, bare = ""] = match;
    const value = quoted !== undefined ? quoted.replace(/\\(.)/g, "$1") : bare;
    if (key && KEYS.has(key)) {
      const narrow = quoted === undefined && !FREE.has(key);
      const whole = narrow ? (comparison + value).normalize("NFKC") : comparison + value;
      pieces.push({ key, value: /^=(?!=)/.test(whole) || comparison === "=" ? whole.slice(1) : whole, negated: minus === "-", quoted: quoted !== undefined });
    } else {
      const word = quoted !== undefined && !key ? value : whole.slice(minus.length);
      pieces.push({ key: null, value: word, negated: minus === "-", quoted: quoted !== undefined && !key });
    }
  }
  return pieces;
}

function quote(value: string): string {
  return `"${value.replace(/\\/g, "\\\\").replace(/"/g, '\\"')}"`;
}

function renderValue(key: string, value: string): string {
  const [, sign = "", rest = ""] = /^(>=|<=|>|<)?(.*)$/s.exec(value) ?? [];
  const same = FREE.has(key) || rest.normalize("NFKC") === rest;
  return sign + (same && /^[^\s"<>=][^\s"]*$/.test(rest) ? rest : quote(rest));
}

export function render(pieces: readonly Piece[]): string {
  return pieces
    .map((piece) => {
      const minus = piece.negated ? "-" : "";
      if (piece.key === null) return minus + (piece.quoted ? quote(piece.value) : piece.value);
      return `${minus}${piece.key}:${renderValue(piece.key, piece.value)}`;
    })
    .join(" ");
}

export const words = (text: string) => render(parse(text).filter((piece) => piece.key === null));
export const filters = (text: string) => parse(text).filter((piece) => piece.key !== null);

/** The query with other free words and the same filters. */
export function withWords(text: string, free: string): string {
  return [free.trim(), render(filters(text))].filter(Boolean).join(" ");
}

/** Free words alone, complete as they stand: such a text can be searched for while it is being written. */
export function isPlain(text: string): boolean {
  return !/[:：]/.test(text) && !text.includes('"') && !/(^|\s)-/.test(text);
}

const OR = new Set(["or", "||", "|", "或", "或者"]);

/** What stands between words that mean "or", each as a query; empty where there are not two of them. Filters go with all, or where one would have no words, each with its own. */
export function either(text: string): string[] {
  const groups: Piece[][] = [[]];
  for (const piece of parse(text)) {
    if (piece.key === null && !piece.quoted && !piece.negated && OR.has(piece.value.normalize("NFKC").toLowerCase())) groups.push([]);
    else groups.at(-1)?.push(piece);
  }
  const some = groups.filter((each) => each.length > 0), word = (each: Piece) => each.key === null, filter = (each: Piece) => each.key !== null;
  if (some.length < 2) return [];
  const shared = some.every((each) => each.some(word)) ? some.flat().filter(filter) : null;
  return some.map((each) => render([...each.filter(word), ...(shared ?? each.filter(filter))]));
}

export function has(text: string, key: string, value: string): boolean {
  return parse(text).some((piece) => piece.key === key && piece.value === value && !piece.negated);
}

/** Add the filter, or take it away when it is there. One that can only have one value replaces its like. */
export function toggle(text: string, key: string, value: string, many: boolean): string {
  const pieces = parse(text);
  const rest = pieces.filter((piece) => piece.key !== key || (many && piece.value !== value));
  if (!has(text, key, value)) rest.push({ key, value, negated: false, quoted: false });
  return render(rest);
}

export function without(text: string, index: number): string {
  return render(parse(text).filter((_, at) => at !== index));
}

/** The query with the filter that was meant, like `rating:` or `date:<`, in place of one that there is not. */
export function corrected(text: string, wrong: string, meant: string): string {
  return text.replace(TOKEN, (token: string, minus: string, key?: string) => (key === wrong ? minus + meant + token.slice(minus.length + key.length + 1) : token));
}
