/** One job in the queue. */
import { Button, Menu, MenuItem, MenuTrigger, Popover } from "react-aria-components";
import type { Job } from "../api/types";
import { money, rangeOf } from "../create/price";
import { IconButton } from "../parts/basics";
import { Icon } from "../parts/Icon";
import { useLook } from "../results/looks";
import { Preview } from "../results/Preview";
import { useMakers, useShown } from "../state/data";
import { href } from "../state/route";
import { useSession } from "../state/session";
import { useText, type Text } from "../text/text";
import { Retry } from "./Retry";
import { isHeld, useTrying, useWaits } from "./told";
import { Why } from "./Why";

export interface Moves { up: (() => void) | null; down: (() => void) | null; onto: (dragged: string) => void }
interface RowProps { job: Job; moves?: Moves }
const PRIORITIES = [[10, "queue.priority.high"], [0, "queue.priority.usual"], [-10, "queue.priority.low"]] as const;

/** What it cost and how that was come by; before that, what it may cost. */
function costOf(job: Job, text: Text): string {
  const { cost, estimate } = job;
  const told = (amount: string, basis: string) => text.t("cost.how", { amount, how: text.code("basis", basis, basis) });
  if (cost) return cost.amount === null ? text.t("estimate.unknown") : cost.amount === 0 ? "" : told(money(cost.amount, cost.currency, text.language), cost.basis);
  if (job.state === "failed" || job.state === "cancelled" || !estimate || estimate.basis === "free") return "";
  return estimate.basis === "price_table" ? told(rangeOf(estimate, text), "estimate") : rangeOf(estimate, text);
}

function Thumbnail({ asset }: { asset: string }) {
  const { library } = useSession();
  const found = useShown(asset);
  return <span className="job-picture">{found?.thumbnail && <img src={library.blob(found.thumbnail)} alt="" decoding="async" />}</span>;
}

function Priority({ job, name }: { job: Job; name: string }) {
  const { t } = useText();
  const { library } = useSession();
  const trying = useTrying();
  return (
    <MenuTrigger>
      <Button className="icon-button" aria-label={t("named", { what: t("queue.priority"), name })}><Icon name="dots" /></Button>
      <Popover className="popover" aria-label={t("queue.priority")}>
        <Menu className="list" aria-label={t("queue.priority")} selectionMode="single" selectedKeys={[String(job.priority)]} onAction={(key) => void trying(() => library.moveJob(job.id, { priority: Number(key) }))}>
          {PRIORITIES.map(([each, key]) => <MenuItem key={each} id={String(each)} textValue={t(key)}>{t(key)}</MenuItem>)}
        </Menu>
      </Popover>
    </MenuTrigger>
  );
}

export function Row({ job, moves }: RowProps) {
  const text = useText();
  const { t, n, percent, time } = text;
  const { library } = useSession();
  const trying = useTrying();
  const waiting = useWaits();
  const name = job.prompt.slice(0, 60);
  const named = (what: string) => t("named", { what, name });
  const waits = job.state === "queued" || job.state === "waiting", ended = job.ended_at !== null;
  const makers = useMakers();
  const look = useLook(job), model = makers.model(job.provider, job.model);
  const state = job.state === "running" ? (job.progress === null ? t("job.running") : percent(job.progress)) : isHeld(job) ? waiting(job) : t(`job.${job.state}`);
  const facts = [makers.provider(job.provider), model === makers.provider(job.provider) ? "" : model, `${job.width} × ${job.height}`, costOf(job, text), job.priority > 0 ? t("queue.priority.high") : job.priority < 0 ? t("queue.priority.low") : "", job.tries > 1 ? n("queue.tries", job.tries) : "", job.ended_at ? time(job.ended_at) : ""];
  const asset = job.assets[0];
  const onKeyDown = (event: React.KeyboardEvent) => {
    if (!moves || !event.altKey || (event.key !== "ArrowUp" && event.key !== "ArrowDown")) return;
    event.preventDefault();
    (event.key === "ArrowUp" ? moves.up : moves.down)?.();
  };
  return (
    <li className={`job ${job.state}`} data-job={job.id} tabIndex={-1} onKeyDown={onKeyDown}
      onDragOver={(event) => { if (moves && event.dataTransfer.types.includes("text/x-gesso-job")) event.preventDefault(); }}
      onDrop={(event) => { const dragged = event.dataTransfer.getData("text/x-gesso-job"); if (moves && dragged) { event.preventDefault(); moves.onto(dragged); } }}>
      {moves && <button type="button" className="icon-button handle" draggable aria-label={t("queue.move", { name })} title={t("queue.move.how")} aria-keyshortcuts="Alt+ArrowUp Alt+ArrowDown"
        onKeyDown={(event) => { if (!event.altKey && (event.key === "ArrowUp" || event.key === "ArrowDown")) { event.preventDefault(); (event.key === "ArrowUp" ? moves.up : moves.down)?.(); } }}
        onDragStart={(event) => { event.dataTransfer.setData("text/x-gesso-job", job.id); event.dataTransfer.effectAllowed = "move"; }}><Icon name="handle" /></button>}
      {asset && job.state === "done" ? <Thumbnail asset={asset} /> : <span className="job-picture">{look ? <Preview look={look} of={name} /> : <Icon name="pictures" />}</span>}
      <span className="job-what"><span className="cut" dir="auto" title={job.prompt}>{job.prompt}</span><small className="nums">{facts.filter(Boolean).join(" · ")}</small></span>
      <span className="job-state">{job.state === "failed" ? <Why job={job} /> : <span>{state}</span>}
        {job.state === "running" && <span className="track"><span className={job.progress === null ? "bar unsure" : "bar"} style={{ inlineSize: job.progress === null ? "30%" : `${job.progress * 100}%` }} /></span>}</span>
      <span className="actions">
        {waits && <IconButton icon="top" label={named(t("queue.first"))} onPress={() => void trying(() => library.moveJob(job.id, { first: true }))} />}
        {waits && <Priority job={job} name={name} />}
        {!ended && job.state !== "unknown" && <IconButton icon="close" label={named(t("queue.cancel_one"))} onPress={() => void trying(() => library.cancelJobs([job.id]))} />}
        {(job.state === "failed" || job.state === "cancelled") && <Retry jobs={[job]} />}
        {asset && job.state === "done" && <a className="link" aria-label={named(t("keys.open"))} href={href("picture", asset)}>{t("keys.open")}</a>}
      </span>
    </li>
  );
}
