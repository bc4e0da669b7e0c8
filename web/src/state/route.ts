/** The address of the page: `#/view/id?parameters`. The fragment needs nothing of the daemon and never leaves the browser. */
import { useSyncExternalStore } from "react";

export interface Route { view: string; id: string | null; params: URLSearchParams }

/** What stands in an address as it was meant; what cannot be decoded, as it stands. */
export function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // cut off, or written by hand
  }
}

export function read(hash: string): Route {
  const [path = "", query = ""] = hash.replace(/^#\/?/, "").split(/\?(.*)/s);
  const [view = "", id = null] = path.split("/");
  return { view: view || "pictures", id: id ? decoded(id) : null, params: new URLSearchParams(query) };
}

export function href(view: string, id: string | null = null, params: Record<string, string | null> = {}): string {
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(params)) if (value) search.set(key, value);
  const query = search.toString();
  return `#/${view}${id ? `/${encodeURIComponent(id)}` : ""}${query ? `?${query}` : ""}`;
}

export function go(to: string, replace = false): void {
  if (replace) history.replaceState(null, "", to);
  else history.pushState(null, "", to);
  window.dispatchEvent(new HashChangeEvent("hashchange"));
}

/** Leave for `to` before what stands here is taken away, else it is asked for once more when it is gone; where it was not
 * taken away, come back. */
export async function leave(to: string, taking: () => Promise<boolean>): Promise<void> {
  const from = location.hash;
  go(to);
  if (!(await taking()) && location.hash === to) go(from);
}

function subscribe(changed: () => void): () => void {
  window.addEventListener("hashchange", changed);
  window.addEventListener("popstate", changed);
  return () => {
    window.removeEventListener("hashchange", changed);
    window.removeEventListener("popstate", changed);
  };
}

let last: { hash: string; route: Route } | null = null;

function current(): Route {
  if (last?.hash !== location.hash) last = { hash: location.hash, route: read(location.hash) };
  return last.route;
}

export const useRoute = () => useSyncExternalStore(subscribe, current);
