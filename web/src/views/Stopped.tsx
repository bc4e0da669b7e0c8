/** A device that deleted or replaced too much at once: which pictures, and the two ways to go on. */
import { useQueryClient } from "@tanstack/react-query";
import { Button } from "react-aria-components";
import type { StoppedDevice } from "../api/types";
import { Icon } from "../parts/Icon";
import { useStopped } from "../state/data";
import { useSession, useStatus } from "../state/session";
import { useText } from "../text/text";

function Question({ stop }: { stop: StoppedDevice }) {
  const { t, n, moment } = useText();
  const { library, act } = useSession();
  const queries = useQueryClient();
  const decide = (decision: "approve" | "reject") => act(async () => {
    const answer = await library.decide(stop.id, decision);
    await queries.invalidateQueries();
    return answer;
  }, ({ restored }) => (decision === "approve" ? t("stopped.approved", { name: stop.name }) : n("stopped.restored", restored, { name: stop.name })));
  return (
    <section className="banner bad stopped" data-stopped={stop.id} aria-label={t("stopped.device", { name: stop.name })}>
      <Icon name="bin" />
      <div className="grow">
        <p><b>{n("stopped.what", stop.pictures, { name: stop.name })}</b> {t("stopped.since", { since: moment(stop.since) })} {stop.passed > 0 && n("stopped.passed", stop.passed)}</p>
        <ul className="stopped-samples" aria-label={t("stopped.samples")}>{stop.samples.map((each) => (
          <li key={each.id}>{each.thumbnail ? <img src={library.blob(each.thumbnail)} alt={each.name} title={each.name} /> : <span className="blank" title={each.name} />}</li>))}</ul>
        <dl className="stopped-ways">
          <div><dt><Button className="button primary" onPress={() => void decide("reject")}>{t("stopped.reject")}</Button></dt><dd>{t("stopped.reject.how")}</dd></div>
          <div><dt><Button className="button" onPress={() => void decide("approve")}>{t("stopped.approve")}</Button></dt><dd>{t("stopped.approve.how")}</dd></div>
        </dl>
      </div>
    </section>
  );
}

/** What was decided before; what was let through can be given back. */
export function StoppedBefore() {
  const { t, n, moment } = useText();
  const { library, act } = useSession();
  const queries = useQueryClient();
  const decided = (useStopped(true).data ?? []).filter((each) => each.state !== "asking");
  if (!decided.length) return null;
  const revert = ({ id, name }: StoppedDevice) => act(async () => {
    const answer = await library.decide(id, "revert");
    await queries.invalidateQueries();
    return answer;
  }, ({ restored }) => n("stopped.restored", restored, { name }));
  return (
    <section><h3>{t("stopped.before")}</h3>
      <ul className="copies">{decided.map((each) => (
        <li key={each.id} className="row"><span className="grow"><b dir="auto">{each.name}</b> <small>{moment(each.since)} · {n("stopped.pictures", each.pictures)} · {t(`stopped.state.${each.state}`)}</small></span>
          {each.state === "approved" && <Button className="link" onPress={() => void revert(each)}>{t("stopped.reject")}</Button>}</li>))}</ul>
    </section>
  );
}

/** Asked for only while the daemon says that there is one. */
export function Stopped() {
  const status = useStatus();
  const told = status.attention.some((each) => each.code === "pictures.stopped" && each.params["id"] === status.workspace.id);
  const asking = (useStopped(told).data ?? []).filter((each) => each.state === "asking");
  return <div role="status">{told && asking.map((each) => <Question key={each.id} stop={each} />)}</div>;
}
