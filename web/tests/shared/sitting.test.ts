import { describe, expect, test } from "vitest";
import { Past, Sitting, type Step } from "../../src/shared/sitting";
import { moved, undone, woven } from "../../src/shared/weave";

/** Chance that is the same again with the same seed. */
function chance(seed: number) {
  let state = seed * 2654435761 + 1;
  const next = () => { state = (Math.imul(state ^ (state >>> 15), 2246822519) + 0x9e3779b9) | 0; return ((state ^ (state >>> 13)) >>> 0) / 2 ** 32; };
  return { under: (most: number) => Math.floor(next() * most), of: <T>(all: readonly T[]) => all[Math.floor(next() * all.length)] as T, is: (share: number) => next() < share };
}

const count = (text: string, letters: string) => [...text].filter((each) => [...letters].includes(each)).length;

describe("what two edits come to", () => {
  test.each([
    ["", "ab", "cd", "abcd"], ["x", "xa", "xb", "xab"], ["x", "ax", "bx", "abx"], ["abc", "ac", "abXc", "aXc"],
    ["招牌", "招牌再亮一點", "左邊招牌", "左邊招牌再亮一點"], ["👩‍👧", "👩‍👧!", "😀👩‍👧", "😀👩‍👧!"], ["e", "ee", "ee", "eee"],
  ])("%s: %s and %s", (base, mine, theirs, both) => expect(woven(base, mine, theirs)).toBe(both));

  test("whatever is put in stays, whatever was taken out is gone, and no sign is cut in two", () => {
    for (let seed = 0; seed < 400; seed++) {
      const by = chance(seed);
      const written = (letters: string, text: readonly string[]) => {
        const found = [...text];
        for (let edits = by.under(6); edits > 0; edits--) {
          if (found.length && by.is(0.3)) found.splice(by.under(found.length), 1);
          else found.splice(by.under(found.length + 1), 0, by.of([...letters]));
        }
        return found.join("");
      };
      const base = Array.from({ length: by.under(20) }, () => by.of([..."ab貓😀\n"]));
      const mine = written("mM雨🎉", base), theirs = written("tT雪🐈", base), both = woven(base.join(""), mine, theirs);
      expect(count(both, "mM雨🎉")).toBe(count(mine, "mM雨🎉"));
      expect(count(both, "tT雪🐈")).toBe(count(theirs, "tT雪🐈"));
      expect(count(both, "ab貓😀\n")).toBeLessThanOrEqual(Math.min(count(mine, "ab貓😀\n"), count(theirs, "ab貓😀\n")));
      expect(/\p{Surrogate}/u.test(both)).toBe(false);
    }
  });

  test("a long text that was written anew by both has all of either", () => {
    const base = "a".repeat(900), mine = "m".repeat(900), theirs = "t".repeat(900);
    expect(woven(base, mine, theirs)).toBe(mine + theirs);
  });
});

test.each([
  ["ab", "Xab", 1, 2], ["ab", "aXb", 1, 1], ["ab", "abX", 2, 2], ["ab", "b", 1, 0], ["a😀b", "a😀Xb", 3, 3], ["a😀b", "Y貓a😀b", 3, 5], ["", "X", 0, 0],
])("a caret in %s stays behind its letter in %s", (was, now, place, then) => expect(moved(was, now, place)).toBe(then));

test.each([
  ["", "hello", "heXllo", "X"], ["ab", "aNEWb", "aNEWbc", "abc"], ["abc", "ac", "acX", "abcX"], ["old", "new", "1234", "1234"],
  ["a", "ab", "ab", "a"], ["貓", "貓😀", "雨貓😀!", "雨貓!"], ["ab", "b", "Xb", "aXb"],
])("%s became %s, which is undone in %s", (before, after, now, text) => expect(undone(before, after, now)).toBe(text));

test("one's own edits are taken back one after the other from among others' letters, and done again", () => {
  const past = new Past(undone);
  past.note("", "a", 0);
  past.note("a", "ab", 100);
  past.note("ab", "abc", 5000);
  expect(past.back("Xabc")).toBe("Xab");
  expect(past.back("XabY")).toBe("XY");
  expect(past.back("XY")).toBeNull();
  expect(past.forth("XYZ")).toBe("XabYZ");
  expect(past.forth("XabYZ")).toBe("XabcYZ");
  expect(past.forth("XabcYZ")).toBeNull();
  past.note("XabcYZ", "XabcYZ!", 9000);
  expect(past.back("XabcYZ!")).toBe("XabcYZ");
});

/** A daemon that several fields write to: whatever comes in is applied at once, answers may be late or lost. */
class Daemon {
  text = "";
  private done = new Map<object, number>();
  write(field: object, { text, was, number }: Step): string {
    if (number !== null && (this.done.get(field) ?? 0) >= number) return this.text;
    if (number !== null) this.done.set(field, number);
    if (text !== was) this.text = woven(was, text, this.text);
    return this.text;
  }
}

