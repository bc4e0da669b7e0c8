/** What a check found, in the reader's language; a finding that this page does not know stays as the daemon says it. */
import type { Finding } from "../api/types";
import type { Text } from "./text";

export function said({ code }: Pick<Text, "code">, finding: Finding): { what: string; where: string; remedy: string } {
  return {
    what: code("finding", finding.code, finding.what, finding.params),
    where: finding.where,
    remedy: code("finding", `${finding.code}.remedy`, finding.remedy, finding.params),
  };
}
