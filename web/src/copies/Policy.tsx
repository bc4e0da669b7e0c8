/** What this device keeps of originals, where there are other devices; and pinning a project or an album. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Button, Label, Radio, RadioGroup } from "react-aria-components";
import type { Policies } from "../api/types";
import { Icon } from "../parts/Icon";
import { useSession } from "../state/session";
import { useText } from "../text/text";
import { useKeeping } from "./Keeping";

const KINDS = ["everything", "recent", "thumbnails"] as const;

const keyOf = (workspace: string) => [workspace, "asset", "policies"];

export function usePolicies() {
  const { library, workspace } = useSession();
  return useQuery({ queryKey: keyOf(workspace), queryFn: library.policies }).data;
}

/** Of the settings: nothing where there is one device. */
export function Originals() {
  const { t, n, bytes, number } = useText();
  const { library, workspace, act } = useSession();
  const policies = usePolicies(), queries = useQueryClient();
  if (!policies?.others) return null;
  const days = policies.default.days;
  /** Shown at once: until the answer came, the choice before could not be made again. */
  const choose = async (kind: Policies["default"]["kind"]) => {
    const queryKey = keyOf(workspace);
    await queries.cancelQueries({ queryKey });
    queries.setQueryData<Policies>(queryKey, { ...policies, default: { ...policies.default, kind } });
    try {
      queries.setQueryData<Policies>(queryKey, await library.setPolicy({ kind, days }));
    } catch (error) {
      await queries.invalidateQueries({ queryKey });
      throw error;
    }
    return null;
  };
  return (
    <section><h2>{t("keep.menu")}</h2>
      <RadioGroup className="choices" value={policies.default.kind} onChange={(to) => void act(() => choose(KINDS.find((each) => each === to) ?? "everything"))}>
        <Label>{t("keep.label")}</Label>
        {KINDS.map((each) => <Radio key={each} value={each}>{each === "recent" ? n("keep.recent", days) : t(`keep.${each}`)}</Radio>)}
      </RadioGroup>
      <p>{policies.quota === null ? t("keep.takes", { bytes: bytes(policies.originals) }) : t("keep.takes.of", { bytes: bytes(policies.originals), quota: bytes(policies.quota) })}</p>
      <p className="quiet">{t("keep.how", { count: number(policies.copies) })}</p>
    </section>
  );
}

/** Whether all originals of a project or an album stay here. Nothing where there is one device. */
export function PinAll({ subject }: { subject: string }) {
  const { t } = useText();
  const policies = usePolicies();
  const { pin, unpin } = useKeeping();
  if (!policies?.others) return null;
  const pinned = policies.pinned.includes(subject);
  return <Button className="button" onPress={() => void (pinned ? unpin([subject]) : pin([subject]))}><Icon name={pinned ? "unpin" : "pin"} />{t(pinned ? "keep.unpin" : "keep.pin")}</Button>;
}
