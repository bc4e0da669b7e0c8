import { expect, test } from "vitest";
import type { Fault, SheetRow } from "../src/api/types";
import { EMPTY, orderOf } from "../src/create/draft";
import { sumOf } from "../src/create/SheetPart";
import { unusedIn, usesOf } from "../src/create/uses";
import { placesIn } from "../src/prompts/words";
import { textOf } from "../src/text/text";
import en from "../src/text/en.json";
import zh from "../src/text/zh-TW.json";

const row = (prompt: string, said: Record<string, string> = {}): SheetRow => ({ row: 2, line: 2, prompt, said, by_project: null });
const told = (rows: SheetRow[], faults: Partial<Fault>[] = []) => ({
  rows, row_count: rows.length, fault_count: faults.length,
  faults: faults.map((each) => ({ code: "", message: "", params: {}, field: null, row: 3, line: 3, at: null, ...each })),
});
const written = (prompt: string, negative = "") => ({ prompt, negative });

test("a prompt is unused only where every row is known to have its own", () => {
  expect(usesOf(told([row("a"), row("b")]), written("mine")).prompt).toBe(false);
  expect(usesOf(told([row("a"), row("mine")]), written(" mine ")).prompt).toBe(true);
  expect(usesOf({ ...told([row("a")]), row_count: 300 }, written("mine")).prompt).toBeNull();
  expect(usesOf(told([]), written("mine")).prompt).toBe(true);
});

test("a row that has none of its own and lacks a value for this prompt takes it all the same", () => {
  const lacks = { code: "prompt.variable", params: { name: "Mood" } };
  expect(usesOf(told([row("a")], [lacks]), written("a {{mood}} cat"))).toEqual({ prompt: true, idle: [] });
  expect(usesOf(told([row("a")], [lacks]), written("a {{nope}} cat")).prompt).toBe(false);
});

test("no field for a place that every row fills itself", () => {
  expect(usesOf(told([row("a {{Thing}}", { thing: "red" }), row("b")]), written("a {{Thing}}")).idle).toEqual(["Thing"]);
  expect(usesOf(told([row("a {{Thing}}", { thing: "red" }), row("a {{Thing}}")]), written("a {{Thing}}")).idle).toEqual([]);
  expect(usesOf(told([row("b", { negative: "rain" }), row("c")]), written("", "no {{thing}}")).idle).toEqual([]);
  expect(usesOf(told([row("b", { negative: "rain" })]), written("", "no {{thing}}")).idle).toEqual(["thing"]);
});

test("a column is unused where no prompt has a place for it", () => {
  expect(unusedIn(row("a {thing} lantern", { thing: "red", size: "1x1" }), "")).toEqual(["thing"]);
  expect(unusedIn(row("a {{ Thing }} lantern", { thing: "red" }), "")).toEqual([]);
  expect(unusedIn(row("a {{thing:blue}} lantern", { thing: "red" }), "")).toEqual([]);
  expect(unusedIn(row("a \\{\\{thing}} lantern", { thing: "red" }), "")).toEqual(["thing"]);
  expect(unusedIn(row("a lantern", { thing: "red" }), "no {{thing}}")).toEqual([]);
  expect(unusedIn(row("a lantern", { thing: "red", negative: "rain" }), "no {{thing}}")).toEqual(["thing"]);
  expect([...placesIn("{{ａｂ}} {{顏色:紅}} <lora:{{x}}> {{a|b}}")]).toEqual(["ab", "顏色", "x"]);
});

test("the rows of a file make one picture each, and the sum is told where they do not", () => {
  const sheet = { name: "f", text: "prompt\na" };
  expect(orderOf({ ...EMPTY, count: 4, sheet }, []).count).toBe(1);
  expect(orderOf({ ...EMPTY, count: 4 }, []).count).toBe(4);
  const text = textOf("en", en), of = (jobs: number, row_count: number, each = 1, models = 1, passed_over = 0) => sumOf({ jobs, row_count, passed_over }, each, models, text);
  expect(of(12, 12)).toBe("");
  expect(of(48, 12, 4)).toBe("12 rows × 4 = 48 pictures");
  expect(of(40, 12, 4, 1, 8)).toBe("12 rows × 4 = 48 pictures");
  expect(of(24, 12, 1, 2)).toBe("12 rows × 2 models = 24 pictures");
  expect(of(3, 2)).toBe("2 rows, with choices and what rows say themselves: 3 pictures");
  expect(sumOf({ jobs: 8, row_count: 2, passed_over: 0 }, 4, 1, textOf("zh-TW", zh))).toBe("2 列 × 4 = 8 張圖片");
});

test("a value for a place of a negative prompt that is not sent goes nowhere", () => {
  expect(orderOf({ ...EMPTY, prompt: "a", negative: "no {{x}}", variables: { x: "1" } }, []).variables).toEqual({});
});
