/** What every part of the page can ask for: the workspace, edits with undo, notices, and whether the daemon answers. */
import { useQueryClient } from "@tanstack/react-query";
import { createContext, use, useCallback, useMemo, useRef, useState, type ReactNode } from "react";
import { ApiError, Unreachable } from "../api/client";
import { library, type Library } from "../api/library";
import type { Entry, Reverted, Status } from "../api/types";
import { reverted } from "../text/told";
import { useText } from "../text/text";
import { withNotice, type Notice } from "./notices";

type Said<T> = string | ((answer: T) => string);
/** Above so many pictures an undo is not done unasked. */
const MANY = 20;
/** So far back an action is looked for that is to be undone. */
const WITHIN = 200;
/** Why an action of this tab is passed over: it was taken back elsewhere, or the library was replaced. */
const GONE = ["already_undone", "no_action"];
const NOTHING = ["nothing_to_undo", "nothing_to_redo"];

export interface Session {
  status: Status;
  workspace: string;
  library: Library;
  notices: Notice[];
  say: (text: string, options?: Partial<Omit<Notice, "id" | "text">>) => void;
  dismiss: (id: number) => void;
  /** Carry out an edit: remember it for undo, tell of a failure. `said` is shown with an Undo button. */
  act: <T>(doing: () => Promise<T>, said?: Said<T>) => Promise<boolean>;
  /** Take back an action, by default the last of this tab; null: the last of this device, whoever did it there. Either
   * is one of which something is left to undo. `entry`: what is known of it, should it have to be asked. */
  undo: (action?: string | null, entry?: Entry) => Promise<void>;
  /** The action whose undo waits for an answer, for it touched many pictures. */
  asked: Entry | null;
  answer: (sure: boolean) => void;
  redo: (action?: string | null) => Promise<void>;
  explain: (error: unknown) => string;
}

const SessionContext = createContext<Session | null>(null);

export function useSession(): Session {
  const session = use(SessionContext);
  if (!session) throw new Error("No session: this part stands outside of SessionProvider.");
  return session;
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

/** An action of which only the refusal to undo it unasked tells. */
function unseen(action: string, { intent, ...params }: Record<string, unknown>): Entry {
  return { action, when: 0, who: "", device: "", intent: String(intent), params, changes: Number(params["count"]), documents: [], undone: false };
}

export function useExplain(): (error: unknown) => string {
  const { t, code } = useText();
  return useCallback(
    (error: unknown) => {
      if (error instanceof Unreachable) return t("problem.unreachable");
      if (error instanceof ApiError) {
        const params = Object.fromEntries(Object.entries({ detail: error.body.detail, ...error.body.params }).map(([key, value]) => [key, String(value)]));
        return code("problem", error.code, error.body.detail || error.body.title, params);
      }
      return t("problem.unknown", { detail: String(error) });
    },
    [t, code],
  );
}

export function SessionProvider({ status, children }: { status: Status; children: ReactNode }) {
  const text = useText();
  const { t } = text;
  const explain = useExplain();
  const queries = useQueryClient();
  const workspace = status.workspace.id;
  const [notices, setNotices] = useState<Notice[]>([]);
  const [asked, setAsked] = useState<Entry | null>(null);
  const next = useRef(1);
  const done = useRef(remembered(`gesso.done.${workspace}`));
  const undone = useRef(remembered(`gesso.undone.${workspace}`));
  // What was begun and not answered yet: edits, and undos with redos.
  const edits = useRef(new Set<Promise<unknown>>());
  const turns = useRef(new Set<Promise<unknown>>());

  const dismiss = useCallback((id: number) => setNotices((all) => all.filter((each) => each.id !== id)), []);
  const say = useCallback<Session["say"]>((text, { bad = false, undo = null, redo = null } = {}) => {
    const id = next.current++;
    setNotices((all) => withNotice(all, { id, text, bad, undo, redo }));
  }, []);

  const calls = useMemo(() => library(workspace), [workspace]);
  const value = useMemo<Session>(() => {
    const keep = () => {
      done.current = done.current.slice(-200);
      sessionStorage.setItem(`gesso.done.${workspace}`, JSON.stringify(done.current));
      sessionStorage.setItem(`gesso.undone.${workspace}`, JSON.stringify(undone.current));
      void queries.invalidateQueries({ queryKey: [workspace] });
    };
    const begun = <T,>(among: Set<Promise<unknown>>, before: Iterable<Promise<unknown>>, doing: () => Promise<T>): Promise<T> => {
      const waiting = [...before];
      const mine = waiting.length ? Promise.allSettled(waiting).then(doing) : doing();
      among.add(mine);
      return mine.finally(() => among.delete(mine));
    };
    const act = <T,>(doing: () => Promise<T>, said?: Said<T>) => begun(edits.current, turns.current, () => carryOut(doing, said));
    // Undo takes back what was done last, also where the daemon has not answered to it yet.
    const inTurn = (doing: () => Promise<void>) => begun(turns.current, [...edits.current, ...turns.current], doing);
    const carryOut = async <T,>(doing: () => Promise<T>, said?: Said<T>) => {
      try {
        const answer = await doing();
        const action = (answer as { action?: string | null } | null)?.action ?? null;
        if (action) {
          done.current.push(action);
          undone.current = [];
        }
        keep();
        if (said) say(typeof said === "function" ? said(answer) : said, { undo: action });
        return true;
      } catch (error) {
        say(explain(error), { bad: true });
        return false;
      }
    };
    const known = async (action: string) => {
      const newest = await calls.timeline(null, WITHIN).catch(() => null);
      return newest?.entries.find((each) => each.action === action);
    };
    const refused = (error: unknown) => say(explain(error), { bad: !(error instanceof ApiError && NOTHING.includes(error.code)) });
    /** The last action of this tab of which something is left is taken back; null when there is none. */
    const undoLast = async (most: number | null): Promise<Reverted | null> => {
      for (let chosen = done.current.at(-1); chosen; chosen = done.current.at(-1)) {
        try {
          const answer = await calls.undo(chosen, most);
          if (answer.action) return answer;
        } catch (error) {
          if (!(error instanceof ApiError && GONE.includes(error.code))) throw error;
        }
        done.current.pop();
      }
      return null;
    };
    const undo: Session["undo"] = async (action, entry) => (entry && entry.changes > MANY ? setAsked(entry) : takeBack(action, MANY));
    const answer: Session["answer"] = (sure) => {
      setAsked(null);
      if (sure && asked) void takeBack(asked.action, null);
    };
    const takeBack = (action: string | null | undefined, most: number | null) => inTurn(async () => {
      try {
        const answer = action === undefined ? await undoLast(most) : await calls.undo(action, most);
        if (answer) done.current = done.current.filter((each) => each !== answer.undoes);
        if (answer?.action) undone.current.push(answer.action);
        keep();
        say(answer ? reverted("undo", answer, text) : t("undo.nothing"), { redo: answer?.action ?? null });
      } catch (error) {
        if (error instanceof ApiError && error.code === "touches_many") {
          const chosen = String(error.body.params?.["action"]);
          return setAsked((await known(chosen)) ?? unseen(chosen, error.body.params ?? {}));
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
        if (answer.action) done.current.push(answer.action);
        keep();
        say(reverted("redo", answer, text));
      } catch (error) {
        refused(error);
      }
    });
    return { status, workspace, library: calls, notices, say, dismiss, act, undo, asked, answer, redo, explain };
  }, [status, workspace, calls, notices, asked, say, dismiss, explain, queries, t, text]);
  return <SessionContext value={value}>{children}</SessionContext>;
}
