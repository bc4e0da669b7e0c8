import { expect, test } from "vitest";
import { said } from "../src/text/findings";
import { load } from "../src/text/text";

const moved = {
  code: "export.moved", what: "It was found as cats/a.png.", where: "pictures/a.png", remedy: "Nothing needs to be done.",
  params: { place: "cats/a.png" },
};

test("what a task found is said in the reader's language, with its place and its remedy", async () => {
  expect(said(await load("zh-TW"), moved)).toEqual({ what: "它現在是 cats/a.png。", where: "pictures/a.png", remedy: "不需要做任何事。" });
  expect(said(await load("en"), moved)).toEqual({ what: moved.what, where: moved.where, remedy: moved.remedy });
});
test("a finding of a later daemon is said as the daemon says it", async () => {
  const later = { code: "export.later", what: "It glows.", where: "a.png", remedy: "Look away." };
  expect(said(await load("zh-TW"), later)).toEqual({ what: "It glows.", where: "a.png", remedy: "Look away." });
});
