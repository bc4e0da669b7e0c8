import { expect, test } from "vitest";
import { chosen, gather, takeSheets, withoutSheets, type Gathered } from "../../src/state/drop";

const file = (path: string, bytes: BlobPart = "x") => Object.assign(new File([bytes], path.split("/").at(-1) ?? ""), { webkitRelativePath: path.includes("/") ? path : "" });
const sent = ({ files }: Gathered) => files.map(({ file, beside }) => (beside ? `${file.name} + ${beside.name}` : file.name));

test("of a folder pictures are sent, hidden and half-finished files passed over in silence, the others counted", async () => {
  const paths = [
    "in/a.png", "in/deep/b.bmp", "in/c.txt", "in/b.TXT", "in/notes.md", "in/.DS_Store", "in/Thumbs.db", "in/half.png.crdownload", "in/half2.png.part",
    "in/~$a.png", "in/a.png~", "in/.git/c.png", "in/deep/.thumbs/d.png", "in/art.psd", "in/film.MP4", "in/LICENSE", "in/a.long ending of words",
  ];
  const found = await chosen(paths.map((path) => file(path)));
  expect(sent(found)).toEqual(["a.png"]);
  expect(Object.entries(found.others)).toEqual([["", 2], [".txt", 2], [".bmp", 1], [".md", 1], [".mp4", 1], [".psd", 1]]);
});
test("a picture is known by its first bytes too, whatever its name", async () => {
  const begins = ["\x89PNG\r\n\x1a\n", "\xff\xd8\xff", "GIF89a", "II*\0", "MM\0*", "RIFF\n\n\n\nWEBP", "RIFF\n\n\n\nWAVE", "BM", " GIF8"];
  const bytes = (text: string) => Uint8Array.from(text, (each) => each.charCodeAt(0));
  const found = await chosen(begins.map((text, at) => file(`in/${at}`, bytes(text))));
  expect(sent(found)).toEqual(["0", "1", "2", "3", "4", "5"]);
  expect(found.others).toEqual({ "": 3 });
});
test("what somebody chose by name is tried whatever it is", async () => {
  const found = await chosen(["a.txt", ".hidden", "b.png"].map((path) => file(path)));
  expect(sent(found)).toEqual(["a.txt", ".hidden", "b.png"]);
  expect(found.others).toEqual({});
});
test("a text goes with every picture of its name in its folder, and with nothing else", async () => {
  const paths = [
    "in/a.png", "in/a.JPG", "in/a.txt", "in/deep/a.png", "in/other/a.txt", "in/b.v2.png", "in/b.v2.txt", "in/b.txt", "in/c", "in/c.txt",
    "in/d.txt", "in/d.json",
  ];
  const found = await chosen(paths.map((path) => file(path, path === "in/c" ? "GIF89a" : "x")));
  expect(sent(found)).toEqual(["a.png + a.txt", "a.JPG + a.txt", "a.png", "b.v2.png + b.v2.txt", "c + c.txt"]);
  expect(found.others).toEqual({ ".txt": 3, ".json": 1 });
  expect(sent(await chosen(["a.png", "a.txt", "notes.md", "notes.txt"].map((path) => file(path))))).toEqual(["a.png + a.txt", "notes.md", "notes.txt"]);
});
test("of files by themselves whose name is there twice nobody knows which belong together", async () => {
  expect(sent(await chosen(["1.png", "1.txt", "1.png"].map((path) => file(path))))).toEqual(["1.png", "1.txt", "1.png"]);
  expect(sent(await chosen(["1.png", "1.txt", "1.txt"].map((path) => file(path))))).toEqual(["1.png", "1.txt", "1.txt"]);
});

/** What a browser says of something dropped: a file, or a folder with what lies in it, which it hands out in portions. */
type Dropped = string | { name: string; inside: Dropped[] };
function entry(dropped: Dropped): unknown {
  if (typeof dropped === "string") return { isFile: true, name: dropped, file: (give: (file: File) => void) => { give(file(dropped)); } };
  const portions = [...dropped.inside.map((each) => [entry(each)]), []];
  return { isFile: false, name: dropped.name, createReader: () => ({ readEntries: (give: (some: unknown[]) => void) => { give(portions.shift() ?? []); } }) };
}
test("dropped folders keep their texts apart, also those of one name", async () => {
  const one = { name: "in", inside: ["1.png", "1.txt", { name: "deep", inside: ["2.png", "1.txt"] }] };
  const items = [one, { name: "in", inside: ["1.png", "2.txt"] }, "2.txt"].map((each) => ({ webkitGetAsEntry: () => entry(each as Dropped) }));
  const found = await gather({ items, files: [] } as unknown as DataTransfer);
  expect(sent(found)).toEqual(["1.png + 1.txt", "2.png", "1.png", "2.txt"]);
  expect(found.others).toEqual({ ".txt": 2 });
});
test("what cannot be read of a dropped folder is named and costs nothing else", async () => {
  const denied = (_: unknown, refuse: (error: Error) => void) => { refuse(new DOMException("denied", "NotReadableError")); };
  const locked = { isFile: false, name: "locked", createReader: () => ({ readEntries: denied }) };
  const items = [locked, { isFile: true, name: "gone.png", file: denied }, entry("a.png")].map((each) => ({ webkitGetAsEntry: () => each }));
  const found = await gather({ items, files: [] } as unknown as DataTransfer);
  expect(sent(found)).toEqual(["a.png"]);
  expect(found.failed.map(({ path, code }) => [path, code]).sort()).toEqual([["gone.png", "unreadable"], ["locked", "folder_unreadable"]]);
});
test("batch files go to who takes them, pictures and their texts to the import", async () => {
  const all = async () => sent(withoutSheets(await chosen([file("a.png"), file("a.txt"), file("rows.csv"), file("list.JSONL"), file("alone.txt"), file("b.psd")])));
  const taken: string[] = [];
  const stop = takeSheets((sheets) => { taken.push(...sheets.map(({ name }) => name)); });
  expect(await all()).toEqual(["a.png + a.txt", "b.psd"]);
  expect(taken).toEqual(["rows.csv", "list.JSONL", "alone.txt"]);
  stop();
  expect(await all()).toEqual(["a.png + a.txt", "rows.csv", "list.JSONL", "alone.txt", "b.psd"]);
});
