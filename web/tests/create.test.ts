import { diff } from "../src/create/diff";
import { suggested } from "../src/create/Improve";
import { painting, speaker } from "../src/state/providers";
import { expect, test } from "vitest";
import { aimed, decoded, EMPTY, into, isAnother, isAsked, orderOf } from "../src/create/draft";
import { draftOf } from "../src/create/batch";
import { DOUBT, meant, NOTHING, REST } from "../src/create/begin";
import { history, keepWritten, literally, step, written } from "../src/create/history";
import { keepDraft, nextTime, readDraft, takeOver } from "../src/create/keeping";
import { leftOf, mayCost, money, placeOf, priceOf, spanOf, rangeOf } from "../src/create/price";
import { linesOf } from "../src/create/SheetPart";
import { boundsOf, isFree, shapeOf, sizesOf, takes } from "../src/create/sizes";
import { standing } from "../src/queue/deciding";
import { ofJob } from "../src/queue/doubt";
import { movesOf } from "../src/queue/Queue";
import { cannotOf, costOf, isHarmless, paidOf, spentOn, worthTrying } from "../src/queue/retrying";
import { newest, renewed } from "../src/state/jobs";
import { waitsFor } from "../src/queue/told";
import { textOf } from "../src/text/text";
import en from "../src/text/en.json";
import zh from "../src/text/zh-TW.json";
import type { AgainQuote, Fault, Job, Model, Provider, Quote, Target } from "../src/api/types";

/** What a browser keeps, of so many characters in all. */
const store = (limit = Infinity) => {
  const kept = new Map<string, string>();
  return {
    get length() { return kept.size; },
    key: (index: number) => [...kept.keys()][index] ?? null,
    getItem: (key: string) => kept.get(key) ?? null,
    removeItem: (key: string) => { kept.delete(key); },
    setItem: (key: string, value: string) => {
      const others = [...kept].filter(([name]) => name !== key).reduce((sum, [, text]) => sum + text.length, 0);
      if (others + value.length > limit) throw new Error("full");
      kept.set(key, value);
    },
  };
};
const saying = (prompt: string) => ({ ...EMPTY, prompt });
const model = (more: Partial<Model> = {}): Model => ({
  id: "m", title: "M", sizes: [], usual: [1024, 1024], least: 64, most: 4096, step: 1, most_pixels: 4096 * 4096, most_ratio: 8, seed: true, negative: false,
  formats: ["png"], most_prompt: 1000, options: [], price: { least: 0, most: 0, currency: "", basis: "free", as_of: "" }, retired: false, retires_on: null, replacement: null, can: ["paint"], previews: null, ...more,
});
const provider = (name: string, ...models: Model[]): Provider => ({ name, title: name, adapter: name, kind: "local", leaves_machine: false, at_once: 1, per_minute: 0, models, problem: null });
const quote = (more: Partial<Quote> = {}): Quote => ({
  jobs: 12, sums: [], free: 12, unknown: 0, as_of: "", seconds: null, passed_over: 0, faults: [], fault_count: 0, bad_rows: 0, left_out: [], left_out_count: 0, prompts: [], rows: [], row_count: 0, held: false, unused: [], ...more,
});
const job = (id: string, more: Partial<Job> = {}): Job => ({
  id, batch: "b", number: 0, provider: "sketch", model: "m", prompt: id, saved: null, negative: "", width: 1, height: 1, seed: null, format: "png", options: {}, project: null, tags: [], state: "queued", reason: "", not_before: 0,
  progress: null, preview: null, priority: 0, tries: 0, estimate: null, cost: null, counts: null, error: null, assets: [], created_at: 0, ended_at: null, ...more,
});

