/** That something of this was set differently at once, and where to settle it. */
import { Icon } from "../parts/Icon";
import { href } from "../state/route";
import { useText } from "../text/text";
import { fieldWord } from "./words";

export function Disputed({ fields }: { fields: readonly string[] }) {
  const text = useText();
  if (!fields.length) return null;
  return (
    <p className="disputed"><Icon name="conflict" size={14} /><span>{text.t("conflict.here", { fields: text.list(fields.map((each) => fieldWord(each, text))) })}</span>
      <a className="link" href={href("conflicts")}>{text.t("conflict.go")}</a></p>
  );
}
