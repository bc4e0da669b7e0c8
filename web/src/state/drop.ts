/**
 * What was dropped or chosen, as the daemon gathers an import (library/gathering.py): what a person names is always tried;
 * of a folder the pictures, with the texts beside them, and how many other files are in it.
 */
import type { Sending } from "../api/library";
import type { Asset, ImportFailure } from "../api/types";
import rules from "./gathering.json";

const MAGIC = new RegExp(`^(?:${rules.magic})`);
const MAGIC_BYTES = 16;
const ENDING = /^\.[\p{L}\p{N}_]{1,9}$/u;

/** Files to send, how many of the folders' other files have which ending ("" for none that tells anything), the most frequent first, and what cannot be read. */
export interface Gathered { files: Sending[]; others: Record<string, number>; failed: ImportFailure[] }
/** `folder`: which of those that were dropped or chosen; "" for a file by itself. */
interface Lying { file: File; folder: string }

const suffixOf = (name: string) => /[^.](\.[^.]+)$/.exec(name)?.[1]?.toLowerCase() ?? "";

/** Whether a name says that the file is hidden, the system's own, or not finished yet. */
function passedOver(name: string): boolean {
  const lower = name.toLowerCase();
  return rules.hidden.some((each) => name.startsWith(each)) || rules.of_systems.includes(lower) || rules.unfinished.some((each) => lower.endsWith(each));
}

/** Whether name or first bytes say picture. */
async function isPicture(file: File): Promise<boolean> {
  if (rules.suffixes.includes(suffixOf(file.name))) return true;
  return MAGIC.test(String.fromCharCode(...new Uint8Array(await file.slice(0, MAGIC_BYTES).arrayBuffer())));
}

/** What a text beside a picture is called. */
function textOf(name: string): string {
  const dot = name.lastIndexOf(".");
  return `${dot > 0 && dot < name.length - 1 ? name.slice(0, dot) : name}${rules.sidecar}`;
}

/**
 * The text beside each picture. Files by themselves may come from many folders, as what a search found: of a name that is
 * there twice nobody knows which text belongs to which picture.
 */
function textsOf(lying: Lying[]): (picture: Lying) => File | null {
  const place = (folder: string, name: string) => `${folder}/${name}`;
  const only = new Map<string, File | null>();
  for (const { file, folder } of lying) {
    const at = place(folder, file.name);
    only.set(at, only.has(at) ? null : file);
  }
  return ({ file, folder }) => {
    const alone = suffixOf(file.name) === rules.sidecar || only.get(place(folder, file.name)) === null;
    return alone ? null : only.get(place(folder, textOf(file.name))) ?? null;
  };
}

function endings(files: File[]): Record<string, number> {
  const counts = new Map<string, number>();
  for (const { name } of files) {
    const ending = ENDING.test(suffixOf(name)) ? suffixOf(name) : "";
    counts.set(ending, (counts.get(ending) ?? 0) + 1);
  }
  return Object.fromEntries([...counts].sort(([one, ones], [other, others]) => others - ones || (one < other ? -1 : 1)));
}

async function sorted(lying: Lying[], failed: ImportFailure[]): Promise<Gathered> {
  const meant = lying.filter(({ file, folder }) => folder === "" || !passedOver(file.name));
  const pictures = new Set<Lying>();
  const unread = new Set<Lying>();
  for (const each of meant) {
    try {
      if (await isPicture(each.file)) pictures.add(each);
    } catch (error) {
      unread.add(each);
      failed.push({ path: each.file.name, code: "unreadable", reason: String(error) });
    }
  }
  const textFor = textsOf(lying);
  const beside = new Map([...pictures].map((each) => [each, textFor(each)]));
  const texts = new Set(beside.values());
  const rest = meant.filter((each) => !texts.has(each.file) && !unread.has(each));
  const isSent = (each: Lying) => each.folder === "" || pictures.has(each);
  const files = rest.filter(isSent).map((each) => ({ file: each.file, beside: beside.get(each) ?? null }));
  return { files, others: endings(rest.filter((each) => !isSent(each)).map(({ file }) => file)), failed };
}

