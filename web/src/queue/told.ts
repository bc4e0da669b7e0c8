/** What is said of jobs: why one waits, why one ended without a picture; and trying something with them. */
import { useQueryClient } from "@tanstack/react-query";
import { useCallback } from "react";
import type { Job, Provider } from "../api/types";
import { useSession } from "../state/session";
import { useText, type Text } from "../text/text";

/** Why a job waits, and until when. */
export function waitsFor(job: Pick<Job, "provider" | "reason" | "not_before">, text: Pick<Text, "t" | "code" | "time">, now = Date.now()): string {
  const why = text.code("waits", job.reason, text.t("job.waiting"), { provider: job.provider });
  return job.not_before > now ? text.t("waits.until", { why, when: text.time(job.not_before) }) : why;
}

/** The same with the provider as people call it. Nothing is drawn anew because of it: hundreds may wait. */
export function useWaits(): (job: Pick<Job, "provider" | "reason" | "not_before">) => string {
  const text = useText();
  const queries = useQueryClient();
  return useCallback((job) => {
    const all = queries.getQueryData<Provider[]>(["providers"]) ?? [];
    return waitsFor({ ...job, provider: all.find((each) => each.name === job.provider)?.title ?? job.provider }, text);
  }, [queries, text]);
}

/** What is said of a job that has not begun: its place in the queue, unless something keeps it there. */
export const isHeld = (job: Pick<Job, "state" | "reason">) => job.state === "waiting" || (job.state === "queued" && job.reason !== "");

/** Why a job ended without a picture, in the reader's language. */
export function useReason(): (job: Pick<Job, "error">) => string {
  const { t, code, said } = useText();
  return useCallback(({ error }) => {
    if (!error) return t("job.failed");
    // What came was read as a file that is imported is, and was turned down for the same reasons.
    return said([code("problem", error.code, error.message, error.params), code("import.reason", error.params["rejected"] ?? "", "")]);
  }, [t, code, said]);
}

/** What the provider said itself, where that says more. */
export const saidBy = (job: Pick<Job, "error">) => (job.error && /^provider\.(content|invalid|failed|quota|permission|unknown|answer)$/.test(job.error.code) ? job.error.message : "");

/** Carry out what is no edit of the library; a failure is told. */
export function useTrying(): (doing: () => Promise<unknown>, said?: string) => Promise<boolean> {
  const { say, explain, workspace } = useSession();
  const queries = useQueryClient();
  return useCallback(async (doing, said) => {
    try {
      await doing();
      void queries.invalidateQueries({ queryKey: [workspace, "jobs"] });
      void queries.invalidateQueries({ queryKey: ["status"] }); // what the frame tells of them and of money
      if (said) say(said);
      return true;
    } catch (error) {
      say(explain(error), { bad: true, error });
      return false;
    }
  }, [say, explain, workspace, queries]);
}
