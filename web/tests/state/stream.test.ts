import { QueryClient, QueryObserver } from "@tanstack/react-query";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { probe } from "../../src/api/client";
import { heard } from "../../src/api/link";
import { ANSWER, asking, backoff, frames, refetcher } from "../../src/state/live";
import { combo, commandOf } from "../../src/state/keys";
import { href, read } from "../../src/state/route";

test("frames are cut off the front, an unfinished one waits", () => {
  const cut = frames('id: r-1\n\nid: r-2\ndata: {"seq":2}\n\n: still here\n\nid: r-3\nda');
  expect(cut.found).toEqual([{ id: "r-1", data: "" }, { id: "r-2", data: '{"seq":2}' }, { id: null, data: "" }]);
  expect(cut.rest).toBe("id: r-3\nda");
});
test("news cut anywhere arrive whole", () => {
  const stream = 'id: r-7\r\ndata: {"kind":"asset.changed"}\r\n\r\nid: r-8\r\ndata: {"seq":8}\r\n\r\n';
  for (let at = 0; at <= stream.length; at += 1) {
    const first = frames(stream.slice(0, at));
    const second = frames(first.rest + stream.slice(at));
    expect([...first.found, ...second.found].map((each) => each.id), `cut at ${at}`).toEqual(["r-7", "r-8"]);
  }
});
test("the pauses between tries double up to five seconds", () => {
  expect([0, 1, 2, 9].map(backoff)).toEqual([500, 1000, 2000, 5000]);
});

describe("what news make the page ask for", () => {
  const asked: string[] = [];
  let slow = 0;
  const shown = (...keys: string[]) => {
    const queries = new QueryClient({ defaultOptions: { queries: { retry: false } } });
    for (const key of keys) {
      const queryFn = () => new Promise<null>((done) => { asked.push(key); setTimeout(() => done(null), slow); });
      new QueryObserver(queries, { queryKey: ["w", key], queryFn, initialData: null, staleTime: Infinity }).subscribe(() => undefined);
    }
    return refetcher(queries, "w");
  };
  beforeEach(() => { vi.useFakeTimers(); vi.stubGlobal("window", globalThis); asked.length = 0; slow = 10; });
  afterEach(() => { vi.useRealTimers(); vi.unstubAllGlobals(); });

  test("pictures come first, and what is told of all of them once these are there", async () => {
    const tell = shown("assets", "facets", "totals");
    tell(["w", "facets"], ["w", "totals"], ["w", "assets"]);
    await vi.advanceTimersByTimeAsync(30);
    expect(asked).toEqual(["assets"]);
    await vi.advanceTimersByTimeAsync(2000);
    expect(asked).toEqual(["assets", "facets", "totals"]);
  });
  test("what changes while something is fetched for the first time is shown, though that answer is of before", async () => {
    const queries = new QueryClient({ defaultOptions: { queries: { retry: false } } }), tell = refetcher(queries, "w");
    let title = "before";
    const queryFn = () => { const said = title; return new Promise<string>((done) => { setTimeout(() => done(said), 200); }); };
    new QueryObserver(queries, { queryKey: ["w", "asset", "1"], queryFn, staleTime: Infinity }).subscribe(() => undefined);
    await vi.advanceTimersByTimeAsync(20);
    title = "after";
    tell(["w", "asset", "1"]);
    await vi.advanceTimersByTimeAsync(1000);
    expect(queries.getQueryData(["w", "asset", "1"])).toBe("after");
  });
  test("what counts pictures at the side is told soon, and seldom while many come in", async () => {
    const tell = shown("projects", "facets");
    tell(["w", "projects"], ["w", "facets"]);
    await vi.advanceTimersByTimeAsync(300);
    expect(asked).toEqual(["projects", "facets"]);
    for (let each = 0; each < 60; each += 1) {
      tell(["w", "projects"]);
      await vi.advanceTimersByTimeAsync(50);
    }
    expect(asked.filter((each) => each === "projects").length).toBeLessThanOrEqual(3);
    await vi.advanceTimersByTimeAsync(2000);
    const last = asked.length;
    await vi.advanceTimersByTimeAsync(5000);
    expect(asked.length).toBe(last);
  });
  test("news in a row are answered by few requests, the last of them too", async () => {
    const tell = shown("assets");
    for (let each = 0; each < 200; each += 1) {
      tell(["w", "assets"]);
      await vi.advanceTimersByTimeAsync(5);
    }
    expect(asked.length).toBeLessThan(12);
    const before = asked.length;
    tell(["w", "assets"]);
    await vi.advanceTimersByTimeAsync(500);
    expect(asked.length).toBe(before + 1);
    await vi.advanceTimersByTimeAsync(5000);
    expect(asked.length).toBe(before + 1);
  });
  test("a slow answer is waited for, however many news come meanwhile", async () => {
    slow = 700;
    const tell = shown("assets");
    for (let each = 0; each < 20; each += 1) {
      tell(["w", "assets"]);
      await vi.advanceTimersByTimeAsync(100);
    }
    expect(asked.length).toBe(3);
  });
});

