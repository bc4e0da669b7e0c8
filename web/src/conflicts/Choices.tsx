/** The values of one conflict side by side, as one would see each; a press takes it. */
import { useQueryClient } from "@tanstack/react-query";
import { Button } from "react-aria-components";
import type { Choice, Color, Conflict } from "../api/types";
import { Dot, Stars } from "../parts/basics";
import { Icon } from "../parts/Icon";
import { useSession } from "../state/session";
import { useText } from "../text/text";
import { fieldWord, inWords } from "./words";

/** Takes a value for everybody, to the end of what is seen of it; what was settled elsewhere meanwhile is said, and shown. */
export function useSettle() {
  const { t } = useText();
  const text = useText();
  const { library, workspace, act } = useSession();
  const queries = useQueryClient();
  return async (conflict: Conflict, value: unknown) => {
    const seen = conflict.choices.map((each) => each.value);
    const said = t("conflict.settled", { field: fieldWord(conflict.field, text), name: conflict.name });
    const done = await act(() => library.resolve({ document: conflict.document, field: conflict.field, value, seen }), said);
    await queries.invalidateQueries({ queryKey: done ? [workspace, "conflicts"] : [workspace] });
  };
}

function Value({ field, choice }: { field: string; choice: Choice }) {
  const text = useText();
  const { library } = useSession();
  const words = inWords(field, choice.number ?? choice.name ?? choice.value, text);
  if (field === "rating" && typeof choice.value === "number" && choice.value > 0) return <Stars rating={choice.value} size={20} />;
  return (
    <>
      {choice.thumbnail && <img src={library.blob(choice.thumbnail)} alt="" />}
      {field === "color" && <Dot color={(choice.value || null) as Color | null} big />}
      {field === "label" && choice.value !== "" && <span className={`swatch ${String(choice.value)}`} />}
      {field === "flag" && choice.value !== "" && <Icon name={choice.value === "pick" ? "flag" : "reject"} fill={choice.value === "pick"} />}
      <b dir="auto">{words}</b>
    </>
  );
}

export function Choices({ conflict, readOnly = false, keys = false, onTake }: { conflict: Conflict; readOnly?: boolean; /** Digits take them. */ keys?: boolean; onTake: (value: unknown) => void }) {
  const { t, moment, list } = useText();
  return (
    <div className="claims">
      {conflict.choices.map((choice, at) => (
        <Button key={at} className={choice.shown ? "claim shown" : "claim"} isDisabled={readOnly} aria-keyshortcuts={keys && at < 9 ? String(at + 1) : undefined} onPress={() => onTake(choice.value)}>
          <span className="unseen">{t("conflict.take")} </span>
          <span className="value"><Value field={conflict.field} choice={choice} /></span>{" "}
          <small>{list(choice.by.map((each) => (each.when > 0 ? `${each.device}, ${moment(each.when)}` : each.device)))}</small>{" "}
          {choice.shown && <small className="in-use">{t("conflict.shown")}</small>}
          {keys && at < 9 && <kbd aria-hidden="true">{at + 1}</kbd>}
        </Button>
      ))}
    </div>
  );
}
