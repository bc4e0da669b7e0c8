/** The export presets: to be made, copied, changed, removed. */
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Button } from "react-aria-components";
import type { Choices, Preset } from "../api/types";
import { Sheet } from "../parts/basics";
import { Icon } from "../parts/Icon";
import { usePresets } from "../state/data";
import { useMay } from "../state/may";
import { useSession } from "../state/session";
import { useText } from "../text/text";
import { choicesOf, described, nameOf } from "./choices";
import { Editor } from "./Editor";

/** What is written: a preset that is changed, or a new one that begins as another. */
export interface Writing { preset: Preset | null; start?: Choices; name?: string }

export function Actions({ preset, onWrite }: { preset: Preset; onWrite: (writing: Writing) => void }) {
  const text = useText();
  const { t } = text;
  const { library, act } = useSession();
  const may = useMay();
  const name = nameOf(preset, text);
  return (
    <>
      {may.write && <Button className="link" aria-label={t("preset.copy.of", { name })} onPress={() => onWrite({ preset: null, start: choicesOf(preset), name: t("preset.copied", { name }) })}>{t("preset.copy")}</Button>}
      {may.write && !preset.builtin && <Button className="link" aria-label={t("preset.edit.of", { name })} onPress={() => onWrite({ preset })}>{t("preset.edit")}</Button>}
      {may.write && !preset.builtin && <Button className="link" aria-label={t("preset.delete.of", { name })} onPress={() => void act(() => library.deletePreset(preset.id), t("preset.deleted", { name }))}>{t("preset.delete")}</Button>}
    </>
  );
}

/** The newest picture, to show with it what a preset makes. */
function useNewest(): string | null {
  const { library, workspace } = useSession();
  const list = { q: "", sort: "newest", at: null } as const;
  const found = useQuery({ queryKey: [workspace, "assets", "newest", list], queryFn: ({ signal }) => library.page(list, 0, 1, signal) });
  return found.data?.items[0]?.id ?? null;
}

export function Presets() {
  const text = useText();
  const { t } = text;
  const presets = usePresets();
  const may = useMay();
  const sample = useNewest();
  const [writing, setWriting] = useState<Writing | null>(null);
  return (
    <section><h2>{t("presets")}</h2><p className="quiet">{t("presets.how")}</p>
      <ul className="copies">{(presets.data ?? []).map((each) => (
        <li key={each.id} className="row"><span className="grow"><b dir="auto">{nameOf(each, text)}</b><small>{described(each, text)}{each.builtin && ` · ${t("preset.is_builtin")}`}</small></span><Actions preset={each} onWrite={setWriting} /></li>))}</ul>
      {may.write && <Button className="button start" onPress={() => setWriting({ preset: null })}><Icon name="add" />{t("preset.new")}</Button>}
      <Sheet title={writing?.preset ? t("preset.edit.of", { name: writing.preset.name }) : t("preset.new")} open={writing !== null} onClose={() => setWriting(null)} wide>
        {writing && <Editor {...writing} sample={sample} onDone={() => setWriting(null)} />}
      </Sheet>
    </section>
  );
}
