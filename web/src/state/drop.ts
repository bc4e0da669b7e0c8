/** What was dropped or chosen: pictures with the texts beside them, without what else systems and tools leave there. */
import type { Sending } from "../api/library";
import type { ImportFailure } from "../api/types";

const HIDDEN = /^\.|^(thumbs\.db|desktop\.ini)$/i;
const BESIDE = /\.(txt|json|xmp|ya?ml|csv|md|html?|log)$/i;

/** Files to send, how many of the folders' other files have which ending, the most frequent first, and what cannot be read. */
export interface Gathered { files: Sending[]; others: Record<string, number>; failed: ImportFailure[] }
/** `folder`: which of those that were dropped or chosen; "" for a file by itself. */
interface Lying { file: File; folder: string }

/** What a text beside a picture is called, as the daemon looks for it (library/gathering.py). */
function textOf(name: string): string {
  const dot = name.lastIndexOf(".");
  return `${dot > 0 && dot < name.length - 1 ? name.slice(0, dot) : name}.txt`;
}

/**
 * Each file with its text. Files by themselves may come from many folders, as what a search found: of a name that is there
 * twice nobody knows which text belongs to which picture.
 */
function paired(lying: Lying[]): (Lying & Sending)[] {
  const place = (folder: string, name: string) => `${folder}/${name}`;
  const only = new Map<string, File | null>();
  for (const { file, folder } of lying) {
    const at = place(folder, file.name);
    only.set(at, only.has(at) ? null : file);
  }
  return lying.map(({ file, folder }) => {
    const alone = BESIDE.test(file.name) || only.get(place(folder, file.name)) === null;
    return { file, folder, beside: alone ? null : only.get(place(folder, textOf(file.name))) ?? null };
  });
}

function sorted(lying: Lying[]): Gathered {
  const pairs = paired(lying.filter(({ file, folder }) => folder === "" || !HIDDEN.test(file.name)));
  const texts = new Set(pairs.map(({ beside }) => beside));
  const rest = pairs.filter(({ file }) => !texts.has(file));
  const isOther = ({ file, folder }: Lying) => folder !== "" && BESIDE.test(file.name);
  const counts = new Map<string, number>();
  for (const { file } of rest.filter(isOther)) {
    const ending = file.name.slice(file.name.lastIndexOf(".")).toLowerCase();
    counts.set(ending, (counts.get(ending) ?? 0) + 1);
  }
  const ranked = [...counts].sort(([one, ones], [other, others]) => others - ones || (one < other ? -1 : 1));
  const files = rest.filter((each) => !isOther(each)).map(({ file, beside }) => ({ file, beside }));
  return { files, others: Object.fromEntries(ranked), failed: [] };
}

const folderOf = (path: string) => path.slice(0, Math.max(0, path.lastIndexOf("/")));

/** What a file dialog gave: of a folder all that lies in it, each with its path. */
export const chosen = (files: Iterable<File>) => sorted([...files].map((file) => ({ file, folder: folderOf(file.webkitRelativePath) })));

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
    for (const each of inside) lying.push(...(await walk(each, `${folder}/${entry.name}`, failed)));
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
  return { ...sorted((await Promise.all(walks)).flat()), failed };
}
