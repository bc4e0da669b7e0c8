/** What tools wrote into two versions, side by side: only the lines that differ. Pure. */

export interface Difference { name: string; left: string | null; right: string | null }
const A1111 = /^(?<prompt>[\s\S]*?)(?:\nNegative prompt: (?<negative>[\s\S]*?))?\n(?<settings>Steps: .*)$/;
const SETTING = /([\w][\w ./-]*): ("(?:[^"\\]|\\.)*"|[^,]*)(?:, |$)/g;
const DEEPEST = 12;

/** Names and values, however deep they stood; texts that are JSON or A1111's one text are taken apart too. */
export function flat(value: unknown, name = "", depth = 0): Map<string, string> {
  const found = new Map<string, string>();
  const add = (more: Map<string, string>) => { for (const [key, text] of more) found.set(key, text); };
  if (depth > DEEPEST || value === null || value === undefined) return found;
  if (typeof value === "object") {
    for (const [key, each] of Object.entries(value)) add(flat(each, name && !GENERAL.has(name) ? `${name}.${key}` : key, depth + 1));
    return found;
  }
  const text = String(value);
  const inside = typeof value === "string" ? parsed(text) : null;
  if (inside) add(flat(inside, name, depth + 1));
  else found.set(name, text);
  return found;
}

/** Wrappers that say nothing: what is in them stands for itself. */
const GENERAL = new Set(["text", "parameters", "prompt", "workflow", "exif"]);

function parsed(text: string): object | null {
  if (/^\s*[{[]/.test(text)) {
    try {
      return JSON.parse(text) as object;
    } catch {
      return null; // A prompt may begin with a bracket: then it is simply text.
    }
  }
  const groups = A1111.exec(text.trim())?.groups;
  if (!groups) return null;
  const settings = Object.fromEntries([...(groups["settings"] ?? "").matchAll(SETTING)].map(([, key = "", value = ""]) => [key, value]));
  return { Prompt: groups["prompt"] ?? "", ...(groups["negative"] ? { "Negative prompt": groups["negative"] } : {}), ...settings };
}

export function differences(left: unknown, right: unknown): Difference[] {
  const [before, after] = [flat(left), flat(right)];
  const names = [...new Set([...before.keys(), ...after.keys()])];
  return names
    .map((name) => ({ name, left: before.get(name) ?? null, right: after.get(name) ?? null }))
    .filter((each) => each.left !== each.right);
}
