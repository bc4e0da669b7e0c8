/** A better prompt as a model suggests it: shown beside what is written, and taken only by the person. */
import { useEffect, useRef, useState } from "react";
import { Button } from "react-aria-components";
import { Icon } from "../parts/Icon";
import { Difference } from "../prompts/Difference";
import { useSpeaker } from "../state/data";
import { useLink } from "../state/live";
import { useSession } from "../state/session";
import { useText } from "../text/text";

/** Said to the model, whatever language it is then spoken to in. */
const HOW = `You improve prompts for models that make pictures. Answer with the improved prompt alone: one paragraph, no quotation marks, no remarks, in the language of the prompt.
Keep its subject and its meaning; add what a picture needs, such as light, place, composition and material. Keep everything in {curly}, {{double}} and __underlined__ places letter by letter.`;
const MOST = 8000;

interface Suggestion { of: string; text: string; model: string }

/** The text of an answer without what models like to put around it. */
export function suggested(answer: string): string {
  const text = answer.replace(/<think>[\s\S]*?<\/think>/g, "").trim();
  return (/^(["“「『])[\s\S]*(["”」』])$/.test(text) ? text.slice(1, -1).trim() : text).slice(0, MOST);
}

export function Improve({ prompt, onTake }: { prompt: string; onTake: (prompt: string) => void }) {
  const { t } = useText();
  const { library, say, explain } = useSession();
  const speaker = useSpeaker().data, stopped = useLink() === "stopped";
  const [asking, setAsking] = useState<AbortController | null>(null);
  const [found, setFound] = useState<Suggestion | null>(null);
  const unmount = useRef<AbortController | null>(null);
  useEffect(() => () => unmount.current?.abort(), []);
  if (!speaker) return null;
  const ask = async () => {
    const stop = new AbortController();
    unmount.current = stop;
    setAsking(stop);
    setFound(null);
    try {
      const answer = await library.ask({ text: prompt, system: HOW, provider: speaker.provider, model: speaker.model.id }, stop.signal);
      const text = suggested(answer.text);
      if (!text || text === prompt.trim()) say(t("improve.same"));
      else setFound({ of: prompt, text, model: answer.model });
    } catch (error) {
      if (!stop.signal.aborted) say(explain(error), { bad: true });
    } finally {
      setAsking(null);
    }
  };
  const shown = found?.of === prompt ? found : null; // what is written since is not what it is about
  return (
    <div className="improve">
      {asking
        ? <p className="quiet" role="status">{t("improve.asking", { model: speaker.model.id })} <Button className="link" onPress={() => asking.abort()}>{t("improve.stop")}</Button></p>
        : !shown && prompt.trim() !== "" && <Button className="link" isDisabled={stopped} aria-describedby={stopped ? "away" : undefined} onPress={() => void ask()}><Icon name="create" size={12} />{t("improve.do")}</Button>}
      {shown && (
        <div className="suggestion" role="group" aria-label={t("improve.by", { model: shown.model })}>
          <p className="quiet">{t("improve.by", { model: shown.model })}</p>
          <p dir="auto" className="difference"><Difference before={shown.of} after={shown.text} /></p>
          <div className="row"><Button className="button" autoFocus onPress={() => { onTake(shown.text); setFound(null); }}>{t("improve.take")}</Button>
            <Button className="link" onPress={() => setFound(null)}>{t("improve.leave")}</Button></div>
        </div>
      )}
    </div>
  );
}
