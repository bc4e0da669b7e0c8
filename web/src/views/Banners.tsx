/** What is told over every view: that Gesso does not answer, and what goes on meanwhile. */
import { useSyncExternalStore } from "react";
import { useQueryClient } from "@tanstack/react-query";
import { Button } from "react-aria-components";
import { post } from "../api/client";
import { exchange } from "../api/exchange";
import type { Removed } from "../api/types";
import { Icon } from "../parts/Icon";
import { useLink } from "../state/live";
import { useCounts } from "../state/jobs";
import { href, useRoute } from "../state/route";
import { useMay } from "../state/may";
import { useSession, useStatus } from "../state/session";
import { useText } from "../text/text";

export function Away({ onRetry }: { onRetry: () => void }) {
  const { t } = useText();
  const link = useLink();
  if (link === "open") return null;
  return (
    <div className="banner bad away" id="away" role="alert" data-away={link}><Icon name="offline" />
      <p><b>{t(`away.${link}`)}</b> <span className="wide-only">{t("away.works")} {t(`away.${link}.more`)} </span>{t(`away.${link}.how`)} <code>{link === "stopped" ? "gesso start" : "gesso restart"}</code></p>
      <Button className="link" onPress={onRetry}>{t("retry")}</Button></div>
  );
}

const onNetwork = (hearer: () => void) => {
  for (const each of ["online", "offline"]) window.addEventListener(each, hearer);
  return () => { for (const each of ["online", "offline"]) window.removeEventListener(each, hearer); };
};

/** That Gesso is offline because somebody said so, that there is no network, or no way to some providers: what goes on, and what waits. */
export function NoNetwork() {
  const { t, list } = useText();
  const status = useStatus();
  const connected = useSyncExternalStore(onNetwork, () => navigator.onLine);
  const away = status.attention.filter((each) => each.code === "provider.away").map((each) => String(each.params["name"]));
  const { act } = useSession();
  const queries = useQueryClient();
  const end = () => act(async () => {
    await post("/offline", { on: false });
    await queries.invalidateQueries();
    return null;
  });
  if (status.offline) {
    return <div role="status"><p className="banner" data-offline><Icon name="offline" /><span>{t("offline.banner")}</span><Button className="link" onPress={() => void end()}>{t("offline.end")}</Button></p></div>;
  }
  const told = !connected ? t("network.none") : away.length ? t("network.away", { names: list(away) }) : null;
  return <div role="status">{told && <p className="banner" data-network><Icon name="cloud" /><span>{told}</span></p>}</div>;
}

/** That this device was removed: by whom and when, what stays, and a way to ask the others once more. */
function Gone({ removed, name, id }: { removed: Removed; name: string; id: string }) {
  const { t, date } = useText();
  const { act } = useSession();
  const told = t(removed.kind === "member" ? "may.removed.member" : "may.removed.device", { name, person: removed.by_name, date: removed.at === null ? "–" : date(removed.at) });
  const ask = () => act(async () => { await exchange(id).now(); return null; });
  return (
    <p className="banner" role="status" data-removed={removed.kind}><Icon name="out" /><span>{told}</span>
      {removed.kind === "member" && <Button className="link" onPress={() => void ask()}>{t("may.ask_again")}</Button>}</p>
  );
}

/** What the role allows, to who may not change the library: what is missing here is not broken. */
export function Looking() {
  const { t } = useText();
  const { role, write } = useMay();
  const { workspace } = useStatus();
  if (write) return null;
  if (workspace.removed) return <Gone removed={workspace.removed} name={workspace.name} id={workspace.id} />;
  const told = t(role === "reviewer" ? "may.reviewer" : role === "viewer" ? "may.viewer" : "may.none");
  return <p className="banner" data-role={role}><Icon name="info" /><span>{told}</span></p>;
}

/** Outcomes that only a person knows, wherever one is; in the queue they stand first anyway. While nobody answers, nothing can
 * be decided, and what is told of that takes the place. */
export function Undecided() {
  const { t, n } = useText();
  const { view } = useRoute();
  const open = useLink() === "open";
  const count = useCounts().data?.counts.unknown ?? 0;
  return (
    <div role="status">{count > 0 && open && view !== "queue" && <p className="banner bad" data-undecided><Icon name="ask" /><span>{n("unknown.title", count)}</span>
      <a className="link" href={href("queue")}>{t("job.decide")}</a></p>}</div>
  );
}
