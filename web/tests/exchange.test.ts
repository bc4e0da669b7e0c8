import { expect, test } from "vitest";
import type { Difference } from "../src/api/exchange";
import { placeOf, wordsOf } from "../src/devices/reasons";
import { load } from "../src/text/text";

const found = (told: Partial<Difference>): Difference => ({ code: "segments", side: "here", device: "tower", whom: "phone", number: 3, since: 0, has: null, detail: "", ...told });

test("what is missing is said of the side that lacks it, and the other one has it", async () => {
  const en = await load("en"), zh = await load("zh-TW");
  expect(wordsOf(found({ since: null }), "laptop", en).why).toBe("Changes made on “tower” are missing here: 3, the latest of an unknown time.");
  expect(wordsOf(found({ side: "there", code: "blobs", since: null }), "laptop", en)).toEqual({
    why: "Files of pictures are missing on “laptop”: 3, of pictures since an unknown time.", what: "They are here, and come while both are connected, as far as they are to be kept on “laptop”.",
  });
  expect(wordsOf(found({ side: "there", since: null }), "筆電", zh).why).toBe("「筆電」缺少在「tower」上做的變更：3 筆，最新的在 不明的時間。");
});
test("where the other side has not got it either, another thing is to be done", async () => {
  const en = await load("en");
  const [has, lacks] = [true, false].map((has) => wordsOf(found({ code: "waits.segment", has }), "laptop", en).what);
  expect(has).toBe("Those are on “laptop”, and come while both are connected.");
  expect(lacks).toBe("Those are not on “laptop” either: connect “phone”, or a device that met it.");
});
test("what a newer daemon tells is not passed over", async () => {
  expect(wordsOf(found({ code: "unheard" }), "laptop", await load("en"))).toEqual({ why: "They differ in a way that this page has no words for (unheard).", what: "" });
});
test("the page leads to where something can be done here, and nowhere else", () => {
  expect([{ code: "quarantine" }, { code: "quarantine", side: "there" as const }, { code: "documents.damaged", side: null }, {}].map((each) => placeOf(found(each)))).toEqual(["people", null, "settings", null]);
});
