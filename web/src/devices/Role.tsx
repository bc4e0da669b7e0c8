/** What somebody may do: chosen from four roles, each with what it means. */
import { Radio, RadioGroup } from "react-aria-components";
import type { Given } from "../api/sharing";
import { useText } from "../text/text";

export const ROLES: readonly Given[] = ["admin", "editor", "reviewer", "viewer"];

export function RoleChoice({ role, onChange }: { role: Given; onChange: (role: Given) => void }) {
  const { t } = useText();
  return (
    <RadioGroup className="choices roles" aria-label={t("people.role")} value={role} onChange={(value) => onChange(value as Given)}>
      <span>{t("people.role")}</span>
      {ROLES.map((each) => <Radio key={each} value={each}>{t(`role.${each}`)}</Radio>)}
      <p className="quiet">{t(`peer.role.${role}`)}</p>
    </RadioGroup>
  );
}
