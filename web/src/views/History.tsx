/** Everything that was done in the workspace; named moments; the way to the library as of one. */
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Button } from "react-aria-components";
import { Ask, Empty } from "../parts/basics";
import { Icon } from "../parts/Icon";
import { Timeline } from "../parts/Timeline";
import { useTimeline } from "../state/data";
import { Writers } from "../state/may";
import { href } from "../state/route";
import { useSession } from "../state/session";
import { useText } from "../text/text";
import { Coming } from "./Coming";

export function History() {
  const { t, moment } = useText();
  const { library, workspace, act, undo, redo } = useSession();
  const timeline = useTimeline();
  const checkpoints = useQuery({ queryKey: [workspace, "timeline", "checkpoints"], queryFn: library.checkpoints });
  const [asking, setAsking] = useState(false);
  const entries = timeline.data?.pages.flatMap((page) => page.entries) ?? [];
  return (
    <section className="page history">
      <header className="bar"><h1>{t("nav.history")}</h1><span className="spring" />
        <Writers><Button className="button" onPress={() => void undo(null)}><Icon name="undo" />{t("undo")}</Button><Button className="button" onPress={() => void redo(null)}>{t("redo")}</Button>
        <Button className="button primary" onPress={() => setAsking(true)}>{t("checkpoint.new")}</Button></Writers></header>
      <div className="columns">
        <div>
          {timeline.data && entries.length === 0 && <Empty icon="history" title={t("history.empty")} />}
          <Coming of={[timeline]} shape="rows" />
          <Timeline entries={entries} pictures top link={(entry) => <a className="link" href={href("pictures", null, { at: new Date(entry.when).toISOString() })}>{t("history.see")}</a>} />
          {timeline.hasNextPage && <Button className="button" onPress={() => void timeline.fetchNextPage()}>{t("more")}</Button>}
        </div>
        <aside><h2>{t("checkpoints")}</h2><p className="quiet">{t("checkpoints.how")}</p>
          <ul className="copies">{(checkpoints.data ?? []).map((each) => <li key={each.id}><a className="target" href={href("pictures", null, { at: each.id })}><bdi>{each.name}</bdi></a><small>{moment(each.when)} · {each.who}</small></li>)}</ul></aside>
      </div>
      <Ask title={t("checkpoint.new")} label={t("checkpoint.name")} action={t("save")} open={asking} onClose={() => setAsking(false)} onDone={(name) => void act(async () => { await library.newCheckpoint(name); return null; }, t("checkpoint.made"))} />
    </section>
  );
}
