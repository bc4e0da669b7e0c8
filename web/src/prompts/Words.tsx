/** The text of a saved prompt in one language, kept when one is done writing, and what would be sent of it. */
import { useEffect, useMemo, useRef, useState } from "react";
import { Sent } from "../create/Composer";
import { aimed, EMPTY, orderOf } from "../create/draft";
import { useEstimate } from "../create/hooks";
import { PromptField } from "../create/PromptField";
import type { SavedPrompt, Variant } from "../api/types";
import { useShared } from "../shared/useShared";
import { useProviders } from "../state/data";
import { useMay } from "../state/may";
import { useText } from "../text/text";

interface WordsProps {
  prompt: SavedPrompt; said: Variant;
  /** False: it was not kept, and the letters stay here. */
  onSave: (to: Variant) => Promise<boolean>;
  /** What stands there now, kept or not. */
  onWrite: (now: Variant) => void;
}
const same = (one: Variant, other: Variant) => one.text === other.text && one.negative === other.negative;

export function Words({ prompt, said, onSave, onWrite }: WordsProps) {
  const [draft, setDraft] = useState<{ now: Variant; read: Variant } | null>(null);
  const latest = useRef(draft), saver = useRef(onSave), turn = useRef<Promise<unknown>>(Promise.resolve());
  useEffect(() => { saver.current = onSave; });
  const put = (to: typeof draft) => { latest.current = to; setDraft(to); };
  const send = async () => {
    const mine = latest.current;
    if (!mine || same(mine.now, mine.read) || !(await saver.current(mine.now))) return;
    const now = latest.current;
    put(now === null || same(now.now, mine.now) ? null : { now: now.now, read: mine.now });
  };
  const [save] = useState(() => () => { turn.current = turn.current.then(send); });
  useEffect(() => save, [save]);
  const shown = draft?.now ?? said;
  const write = (to: Partial<Variant>) => {
    const now = { text: shown.text, negative: shown.negative, ...to };
    put({ now, read: draft?.read ?? { text: said.text, negative: said.negative } });
    onWrite(now);
  };
  return (
    <div className="prompt-words" onBlur={save}>
      <Fields prompt={prompt} said={shown} onText={(text) => write({ text })} onNegative={(negative) => write({ negative })} onBegin={save} />
    </div>
  );
}

/** The same of the prompt as it was first written, which several people may write at once. */
export function SharedWords({ prompt, onWrite }: Pick<WordsProps, "prompt" | "onWrite">) {
  const text = useShared({ document: prompt.id, field: "text", value: prompt.text });
  const negative = useShared({ document: prompt.id, field: "negative", value: prompt.negative });
  const said = useMemo(() => ({ text: text.shown, negative: negative.shown }), [text.shown, negative.shown]);
  useEffect(() => onWrite(said));
  return (
    <div className="prompt-words">
      <Fields prompt={prompt} said={said} onText={text.write} onNegative={negative.write} onBegin={() => (document.activeElement as HTMLElement | null)?.blur()} around={text.around} aroundNegative={negative.around} />
    </div>
  );
}

interface FieldsProps {
  prompt: SavedPrompt; said: Variant; onText: (text: string) => void; onNegative: (text: string) => void; onBegin: () => void;
  around?: React.ComponentProps<"div">; aroundNegative?: React.ComponentProps<"div">;
}

function Fields({ prompt, said, onText, onNegative, onBegin, around, aroundNegative }: FieldsProps) {
  const { t } = useText();
  const may = useMay();
  const providers = useProviders();
  const order = useMemo(() => {
    const chosen = aimed([], providers.data ?? []);
    return { ...orderOf({ ...EMPTY, prompt: said.text, negative: said.negative, count: 1 }, chosen), variables: prompt.variables };
  }, [said.text, said.negative, providers.data, prompt.variables]);
  const { quote } = useEstimate(order);
  // What fills a place may be left to whoever uses the prompt.
  const faults = (field: string) => (quote?.faults ?? []).filter((each) => each.code.startsWith("prompt.") && each.code !== "prompt.variable" && (each.field ?? "prompt") === field);
  return (
    <>
      <div className="shared" {...around}><PromptField id="prompt" label={t("create.prompt")} value={said.text} placeholder={t("create.prompt.hint")} past={[]} readOnly={!may.write} faults={faults("prompt")} onChange={onText} onBegin={onBegin} /></div>
      {quote && said.text.trim() && <Sent quote={quote} prompt={said.text} />}
      <div className="shared" {...aroundNegative}><PromptField id="negative" label={t("fact.negative")} value={said.negative} placeholder={t("create.negative.hint")} past={[]} readOnly={!may.write} faults={faults("negative")} onChange={onNegative} onBegin={onBegin} /></div>
    </>
  );
}
