/** One picture that was asked for: as it is being made, as it is, or why it is not. */
import { memo, useState } from "react";
import type { Asset, Job } from "../api/types";
import { IconButton, Stars } from "../parts/basics";
import { Icon, type IconName } from "../parts/Icon";
import { Retry } from "../queue/Retry";
import { isHeld, useTrying, useWaits } from "../queue/told";
import { Why } from "../queue/Why";
import { useShown } from "../state/data";
import { carry } from "../state/drop";
import { useLink } from "../state/live";
import { href } from "../state/route";
import { useSession } from "../state/session";
import { useText } from "../text/text";
import { forget, forgetSoon, useLook } from "./looks";
import { Preview } from "./Preview";
import { Tools } from "./Tools";

const ICONS: Record<Job["state"], IconName> = { queued: "queue", waiting: "clock", running: "create", unknown: "ask", done: "check", failed: "conflict", cancelled: "close" };

interface MadeProps {
  job: Job; current: boolean; onFocus: (job: string) => void;
  /** It is one of several prompts, and says which. */
  several: boolean;
  album: boolean; onAlbum: (job: string | null) => void; onReuse: (asset: Asset, what: "all" | "seed") => void;
}

/** Each seed has a colour of its own, so that pictures can be told apart before they are there. */
export const hueOf = (seed: string | null, number: number) => (seed ? Number(BigInt(seed) % 360n) : (number * 47) % 360);

function Picture({ found, name, job }: { found: Asset | undefined; name: string; job: Job }) {
  const { t } = useText();
  const { library } = useSession();
  const look = useLook(job);
  return (
    <>
      {look && <Preview look={look} over />}
      {found?.thumbnail && <img src={library.blob(found.thumbnail)} alt="" decoding="async" draggable={false} onLoad={() => forgetSoon(job.id)} onError={() => forget(job.id)} />}
      <span className="unseen">{name}</span>
      {found && (found.rating > 0 || found.flag) && <span className="made-marks">{found.flag && <Icon name={found.flag === "pick" ? "flag" : "reject"} size={13} fill={found.flag === "pick"} />}<Stars rating={found.rating} size={12} /></span>}
      {found && found.binned_at !== null && <span className="made-told"><Icon name="bin" /><b>{t("create.binned")}</b></span>}
    </>
  );
}

function Done({ id, job, several, style, tab, album, onAlbum, onReuse }: Omit<MadeProps, "current" | "onFocus"> & { id: string; style: React.CSSProperties; tab: object }) {
  const { t, n } = useText();
  const { library } = useSession();
  const found = useShown(id);
  const [pointed, setPointed] = useState(false);
  const [focused, setFocused] = useState(false);
  const [opened, setOpened] = useState(false);
  const place = t("create.picture", { at: job.number + 1 });
  const facts = found ? [place, job.prompt.slice(0, 120), found.rating ? n("rating.stars", found.rating) : "", found.flag ? t(`flag.${found.flag}`) : "", found.binned_at !== null ? t("create.binned") : ""] : [t("loading")];
  return (
    <li className={found && found.binned_at !== null ? "made binned" : "made"} style={style} onFocus={() => setFocused(true)} onBlur={(event) => { if (!event.currentTarget.contains(event.relatedTarget)) setFocused(false); }}
      onPointerEnter={(event) => { if (event.pointerType === "mouse") setPointed(true); }} onPointerLeave={() => setPointed(false)}>
      <div className="made-place">
        <a className="made-box" href={href("picture", id, { from: "create" })} data-asset={id} draggable {...tab}
          onDragStart={(event) => { if (found) carry(event.dataTransfer, found, [id], library.download(found.sha256, found.name)); }}><Picture found={found} name={facts.filter(Boolean).join(", ")} job={job} /></a>
        {found && (pointed || focused || opened || album) && <Tools asset={found} name={place} album={album} onAlbum={(open) => onAlbum(open ? job.id : null)} onReuse={(what) => onReuse(found, what)} />}
        {found && <span className="made-more"><IconButton icon="dots" label={t("create.tools", { name: place })} pressed={opened} onPress={() => setOpened(!opened)} /></span>}
      </div>
      {several && <p className="made-prompt" dir="auto" title={job.prompt}>{job.prompt}</p>}
    </li>
  );
}

/** Drawn anew only where its job or its picture changed. */
export const Made = memo(function Made(props: MadeProps) {
  const { job, current, onFocus, several } = props;
  const text = useText();
  const { t, percent } = text;
  const { library } = useSession();
  const trying = useTrying();
  const waiting = useWaits();
  const look = useLook(job), away = useLink() !== "open";
  const ratio = job.width / job.height;
  const asset = job.assets[0];
  const style = { "--ratio": ratio, "--hue": hueOf(job.seed, job.number) } as React.CSSProperties;
  const tab = { tabIndex: current ? 0 : -1, onFocus: () => onFocus(job.id), "data-made": job.id };
  if (job.state === "done" && asset) return <Done {...props} id={asset} style={style} tab={tab} />;
  const going = job.state === "queued" || job.state === "waiting" || job.state === "running";
  // Nobody makes anything while Gesso does not answer.
  const told = going && away ? t("create.halted") : job.state === "running" ? (job.progress === null ? t("job.running") : percent(job.progress)) : isHeld(job) ? waiting(job) : t(`job.${job.state}`);
  const name = job.prompt.slice(0, 60);
  return (
    <li className="made" style={style}>
      <div className={`made-box ${going ? "making" : "unmade"} ${job.state}${look ? " looks" : ""}`} {...tab} role="group" aria-label={`${told}: ${job.prompt.slice(0, 120)}`}>
        {look && <Preview look={look} />}
        <span className="made-told"><Icon name={ICONS[job.state]} /><b>{told}</b>
          {job.state === "failed" && <Why job={job} />}</span>
        {job.state === "running" && job.progress !== null && <span className="track"><span className="bar" style={{ inlineSize: `${job.progress * 100}%` }} /></span>}
        {(job.state === "failed" || job.state === "cancelled") && <Retry jobs={[job]} className="button" />}
        {job.state === "unknown" && <a className="button" href={href("queue", null, { job: job.id })}>{t("job.decide")}</a>}
        {going && <span className="made-stop"><IconButton icon="close" label={t("named", { what: t("queue.cancel_one"), name })} onPress={() => void trying(() => library.cancelJobs([job.id]))} /></span>}
      </div>
      {several && <p className="made-prompt" dir="auto" title={job.prompt}>{job.prompt}</p>}
    </li>
  );
});
