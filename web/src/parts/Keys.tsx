/** The list of keys; pressing one of them lets it be bound anew. */
import { useState } from "react";
import { Button } from "react-aria-components";
import { bind, bindings, combo, COMMANDS, forgetBindings, type Command } from "../state/keys";
import { useText } from "../text/text";
import { Sheet } from "./basics";

const MAC = /Mac|iP/.test(navigator.platform);

export const shown = (key: string) => (MAC ? key.replace("Mod", "⌘") : key.replace("Mod", "Ctrl")).replace(/\b[a-z]$/, (letter) => letter.toUpperCase());

export function Keys({ open, onClose }: { open: boolean; onClose: () => void }) {
  const { t } = useText();
  const [all, setAll] = useState(bindings);
  const [waiting, setWaiting] = useState<Command | null>(null);
  return (
    <Sheet title={t("keys.title")} open={open} onClose={onClose} wide>
      <p className="quiet">{t("keys.how")}</p>
      <ul className="keys">
        {(Object.keys(COMMANDS) as Command[]).map((command) => (
          <li key={command}>
            <span>{t(`keys.${command}`)}</span>
            <Button className={waiting === command ? "key waiting" : "key"} aria-label={`${t(`keys.${command}`)}: ${shown(all[command])}`}
              onPress={() => setWaiting(command)}
              onKeyDown={(event) => {
                if (waiting !== command || ["Shift", "Control", "Meta", "Alt", "Tab"].includes(event.key)) return event.continuePropagation();
                setAll(bind(command, combo(event)));
                return setWaiting(null);
              }}>{waiting === command ? t("keys.press") : shown(all[command]) || "–"}</Button>
          </li>
        ))}
      </ul>
      <div className="row end"><Button className="button" onPress={() => { forgetBindings(); setAll(bindings()); }}>{t("keys.reset")}</Button></div>
    </Sheet>
  );
}
