/** Size, number, seed, format and what only some models have: only what the chosen ones take. */
import { useRef, useState } from "react";
import { Button, Group, Input, Label, NumberField, Radio, RadioGroup, Switch, ToggleButton, ToggleButtonGroup } from "react-aria-components";
import type { Option, Range, Scalar } from "../api/types";
import { Icon } from "../parts/Icon";
import { useText } from "../text/text";
import type { Aimed, Draft } from "./draft";
import type { Change } from "./hooks";
import { optionWord, valueWord } from "../text/options";
import { rangeOf } from "./price";
import { boundsOf, isFree, sizesOf, type Size } from "./sizes";

interface KnobsProps { draft: Draft; chosen: readonly Aimed[]; lastSeed: string | null; onChange: Change }

const LONGEST = 22;
/** The option that says how many previews are wanted. */
const PREVIEWS = "previews";

/** A ratio as a little rectangle. */
function Shape({ width, height }: Pick<Size, "width" | "height">) {
  const scale = LONGEST / Math.max(width, height);
  return <span className="shape" aria-hidden="true"><span style={{ inlineSize: width * scale, blockSize: height * scale }} /></span>;
}

interface StepperProps { label: string; value: number; least: number; most: number; step?: number; onChange: (value: number) => void }

export function Stepper({ label, value, least, most, step = 1, onChange }: StepperProps) {
  const { t, number } = useText();
  const typed = useRef("");
  const [limit, setLimit] = useState<number | null>(null);
  // What was typed and does not go becomes the nearest that does, and that is said.
  const settle = () => {
    const wanted = Number(typed.current.normalize("NFKC").replace(/[\s,]/g, "") || value);
    setLimit(wanted > most ? most : wanted < least ? least : null);
    typed.current = "";
  };
  return (
    <NumberField className="stepper" value={value} minValue={least} maxValue={most} step={step} onChange={(to) => { if (Number.isFinite(to)) onChange(to); }} formatOptions={{ useGrouping: false }}>
      <Label>{label}</Label>
      <Group aria-label={label}><Button slot="decrement">−</Button><Input onInput={(event) => { typed.current = event.currentTarget.value; setLimit(null); }} onBlur={settle} onKeyDown={(event) => { if (event.key === "Enter") settle(); }} /><Button slot="increment">+</Button></Group>
      {limit !== null && <small role="status">{t(limit === most ? "create.most" : "create.least", { number: number(limit) })}</small>}
    </NumberField>
  );
}

function Sizes({ draft, chosen, onChange }: KnobsProps) {
  const { t } = useText();
  const models = chosen.map((each) => each.model);
  const sizes = sizesOf(models), bounds = boundsOf(models);
  const usual = models.length === 1 && models[0] ? { width: models[0].usual[0], height: models[0].usual[1] } : null;
  const now = draft.width ? { width: draft.width, height: draft.height } : usual;
  const among = now ? sizes.find((each) => each.width === now.width && each.height === now.height) : undefined;
  const [open, setOpen] = useState(false);
  const free = isFree(models);
  const custom = free && (open || (draft.width > 0 && !among));
  const value = custom ? "custom" : !now ? "usual" : among ? `${among.width}x${among.height}` : "";
  const choose = (to: string) => {
    setOpen(to === "custom");
    if (to === "usual") return onChange({ width: 0, height: 0 });
    const [width = 0, height = 0] = to.split("x").map(Number);
    if (to !== "custom") return onChange({ width, height });
    return now ? onChange(now) : onChange({ width: 1024, height: 1024 });
  };
  return (
    <RadioGroup className="sizes" value={value} onChange={choose}>
      <Label>{t("create.size")}{now && <small className="nums">{now.width} × {now.height}</small>}</Label>
      <div className="shapes">
        {!usual && <Radio value="usual" className="shape-chip"><span className="shape any" aria-hidden="true"><span /></span>{t("create.size.usual")}</Radio>}
        {sizes.map((each) => (
          <Radio key={`${each.width}x${each.height}`} value={`${each.width}x${each.height}`} className="shape-chip" aria-label={`${each.name}, ${each.width} × ${each.height}`}>
            <Shape {...each} /><span>{each.name}</span>
          </Radio>
        ))}
        {free && <Radio value="custom" className="shape-chip"><span className="shape any" aria-hidden="true"><span /></span>{t("create.size.custom")}</Radio>}
      </div>
      {custom && now && <div className="pair">
        <Stepper label={t("create.width")} value={now.width} least={bounds.least} most={bounds.most} step={bounds.step} onChange={(width) => onChange({ ...now, width })} />
        <Stepper label={t("create.height")} value={now.height} least={bounds.least} most={bounds.most} step={bounds.step} onChange={(height) => onChange({ ...now, height })} />
      </div>}
    </RadioGroup>
  );
}

