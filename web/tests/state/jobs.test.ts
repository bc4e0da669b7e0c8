import { notifyManager, QueryClient, QueryObserver } from "@tanstack/react-query";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Batch, Job, JobState } from "../../src/api/types";
import { jobNews } from "../../src/state/jobs";

const idsIn = (url: string) => [...url.matchAll(/[?&]id=(\w+)/g)].map(([, id]) => id ?? "");

/** A daemon: what it says of a job is how the job was when it was asked, however late the answer comes. */
class Daemon {
  readonly states = new Map<string, JobState>();
  readonly asked: string[] = [];
  private readonly held: { path: string; answer: () => void }[] = [];
  /** Requests that wait until they are let go. */
  hold: (path: string) => boolean = () => false;
  broken: (path: string) => boolean = () => false;
  /** How long an answer is on its way, in ms. */
  late = () => 5;

  constructor(readonly batches: Record<string, string[]>) {
    for (const id of Object.values(batches).flat()) this.states.set(id, "queued");
  }
  job = (id: string) => ({ id, batch: Object.keys(this.batches).find((each) => this.batches[each]?.includes(id)), state: this.states.get(id), assets: this.states.get(id) === "done" ? [`a${id}`] : [] as string[] }) as Job;
  batch = (id: string): Batch => ({ batch: id, jobs: (this.batches[id] ?? []).map(this.job) });
  fetch = (url: string): Promise<Response> => {
    const path = url.replace("/api/v1/w/w/", "").replace(/\?.*/, ""), [noun = "", id = ""] = path.split("/");
    this.asked.push(noun === "assets" ? `assets/${idsIn(url)}` : path);
    if (this.broken(path)) return Promise.resolve(new Response("{}", { status: 503 }));
    if (noun === "jobs" && id && !this.states.has(id)) return Promise.resolve(new Response("{}", { status: 404 }));
    const said = JSON.stringify(noun === "assets" ? { items: idsIn(url).map((each) => ({ id: each, thumbnail: `small-${each}` })) } : noun === "batches" && !id ? { batches: idsIn(url).map(this.batch) } : noun === "batches" ? this.batch(id) : id ? this.job(id) : { jobs: [...this.states.keys()].map(this.job), next: null, counts: {}, paused: false });
    return new Promise((done) => {
      const answer = () => done(new Response(said));
      if (this.hold(path)) this.held.push({ path, answer });
      else setTimeout(answer, this.late());
    });
  };
  /** The requests held for this are answered, the latest first where that is asked for. */
  async let(path: string, latest = false) {
    const those = this.held.filter((each) => each.path === path);
    for (const each of latest ? those.reverse() : those) {
      this.held.splice(this.held.indexOf(each), 1);
      each.answer();
      await vi.advanceTimersByTimeAsync(0);
    }
  }
  count = (path: string | RegExp) => this.asked.filter((each) => (typeof path === "string" ? each === path : path.test(each))).length;
}

