/** What was set differently at once, in words. */
import type { Key, Text } from "../text/text";

/** A value of a field; what stands for another thing comes as that one's name, a version as its number. */
export function inWords(field: string, value: unknown, { t, n, code, number }: Text): string {
  if (field === "archived") return t(value ? "conflict.yes" : "conflict.no");
  if (field === "rating") return value ? n("rating.stars", Number(value)) : t("rating.none");
  if (value === "" || value === null || value === undefined) return t("conflict.nothing");
  const said = typeof value === "number" ? number(value) : String(value);
  if (field === "current") return typeof value === "number" ? t("compare.version", { number: said }) : said.slice(0, 12);
  return ["flag", "label", "color", "sort"].includes(field) ? code(field, said, said) : said;
}

export const fieldWord = (field: string, { code }: Pick<Text, "code">): string => code("field", field, field);

const OF = {
  workspace: "conflict.of.workspace", project: "conflict.of.project", album: "conflict.of.album", search: "conflict.of.search", prompt: "conflict.of.prompt",
} as const satisfies Record<string, Key>;

/** Of what it is the conflict: a picture by its name, everything else with what it is. */
export const called = (kind: string, name: string, { t }: Pick<Text, "t">): string => (kind in OF ? t(OF[kind as keyof typeof OF], { name }) : name);

/** What the timeline tells of one that was settled. */
export function settledWords(params: Record<string, unknown>, text: Text) {
  const field = String(params["field"] ?? ""), others = Array.isArray(params["others"]) ? (params["others"] as unknown[]) : [];
  return { field: fieldWord(field, text), name: String(params["name"] ?? ""), value: inWords(field, params["value"], text), others: text.list(others.map((each) => inWords(field, each, text))) };
}
