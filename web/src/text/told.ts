/** Actions as sentences in the reader's language: the daemon gives a code and parameters, the catalogue the words. */
import type { Entry, Reverted } from "../api/types";
import { settledWords } from "../conflicts/words";
import type { Key, Text } from "./text";

/** What kind of thing was done, in few words: an undo knows no more of what it took back. */
export const deed = (intent: string, { code }: Pick<Text, "code">): string => code("deed", intent, intent);

/** What a notice says of an undo or redo just done: what it took back, and on how many pictures, where it was of several. */
export function reverted(turn: "undo" | "redo", { intent, params, changed, action }: Reverted, text: Text): string {
  const what = { intent: deed(intent, text) };
  if (!action) return text.t(turn === "undo" ? "undo.without" : "redo.without", what);
  return text.n(turn === "undo" ? "undo.told" : "redo.told", Number(params["count"] ?? 1) > 1 ? changed : 1, what);
}

const PARTS = ["imported", "versions", "rejoined", "duplicates"] as const;

/** What an import did, where that was several things: of which how many. */
export function partsOf({ intent, params }: Pick<Entry, "intent" | "params">) {
  const found = PARTS.filter((part) => typeof params[part] === "number");
  return intent === "asset.import" && found.length > 1 ? found : [];
}

const MOST = 120;
const shortened = (prompt: string) => (prompt.length > MOST ? `${[...prompt].slice(0, MOST).join("").trimEnd()}…` : prompt);

/** What an action did. Codes that this page does not know are shown as they are. */
export function told(entry: Pick<Entry, "intent" | "params">, text: Text, projectName: (id: string) => string): string {
  const { t, n } = text;
  const count = typeof entry.params["count"] === "number" ? entry.params["count"] : 1;
  const params = Object.fromEntries(Object.entries(entry.params).filter(([, value]) => value !== null && typeof value !== "object").map(([key, value]) => [key, String(value)]));
  const list = (name: string) => (Array.isArray(entry.params[name]) ? (entry.params[name] as unknown[]).map(String) : []);
  const signed = (name: (each: string) => string) => [...list("added").map((each) => `+${name(each)}`), ...list("removed").map((each) => `−${name(each)}`)].join(" ");
  switch (entry.intent) {
    case "asset.rate": return entry.params["rating"] ? n("intent.asset.rate", count, params) : n("intent.asset.unrate", count);
    case "asset.flag": return n("intent.asset.flag", count, { flag: t(params["flag"] ? (`flag.${params["flag"]}` as Key) : "flag.none") });
    case "asset.label": return n("intent.asset.label", count, { label: t(params["label"] ? (`label.${params["label"]}` as Key) : "label.none") });
    case "asset.title": return n("intent.asset.title", count, { title: params["title"] ?? "–" });
    case "asset.tag": return n("intent.asset.tag", count, { changes: signed((each) => each) });
    case "asset.project": return n("intent.asset.project", count, { changes: signed(projectName) });
    case "asset.import": {
      const parts = partsOf(entry).map((part) => n(`intent.part.${part}`, Number(entry.params[part])));
      const name = params["name"] ?? "";
      return parts.length ? t("intent.asset.import_parts", { name, parts: text.list(parts) }) : n("intent.asset.import", count, { name });
    }
    case "asset.generate": {
      // Older entries tell a file's name alone, which was made from the prompt.
      const prompt = shortened(params["prompt"] ?? (params["name"] ?? "").replace(/\.\w+$/, ""));
      const prompts = Number(params["prompts"] ?? 1);
      return prompts > 1 ? t("intent.asset.generate_prompts", { prompt, prompts: text.number(prompts), count: text.number(count) }) : n("intent.asset.generate", count, { prompt });
    }
    case "asset.version": case "asset.source": case "asset.rejoin": case "asset.same": case "asset.other":
      return n(`intent.${entry.intent}`, count, { name: params["name"] ?? "" });
    case "asset.apart": return t("intent.asset.apart", { name: params["name"] ?? "" });
    case "member.role": return t("intent.member.role", { name: params["name"] ?? "", role: text.code("role", params["role"] ?? "none", "") });
    case "asset.restore": return params["number"] ? t("intent.asset.restore_version", params) : n("intent.asset.restore", count);
    case "conflict.resolve": return t("intent.conflict.resolve", settledWords(entry.params, text));
    case "undo": case "redo": return n(`intent.${entry.intent}`, count, { intent: deed(params["intent"] ?? "", text) });
    default: return text.code("intent", entry.intent, deed(entry.intent, text), { name: "", ...params }, count);
  }
}
