/** What makes a text field one that several people write into at once. */
import { useEffect, useLayoutEffect, useRef, useState } from "react";
import { ApiError } from "../api/client";
import { link, onLink } from "../api/link";
import type { SharedField } from "../api/library";
import { onNewsOf } from "../state/news";
import { isComposing } from "../state/keys";
import { useSession } from "../state/session";
import { moved } from "./weave";
import { Writing } from "./writing";

interface SharedText { document: string; field: SharedField; value: string; disabled?: boolean }
interface Caret { of: string; start: number; end: number; scroll: number }

const newId = () => [...crypto.getRandomValues(new Uint8Array(16))].map((each) => each.toString(16).padStart(2, "0")).join("");

/**
 * `shown` and `write` are for the field; `around` for an element that holds the one textarea. What is typed goes out twice a
 * second, and what others write comes in; the caret stays behind its letter.
 */
export function useShared({ document: id, field, value, disabled = false }: SharedText) {
  const { library, workspace, deed, say, explain } = useSession();
  const box = useRef<HTMLDivElement>(null);
  const caret = useRef<Caret | null>(null);
  const world = useRef({ library, deed, say, explain });
  useEffect(() => { world.current = { library, deed, say, explain }; });
  const [, draw] = useState(0);
  const [writing] = useState(() => new Writing(value, {
    place: `${workspace} ${id} ${field}`, store: localStorage, newId, now: () => performance.now(), isOpen: () => link() === "open",
    send: (step, sitting) => world.current.library.writeText({ document: id, field, text: step.text, was: step.was, sitting: step.text === step.was ? null : sitting, step: step.number }),
    isRefusal: (error) => error instanceof ApiError,
    failed: (error) => world.current.say(world.current.explain(error), { bad: true }),
    acted: (action) => void world.current.deed(() => Promise.resolve(action), (each) => each),
  }, () => {
    const area = box.current?.querySelector("textarea");
    if (area) caret.current = { of: area.value, start: area.selectionStart, end: area.selectionEnd, scroll: area.scrollTop };
    draw((count) => count + 1);
  }));
  const shown = disabled ? value : writing.shown;
  useLayoutEffect(() => {
    writing.drawn(shown);
    const area = box.current?.querySelector("textarea"), was = caret.current;
    caret.current = null;
    if (!area || !was || was.of === shown || document.activeElement !== area) return;
    area.setSelectionRange(moved(was.of, shown, was.start), moved(was.of, shown, was.end));
    area.scrollTop = was.scroll;
  }, [writing, shown]);
  useEffect(() => { if (!disabled) writing.heard(value); }, [writing, value, disabled]);
  useEffect(() => {
    if (disabled) return;
    const keep = () => writing.keep();
    const off = [onNewsOf(id, () => writing.heard()), onLink(() => { if (link() === "open") writing.opened(); })];
    window.addEventListener("pagehide", keep);
    writing.begin();
    return () => {
      for (const each of off) each();
      window.removeEventListener("pagehide", keep);
      writing.close();
    };
  }, [writing, id, disabled]);
  const onKeyDownCapture = (event: React.KeyboardEvent) => {
    if (isComposing(event.nativeEvent) || event.altKey || !(event.ctrlKey || event.metaKey)) return;
    const key = event.key.toLowerCase();
    if (key !== "z" && key !== "y") return;
    event.preventDefault();
    writing.turn(key === "z" && !event.shiftKey);
  };
  const around = {
    ref: box, onFocus: () => writing.enter(), onBlur: () => void writing.leave(), onKeyDownCapture,
    onCompositionStart: () => writing.compose(),
    onCompositionEnd: (event: React.CompositionEvent) => { if (event.target instanceof HTMLTextAreaElement) writing.composeEnd(event.target.value); },
  };
  return { shown, write: (text: string) => writing.input(text), around };
}
