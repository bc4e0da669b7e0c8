/** Keys: which command a key press means. All can be bound anew; none acts while typing or composing. */
import type { AssetChange } from "../api/types";

export const COMMANDS = {
  open: "Enter", look: "Space", info: "i", compare: "c", actual: "z", older: "[", newer: "]", tags: "t", album: "a", project: "Shift+a",
  note: "m", bin: "Delete", pick: "p", reject: "x", unflag: "u", rate0: "0", rate1: "1", rate2: "2", rate3: "3",
  rate4: "4", rate5: "5", red: "6", yellow: "7", green: "8", blue: "9", all: "Mod+a", clear: "Escape", undo: "Mod+z",
  redo: "Mod+Shift+z", search: "/", date: "d", bigger: "+", smaller: "-", help: "?", create: "g", queue: "q", reuse: "r", seed: "s",
  pictures: "h", prompts: "Shift+p", albums: "Shift+l", flip: "f", swap: "w", keep: "k", before: ",", after: ".", export: "e",
  generate: "Mod+Enter", generateNext: "Mod+Shift+Enter",
} as const;

export type Command = keyof typeof COMMANDS;

/** The commands by what they are for, as the list of keys shows them. */
export const GROUPS = {
  "keys.move": ["all", "clear", "look", "open", "date", "bigger", "smaller"],
  "keys.mark": ["rate1", "rate2", "rate3", "rate4", "rate5", "rate0", "pick", "reject", "unflag", "red", "yellow", "green", "blue", "tags", "album", "project", "export", "bin"],
  "keys.one": ["info", "note", "actual", "older", "newer"],
  "keys.comparing": ["compare", "flip", "swap", "keep", "before", "after"],
  "keys.make": ["generate", "generateNext", "reuse", "seed"],
  "keys.places": ["pictures", "create", "queue", "prompts", "albums"],
  "keys.everywhere": ["search", "undo", "redo", "help"],
} as const satisfies Record<string, readonly Command[]>;

/** Views that have a key. */
export const PLACES: readonly Command[] = GROUPS["keys.places"];

const ARROWS = ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown"];
/** Keys whose meaning stays: no command can have them. */
export const FIXED: ReadonlySet<string> = new Set([
  ...ARROWS, ...["Shift", "Alt", "Mod"].flatMap((held) => [...ARROWS, "Home", "End"].map((key) => `${held}+${key}`)),
  "Home", "End", "PageUp", "PageDown", "Tab", "Shift+Tab", "Mod+Space", "Backspace", "Mod+y", "=",
]);

/** Commands that count while one writes as well: their keys are held with Ctrl, ⌘ or Alt. */
const WRITING = ["generate", "generateNext"] as const;
export const needsHeld = (command: Command, key: string) => (WRITING as readonly Command[]).includes(command) && !/^(Mod|Alt)\+/.test(key);

type Press = Pick<KeyboardEvent, "key" | "ctrlKey" | "metaKey" | "shiftKey" | "altKey">;
const STORE = "gesso.keys";

/** A press as text, e.g. `Mod+Shift+z`. Shift is only told where the key itself does not show it. */
export function combo(press: Press): string {
  const key = press.key === " " ? "Space" : press.key.length === 1 ? press.key.toLowerCase() : press.key;
  const letter = /^[a-z]$/.test(key) || key.length > 1;
  const parts = [press.ctrlKey || press.metaKey ? "Mod" : "", press.altKey ? "Alt" : "", press.shiftKey && letter ? "Shift" : ""];
  return [...parts.filter(Boolean), key].join("+");
}

export function bindings(): Record<Command, string> {
  try {
    const chosen = JSON.parse(localStorage.getItem(STORE) ?? "{}") as Partial<Record<Command, string>>;
    // A command that is newer than what was chosen does not take a key away.
    const taken = new Set(Object.values(chosen));
    const usual = Object.entries(COMMANDS).map(([command, key]) => [command, taken.has(key) ? "" : key]);
    return { ...(Object.fromEntries(usual) as Record<Command, string>), ...chosen };
  } catch {
    return { ...COMMANDS }; // Unreadable: the keys everybody has.
  }
}

/** The other command that has this key. */
export function holder(command: Command, key: string): Command | null {
  const found = Object.entries(bindings()).find(([other, held]) => held === key && other !== command);
  return (found?.[0] as Command | undefined) ?? null;
}

/** Bind a command to a key; the command that had it loses it. */
export function bind(command: Command, key: string): Record<Command, string> {
  const all = bindings();
  for (const other of Object.keys(all) as Command[]) if (all[other] === key) all[other] = "";
  all[command] = key;
  localStorage.setItem(STORE, JSON.stringify(all));
  return all;
}

export function forgetBindings(): void {
  localStorage.removeItem(STORE);
}

/** True while an input method composes: what is pressed then is meant for it. */
export const isComposing = (event: Pick<KeyboardEvent, "isComposing" | "keyCode">) => event.isComposing || event.keyCode === 229;

/** True while the person writes, or an input method composes: then no key is a command. */
function isTyping(event: Pick<KeyboardEvent, "isComposing" | "keyCode" | "target">): boolean {
  if (isComposing(event)) return true;
  const target = event.target;
  return target instanceof HTMLElement &&
    (target.isContentEditable || target.matches("input:not([type=checkbox],[type=radio],[type=range]), textarea, select, [role=textbox], [role=searchbox]"));
}

export function commandOf(event: KeyboardEvent): Command | null {
  if (isTyping(event)) return null;
  const pressed = combo(event);
  if (pressed === "Backspace" || pressed === "Mod+y") return pressed === "Mod+y" ? "redo" : "bin";
  if (pressed === "=") return "bigger";
  const found = Object.entries(bindings()).find(([, key]) => key === pressed);
  return (found?.[0] as Command | undefined) ?? null;
}

/** Whether what is pressed, and be it while writing, asks for pictures: in their turn, or before what waits. */
export function asksFor(event: Press & Pick<KeyboardEvent, "isComposing" | "keyCode">): (typeof WRITING)[number] | null {
  if (isComposing(event)) return null;
  const all = bindings(), pressed = combo(event);
  return WRITING.find((each) => all[each] === pressed) ?? null;
}

/** The commands that set a value on pictures. */
export const CHANGES: Partial<Record<Command, AssetChange>> = {
  rate0: { rating: 0 }, rate1: { rating: 1 }, rate2: { rating: 2 }, rate3: { rating: 3 }, rate4: { rating: 4 }, rate5: { rating: 5 },
  pick: { flag: "pick" }, reject: { flag: "reject" }, unflag: { flag: null }, red: { label: "red" }, yellow: { label: "yellow" },
  green: { label: "green" }, blue: { label: "blue" },
};