const folderOf = (path: string) => path.slice(0, Math.max(0, path.lastIndexOf("/")));

/** Whether a file of a chosen folder lies in a hidden one below it. */
const isHidden = (path: string) => path.split("/").slice(1, -1).some((each) => each.startsWith("."));

/** What a file dialog gave: of a folder all that lies in it, each with its path. */
export const chosen = (files: Iterable<File>) =>
  sorted([...files].filter((file) => !isHidden(file.webkitRelativePath)).map((file) => ({ file, folder: folderOf(file.webkitRelativePath) })), []);

function fileOf(entry: FileSystemFileEntry): Promise<File> {
  return new Promise((resolve, reject) => { entry.file(resolve, reject); });
}

/** All entries of a folder: browsers hand them out in portions of at most 100. */
async function entriesOf(folder: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = folder.createReader();
  const all: FileSystemEntry[] = [];
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => { reader.readEntries(resolve, reject); });
    if (some.length === 0) return all;
    all.push(...some);
  }
}

/** The files of an entry, however deep; what cannot be read costs nothing else, and is put with those that failed. */
async function walk(entry: FileSystemEntry, folder: string, failed: ImportFailure[]): Promise<Lying[]> {
  try {
    if (entry.isFile) return [{ file: await fileOf(entry as FileSystemFileEntry), folder }];
    const inside = await entriesOf(entry as FileSystemDirectoryEntry);
    const lying: Lying[] = [];
    for (const each of inside.filter(({ name }) => !name.startsWith("."))) lying.push(...(await walk(each, `${folder}/${entry.name}`, failed)));
    return lying;
  } catch (error) {
    failed.push({ path: entry.name, code: entry.isFile ? "unreadable" : "folder_unreadable", reason: String(error) });
    return [];
  }
}

export async function gather(dropped: DataTransfer): Promise<Gathered> {
  // The list empties as soon as the event is over: entries must be taken at once.
  const entries = [...dropped.items].map((item) => item.webkitGetAsEntry()).filter((entry) => entry !== null);
  if (entries.length === 0) return chosen(dropped.files);
  // Two folders of one name may come from different places.
  const failed: ImportFailure[] = [];
  const walks = entries.map((entry, at) => walk(entry, entry.isFile ? "" : String(at), failed));
  return sorted((await Promise.all(walks)).flat(), failed);
}

/** What goes along when pictures are dragged: their ids, and `address` as a file for the desktop. */
export function carry(transfer: DataTransfer, asset: Pick<Asset, "media_type" | "name">, ids: readonly string[], address: string): void {
  transfer.setData("text/x-gesso", ids.join(" "));
  // Chromium writes the file itself when this is dropped on the desktop: one, and a colon would end its name.
  transfer.setData("DownloadURL", `${asset.media_type}:${asset.name.replaceAll(":", "-")}:${location.origin}${address}`);
  transfer.effectAllowed = "copyLink";
}

/** Files by themselves that end so are batch files, where somebody takes them; a text beside a picture is its own. */
const SHEETS = [".csv", ".tsv", ".jsonl", ".ndjson", ".json", rules.sidecar];
type Taker = (sheets: File[]) => void;
let taker: Taker | null = null;

/** From now on batch files go there, until the answer is called. */
export function takeSheets(by: Taker): () => void {
  taker = by;
  return () => { if (taker === by) taker = null; };
}

/** What is left to import after batch files went to who takes them. */
export function withoutSheets(gathered: Gathered): Gathered {
  const isSheet = ({ file }: Sending) => taker !== null && SHEETS.includes(suffixOf(file.name));
  const sheets = gathered.files.filter(isSheet).map(({ file }) => file);
  if (sheets.length) taker?.(sheets);
  return { ...gathered, files: gathered.files.filter((each) => !isSheet(each)) };
}
