/** The months of a list by date: which one stands at a place, and which years fit beside the list. Pure. */
import type { Month } from "../api/types";

/** Which of the months holds the picture at `index`; -1 when there are none. */
export function monthAt(months: readonly Month[], index: number): number {
  let low = 0, high = months.length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((months[middle]?.at ?? 0) <= index) low = middle;
    else high = middle - 1;
  }
  return Math.min(low, months.length - 1);
}

/** The month that a step from this one leads to: one on, or the first of the next year. Null: the key does not step. */
export function stepped(months: readonly Month[], from: number, key: string): number | null {
  const last = months.length - 1;
  const year = (at: number) => months[at]?.month.slice(0, 4);
  const within = (at: number) => Math.min(last, Math.max(0, at));
  switch (key) {
    case "ArrowDown": case "ArrowRight": return within(from + 1);
    case "ArrowUp": case "ArrowLeft": return within(from - 1);
    case "Home": return 0;
    case "End": return last;
    case "PageDown": {
      const to = months.findIndex((_, at) => at > from && year(at) !== year(from));
      return to < 0 ? last : to;
    }
    case "PageUp": {
      const begin = months.findIndex((_, at) => year(at) === year(from));
      if (begin < from) return begin;
      return within(months.findIndex((_, at) => year(at) === year(begin - 1)));
    }
    default: return null;
  }
}

export interface Mark { share: number; year: string | null }

/**
 * What stands beside the list, from its top (0) to its end (1): each year where it begins, and the months between, as
 * far as there is room. `shareOf` says where an index stands, `room` how many pixels there are.
 */
export function marksOf(months: readonly Month[], shareOf: (index: number) => number, room: number): Mark[] {
  const years: Mark[] = [], rest: Mark[] = [];
  for (const [at, { month, at: index }] of months.entries()) {
    const year = month.slice(0, 4), share = shareOf(index);
    const begins = months[at - 1]?.month.slice(0, 4) !== year;
    const free = years.every((each) => Math.abs(each.share - share) * room >= YEAR) && (1 - share) * room >= YEAR / 2;
    if (begins && (free || at === 0)) years.push({ share, year });
    else rest.push({ share, year: null });
  }
  const marks = [...years];
  for (const each of rest) {
    const near = (other: Mark) => Math.abs(other.share - each.share) * room < (other.year ? YEAR / 2 + 2 : MONTH);
    if (!marks.some(near)) marks.push(each);
  }
  return marks.sort((one, other) => one.share - other.share);
}
/** Pixels that the name of a year and the dot of a month keep free around them. */
const YEAR = 22, MONTH = 7;
