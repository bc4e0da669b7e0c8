/** What a preset makes of a picture: a new one, what was changed, and in words. */
import type { Choices, Preset } from "../api/types";
import type { Text } from "../text/text";

export const FORMATS = ["keep", "png", "jpeg", "webp", "avif", "original"] as const;
export const METADATA = ["all", "generation", "none"] as const;
export const CREDENTIALS = ["keep", "refuse", "drop"] as const;
export const COLOURS = ["keep", "srgb"] as const;
export const FOLDERS = ["none", "project", "album", "date"] as const;
/** What names can be made of. */
export const FIELDS = ["{name}", "{title}", "{date}", "{seed}", "{model}", "{project}", "{album}", "{n:03}", "{rating}", "{tags}"] as const;

export const NEW: Choices = {
  format: "keep", quality: 90, lossless: false, size: "", enlarge: false, background: "#ffffff", colour: "keep", metadata: "generation",
  credentials: "keep", pattern: "{name}", folders: "none",
};
const NAMES = Object.keys(NEW) as (keyof Choices)[];

export const choicesOf = (preset: Choices): Choices => Object.fromEntries(NAMES.map((name) => [name, preset[name]])) as unknown as Choices;

/** With a format; of an original nothing else can be chosen. */
export const formatted = (choices: Choices, format: Choices["format"]): Choices =>
  format === "original" ? { ...choices, format, size: "", colour: "keep", metadata: "all" } : { ...choices, format };

export function changes(before: Choices, after: Choices): Partial<Choices> {
  return Object.fromEntries(NAMES.filter((name) => before[name] !== after[name]).map((name) => [name, after[name]]));
}

export const isLossy = ({ format, lossless }: Choices) => format === "jpeg" || format === "avif" || format === "keep" || (format === "webp" && !lossless);

export const nameOf = ({ id, name, builtin }: Preset, text: Text) => (builtin ? text.code("preset.builtin", id, name) : name);

/** A line that says what comes out. */
export function described(choices: Choices, { t }: Text): string {
  const { format, quality, lossless, size, enlarge, colour, metadata } = choices;
  if (format === "original") return t("preset.original");
  const edge = /^\d+$/.test(size) ? t("preset.edge", { size }) : size.includes("x") && !enlarge ? t("preset.exact", { size }) : size;
  return [
    t(`preset.format.${format}`), format === "webp" && lossless ? t("preset.lossless") : format !== "png" && format !== "keep" ? t("preset.at", { quality }) : "",
    edge, colour === "srgb" ? "sRGB" : "", t(`preset.with.${metadata}`),
  ].filter(Boolean).join(" · ");
}
