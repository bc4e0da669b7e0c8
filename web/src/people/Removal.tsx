/** Somebody is to be removed: what that means, and which originals nobody else has. */
import { useQueries } from "@tanstack/react-query";
import { Button } from "react-aria-components";
import { sharing } from "../api/sharing";
import type { Member } from "../api/types";
import { Only } from "../devices/Revoke";
import { Sheet } from "../parts/basics";
import { useSession } from "../state/session";
import { useText } from "../text/text";

export function Removal({ member, onClose, onDone }: { member: Member; onClose: () => void; onDone: () => void }) {
  const { t, n } = useText();
  const { workspace } = useSession();
  const { onlyThere } = sharing(workspace);
  const { name } = member, devices = member.devices.filter((each) => !each.revoked);
  const found = useQueries({ queries: devices.map(({ id }) => ({ queryKey: [workspace, "only", id], queryFn: () => onlyThere(id), gcTime: 0 })) });
  const known = found.flatMap((each) => each.data ?? []), some = known.filter((each) => each.originals > 0);
  return (
    <Sheet title={t("people.remove.ask", { name })} open onClose={onClose}>
      <p>{n("people.remove.what", devices.length)}</p>
      {known.length < devices.length ? <p className="quiet">{t("loading")}</p> : some.map((each, at) => <Only key={at} found={each} after={false} />)}
      {known.length === 1 && devices.length === 1 && !some.length && <p>{t("revoke.nothing_only")}</p>}
      <div className="row end"><Button className="button" autoFocus onPress={onClose}>{t("cancel")}</Button><Button className="button danger" onPress={() => { onClose(); onDone(); }}>{t("people.remove")}</Button></div>
    </Sheet>
  );
}
