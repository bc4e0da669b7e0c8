/** The button that tries again. What may cost money, or did, is asked about first, with its price. */
import { useState } from "react";
import { Button } from "react-aria-components";
import type { Job } from "../api/types";
import { Sheet } from "../parts/basics";
import { useSession } from "../state/session";
import { useText } from "../text/text";
import { costOf, isHarmless, paidOf, spentOn, worthTrying } from "./retrying";
import { useTrying } from "./told";

export function Retry({ jobs: asked, className = "link" }: { jobs: readonly Job[]; className?: string }) {
  const text = useText();
  const { t, n } = text;
  const { library } = useSession();
  const trying = useTrying();
  const [asking, setAsking] = useState(false);
  const { jobs, left } = worthTrying(asked);
  const paid = paidOf(jobs), cost = costOf(jobs, text);
  const only = asked.length === 1 ? asked[0] : undefined;
  if (jobs.length === 0) return null;
  const retry = () => {
    setAsking(false);
    void trying(() => library.retryJobs(jobs.map((each) => each.id)), left ? n("retry.left", left) : undefined);
  };
  return (
    <>
      <Button className={className} aria-label={only && t("named", { what: t("retry"), name: only.prompt.slice(0, 60) })} onPress={() => (isHarmless(jobs) ? retry() : setAsking(true))}>{asked.length > 1 ? n("create.retry", jobs.length) : t("retry")}</Button>
      <Sheet title={n("retry.ask", jobs.length)} open={asking} onClose={() => setAsking(false)}>
        <p>{t("retry.cost", { cost })}</p>
        {paid.length > 0 && <p>{jobs.length > 1 ? n("retry.paid.some", paid.length, { amount: spentOn(paid, text) }) : t("retry.paid", { amount: spentOn(paid, text) })}</p>}
        {left > 0 && <p>{n("retry.left", left)}</p>}
        <div className="row end"><Button className="button" autoFocus onPress={() => setAsking(false)}>{t("retry.not")}</Button>
          <Button className="button primary" onPress={retry}>{t("retry.do", { cost })}</Button></div>
      </Sheet>
    </>
  );
}
