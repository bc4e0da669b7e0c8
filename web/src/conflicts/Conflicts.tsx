/** Everything that was set differently at once, and which value it is to be; with the keyboard alone: arrows, digits, Enter. */
import { memo, useCallback, useEffect, useMemo, useRef, useState } from "react";
import { Button } from "react-aria-components";
import type { Conflict } from "../api/types";
import { Ask, Empty } from "../parts/basics";
import { Icon, type IconName } from "../parts/Icon";
import { failureOf, useConflicts } from "../state/data";
import { href } from "../state/route";
import { useMay } from "../state/may";
import { useSession } from "../state/session";
import { useText } from "../text/text";
import { Coming } from "../views/Coming";
import { AllAtOnce } from "./AllAtOnce";
import { Choices, useSettle } from "./Choices";
import { called, fieldWord } from "./words";

const ICONS: Record<Conflict["kind"], IconName> = { workspace: "settings", project: "project", album: "album", search: "saved", prompt: "prompt", asset: "pictures" };
const placeOf = ({ kind, document }: Conflict) => (kind === "workspace" ? href("settings") : href(kind === "asset" ? "picture" : kind, document));
const idOf = ({ document, field }: Conflict) => `${document} ${field}`;

const cardsIn = (page: HTMLElement | null) => [...(page?.querySelectorAll<HTMLElement>(".conflict") ?? [])];
const choicesIn = (card: HTMLElement | undefined) => [...(card?.querySelectorAll<HTMLElement>(".claim") ?? [])];

/** Arrows go from value to value and from conflict to conflict, a digit takes that value of the conflict one is at. */
function useKeys(onEnd: () => void) {
  const page = useRef<HTMLElement>(null);
  const end = useRef(onEnd);
  useEffect(() => { end.current = onEnd; });
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const at = document.activeElement;
      if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || document.querySelector("[role=dialog]")) return;
      if (at instanceof HTMLElement && at !== document.body && at.id !== "main" && !page.current?.contains(at)) return;
      const cards = cardsIn(page.current), card = cards.findIndex((each) => each.contains(at));
      const column = choicesIn(cards[card]).findIndex((each) => each === at);
      const go = (to: number, place: number) => {
        const choices = choicesIn(cards[to]);
        choices[Math.max(0, Math.min(place, choices.length - 1))]?.focus();
        cards[to]?.scrollIntoView({ block: "nearest" });
        if (to >= cards.length - 3) end.current();
      };
      if (event.key === "ArrowDown") go(Math.min(card + 1, cards.length - 1), column);
      else if (event.key === "ArrowUp") go(Math.max(card - 1, 0), column);
      else if (event.key === "Home" || event.key === "End") go(event.key === "Home" ? 0 : cards.length - 1, column);
      else if (card < 0) return;
      else if (event.key === "ArrowRight") go(card, column + 1);
      else if (event.key === "ArrowLeft") go(card, column - 1);
      else if (/^[1-9]$/.test(event.key)) choicesIn(cards[card])[Number(event.key) - 1]?.click();
      else return;
      event.preventDefault();
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, []);
  return page;
}

/** Where one that was settled had the focus, the next one gets it; the heading when none is left. */
function useNext(page: React.RefObject<HTMLElement | null>, items: readonly Conflict[]) {
  const settled = useRef<{ id: string; at: number } | null>(null);
  useEffect(() => {
    const last = settled.current;
    if (!last || items.some((each) => idOf(each) === last.id)) return;
    settled.current = null;
    if (document.activeElement !== document.body) return;
    const left = cardsIn(page.current);
    (choicesIn(left[Math.min(last.at, left.length - 1)])[0] ?? page.current?.querySelector("h1"))?.focus();
  }, [page, items]);
  return (conflict: Conflict, at: number) => { settled.current = { id: idOf(conflict), at }; };
}

/** Fields for which another value is typed right here; others are set where their thing is. */
const TYPED = ["title", "name"];

interface CardProps { conflict: Conflict; onTake: (conflict: Conflict, value: unknown) => void }

