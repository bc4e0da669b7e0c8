import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { optionWord, valueWord } from "../src/text/options";
import { presetOf } from "../src/export/Outcome";
import { fill, guess, load } from "../src/text/text";

/** Runs the check of the texts on a copy of the page in which something was changed. */
function check(change: (en: Record<string, string>, zh: Record<string, string>) => void): string {
  const folder = mkdtempSync(join(tmpdir(), "texts-"));
  for (const each of ["src", "checks"]) cpSync(each, join(folder, each), { recursive: true });
  const [en, zh] = ["en", "zh-TW"].map((name) => join(folder, "src", "text", `${name}.json`)) as [string, string];
  const texts = [en, zh].map((file) => JSON.parse(readFileSync(file, "utf8")) as Record<string, string>) as [Record<string, string>, Record<string, string>];
  change(...texts);
  [en, zh].forEach((file, at) => writeFileSync(file, JSON.stringify(texts[at])));
  try {
    execFileSync(process.execPath, [join(folder, "checks", "text.mjs")], { stdio: "pipe" });
    return "";
  } catch (error) {
    return String((error as { stderr: Buffer }).stderr);
  }
}

test("the texts as they are pass", () => expect(check(() => undefined)).toBe(""));
test("a key that one language lacks fails the build", () => {
  expect(check((_, zh) => { delete zh["close"]; })).toContain("close is missing in zh-TW");
  expect(check((en) => { delete en["close"]; })).toContain("close is missing in en");
});
test("a Simplified character in zh-TW fails the build", () => {
  expect(check((_, zh) => { zh["close"] = "关闭"; })).toContain("关");
  expect(check((_, zh) => { zh["settings.look"] = "默認外觀"; })).toContain("默認 is not said in Taiwan");
});
test("places to fill that differ fail the build", () => {
  expect(check((_, zh) => { zh["copy"] = "複製"; })).toContain("copy: the places to fill differ");
});
test("a sentence that nobody says fails the build", () => {
  expect(check((en, zh) => { en["never"] = zh["never"] = "x"; })).toContain("never is used nowhere");
});

test("a reason that the system gave is said in the reader's language", async () => {
  const zh = await load("zh-TW");
  const told = (params: Record<string, string>) => zh.code("problem", "not_written", "?", { path: "/x", reason: "Not a directory", ...params });
  expect(told({ system: "ENOTDIR" })).toContain("路徑中有一段不是資料夾");
  for (const system of ["", "ENEW"]) expect(told({ system })).toContain("Not a directory");
});

test("numbers, plurals and codes are said in the reader's way", async () => {
  const [en, zh] = [await load("en"), await load("zh-TW")];
  expect([en.n("pictures.total", 1), en.n("pictures.total", 12_345)]).toEqual(["1 picture", "12,345 pictures"]);
  expect(zh.n("pictures.total", 1)).toBe("1 張圖片");
  expect(en.code("problem", "unheard_of", "What the daemon says")).toBe("What the daemon says");
  expect(zh.code("problem", "no_project", "", { id: "03ab" })).toBe("沒有專案 03ab。");
});
test("sizes are said in whole words where there is no sign for them", async () => {
  const [en, zh] = [await load("en"), await load("zh-TW")];
  expect([1, 423, 1_500, 2_000_000].map(en.bytes)).toEqual(["1 byte", "423 bytes", "1.5 kB", "2 MB"]);
  expect([1, 423, 1_500, 2_000_000].map(zh.bytes)).toEqual(["1 位元組", "423 位元組", "1.5 kB", "2 MB"]);
});
test("what a text is filled with is not filled again", () => {
  expect(fill("{a} {b}", { a: "{b}", b: "x" })).toBe("{b} x");
});
test("Chinese readers get Chinese, whichever variety their browser names", () => {
  expect([["zh-TW"], ["zh-Hant-HK", "en"], ["ja", "zh"], ["en-GB", "zh-TW"], []].map(guess)).toEqual(["zh-TW", "zh-TW", "zh-TW", "en", "en"]);
});

test("Chinese has a space where it meets Latin letters or digits that it is filled with", async () => {
  const { t } = await load("zh-TW");
  expect(t("prompt.language.remove", { name: "English" })).toBe("移除 English");
  expect(t("sheet.unreadable", { name: "img.csv" })).toContain("無法讀取 img.csv 的文字");
  expect(t("prompt.language.remove", { name: "日本語" })).toBe("移除日本語");
  expect(t("preset.copied", { name: "網頁" })).toBe("網頁 2");
});
test("what models are asked with has words where it is known, and its own name where it is not", async () => {
  const [en, zh] = await Promise.all([load("en"), load("zh-TW")]);
  expect([optionWord("moderation", zh), optionWord("output_compression", zh), optionWord("moderation", en), optionWord("odd_one", zh)]).toEqual(["內容審核", "壓縮", "Moderation", null]);
  expect(["xhigh", "max", "odd", "1024x1536"].map((each) => valueWord(each, zh))).toEqual(["極高", "最高", "odd", "1024 × 1536"]);
});
test("a built-in preset is called in the outcome as where it was chosen", async () => {
  const zh = await load("zh-TW"), done = { written: 1, failed: [] };
  expect(presetOf({ ...done, preset: "Web 2048", preset_id: "web" }, zh)).toBe("網頁 2048");
  expect(presetOf({ ...done, preset: "海報", preset_id: "8".repeat(32) }, zh)).toBe("海報");
});

test("ids are told by their beginning, and counts as counts", async () => {
  const en = await load("en");
  expect(en.code("problem", "no_album", "", { id: "04fa4049".padEnd(32, "0") })).toContain("(04fa4049)");
  expect(en.code("problem", "batch.many", "", { number: "9000", most: "1000" })).toContain("9,000 requests; at most 1,000");
  expect(en.code("problem", "row.number", "", { name: "seed", value: "123456", least: "1", most: "1000" })).toContain("from 1 to 1000, not “123456”"); // as it is to be written
});
