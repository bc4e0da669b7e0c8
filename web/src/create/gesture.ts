/** One gesture begins one batch: held keys, double clicks and an impatient second press are told apart from a wish for more. Pure. */

/** What was begun last, when it was pressed for last, and whether the daemon answered to it. */
export interface Begin { order: string; key: string; pressed: number; answered: boolean }
/** A press that began nothing. */
export const NOTHING: Omit<Begin, "pressed"> = { order: "", key: "", answered: false };
export type Meant = "nothing" | "ask" | "begin";

/** So long after a press a further one is still the same gesture; so long the same order, where it may cost something, is asked about. */
export const REST = 1000, DOUBT = 3000;

export function meant(last: Begin | null, order: string, now: number, costs: boolean): Meant {
  if (!last) return "begin";
  const since = now - last.pressed;
  if (since < REST) return "nothing";
  return costs && last.answered && last.order === order && since < DOUBT ? "ask" : "begin";
}
