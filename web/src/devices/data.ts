/** The queries about other devices and people, by keys that news can name. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useMemo, useRef, useState } from "react";
import { peers, sharing, type CameIn, type Peers, type Way } from "../api/sharing";
import { useSession, useStatus } from "../state/session";
import { rateOf, seenOf } from "./words";

/** While much is moving, what is told of it is looked at this often. */
const LOOK = 1500;

export function useSharing() {
  const { workspace } = useSession();
  return useMemo(() => sharing(workspace), [workspace]);
}

export function useDevices() {
  const { workspace } = useSession();
  const { devices } = useSharing();
  return useQuery({
    queryKey: [workspace, "devices"], queryFn: devices,
    refetchInterval: (query) => (query.state.data?.some((each) => each.connected) ? LOOK : false),
  });
}

/** Whether an address that somebody added is tried for the first time: of that comes no news. */
const isTrying = (ways: readonly Way[]) => ways.some((each) => each.added && !each.device && !each.problem);

/** Whether a known device is tried now and then: of what came of it there is no news either. */
const isAway = ({ ways, connected }: Peers) => ways.some((way) => way.device && !connected.some((each) => each.device === way.device));

/** `often`: where the bytes that go are shown. */
export const usePeers = (often = false) =>
  useQuery({ queryKey: ["peers"], queryFn: peers.all, refetchInterval: ({ state: { data } }) => (data && ((often && data.connected.length) || isTrying(data.ways)) ? LOOK : data && isAway(data) ? 4 * LOOK : false) });

/** Asked for while somebody is there who could send something. */
export function useIncoming() {
  const { workspace } = useSession();
  const { incoming } = useSharing();
  const enabled = useStatus().peers.some((each) => each.connected);
  const found = useQuery({ queryKey: [workspace, "incoming"], queryFn: incoming, enabled, refetchInterval: (query) => (query.state.data && isShort(query.state.data) ? 2 * LOOK : false) });
  return enabled ? found.data : undefined;
}

export const isShort = ({ originals, of, small }: { originals: number; of: number; small: number }) => originals < of || small > 0;

/** Bytes a second, over all connections. */
export function useRate(): number | null {
  const found = usePeers(true);
  const before = useRef<ReturnType<typeof seenOf> | null>(null);
  const [rate, setRate] = useState<number | null>(null);
  const { data, dataUpdatedAt } = found;
  useEffect(() => {
    if (!data) return;
    const now = seenOf(data.connected, dataUpdatedAt), next = rateOf(before.current, now);
    if (next !== null || !before.current || now.bytes < before.current.bytes) before.current = now;
    if (next !== null) setRate(next);
  }, [data, dataUpdatedAt]);
  return rate;
}

export function useShownCode() {
  const { workspace } = useSession();
  const { shown } = useSharing();
  return useQuery({ queryKey: [workspace, "pairing"], queryFn: shown });
}

const JOINED = ["joined"];
/** The workspace that this device came into last: kept while the page turns to it. */
export function useJoined() {
  const queries = useQueryClient();
  const { data } = useQuery<CameIn | null>({ queryKey: JOINED, queryFn: () => null, enabled: false, initialData: null, gcTime: Infinity });
  return { joined: data, setJoined: (came: CameIn | null) => queries.setQueryData(JOINED, came) };
}

/** The time, looked at anew so often. */
export function useNow(every: number): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = window.setInterval(() => setNow(Date.now()), every);
    return () => window.clearInterval(timer);
  }, [every]);
  return now;
}
