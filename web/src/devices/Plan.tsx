/** What an exchange with the other devices would do now; and once it was carried out, how what came compares with that. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Button } from "react-aria-components";
import { exchange, type Fate, type PlannedDevice, type Receipt, type SyncPlan } from "../api/exchange";
import { peers } from "../api/sharing";
import { Progress } from "../parts/basics";
import { Icon } from "../parts/Icon";
import { href } from "../state/route";
import { useSession } from "../state/session";
import { useText } from "../text/text";
import { useSaid } from "./Limits";
import { heldSaid } from "./words";

const FATES: readonly Fate[] = ["added", "changed", "binned", "restored", "gone"];
const ASIDE = ["waiting", "quarantined", "refused"] as const;
/** Names of pictures that are shown of one kind. */
const SHOWN = 8;
const LOOK = 700;

function Other({ device }: { device: PlannedDevice }) {
  const { t, n, bytes, said } = useText();
  const { name, state } = device;
  const told = state !== "asked" ? t(`peer.plan.${state}`)
    : said([device.segments ? n("peer.plan.comes", device.segments, { size: bytes(device.bytes) }) : t("plan.comes.nothing"), device.lacks ? n("peer.plan.goes", device.lacks, { size: bytes(device.lacks_bytes) }) : t("plan.goes.nothing")]);
  return <li data-asked={state}><b dir="auto">{name}</b> <span>{told}</span></li>;
}

/** The first of those pictures; one that is here already leads to it. */
function Named({ plan, what }: { plan: SyncPlan; what: Fate }) {
  const { t, number } = useText();
  const named = plan.pictures.filter((each) => each.what === what).slice(0, SHOWN), rest = plan[what] - named.length;
  return (
    <ul className="plan-names">
      {named.map((each) => <li key={each.id} dir="auto">{what === "added" || what === "restored" ? each.name : <a href={href("picture", each.id)}>{each.name}</a>}</li>)}
      {rest > 0 && <li>{t("plan.rest", { count: number(rest) })}</li>}
    </ul>
  );
}

/** Nothing of it is asked of others again: it is of the moment in which it was made. */
function Foreseen({ plan }: { plan: SyncPlan }) {
  const { t, n, bytes, said } = useText();
  const fates = FATES.filter((each) => plan[each]);
  const { thumbnails, originals, evictions } = plan;
  return (
    <>
      {!fates.length && !plan.others && <p>{t("plan.nothing")}</p>}
      {fates.map((each) => <div key={each} data-fate={each}><p><b>{n(`peer.plan.${each}`, plan[each])}</b></p><Named plan={plan} what={each} /></div>)}
      <ul className="points">
        {plan.others > 0 && <li>{n("plan.others", plan.others)}</li>}
        {thumbnails.count > 0 && <li>{n("plan.thumbnails", thumbnails.count, { size: bytes(thumbnails.bytes) })}</li>}
        {originals.count > 0 && <li>{n("plan.originals", originals.count, { size: bytes(originals.bytes) })}</li>}
        {ASIDE.filter((each) => plan[each]).map((each) => <li key={each} className="bad-text">{n(`peer.plan.${each}`, plan[each])}</li>)}
        {plan.stopped.map((each) => <li key={each.device} className="bad-text">{n("plan.stopped", each.segments, { name: each.name })}</li>)}
        <li>{said([t("plan.stays"), evictions.count > 0 ? n("plan.evictions", evictions.count, { size: bytes(evictions.bytes) }) : ""])}</li>
      </ul>
      {plan.more && <p className="quiet">{t("plan.more")}</p>}
    </>
  );
}

function Came({ receipt }: { receipt: Receipt }) {
  const { t, n, number, code, bytes } = useText();
  const { planned, as_planned: done, different } = receipt;
  const said = useSaid(), differences = receipt.differences.filter((each) => each.why !== "held");
  const rest = different - receipt.held.reduce((sum, each) => sum + each.count, 0) - SHOWN;
  if (!receipt.done) return <div data-receipt="coming"><Progress label={t("plan.coming")} done={done} total={planned} /></div>;
  return (
    <div data-receipt={different ? "different" : "equal"}>
      <p className={different ? "all-here" : "all-here good-text"}><Icon name={different ? "conflict" : "check"} size={15} /><span>{different ? n("plan.differs", different, { done: number(done), planned: number(planned) }) : planned ? n("plan.equal", planned) : t("plan.none")}</span></p>
      {different > 0 && <ul className="points">{receipt.held.map((each) => <li key={each.device} data-held={each.why}>{n("plan.held", each.count, { size: bytes(each.bytes), why: said(heldSaid(each)) })}</li>)}{differences.slice(0, SHOWN).map((each) => <li key={each.id}><bdi>{each.name || t(each.kind === "blob" ? "plan.blob" : "plan.document")}</bdi>: {code("peer.plan.why", each.why, each.why)}</li>)}
        {rest > 0 && <li>{t("plan.rest", { count: number(rest) })}</li>}</ul>}
      {receipt.beyond > 0 && <p className="quiet">{n("plan.beyond", receipt.beyond)}</p>}
    </div>
  );
}

export function Plan({ plan, onAgain }: { plan: SyncPlan; onAgain: () => void }) {
  const { t, moment } = useText();
  const { workspace, say, explain } = useSession();
  const queries = useQueryClient();
  const calls = exchange(workspace);
  const [going, setGoing] = useState(false);
  const found = useQuery({
    queryKey: [workspace, "receipt", plan.id], queryFn: () => calls.receipt(plan.id), enabled: going, gcTime: 0,
    refetchInterval: ({ state: { data, error } }) => (error || data?.done ? false : LOOK),
  });
  const go = async () => {
    try {
      if (plan.paused) queries.setQueryData(["peers"], await peers.pause(false));
      await calls.now();
      setGoing(true);
    } catch (error) {
      say(explain(error), { bad: true });
    }
  };
  const asked = plan.devices.some((each) => each.state === "asked");
  return (
    <div className="plan" data-plan={plan.id}>
      <p className="quiet">{t("plan.made", { when: moment(plan.made_at) })}</p>
      <ul className="plan-devices">{plan.devices.map((each) => <Other key={each.device} device={each} />)}</ul>
      {asked && <Foreseen plan={plan} />}
      {plan.offline ? <p>{t("plan.offline")}</p> : plan.paused && !going && <p>{t("plan.paused")}</p>}
      <div role="status">{found.data && <Came receipt={found.data} />}{found.error && <p className="bad-text">{explain(found.error)}</p>}</div>
      <div className="row">
        {!plan.offline && !going && <Button className="button primary" onPress={() => void go()}>{t(plan.paused ? "plan.resume" : "plan.go")}</Button>}
        <Button className="button" onPress={onAgain}>{t("plan.again")}</Button>
      </div>
    </div>
  );
}
