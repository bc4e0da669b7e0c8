/** The list of keys, by what they are for; pressing one of them lets it be bound anew. */
import { useState } from "react";
import { Button } from "react-aria-components";
import { bind, bindings, combo, FIXED, forgetBindings, GROUPS, holder, needsHeld, type Command } from "../state/keys";
import { useText, type Key } from "../text/text";
import { Sheet } from "./basics";

const MAC = /Mac|iP/.test(navigator.platform);
const SIGNS: Record<string, string> = { ArrowLeft: "←", ArrowRight: "→", ArrowUp: "↑", ArrowDown: "↓" };

const part = (name: string) => (name === "Mod" ? (MAC ? "⌘" : "Ctrl") : (SIGNS[name] ?? (/^[a-z]$/.test(name) ? name.toUpperCase() : name)));

/** `Mod+Shift+z` as it stands on the keyboard; the plus sign may itself be the key. */
export const shown = (key: string) => key.split(/(?<=.)\+/).map(part).join("+");

type Title = keyof typeof GROUPS;
const MOD = MAC ? "⌘" : "Ctrl";
/** Keys that stay as they are, beside the commands of their group. */
const STAYING: Partial<Record<Title, [Key, string][]>> = {
  "keys.move": [["keys.arrows", "← ↑ ↓ →"], ["keys.range", "Shift + ← ↑ ↓ →"], ["keys.choose", `${MOD} + Space`], ["keys.ends", "Home / End"], ["keys.arrange", "Alt + ← ↑ ↓ →"]],
  "keys.one": [["keys.shift", "Shift + ← ↑ ↓ →"]],
  "keys.comparing": [["keys.sides", "← →"]],
  "keys.make": [["keys.past", "Alt + ↑ ↓"], ["keys.reorder", "Alt + ↑ ↓"]],
};

export function Keys({ open, onClose }: { open: boolean; onClose: () => void }) {
  const { t } = useText();
  const [all, setAll] = useState(bindings);
  const [waiting, setWaiting] = useState<Command | null>(null);
  const [told, setTold] = useState("");
  const take = (command: Command, key: string) => {
    const name = { key: shown(key), command: t(`keys.${command}`) }, other = holder(command, key);
    if (FIXED.has(key)) return setTold(t("keys.fixed", name));
    if (needsHeld(command, key)) return setTold(t("keys.held", { ...name, held: MOD }));
    setAll(bind(command, key));
    setTold(other ? t("keys.taken", { ...name, other: t(`keys.${other}`) }) : t("keys.bound", name));
  };
  const row = (command: Command) => (
    <li key={command}>
      <span>{t(`keys.${command}`)}</span>
      <Button className={waiting === command ? "key waiting" : "key"} aria-label={`${t(`keys.${command}`)}: ${shown(all[command])}`}
        onPress={() => setWaiting(command)} onBlur={() => setWaiting(null)}
        onKeyDown={(event) => {
          if (waiting !== command || ["Shift", "Control", "Meta", "Alt", "Tab"].includes(event.key)) return event.continuePropagation();
          event.preventDefault();
          if (event.key !== "Escape" || command === "clear") take(command, combo(event));
          return setWaiting(null);
        }}>{waiting === command ? t("keys.press") : shown(all[command]) || "–"}</Button>
    </li>
  );
  return (
    <Sheet title={t("keys.title")} open={open} onClose={onClose} wide>
      <p className="quiet">{t("keys.how")}</p>
      <p className="keys-told" role="status">{told}</p>
      <div className="keys">
        {(Object.keys(GROUPS) as Title[]).map((title) => (
          <section key={title}><h3>{t(title)}</h3>
            <ul>{STAYING[title]?.map(([name, keys]) => <li key={name}><span>{t(name)}</span><kbd>{keys}</kbd></li>)}{GROUPS[title].map(row)}</ul></section>
        ))}
      </div>
      <div className="row end"><Button className="button" onPress={() => { forgetBindings(); setAll(bindings()); setTold(""); }}>{t("keys.reset")}</Button></div>
    </Sheet>
  );
}
