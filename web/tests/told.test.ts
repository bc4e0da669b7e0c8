import { expect, test } from "vitest";
import en from "../src/text/en.json";
import { load } from "../src/text/text";
import { partsOf, told } from "../src/text/told";

const several = { intent: "asset.import", params: { name: "a.png", count: 8, imported: 5, versions: 1, rejoined: 2 } };
const name = (id: string) => id;

test("an import of several parts is one sentence that counts each", async () => {
  expect(told(several, await load("en"), name)).toBe("Import (a.png …): 5 new, 1 new version, and 2 found again");
  expect(told(several, await load("zh-TW"), name)).toBe("匯入（a.png…）：新增 5 張、新版本 1 張和認回 2 張");
  expect(partsOf(several)).toEqual(["imported", "versions", "rejoined"]);
});
test("an import of one part is told as before", async () => {
  const one = { intent: "asset.import", params: { name: "a.png", count: 5 } };
  expect(told(one, await load("en"), name)).toBe("5 pictures imported: a.png …");
  expect(partsOf(one)).toEqual([]);
});
test.each(["en", "zh-TW"] as const)("everything that can have been done is told in words, in %s", async (language) => {
  const text = await load(language);
  const params = { name: "x", count: 2, rating: 3, flag: "pick", label: "red", title: "x", added: ["x"], removed: [], intent: "album.add", number: 2, prompt: "x", prompts: 2 };
  const intents = Object.keys(en).filter((key) => key.startsWith("deed.")).map((key) => key.slice("deed.".length));
  expect(intents).toContain("album.add");
  for (const intent of intents) {
    for (const count of [1, 2]) {
      const said = told({ intent, params: { ...params, count } }, text, name);
      expect(said, `${intent} of ${count}`).not.toMatch(/[a-z]+\.[a-z]+|[{}]/);
    }
  }
});
test("pictures in an album are told with the album's name and their number", async () => {
  const [en, zh] = [await load("en"), await load("zh-TW")];
  const moved = { intent: "album.add", params: { album: "0".repeat(32), name: "Best", count: 3 } };
  expect(told(moved, en, name)).toBe("3 pictures added to the album Best");
  expect(told(moved, zh, name)).toBe("3 張圖片加入相簿：Best");
  expect(told({ ...moved, intent: "album.remove", params: { ...moved.params, count: 1 } }, en, name)).toBe("Taken out of the album Best");
});
test("pictures made are told by their prompt, of several prompts with how many", async () => {
  const [en, zh] = [await load("en"), await load("zh-TW")];
  const made = (params: Record<string, unknown>) => ({ intent: "asset.generate", params: { name: "a red cat.png", ...params } });
  expect(told(made({ prompt: "a red cat, 35mm", count: 1, prompts: 1 }), en, name)).toBe("1 picture made: a red cat, 35mm");
  expect(told(made({ prompt: "a red cat, 35mm", count: 4, prompts: 2 }), en, name)).toBe("4 pictures made from 2 prompts: a red cat, 35mm …");
  expect(told(made({ prompt: "紅色的貓", count: 4, prompts: 2 }), zh, name)).toBe("以 2 個提示詞生成 4 張圖片：紅色的貓…");
  expect(told(made({ count: 4 }), zh, name)).toBe("生成 4 張圖片：a red cat");
  expect(told(made({ prompt: "x".repeat(300), count: 1 }), en, name)).toBe(`1 picture made: ${"x".repeat(120)}…`);
});