interface Waiting { step: Step; answer: (text: string) => void; lose: (why: Error) => void; applied: string | null }

/** A browser's field: what waits in the network, and what was typed. */
class Field {
  waiting: Waiting[] = [];
  typed = 0;
  told = 0;
  readonly sitting: Sitting;
  constructor(readonly letters: string, private daemon: Daemon) {
    const send = (step: Step) => new Promise<string>((answer, lose) => { this.waiting.push({ step, answer, lose, applied: null }); });
    this.sitting = new Sitting("", "", false, send, () => { this.told += 1; });
  }
  type(by: ReturnType<typeof chance>): void {
    const text = [...this.sitting.text], at = by.under(text.length + 1), word = Array.from({ length: 1 + by.under(3) }, () => by.of([...this.letters]));
    this.typed += word.length;
    this.sitting.write([...text.slice(0, at), ...word, ...text.slice(at)].join(""));
  }
  /** What waits longest goes a step on: it arrives, or its answer does, or is lost. */
  network(by: ReturnType<typeof chance>, losing: boolean): void {
    const one = this.waiting[0];
    if (!one) return;
    if (losing && by.is(0.2)) { this.waiting.shift(); one.lose(new Error("the line broke")); }
    else if (one.applied === null) one.applied = this.daemon.write(this, one.step);
    else { this.waiting.shift(); one.answer(one.applied); }
  }
}

const settle = () => new Promise((then) => setTimeout(then, 0));

test.each(Array.from({ length: 60 }, (_, seed) => seed))("whoever types whatever whenever, all fields come to one text with every letter (%i)", async (seed) => {
  const by = chance(seed), daemon = new Daemon();
  const fields = ["abc貓", "xyz咪", "012😀"].map((letters) => new Field(letters, daemon));
  const round = (field: Field) => { field.sitting.round().catch((why: Error) => { if (why.message !== "the line broke") throw why; }); };
  for (let turn = 0; turn < 150; turn++) {
    const field = by.of(fields);
    if (by.is(0.5)) field.type(by);
    else if (by.is(0.4)) round(field);
    else field.network(by, true);
    if (turn % 5 === 0) await settle();
  }
  for (let turn = 0; turn < 60; turn++) {
    for (const field of fields) { if (turn % 6 === 0) round(field); field.network(by, false); }
    await settle();
  }
  for (const { sitting, letters, typed } of fields) {
    expect(sitting.text).toBe(daemon.text);
    expect(sitting.unsent).toBe(false);
    expect(count(daemon.text, letters)).toBe(typed);
  }
});

test("two who type words at one place keep them whole", async () => {
  const daemon = new Daemon(), [one, two] = [new Field("", daemon), new Field("", daemon)];
  const by = chance(1), words = [..."streetlights"], others = [..."雨後的夜市招牌倒影要清楚"];
  let mine = "", theirs = "";
  for (let at = 0; at < words.length; at++) {
    one.sitting.write(one.sitting.text.replace(mine, mine + words[at])); mine += words[at];
    two.sitting.write(two.sitting.text.replace(theirs, theirs + others[at])); theirs += others[at];
    if (at % 2 === 0) void one.sitting.round(); else void two.sitting.round();
    one.network(by, false); two.network(by, false);
    await settle();
  }
  for (let turn = 0; turn < 12; turn++) { void one.sitting.round(); void two.sitting.round(); one.network(by, false); two.network(by, false); await settle(); }
  expect(daemon.text).toContain("streetlights");
  expect(daemon.text).toContain("雨後的夜市招牌倒影要清楚");
  expect([one.sitting.text, two.sitting.text]).toEqual([daemon.text, daemon.text]);
});

test("what was sent by a page that was closed is not written twice", async () => {
  const sent: Step[] = [];
  const field = new Sitting("old", "old and new", true, (step) => { sent.push(step); return Promise.resolve("old and new"); }, () => {});
  await field.round();
  expect(sent).toEqual([{ text: "old and new", was: "old", number: null }]);
  expect(field.text).toBe("old and new");
  field.write("old and new!");
  await field.round();
  expect(sent[1]?.number).toBe(1);
});

test("a refused step is given up, and its letters stay", async () => {
  let refuse = true;
  const field = new Sitting("", "", false, (step) => (refuse ? Promise.reject(new Error("too long")) : Promise.resolve(step.text)), () => {});
  field.write("long");
  await expect(field.round()).rejects.toThrow("too long");
  field.drop();
  expect(field.text).toBe("long");
  field.write("short");
  refuse = false;
  await field.round();
  expect([field.unsent, field.text]).toEqual([false, "short"]);
});