/** A seed that nobody chose: as many as fit into what people can read out. */
const drawn = () => String(crypto.getRandomValues(new Uint32Array(1))[0] ?? 0);

function Seed({ draft, lastSeed, onChange }: KnobsProps) {
  const { t } = useText();
  const fixed = draft.seed !== "";
  return (
    <div className="seed" role="group" aria-labelledby="create-seed">
      <span className="label" id="create-seed">{t("create.seed")}</span>
      <div className="row">
        <ToggleButtonGroup className="segments" selectionMode="single" disallowEmptySelection aria-label={t("create.seed")} selectedKeys={[fixed ? "fixed" : "random"]}
          onSelectionChange={(keys) => onChange({ seed: keys.has("random") ? "" : draft.seed || lastSeed || drawn() })}>
          <ToggleButton id="random">{t("create.seed.random")}</ToggleButton><ToggleButton id="fixed">{t("create.seed.keep")}</ToggleButton>
        </ToggleButtonGroup>
        {fixed && <input className="plain nums" aria-label={t("create.seed.number")} inputMode="numeric" value={draft.seed} onChange={(event) => onChange({ seed: event.target.value.normalize("NFKC").replace(/\D/g, "").slice(0, 19) })} />}
        {fixed && lastSeed && lastSeed !== draft.seed && <Button className="link" onPress={() => onChange({ seed: lastSeed })}>{t("create.seed.last")}</Button>}
      </div>
    </div>
  );
}

/** `price`: of each preview, where the option asks for some. */
interface OptionProps { option: Option; value: Scalar | undefined; price: Range | null; onChange: (value: Scalar) => void }

/** Previews while a picture is made, and what each costs besides. */
function PreviewsField({ label, option, value, price, onChange }: OptionProps & { label: string }) {
  const text = useText();
  return (
    <div className="previews">
      <Stepper label={label} value={Number(value)} least={option.least ?? 0} most={option.most ?? 1} onChange={onChange} />
      <p className="quiet">{price?.most ? text.t("create.previews.cost", { price: rangeOf(price, text) }) : text.t("create.previews")}</p>
    </div>
  );
}

function OptionField({ option, value = option.usual, price, onChange }: OptionProps) {
  const label = optionWord(option.name, useText()) ?? option.name.replaceAll("_", " ");
  if (option.kind === "yes_no") return <Switch className="switch" isSelected={value === true} onChange={onChange}><span className="knob" />{label}</Switch>;
  if (option.kind === "choice") return <Choice label={label} value={String(value)} choices={option.choices ?? []} onChange={onChange} />;
  if (option.name === PREVIEWS) return <PreviewsField label={label} option={option} value={value} price={price} onChange={onChange} />;
  return <Stepper label={label} value={Number(value)} least={option.least ?? -1e9} most={option.most ?? 1e9} step={option.kind === "whole" ? 1 : 0.1} onChange={onChange} />;
}

function Choice({ label, value, choices, onChange }: { label: string; value: string; choices: readonly string[]; onChange: (value: string) => void }) {
  const text = useText();
  return (
    <RadioGroup className="choice" value={value} onChange={onChange}><Label>{label}</Label>
      <div className="segments">{choices.map((each) => <Radio key={each} value={each}>{valueWord(each, text)}</Radio>)}</div></RadioGroup>
  );
}

export function Knobs(props: KnobsProps) {
  const { draft, chosen, onChange } = props;
  const { t } = useText();
  const options = new Map(chosen.flatMap(({ model }) => model.options.map((each) => [each.name, each] as const)));
  const dearest = chosen.flatMap(({ model }) => model.previews?.price ?? []).reduce<Range | null>((most, each) => ((each.most ?? 0) > (most?.most ?? 0) ? each : most), null);
  const formats = [...new Set(chosen.flatMap(({ model }) => model.formats))];
  return (
    <>
      <Sizes {...props} />
      <div className="pair">
        {!draft.sheet && <Stepper label={t("create.count")} value={draft.count} least={1} most={1000} onChange={(count) => onChange({ count })} />}
        {chosen.some(({ model }) => model.seed) && <Seed {...props} />}
      </div>
      {formats.length > 1 && <Choice label={t("create.format")} value={draft.format || (formats[0] ?? "")} choices={formats} onChange={(format) => onChange({ format })} />}
      {[...options.values()].map((each) => <OptionField key={each.name} option={each} value={draft.options[each.name]} price={each.name === PREVIEWS ? dearest : null} onChange={(value) => onChange({ options: { ...draft.options, [each.name]: value } })} />)}
      {Object.keys(draft.options).length > 0 && options.size > 0 && <Button className="link start" onPress={() => onChange({ options: {} })}><Icon name="undo" size={14} />{t("create.options.usual")}</Button>}
    </>
  );
}