test("a draft comes back as it was kept, per workspace", () => {
  const kept = store(), draft = { ...EMPTY, prompt: "貓咪 {a|b}", count: 7, options: { quality: "high" }, tags: ["x"], project: "p", sheet: { name: "rows.csv", text: "prompt\na" } };
  expect(keepDraft(kept, "w1", draft, 1, "t")).toBe(true);
  expect(readDraft(kept, "w1", "t")).toEqual(draft);
  expect(readDraft(kept, "w2", "t")).toEqual(EMPTY);
});
test("each tab has its own, and a new one begins with the newest", () => {
  const kept = store();
  keepDraft(kept, "w", saying("one"), 1, "a");
  keepDraft(kept, "w", saying("two"), 2, "b");
  keepDraft(kept, "w", saying("one, longer"), 3, "a");
  expect(["a", "b", "c"].map((tab) => readDraft(kept, "w", tab).prompt)).toEqual(["one, longer", "two", "one, longer"]);
});
test("a text that is replaced at once is another one, one that is written on is not", () => {
  const before = "a heron in the reeds at dawn";
  expect(["", "T", "a", "an umbrella by the sea", "紅色燈籠"].map((after) => isAnother(before, after))).toEqual([true, true, true, true, true]);
  expect([before, `${before}, ink`, `oil, ${before}`, "a heron in the reeds", "a stork in the reeds at dawn", "a heron at dawn"].map((after) => isAnother(before, after))).toEqual(Array(6).fill(false));
  expect([isAnother("", "new"), isAnother("aa", "a"), isAnother("aaaa", "a")]).toEqual([false, false, false]);
});
test("a draft of before there were tabs is where one begins", () => {
  const kept = store();
  kept.setItem("gesso.draft.w", '{"prompt": "old"}');
  expect(readDraft(kept, "w", "a").prompt).toBe("old");
});
test("drafts that make place for newer ones, and for room, stay among the prompts written before", () => {
  const kept = store();
  for (let tab = 0; tab < 10; tab++) keepDraft(kept, "w", saying(`draft ${tab}`), tab, String(tab));
  expect(written(kept, "w")).toEqual(["draft 1", "draft 0"]);
  expect(readDraft(kept, "w", "2").prompt).toBe("draft 2");
  const small = store(1500);
  keepDraft(small, "w", saying("a".repeat(700)), 1, "a");
  expect(keepDraft(small, "w", saying("b".repeat(700)), 2, "b")).toBe(true);
  expect(readDraft(small, "w", "b").prompt).toBe("b".repeat(700));
  expect(written(small, "w")).toEqual([]); // there was room for one of both
});
test("what another version or a crash left of a draft does no harm", () => {
  const kept = store();
  for (const text of ["{", "null", "[]", '{"prompt": 3, "count": "4", "tags": {}, "sheet": 1}']) {
    kept.setItem("gesso.draft.w", text);
    expect(readDraft(kept, "w", "t")).toEqual(EMPTY);
  }
});
test("the text of a long file is not kept, its name is; a full store is no error", () => {
  const kept = store(), long = { ...EMPTY, sheet: { name: "long.csv", text: "a".repeat(600_000) } };
  keepDraft(kept, "w", long, 1, "t");
  expect(readDraft(kept, "w", "t").sheet).toEqual({ name: "long.csv", text: null });
  expect(isAsked(orderOf({ ...EMPTY, prompt: "base words", sheet: { name: "long.csv", text: null } }, []))).toBe(false); // it would be another order
  expect(keepDraft(store(10), "w", EMPTY, 1, "t")).toBe(false);
});
test("what the daemon has newer is taken over, and what stood there is not lost", () => {
  const kept = store(), there = (tab: string, time: number, prompt: string) => ({ tab, time, text: JSON.stringify({ ...saying(prompt), time }) });
  keepDraft(kept, "w", saying("a heron"), 5, "a");
  keepDraft(kept, "w", saying("newer here"), 9, "b");
  keepDraft(kept, "w", saying("another thing"), 3, "c");
  expect(takeOver(kept, "w", [there("d", 8, "only there"), there("b", 7, "older there"), there("a", 6, "a heron at dawn"), there("c", 4, "something else")])).toBe(true);
  expect(["a", "b", "c", "d"].map((tab) => readDraft(kept, "w", tab).prompt)).toEqual(["a heron at dawn", "newer here", "something else", "only there"]);
  expect(written(kept, "w")).toEqual(["another thing"]);
  expect(takeOver(kept, "w", [there("d", 8, "only there")])).toBe(false);
});
test("what is written after the clock was set back is newer all the same", () => {
  const kept = store();
  keepDraft(kept, "back", saying("of before"), 5000, "a");
  expect([nextTime(kept, "back", 100), nextTime(kept, "back", 101), nextTime(kept, "back", 9000)]).toEqual([5001, 5002, 9000]);
  takeOver(kept, "back", [{ tab: "b", time: 20_000, text: JSON.stringify({ ...saying("known there"), time: 20_000 }) }]);
  const time = nextTime(kept, "back", 200);
  keepDraft(kept, "back", saying("of now"), time, "a");
  expect([time, takeOver(kept, "back", [{ tab: "a", time: 20_000, text: JSON.stringify({ ...saying("of before"), time: 20_000 }) }]), readDraft(kept, "back", "a").prompt]).toEqual([20_001, false, "of now"]);
});
test("models that only talk are offered for no picture, and those of which nobody tells are", () => {
  const talks = model({ id: "talks", can: ["speak", "embed"] }), both = model({ id: "both", can: ["speak", "paint"] }), untold = model({ id: "untold", can: null });
  const some = [provider("a", talks, both, untold), provider("b", talks), provider("c")];
  expect(painting(some).map((each) => [each.name, each.models.map(({ id }) => id)])).toEqual([["a", ["both", "untold"]], ["c", []]]);
});
test("who answers in words is free, and told to before untold", () => {
  const paid = { least: null, most: null, currency: "", basis: "unknown", as_of: "" } as Model["price"];
  const talks = model({ id: "talks", can: ["speak"] }), untold = model({ id: "untold", can: null });
  expect(speaker([provider("a", model(), model({ id: "dear", can: ["speak"], price: paid }))])).toBeNull();
  expect(speaker([provider("a", untold), provider("b", talks)])).toMatchObject({ provider: "b", model: { id: "talks" } });
  expect(speaker([provider("a", model({ id: "gone", can: ["speak"], retired: true }), untold)])).toMatchObject({ provider: "a", model: { id: "untold" } });
});
test("a suggestion is shown as what stays, goes and comes", () => {
  const said = (before: string, after: string) => diff(before, after).map(({ kind, text }) => (kind === "same" ? text : kind === "gone" ? `[-${text}-]` : `[+${text}+]`)).join("");
  expect(said("a cat", "a cat")).toBe("a cat");
  expect(said("a red cat", "a grey cat at dawn")).toBe("a [-red-][+grey+] cat[+ at dawn+]");
  expect(said("紅色燈籠", "紅色的燈籠，雨夜")).toBe("紅色[+的+]燈籠[+，雨夜+]");
  expect(said("", "new")).toBe("[+new+]");
  expect(said("a fox, 3", "tall grey towers")).toBe("[-a fox, 3-][+tall grey towers+]");
  expect(said("a red fox, at night", "one grey wolf, at dawn")).toBe("[-a red fox-][+one grey wolf+], at [-night-][+dawn+]");
  for (const [before, after] of [["a {b|c} __d__", "a {b|c}, __d__ 🦊"], ["x ".repeat(3000), "y ".repeat(3000)]] as const) {
    const parts = diff(before, after);
    expect(parts.filter(({ kind }) => kind !== "new").map(({ text }) => text).join("")).toBe(before);
    expect(parts.filter(({ kind }) => kind !== "gone").map(({ text }) => text).join("")).toBe(after);
  }
});
test("what models put around a suggestion is left out", () => {
  expect(suggested('<think>\nhm\n</think>\n\n"a cat"\n')).toBe("a cat");
  expect(suggested("「紅色燈籠」")).toBe("紅色燈籠");
  expect(suggested('"a" and "b" stand there')).toBe('"a" and "b" stand there');
});
test("an order has only what the chosen models take", () => {
  const plain = provider("a", model({ id: "one", seed: false })), rich = provider("b", model({ id: "two", negative: true, options: [{ name: "steps", kind: "whole", usual: 20 }] }));
  const draft = { ...EMPTY, prompt: "cat", negative: "dog", seed: "5", options: { steps: 30, gone: true }, targets: [{ provider: "a", model: "one" }] };
  expect(orderOf(draft, aimed(draft.targets, [plain, rich]))).toMatchObject({ negative: "", seed: null, options: {}, targets: [{ provider: "a", model: "one" }] });
  expect(orderOf(draft, aimed([{ provider: "b", model: "two" }], [plain, rich]))).toMatchObject({ negative: "dog", seed: "5", options: { steps: 30 } });
});
test("without a choice, or with one that is gone, the first model that can be used is taken", () => {
  const broken = { ...provider("x", model()), problem: "no" }, old = provider("y", model({ id: "old", retired: true })), good = provider("z", model({ id: "new" }));
  expect(aimed([{ provider: "gone", model: "gone" }], [broken, old, good]).map((each) => each.model.id)).toEqual(["new"]);
});
test("what a project makes with is taken where nothing else is chosen, and no other in its place", () => {
  const broken = { ...provider("x", model()), problem: "no" }, old = provider("y", model({ id: "old", retired: true })), good = provider("z", model({ id: "new" }));
  const names = (targets: Target[], provider: string, model: string) => aimed(targets, [broken, old, good], { provider, model }).map((each) => each.model.id);
  expect([names([], good.name, ""), names([], good.name, "new"), names([], "gone", ""), names([], good.name, "gone"), names([], broken.name, "")]).toEqual([["new"], ["new"], [], [], []]);
  expect(names([{ provider: good.name, model: "new" }], "gone", "")).toEqual(["new"]);
  expect([into({ id: "p", making: { provider: "x", model: "" } }), into({ id: "p", making: null })]).toEqual([{ project: "p", targets: [] }, { project: "p" }]);
});
test("blanks alone are nothing to ask for", () => {
  expect(isAsked(orderOf({ ...EMPTY, prompt: " \n" }, []))).toBe(false);
  expect([orderOf({ ...EMPTY, sheet: { name: "a", text: "prompt" } }, []).by_projects, orderOf({ ...EMPTY, prompt: "x" }, []).by_projects]).toEqual([true, false]);
  expect(isAsked(orderOf({ ...EMPTY, sheet: { name: "a", text: "prompt" } }, []))).toBe(true);
});
test("files are read as UTF-8, UTF-16 with its mark, or Big5", () => {
  expect(decoded(new TextEncoder().encode("提示詞"))).toBe("提示詞");
  expect(decoded(new Uint8Array([0xff, 0xfe, 0x9d, 0x4f]))).toBe("依");
  expect(decoded(new Uint8Array([0xa4, 0xa4, 0xa4, 0xe5]))).toBe("中文");
  expect(decoded(new Uint8Array([0xff, 0x00, 0x80]))).toBeNull();
});

