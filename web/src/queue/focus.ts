/** Where the keyboard goes when what held it is not there any more: to what took its place, not to the top of the page. */
import { useEffect, type RefObject } from "react";

/** `list`: of the rows that it stands in, if it does. */
interface Held { element: HTMLElement; row: string; list: Element | null; index: number }

const rowOf = (element: Element) => element.closest<HTMLElement>("[data-job], [data-made]");
const nameOf = (row: HTMLElement) => row.dataset["job"] ?? row.dataset["made"] ?? "";
const rowsOf = (list: Element) => [...list.querySelectorAll<HTMLElement>("[data-job], [data-made]")];

/** The same row of the same list, else the one that is in its place now, else the last; null where there is none. */
function following({ row, list, index }: Held): HTMLElement | null {
  const rows = list?.isConnected ? rowsOf(list) : [];
  return rows.find((each) => nameOf(each) === row) ?? rows[index] ?? rows.at(-1) ?? null;
}

/** Watches over what is within `place`; `home` holds the focus where no row is left. */
export function useKeptFocus(place: RefObject<HTMLElement | null>, home: RefObject<HTMLElement | null>): void {
  useEffect(() => {
    let held: Held | null = null, frame = 0;
    const onFocus = ({ target }: FocusEvent) => {
      if (!(target instanceof HTMLElement) || target.closest("[role=dialog], [role=menu]")) return;
      const row = rowOf(target), list = row?.closest("ul") ?? null;
      held = place.current?.contains(target) ? { element: target, row: row ? nameOf(row) : "", list, index: row && list ? rowsOf(list).indexOf(row) : -1 } : null;
    };
    // A press beside everything lets go on purpose.
    const onBlur = ({ target, relatedTarget }: FocusEvent) => {
      if (relatedTarget === null) queueMicrotask(() => { if (held && held.element === target && held.element.isConnected && document.activeElement === document.body) held = null; });
    };
    const check = () => {
      frame = 0;
      if (!held || held.element.isConnected || document.activeElement !== document.body) return;
      (following(held) ?? home.current)?.focus();
    };
    // A dialog that closes gives the focus back in a frame of its own.
    const watcher = new MutationObserver(() => { if (held && !held.element.isConnected) frame ||= requestAnimationFrame(() => { frame = requestAnimationFrame(check); }); });
    watcher.observe(document.body, { childList: true, subtree: true });
    document.addEventListener("focusin", onFocus);
    document.addEventListener("focusout", onBlur);
    return () => {
      watcher.disconnect();
      cancelAnimationFrame(frame);
      document.removeEventListener("focusin", onFocus);
      document.removeEventListener("focusout", onBlur);
    };
  }, [place, home]);
}
