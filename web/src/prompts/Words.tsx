/** The text of a saved prompt in one language, kept when one is done writing, and what would be sent of it. */
import { useEffect, useMemo, useRef, useState } from "react";
import { Sent } from "../create/Composer";
import { aimed, EMPTY, orderOf } from "../create/draft";
import { useEstimate } from "../create/hooks";
import { PromptField } from "../create/PromptField";
import type { SavedPrompt, Variant } from "../api/types";
import { useProviders } from "../state/data";
import { useText } from "../text/text";

interface WordsProps {
  prompt: SavedPrompt; said: Variant;
  /** False: it was not kept, and the letters stay here. `read`: as it was when the writing began. */
  onSave: (to: Variant, read: Variant) => Promise<boolean>;
  /** What stands there now, kept or not. */
  onWrite: (now: Variant) => void;
}
const same = (one: Variant, other: Variant) => one.text === other.text && one.negative === other.negative;

export function Words({ prompt, said, onSave, onWrite }: WordsProps) {
  const { t } = useText();
  const [draft, setDraft] = useState<{ now: Variant; read: Variant } | null>(null);
  const latest = useRef(draft), saver = useRef(onSave), turn = useRef<Promise<unknown>>(Promise.resolve());
  useEffect(() => { saver.current = onSave; });
  const put = (to: typeof draft) => { latest.current = to; setDraft(to); };
  const send = async () => {
    const mine = latest.current;
    if (!mine || same(mine.now, mine.read) || !(await saver.current(mine.now, mine.read))) return;
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
  const providers = useProviders();
  const order = useMemo(() => {
    const chosen = aimed([], providers.data ?? []);
    return { ...orderOf({ ...EMPTY, prompt: shown.text, negative: shown.negative, count: 1 }, chosen), variables: prompt.variables };
  }, [shown.text, shown.negative, providers.data, prompt.variables]);
  const { quote } = useEstimate(order);
  // What fills a place may be left to whoever uses the prompt.
  const faults = (field: string) => (quote?.faults ?? []).filter((each) => each.code.startsWith("prompt.") && each.code !== "prompt.variable" && (each.field ?? "prompt") === field);
  return (
    <div className="prompt-words" onBlur={save}>
      <PromptField id="prompt" label={t("create.prompt")} value={shown.text} placeholder={t("create.prompt.hint")} past={[]} faults={faults("prompt")} onChange={(text) => write({ text })} onBegin={save} />
      {quote && shown.text.trim() && <Sent quote={quote} prompt={shown.text} />}
      <PromptField id="negative" label={t("fact.negative")} value={shown.negative} placeholder={t("create.negative.hint")} past={[]} faults={faults("negative")} onChange={(negative) => write({ negative })} onBegin={save} />
    </div>
  );
}