test("prompts of before: those written here first, then those of the newest jobs, each once", () => {
  const jobs = [job("1", { prompt: "old", created_at: 1 }), job("2", { prompt: "new {x}", created_at: 2 }), job("3", { prompt: "old", created_at: 3 })];
  expect(history(["{a|b}"], jobs)).toEqual(["{a|b}", "old", "new \\{x\\}"]);
});
test("walking goes back, and forth to what was not sent", () => {
  const all = ["b", "a"];
  const one = step(all, null, "draft", 1), two = step(all, one?.walk ?? null, "b", 1);
  expect([one?.text, two?.text, step(all, two?.walk ?? null, "a", 1)]).toEqual(["b", "a", null]);
  const back = step(all, two?.walk ?? null, "a", -1);
  expect([back?.text, step(all, back?.walk ?? null, "b", -1)?.text]).toEqual(["b", "draft"]);
  expect(step(all, null, "b", 1)?.text).toBe("a");
  expect(step([], null, "x", 1)).toBeNull();
});
test("what was written is kept once, the latest first", () => {
  const kept = store();
  for (const each of ["a", "b", "a", " "]) keepWritten(kept, "w", each);
  expect(written(kept, "w")).toEqual(["a", "b"]);
});
test("a prompt that was sent means itself when it is used again", () => {
  expect(literally("a {b|c} __d__ (e:1.2) <lora:my__one:0.8> \\{")).toBe("a \\{b|c\\} \\_\\_d\\_\\_ (e:1.2) <lora:my__one:0.8> \\\\\\{");
  expect(literally("plain, 貓咪")).toBe("plain, 貓咪");
});

