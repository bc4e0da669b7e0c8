/** What two people's edits of one text come to, letter by letter; the twin of documents/diff.py. Pure.
 *
 * A letter is a code point, as in the documents: no half of a sign is ever sent, nor is anything put between its halves. */

type Letters = readonly string[];
type Pairs = [was: number, now: number][];
/** The search costs the square of this; beyond it the middle is replaced as a whole. */
const MOST_EDITS = 400;

/** Everything that either put into `base`, nothing that either took out. Where both put something in at one place mine comes
 * first, right behind the letter that it was written behind: so words stay whole. */
export function woven(base: string, mine: string, theirs: string): string {
  if (base === theirs) return mine;
  if (base === mine) return theirs;
  const letters = [...base], one = [...mine], two = [...theirs];
  const keptOne = kept(letters, one), keptTwo = kept(letters, two);
  const first = putIn(letters, one, keptOne), second = putIn(letters, two, keptTwo);
  const inOne = new Set(keptOne.map(([was]) => was)), inTwo = new Set(keptTwo.map(([was]) => was));
  const pieces: string[] = [];
  for (let at = 0; at <= letters.length; at++) {
    pieces.push(first.get(at) ?? "", second.get(at) ?? "");
    if (inOne.has(at) && inTwo.has(at)) pieces.push(letters[at] ?? "");
  }
  return pieces.join("");
}

/** `now` without what became of `before` in `after`: what was put in goes, as far as it still stands; what was taken out comes
 * back, unless all that had taken its place is gone as well. */
export function undone(before: string, after: string, now: string): string {
  if (now === after) return before;
  const old = [...before], then = [...after], letters = ["", ...now], behind = letters.map(() => "");
  const stays = new Map(kept(then, letters.slice(1)));
  let was = 0, next = 0, last = 0; // `last`: the place of the letter that stands before what is looked at
  const changes: [at: number[], place: number, back: string][] = [];
  for (const [oldAt, newAt] of [...kept(old, then), [old.length, then.length] as [number, number]]) {
    if (oldAt > was || newAt > next) {
      const standing: number[] = [];
      for (let at = next; at < newAt; at++) {
        const place = stays.get(at);
        if (place !== undefined) standing.push(place + 1);
      }
      if (newAt === next || standing.length) changes.push([standing, standing[0] ?? last, old.slice(was, oldAt).join("")]);
    }
    last = (stays.get(newAt) ?? last - 1) + 1;
    was = oldAt + 1;
    next = newAt + 1;
  }
  for (const [standing, place, back] of changes.reverse()) {
    for (const each of standing) letters[each] = "";
    behind[place] = back + (behind[place] ?? "");
  }
  return letters.map((letter, at) => letter + (behind[at] ?? "")).join("");
}

/** Where a caret stands that stood at `place` of `was`, now that it reads otherwise: behind the same letter. */
export function moved(was: string, now: string, place: number): number {
  const before = [...was.slice(0, place)].length, letters = [...now];
  let behind = -1;
  for (const [old, at] of kept([...was], letters)) {
    if (old >= before) break;
    behind = at;
  }
  return letters.slice(0, behind + 1).join("").length;
}

/** What `text` has besides the letters of `base`, by the index in `base` before which it stands. */
function putIn(base: Letters, text: Letters, stays: Pairs): Map<number, string> {
  const found = new Map<number, string>();
  let was = 0, now = 0;
  for (const [old, at] of [...stays, [base.length, text.length] as [number, number]]) {
    found.set(was, text.slice(now, at).join(""));
    [was, now] = [old + 1, at + 1];
  }
  return found;
}

/** Index pairs of all letters that stay, ascending. */
function kept(old: Letters, now: Letters): Pairs {
  const shorter = Math.min(old.length, now.length);
  let start = 0, end = 0;
  while (start < shorter && old[start] === now[start]) start++;
  while (end < shorter - start && old[old.length - 1 - end] === now[now.length - 1 - end]) end++;
  const pairs: Pairs = [];
  for (let at = 0; at < start; at++) pairs.push([at, at]);
  for (const [was, is] of common(old.slice(start, old.length - end), now.slice(start, now.length - end))) pairs.push([start + was, start + is]);
  for (let at = end; at > 0; at--) pairs.push([old.length - at, now.length - at]);
  return pairs;
}

/** Of the letters that stay, as the fewest edits let them (Myers 1986); none where too many edits lie between. */
function common(before: Letters, after: Letters): Pairs {
  const m = before.length, n = after.length;
  if (!m || !n) return [];
  let reach = new Map([[1, 0]]);
  const trail: Map<number, number>[] = [];
  const of = (map: Map<number, number>, diagonal: number) => map.get(diagonal) ?? -1;
  for (let edits = 0; edits <= Math.min(m + n, MOST_EDITS); edits++) {
    trail.push(reach);
    reach = new Map(reach);
    for (let diagonal = -edits; diagonal <= edits; diagonal += 2) {
      const down = diagonal === -edits || (diagonal !== edits && of(reach, diagonal - 1) < of(reach, diagonal + 1));
      let x = down ? of(reach, diagonal + 1) : of(reach, diagonal - 1) + 1;
      while (x < m && x - diagonal < n && before[x] === after[x - diagonal]) x++;
      reach.set(diagonal, x);
      if (x >= m && x - diagonal >= n) return walkedBack(trail, m, n);
    }
  }
  return [];
}

function walkedBack(trail: readonly Map<number, number>[], m: number, n: number): Pairs {
  const pairs: Pairs = [];
  let x = m, y = n;
  for (let edits = trail.length - 1; edits >= 0; edits--) {
    const reach = trail[edits], of = (diagonal: number) => reach?.get(diagonal) ?? -1, diagonal = x - y;
    const down = diagonal === -edits || (diagonal !== edits && of(diagonal - 1) < of(diagonal + 1));
    const previous = down ? diagonal + 1 : diagonal - 1, fromX = of(previous), fromY = fromX - previous;
    while (x > fromX && y > fromY && x > 0 && y > 0) pairs.push([--x, --y]);
    [x, y] = [fromX, fromY];
  }
  return pairs.reverse();
}
