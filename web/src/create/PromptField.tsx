/** Where the prompt is written: grows with it, walks through what was asked for before, shows where something is wrong. */
import { useRef, useState } from "react";
import { Button } from "react-aria-components";
import type { Fault } from "../api/types";
import { asksFor, bindings, isComposing } from "../state/keys";
import { useText } from "../text/text";
import { step, type Walk } from "./history";
import { placeOf } from "./price";

interface PromptFieldProps {
  id: "prompt" | "negative"; label: string; value: string; placeholder: string; past: readonly string[]; faults: readonly Fault[];
  onChange: (value: string) => void; onBegin: (next: boolean) => void; autoFocus?: boolean; readOnly?: boolean;
  /** What was being written when an earlier prompt was taken up and changed. */
  onLeft?: (unsent: string) => void;
}
/** So much of the text before and after a fault is shown with it. */
const AROUND = 14;

export function PromptField({ id, label, value, placeholder, past, faults, onChange, onBegin, onLeft, autoFocus = false, readOnly = false }: PromptFieldProps) {
  const { t, code } = useText();
  const field = useRef<HTMLTextAreaElement>(null);
  const [walk, setWalk] = useState<Walk | null>(null);
  const onKeyDown = (event: React.KeyboardEvent) => {
    if (isComposing(event.nativeEvent)) return;
    const asks = asksFor(event.nativeEvent);
    if (asks) {
      if (!event.repeat) onBegin(asks === "generateNext");
    } else if (event.altKey && (event.key === "ArrowUp" || event.key === "ArrowDown")) {
      const next = step(past, walk, value, event.key === "ArrowUp" ? 1 : -1);
      if (next) { setWalk(next.walk); onChange(next.text); }
    } else return;
    event.preventDefault();
  };
  const write = (text: string) => {
    if (walk && walk.at !== -1) onLeft?.(walk.unsent);
    setWalk(null);
    onChange(text);
  };
  const show = (place: number) => {
    field.current?.focus();
    field.current?.setSelectionRange(place, Math.min(value.length, place + 1));
  };
  return (
    <div className="prompt-field">
      <label htmlFor={`create-${id}`}>{label}</label>
      <textarea ref={field} readOnly={readOnly} id={`create-${id}`} value={value} placeholder={placeholder} rows={id === "prompt" ? 4 : 2} dir="auto" spellCheck={false} autoFocus={autoFocus && window.matchMedia("(hover: hover)").matches}
        aria-invalid={faults.length > 0} aria-describedby={faults.length ? `create-${id}-faults` : undefined} aria-keyshortcuts={bindings().generate.replace("Mod", "Control")}
        onChange={(event) => write(event.target.value)} onKeyDown={onKeyDown} />
      {faults.length > 0 && (
        <ul className="faults" id={`create-${id}-faults`}>
          {faults.map((each, index) => {
            const place = each.at === null ? null : placeOf(value, each.at);
            return (
              <li key={index}><span>{code("problem", each.code, each.message, each.params)}</span>
                {place !== null && <Button className="excerpt" onPress={() => show(place)}><span className="unseen">{t("create.fault.show")} </span>
                  <bdi>{place > AROUND ? "…" : ""}{value.slice(Math.max(0, place - AROUND), place)}<mark>{value.slice(place, place + 1)}</mark>{value.slice(place + 1, place + 1 + AROUND)}</bdi>
                </Button>}</li>
            );
          })}
        </ul>
      )}
    </div>
  );
}
