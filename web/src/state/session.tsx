/** What every part of the page can ask for: the workspace, edits with undo; and apart from these, for it changes at any time,
 * the daemon's status, notices and what is asked. */
import { useQueryClient } from "@tanstack/react-query";
import { createContext, use, useCallback, useEffect, useMemo, useRef, useState, type ReactNode } from "react";
import { ApiError, Unreachable } from "../api/client";
import { library, type Library } from "../api/library";
import { link, onLink } from "../api/link";
import type { Batch, Entry, Reverted, Status, Task } from "../api/types";
import { money } from "../create/price";
import { reverted } from "../text/told";
import { useText } from "../text/text";
import { actionsOf, settled, without, type Deed } from "./deeds";
import { Allowed } from "./may";
import { withNotice, type Notice } from "./notices";

type Said<T> = string | ((answer: T) => string);
/** Above so many pictures an undo is not done unasked. */
const MANY = 20;
/** Why an action of this tab is passed over: it was taken back elsewhere, or the library was replaced. */
const GONE = ["already_undone", "no_action"];
const NOTHING = ["nothing_to_undo", "nothing_to_redo"];
const COMING = ["queued", "waiting", "running"];

/** An action that is still under way and cannot be taken back yet, told in words. */
class UnderWay extends Error {}

export interface Session {
  workspace: string;
  /** The place in the stream of news before anything that is shown was fetched. */
  since: string;
  library: Library;
  say: (text: string, options?: Partial<Omit<Notice, "id" | "text">>) => void;
  dismiss: (id: number) => void;
  /** Carry out an edit: remember it for undo, tell of a failure. `said` is shown with an Undo button. */
  act: <T>(doing: () => Promise<T>, said?: Said<T>) => Promise<boolean>;
  /** Do what undo takes back as one action, and remember it at its place among all that was begun. */
  deed: <T>(doing: () => Promise<T>, actionOf: (answer: T) => string | null) => Promise<T>;
  /** The same where the action is known beforehand and goes on for long; it is undone only once it has ended. `doing`
   * answers whether anything is new. */
  during: (action: string, doing: () => Promise<boolean>) => Promise<void>;
  /** Take back an action, by default the last of this tab; null: the last of this device, whoever did it there. Either
   * is one of which something is left to undo. `entry`: what is known of it, should it have to be asked. */
  undo: (action?: string | null, entry?: Entry) => Promise<void>;
  /** To whether what `useAsked` tells shall be undone. */
  answer: (sure: boolean) => void;
  redo: (action?: string | null) => Promise<void>;
  explain: (error: unknown) => string;
}

const SessionContext = createContext<Session | null>(null);
const StatusContext = createContext<Status | null>(null);
const NoticesContext = createContext<Notice[]>([]);
const AskedContext = createContext<Entry | null>(null);

/** The same as long as the workspace and the language are: whoever uses it is not drawn anew for what comes and goes. */
export const useSession = (): Session => within(use(SessionContext));
/** How the daemon stands, as it was last asked. */
export const useStatus = (): Status => within(use(StatusContext));
export const useNotices = (): Notice[] => use(NoticesContext);
/** The action whose undo waits for an answer, for it touched many pictures. */
export const useAsked = (): Entry | null => use(AskedContext);

function within<T>(found: T | null): T {
  if (!found) throw new Error("No session: this part stands outside of SessionProvider.");
  return found;
}

/** Actions of this tab, newest last; they survive a reload. */
function remembered(name: string): string[] {
  try {
    const found: unknown = JSON.parse(sessionStorage.getItem(name) ?? "[]");
    return Array.isArray(found) ? found.filter((each) => typeof each === "string") : [];
  } catch {
    return []; // Unreadable: undo then begins with the next edit, the history shows the rest.
  }
}

const actionIn = (answer: unknown) => (answer as { action?: string | null } | null)?.action ?? null;

/** An action of which only the refusal to undo it unasked tells. */
function unseen(action: string, { intent, ...params }: Record<string, unknown>): Entry {
  return { action, when: 0, who: "", device: "", intent: String(intent), params, changes: Number(params["count"]), documents: [], undone: false };
}

/** A limit that is passed, told in amounts of a currency. */
const AMOUNTS = new Set(["comes_to", "limit", "spent", "open", "waiting"]);

