/** A text that is shown once: to be copied, or printed. */
import { Button } from "react-aria-components";
import { Sheet } from "../parts/basics";
import { Icon } from "../parts/Icon";
import { useSession } from "../state/session";
import { useText } from "../text/text";

export function CopyText({ text, title }: { text: string; title: string }) {
  const { t } = useText();
  const { say } = useSession();
  const copy = () => navigator.clipboard.writeText(text).then(() => say(t("copied", { name: title })), () => say(t("copy.failed"), { bad: true }));
  return <Button className="button" onPress={() => void copy()}><Icon name="copy" />{t("copy", { name: title })}</Button>;
}

export function Once({ title, what, text, onClose }: { title: string; what: string; text: string; onClose: () => void }) {
  const { t } = useText();
  return (
    <Sheet title={title} open onClose={onClose}><p>{what}</p><pre className="once" dir="ltr" tabIndex={0}>{text}</pre>
      <div className="row end"><CopyText text={text} title={title} /><Button className="button primary" onPress={onClose}>{t("close")}</Button></div></Sheet>
  );
}
