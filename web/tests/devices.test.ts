import { expect, test } from "vitest";
import type { Device, Limits, Peers } from "../src/api/sharing";
import { whyAlone } from "../src/devices/Reach";
import { clockOf, grouped, isTurnedAway, limitsSaid, pairText, rateOf, secondsLeft, seenOf, standingOf, typedOf } from "../src/devices/words";

const device = (told: Partial<Device>): Device => ({
  id: "d", name: "laptop", member: "m", person: "Ann", mine: true, own: false, role: "editor", revoked: false, since: null, added_by: null, added_by_name: null,
  connected: false, address: "", last_seen: null, behind: 0, coming: 0, asked: 0, ...told,
});
const limits = (told: Partial<Limits>): Limits => ({ rate: 0, originals: "", until: null, metered: "unknown", when_metered: "thumbnails", ...told });
const peers = (told: Partial<Peers>): Peers => ({ paused: false, offline: false, port: 1, addresses: [], looking: "looking", problem: "", connected: [], ways: [], limits: limits({}), ...told });
const connection = (received: number, sent = 0) => ({ device: "d", name: "", address: "", since: 0, sent, received, workspaces: [], held: { why: "", until: null }, holds: { why: "", until: null } });

test("a device stands as the worst that is known of it", () => {
  const found = [{ own: true }, { revoked: true, connected: true }, { role: "none" as const }, { connected: true }, { connected: true, coming: 2 }, { connected: true, asked: 1 }, { last_seen: 5 }, {}].map((each) => standingOf(device(each)));
  expect(found).toEqual(["own", "revoked", "removed", "connected", "syncing", "syncing", "seen", "unmet"]);
});
test("a code is taken as it is written, or as a QR code says it with its address", () => {
  for (const text of ["123456", "123 456", " 123-456 ", "１２３４５６", "gesso-pair:123456", "GESSO-PAIR:123 456"]) expect(typedOf(text)).toEqual({ code: "123456", address: null });
  expect(typedOf(pairText("012345", "[fe80::1]:8464"))).toEqual({ code: "012345", address: "[fe80::1]:8464" });
  expect(typedOf(pairText("012345", undefined))).toEqual({ code: "012345", address: null });
  for (const text of ["", "12345", "1234567", "12a456", "gesso-pair:@1.2.3.4:5", "https://example.com/123456"]) expect(typedOf(text)).toBeNull();
  expect(grouped("012345")).toBe("012 345");
});
test("a code is counted down to nothing and no further", () => {
  expect([120_000, 119_001, 60_000, 1, 0, -5].map((left) => clockOf(secondsLeft(1_000_000 + left, 1_000_000)))).toEqual(["2:00", "2:00", "1:00", "0:01", "0:00", "0:00"]);
});
test("how fast bytes go is known after two looks at the same connections", () => {
  const first = seenOf([connection(1000), connection(500, 500)], 10_000);
  expect(first.bytes).toBe(2000);
  expect(rateOf(null, first)).toBeNull();
  expect(rateOf(first, seenOf([connection(5000), connection(500, 500)], 12_000))).toBe(2000);
  expect(rateOf(first, seenOf([connection(9000)], 10_100))).toBeNull(); // too soon to tell
  expect(rateOf(first, seenOf([connection(10)], 12_000))).toBeNull(); // a new connection counts from nothing
});
test("why nobody is connected is told where somebody could be, and what was chosen before what happened", () => {
  const other = device({}), own = device({ own: true });
  expect(whyAlone(peers({}), [own])).toBeNull();
  expect(whyAlone(peers({}), [own, device({ role: "none" })])).toBeNull();
  expect(whyAlone(peers({}), [own, other])).toBe("looking");
  expect(whyAlone(peers({ looking: "no network" }), [own, other])).toBe("no_network");
  expect(whyAlone(peers({ looking: "off" }), [own, other])).toBe("off");
  expect(whyAlone(peers({ problem: "taken" }), [own, other])).toBe("problem");
  expect(whyAlone(peers({ limits: limits({ metered: "yes", when_metered: "nothing" }) }), [own, other])).toBe("metered");
  expect(whyAlone(peers({ limits: limits({ metered: "yes" }) }), [own, other])).toBe("looking");
  expect(whyAlone(peers({}), [own, device({ connected: true })])).toBeNull();
  expect(whyAlone(peers({ paused: true, problem: "taken" }), [own])).toBe("paused");
  expect(whyAlone(peers({ paused: true, offline: true }), [own, other])).toBe("offline");
});

test("it is said what may go now, and why originals wait here and there", () => {
  const keys = (told: Partial<Limits>, ...why: string[]) => limitsSaid(limits(told), why.map((each) => ({ name: "bob", holds: { why: each, until: each === "timetable" ? 5 : null } }))).map((each) => each.key);
  expect(keys({}, "")).toEqual([]);
  expect(keys({ metered: "no" })).toEqual([]);
  expect(keys({ metered: "yes", when_metered: "everything" })).toEqual([]);
  expect(keys({ rate: 5 })).toEqual(["rate"]);
  expect(keys({ rate: 5, until: 9 })).toEqual(["rate.until"]);
  expect(keys({ until: 9 })).toEqual(["free.until"]);
  expect(keys({ originals: "timetable" })).toEqual(["originals"]);
  expect(keys({ originals: "timetable", until: 9, metered: "yes" })).toEqual(["originals.until", "thumbnails"]);
  expect(keys({ metered: "yes", when_metered: "nothing" })).toEqual(["nothing"]);
  expect(keys({}, "timetable", "metered", "moon")).toEqual(["there.timetable.until", "there.metered", "there.unknown"]);
});
test("who answers at a place of a known device, and knows this one no more, turned it away", () => {
  const way = (device: string, problem: "" | "stranger" | "unreachable") => ({ address: "10.0.0.5:1", added: false, device, problem });
  expect([way("d", "stranger"), way("d", "unreachable"), way("e", "stranger"), way("", "stranger")].map((each) => isTurnedAway("d", [each]))).toEqual([true, false, false, false]);
});
