/** Asked before the same order goes out once more, where that may cost something. */
import { Button } from "react-aria-components";
import type { Quote } from "../api/types";
import { Sheet } from "../parts/basics";
import { useText } from "../text/text";
import { priceOf } from "./price";

export function Again({ open, quote, onClose, onAgain }: { open: boolean; quote: Quote | null; onClose: () => void; onAgain: () => void }) {
  const text = useText();
  const { t } = text;
  return (
    <Sheet title={t("create.again")} open={open} onClose={onClose}>
      <p>{t("create.again.why", { price: quote ? priceOf(quote, text) : t("estimate.unknown") })}</p>
      <div className="row end"><Button className="button" autoFocus onPress={onClose}>{t("create.again.not")}</Button>
        <Button className="button primary" onPress={onAgain}>{t("create.again.do")}</Button></div>
    </Sheet>
  );
}
