import { expect, test } from "vitest";
import { differences, flat } from "../../src/state/facts";

const a1111 = (prompt: string, steps: number, sampler: string) => ({
  text: { parameters: `${prompt}\nNegative prompt: blurry, 浮水印\nSteps: ${steps}, Sampler: ${sampler}, Size: 960x640, Lora hashes: "a: 1, b: 2", Model: 墨韻-v2` },
});

test("A1111's one text is told line by line", () => {
  expect(Object.fromEntries(flat(a1111("貓咪，霓虹\nsecond line", 20, "Euler a")))).toEqual({
    Prompt: "貓咪，霓虹\nsecond line", "Negative prompt": "blurry, 浮水印", Steps: "20", Sampler: "Euler a", Size: "960x640", "Lora hashes": '"a: 1, b: 2"', Model: "墨韻-v2",
  });
});
test("only what differs is shown, also what one side lacks", () => {
  const found = differences({ bytes: 1, ...a1111("貓", 20, "Euler a") }, { bytes: 1, ...a1111("貓", 28, "Euler a") });
  expect(found).toEqual([{ name: "Steps", left: "20", right: "28" }]);
  expect(differences({ a: 1 }, {})).toEqual([{ name: "a", left: "1", right: null }]);
});
test("a graph as text is taken apart", () => {
  const graph = (seed: number) => ({ text: { prompt: JSON.stringify({ 5: { inputs: { seed, steps: 20 } } }) } });
  expect(differences(graph(1), graph(2))).toEqual([{ name: "5.inputs.seed", left: "1", right: "2" }]);
});
test("a prompt in brackets is only a prompt, and depth has an end", () => {
  expect([...flat({ text: "[cat:dog:0.5] (neon" }).values()]).toEqual(["[cat:dog:0.5] (neon"]);
  let deep: unknown = 1;
  for (let each = 0; each < 5000; each += 1) deep = { a: deep };
  expect(flat(deep).size).toBe(0);
});
test("versions without facts have no difference", () => expect(differences(null, null)).toEqual([]));
