/** The list of keys, by what they are for; pressing one of them lets it be bound anew. */
import { useState } from "react";
import { Button } from "react-aria-components";
import { bind, bindings, combo, forgetBindings, type Command } from "../state/keys";
import { useText } from "../text/text";
import { Sheet } from "./basics";

const MAC = /Mac|iP/.test(navigator.platform);
const SIGNS: Record<string, string> = { ArrowLeft: "←", ArrowRight: "→", ArrowUp: "↑", ArrowDown: "↓" };

const part = (name: string) => (name === "Mod" ? (MAC ? "⌘" : "Ctrl") : (SIGNS[name] ?? (/^[a-z]$/.test(name) ? name.toUpperCase() : name)));

/** `Mod+Shift+z` as it stands on the keyboard; the plus sign may itself be the key. */
export const shown = (key: string) => key.split(/(?<=.)\+/).map(part).join("+");

interface Group { title: "keys.move" | "keys.mark" | "keys.one" | "keys.comparing" | "keys.make" | "keys.everywhere"; fixed: ["keys.arrows" | "keys.sides" | "keys.shift" | "keys.range" | "keys.ends" | "keys.choose" | "keys.generate" | "keys.past" | "keys.reorder" | "keys.arrange", string][]; commands: Command[] }
const GROUPS: Group[] = [
  {
    title: "keys.move", fixed: [["keys.arrows", "← ↑ ↓ →"], ["keys.range", "Shift + ← ↑ ↓ →"], ["keys.choose", MAC ? "⌘ + Space" : "Ctrl + Space"], ["keys.ends", "Home / End"], ["keys.arrange", "Alt + ← ↑ ↓ →"]],
    commands: ["all", "clear", "look", "open", "date", "bigger", "smaller"],
  },
  { title: "keys.mark", fixed: [], commands: ["rate1", "rate2", "rate3", "rate4", "rate5", "rate0", "pick", "reject", "unflag", "red", "yellow", "green", "blue", "tags", "album", "project", "export", "bin"] },
  { title: "keys.one", fixed: [["keys.shift", "Shift + ← ↑ ↓ →"]], commands: ["info", "note", "actual", "older", "newer"] },
  { title: "keys.comparing", fixed: [["keys.sides", "← →"]], commands: ["compare", "flip", "swap", "keep", "before", "after"] },
  {
    title: "keys.make", fixed: [["keys.generate", MAC ? "⌘ + Enter" : "Ctrl + Enter"], ["keys.past", "Alt + ↑ ↓"], ["keys.reorder", "Alt + ↑ ↓"]],
    commands: ["create", "queue", "reuse", "seed"],
  },
  { title: "keys.everywhere", fixed: [], commands: ["search", "undo", "redo", "help"] },
];

export function Keys({ open, onClose }: { open: boolean; onClose: () => void }) {
  const { t } = useText();
  const [all, setAll] = useState(bindings);
  const [waiting, setWaiting] = useState<Command | null>(null);
  const row = (command: Command) => (
    <li key={command}>
      <span>{t(`keys.${command}`)}</span>
      <Button className={waiting === command ? "key waiting" : "key"} aria-label={`${t(`keys.${command}`)}: ${shown(all[command])}`}
        onPress={() => setWaiting(command)} onBlur={() => setWaiting(null)}
        onKeyDown={(event) => {
          if (waiting !== command || ["Shift", "Control", "Meta", "Alt", "Tab"].includes(event.key)) return event.continuePropagation();
          event.preventDefault();
          if (event.key !== "Escape" || command === "clear") setAll(bind(command, combo(event)));
          return setWaiting(null);
        }}>{waiting === command ? t("keys.press") : shown(all[command]) || "–"}</Button>
    </li>
  );
  return (
    <Sheet title={t("keys.title")} open={open} onClose={onClose} wide>
      <p className="quiet">{t("keys.how")}</p>
      <div className="keys">
        {GROUPS.map((group) => (
          <section key={group.title}><h3>{t(group.title)}</h3>
            <ul>{group.fixed.map(([name, keys]) => <li key={name}><span>{t(name)}</span><kbd>{keys}</kbd></li>)}{group.commands.map(row)}</ul></section>
        ))}
      </div>
      <div className="row end"><Button className="button" onPress={() => { forgetBindings(); setAll(bindings()); }}>{t("keys.reset")}</Button></div>
    </Sheet>
  );
}
