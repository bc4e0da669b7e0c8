/** What a text becomes, as what stays, goes and comes. Pure. */

export interface Part { kind: "same" | "gone" | "new"; text: string }
/** So many pairs of words are compared; longer texts are shown as the old and the new one. */
const MOST = 1_000_000;
/** Words with the space behind them; scripts without spaces are compared sign by sign. */
const WORDS = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]|[\p{L}\p{N}\p{M}_'’-]+|\s+|./gsu;

const wordsOf = (text: string) => text.match(WORDS) ?? [];

export function diff(before: string, after: string): Part[] {
  const old = wordsOf(before), now = wordsOf(after);
  if (old.length * now.length > MOST) return joined([{ kind: "gone", text: before }, { kind: "new", text: after }]);
  // kept[i][j]: how many words stay of what follows old[i] and now[j].
  const kept = Array.from({ length: old.length + 1 }, () => new Uint32Array(now.length + 1));
  const at = (i: number, j: number) => kept[i]?.[j] ?? 0;
  for (let i = old.length - 1; i >= 0; i--) for (let j = now.length - 1; j >= 0; j--) {
    const row = kept[i];
    if (row) row[j] = old[i] === now[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
  }
  const parts: Part[] = [];
  let i = 0, j = 0;
  while (i < old.length || j < now.length) {
    if (i < old.length && j < now.length && old[i] === now[j]) { parts.push({ kind: "same", text: old[i] ?? "" }); i++; j++; }
    else if (j >= now.length || (i < old.length && at(i + 1, j) >= at(i, j + 1))) parts.push({ kind: "gone", text: old[i++] ?? "" });
    else parts.push({ kind: "new", text: now[j++] ?? "" });
  }
  return readable(joined(parts));
}

/** What is changed together stands together, old before new: a space that happens to stay between two words that do not is no reading aid. */
function readable(parts: readonly Part[]): Part[] {
  const found: Part[] = [];
  let gone = "", come = "";
  parts.forEach((each, at) => {
    const between = each.kind === "same" && at > 0 && at < parts.length - 1 && /^[\s\p{P}]*$/u.test(each.text);
    if (each.kind === "same" && !between) {
      found.push({ kind: "gone", text: gone }, { kind: "new", text: come }, each);
      gone = come = "";
    } else {
      if (each.kind !== "new") gone += each.text;
      if (each.kind !== "gone") come += each.text;
    }
  });
  return joined([...found, { kind: "gone", text: gone }, { kind: "new", text: come }]);
}

function joined(parts: readonly Part[]): Part[] {
  const found: Part[] = [];
  for (const each of parts) {
    const last = found[found.length - 1];
    if (last?.kind === each.kind) last.text += each.text;
    else if (each.text) found.push({ ...each });
  }
  return found;
}
