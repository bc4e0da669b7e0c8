/** Somebody is to be removed: what that means, and which originals nobody else has. */
import { useQuery } from "@tanstack/react-query";
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
  const { onlyTheirs } = sharing(workspace);
  const { name } = member, devices = member.devices.filter((each) => !each.revoked);
  // Of all their devices together: what two of them have and nobody else goes with them, too.
  const found = useQuery({ queryKey: [workspace, "only", member.id], queryFn: () => onlyTheirs(member.id), gcTime: 0 }).data;
  return (
    <Sheet title={t("people.remove.ask", { name })} open onClose={onClose}>
      <p>{n("people.remove.what", devices.length)}</p>
      {found ? <Only found={found} after={false} of={name} /> : <p className="quiet">{t("loading")}</p>}
      <div className="row end"><Button className="button" autoFocus onPress={onClose}>{t("cancel")}</Button><Button className="button danger" onPress={() => { onClose(); onDone(); }}>{t("people.remove")}</Button></div>
    </Sheet>
  );
}
