/** What of two texts is not in the other, by words; where a script writes no spaces, by letters. Pure. */

export interface Piece { text: string; changed: boolean }

// Intl.Segmenter takes half a second for a prompt of some ten thousand words.
const WORD = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]|[\p{L}\p{M}\p{N}_'’-]+|\s+|[^]/gu;
/** Beyond so many words between what is the same at both ends, all of them count as changed. */
const MOST = 1500;

const wordsOf = (text: string) => text.match(WORD) ?? [];

/** Of each text its pieces, in order. */
export function pieces(left: string, right: string): [Piece[], Piece[]] {
  const one = wordsOf(left), other = wordsOf(right);
  let head = 0, tail = 0;
  while (head < one.length && head < other.length && one[head] === other[head]) head += 1;
  while (tail < one.length - head && tail < other.length - head && one[one.length - 1 - tail] === other[other.length - 1 - tail]) tail += 1;
  const kept = common(one.slice(head, one.length - tail), other.slice(head, other.length - tail));
  const told = (all: string[], inner: ReadonlySet<number>) =>
    joined(all.map((text, at) => ({ text, changed: at >= head && at < all.length - tail && !inner.has(at - head) })));
  return [told(one, kept[0]), told(other, kept[1])];
}

/** Where the words stand that both have in the same order: the longest such row. */
function common(one: string[], other: string[]): [Set<number>, Set<number>] {
  const mine = new Set<number>(), theirs = new Set<number>();
  if (one.length > MOST || other.length > MOST) return [mine, theirs];
  const wide = other.length + 1, longest = new Uint16Array((one.length + 1) * wide);
  const at = (row: number, column: number) => longest[row * wide + column] ?? 0;
  for (let row = one.length - 1; row >= 0; row -= 1) {
    for (let column = other.length - 1; column >= 0; column -= 1) {
      longest[row * wide + column] = one[row] === other[column] ? at(row + 1, column + 1) + 1 : Math.max(at(row + 1, column), at(row, column + 1));
    }
  }
  for (let row = 0, column = 0; row < one.length && column < other.length;) {
    if (one[row] === other[column]) { mine.add(row); theirs.add(column); row += 1; column += 1; }
    else if (at(row + 1, column) >= at(row, column + 1)) row += 1;
    else column += 1;
  }
  return [mine, theirs];
}

function joined(all: Piece[]): Piece[] {
  const found: Piece[] = [];
  for (const each of all) {
    const last = found.at(-1);
    if (last && last.changed === each.changed) last.text += each.text;
    else found.push({ ...each });
  }
  return found;
}
