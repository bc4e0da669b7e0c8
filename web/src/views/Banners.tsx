/** What is told over every view: that Gesso does not answer, and what goes on meanwhile. */
import { useSyncExternalStore } from "react";
import { Button } from "react-aria-components";
import { Icon } from "../parts/Icon";
import { useLink } from "../state/live";
import { useCounts } from "../state/jobs";
import { href, useRoute } from "../state/route";
import { useSession } from "../state/session";
import { useText } from "../text/text";

export function Away({ onRetry }: { onRetry: () => void }) {
  const { t } = useText();
  const link = useLink();
  if (link === "open") return null;
  return (
    <div className="banner bad away" role="alert" data-away={link}><Icon name="offline" />
      <p><b>{t(`away.${link}`)}</b> {t("away.works")} {t(`away.${link}.how`)} <code>{link === "stopped" ? "gesso start" : "gesso restart"}</code></p>
      <Button className="link" onPress={onRetry}>{t("retry")}</Button></div>
  );
}

const onNetwork = (hearer: () => void) => {
  for (const each of ["online", "offline"]) window.addEventListener(each, hearer);
  return () => { for (const each of ["online", "offline"]) window.removeEventListener(each, hearer); };
};

/** That there is no network, or no way to some providers: what goes on, and what waits. */
export function NoNetwork() {
  const { t, list } = useText();
  const { status } = useSession();
  const connected = useSyncExternalStore(onNetwork, () => navigator.onLine);
  const away = status.attention.filter((each) => each.code === "provider.away").map((each) => String(each.params["name"]));
  const told = !connected ? t("network.none") : away.length ? t("network.away", { names: list(away) }) : null;
  return <div role="status">{told && <p className="banner" data-network><Icon name="cloud" /><span>{told}</span></p>}</div>;
}

/** Outcomes that only a person knows, wherever one is; in the queue they stand first anyway. */
export function Undecided() {
  const { t, n } = useText();
  const { view } = useRoute();
  const count = useCounts().data?.counts.unknown ?? 0;
  return (
    <div role="status">{count > 0 && view !== "queue" && <p className="banner bad" data-undecided><Icon name="ask" /><span>{n("unknown.title", count)}</span>
      <a className="link" href={href("queue")}>{t("job.decide")}</a></p>}</div>
  );
}