function told(params: Record<string, unknown>, language: string): Record<string, string> {
  const currency = params["currency"];
  return Object.fromEntries(Object.entries(params).map(([key, value]) => [key, typeof currency === "string" && AMOUNTS.has(key) ? money(Number(value), currency, language) : String(value)]));
}

function useExplain(): (error: unknown) => string {
  const { t, code, language } = useText();
  return useCallback(
    (error: unknown) => {
      if (error instanceof Unreachable) return t(error.sent ? "problem.unanswered" : "problem.unreachable");
      if (error instanceof ApiError) {
        const params = told({ detail: error.body.detail, ...error.body.params }, language);
        const further = (error.body.errors ?? []).slice(1).flatMap((each) => (each.code ? code("problem", each.code, each.detail, each.params) : []));
        return [code("problem", error.code, error.body.detail || error.body.title, params), ...further].join(language === "en" ? " " : "");
      }
      return t("problem.unknown", { detail: String(error) });
    },
    [t, code, language],
  );
}

export function SessionProvider({ status, children }: { status: Status; children: ReactNode }) {
  const text = useText();
  const { t } = text;
  const explain = useExplain();
  const queries = useQueryClient();
  const workspace = status.workspace.id;
  const [since] = useState(status.news);
  const [notices, setNotices] = useState<Notice[]>([]);
  const [asked, setAsked] = useState<Entry | null>(null);
  const waits = useRef<Entry | null>(null);
  const next = useRef(1);
  const done = useRef<Deed[]>(remembered(`gesso.done.${workspace}`).map((action) => ({ action })));
  const undone = useRef(remembered(`gesso.undone.${workspace}`));
  // What was begun and not answered yet: edits, and undos with redos.
  const edits = useRef(new Set<Promise<unknown>>());
  const turns = useRef(new Set<Promise<unknown>>());
  const going = useRef(new Set<string>());

  const dismiss = useCallback((id: number) => setNotices((all) => all.filter((each) => each.id !== id)), []);
  const say = useCallback<Session["say"]>((text, { bad = false, undo = null, redo = null, error } = {}) => {
    const id = next.current++;
    setNotices((all) => withNotice(all, { id, text, bad, undo, redo, error }));
  }, []);

  useEffect(() => onLink(() => {
    // What was said of it is over with it.
    if (link() === "open") setNotices((all) => all.filter((each) => each.text !== t("problem.unreachable")));
  }), [t]);

  const limits = status.months.map((each) => `${each.limit} ${each.currency}`).join();
  // What was refused by another limit may go now.
  useEffect(() => setNotices((all) => all.filter(({ error }) => !(error instanceof ApiError && error.code === "order.budget"))), [limits]);

  const calls = useMemo(() => library(workspace), [workspace]);
  const value = useMemo<Session>(() => {
    const keep = () => {
      sessionStorage.setItem(`gesso.done.${workspace}`, JSON.stringify(actionsOf(done.current)));
      sessionStorage.setItem(`gesso.undone.${workspace}`, JSON.stringify(undone.current));
      void queries.invalidateQueries({ queryKey: [workspace] });
    };
    const begun = <T,>(among: Set<Promise<unknown>>, before: Iterable<Promise<unknown>>, doing: () => Promise<T>): Promise<T> => {
      const waiting = [...before];
      const mine = waiting.length ? Promise.allSettled(waiting).then(doing) : doing();
      among.add(mine);
      return mine.finally(() => among.delete(mine));
    };
    /** The place of what begins now. */
    const placed = (action: string | null) => {
      const place: Deed = { action };
      done.current = [...done.current, place];
      return place;
    };
    const settle = (place: Deed, action: string | null) => {
      place.action = action;
      done.current = settled(done.current, place);
      if (action) undone.current = [];
    };
    const inPlace = <T,>(doing: () => Promise<T>, actionOf: (answer: T) => string | null) => {
      const place = placed(null);
      return () => doing().then(
        (answer) => { settle(place, actionOf(answer)); keep(); return answer; },
        (error: unknown) => { settle(place, null); throw error; },
      );
    };
    const deed: Session["deed"] = (doing, actionOf) => begun(edits.current, turns.current, inPlace(doing, actionOf));
    const during: Session["during"] = async (action, doing) => {
      placed(action);
      going.current.add(action);
      keep();
      if (await doing().finally(() => going.current.delete(action))) undone.current = [];
      keep();
    };
    const act: Session["act"] = (doing, said) => {
      const carryOut = inPlace(doing, actionIn);
      return begun(edits.current, turns.current, async () => {
        try {
          const answer = await carryOut();
          if (said) say(typeof said === "function" ? said(answer) : said, { undo: actionIn(answer) });
          return true;
        } catch (error) {
          say(explain(error), { bad: true, error });
          return false;
        }
      });
    };
    // Undo takes back what was done last, also where the daemon has not answered to it yet.
    const inTurn = (doing: () => Promise<void>) => begun(turns.current, [...edits.current, ...turns.current], doing);
    const known = async (action: string) => {
      const newest = await calls.newest().catch(() => null);
      return newest?.find((each) => each.action === action);
    };
    const refused = (error: unknown) => {
      if (error instanceof UnderWay) return say(error.message);
      say(explain(error), { bad: !(error instanceof ApiError && NOTHING.includes(error.code)), error });
    };
    /** Whether pictures that were asked for may still come, and none of them is there. */
    const isAwaited = async (batch: string) => {
      const answer = await calls.batch(batch).catch((error: unknown): Batch | null => {
        if (error instanceof ApiError && error.status === 404) return null;
        throw error;
      });
      return answer?.jobs.some((each) => COMING.includes(each.state)) ?? false;
    };
    const undoOne = (action: string | null, most: number | null) => {
      const tasks = queries.getQueryData<Task[]>(["tasks"]) ?? [];
      if (action && (going.current.has(action) || tasks.some((each) => each.action === action && each.state === "running"))) throw new UnderWay(t("undo.importing"));
      return calls.undo(action, most);
    };
    /** The last action of this tab of which something is left is taken back; null when there is none. */
    const undoLast = async (most: number | null): Promise<Reverted | null> => {
      for (let chosen = actionsOf(done.current).at(-1); chosen; chosen = actionsOf(done.current).at(-1)) {
        try {
          const answer = await undoOne(chosen, most);
          if (answer.action) return answer;
        } catch (error) {
          if (!(error instanceof ApiError && GONE.includes(error.code))) throw error;
          if (error.code === "no_action" && await isAwaited(chosen)) throw new UnderWay(t("undo.awaited"));
        }
        done.current = without(done.current, chosen);
      }
      return null;
    };
    const askOf = (entry: Entry | null) => setAsked(waits.current = entry);
    const undo: Session["undo"] = async (action, entry) => (entry && entry.changes > MANY ? askOf(entry) : takeBack(action, MANY));
    const answer: Session["answer"] = (sure) => {
      const entry = waits.current;
      askOf(null);
      if (sure && entry) void takeBack(entry.action, null);
    };
    const takeBack = (action: string | null | undefined, most: number | null) => inTurn(async () => {
      try {
        const answer = action === undefined ? await undoLast(most) : await undoOne(action, most);
        if (answer) done.current = without(done.current, answer.undoes);
        if (answer?.action) undone.current.push(answer.action);
        keep();
        say(answer ? reverted("undo", answer, text) : t("undo.nothing"), { redo: answer?.action ?? null });
      } catch (error) {
        if (error instanceof ApiError && error.code === "touches_many") {
          const chosen = String(error.body.params?.["action"]);
          return askOf((await known(chosen)) ?? unseen(chosen, error.body.params ?? {}));
        }
        refused(error);
      }
    });
    const redo: Session["redo"] = (action) => inTurn(async () => {
      const chosen = action === undefined ? undone.current.at(-1) : action;
      if (chosen === undefined) return say(t("redo.nothing"));
      undone.current = undone.current.filter((each) => each !== chosen);
      try {
        const answer = await calls.redo(chosen);
        undone.current = undone.current.filter((each) => each !== answer.undoes);
        if (answer.action) done.current = [...done.current, { action: answer.action }];
        keep();
        say(reverted("redo", answer, text));
      } catch (error) {
        refused(error);
      }
    });
    return { workspace, since, library: calls, say, dismiss, act, deed, during, undo, answer, redo, explain };
  }, [workspace, since, calls, say, dismiss, explain, queries, t, text]);
  return (
    <SessionContext value={value}>
      <StatusContext value={status}><Allowed role={status.workspace.role}><NoticesContext value={notices}><AskedContext value={asked}>{children}</AskedContext></NoticesContext></Allowed></StatusContext>
    </SessionContext>
  );
}
