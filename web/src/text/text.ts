/** Sentences in the reader's language. Keys are typed; numbers and dates go through Intl. */
import { createContext, use } from "react";
import type en from "./en.json";

export type Language = "en" | "zh-TW";
export type Catalogue = typeof en;
export type Key = keyof Catalogue;
type Stem<K> = K extends `${infer S}.other` ? S : never;
export type PluralKey = Stem<Key>;
type Params = Record<string, string | number>;

export function fill(template: string, params: Params): string {
  return template.replace(/\{(\w+)\}/g, (place, name: string, at: number) => {
    if (!(name in params)) return place;
    const value = String(params[name]);
    return beside(template.charAt(at - 1), value) + value + beside(value, template.charAt(at + place.length));
  });
}

const HAN = /\p{Script=Han}/u, LATIN = /[\p{Script=Latin}\p{Nd}]/u;

/** Between Chinese and Latin letters or digits stands a space, also where a sentence meets what it is filled with. */
function beside(left: string, right: string): string {
  const before = left.slice(-1), after = right.slice(0, 1);
  return (HAN.test(before) && LATIN.test(after)) || (LATIN.test(before) && HAN.test(after)) ? " " : "";
}

export interface Text {
  language: Language;
  t: (key: Key, params?: Params) => string;
  /** The sentence for a count; `{count}` is the formatted number. */
  n: (key: PluralKey, count: number, params?: Params) => string;
  /** A sentence for a code that comes from the daemon, for a count where the catalogue has it so, else what the daemon
   * says itself. */
  code: (prefix: string, code: string, otherwise: string, params?: Params, count?: number) => string;
  /** Sentences one after the other; what is empty is none. */
  said: (sentences: readonly string[]) => string;
  /** Words in a row: a, b and c. */
  list: (words: readonly string[]) => string;
  number: (value: number) => string;
  bytes: (value: number) => string;
  date: (ms: number) => string;
  time: (ms: number) => string;
  moment: (ms: number) => string;
  month: (value: string) => string;
  percent: (share: number) => string;
}

/** What tells how much there is; elsewhere a number is told as it is to be written. */
const COUNTED = /^(batch|sheet)\./, COUNTS = ["number", "most"];
const ID = /^[0-9a-f]{32}$/;

export function textOf(language: Language, catalogue: Record<string, string>): Text {
  const rules = new Intl.PluralRules(language);
  const numbers = new Intl.NumberFormat(language);
  const format = (options: Intl.DateTimeFormatOptions) => {
    const formatter = new Intl.DateTimeFormat(language, options);
    return (ms: number) => formatter.format(ms);
  };
  const t = (key: string, params: Params = {}) => fill(catalogue[key] ?? key, params);
  const n: Text["n"] = (key, count, params = {}) => {
    // Chinese has no singular; a language may still say one thing in its own way.
    const chosen = `${key}.${count === 1 ? "one" : rules.select(count)}`;
    return t(chosen in catalogue ? chosen : `${key}.other`, { ...params, count: numbers.format(count) });
  };
  /** The beginning of an id, by which people tell things apart; a number with its thousands. */
  const shown = (code: string, name: string, value: string | number) => {
    if (typeof value === "string" && ID.test(value)) return value.slice(0, 8);
    return COUNTED.test(code) && COUNTS.includes(name) && /^[0-9]{4,15}$/.test(String(value)) ? numbers.format(Number(value)) : value;
  };
  const monthOf = format({ year: "numeric", month: "long" });
  return {
    language,
    t,
    n,
    code: (prefix, code, otherwise, params = {}, count = 1) => {
      if (`${prefix}.${code}.other` in catalogue) return n(`${prefix}.${code}` as PluralKey, count, params);
      const measured = `${prefix}.${code}.measured`; // what lacks room, and how much is needed
      if ("needed" in params && measured in catalogue) return t(measured, params);
      // A reason that the system gave is told by its name, why a workspace is closed by its code.
      const reason = catalogue[`system.${params["system"] ?? ""}`];
      const short = Object.fromEntries(Object.entries(params).map(([name, value]) => [name, shown(code, name, value)]));
      const told = reason ? { ...short, reason } : short;
      const why = catalogue[`closed.${params["cause"] ?? ""}`];
      return `${prefix}.${code}` in catalogue ? t(`${prefix}.${code}`, why ? { ...told, why: fill(why, told) } : told) : otherwise;
    },
    said: (sentences) => sentences.filter(Boolean).join(language === "en" ? " " : ""), // full stops of Chinese bring their own
    list: (words) => new Intl.ListFormat(language, { type: "conjunction" }).format(words),
    number: (value) => numbers.format(value),
    // What browsers write for single bytes is English everywhere, and has no plural.
    bytes: (value) => (value < 1000 ? n("bytes", value) : bytesOf(language, value)),
    date: format({ dateStyle: "long" }),
    time: format({ timeStyle: "short" }),
    moment: format({ dateStyle: "medium", timeStyle: "short" }),
    month: (value) => monthOf(Date.parse(`${value}-15T12:00:00`)),
    percent: (share) => new Intl.NumberFormat(language, { style: "percent" }).format(share),
  };
}

function bytesOf(language: Language, value: number): string {
  const units = ["kilobyte", "megabyte", "gigabyte", "terabyte"] as const;
  const step = Math.min(units.length, Math.floor(Math.log10(value) / 3));
  const options = { style: "unit", unit: units[step - 1] ?? "kilobyte", unitDisplay: "short", maximumFractionDigits: 1 } as const;
  return new Intl.NumberFormat(language, options).format(value / 1000 ** step);
}

const CATALOGUES: Record<Language, () => Promise<Record<string, string>>> = {
  en: () => import("./en.json").then((module) => module.default),
  "zh-TW": () => import("./zh-TW.json").then((module) => module.default),
};

export const load = async (language: Language) => textOf(language, await CATALOGUES[language]());

/** The language of a reader who has chosen none. */
export function guess(languages: readonly string[]): Language {
  return languages.some((each) => /^zh\b/i.test(each)) && !/^en\b/i.test(languages[0] ?? "") ? "zh-TW" : "en";
}

export const TextContext = createContext<Text | null>(null);

export function useText(): Text {
  const text = use(TextContext);
  if (!text) throw new Error("No text: this part stands outside of TextContext.");
  return text;
}
