/** What was told in passing: beside what one works on, never over it; gone by itself unless it is a failure or is held. */
import { useEffect, useState } from "react";
import { Button } from "react-aria-components";
import { IconButton } from "../parts/basics";
import type { Notice } from "../state/notices";
import { useNotices, useSession } from "../state/session";
import { useText } from "../text/text";

const LASTS = 8000;
/** The view of the address, without what is shown in it. */
const viewNow = () => /^#?\/?([^/?]*)/.exec(window.location.hash)?.[1] ?? "";

function Told({ notice: { id, text, bad, undo, redo, error } }: { notice: Notice }) {
  const { dismiss, ...session } = useSession();
  const { t } = useText();
  // Whoever reads it, or is about to press its button, has all the time.
  const [pointed, setPointed] = useState(false);
  const [focused, setFocused] = useState(false);
  // A failure stays until one goes on elsewhere.
  const [place] = useState(viewNow), [left, setLeft] = useState(false);
  useEffect(() => {
    const onMove = () => { if (viewNow() !== place) setLeft(true); };
    window.addEventListener("hashchange", onMove);
    return () => window.removeEventListener("hashchange", onMove);
  }, [place]);
  const held = (bad && !left) || pointed || focused;
  useEffect(() => {
    if (held) return;
    const timer = window.setTimeout(() => dismiss(id), LASTS);
    return () => window.clearTimeout(timer);
  }, [held, id, dismiss]);
  return (
    <div className={bad ? "notice bad" : "notice"} onPointerEnter={() => setPointed(true)} onPointerLeave={() => setPointed(false)}
      onFocus={() => setFocused(true)} onBlur={() => setFocused(false)}>
      <span dir="auto">{error === undefined ? text : session.explain(error)}</span>
      {undo && <Button className="link" onPress={() => { void session.undo(undo); dismiss(id); }}>{t("undo")}</Button>}
      {redo && <Button className="link" onPress={() => { void session.redo(redo); dismiss(id); }}>{t("redo")}</Button>}
      <IconButton icon="close" label={t("close")} onPress={() => dismiss(id)} />
    </div>
  );
}

export function Notices() {
  const notices = useNotices();
  const { t } = useText();
  return <div className="notices" aria-live="polite" role="log" aria-label={t("notices")}>{notices.map((each) => <Told key={each.id} notice={each} />)}</div>;
}
