/** What was dropped: files, and the files of folders, without what systems and tools leave lying beside pictures. */

const NOT_PICTURES = /^\.|^(thumbs\.db|desktop\.ini)$|\.(txt|json|xmp|ya?ml|csv|md|html?|log)$/i;

export const isBeside = (name: string) => NOT_PICTURES.test(name);

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

async function walk(entry: FileSystemEntry, inFolder: boolean): Promise<File[]> {
  if (entry.isFile) return inFolder && isBeside(entry.name) ? [] : [await fileOf(entry as FileSystemFileEntry)];
  const inside = await entriesOf(entry as FileSystemDirectoryEntry);
  const files: File[] = [];
  for (const each of inside) files.push(...(await walk(each, true)));
  return files;
}

export async function gather(dropped: DataTransfer): Promise<File[]> {
  // The list empties as soon as the event is over: entries must be taken at once.
  const entries = [...dropped.items].map((item) => item.webkitGetAsEntry()).filter((entry) => entry !== null);
  if (entries.length === 0) return [...dropped.files];
  return (await Promise.all(entries.map((entry) => walk(entry, false)))).flat();
}
