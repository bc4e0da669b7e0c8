/** What the options of models and their values are called: known ones in the reader's words, others as their provider does. Pure. */
import type { Text } from "./text";

type Words = Pick<Text, "code">;

/** The word for an option; null: no such one is known. */
export const optionWord = (name: string, { code }: Words): string | null => code("option", name, "") || null;

/** The word for one of its values. Sizes are written as everywhere. */
export const valueWord = (value: string, { code }: Words): string => sized(code("option.value", value, value));

/** `1024x1536` as people write it; anything else stays. */
export const sized = (value: string): string => value.replace(/^(\d+)\s*x\s*(\d+)$/i, "$1 × $2");
