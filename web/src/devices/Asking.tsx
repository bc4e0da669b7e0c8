/** Two questions about all devices, asked by a person: what an exchange would do, and why devices differ. */
import { useState } from "react";
import { Button } from "react-aria-components";
import { exchange, type Compared, type SyncPlan } from "../api/exchange";
import { Icon } from "../parts/Icon";
import { useSession } from "../state/session";
import { useText } from "../text/text";
import { Differ } from "./Differ";
import { Plan } from "./Plan";

type Answer = { of: "plan"; plan: SyncPlan } | { of: "compare"; peers: Compared[] };

export function Asking() {
  const { t } = useText();
  const { workspace, say, explain } = useSession();
  const calls = exchange(workspace);
  const [asking, setAsking] = useState<Answer["of"] | null>(null);
  const [answer, setAnswer] = useState<Answer | null>(null);
  const ask = async (of: Answer["of"]) => {
    setAsking(of);
    try {
      setAnswer(of === "plan" ? { of, plan: await calls.plan() } : { of, peers: await calls.compare() });
    } catch (error) {
      say(explain(error), { bad: true });
    }
    setAsking(null);
  };
  return (
    <section aria-label={t("asking")} aria-busy={asking !== null}><h2>{t("asking")}</h2>
      <p className="quiet">{t("asking.how")}</p>
      <div className="row asking">
        <Button className="button" isDisabled={asking !== null} onPress={() => void ask("plan")}><Icon name="search" />{t("asking.plan")}</Button>
        <Button className="button" isDisabled={asking !== null} onPress={() => void ask("compare")}><Icon name="compare" />{t("asking.compare")}</Button>
      </div>
      <div role="status">{asking && <p className="quiet">{t("asking.wait")}</p>}</div>
      {answer?.of === "plan" && <Plan key={answer.plan.id} plan={answer.plan} onAgain={() => void ask("plan")} />}
      {answer?.of === "compare" && <Differ peers={answer.peers} />}
    </section>
  );
}
