/** The form of an export preset, with what one picture would become, and what is wrong where it stands. */
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { Button, FieldError, Input, Label, Radio, RadioGroup, Switch, Text, TextField } from "react-aria-components";
import { ApiError } from "../api/client";
import type { Choices, Preset } from "../api/types";
import { useRested } from "../create/hooks";
import { Stepper } from "../create/Knobs";
import { useSession } from "../state/session";
import { useText, type Key } from "../text/text";
import { changes, choicesOf, COLOURS, CREDENTIALS, FIELDS, FOLDERS, FORMATS, formatted, isLossy, METADATA, NEW } from "./choices";
import { Losses } from "./Outcome";

const REST = 250;
/** The field that a refusal is about, where the daemon does not point to one. */
const ABOUT: Record<string, string> = { preset_exists: "name", no_name: "name" };

const fieldOf = (error: unknown) => (error instanceof ApiError ? (ABOUT[error.code] ?? error.body.errors?.[0]?.pointer.replace(/^\//, "") ?? null) : null);

interface ChoiceProps<T extends string> { label: string; stem: string; all: readonly T[]; value: T; onChange: (value: T) => void; error?: string | undefined }

function Choice<T extends string>({ label, stem, all, value, onChange, error }: ChoiceProps<T>) {
  const { t } = useText();
  return (
    <RadioGroup className="choices" value={value} onChange={(to) => onChange(to as T)} isInvalid={error !== undefined}><Label>{label}</Label>
      {all.map((each) => <Radio key={each} value={each}>{t(`preset.${stem}.${each}` as Key)}</Radio>)}
      {error && <FieldError className="field-error">{error}</FieldError>}</RadioGroup>
  );
}

interface LineProps { label: string; value: string; onChange: (value: string) => void; error?: string | undefined; hint?: string; example?: string; field?: React.Ref<HTMLInputElement>; autoFocus?: boolean }

function Line({ label, value, onChange, error, hint, example, field, autoFocus = false }: LineProps) {
  return (
    <TextField className="field" value={value} onChange={onChange} isInvalid={error !== undefined} autoFocus={autoFocus}>
      <Label>{label}</Label><Input ref={field} dir="auto" placeholder={example} />
      {hint && <Text slot="description" className="quiet">{hint}</Text>}
      <FieldError className="field-error">{error}</FieldError>
    </TextField>
  );
}

/** What the picture would become, as the daemon makes it. */
function useTried(choices: Choices, sample: string | null) {
  const { library, workspace } = useSession();
  const rested = useRested(choices, REST);
  return useQuery({
    queryKey: [workspace, "preset", "tried", rested, sample], queryFn: ({ signal }) => library.tryPreset(rested, sample, signal),
    placeholderData: keepPreviousData, staleTime: 30_000, gcTime: 60_000,
  });
}

function Example({ tried }: { tried: ReturnType<typeof useTried> }) {
  const { t, bytes, code } = useText();
  const { file, failed } = tried.data ?? { file: null, failed: null };
  if (tried.error) return <p className="quiet" role="status">{t("preset.example.wrong")}</p>;
  return (
    <p className="preset-example" role="status" aria-busy={tried.isPlaceholderData || undefined}>
      {file && <><b><bdi>{file.file}</bdi></b> <span className="nums">{file.width} × {file.height} · {bytes(file.bytes)}</span><Losses of={file} /></>}
      {failed && <>{failed.name}: {code("export.reason", failed.code, failed.reason)}</>}
      {!file && !failed && <span className="quiet">{t(tried.data ? "preset.example.none" : "loading")}</span>}
    </p>
  );
}

/** What was written and neither saved nor cancelled: whoever leaves by mistake finds it again. */
const unsaved = new Map<string, { name: string; choices: Choices }>();

interface EditorProps {
  /** The one that is changed; null makes a new one. */
  preset: Preset | null; start?: Choices; name?: string;
  /** A picture to show the outcome with. */
  sample: string | null; onDone: (saved: Preset | null) => void;
}

export function Editor({ preset, start = preset ?? NEW, name: called = preset?.name ?? "", sample, onDone }: EditorProps) {
  const { t } = useText();
  const { library, deed, say, explain, workspace } = useSession();
  const place = JSON.stringify([workspace, preset?.id ?? null, called]);
  const [name, setName] = useState(() => unsaved.get(place)?.name ?? called);
  const [choices, setChoices] = useState(() => unsaved.get(place)?.choices ?? choicesOf(start));
  const done = (saved: Preset | null) => { unsaved.delete(place); onDone(saved); };
  const [refused, setRefused] = useState<unknown>(null);
  const pattern = useRef<HTMLInputElement>(null);
  const tried = useTried(choices, sample);
  const put = (to: Partial<Choices>) => {
    setRefused(null);
    setChoices({ ...choices, ...to });
    unsaved.set(place, { name, choices: { ...choices, ...to } });
  };
  const call = (to: string) => { setRefused(null); setName(to); unsaved.set(place, { name: to, choices }); };
  const wrong = refused ?? tried.error, about = fieldOf(wrong);
  const error = (field: string) => (about === field ? explain(wrong) : undefined);
  const insert = (text: string) => {
    const at = pattern.current?.selectionStart ?? choices.pattern.length, end = pattern.current?.selectionEnd ?? at;
    put({ pattern: choices.pattern.slice(0, at) + text + choices.pattern.slice(end) });
    requestAnimationFrame(() => { pattern.current?.focus(); pattern.current?.setSelectionRange(at + text.length, at + text.length); });
  };
  const save = async () => {
    try {
      const saved = await deed(() => (preset ? library.editPreset(preset.id, { ...(name === preset.name ? {} : { name }), ...changes(preset, choices) }) : library.newPreset({ ...choices, name })), (answer) => answer.action);
      say(t("preset.saved", { name: saved.name }), { undo: saved.action });
      done(saved);
    } catch (problem) {
      setRefused(problem);
      if (!fieldOf(problem)) say(explain(problem), { bad: true });
    }
  };
  const own = choices.format !== "original";
  return (
    <form className="stack preset-form" onSubmit={(event) => { event.preventDefault(); void save(); }}>
      <Line label={t("project.name")} value={name} onChange={call} error={error("name")} autoFocus />
      <Choice label={t("preset.format")} stem="format" all={FORMATS} value={choices.format} onChange={(format) => put(formatted(choices, format))} error={error("format")} />
      {own && (isLossy(choices) || choices.format === "webp") && <div className="row">
        {isLossy(choices) && <Stepper label={t("preset.quality")} value={choices.quality} least={1} most={100} onChange={(quality) => put({ quality })} />}
        {choices.format === "webp" && <Switch className="switch" isSelected={choices.lossless} onChange={(lossless) => put({ lossless })}><span className="knob" />{t("preset.lossless")}</Switch>}
        {error("quality") && <span className="field-error" role="alert">{error("quality")}</span>}
      </div>}
      {own && <>
        <Line label={t("preset.size")} value={choices.size} onChange={(size) => put({ size: size.trim() })} error={error("size")} hint={t("preset.size.how")} example="2048" />
        {choices.size !== "" && <Switch className="switch" isSelected={choices.enlarge} onChange={(enlarge) => put({ enlarge })}><span className="knob" />{t("preset.enlarge")}</Switch>}
        {choices.format === "jpeg" && <Line label={t("preset.background")} value={choices.background} onChange={(background) => put({ background: background.trim() })} error={error("background")} example="#ffffff" />}
        <Choice label={t("preset.colour")} stem="colour" all={COLOURS} value={choices.colour} onChange={(colour) => put({ colour })} />
        <Choice label={t("preset.metadata")} stem="metadata" all={METADATA} value={choices.metadata} onChange={(metadata) => put({ metadata })} />
        <Choice label={t("preset.credentials")} stem="credentials" all={CREDENTIALS} value={choices.credentials} onChange={(credentials) => put({ credentials })} />
      </>}
      <Line label={t("preset.pattern")} value={choices.pattern} onChange={(to) => put({ pattern: to })} error={error("pattern")} field={pattern} />
      <div className="tags" role="group" aria-label={t("preset.fields")}>{FIELDS.map((each) => <Button key={each} className="chip" onPress={() => insert(each)}>{each}</Button>)}</div>
      <Choice label={t("preset.folders")} stem="folders" all={FOLDERS} value={choices.folders} onChange={(folders) => put({ folders })} />
      <div className="preset-foot"><Example tried={tried} />
        <div className="row end"><Button className="button" onPress={() => done(null)}>{t("cancel")}</Button><Button className="button primary" type="submit" isDisabled={!name.trim()}>{t("save")}</Button></div></div>
    </form>
  );
}
