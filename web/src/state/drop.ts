/** What was dropped or chosen: files, and the files of folders, without what systems and tools leave beside pictures. */

const HIDDEN = /^\.|^(thumbs\.db|desktop\.ini)$/i;
const BESIDE = /\.(txt|json|xmp|ya?ml|csv|md|html?|log)$/i;

/** Files to send, and how many of the folders' other files have which ending, the most frequent first. */
export interface Gathered { files: File[]; others: Record<string, number> }
interface Lying { file: File; inFolder: boolean }

function sorted(lying: Lying[]): Gathered {
  const shown = lying.filter(({ file, inFolder }) => !inFolder || !HIDDEN.test(file.name));
  const isOther = ({ file, inFolder }: Lying) => inFolder && BESIDE.test(file.name);
  const counts = new Map<string, number>();
  for (const { file } of shown.filter(isOther)) {
    const ending = file.name.slice(file.name.lastIndexOf(".")).toLowerCase();
    counts.set(ending, (counts.get(ending) ?? 0) + 1);
  }
  const ranked = [...counts].sort(([one, ones], [other, others]) => others - ones || (one < other ? -1 : 1));
  return { files: shown.filter((each) => !isOther(each)).map(({ file }) => file), others: Object.fromEntries(ranked) };
}

/** What a file dialog gave: of a folder all that lies in it, each with its path. */
export const chosen = (files: Iterable<File>) => sorted([...files].map((file) => ({ file, inFolder: file.webkitRelativePath !== "" })));

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

async function walk(entry: FileSystemEntry, inFolder: boolean): Promise<Lying[]> {
  if (entry.isFile) return [{ file: await fileOf(entry as FileSystemFileEntry), inFolder }];
  const inside = await entriesOf(entry as FileSystemDirectoryEntry);
  const lying: Lying[] = [];
  for (const each of inside) lying.push(...(await walk(each, true)));
  return lying;
}

export async function gather(dropped: DataTransfer): Promise<Gathered> {
  // The list empties as soon as the event is over: entries must be taken at once.
  const entries = [...dropped.items].map((item) => item.webkitGetAsEntry()).filter((entry) => entry !== null);
  if (entries.length === 0) return chosen(dropped.files);
  return sorted((await Promise.all(entries.map((entry) => walk(entry, false)))).flat());
}
