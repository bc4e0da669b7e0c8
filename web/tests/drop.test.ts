import { expect, test } from "vitest";
import { chosen } from "../src/state/drop";

const file = (path: string) => Object.assign(new File(["x"], path.split("/").at(-1) ?? ""), { webkitRelativePath: path.includes("/") ? path : "" });

test("of a folder what lies beside pictures is counted and not sent, hidden files are neither", () => {
  const paths = ["in/a.png", "in/deep/b.bmp", "in/a.txt", "in/b.TXT", "in/notes.md", "in/.DS_Store", "in/Thumbs.db"];
  const { files, others } = chosen(paths.map(file));
  expect(files.map((each) => each.name)).toEqual(["a.png", "b.bmp"]);
  expect(Object.entries(others)).toEqual([[".txt", 2], [".md", 1]]);
});
test("what somebody chose by name is tried whatever it is", () => {
  const { files, others } = chosen(["a.txt", ".hidden", "b.png"].map(file));
  expect(files).toHaveLength(3);
  expect(others).toEqual({});
});