const texts = { en: textOf("en", en), zh: textOf("zh-TW", zh) };
test("what it comes to is said in both languages", () => {
  expect(priceOf(quote(), texts.en)).toBe("12 pictures · free");
  expect(priceOf(quote({ free: 0, sums: [{ currency: "USD", least: 0.48, most: 0.6 }], as_of: "2026-11-01" }), texts.en)).toBe("12 pictures · about $0.48–$0.60 (prices of 2026-11-01)");
  expect(priceOf(quote({ free: 0, unknown: 12 }), texts.en)).toBe("12 pictures · price unknown");
  expect(priceOf(quote({ free: 0, unknown: 2, sums: [{ currency: "USD", least: 1, most: 1 }], as_of: "2026-11-01" }), texts.zh)).toBe("12 張圖片 · 約 US$1.00（2026-11-01 的價格） · 另有 2 張價格不明");
  expect(priceOf(quote({ jobs: 0, free: 0 }), texts.zh)).toBe("0 張圖片");
});
test("what an order would leave of the month is told to the millionth, and that it passes it", () => {
  const month = { currency: "USD", limit: 20, spent: 12.1, open: 0.3, waiting: 0, left: 7.6, level: "under" } as const;
  const order = (most: number, unknown = 0) => quote({ sums: [{ currency: "USD", least: 0, most }], unknown });
  expect(leftOf(order(7.5), [month], texts.en)).toEqual([{ said: "$0.10 of this month’s $20.00 would be left", over: false }]);
  expect(leftOf(order(7.6), [month], texts.zh)).toEqual([{ said: "本月上限 US$20.00，之後還剩 US$0.00", over: false }]);
  expect(leftOf(order(7.600001), [month], texts.en)).toEqual([{ said: "Passes this month’s $20.00 by $0.000001: ask for fewer pictures, or raise the limit with gesso budget", over: true }]);
  expect(leftOf(order(1), [{ ...month, currency: "TWD" }], texts.en)).toEqual([]);
  expect(leftOf(quote({ unknown: 2 }), [month], texts.en)).toEqual([{ said: "A limit of $20.00 a month is set", over: false }]);
  expect([leftOf(quote(), [month], texts.en), leftOf(order(9, 1), [], texts.en)]).toEqual([[], []]);
});
test("how long it takes is said in the unit that is read most easily, and not where nobody knows", () => {
  const said = (least: number, most: number, text = texts.en) => spanOf(quote({ seconds: { least, most, guessed: false } }), text);
  expect(spanOf(quote(), texts.en)).toBe("");
  expect([said(0.1, 0.4), said(12, 40), said(40, 600), said(7200, 7300)]).toEqual(["about 1 sec", "about 12 sec to 40 sec", "about 40 sec to 10 min", "about 2 hr"]);
  expect(said(12, 600, texts.zh)).toBe("約 12 秒到 10 分鐘");
});
test("only what is free for sure costs nothing", () => {
  expect([mayCost(quote()), mayCost(quote({ unknown: 1 })), mayCost(quote({ sums: [{ currency: "USD", least: 0, most: 1 }] }))]).toEqual([false, true, true]);
});
test("credits are no currency, and parts of a cent are told", () => {
  expect([0.0317, 0.03171, 0.176765, 0.0000231, 1.2345, 0].map((each) => money(each, "USD", "en"))).toEqual(["$0.0317", "$0.03171", "$0.176765", "$0.000023", "$1.2345", "$0.00"]);
  expect(money(3, "credits", "en")).toBe("3 credits");
  expect(money(0.0035, "USD", "en")).toBe("$0.0035");
  expect([money(20, "USD", "en"), money(600, "TWD", "en")]).toEqual(["$20.00", "NT$600.00"]);
  expect([money(20, "USD", "zh-TW"), money(600, "TWD", "zh-TW")]).toEqual(["US$20.00", "$600.00"]);
});
test("the daemon counts characters where browsers count halves of some", () => {
  expect(placeOf("😀😀{a", 2)).toBe(4);
});

