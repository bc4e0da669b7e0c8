import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

const css = readFileSync(new URL("../src/styles/tokens.css", import.meta.url), "utf8");
/** What is written, and what it is written on. */
const INKS = ["text", "quiet", "accent", "star", "bad", "good"], GROUNDS = ["canvas", "surface", "raised", "sunken", "wash", "bad-wash"];

type Tokens = Record<string, string>;

/** Each block that sets the colours of a theme: its selector, and the colours by name. */
const themes = [...css.matchAll(/([^{};]+)\{([^{}]*--canvas[^{}]*)\}/g)].map(([, selector = "", body = ""]) => {
  const found: Tokens = Object.fromEntries([...body.matchAll(/--([\w-]+):\s*(#[\da-f]{6})\b/g)].map(([, name = "", colour = ""]) => [name, colour]));
  return [selector.trim(), found] as const;
});

/** WCAG 2.2: relative luminance and contrast ratio. */
function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const part = parseInt(colour.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
function contrast(one: string, other: string): number {
  const [light = 0, dark = 0] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (light + 0.05) / (dark + 0.05);
}

/** Pairs below a ratio, of everything that is written on everything that is written on. */
function faint(tokens: Tokens, least: number): string[] {
  const pairs = [...INKS.flatMap((ink) => GROUNDS.map((ground) => [ink, ground])), ["on-accent", "accent"]];
  return pairs.filter(([ink = "", ground = ""]) => !(contrast(tokens[ink] ?? "", tokens[ground] ?? "") >= least)).map((pair) => pair.join(" on "));
}

test("contrast is measured as WCAG says", () => {
  expect(contrast("#000000", "#ffffff")).toBeCloseTo(21, 5);
  expect(contrast("#767676", "#ffffff")).toBeCloseTo(4.54, 2);
  expect(faint({ ...themes[0]?.[1], quiet: "#8a8a8a" }, 4.5)).toContain("quiet on surface");
  expect(faint({}, 4.5)).toHaveLength(37); // a colour that is missing is none that can be read
});
test("everything written can be read in each theme: 4.5 to 1, in high contrast 7 to 1", () => {
  expect(themes).toHaveLength(5);
  for (const [selector, tokens] of themes) {
    const least = tokens["canvas"] === "#000000" ? 7 : 4.5;
    expect([selector, ...faint(tokens, least)]).toEqual([selector]);
  }
});
test("a theme that the system asks for has the colours of the one that is chosen", () => {
  const [light, byDark, dark, contrast, byContrast] = themes.map(([, tokens]) => tokens);
  expect([byDark, byContrast]).toEqual([dark, contrast]);
  expect(light).not.toEqual(dark);
});
