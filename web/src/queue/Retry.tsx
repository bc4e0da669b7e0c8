/** The button that tries again. What may cost money, or did, is asked about first, with its price. */
import { useState } from "react";
import { Button } from "react-aria-components";
import type { AgainQuote, Job } from "../api/types";
import { Sheet } from "../parts/basics";
import { useLink } from "../state/live";
import { useSession } from "../state/session";
import { useText } from "../text/text";
import { cannotOf, costOf, isHarmless, paidOf, spentOn, worthTrying, type Trying } from "./retrying";
import { useTrying } from "./told";

/** What is asked about, with what it costs now. */
type Asking = Trying & { quote: AgainQuote };

/** So many are named before they are tried. */
const NAMED = 5;

const idsOf = (jobs: readonly Job[]) => jobs.map((each) => each.id);

export function Retry({ jobs: asked, className = "link" }: { jobs: readonly Job[]; className?: string }) {
  const text = useText();
  const { t, n } = text;
  const { library, say } = useSession();
  const trying = useTrying();
  const link = useLink(), stopped = link === "stopped";
  const [asking, setAsking] = useState<Asking | null>(null);
  const worth = worthTrying(asked);
  const { jobs, left } = asking ?? worth;
  const paid = paidOf(jobs), cost = asking ? costOf(asking.quote, text) : "";
  const only = asked.length === 1 ? asked[0] : undefined;
  if (worth.jobs.length === 0 && !asking) return null;
  const retry = ({ jobs, left, quote }: Asking) => {
    setAsking(null);
    void trying(async () => {
      const { left: since } = await library.retryJobs(idsOf(jobs), quote);
      const told = [...(left ? [n("retry.left", left)] : []), ...cannotOf([...quote.left, ...since], text)];
      if (told.length) say(told.join(" "));
    });
  };
  const ask = () => void trying(async () => {
    const quote = await library.retryQuote(idsOf(worth.jobs)), cannot = new Set(quote.left.map((each) => each.id));
    const found = { jobs: worth.jobs.filter((each) => !cannot.has(each.id)), left: worth.left, quote };
    if (!found.jobs.length) say(cannotOf(quote.left, text).join(" "), { bad: true });
    else if (isHarmless(found.jobs, found.quote)) retry(found);
    else setAsking(found);
  });
  return (
    <>
      <Button className={className} isDisabled={stopped} aria-describedby={stopped ? "away" : undefined} aria-label={only && t("named", { what: t("retry"), name: only.prompt.slice(0, 60) })} onPress={ask}>{asked.length > 1 ? n("create.retry", worth.jobs.length) : t("retry")}</Button>
      <Sheet title={n("retry.ask", jobs.length)} open={asking !== null} onClose={() => setAsking(null)}>
        <p>{t("retry.cost", { cost })}</p>
        {paid.length > 0 && <p>{jobs.length > 1 ? n("retry.paid.some", paid.length, { amount: spentOn(paid, text) }) : t("retry.paid", { amount: spentOn(paid, text) })}</p>}
        {jobs.length > 1 && <ul data-retried>{jobs.slice(0, NAMED).map((each) => <li key={each.id} className="cut" dir="auto">{each.prompt}</li>)}{jobs.length > NAMED && <li className="quiet">{n("retry.more", jobs.length - NAMED)}</li>}</ul>}
        {asked.length > 1 && asked.every((each) => each.state === "failed") && <p className="quiet">{t("retry.cancelled")}</p>}
        {left > 0 && <p>{n("retry.left", left)}</p>}
        {asking && cannotOf(asking.quote.left, text).map((why) => <p key={why}>{why}</p>)}
        {link !== "open" && <p className="bad-text" role="alert">{t(`away.${link}`)}</p>}
        <div className="row end"><Button className="button" autoFocus onPress={() => setAsking(null)}>{t("retry.not")}</Button>
          <Button className="button primary" isDisabled={stopped} onPress={() => asking && retry(asking)}>{t("retry.do", { cost })}</Button></div>
      </Sheet>
    </>
  );
}
