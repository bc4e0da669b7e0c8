import { expect, test } from "vitest";
import { changes, choicesOf, described, formatted, isLossy, nameOf, NEW } from "../../src/export/choices";
import en from "../../src/text/en.json";
import { textOf } from "../../src/text/text";

const text = textOf("en", en);

test("only what was changed is sent", () => {
  expect(changes(NEW, { ...NEW, size: "50%", quality: 80 })).toEqual({ size: "50%", quality: 80 });
  expect(choicesOf({ ...NEW, id: "x", name: "y", builtin: true } as never)).toEqual(NEW);
});
test("an original takes nothing else, and gives nothing else back", () => {
  const original = formatted({ ...NEW, size: "2048", colour: "srgb" }, "original");
  expect(original).toMatchObject({ size: "", colour: "keep", metadata: "all" });
  expect(described(original, text)).toBe("Byte for byte");
});
test("a preset is told in one line", () => {
  expect(described({ ...NEW, format: "jpeg", size: "2048", colour: "srgb", metadata: "none" }, text)).toBe("JPEG · quality 90 · 2048 px · sRGB · no metadata");
  expect(described({ ...NEW, format: "webp", lossless: true, size: "50%" }, text)).toBe("WebP · Lossless · 50% · with how it was made");
  expect(described({ ...NEW, size: "1080x1350" }, text)).toContain("1080x1350 px, smaller where a picture has fewer");
  expect(described({ ...NEW, size: "1080x1350", enlarge: true }, text)).not.toContain("smaller");
  expect([isLossy({ ...NEW, format: "webp", lossless: true }), isLossy({ ...NEW, format: "png" }), isLossy(NEW)]).toEqual([false, false, true]);
});
test("built-in ones are called in the reader's language, others by their name", () => {
  expect(nameOf({ ...NEW, id: "web", name: "x", builtin: true }, text)).toBe("Web 2048");
  expect(nameOf({ ...NEW, id: "web", name: "Mine", builtin: false }, text)).toBe("Mine");
});