describe("a daemon that falls silent", () => {
  beforeEach(() => { vi.useFakeTimers(); vi.stubGlobal("window", globalThis); });
  afterEach(() => { vi.useRealTimers(); vi.unstubAllGlobals(); });

  test("is told within 1.6 s of its last word, whenever that was", async () => {
    for (let last = 0; last < 1500; last += 37) {
      let told = Infinity;
      heard();
      const end = asking(() => new Promise((done) => setTimeout(() => { told = Math.min(told, Date.now()); done(); }, ANSWER)));
      const talks = setInterval(heard, 90), begun = Date.now();
      await vi.advanceTimersByTimeAsync(last);
      clearInterval(talks);
      heard();
      await vi.advanceTimersByTimeAsync(4000);
      end();
      expect(told - begun - last).toBeLessThanOrEqual(1600);
    }
  });
  test("is asked now and then, and not while it talks", async () => {
    let asked = 0;
    heard();
    const end = asking(() => { asked += 1; return Promise.resolve(); });
    const talks = setInterval(heard, 100);
    await vi.advanceTimersByTimeAsync(5000);
    expect(asked).toBe(0);
    clearInterval(talks);
    await vi.advanceTimersByTimeAsync(4000);
    expect(asked).toBeGreaterThan(3);
    expect(asked).toBeLessThan(12);
    end();
  });
  test("is no silent one where it said something else meanwhile", async () => {
    const aborted = new AbortController();
    vi.spyOn(AbortSignal, "timeout").mockReturnValue(aborted.signal);
    vi.stubGlobal("fetch", () => new Promise((_, failed) => aborted.signal.addEventListener("abort", () => failed(new Error("aborted")))));
    const found = async (says: boolean) => {
      heard();
      await vi.advanceTimersByTimeAsync(2000);
      const answer = probe(ANSWER);
      await vi.advanceTimersByTimeAsync(ANSWER / 2);
      if (says) heard();
      await vi.advanceTimersByTimeAsync(ANSWER / 2);
      aborted.abort();
      return answer;
    };
    expect(await found(true)).toBe("open");
  });
});

const press = (key: string, more: object = {}) => ({ key, ctrlKey: false, metaKey: false, shiftKey: false, altKey: false, isComposing: false, keyCode: 0, target: null, ...more });
test("a press is told as it stands on the key", () => {
  expect(combo(press("Z", { ctrlKey: true, shiftKey: true }))).toBe("Mod+Shift+z");
  expect(combo(press("z", { metaKey: true }))).toBe("Mod+z");
  expect(combo(press("?", { shiftKey: true }))).toBe("?");
  expect(combo(press(" "))).toBe("Space");
});
test("no key is a command while a character is composed", () => {
  expect(commandOf(press("5", { isComposing: true }) as unknown as KeyboardEvent)).toBeNull();
  expect(commandOf(press("5", { keyCode: 229 }) as unknown as KeyboardEvent)).toBeNull();
});

test("an address survives writing and reading, whatever is searched for", () => {
  for (const q of ["貓咪 & 100%", 'tag:"a b" #x?y=1', "é+ü", "/"]) {
    const route = read(href("project", "03ab", { q, sort: null, at: "2026-11-24T10:00:00.000Z" }));
    expect([route.view, route.id, route.params.get("q"), route.params.get("at")]).toEqual(["project", "03ab", q, "2026-11-24T10:00:00.000Z"]);
  }
  expect(read("").view).toBe("pictures");
});
