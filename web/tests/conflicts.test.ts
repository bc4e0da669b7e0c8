import { expect, test } from "vitest";
import type { Conflict } from "../src/api/types";
import { IN_USE, piles, settlingsOf } from "../src/conflicts/many";

const choice = (value: unknown, shown: boolean, ...by: [string, number][]) => ({ value, shown, by: by.map(([device, when]) => ({ device, when })), number: null, name: null, thumbnail: null });
const conflict = (field: string, ...choices: Conflict["choices"]): Conflict => ({ document: "d", kind: "asset", name: "", thumbnail: null, field, choices });
const ALL = [
  conflict("rating", choice(2, true, ["tower", 5]), choice(4, false, ["laptop", 6])),
  conflict("title", choice("a", false, ["laptop", 1], ["phone", 9]), choice("b", true, ["phone", 3])),
];

test("devices stand by how many conflicts they have a value of", () => {
  expect(piles(ALL)).toEqual([["laptop", 2], ["phone", 1], ["tower", 1]]);
});
test("each is settled on what is in use, or on what a device set last; where it set nothing it stays open", () => {
  const taken = (chosen: string) => settlingsOf(ALL, chosen).map(({ field, value }) => [field, value]);
  expect(taken(IN_USE)).toEqual([["rating", 2], ["title", "b"]]);
  expect(taken("laptop")).toEqual([["rating", 4], ["title", "a"]]);
  expect(taken("phone")).toEqual([["title", "a"]]);
  expect(settlingsOf(ALL, "phone")[0]?.seen).toEqual(["a", "b"]);
});
