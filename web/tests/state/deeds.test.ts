import { expect, test } from "vitest";
import type { Entry } from "../../src/api/types";
import { actionsOf, settled, turnOf, without, type Deed } from "../../src/state/deeds";

const entry = (action: string, intent: string, undoes = ""): Entry => ({ action, when: 0, who: "", device: "", intent, params: { undoes }, changes: 1, documents: [], undone: false });

test("deeds stand in the order in which they were begun, whenever they are answered", () => {
  const rating: Deed = { action: null }, dropped: Deed = { action: "drop" }, batch: Deed = { action: null };
  let deeds = [rating, dropped, batch];
  expect(actionsOf(deeds)).toEqual(["drop"]);
  batch.action = "batch";
  deeds = settled(deeds, batch);
  rating.action = "rate";
  deeds = settled(deeds, rating);
  expect(actionsOf(deeds)).toEqual(["rate", "drop", "batch"]);
  expect(actionsOf(without(deeds, "drop"))).toEqual(["rate", "batch"]);
});
test("a deed that came to nothing is passed over, and others that are not answered yet stay", () => {
  const first: Deed = { action: null }, second: Deed = { action: null }, third: Deed = { action: "third" };
  const deeds = settled([first, second, third], first);
  expect(deeds).toEqual([second, third]);
});
test("the same action twice is where it was begun last", () => {
  const again: Deed = { action: "batch" };
  expect(actionsOf(settled([{ action: "batch" }, { action: "rate" }, again], again))).toEqual(["rate", "batch"]);
});
test("only so many are remembered, the newest", () => {
  const deeds = Array.from({ length: 300 }, (_, at) => ({ action: String(at) }));
  expect(actionsOf(deeds).at(-1)).toBe("299");
  expect(actionsOf(deeds)).toHaveLength(200);
});
test("what became of an action is what was done last, through undos and redos", () => {
  const entries = [entry("import", "asset.import"), entry("other", "asset.rate"), entry("u1", "undo", "import"), entry("x", "undo", "other")];
  const of = (...more: Entry[]) => turnOf("import", [...entries, ...more].reverse())?.action;
  expect(turnOf("import", [])).toBeNull();
  expect(of()).toBe("u1");
  expect(of(entry("r1", "redo", "u1"))).toBe("r1");
  expect(of(entry("r1", "redo", "u1"), entry("u2", "undo", "r1"))).toBe("u2");
  expect(of(entry("r1", "redo", "u1"), entry("u2", "undo", "import"))).toBe("u2");
});
