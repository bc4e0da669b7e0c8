import { expect, test } from "vitest";
import { together } from "../src/api/together";

test("what is asked for at once is one request, each id once, and as many as it takes", async () => {
  const asked: string[][] = [];
  const one = together((ids) => { asked.push(ids); return Promise.resolve(new Map(ids.filter((id) => id !== "gone").map((id) => [id, id.toUpperCase()]))); }, 3);
  expect(await Promise.all(["a", "b", "a", "gone", "c"].map(one))).toEqual(["A", "B", "A", undefined, "C"]);
  expect(asked).toEqual([["a", "b", "gone"], ["c"]]);
  expect(await one("a")).toBe("A");
  expect(asked.length).toBe(3);
});
test("a request that fails is told to all who asked with it, and to nobody else", async () => {
  const one = together((ids) => (ids.includes("bad") ? Promise.reject(new Error("broken")) : Promise.resolve(new Map(ids.map((id) => [id, id])))), 2);
  const all = await Promise.allSettled(["a", "bad", "c"].map(one));
  expect(all.map((each) => each.status)).toEqual(["rejected", "rejected", "fulfilled"]);
});
