/** What stands in a view's place while it has nothing to show yet: its shape, or why it could not be had. */
import { Button } from "react-aria-components";
import { Unreachable } from "../api/client";
import { Empty } from "../parts/basics";
import { useSession } from "../state/session";
import { useText } from "../text/text";

interface Asked { data: unknown; error: Error | null; isFetching: boolean; refetch: () => unknown }
interface ComingProps { /** All of them are needed. */ of: readonly Asked[]; shape: "rows" | "cards" | "tiles"; count?: number }

export function Coming({ of, shape, count = 6 }: ComingProps) {
  const { t } = useText();
  const { explain } = useSession();
  const missing = of.filter((each) => each.data === undefined);
  const failed = missing.find((each) => each.error !== null && !each.isFetching);
  if (!missing.length) return null;
  if (failed?.error) {
    return <div role="alert"><Empty icon="offline" title={failed.error instanceof Unreachable ? t("loading.failed") : explain(failed.error)}><Button className="button" onPress={() => missing.forEach((each) => void each.refetch())}>{t("retry")}</Button></Empty></div>;
  }
  return <div className={`coming ${shape}`} role="status" aria-busy="true"><span className="unseen">{t("loading")}</span>{Array.from({ length: count }, (_, each) => <span key={each} className="blank" />)}</div>;
}
