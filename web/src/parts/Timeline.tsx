/** Actions, newest first, told in the reader's language, each with its pictures and its undo. */
import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { Button } from "react-aria-components";
import type { Entry } from "../api/types";
import { useProjects } from "../state/data";
import { useMay } from "../state/may";
import { href } from "../state/route";
import { useAsked, useSession } from "../state/session";
import { useText, type PluralKey } from "../text/text";
import { partsOf, told } from "../text/told";
import { Sheet } from "./basics";

/** These began something that cannot be taken back; the daemon refuses too. */
const FINAL = /^(workspace\.create|member\.)/;
const IMAGE = /^01/;
const MOST = 3;

/** What the button says of an undo, and what is asked first. What an import brought in, or was made, has nowhere else to go;
 * an import that did more than that leaves pictures in sight, also where the entry is of one picture that it brought in. */
function takenBack(entry: Entry): { named: PluralKey; asked: PluralKey } {
  const all = partsOf(entry).length === 0 && Number(entry.params["count"]) === entry.changes;
  if (entry.intent === "asset.generate") return { named: "undo.bins", asked: "undo.ask.bins" };
  if (entry.intent === "asset.import") return { named: all ? "undo.bins" : "undo.pictures", asked: "undo.ask.bins" };
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

/** Asks before an action is undone that touched many pictures, however the undo was wanted. */
export function AskUndo() {
  const text = useText();
  const { t, n } = text;
  const { answer } = useSession();
  const entry = useAsked();
  const projects = useProjects();
  if (!entry) return null;
  const what = told(entry, text, (id) => projects.data?.find((each) => each.id === id)?.name ?? id.slice(0, 8));
  return (
    <Sheet title={t("undo.ask")} open onClose={() => answer(false)}>
      <p><b dir="auto">{what}</b></p><p>{n(takenBack(entry).asked, entry.changes)}</p>
      <div className="row end"><Button className="button" autoFocus onPress={() => answer(false)}>{t("cancel")}</Button><Button className="button primary" onPress={() => answer(true)}>{n(takenBack(entry).named, entry.changes)}</Button></div>
    </Sheet>
  );
}

/** `top`: the days are headings right below that of the page. */
interface TimelineProps { entries: Entry[]; readOnly?: boolean; pictures?: boolean; top?: boolean; link?: (entry: Entry) => React.ReactNode; /** Below what was done. */ more?: (entry: Entry) => React.ReactNode }

export function Timeline({ entries, readOnly = false, pictures = false, top = false, link, more }: TimelineProps) {
  const text = useText();
  const { undo } = useSession();
  const may = useMay();
  const projects = useProjects();
  const name = (id: string) => projects.data?.find((each) => each.id === id)?.name ?? id.slice(0, 8);
  const days = new Map<string, Entry[]>();
  for (const entry of entries) days.set(text.date(entry.when), [...(days.get(text.date(entry.when)) ?? []), entry]);
  const who = (entry: Entry) => (entry.who === entry.device || !entry.device ? entry.who : `${entry.who} · ${entry.device}`);
  const Day = top ? "h2" : "h3";
  // Beside one picture nothing else says how many others an action touched.
  const label = (entry: Entry) => (entry.changes > 1 && !pictures ? text.n(takenBack(entry).named, entry.changes) : text.t("undo"));
  return (
    <div className="timeline">
      {[...days].map(([day, those]) => (
        <section key={day}><Day>{day}</Day><ol>
          {those.map((entry) => (
            <li key={entry.action} className={entry.undone ? "undone" : undefined}>
              <span className="when"><time dateTime={new Date(entry.when).toISOString()}>{text.time(entry.when)}</time><small>{who(entry)}</small></span>
              <span className="what">{told(entry, text, name)}{entry.undone && <em> {text.t("history.undone")}</em>}{more?.(entry)}</span>
              {pictures && <span className="small-pictures">{entry.documents.filter((id) => IMAGE.test(id)).slice(0, MOST).map((id) => <Small key={id} id={id} />)}</span>}
              <span className="row">{link?.(entry)}{!entry.undone && !readOnly && may.write && !FINAL.test(entry.intent) && <Button className="link" onPress={() => void undo(entry.action, entry)}>{label(entry)}</Button>}</span>
            </li>
          ))}
        </ol></section>
      ))}
    </div>
  );
}
