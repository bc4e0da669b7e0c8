import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { load } from "../src/text/text";
import { reverted, told } from "../src/text/told";

const [en, zh] = [await load("en"), await load("zh-TW")];
const say = (intent: string, params: Record<string, unknown>, text = en) => told({ intent, params }, text, (id) => `project ${id}`);

test("what an undo took back is named by its kind: it knows neither stars nor tags nor names", () => {
  expect(say("undo", { intent: "asset.rate", count: 60, undoes: "03" })).toBe("Undone (60): rating");
  expect(say("redo", { intent: "asset.rate", count: 60, undoes: "03" })).toBe("Done again (60): rating");
  expect(say("redo", { intent: "asset.flag", count: 25 })).toBe("Done again (25): flag");
  expect(say("undo", { intent: "asset.tag", count: 25 })).toBe("Undone (25): tags");
  expect(say("undo", { intent: "asset.title", count: 1 })).toBe("Undone: title");
  expect(say("undo", { intent: "search.delete", count: 1 })).toBe("Undone: deleting a saved search");
  expect(say("redo", { intent: "asset.rate", count: 60 }, zh)).toBe("重做：評分（60 項）");
  expect(say("undo", { intent: "search.delete", count: 1 }, zh)).toBe("復原：刪除儲存的搜尋");
});
test("a notice says what was taken back, and on how many pictures", () => {
  const notice = (turn: "undo" | "redo", params: Record<string, unknown>, changed: number, text = en) =>
    reverted(turn, { intent: String(params["intent"]), params, changed, action: changed ? "05" : null, undoes: "03" }, text);
  expect(notice("undo", { intent: "asset.rate", count: 60 }, 60)).toBe("Undone: rating, 60 pictures");
  expect(notice("undo", { intent: "asset.rate", count: 60 }, 58)).toBe("Undone: rating, 58 pictures"); // Two were rated anew meanwhile.
  expect(notice("redo", { intent: "asset.rate", count: 60 }, 60)).toBe("Done again: rating, 60 pictures");
  expect(notice("undo", { intent: "project.duplicate", count: 1 }, 7)).toBe("Undone: copy of a project");
  expect(notice("undo", { intent: "asset.rate", count: 60 }, 60, zh)).toBe("已復原：評分，60 張圖片");
  expect(notice("undo", { intent: "asset.rate", count: 60 }, 0)).toBe("Nothing of it is left to undo: rating");
  expect(notice("redo", { intent: "asset.rate", count: 60 }, 0, zh)).toBe("重做不會有任何變更：評分");
});
test("an undo of something that only a later program does is told by its code", () => {
  expect(say("undo", { intent: "asset.glow", count: 1 })).toBe("Undone: asset.glow");
});
test("what was done itself is told with all that is known of it", () => {
  expect(say("asset.rate", { rating: 3, count: 60 })).toBe("Rating of 60 pictures: 3");
  expect(say("asset.rate", { rating: 0, count: 60 })).toBe("Rating of 60 pictures removed");
  expect(say("asset.tag", { added: ["final"], removed: ["draft"], count: 1 })).toBe("Tags: +final −draft");
  expect(say("asset.project", { added: ["03"], count: 1 })).toBe("Project: +project 03");
});
test("the page and the command line have the same words for what was done", () => {
  for (const language of ["en", "zh-TW"]) {
    const [page, line] = ["src/text", "../commands/text"].map((folder) => JSON.parse(readFileSync(`${folder}/${language}.json`, "utf8")) as Record<string, string>);
    const deeds = (texts: Record<string, string> = {}) => Object.entries(texts).filter(([key]) => key.startsWith("deed."));
    expect(deeds(page).length).toBeGreaterThan(20);
    expect(deeds(page)).toEqual(deeds(line));
  }
});
