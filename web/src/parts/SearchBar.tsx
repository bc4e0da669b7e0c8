/** Words, filters and order of a search. Filters are buttons that become chips; the whole query stands in the address. */
import { useEffect, useRef, useState } from "react";
import { Button, DialogTrigger, Input, ListBox, ListBoxItem, Popover, SearchField, Select, SelectValue, Slider, SliderThumb, SliderTrack } from "react-aria-components";
import { pathOf } from "../albums/tree";
import type { Listing, Order } from "../api/library";
import type { Facets } from "../api/types";
import { useAlbums, useFacets, useProjects, usePrompts } from "../state/data";
import { SORTS } from "../state/listing";
import { has, isPlain, parse, toggle, without, withWords, words } from "../state/query";
import { useText, type Key } from "../text/text";
import { Dot, IconButton } from "./basics";
import { Icon } from "./Icon";

interface FacetKind { name: Exclude<keyof Facets, "total"> | "albums"; key: string; many: boolean }
const KINDS: FacetKind[] = [
  { name: "tags", key: "tag", many: true }, { name: "ratings", key: "rating", many: false }, { name: "flags", key: "flag", many: false },
  { name: "labels", key: "label", many: false }, { name: "projects", key: "project", many: true }, { name: "albums", key: "album", many: true },
  { name: "models", key: "model", many: false }, { name: "tools", key: "tool", many: false }, { name: "months", key: "date", many: false },
  { name: "media_types", key: "type", many: false }, { name: "states", key: "state", many: false },
];

/** What a value looks like, where it has a colour. */
function Mark({ of, value }: { of: string; value: string }) {
  const projects = useProjects(), albums = useAlbums();
  const album = of === "album" ? albums.data?.find((each) => each.id === value)?.color : null;
  if (album) return <Dot color={album} />; // most albums have none
  if (of === "label") return <span className={`swatch ${value}`} />;
  return of === "project" ? <Dot color={projects.data?.find((each) => each.id === value)?.color ?? null} /> : null;
}

/** A facet's value as it stands in the query. */
const valueOf = (kind: FacetKind, value: string) => (kind.key === "type" ? value.replace("image/", "") : value);

function useFacetText() {
  const { t, n, month, code } = useText();
  const projects = useProjects(), albums = useAlbums(), prompts = usePrompts();
  return (key: string, value: string): string => {
    if (key === "rating") return /^[0-5]$/.test(value) ? (value === "0" ? t("rating.none") : n("rating.stars", Number(value))) : value;
    if (key === "date" && /^\d{4}-\d{2}$/.test(value)) return month(value);
    if (key === "project") return projects.data?.find((each) => each.id === value)?.name ?? value.slice(0, 8);
    if (key === "album") return pathOf(albums.data ?? [], value) || value;
    if (key === "prompt") return prompts.data?.find((each) => each.id === value)?.name ?? value.slice(0, 8);
    if (key === "state" && ["here", "only", "elsewhere", "offline", "missing"].includes(value)) return t(`state.${value}` as Key);
    if (key === "flag" || key === "label") return code(key, value, value);
    return key === "type" ? value.replace("image/", "").toUpperCase() : value;
  };
}

/** `count`: how many of what is found; null where nobody counted. */
interface Choice { value: string; count: number | null }

function FacetButton({ kind, facets, q, onQuery }: { kind: FacetKind; facets: readonly Choice[]; q: string; onQuery: (q: string) => void }) {
  const { t, number } = useText();
  const label = useFacetText();
  const [part, setPart] = useState("");
  const shown = facets.filter((each) => label(kind.key, each.value).toLowerCase().includes(part.toLowerCase())).slice(0, 200);
  if (facets.length === 0) return null;
  return (
    <DialogTrigger>
      <Button className="facet">{t(`facet.${kind.key}` as Key)}<Icon name="down" size={12} /></Button>
      <Popover className="popover" placement="bottom start" offset={6} aria-label={t(`facet.${kind.key}` as Key)}>
        {facets.length > 8 && <SearchField aria-label={t("facet.find")} value={part} onChange={setPart} className="mini-search"><Input placeholder={t("facet.find")} /></SearchField>}
        <ul className="facets">
          {shown.map((each) => {
            const value = valueOf(kind, each.value);
            const on = has(q, kind.key, value);
            return (
              <li key={each.value}>
                <Button className={on ? "facet-value on" : "facet-value"} aria-pressed={on} onPress={() => onQuery(toggle(q, kind.key, value, kind.many))}>
                  <span className="tick">{on && <Icon name="check" size={14} />}</span><Mark of={kind.key} value={each.value} /><span className="grow" dir="auto">{label(kind.key, each.value)}</span>{each.count !== null && <small>{number(each.count)}</small>}
                </Button>
              </li>
            );
          })}
        </ul>
      </Popover>
    </DialogTrigger>
  );
}

