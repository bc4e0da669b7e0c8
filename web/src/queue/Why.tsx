/** Why a job ended without a picture: a sentence or two, and behind a button what only somebody who looks into it needs. */
import { Button, DialogTrigger, Popover } from "react-aria-components";
import type { Job } from "../api/types";
import { CopyText } from "../people/Once";
import { useText } from "../text/text";
import { saidBy, useReason } from "./told";

/** Where what came lies, and what the program that read it said: in English, as it was said. */
function More({ job, path }: { job: Job; path: string }) {
  const { t } = useText();
  const said = job.error?.params["reason"] ?? job.error?.params["why"];
  return (
    <DialogTrigger>
      <Button className="link why-more" aria-label={t("named", { what: t("why.more"), name: job.prompt.slice(0, 60) })}>{t("why.more")}</Button>
      <Popover className="popover why" placement="bottom" offset={6} aria-label={t("why.more")}>
        <div className="why-told">
          {said && <p><small>{t("why.said")}</small><span lang="en" dir="auto">{said}</span></p>}
          <p><small>{t("why.kept")}</small><code dir="ltr">{path}</code></p>
          <CopyText text={path} title={t("why.path")} /></div>
      </Popover>
    </DialogTrigger>
  );
}

export function Why({ job }: { job: Job }) {
  const reason = useReason();
  const said = saidBy(job), path = job.error?.params["path"];
  return (
    <>
      <span className="why-said">{reason(job)}</span>
      {said && <small dir="auto" title={said}>{said}</small>}
      {path && <More job={job} path={path} />}
    </>
  );
}