test("shapes at the usual number of pixels, by the names people call them", () => {
  const all = sizesOf([model()]);
  expect(all.map((each) => each.name)).toEqual(["1:1", "4:3", "3:4", "3:2", "2:3", "16:9", "9:16"]);
  expect(all.every((each) => takes(model(), each.width, each.height))).toBe(true);
  expect(shapeOf(3000, 1000)).toBe("3:1");
});
test("listed sizes are all there are, and several models share theirs", () => {
  const listed = model({ sizes: [[512, 512], [1024, 1024]] });
  expect(sizesOf([listed, model({ least: 600 })]).map((each) => each.width)).toEqual([1024]);
  expect([isFree([listed]), isFree([model()]), isFree([])]).toEqual([false, true, false]);
  expect(boundsOf([model({ step: 8 }), model({ least: 256, most: 2048 })])).toEqual({ least: 256, most: 2048, step: 8 });
});

test("bad rows stand among the good ones, in the order of the file", () => {
  const fault = (row: number | null): Fault => ({ code: "row.number", message: "", params: {}, field: null, row, line: row, at: null });
  const lines = linesOf(quote({ rows: [{ row: 2, line: 2, prompt: "a", said: { count: "2" }, by_project: null }, { row: 4, line: 4, prompt: "b", said: {}, by_project: { project: "Poster", provider: "oils", model: "" } }], faults: [fault(3), fault(3), fault(null), fault(4)] }), "prompt,count\r\na,2\r\n,many\r\nb,1");
  expect(lines.map((each) => [each.row, each.prompt, each.raw, each.faults.length, each.by?.project])).toEqual([[2, "a", "", 0, undefined], [3, "", ",many", 2, undefined], [4, "b", "", 1, "Poster"]]);
});

