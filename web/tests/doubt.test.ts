import { describe, expect, it } from "vitest";
import type { Job } from "../src/api/types";
import { byProvider, counted, currencyOf, likelyCost, ofJob, readBill, type Doubt } from "../src/queue/doubt";
import { load } from "../src/text/text";

const text = await load("en");
const doubt = (change: Partial<Doubt>): Doubt => ({
  id: "a", words: false, about: "", provider: "atelier", model: "oil", when: 0, estimate: { least: 0.04, most: 0.05, currency: "USD", basis: "price_table", as_of: "" }, ...change,
});
const unpriced = doubt({ estimate: { least: null, most: null, currency: "", basis: "unknown", as_of: "" } });

describe("outcomes that nobody knows", () => {
  it("stand by their providers, in their order", () => {
    const found = byProvider([doubt({ id: "a" }), doubt({ id: "b", provider: "spare" }), doubt({ id: "c" })]);
    expect(found.map(([provider, of]) => [provider, of.map(({ id }) => id).join("")])).toEqual([["atelier", "ac"], ["spare", "b"]]);
  });
  it("come to what each may cost, and what nobody knows is no nothing", () => {
    expect(likelyCost(Array.from({ length: 3 }, () => doubt({})), text)).toBe("$0.12–$0.15");
    expect(likelyCost([doubt({}), unpriced], text)).toBe("$0.04–$0.05 · and 1 of unknown price");
    expect(likelyCost([unpriced], text)).toBe("price unknown");
  });
  it("count as the most that was likely, words as an amount that nobody knows, and all as the bill says", () => {
    const all = [doubt({}), doubt({}), doubt({ words: true })];
    expect(counted(all, null, text)).toBe("$0.10 · and 1 of unknown price");
    expect(counted(all, { amount: 0.0317, currency: "USD", said: "" }, text)).toBe("$0.0951");
  });
  it("come to what their providers told when they accepted, where they did", () => {
    const job = { id: "a", prompt: "", provider: "atelier", model: "oil", created_at: 0, estimate: doubt({}).estimate } as Job;
    const told = ofJob({ ...job, counts: { amount: 0.07, currency: "USD", basis: "reported" } });
    const guessed = ofJob({ ...job, counts: { amount: 0.05, currency: "USD", basis: "decided" } });
    expect([likelyCost([told], text), counted([told], null, text)]).toEqual(["$0.07", "$0.07"]);
    expect([likelyCost([guessed], text), counted([guessed, told], null, text)]).toEqual(["$0.04–$0.05", "$0.12"]);
  });
  it("share a currency or have none", () => {
    const yen = doubt({ estimate: { least: 1, most: 1, currency: "JPY", basis: "price_table", as_of: "" } });
    expect([currencyOf([doubt({}), unpriced]), currencyOf([doubt({}), yen]), currencyOf([unpriced])]).toEqual(["USD", "", ""]);
  });
});

describe("what the bill says", () => {
  it("is an amount with its currency, or nothing", () => {
    expect(readBill(" 0.0317 ", "usd")).toEqual({ amount: 0.0317, currency: "USD", said: "0.0317 USD" });
    expect(readBill("  ", "")).toBeNull();
  });
  it.each(["0,03", "1,000", "-1", "0.0000001", "1e3", ".5", "much"])("is not %s", (wrong) => expect(readBill(wrong, "USD")).toBe("amount"));
  it.each(["0", "0.00", "000"])("is not %s, which was not charged", (none) => expect(readBill(none, "USD")).toBe("nothing"));
  it.each(["1000000000", "99999999999999", "1000000000.5"])("is too large with %s", (large) => expect(readBill(large, "USD")).toBe("large"));
  it.each(["", "US", "$", "DOLLAR", "元", "USF", "XYZ"])("is not in %s", (wrong) => expect(readBill("1", wrong)).toBe("currency"));
});
