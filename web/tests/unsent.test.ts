import { expect, test } from "vitest";
import { setLink, link, onLink } from "../src/api/link";
import { keepUnsent, unsentAt } from "../src/state/unsent";

function shelf() {
  const held = new Map<string, string>();
  return { getItem: (name: string) => held.get(name) ?? null, setItem: (name: string, text: string) => void held.set(name, text) };
}
const kept = { text: "half a note", read: "" };

test("a text is found where it was written, and not once it is saved", () => {
  const store = shelf();
  keepUnsent(store, "#/picture/1 Note", kept);
  keepUnsent(store, "#/picture/1 Note", { ...kept, text: "a whole note" });
  expect(unsentAt(store, "#/picture/1 Note")?.text).toBe("a whole note");
  expect(unsentAt(store, "#/picture/2 Note")).toBeNull();
  keepUnsent(store, "#/picture/1 Note", null);
  expect(unsentAt(store, "#/picture/1 Note")).toBeNull();
});
test("the oldest give way, and what is unreadable is passed over", () => {
  const store = shelf();
  for (let at = 0; at < 60; at += 1) keepUnsent(store, String(at), kept);
  expect(unsentAt(store, "9")).toBeNull();
  expect(unsentAt(store, "10")).toEqual(kept);
  for (const text of ["{", "7", '[["a"]]', '[["a", {"text": 1, "read": ""}]]']) {
    store.setItem("gesso.unsent", text);
    expect(unsentAt(store, "a"), text).toBeNull();
  }
});
test("a browser that keeps nothing breaks nothing", () => {
  const full = { getItem: () => null, setItem: () => { throw new Error("full"); } };
  expect(() => keepUnsent(full, "a", kept)).not.toThrow();
});
test("whoever listens hears each change of the link once", () => {
  const said: string[] = [];
  const off = onLink(() => said.push(link()));
  for (const each of ["silent", "silent", "stopped", "open"] as const) setLink(each);
  off();
  setLink("silent");
  setLink("open");
  expect(said).toEqual(["silent", "stopped", "open"]);
});
