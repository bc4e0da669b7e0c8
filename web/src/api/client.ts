/** Requests to the daemon: one function per verb, errors as one class. */
import { answers, heard, link, silence, type Link } from "./link";
import type { ProblemBody } from "./types";

export class ApiError extends Error {
  constructor(readonly body: ProblemBody) {
    super(body.detail || body.title);
  }
  get code(): string {
    return this.body.code;
  }
  get status(): number {
    return this.body.status;
  }
}

/** The daemon did not answer at all. `sent`: the request may have reached it before that. */
export class Unreachable extends Error {
  constructor(message: string, readonly sent: boolean) {
    super(message);
  }
}

type Value = string | number | boolean | null | undefined;

export function address(path: string, query: Record<string, Value> = {}): string {
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) {
    if (value !== undefined && value !== null && value !== "") search.set(key, String(value));
  }
  const text = search.toString();
  return `/api/v1${path}${text ? `?${text}` : ""}`;
}

async function send(method: string, url: string, init: RequestInit): Promise<Response> {
  const headers = new Headers(init.headers);
  if (method !== "GET") headers.set("X-Gesso", "1");
  const before = link();
  if (method !== "GET" && before === "silent" && !answers()) throw new Unreachable("It is held up.", false);
  let response: Response;
  try {
    response = await fetch(url, { ...init, method, headers, credentials: "same-origin" });
  } catch (error) {
    if (init.signal?.aborted) throw error;
    throw new Unreachable(String(error), before !== "stopped");
  }
  heard();
  if (!response.ok) throw new ApiError(await problemOf(response));
  return response;
}

async function problemOf(response: Response): Promise<ProblemBody> {
  const fallback = { code: "unknown", title: response.statusText, detail: "", status: response.status };
  try {
    return { ...fallback, ...((await response.json()) as object) };
  } catch {
    return fallback; // Not JSON: a proxy or a dying daemon; the status says what can be said.
  }
}

async function read<T>(response: Response): Promise<T> {
  return (response.status === 204 ? null : await response.json()) as T;
}

export async function get<T>(path: string, query?: Record<string, Value>, signal?: AbortSignal): Promise<T> {
  return read<T>(await send("GET", address(path, query), signal ? { signal } : {}));
}

async function withBody<T>(method: string, path: string, body: unknown, signal?: AbortSignal): Promise<T> {
  const headers = { "Content-Type": "application/json" };
  return read<T>(await send(method, address(path), { headers, body: JSON.stringify(body ?? {}), ...(signal ? { signal } : {}) }));
}

export const post = <T>(path: string, body?: unknown, signal?: AbortSignal) => withBody<T>("POST", path, body, signal);
export const put = <T>(path: string, body: unknown) => withBody<T>("PUT", path, body);
export const patch = <T>(path: string, body: unknown) => withBody<T>("PATCH", path, body);

export async function remove<T = null>(path: string): Promise<T> {
  return read<T>(await send("DELETE", address(path), {}));
}

export async function upload<T>(path: string, query: Record<string, Value>, file: Blob): Promise<T> {
  const headers = { "Content-Type": "application/octet-stream" };
  return read<T>(await send("POST", address(path, query), { headers, body: file }));
}

/** The event stream as an open response; the caller reads and closes it. */
export function stream(lastId: string, signal: AbortSignal): Promise<Response> {
  const headers = { Accept: "text/event-stream", "Last-Event-ID": lastId };
  return send("GET", address("/events"), { headers, signal });
}

/** Ask for nothing but an answer, which takes the daemon no time; for at most so many milliseconds. Whatever else it says
 * meanwhile is one too. */
export async function probe(most: number): Promise<Link> {
  const signal = AbortSignal.timeout(most);
  try {
    await fetch("/health", { signal, cache: "no-store" });
    heard();
    return "open";
  } catch {
    return !signal.aborted ? "stopped" : silence() < most ? "open" : "silent";
  }
}
