/** What is told over every view: that Gesso does not answer, and what goes on meanwhile. */
import { Button } from "react-aria-components";
import { Icon } from "../parts/Icon";
import { useLink } from "../state/live";
import { useText } from "../text/text";

export function Away({ onRetry }: { onRetry: () => void }) {
  const { t } = useText();
  const link = useLink();
  if (link === "open") return null;
  return (
    <div className="banner bad away" role="alert" data-away={link}><Icon name="offline" />
      <p><b>{t(`away.${link}`)}</b> {t("away.works")} {t(`away.${link}.how`)} <code>{link === "stopped" ? "gesso start" : "gesso restart"}</code></p>
      <Button className="link" onPress={onRetry}>{t("retry")}</Button></div>
  );
}