/** Drawn anew for itself alone: there may be a thousand. */
const Card = memo(function Card({ conflict, onTake }: CardProps) {
  const text = useText();
  const { library } = useSession();
  const [asking, setAsking] = useState(false);
  const word = fieldWord(conflict.field, text);
  const take = (value: unknown) => onTake(conflict, value);
  return (
    <li className="conflict">
      <h2><a href={placeOf(conflict)}>
        {conflict.thumbnail ? <img src={library.blob(conflict.thumbnail)} alt="" loading="lazy" /> : <Icon name={ICONS[conflict.kind]} size={22} />}
        <span><bdi>{called(conflict.kind, conflict.name, text)}</bdi><small>{word}</small></span></a>
        {TYPED.includes(conflict.field) && <Button className="link" aria-label={`${text.t("conflict.another")} (${word}, ${conflict.name})`} onPress={() => setAsking(true)}>{text.t("conflict.another")}</Button>}</h2>
      <Choices conflict={conflict} keys onTake={take} />
      {asking && <Ask title={called(conflict.kind, conflict.name, text)} label={word} action={text.t("save")} start={String(conflict.choices[0]?.value ?? "")} open onClose={() => setAsking(false)} onDone={take} />}
    </li>
  );
});

export function Conflicts() {
  const { t, n } = useText();
  const { explain } = useSession();
  const found = useConflicts();
  const settle = useSettle();
  const pages = found.data?.pages;
  // One that was taken is out of sight at once: a key that is pressed twice means the next one.
  const [taken, setTaken] = useState<readonly string[]>([]);
  const items = useMemo(() => pages?.flatMap((page) => page.items).filter((each) => !taken.includes(idOf(each))) ?? [], [pages, taken]);
  const total = Math.max(items.length, (pages?.[0]?.total ?? 0) - taken.length);
  // Asked for until it is here: news that come meanwhile begin the asking anew, and what was on its way is lost.
  const [wanted, setWanted] = useState(1);
  const { hasNextPage, isFetching, fetchNextPage } = found, loaded = pages?.length ?? 0;
  useEffect(() => { if (hasNextPage && !isFetching && loaded < wanted) void fetchNextPage(); }, [hasNextPage, isFetching, loaded, wanted, fetchNextPage]);
  const more = () => setWanted(loaded + 1);
  const page = useKeys(more);
  const next = useNext(page, items);
  const { write } = useMay();
  const [all, setAll] = useState(false);
  const take = (conflict: Conflict, value: unknown) => {
    next(conflict, items.findIndex((each) => idOf(each) === idOf(conflict)));
    setTaken((all) => [...all, idOf(conflict)]);
    void settle(conflict, value).finally(() => setTaken((all) => all.filter((each) => each !== idOf(conflict))));
  };
  const latest = useRef(take);
  useEffect(() => { latest.current = take; });
  const onTake = useCallback<CardProps["onTake"]>((conflict, value) => latest.current(conflict, value), []);
  const failure = failureOf(found);
  if (failure) return <div className="alone" role="alert"><h1>{explain(failure)}</h1></div>;
  return (
    <section className="page" ref={page}>
      <header className="bar"><h1 tabIndex={-1}>{t("conflict.all")}</h1>{total > 0 && <span className="quiet">{n("conflict.total", total)}</span>}<span className="spring" />
        {write && total > 1 && <Button className="button" onPress={() => setAll(true)}>{t("conflict.all_at_once")}</Button>}</header>
      {pages && items.length === 0 && <Empty icon="check" title={t("conflict.none")}><p>{t("conflict.how")}</p></Empty>}
      {items.length > 0 && <p className="alike-what">{t("conflict.what")} <span className="no-touch">{t("conflict.by_key")}</span></p>}
      <Coming of={[found]} shape="rows" />
      <ul className="conflict-list">{items.map((each) => <Card key={idOf(each)} conflict={each} onTake={onTake} />)}</ul>
      {hasNextPage && <p className="row center"><Button className="button" onPress={more}>{t("more")}</Button></p>}
      {all && <AllAtOnce onClose={() => setAll(false)} />}
    </section>
  );
}
