/** How pictures look that are being made: the latest preview of each job, loaded before it is shown, and kept until the
 * picture itself stands in its place. The daemon gives each of them once, and keeps none. */
import { useEffect, useSyncExternalStore } from "react";
import type { Job } from "../api/types";
import { useSession } from "../state/session";

/** A preview, and the one that it takes the place of. */
export interface Look { image: HTMLImageElement; serial: number; before: Look | null }

const MOST = 60;
/** So long the picture takes to come in over its preview. */
const OVER = 400;
const looks = new Map<string, Look>(), hearers = new Set<() => void>();
let serial = 0;

const tell = () => { for (const each of hearers) each(); };
const onLooks = (hearer: () => void) => { hearers.add(hearer); return () => void hearers.delete(hearer); };

function put(job: string, image: HTMLImageElement, at: number): void {
  const before = looks.get(job) ?? null;
  if (before && before.serial > at) return; // a later one was here sooner
  looks.delete(job);
  looks.set(job, { image, serial: at, before: before && { ...before, before: null } });
  for (const [oldest] of looks) {
    if (looks.size <= MOST) break;
    looks.delete(oldest);
  }
  tell();
}

export function forget(job: string): void {
  if (looks.delete(job)) tell();
}

/** Once its picture is there. */
export const forgetSoon = (job: string) => void window.setTimeout(() => forget(job), OVER);

/** Which previews are on their way: one is asked for once, however many places show it. */
const asked = new Map<string, number>();

/** How the picture of a job looks by now; null where nothing is known. */
export function useLook({ id, state, preview }: Pick<Job, "id" | "state" | "preview">): Look | null {
  const { library } = useSession();
  useEffect(() => {
    if (preview === null) {
      asked.delete(id);
      if (state !== "done") forget(id);
      return;
    }
    if (asked.get(id) === preview) return;
    asked.set(id, preview);
    const image = new Image(), at = ++serial;
    image.src = library.preview(id, preview);
    // One that does not come any more is no trouble: then the picture does.
    image.decode().then(() => { if (asked.has(id)) put(id, image, at); }, () => undefined);
  }, [library, id, state, preview]);
  return useSyncExternalStore(onLooks, () => looks.get(id) ?? null);
}
