/** A note, a brief: a text that several people may write at once. Escape and Ctrl+Enter leave it. */
import type { SharedField } from "../api/library";
import { isComposing } from "../state/keys";
import { useMay } from "../state/may";
import { useShared } from "./useShared";

interface LiveTextProps { label: string; document: string; field: SharedField; value: string; placeholder?: string; disabled?: boolean }

export function LiveText({ label, placeholder, disabled: held = false, ...text }: LiveTextProps) {
  const may = useMay(), disabled = held || !may.write;
  const { shown, write, around } = useShared({ ...text, disabled });
  const onKeyDown = (event: React.KeyboardEvent<HTMLElement>) => {
    if (isComposing(event.nativeEvent)) return;
    if (event.key !== "Escape" && (event.key !== "Enter" || (!event.metaKey && !event.ctrlKey))) return;
    event.preventDefault();
    event.currentTarget.blur();
  };
  return (
    <div className="shared" {...around}>
      <textarea className="editable lines" rows={3} aria-label={label} value={shown} placeholder={may.write ? placeholder ?? label : ""} disabled={disabled} dir="auto" onChange={(event) => write(event.target.value)} onKeyDown={onKeyDown} />
    </div>
  );
}
