/** A text that is saved on Enter or when focus leaves; Escape takes it back. Enter that composes a character does neither. */
import { useEffect, useRef, useState } from "react";
import { link, onLink } from "../api/link";
import { useMay } from "../state/may";
import { keepUnsent, unsentAt, type Unsent } from "../state/unsent";

type Save = (value: string) => Promise<boolean>;

interface EditableProps {
  label: string; value: string; placeholder?: string; disabled?: boolean;
  /** `wrap`: it may take several lines. */
  shape?: "line" | "wrap";
  /** False: it was not saved, and the letters stay here. */
  onSave: Save;
}

/**
 * The letters that are not saved yet. They are saved one after the other, also when the place they stand in goes. What
 * could not be, for Gesso did not answer, is kept in the browser and saved when it does again.
 */
function useDraft(label: string, value: string, onSave: Save) {
  const [place] = useState(() => `${location.hash.replace(/\?.*$/, "")} ${label}`);
  const [draft, setDraft] = useState<Unsent | null>(() => unsentAt(localStorage, place));
  const latest = useRef(draft);
  const saver = useRef(onSave);
  const turn = useRef(Promise.resolve());
  useEffect(() => { saver.current = onSave; });
  const put = (next: Unsent | null) => {
    latest.current = next;
    if (!next) keepUnsent(localStorage, place, null);
    setDraft(next);
  };
  const send = async () => {
    const mine = latest.current;
    if (!mine) return;
    if (!(await saver.current(mine.text))) {
      if (link() !== "open") keepUnsent(localStorage, place, latest.current); // else it was refused, and would be again
      return;
    }
    // What was written on meanwhile goes on from what was saved.
    const now = latest.current;
    put(now === null || now.text === mine.text ? null : { text: now.text, read: mine.text });
  };
  const [save] = useState(() => () => { turn.current = turn.current.then(send); });
  useEffect(() => save, [save]);
  useEffect(() => {
    const send = () => { if (link() === "open" && latest.current) save(); };
    send();
    return onLink(send);
  }, [save]);
  const write = (text: string) => {
    const read = latest.current?.read ?? value;
    put(text === read ? null : { text, read });
  };
  return { shown: draft?.text ?? value, write, save, drop: () => put(null) };
}

export function Editable({ label, value, placeholder, disabled = false, shape = "line", onSave }: EditableProps) {
  const { shown, write, save, drop } = useDraft(label, value, onSave);
  const may = useMay();
  const common = {
    "aria-label": label, value: shown, placeholder: may.write ? placeholder ?? label : "", disabled: disabled || !may.write, dir: "auto",
    onChange: (event: { target: { value: string } }) => write(event.target.value.replace(/[\r\n]+/g, " ")), onBlur: save,
  };
  const onKeyDown = (event: React.KeyboardEvent<HTMLElement>) => {
    if (event.nativeEvent.isComposing || event.keyCode === 229) return;
    if (event.key === "Escape") drop();
    if (event.key !== "Enter") return;
    event.preventDefault();
    event.currentTarget.blur();
  };
  if (shape === "line") return <input className="editable" {...common} onKeyDown={onKeyDown} />;
  return <textarea className="editable wrap" rows={1} {...common} onKeyDown={onKeyDown} />;
}