test("a job moves before the one above it, or the one below moves before it", () => {
  const done: string[] = [], before = (one: string, other: string) => { done.push(`${one}<${other}`); };
  const all = ["a", "b", "c"].map((id) => job(id)), middle = movesOf(all, 1, before);
  middle.up?.(); middle.down?.(); middle.onto("c"); middle.onto("b");
  expect(done).toEqual(["b<a", "c<b", "c<b"]);
  expect([movesOf(all, 0, before).up, movesOf(all, 2, before).down]).toEqual([null, null]);
});
test("news of a job changes it where it stands, and nothing else", () => {
  const all = [job("a"), job("b")];
  expect(renewed(all, new Map([["x", job("x")]]))).toBe(all);
  expect(renewed(all, new Map([["b", job("b", { state: "done" })]])).map((each) => each.state)).toEqual(["queued", "done"]);
});
test("batches by their newest job", () => {
  expect(newest([job("1", { batch: "x", created_at: 1 }), job("2", { batch: "y", created_at: 3 }), job("3", { batch: "x", created_at: 2 })], 8)).toEqual([{ batch: "y", created_at: 3 }, { batch: "x", created_at: 2 }]);
});
test("why a job waits, and until when where that is to come", () => {
  expect(waitsFor({ provider: "painter", reason: "network", not_before: 0 }, texts.zh)).toBe("等待網路連線");
  expect(waitsFor({ provider: "painter", reason: "rate", not_before: 60_000 }, texts.en, 0)).toMatch(/^The provider takes no more for now, until /);
  expect(waitsFor({ provider: "painter", reason: "", not_before: 0 }, texts.en)).toBe("Waiting");
  expect(waitsFor({ provider: "painter", reason: "later", not_before: 60_000 }, texts.en, 0)).toMatch(/^painter takes no more, until /);
});