describe("what news of jobs change", () => {
  const tick = (ms: number) => vi.advanceTimersByTimeAsync(ms);
  const images: string[] = [];
  let queries: QueryClient, ends: (() => void)[] = [];
  const listening = (daemon: Daemon) => {
    vi.stubGlobal("fetch", (url: string) => daemon.fetch(url));
    const news = jobNews(queries, "w");
    ends.push(news.stop);
    return (subject: string, kind = "job.changed") => (kind === "asset.added" ? news.added(subject) : news.tell({ seq: 0, kind, subject, origin: "" }));
  };
  const key = (batch: string) => ["w", "jobs", "batch", batch];
  const show = (batch: string) => {
    const queryFn = () => fetch(`/api/v1/w/w/batches/${batch}`).then((answer) => answer.json() as Promise<Batch>);
    ends.push(new QueryObserver(queries, { queryKey: key(batch), queryFn, staleTime: 60_000 }).subscribe(() => undefined));
  };
  const given = (batch: string, daemon: Daemon) => queries.setQueryData(key(batch), daemon.batch(batch));
  const states = (batch: string) => queries.getQueryData<Batch>(key(batch))?.jobs.map((each) => each.state);
  beforeEach(() => {
    vi.useFakeTimers();
    vi.stubGlobal("window", globalThis);
    images.length = 0;
    vi.stubGlobal("Image", class { set src(address: string) { images.push(address); } });
    queries = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  });
  afterEach(() => {
    for (const end of ends) end();
    ends = [];
    vi.useRealTimers();
    vi.unstubAllGlobals();
    vi.restoreAllMocks();
  });

  test("one job is asked for once and put where it stands", async () => {
    const daemon = new Daemon({ b: ["1", "2"] }), tell = listening(daemon);
    given("b", daemon);
    daemon.states.set("2", "done");
    tell("2");
    tell("2");
    await tick(40);
    expect(states("b")).toEqual(["queued", "done"]);
    expect(daemon.asked).toEqual(["jobs/2"]);
  });
  test("what was told before the batch is here holds when it comes", async () => {
    const daemon = new Daemon({ b: ["1", "2"] }), tell = listening(daemon);
    const begun = daemon.batch("b");
    daemon.states.set("1", "done");
    tell("1");
    await tick(200);
    queries.setQueryData(key("b"), begun);
    expect(states("b")).toEqual(["done", "queued"]);
    expect(daemon.count("jobs/1")).toBe(1);
  });
  test("what is told while the batch is being fetched holds when the older answer comes", async () => {
    const daemon = new Daemon({ b: ["1"] }), tell = listening(daemon);
    daemon.hold = (path) => path === "batches/b";
    show("b");
    await tick(10);
    daemon.states.set("1", "done");
    tell("1");
    await tick(200);
    await daemon.let("batches/b");
    expect(states("b")).toEqual(["done"]);
    expect(daemon.count("batches/b")).toBe(1);
  });
  test("and while it is fetched once more no older state is shown in between", async () => {
    const daemon = new Daemon({ b: ["1"] }), tell = listening(daemon), seen: (JobState | undefined)[] = [];
    show("b");
    await tick(10);
    const drawn = new QueryObserver<Batch>(queries, { queryKey: key("b"), enabled: false }); // told of changes as React is
    ends.push(drawn.subscribe(notifyManager.batchCalls(() => { seen.push(drawn.getCurrentResult().data?.jobs[0]?.state); })));
    daemon.hold = (path) => path === "batches/b";
    void queries.invalidateQueries({ queryKey: key("b") });
    await tick(10);
    daemon.states.set("1", "done");
    tell("1");
    await tick(100);
    await daemon.let("batches/b");
    await tick(50);
    expect(seen).toContain("done");
    expect(seen.slice(seen.indexOf("done")).every((each) => each === "done")).toBe(true);
    expect(states("b")).toEqual(["done"]);
  });
  test("a batch that comes between the news and the answer about the job does not hide it", async () => {
    const daemon = new Daemon({ b: ["1"] }), tell = listening(daemon), begun = daemon.batch("b");
    daemon.hold = (path) => path === "jobs/1";
    daemon.states.set("1", "done");
    tell("1");
    await tick(30);
    queries.setQueryData(key("b"), begun);
    await daemon.let("jobs/1");
    await tick(300);
    expect(states("b")).toEqual(["done"]);
  });
  test("of two answers about one job the older one does not come last", async () => {
    const daemon = new Daemon({ b: ["1"] }), tell = listening(daemon);
    given("b", daemon);
    daemon.hold = (path) => path === "jobs/1";
    daemon.states.set("1", "running");
    tell("1");
    await tick(30);
    daemon.states.set("1", "done");
    tell("1");
    await tick(200);
    await daemon.let("jobs/1", true);
    await tick(200);
    daemon.hold = () => false;
    await daemon.let("jobs/1", true);
    await tick(200);
    expect(states("b")).toEqual(["done"]);
    expect(daemon.count("jobs/1")).toBe(2);
  });
  test("nothing goes back to what it was, in whatever order answers come and however late news are", async () => {
    const steps: JobState[] = ["queued", "waiting", "running", "done"];
    for (let seed = 1; seed <= 60; seed += 1) {
      let state = seed * 2_654_435_761;
      const chance = (most: number) => { state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0; return (state >>> 8) % most; };
      const ids = ["1", "2", "3", "4"], daemon = new Daemon({ b: ids, c: ["5"] }), tell = listening(daemon);
      daemon.late = () => chance(400);
      show("b");
      const queryFn = () => fetch("/api/v1/w/w/jobs").then((answer) => answer.json() as Promise<object>).then((page) => ({ pages: [page], pageParams: [null] }));
      for (const list of ["going", "ended"]) ends.push(new QueryObserver(queries, { queryKey: ["w", "jobs", list], queryFn, staleTime: Infinity }).subscribe(() => undefined));
      await tick(500);
      const far = new Map<string, number>();
      const look = () => {
        for (const [[, , list], data] of queries.getQueriesData<Batch & { pages: Batch[] }>({ queryKey: ["w", "jobs"] })) {
          for (const job of (data?.pages ?? (data ? [data] : [])).flatMap((each) => each.jobs)) {
            const at = steps.indexOf(job.state), key = `${String(list)} ${job.id}`;
            expect(at, `seed ${String(seed)}: ${key} went back to ${job.state}`).toBeGreaterThanOrEqual(far.get(key) ?? 0);
            far.set(key, at);
          }
        }
      };
      const drawn = queries.getQueryCache().subscribe(notifyManager.batchCalls(look));
      for (let step = 0; step < 12; step += 1) {
        const id = ids[chance(4)] ?? "", now = steps.indexOf(daemon.states.get(id) ?? "queued");
        if (now < 3) {
          daemon.states.set(id, steps[now + 1] ?? "done");
          setTimeout(() => { tell(id, ["job.progress", "job.changed"][chance(2)]); }, chance(700));
        }
        if (chance(3) === 0) void queries.invalidateQueries({ queryKey: ["w", "jobs", ["going", "ended", "batch"][chance(3)]] });
        for (let each = 0; each < 8; each += 1) { await tick(chance(40)); look(); }
      }
      for (let each = 0; each < 40; each += 1) { await tick(100); look(); }
      expect(states("b")).toEqual(ids.map((id) => daemon.states.get(id)));
      drawn();
      for (const end of ends) end();
      ends = [];
      queries.clear();
    }
  });
  test("many jobs of one batch are asked for with it, at once and in one request", async () => {
    const many = Array.from({ length: 40 }, (_, at) => String(at));
    const daemon = new Daemon({ b: many, other: ["x"] }), tell = listening(daemon);
    show("b");
    show("other");
    await tick(10);
    for (const id of many) { daemon.states.set(id, "done"); tell(id); }
    await tick(30);
    expect(new Set(states("b"))).toEqual(new Set(["done"]));
    expect(daemon.count("batches/b")).toBe(2);
    expect(daemon.count("batches/other")).toBe(1);
    expect(daemon.count(/^jobs\//)).toBe(0);
  });
  test("news of all jobs reach the batches shown at once, and many in a row by few requests, the last of them too", async () => {
    const daemon = new Daemon({ b: ["1"] }), tell = listening(daemon);
    show("b");
    await tick(10);
    daemon.states.set("1", "done");
    tell("*");
    await tick(10);
    expect(states("b")).toEqual(["done"]);
    for (let each = 0; each < 100; each += 1) { tell("*"); await tick(10); }
    daemon.states.set("1", "failed");
    tell("*");
    await tick(600);
    expect(states("b")).toEqual(["failed"]);
    expect(daemon.count("batches/b")).toBeLessThan(8);
  });
  test("news of all jobs while a batch is fetched for the first time make it fetched again", async () => {
    const daemon = new Daemon({ b: ["1"] }), tell = listening(daemon);
    daemon.hold = (path) => path === "batches/b";
    show("b");
    await tick(10);
    daemon.states.set("1", "cancelled");
    tell("*");
    await tick(50);
    daemon.hold = () => false;
    await daemon.let("batches/b");
    await tick(50);
    expect(states("b")).toEqual(["cancelled"]);
  });
  test("a job that could not be asked for is not forgotten, one that is gone is", async () => {
    vi.spyOn(console, "info").mockImplementation(() => undefined);
    const daemon = new Daemon({ b: ["1"] }), tell = listening(daemon);
    show("b");
    await tick(10);
    daemon.states.set("1", "done");
    daemon.broken = (path) => path === "jobs/1";
    tell("1", "job.progress");
    await tick(50);
    expect(states("b")).toEqual(["done"]);
    const before = daemon.count("batches/b");
    tell("gone", "job.progress");
    await tick(2000);
    expect(daemon.count("batches/b")).toBe(before);
  });
  test("how far a job is, and how it looks, makes no list fetched anew, what became of it does, once for many", async () => {
    const daemon = new Daemon({ b: ["1", "2"] }), tell = listening(daemon);
    const queryFn = () => fetch("/api/v1/w/w/jobs").then((answer) => answer.json() as Promise<object>);
    ends.push(new QueryObserver(queries, { queryKey: ["w", "jobs", "counts"], queryFn, staleTime: Infinity }).subscribe(() => undefined));
    await tick(10);
    for (const kind of ["job.progress", "job.preview"]) tell("1", kind);
    await tick(3000);
    expect(daemon.count("jobs")).toBe(1);
    for (const id of ["1", "2", "1"]) tell(id);
    await tick(3000);
    expect(daemon.count("jobs")).toBe(2);
  });
  test("what was made in a batch that is shown is asked for with its small picture, once and before anything is drawn", async () => {
    const daemon = new Daemon({ b: ["1"], unseen: ["2"] }), tell = listening(daemon);
    show("b");
    await tick(10);
    for (const id of ["1", "2"]) { daemon.states.set(id, "done"); tell(id); }
    await tick(100);
    tell("1");
    await tick(300);
    expect(daemon.asked.filter((each) => each.startsWith("assets"))).toEqual(["assets/a1"]);
    expect(images).toEqual([expect.stringMatching(/small-a1$/)]);
  });
  test("a picture that comes in while one is being made is asked for beside its job, any other is not", async () => {
    const daemon = new Daemon({ b: ["1"] }), tell = listening(daemon);
    show("b");
    await tick(10);
    tell("a0", "asset.added");
    await tick(50);
    expect(daemon.count(/^assets/)).toBe(0);
    daemon.states.set("1", "running");
    tell("1");
    await tick(100);
    daemon.hold = (path) => path === "jobs/1";
    daemon.states.set("1", "done");
    tell("a1", "asset.added");
    tell("*", "asset.added");
    tell("1");
    await tick(50);
    expect(images).toEqual([expect.stringMatching(/small-a1$/)]);
    await daemon.let("jobs/1");
    await tick(300);
    expect(states("b")).toEqual(["done"]);
    expect(daemon.asked.filter((each) => each.startsWith("assets"))).toEqual(["assets/a1"]);
  });
  test("nothing is asked for once nobody listens", async () => {
    const daemon = new Daemon({ b: ["1"] }), tell = listening(daemon);
    given("b", daemon);
    tell("1");
    tell("*");
    for (const end of ends) end();
    given("b", daemon);
    await tick(5000);
    expect(daemon.asked).toEqual([]);
  });
});
