/** What stands here when the page is not let in, or nobody answers. */
import { Button } from "react-aria-components";
import { Icon } from "../parts/Icon";
import { useText } from "../text/text";

export function SignedOut() {
  const { t } = useText();
  return (
    <main className="alone">
      <h1>Gesso</h1>
      <h2>{t("signedout.title")}</h2>
      <p>{t("signedout.why")}</p>
      <p>{t("signedout.how")}</p>
      <pre><code>gesso ui</code></pre>
      <p className="quiet">{t("signedout.lost")}</p>
    </main>
  );
}

export function Stopped({ onRetry }: { onRetry: () => void }) {
  const { t } = useText();
  return (
    <main className="alone">
      <Icon name="offline" size={40} />
      <h1>{t("stopped.title")}</h1>
      <p>{t("stopped.how")}</p>
      <pre><code>gesso start</code></pre>
      <Button className="button primary" onPress={onRetry}>{t("retry")}</Button>
    </main>
  );
}