const bought = { order: "a cat", key: "k", pressed: 10_000, answered: true };

test("a double click, a second click and a held key are the gesture that began already", () => {
  for (const since of [0, 80, 350, REST - 1]) expect(meant(bought, "a cat", 10_000 + since, false)).toBe("nothing");
  expect(meant(bought, "a dog", 10_350, true)).toBe("nothing");
});
test("the same order soon after is asked about where it may cost something, and only there", () => {
  const soon = 10_000 + REST;
  expect([meant(bought, "a cat", soon, true), meant(bought, "a cat", soon, false), meant(bought, "a dog", soon, true)]).toEqual(["ask", "begin", "begin"]);
  expect(meant(bought, "a cat", 10_000 + DOUBT, true)).toBe("begin");
});
test("what nobody answered to is sent again without a question: it is the same batch", () => {
  expect(meant({ ...bought, answered: false }, "a cat", 10_000 + REST, true)).toBe("begin");
  expect(meant({ ...NOTHING, pressed: 10_000 }, "a cat", 10_000 + REST, true)).toBe("begin");
  expect(meant(null, "a cat", 0, true)).toBe("begin");
});

const priced = (id: string, more: Partial<Job> = {}) => job(id, { state: "failed", estimate: { least: 0.04, most: 0.05, currency: "USD", basis: "price_table", as_of: "2026-11-01" }, ...more });
const failing = (code: string) => ({ code, message: code, params: {} });
test("what is refused for good is left out of several, and tried alone when one insists", () => {
  const all = [priced("a", { error: failing("provider.content") }), priced("b", { error: failing("provider.auth") }), priced("c", { error: failing("provider.retired") })];
  expect([worthTrying(all).jobs.map((each) => each.id), worthTrying(all).left]).toEqual([["b"], 2]);
  expect(worthTrying(all.slice(0, 1))).toEqual({ jobs: [all[0]], left: 0 });
});
test("those that cannot be tried again are told by their reasons, and what lies ready is not paid once more", () => {
  const gone = { prompt: "", code: "job.no_model", message: "", params: { model: "oil", known: "ink" } };
  const lost = { id: "c", prompt: "", code: "job_unknown", message: "", params: {} };
  expect(cannotOf([{ id: "a", ...gone }, { id: "b", ...gone }, lost], texts.en)).toEqual(["2 cannot be tried again. There is no model oil; there are: ink", "1 cannot be tried again. Decide first whether it was charged."]);
  expect(cannotOf([lost], texts.zh)).toEqual(["1 個無法再試：請先決定是否已收費。"]);
  expect(paidOf([priced("p", { cost: { amount: 0.05, currency: "USD", basis: "reported" }, error: failing("job.not_stored.no_right") })])).toEqual([]);
});
const again = (sums: [number, number][], unknown: number): AgainQuote => ({ jobs: 1, sums: sums.map(([least, most]) => ({ currency: "USD", least, most })), free: 0, unknown, as_of: "", left: [] });
test("trying again costs what its jobs cost now, whatever they came to, and is asked about unless it is free and was", () => {
  const free = job("f", { estimate: { least: 0, most: 0, currency: "", basis: "free", as_of: "" } }), paid = priced("p", { cost: { amount: 0.05, currency: "USD", basis: "decided" } });
  const nothing = again([], 0), dear = again([[4, 5]], 0), doubtful = again([], 1);
  expect([isHarmless([free], nothing), isHarmless([free], dear), isHarmless([free], doubtful), isHarmless([paid], nothing), isHarmless([{ ...free, cost: { amount: null, currency: "", basis: "unknown" } }], nothing)]).toEqual([true, false, false, false, false]);
  expect([costOf(dear, texts.en), costOf(again([[0.04, 0.05]], 1), texts.en), costOf(nothing, texts.en), costOf(doubtful, texts.zh)]).toEqual(["$4.00–$5.00", "$0.04–$0.05 · and 1 of unknown price", "free", "價格不明"]);
  expect([paidOf([priced("a"), paid]), spentOn([paid], texts.en)]).toEqual([[paid], "$0.05"]);
  const somehow = priced("s", { cost: { amount: null, currency: "", basis: "unknown" } });
  expect([spentOn([paid, somehow], texts.en), spentOn([somehow], texts.zh)]).toEqual(["$0.05 · and 1 of unknown price", "價格不明"]);
});
test("what was decided stays where it stood among what is to be decided", () => {
  const [a, b, c] = [ofJob(job("a")), ofJob(job("b")), ofJob(job("c"))];
  expect(standing([b, c], [{ doubt: a, at: 0, charged: true }]).map((each) => each.id)).toEqual(["a", "b", "c"]);
  expect(standing([a, b, c], [{ doubt: b, at: 1, charged: false }]).map((each) => each.id)).toEqual(["a", "b", "c"]);
  expect(standing([c], [{ doubt: b, at: 1, charged: false }, { doubt: a, at: 0, charged: true }]).map((each) => each.id)).toEqual(["a", "b", "c"]);
});

