import { expect, test } from "vitest";
import { aimed, EMPTY, fitting, orderOf } from "../src/create/draft";
import { languageName, namesIn, promptsLike, saidIn, usualIn } from "../src/prompts/words";
import type { SavedPrompt } from "../src/api/types";

const prompt = (name: string, more: Partial<SavedPrompt> = {}): SavedPrompt => ({
  id: name, name, text: "", negative: "", notes: "", variables: {}, variants: {}, tags: [], archived: false, assets: 0, created_at: 0, conflicts: [], ...more,
});

test("places to fill, each once, in the order of the text", () => {
  expect(namesIn("{{ 攤位 }} at {{time}}, {red|blue}", "no {{攤位}}, {{my place}}")).toEqual(["攤位", "time", "my place"]);
  // A default is none of its name, and what the daemon takes for mere signs has no field.
  expect(namesIn("{{light:lamp}} {{mood：dim light}}", "\\{\\{x}} {{a|b}} {{\"y\": 1}}")).toEqual(["light", "mood"]);
});
test("a language that is not there says what was written first, and a variant without a negative takes the first one's", () => {
  const one = prompt("a", { text: "貓", negative: "模糊", variants: { en: { text: "a cat", negative: "" } } });
  expect([saidIn(one, null), saidIn(one, "ja")]).toEqual([{ text: "貓", negative: "模糊" }, { text: "貓", negative: "模糊" }]);
  expect(saidIn(one, "en")).toEqual({ text: "a cat", negative: "模糊" });
});
test("a prompt is found by any words of its name, texts and tags", () => {
  const all = [prompt("Night", { text: "雨夜", tags: ["客戶 A"] }), prompt("Day", { variants: { en: { text: "clear Dusk", negative: "" } } })];
  expect(["night 雨", "dusk", "客戶", "", "none"].map((words) => promptsLike(all, words).map((each) => each.name))).toEqual([["Night"], ["Day"], ["Night"], ["Night", "Day"], []]);
});
test("a language is called by its own name, and an unknown one by its sign", () => {
  expect([languageName("en"), languageName("not a language")]).toEqual(["English", "not a language"]);
});
test("an order names its saved prompt, and fills only places that are there and were written", () => {
  const draft = { ...EMPTY, prompt: "{{a}} {{b}}", saved: "p1", language: "en", variables: { a: "x", b: " ", gone: "y" } };
  expect(orderOf(draft, aimed([], []))).toMatchObject({ prompt: "p1", language: "en", variables: { a: "x" } });
  expect(orderOf({ ...draft, saved: null }, aimed([], []))).toMatchObject({ prompt: null, language: null });
});
test("the saved prompt of a draft is kept with it", () => {
  expect(fitting({ prompt: "x", saved: "p1", language: "en", variables: { a: "b" } })).toMatchObject({ saved: "p1", language: "en", variables: { a: "b" } });
});

test("what stands in the text for a place is its usual value, also behind a wide colon", () => {
  expect([...usualIn("{{主角:一隻貓}} in {{ place ：the rain }}", "{{Place:snow}} {{other}}")].sort()).toEqual([["place", "the rain"], ["主角", "一隻貓"]].sort());
  expect([usualIn("{{a: }}").size, usualIn("\\{{a:b}}").size]).toEqual([0, 0]);
});
