/** What was spent, month by month: by provider and model, and by project; and what is not settled yet. */
import { useEffect, useState } from "react";
import { Button } from "react-aria-components";
import { money } from "../create/price";
import { Empty } from "../parts/basics";
import { Icon } from "../parts/Icon";
import { useMakers } from "../state/data";
import { useCounts, useLost, useSpending } from "../state/jobs";
import { href } from "../state/route";
import { useText, type Text } from "../text/text";
import { Coming } from "../views/Coming";
import { Months } from "./Money";
import { monthsOf, type MonthSum, type ProjectSum, type ProviderSum, type Sum } from "./spending";

/** Months that are asked for at first, and the most that the daemon tells of. */
const YEAR = 12, MOST = 240;

/** The money, with the credits that it is for; empty where nobody knows any of it. */
function paid({ amounts, charges, unpriced, credits }: Sum, { t, list, language }: Text): string {
  const sum = amounts.length ? list(amounts.map((each) => money(each.amount, each.currency, language))) : charges > unpriced ? t("estimate.free") : "";
  if (!credits) return sum;
  const told = t("spend.credits", { number: new Intl.NumberFormat(language, { maximumFractionDigits: 6 }).format(credits) });
  return sum ? t("cost.how", { amount: sum, how: told }) : told;
}

function Cost({ of }: { of: Sum }) {
  const text = useText();
  return <>{paid(of, text)}{of.unpriced > 0 && <small className="flagged"><Icon name="conflict" size={13} />{text.n("queue.spent.unpriced", of.unpriced)}</small>}</>;
}

function Line({ name, of, inner = false }: { name: React.ReactNode; of: Sum; inner?: boolean }) {
  const { number } = useText();
  return <tr className={inner ? "inner" : undefined}><th scope="row">{name}</th><td className="nums">{number(of.charges)}</td><td className="nums" data-cost><Cost of={of} /></td></tr>;
}

function Head({ first }: { first: string }) {
  const { t } = useText();
  return <thead><tr><th scope="col">{first}</th><th scope="col" className="nums">{t("spend.charges")}</th><th scope="col" className="nums">{t("spend.cost")}</th></tr></thead>;
}

/** One model says the same as its provider: it stands in the same line. */
function Provider({ of: { provider, sum, models } }: { of: ProviderSum }) {
  const makers = useMakers(), name = makers.provider(provider), called = (model: string) => makers.model(provider, model);
  const [only] = models;
  if (models.length === 1 && only) return <tbody data-provider={provider}><Line name={<><bdi>{name}</bdi> <small dir="auto">{called(only.model)}</small></>} of={sum} /></tbody>;
  return <tbody data-provider={provider}><Line name={<bdi>{name}</bdi>} of={sum} />{models.map((each) => <Line key={each.model} inner name={<bdi>{called(each.model)}</bdi>} of={each.sum} />)}</tbody>;
}

function Project({ of: { project, name, sum } }: { of: ProjectSum }) {
  const { t } = useText();
  const called = project === null ? t("spend.no_project") : name ? <a href={href("project", project)} dir="auto">{name}</a> : <code>{project.slice(0, 12)}</code>;
  return <Line name={called} of={sum} />;
}

function Month({ of: { month, sum, providers, projects } }: { of: MonthSum }) {
  const text = useText();
  const { t } = text, name = text.month(month);
  return (
    <section data-month-spent={month} aria-label={name}>
      <h2><span>{name}</span><span className="nums" data-total><Cost of={sum} /></span></h2>
      <div className="spend-tables">
        <table className="spend" data-by="model" aria-label={t("spend.by_model")}><Head first={t("spend.by_model")} />{providers.map((each) => <Provider key={each.provider} of={each} />)}</table>
        {projects.some((each) => each.project !== null) && <table className="spend" data-by="project" aria-label={t("spend.by_project")}><Head first={t("spend.by_project")} />
          <tbody>{projects.map((each) => <Project key={each.project} of={each} />)}</tbody></table>}
      </div>
    </section>
  );
}

/** What may be charged besides, at its most; and whether somebody has to say something about it. */
function Open({ open, unknown }: { open: readonly { currency: string; most: number }[]; unknown: number }) {
  const { t, n, list, language } = useText();
  const undecided = (useCounts().data?.counts.unknown ?? 0) + (useLost().data?.length ?? 0);
  if (!open.length && !unknown) return null;
  const told = [open.length ? t("spend.open", { amount: list(open.map((each) => money(each.most, each.currency, language))) }) : "", unknown ? n("spend.open.unknown", unknown) : ""].filter(Boolean);
  return <p className="banner" data-open><span>{told.join(" · ")}</span>{undecided > 0 && <a className="link" href={href("queue")}>{n("unknown.title", undecided)}</a>}</p>;
}

export function Spend() {
  const { t } = useText();
  const [months, setMonths] = useState(YEAR);
  const found = useSpending(months);
  useEffect(() => { document.title = `${t("spend.title")} – Gesso`; }, [t]);
  return (
    <section className="page spending">
      <header className="bar"><h1>{t("spend.title")}</h1><span className="spring" /><a className="button" href={href("queue")}><Icon name="queue" />{t("nav.queue")}</a></header>
      <div className="spend-months">
        <Months />
        <Coming of={[found]} shape="rows" />
        {found.data && <Open open={found.data.open} unknown={found.data.open_unknown} />}
        {found.data && found.data.shares.length === 0 && <Empty icon="queue" title={t(months === YEAR ? "spend.none.year" : "spend.none")}><p>{t("spend.how")}</p></Empty>}
        {found.data && monthsOf(found.data).map((each) => <Month key={each.month} of={each} />)}
        {found.data && months === YEAR && <Button className="button start" onPress={() => setMonths(MOST)}>{t("spend.earlier")}</Button>}
      </div>
    </section>
  );
}