test("a batch of one prompt is the draft that it was asked for with, and nothing of another one", () => {
  const jobs = ["a", "b"].flatMap((model) => [0, 1, 2].map((number) => job(`${model}${number}`, {
    prompt: "a {cat}", negative: "dog", provider: "p", model, width: 8, height: 4, seed: String(number), format: "webp", options: { quality: "high" }, project: "pr", tags: ["x"], saved: "s",
  })));
  expect(draftOf(jobs, "f")).toEqual({
    ...EMPTY, prompt: "a \\{cat\\}", negative: "dog", targets: [{ provider: "p", model: "a" }, { provider: "p", model: "b" }], count: 3, width: 8, height: 4, format: "webp",
    options: { quality: "high" }, project: "pr", tags: ["x"], saved: "s",
  });
  expect(draftOf(jobs.map((each) => ({ ...each, seed: "7" })), "f").seed).toBe("7");
  expect(draftOf([], "f")).toEqual({});
});
test("a batch of several prompts becomes a file of all of them", () => {
  const made = (prompt: string, more: Partial<Job> = {}) => job(prompt, { prompt, width: 8, height: 4, ...more });
  const same = draftOf([made("a"), made("a"), made("b"), made("b")], "f");
  expect(same).toMatchObject({ prompt: "", each: 2, again: true, width: 8, sheet: { name: "f", text: '{"prompt":"a"}\n{"prompt":"b"}' } });
  const mixed = draftOf([made("a", { model: "m1" }), made("a", { model: "m2" }), made("b", { model: "m1", width: 16, negative: "n" })], "f");
  expect(mixed.sheet?.text?.split("\n").map((each) => JSON.parse(each) as unknown)).toEqual([
    { prompt: "a", size: "8x4", provider: "sketch", model: "m1" }, { prompt: "a", size: "8x4", provider: "sketch", model: "m2" },
    { prompt: "b", negative: "n", size: "16x4", provider: "sketch", model: "m1" },
  ]);
  expect(mixed).toMatchObject({ width: 0, height: 0, each: 1 });
});
test("credits that a picture takes stand with its price before it is asked for", () => {
  const price = { least: 0.03, most: 0.03, currency: "USD", basis: "price_table" as const, as_of: "", credits: 3 };
  expect([rangeOf(price, texts.en), rangeOf({ ...price, least: null, most: null, basis: "unknown" }, texts.en)]).toEqual(["$0.03 (3 credits)", "3 credits"]);
});
