/** What a saved prompt says, as plain data: its places, its languages, and how it is found. */
import type { SavedPrompt, Variant } from "../api/types";

/** A name as it is looked up: case, width and how much space there is do not matter. */
export const folded = (name: string) => name.normalize("NFKC").trim().replace(/\s+/g, " ").toLowerCase();

// As the daemon reads them: with a default or without, and not where a backslash makes a mere sign of the brace.
const READ = /\\[\\{}|_]|<[a-z]+:[^<>{}]*>|\{\{ ?([\p{L}\p{N}_](?:[\p{L}\p{N}_ .-]{0,62}[\p{L}\p{N}_])?) ?(?:[:：]([^{}]*))?\}\}/gu;

/** The names of the places to fill, in the order in which they stand, also of those that have a default. */
export const namesIn = (...texts: readonly string[]) => [...new Set(texts.flatMap((text) => [...text.matchAll(READ)].flatMap((found) => found[1] ?? [])))];

/** What fills the places that have a default in the text, by folded name; the first where there are several. */
export const usualIn = (...texts: readonly string[]) => new Map(texts.flatMap((text) => [...text.matchAll(READ)].flatMap(([, name, usual]): [string, string][] => (name && usual?.trim() ? [[folded(name), usual.trim()]] : []))).reverse());

/** The same as they are looked up. */
export const placesIn = (...texts: readonly string[]) => new Set(namesIn(...texts).map(folded));

/** What it says in a language; in one that it does not have, what was written first. */
export function saidIn(prompt: Pick<SavedPrompt, "text" | "negative" | "variants">, language: string | null): Variant {
  const found = language === null ? undefined : prompt.variants[language];
  return { text: found?.text ?? prompt.text, negative: found?.negative || prompt.negative };
}

/** Those that hold every word in name, text or tags. */
export function promptsLike(prompts: readonly SavedPrompt[], words: string): SavedPrompt[] {
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
  return prompts.filter((each) => {
    const all = [each.name, each.text, ...each.tags, ...Object.values(each.variants).map((one) => one.text)].join("\n").toLowerCase();
    return wanted.every((word) => all.includes(word));
  });
}

/** A language in its own words. */
export function languageName(language: string): string {
  try {
    return new Intl.DisplayNames([language], { type: "language" }).of(language) ?? language;
  } catch {
    return language; // No language that the browser knows.
  }
}