interface SearchBarProps {
  list: Listing; fixed: string; /** Whether there is an order of its own. */ own?: boolean; size: number; onSize: (size: number) => void; children?: React.ReactNode;
  /** `passing`: not worth an entry in the browser's history. */
  onChange: (change: Partial<Listing>, passing?: boolean) => void;
}
const PAUSE = 250;

/** Search while a person writes, a moment after the last key; never in the middle of composing a character. */
function useWriting(draft: string | null, search: (free: string) => void): { onCompositionStart: () => void; onCompositionEnd: () => void } {
  const [composing, setComposing] = useState(false);
  const latest = useRef(search);
  useEffect(() => { latest.current = search; });
  useEffect(() => {
    if (draft === null || composing || !isPlain(draft)) return;
    const timer = window.setTimeout(() => latest.current(draft), PAUSE);
    return () => window.clearTimeout(timer);
  }, [draft, composing]);
  return { onCompositionStart: () => setComposing(true), onCompositionEnd: () => setComposing(false) };
}

export function SearchBar({ list, fixed, own = false, size, onSize, onChange, children }: SearchBarProps) {
  const { t } = useText();
  const label = useFacetText();
  const [draft, setDraft] = useState<string | null>(null);
  const facets = useFacets([fixed, list.q].filter(Boolean).join(" "), list.at);
  const albums: Choice[] = (useAlbums().data ?? []).filter((each) => each.assets > 0 && fixed !== `album:${each.id}`).map((each) => ({ value: each.id, count: null }));
  const sorts: readonly Order[] = own ? ["own", ...SORTS] : SORTS;
  const pieces = parse(list.q);
  const search = (free: string, passing: boolean) => {
    const q = withWords(list.q, free);
    if (q !== list.q) onChange({ q }, passing);
  };
  const composing = useWriting(draft, (free) => search(free, words(list.q) !== ""));
  const submit = () => {
    if (draft !== null) search(draft, false);
    setDraft(null);
  };
  return (
    <div className="searchbar" role="search">
      <div className="row">
        <SearchField aria-label={t("search.label")} className="search" value={draft ?? words(list.q)} onChange={setDraft} onSubmit={submit} onBlur={submit}
          onClear={() => { setDraft(null); onChange({ q: withWords(list.q, "") }); }}>
          <Icon name="search" /><Input placeholder={t("search.placeholder")} data-search {...composing} /><Button className="icon-button" aria-label={t("search.clear")}><Icon name="close" size={14} /></Button>
        </SearchField>
        <Select aria-label={t("sort.label")} value={list.sort} onChange={(key) => onChange({ sort: key as Order })} className="select">
          <Button><Icon name="sort" size={16} /><SelectValue /><Icon name="down" size={12} /></Button>
          <Popover className="popover" placement="bottom end" aria-label={t("sort.label")}><ListBox className="list">{sorts.map((each) => <ListBoxItem key={each} id={each} textValue={t(`sort.${each}`)}>{t(`sort.${each}`)}</ListBoxItem>)}</ListBox></Popover>
        </Select>
        <Slider aria-label={t("size.label")} className="slider" minValue={96} maxValue={420} value={size} onChange={(value) => onSize(value as number)}><SliderTrack><SliderThumb /></SliderTrack></Slider>
        {children}
      </div>
      <div className="row filters">
        {pieces.map((piece, at) => piece.key !== null && (
          <Button key={at} className="chip" aria-label={t("chip.remove", { name: `${t(`facet.${piece.key}` as Key)} ${label(piece.key, piece.value)}` })} onPress={() => onChange({ q: without(list.q, at) })}>
            <small>{piece.negated ? "− " : ""}{t(`facet.${piece.key}` as Key)}</small>{" "}<Mark of={piece.key} value={piece.value} /><bdi className="cut">{label(piece.key, piece.value)}</bdi><Icon name="close" size={12} />
          </Button>
        ))}
        {facets.data && KINDS.map((kind) => <FacetButton key={kind.key} kind={kind} facets={kind.name === "albums" ? albums : facets.data[kind.name]} q={list.q} onQuery={(q) => onChange({ q })} />)}
        {pieces.some((piece) => piece.key !== null) && <IconButton icon="close" label={t("search.reset")} onPress={() => { setDraft(null); onChange({ q: "" }); }} />}
      </div>
    </div>
  );
}
