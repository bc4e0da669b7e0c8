import { beforeEach, expect, test } from "vitest";
import { asksFor, bind, bindings, combo, COMMANDS, FIXED, GROUPS, holder, needsHeld, type Command } from "../../src/state/keys";
import en from "../../src/text/en.json";
import zh from "../../src/text/zh-TW.json";

const kept = new Map<string, string>();
Object.assign(globalThis, { localStorage: { getItem: (key: string) => kept.get(key) ?? null, setItem: (key: string, value: string) => kept.set(key, value) } });
beforeEach(() => kept.clear());

const commands = Object.keys(COMMANDS) as Command[];

test("every command is in the list of keys once, with its words in both languages", () => {
  expect(Object.values(GROUPS).flat().sort()).toEqual([...commands].sort());
  for (const text of [en, zh]) expect(commands.filter((each) => !text[`keys.${each}`])).toEqual([]);
});
test("no two commands share a key, and none has one whose meaning stays", () => {
  expect(new Set(Object.values(COMMANDS)).size).toBe(commands.length);
  expect(Object.values(COMMANDS).filter((key) => FIXED.has(key))).toEqual([]);
});
test("each key is written as a press of it is told", () => {
  for (const key of Object.values(COMMANDS)) {
    const parts = key === "+" ? ["+"] : key.split("+"), last = parts.at(-1) ?? "";
    const press = { key: last === "Space" ? " " : parts.includes("Shift") && last.length === 1 ? last.toUpperCase() : last, ctrlKey: parts.includes("Mod"), metaKey: false, altKey: parts.includes("Alt"), shiftKey: parts.includes("Shift") };
    expect(combo(press)).toBe(key);
  }
});
test("pictures are asked for while one writes, never while an input method composes", () => {
  const press = (over: object) => ({ key: "Enter", ctrlKey: true, metaKey: false, altKey: false, shiftKey: false, isComposing: false, keyCode: 13, ...over });
  expect([press({}), press({ shiftKey: true }), press({ ctrlKey: false, metaKey: true }), press({ ctrlKey: false }), press({ isComposing: true }), press({ keyCode: 229 })].map(asksFor))
    .toEqual(["generate", "generateNext", "generate", null, null, null]);
  expect([needsHeld("generate", "g"), needsHeld("generateNext", "Shift+Enter"), needsHeld("generate", "Alt+g"), needsHeld("export", "g")]).toEqual([true, true, false, false]);
  bind("generate", "Alt+g");
  expect([press({ key: "g", ctrlKey: false, altKey: true }), press({})].map(asksFor)).toEqual(["generate", null]);
});
test("every command can be bound anew, and whoever had the key is known", () => {
  for (const each of commands) expect(bind(each, `Alt+${each}`)[each]).toBe(`Alt+${each}`);
  expect(bindings()).toEqual(Object.fromEntries(commands.map((each) => [each, `Alt+${each}`])));
  expect([holder("export", "Alt+compare"), holder("compare", "Alt+compare"), holder("compare", "F8")]).toEqual(["compare", null, null]);
  expect(bind("export", "Alt+compare").compare).toBe("");
});
test("a newer command takes no key away that was given to another", () => {
  kept.set("gesso.keys", JSON.stringify({ project: "a" }));
  expect([bindings().project, bindings().album]).toEqual(["a", ""]);
  expect(bind("album", "Shift+a").album).toBe("Shift+a");
});
