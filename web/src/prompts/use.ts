/** Opens Create with a saved prompt: the draft keeps everything else that was chosen there. */
import type { SavedPrompt, Variant } from "../api/types";
import { UNSAVED } from "../create/draft";
import { keepWritten } from "../create/history";
import { keepDraft, readDraft } from "../create/keeping";
import { go, href } from "../state/route";
import { useSession } from "../state/session";
import { saidIn } from "./words";

export function useUse() {
  const { workspace } = useSession();
  return (prompt: SavedPrompt, language: string | null, said: Variant = saidIn(prompt, language)) => {
    const draft = readDraft(localStorage, workspace);
    // What was written and not sent is still there, one step back.
    if (draft.prompt !== said.text) keepWritten(localStorage, workspace, draft.prompt);
    keepDraft(localStorage, workspace, { ...draft, ...UNSAVED, prompt: said.text, negative: said.negative, saved: prompt.id, language, sheet: null });
    go(href("create"));
  };
}
