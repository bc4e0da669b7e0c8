import { expect, test } from "vitest";
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
