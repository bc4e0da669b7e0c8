/** One picture that was asked for: as it is being made, as it is, or why it is not. */
import type { Job } from "../api/types";
import { Stars } from "../parts/basics";
import { Icon, type IconName } from "../parts/Icon";
import { Retry } from "../queue/Retry";
import { isHeld, useReason, waitsFor } from "../queue/told";
import { useAsset } from "../state/data";
import { href } from "../state/route";
import { useSession } from "../state/session";
import { useText } from "../text/text";

const ICONS: Record<Job["state"], IconName> = { queued: "queue", waiting: "clock", running: "create", unknown: "ask", done: "check", failed: "conflict", cancelled: "close" };

interface MadeProps { job: Job; current: boolean; onFocus: () => void }

/** Each seed has a colour of its own, so that pictures can be told apart before they are there. */
export const hueOf = (seed: string | null, number: number) => (seed ? Number(BigInt(seed) % 360n) : (number * 47) % 360);

function Picture({ id, job }: { id: string; job: Job }) {
  const { t, n, number } = useText();
  const { library } = useSession();
  const found = useAsset(id).data?.asset;
  const name = found ? [t("create.picture", { at: number(job.number + 1) }), job.prompt.slice(0, 120), found.rating ? n("rating.stars", found.rating) : "", found.flag ? t(`flag.${found.flag}`) : ""].filter(Boolean).join(", ") : t("loading");
  return (
    <>
      {found?.thumbnail && <img src={library.blob(found.thumbnail)} alt="" decoding="async" draggable={false} />}
      <span className="unseen">{name}</span>
      {found && (found.rating > 0 || found.flag) && <span className="made-marks">{found.flag && <Icon name={found.flag === "pick" ? "flag" : "reject"} size={13} fill={found.flag === "pick"} />}<Stars rating={found.rating} size={12} /></span>}
    </>
  );
}

export function Made({ job, current, onFocus }: MadeProps) {
  const text = useText();
  const { t, percent } = text;
  const reason = useReason();
  const ratio = job.width / job.height;
  const asset = job.assets[0];
  const style = { "--ratio": ratio, "--hue": hueOf(job.seed, job.number) } as React.CSSProperties;
  const tab = { tabIndex: current ? 0 : -1, onFocus, "data-made": job.id };
  if (job.state === "done" && asset) {
    return <li className="made" style={style}><a className="made-box" href={href("picture", asset, { from: "create" })} data-asset={asset} {...tab}><Picture id={asset} job={job} /></a></li>;
  }
  const going = job.state === "queued" || job.state === "waiting" || job.state === "running";
  const told = job.state === "running" ? (job.progress === null ? t("job.running") : percent(job.progress)) : isHeld(job) ? waitsFor(job, text) : t(`job.${job.state}`);
  return (
    <li className="made" style={style}>
      <div className={`made-box ${going ? "making" : "unmade"} ${job.state}`} {...tab} role="group" aria-label={`${told}: ${job.prompt.slice(0, 120)}`}>
        <span className="made-told"><Icon name={ICONS[job.state]} /><b>{told}</b>
          {job.state === "failed" && <span>{reason(job)}</span>}</span>
        {job.state === "running" && job.progress !== null && <span className="track"><span className="bar" style={{ inlineSize: `${job.progress * 100}%` }} /></span>}
        {(job.state === "failed" || job.state === "cancelled") && <Retry jobs={[job]} className="button" />}
        {job.state === "unknown" && <a className="button" href={href("queue")}>{t("job.decide")}</a>}
      </div>
    </li>
  );
}
