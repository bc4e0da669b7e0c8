/** Requests that left and whose answers were lost: only a person can say whether they were carried out. Each is decided by itself, or those that were chosen together. */
import { useEffect, useRef, useState, type RefObject } from "react";
import { Button } from "react-aria-components";
import { Icon } from "../parts/Icon";
import { useMakers } from "../state/data";
import { useLink } from "../state/live";
import { useSession } from "../state/session";
import { useText } from "../text/text";
import { Decide, type Asked } from "./Decide";
import { useDeciding } from "./deciding";
import { byProvider, likelyCost, type Bill, type Doubt } from "./doubt";

/** So many rows of a provider at first: a thousand would have to be drawn before the first can be decided. */
const FEW = 50;

/** `home` holds the focus where none is left. */
interface UndecidedProps { doubts: readonly Doubt[]; /** A job that one comes to decide on. */ sought: string | null; home: RefObject<HTMLElement | null> }

export function Undecided({ doubts, sought, home }: UndecidedProps) {
  const { t, n, list } = useText();
  const makers = useMakers(), { say } = useSession(), stopped = useLink() === "stopped";
  const place = useRef<HTMLDivElement>(null);
  const [later, setLater] = useState<ReadonlySet<string>>(new Set());
  const [some, setSome] = useState<ReadonlySet<string>>(new Set());
  const [asked, setAsked] = useState<Asked | null>(null);
  const deciding = useDeciding(doubts, place, home);
  const shown = deciding.shown.filter((each) => !later.has(each.id)), groups = byProvider(shown);
  const open = shown.filter((each) => deciding.chargedOf(each.id) === null), chosen = open.filter((each) => some.has(each.id));
  const choose = (of: readonly Doubt[], on: boolean) => {
    const ids = of.map((each) => each.id);
    setSome(on ? new Set([...some, ...ids]) : new Set([...some].filter((id) => !ids.includes(id))));
  };
  // Whoever comes here comes to decide, and the next question follows the one that was answered.
  const first = open[0]?.id;
  useEffect(() => {
    if (first && (document.activeElement === null || document.activeElement === document.body)) place.current?.querySelector<HTMLElement>(".unknown-job")?.focus();
  }, [first]);
  // After the last of them the keyboard is where the page begins.
  const none = deciding.shown.length === 0, before = useRef(none);
  useEffect(() => {
    const gone = none && !before.current;
    before.current = none;
    if (gone && document.activeElement === document.body) home.current?.focus();
  }, [none, home]);
  // What is decided elsewhere meanwhile leaves the question, and the amount that was written stays.
  const [going, setGoing] = useState(false);
  const left = asked && !going ? asked.doubts.filter(({ id }) => doubts.some((each) => each.id === id)) : asked?.doubts ?? [];
  const over = asked !== null && left.length === 0;
  useEffect(() => {
    if (!over) return;
    setAsked(null);
    say(t("problem.job_known"));
  }, [over, say, t]);
  const decide = ({ doubts: those, charged, amount }: Asked, bill: Bill | null) => {
    if (going) return;
    setGoing(true);
    void deciding.decideAll(those, charged, bill).then(({ done, known, ours }) => {
      setGoing(false);
      setAsked(known ? { doubts: (asked?.doubts ?? those).filter(({ id }) => !ours.includes(id)), charged, amount } : null);
      if (done) choose(those, false);
    });
  };
  if (none) return null;
  const several = open.length > 1, part = chosen.length > 0 && chosen.length < open.length;
  return (
    <section className={doubts.length ? "conflicts undecided" : "conflicts undecided over"} ref={place}><h2><Icon name={doubts.length ? "ask" : "check"} />{doubts.length ? n("unknown.title", doubts.length) : t("unknown.all")}</h2>
      {open.length > 0 && <p>{t("unknown.why", { provider: list(groups.map(([provider]) => makers.provider(provider))) })}</p>}
      {several && <div className="row together"><Choose of={open} some={chosen} label={n("unknown.choose", open.length)} onChoose={choose} />
        <span className="spring" />{chosen.length > 0 && <span role="status">{n("unknown.chosen", chosen.length)}</span>}
        <Button className="button" isDisabled={!chosen.length || stopped} onPress={() => setAsked({ doubts: chosen, charged: true, amount: false })}>{t(part ? "unknown.chosen.paid" : "unknown.some.paid")}</Button>
        <Button className="button" isDisabled={!chosen.length || stopped} onPress={() => setAsked({ doubts: chosen, charged: false, amount: false })}>{t(part ? "unknown.chosen.free" : "unknown.some.free")}</Button></div>}
      {groups.map(([provider, of]) => (
        <Group key={provider} all={of} sought={sought}>{(rows) => <>
          {groups.length > 1 && <GroupHead provider={makers.provider(provider)} of={open.filter((each) => each.provider === provider)} some={chosen} onChoose={choose} />}
          <ul>{rows.map((each) => <Row key={each.id} doubt={each} charged={deciding.chargedOf(each.id)} onDecide={(charged) => deciding.decide(each, charged)}
            onAmount={() => setAsked({ doubts: [each], charged: true, amount: true })} onLater={() => setLater(new Set([...later, each.id]))}
            chosen={several ? some.has(each.id) : null} onChoose={(on) => choose([each], on)} />)}</ul></>}</Group>))}
      {later.size > 0 && <Button className="link" onPress={() => setLater(new Set())}>{t("unknown.again")}</Button>}
      <Decide asked={asked && !over ? { ...asked, doubts: left } : null} taken={(asked?.doubts.length ?? 0) - left.length} onClose={() => setAsked(null)} onDecide={decide} />
    </section>
  );
}

