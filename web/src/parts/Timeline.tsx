/** Actions, newest first, told in the reader's language, each with its pictures and its undo. */
import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { Button } from "react-aria-components";
import type { Entry } from "../api/types";
import { useProjects } from "../state/data";
import { href } from "../state/route";
import { useSession } from "../state/session";
import { useText, type Key, type PluralKey, type Text } from "../text/text";
import { Sheet } from "./basics";

/** What an action did. Codes that this page does not know are shown as they are. */
export function told(entry: Pick<Entry, "intent" | "params">, text: Text, projectName: (id: string) => string): string {
  const { t, n } = text;
  const count = typeof entry.params["count"] === "number" ? entry.params["count"] : 1;
  const params = Object.fromEntries(Object.entries(entry.params).filter(([, value]) => value !== null && typeof value !== "object").map(([key, value]) => [key, String(value)]));
  const list = (name: string) => (Array.isArray(entry.params[name]) ? (entry.params[name] as unknown[]).map(String) : []);
  const signed = (name: (each: string) => string) => [...list("added").map((each) => `+${name(each)}`), ...list("removed").map((each) => `−${name(each)}`)].join(" ");
  switch (entry.intent) {
    case "asset.rate": return entry.params["rating"] ? n("intent.asset.rate", count, params) : n("intent.asset.unrate", count);
    case "asset.flag": return n("intent.asset.flag", count, { flag: t(params["flag"] ? (`flag.${params["flag"]}` as Key) : "flag.none") });
    case "asset.label": return n("intent.asset.label", count, { label: t(params["label"] ? (`label.${params["label"]}` as Key) : "label.none") });
    case "asset.title": return n("intent.asset.title", count, { title: params["title"] ?? "–" });
    case "asset.tag": return n("intent.asset.tag", count, { changes: signed((each) => each) });
    case "asset.project": return n("intent.asset.project", count, { changes: signed(projectName) });
    case "asset.import": case "asset.version": case "asset.source": return n(`intent.${entry.intent}`, count, { name: params["name"] ?? "" });
    case "asset.rejoin": return n("intent.asset.rejoin", count, { name: params["name"] ?? "" });
    case "asset.same": return n("intent.asset.same", count, { name: params["name"] ?? "" });
    case "asset.other": return n("intent.asset.other", count, { name: params["name"] ?? "" });
    case "asset.apart": return t("intent.asset.apart", { name: params["name"] ?? "" });
    case "asset.restore": return params["number"] ? t("intent.asset.restore_version", params) : n("intent.asset.restore", count);
    case "undo": case "redo": return t(`intent.${entry.intent}`, { intent: told({ intent: params["intent"] ?? "", params: { count } }, text, projectName) });
    default: {
      const known = COUNTED.find((each) => each === `intent.${entry.intent}`);
      return known ? n(known, count, params) : text.code("intent", entry.intent, entry.intent, { name: "", ...params });
    }
  }
}
const COUNTED: PluralKey[] = ["intent.asset.note", "intent.asset.edit", "intent.asset.bin", "intent.asset.unbin"];
/** These began something that cannot be taken back; the daemon refuses too. */
const FINAL = /^(workspace\.create|member\.)/;
const IMAGE = /^01/;
const MOST = 3;
/** Above so many pictures an undo is not done unasked. */
const MANY = 20;

/** What the button says of an undo, and what is asked first. What an import brought in has nowhere else to go. */
function takenBack(entry: Entry): { named: PluralKey; asked: PluralKey } {
  if (entry.intent === "asset.import") return { named: "undo.bins", asked: "undo.ask.bins" };
  if ([entry.intent, entry.params["intent"]].some((each) => String(each).startsWith("asset."))) return { named: "undo.pictures", asked: "undo.ask.pictures" };
  return { named: "undo.changes", asked: "undo.ask.changes" };
}

