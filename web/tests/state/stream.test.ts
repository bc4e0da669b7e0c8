import { QueryClient, QueryObserver } from "@tanstack/react-query";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { backoff, frames, refetcher } from "../../src/state/live";
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