function Group({ all, sought, children }: { all: readonly Doubt[]; sought: string | null; children: (rows: readonly Doubt[]) => React.ReactNode }) {
  const { n } = useText();
  const [every, setEvery] = useState(() => all.findIndex((each) => each.id === sought) >= FEW);
  const hidden = every ? 0 : Math.max(0, all.length - FEW);
  return <div className="of-provider">{children(hidden ? all.slice(0, FEW) : all)}
    {hidden > 0 && <Button className="link" onPress={() => setEvery(true)}>{n("unknown.more", hidden)}</Button>}</div>;
}

function GroupHead({ provider, of, some, onChoose }: { provider: string; of: readonly Doubt[]; some: readonly Doubt[]; onChoose: (of: readonly Doubt[], on: boolean) => void }) {
  const text = useText();
  return <h3>{of.length > 0 && <Choose of={of} some={some.filter((each) => of.includes(each))} label={text.n("unknown.choose.of", of.length, { provider, cost: likelyCost(of, text) })} onChoose={onChoose} />}</h3>;
}

/** A box for all of some; half of it is ticked where only a part is chosen. */
function Choose({ of, some, label, onChoose }: { of: readonly Doubt[]; some: readonly Doubt[]; label: string; onChoose: (of: readonly Doubt[], on: boolean) => void }) {
  const all = some.length === of.length;
  return <label className="choose-all"><input type="checkbox" checked={all} ref={(box) => { if (box) box.indeterminate = some.length > 0 && !all; }} onChange={() => onChoose(of, !all)} /><span>{label}</span></label>;
}

interface RowProps {
  doubt: Doubt; /** What was decided a moment ago; null: nothing yet. */ charged: boolean | null; onDecide: (charged: boolean) => void; onAmount: () => void; onLater: () => void;
  /** null: there is nothing to choose from. */ chosen: boolean | null; onChoose: (on: boolean) => void;
}

function Row({ doubt, charged, onDecide, onAmount, onLater, chosen, onChoose }: RowProps) {
  const text = useText(), { t, moment } = text;
  const makers = useMakers();
  const { id, about, provider, model, words } = doubt, done = charged !== null, off = useLink() === "stopped" || done, name = about.slice(0, 60);
  const onKeyDown = (event: React.KeyboardEvent) => {
    if (off || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey || event.repeat) return;
    const does = { y: () => onDecide(true), n: () => onDecide(false), a: onAmount, l: onLater }[event.key.toLowerCase()];
    if (!does) return;
    event.preventDefault();
    does();
  };
  const facts = { provider: makers.provider(provider), model: makers.model(provider, model), when: moment(doubt.when), cost: likelyCost([doubt], text) };
  const told = words ? t(charged ? "unknown.words.paid" : "unknown.words.free") : t(charged ? "unknown.told.paid" : "unknown.told.free");
  return (
    <li className={done ? "unknown-job done" : "unknown-job"} data-job={id} tabIndex={-1} aria-label={`${t("unknown.question")} ${about.slice(0, 120)}`} onKeyDown={onKeyDown}>
      {chosen !== null && <input type="checkbox" aria-label={t("grid.select", { name })} checked={chosen && !done} disabled={done} onChange={(event) => onChoose(event.target.checked)} />}
      <span className="job-what"><b className="cut" dir="auto" title={about}>{about}</b><small><span>{t(words ? "unknown.words" : "unknown.what", facts)}</span>{done && <b>{told}</b>}</small></span>
      <span className="answers" role="group" aria-label={t("unknown.question")}>
        <Button className="button" isDisabled={off} onPress={() => onDecide(true)} aria-keyshortcuts="Y">{t("unknown.yes")}<kbd aria-hidden="true">Y</kbd></Button><Button className="button" isDisabled={off} onPress={() => onDecide(false)} aria-keyshortcuts="N">{t("unknown.no")}<kbd aria-hidden="true">N</kbd></Button>
        <Button className="link" isDisabled={off} onPress={onAmount} aria-keyshortcuts="A">{t("unknown.amount")}<kbd aria-hidden="true">A</kbd></Button>
        <Button className="link" isDisabled={off} onPress={onLater} aria-keyshortcuts="L">{t("unknown.later")}<kbd aria-hidden="true">L</kbd></Button></span>
    </li>
  );
}