/** The picture of an entry, asked for when it comes into sight: a long timeline has hundreds. */
function Small({ id }: { id: string }) {
  const { library, workspace } = useSession();
  const place = useRef<HTMLAnchorElement>(null);
  const [seen, setSeen] = useState(false);
  useEffect(() => {
    if (!place.current) return;
    const watch = new IntersectionObserver((entries) => { if (entries.some((each) => each.isIntersecting)) setSeen(true); });
    watch.observe(place.current);
    return () => watch.disconnect();
  }, []);
  const found = useQuery({ queryKey: [workspace, "asset", id, null], queryFn: ({ signal }) => library.asset(id, null, signal), enabled: seen });
  const asset = found.data?.asset;
  return (
    <a ref={place} className="small-picture" href={href("picture", id)} aria-label={asset?.name ?? id.slice(0, 8)} title={asset?.name}>
      {asset?.thumbnail && <img src={library.blob(asset.thumbnail)} alt="" />}
    </a>
  );
}

function AskUndo({ entry, what, onClose }: { entry: Entry; what: string; onClose: () => void }) {
  const { t, n } = useText();
  const { undo } = useSession();
  const done = () => {
    onClose();
    void undo(entry.action);
  };
  return (
    <Sheet title={t("undo.ask")} open onClose={onClose}>
      <p><b dir="auto">{what}</b></p><p>{n(takenBack(entry).asked, entry.changes)}</p>
      <div className="row end"><Button className="button" autoFocus onPress={onClose}>{t("cancel")}</Button><Button className="button primary" onPress={done}>{n(takenBack(entry).named, entry.changes)}</Button></div>
    </Sheet>
  );
}

/** `top`: the days are headings right below that of the page. */
interface TimelineProps { entries: Entry[]; readOnly?: boolean; pictures?: boolean; top?: boolean; link?: (entry: Entry) => React.ReactNode }

export function Timeline({ entries, readOnly = false, pictures = false, top = false, link }: TimelineProps) {
  const text = useText();
  const { undo } = useSession();
  const [asked, setAsked] = useState<Entry | null>(null);
  const projects = useProjects();
  const name = (id: string) => projects.data?.find((each) => each.id === id)?.name ?? id.slice(0, 8);
  const days = new Map<string, Entry[]>();
  for (const entry of entries) days.set(text.date(entry.when), [...(days.get(text.date(entry.when)) ?? []), entry]);
  const who = (entry: Entry) => (entry.who === entry.device || !entry.device ? entry.who : `${entry.who} · ${entry.device}`);
  const Day = top ? "h2" : "h3";
  // Beside one picture nothing else says how many others an action touched.
  const label = (entry: Entry) => (entry.changes > 1 && !pictures ? text.n(takenBack(entry).named, entry.changes) : text.t("undo"));
  const takeBack = (entry: Entry) => (entry.changes > MANY ? setAsked(entry) : void undo(entry.action));
  return (
    <div className="timeline">
      {[...days].map(([day, those]) => (
        <section key={day}><Day>{day}</Day><ol>
          {those.map((entry) => (
            <li key={entry.action} className={entry.undone ? "undone" : undefined}>
              <span className="when"><time dateTime={new Date(entry.when).toISOString()}>{text.time(entry.when)}</time><small>{who(entry)}</small></span>
              <span className="what">{told(entry, text, name)}{entry.undone && <em> {text.t("history.undone")}</em>}</span>
              {pictures && <span className="small-pictures">{entry.documents.filter((id) => IMAGE.test(id)).slice(0, MOST).map((id) => <Small key={id} id={id} />)}</span>}
              <span className="row">{link?.(entry)}{!entry.undone && !readOnly && !FINAL.test(entry.intent) && <Button className="link" onPress={() => takeBack(entry)}>{label(entry)}</Button>}</span>
            </li>
          ))}
        </ol></section>
      ))}
      {asked && <AskUndo entry={asked} what={told(asked, text, name)} onClose={() => setAsked(null)} />}
    </div>
  );
}
