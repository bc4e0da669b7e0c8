import { describe, expect, it } from "vitest";
import type { ProjectShare, Share } from "../src/api/types";
import { monthsOf, sumOf } from "../src/queue/spending";

const share = (change: Partial<Share>): Share => ({ month: "2026-11", provider: "openai", model: "a", currency: "USD", amount: 0, charges: 1, unpriced: 0, credits: 0, ...change });
const filed = (change: Partial<ProjectShare>): ProjectShare => ({ month: "2026-11", project: null, name: "", currency: "USD", amount: 0, charges: 1, unpriced: 0, ...change });

describe("what was spent", () => {
  it("is added in millionths, each currency by itself", () => {
    const parts = [...Array.from({ length: 10 }, () => share({ amount: 0.1 })), share({ amount: 0.000001 }), share({ currency: "TWD", amount: 12.5 })];
    expect(sumOf(parts).amounts).toEqual([{ currency: "TWD", amount: 12.5 }, { currency: "USD", amount: 1.000001 }]);
  });
  it("does not take what nobody knows for nothing, nor what was free for money", () => {
    const unknown = share({ currency: "", unpriced: 1 }), free = share({ currency: "" });
    expect(sumOf([unknown])).toEqual({ amounts: [], charges: 1, unpriced: 1, credits: 0 });
    expect(sumOf([unknown, free])).toEqual({ amounts: [], charges: 2, unpriced: 1, credits: 0 });
    expect(sumOf([free, share({ amount: 0.5 })]).amounts).toEqual([{ currency: "USD", amount: 0.5 }]);
  });
  it("tells the credits of one provider, and none of several that count otherwise", () => {
    const one = share({ provider: "stability", amount: 0.03, credits: 3 }), more = share({ provider: "stability", model: "b", credits: 6.5 });
    expect(sumOf([one, more]).credits).toBe(9.5);
    expect(sumOf([one, share({ provider: "recraft", credits: 40 })]).credits).toBe(0);
  });
  it("is taken apart by month, provider and model, and by project", () => {
    const shares = [share({ amount: 1 }), share({ model: "b", amount: 2 }), share({ provider: "studio", amount: 4 }), share({ month: "2026-10", amount: 8 })];
    const projects = [filed({ amount: 3, charges: 2 }), filed({ project: "p", name: "Poster", amount: 4 }), filed({ month: "2026-10", amount: 8 })];
    const [now, before] = monthsOf({ shares, projects });
    expect([now?.month, before?.month]).toEqual(["2026-11", "2026-10"]);
    expect(now?.providers.map((each) => [each.provider, each.sum.amounts[0]?.amount, each.models.map((one) => one.model)])).toEqual([["openai", 3, ["a", "b"]], ["studio", 4, ["a"]]]);
    expect(now?.projects.map((each) => [each.project, each.name, each.sum.amounts[0]?.amount])).toEqual([[null, "", 3], ["p", "Poster", 4]]);
    expect(before?.sum.amounts).toEqual([{ currency: "USD", amount: 8 }]);
  });
});
