/** Everything about one picture that is not the picture: what can be set, how it was made, where it lies, what happened. */
import { Button, ToggleButton } from "react-aria-components";
import { AlbumMenu } from "../albums/AlbumMenu";
import { pathOf } from "../albums/tree";
import type { AssetChange, AssetDetail, Origin, Version } from "../api/types";
import { Kept } from "../copies/Keeping";
import { Choices, useSettle } from "../conflicts/Choices";
import { fieldWord } from "../conflicts/words";
import { literally } from "../create/history";
import { optionWord, valueWord } from "../text/options";
import { SavePrompt } from "../prompts/SavePrompt";
import { LiveText } from "../shared/LiveText";
import { useAlbums, useConflictsOf, useProjects } from "../state/data";
import { render } from "../state/query";
import { href } from "../state/route";
import { useSession } from "../state/session";
import { useText } from "../text/text";
import { Dot, IconButton, Stars } from "./basics";
import { LABELS } from "./BulkBar";
import { Editable } from "./Editable";
import { Icon } from "./Icon";
import { ProjectMenu } from "./ProjectMenu";
import { Timeline } from "./Timeline";

// The file tells its size itself.
const SHOWN_ELSEWHERE = new Set(["prompt", "negative", "seed", "model", "tool", "width", "height"]);
interface PartProps { detail: AssetDetail; readOnly: boolean; onChange: (change: AssetChange) => Promise<boolean> }
/** What the picture is to be put into, while that is being looked for. */
interface Adding { adding: "tags" | "album" | "project" | null; onAdding: (adding: "album" | "project" | null) => void }
interface PanelProps extends PartProps, Adding { seen: Version; onTags: () => void; /** Of the version, where there are several. */ number: string | null }

function Fact({ label, value }: { label: string; value: string | null }) {
  const { t } = useText();
  const { say } = useSession();
  if (!value) return null;
  const copy = () => navigator.clipboard.writeText(value).then(() => say(t("copied", { name: label })), () => say(t("copy.failed"), { bad: true }));
  return (
    <div className="fact"><dt>{label}<IconButton icon="copy" label={t("copy", { name: label })} onPress={() => void copy()} /></dt><dd dir="auto">{value}</dd></div>
  );
}

function Facts({ seen, readOnly }: { seen: Version; readOnly: boolean }) {
  const text = useText();
  const { t, bytes, moment, code } = text;
  const rest = Object.entries(seen.parameters).filter(([key, value]) => !SHOWN_ELSEWHERE.has(key) && value !== null && value !== "");
  const told = [seen.prompt, seen.negative, seen.model, seen.tool, seen.seed].some(Boolean) || rest.length > 0;
  return (
    <>
      {!told && <p className="quiet">{t("facts.none")}</p>}
      <dl className="facts"><Fact label={t("fact.prompt")} value={seen.prompt} /><Fact label={t("fact.negative")} value={seen.negative} /></dl>
      {seen.prompt && !readOnly && <div className="row"><SavePrompt text={literally(seen.prompt)} negative={seen.negative ? literally(seen.negative) : ""} /></div>}
      <dl className="pairs">
        <Fact label={t("fact.model")} value={seen.model} /><Fact label={t("fact.tool")} value={seen.tool} /><Fact label={t("fact.seed")} value={seen.seed} />
        {rest.map(([key, value]) => {
          const called = optionWord(key, text), said = typeof value === "object" ? JSON.stringify(value) : String(value);
          return <Fact key={key} label={code("fact", key, called ?? key)} value={called === null ? said : valueWord(said, text)} />;
        })}
      </dl>
      <dl className="facts"><div className="fact"><dt>{t("fact.file")}</dt><dd>{seen.name && <><bdi>{seen.name}</bdi>{"\n"}</>}{seen.width} × {seen.height} · {seen.media_type.replace("image/", "").toUpperCase()} · {bytes(seen.bytes)}{"\n"}{moment(seen.created_at)}</dd></div></dl>
    </>
  );
}

function Conflicts({ detail: { asset }, readOnly }: PartProps) {
  const text = useText();
  const found = useConflictsOf(asset.id, !readOnly && asset.conflicts.length > 0).data ?? [];
  const settle = useSettle();
  if (readOnly || !asset.conflicts.length || !found.length) return null;
  return (
    <section className="conflicts"><h2><Icon name="conflict" />{text.t("conflict.title")}</h2>
      {found.map((each) => (
        <div key={each.field}><h3>{fieldWord(each.field, text)}</h3><Choices conflict={each} onTake={(value) => void settle(each, value)} /></div>
      ))}
    </section>
  );
}

export function Marks({ detail: { asset }, readOnly, onChange }: PartProps) {
  const { t } = useText();
  return (
    <section>
      <div className="row"><Stars rating={asset.rating} {...(readOnly ? {} : { onRate: (rating: number) => onChange({ rating }) })} size={18} /><span className="spring" />
        {(["pick", "reject"] as const).map((flag) => (
          <IconButton key={flag} icon={flag === "pick" ? "flag" : "reject"} label={t(`flag.${flag}`)} fill={asset.flag === flag && flag === "pick"} pressed={asset.flag === flag} disabled={readOnly}
            onPress={() => onChange({ flag: asset.flag === flag ? null : flag })} />
        ))}</div>
      <div className="row labels">{LABELS.map((each) => (
        <ToggleButton key={each} className={`label-button ${each}`} aria-label={t(`label.${each}`)} isDisabled={readOnly} isSelected={asset.label === each} onChange={(on) => onChange({ label: on ? each : null })} />
      ))}</div>
    </section>
  );
}

function Tags({ detail: { asset }, readOnly, onChange, onTags }: PartProps & { onTags: () => void }) {
  const { t } = useText();
  const search = (tag: string) => href("pictures", null, { q: render([{ key: "tag", value: tag, negated: false, quoted: false }]) });
  return (
    <section><h2>{t("field.tags")}</h2><div className="tags">
      {asset.tags.map((tag) => (
        <span key={tag} className="chip"><a href={search(tag)}><bdi>{tag}</bdi></a>
          {!readOnly && <Button aria-label={t("tags.remove", { name: tag })} onPress={() => onChange({ remove_tags: [tag] })}><Icon name="close" size={12} /></Button>}</span>
      ))}
      {!readOnly && <Button className="chip add" onPress={onTags}><Icon name="add" size={12} />{t("tags.add")}</Button>}
    </div></section>
  );
}

function Membership({ detail: { asset }, readOnly, onChange, adding, onAdding }: PartProps & Adding) {
  const { t } = useText();
  const projects = useProjects();
  const shown = (projects.data ?? []).filter((each) => asset.projects.includes(each.id));
  if (readOnly && !shown.length) return null;
  return (
    <section><h2>{t("nav.projects")}</h2><div className="tags">
      {shown.map((each) => (
        <span key={each.id} className="chip"><a href={href("project", each.id)}><Dot color={each.color} /><bdi className="cut">{each.name}</bdi></a>
          {!readOnly && <Button aria-label={t("project.remove", { name: each.name })} onPress={() => onChange({ remove_projects: [each.id] })}><Icon name="close" size={12} /></Button>}</span>
      ))}
      {!readOnly && <ProjectMenu open={adding === "project"} onOpen={(is) => onAdding(is ? "project" : null)} within={asset.projects} onChoose={(project) => onChange({ add_projects: [project] })}>
        <Button className="chip add"><Icon name="add" size={12} />{t("bulk.project")}</Button>
      </ProjectMenu>}
    </div></section>
  );
}

function InAlbums({ detail: { asset, albums: ids }, readOnly, adding, onAdding }: PartProps & Adding) {
  const { t, n } = useText();
  const { library, act } = useSession();
  const albums = useAlbums().data ?? [];
  const shown = albums.filter((each) => ids.includes(each.id));
  if (readOnly && !shown.length) return null;
  return (
    <section><h2>{t("nav.albums")}</h2><div className="tags">
      {shown.map((each) => (
        <span key={each.id} className="chip" title={pathOf(albums, each.id)}><a href={href("album", each.id)}><Icon name="album" size={13} /><bdi className="cut">{each.name}</bdi></a>
          {!readOnly && <Button aria-label={t("album.take_out_of", { name: each.name })} onPress={() => void act(() => library.removeFromAlbum(each.id, [asset.id]), n("album.removed", 1, { name: each.name }))}><Icon name="close" size={12} /></Button>}</span>
      ))}
      {!readOnly && <AlbumMenu open={adding === "album"} onOpen={(is) => onAdding(is ? "album" : null)} pictures={[asset.id]} besides={ids}>
        <Button className="chip add"><Icon name="add" size={12} />{t("album.add")}</Button>
      </AlbumMenu>}
    </div></section>
  );
}

function Copies({ detail }: { detail: AssetDetail }) {
  const { t, moment, code } = useText();
  return (
    <section><h2>{t("copies")}</h2><Kept detail={detail} /><ul className="copies">
      {detail.copies.map((each) => <li key={each.device ?? each.where}><span>{each.where === "library" ? t("copies.library") : each.where}</span><small>{code("state", each.state, each.state)}{each.verified_at !== null && ` · ${t("copies.verified", { when: moment(each.verified_at) })}`}</small></li>)}
      {detail.sources.map((each) => <li key={each}><span>{each}</span><small>{t("copies.source")}</small></li>)}
    </ul></section>
  );
}

/** What the picture's file says that it was made of: one that was exported, and came back. */
function MadeOf({ origins }: { origins: readonly Origin[] }) {
  const { t } = useText();
  const { library } = useSession();
  if (!origins.length) return null;
  return (
    <dl className="facts"><div className="fact made-of"><dt>{t("made_of")}</dt>
      {origins.map((each) => <dd key={each.id}>{each.name === null
        ? <span className="quiet">{t("made_of.away")}</span>
        : <a href={href("picture", each.id)}>{each.thumbnail && <img src={library.blob(each.thumbnail)} alt="" />}<bdi className="cut">{each.name}</bdi>{each.binned && <small className="quiet">{t("made_of.binned")}</small>}</a>}</dd>)}
    </div></dl>
  );
}

export function Panel({ detail, seen, number, readOnly, onChange, onTags, adding, onAdding }: PanelProps) {
  const { t } = useText();
  const { asset } = detail;
  const part = { detail, readOnly, onChange };
  return (
    <aside className="panel" aria-label={t("keys.info")}>
      <Editable shape="wrap" label={t("field.title")} value={asset.title ?? ""} placeholder={asset.name} disabled={readOnly} onSave={(title) => onChange({ title: title || null })} />
      <Marks {...part} />
      <Conflicts {...part} />
      <Tags {...part} onTags={onTags} />
      <InAlbums {...part} adding={adding} onAdding={onAdding} />
      <Membership {...part} adding={adding} onAdding={onAdding} />
      <section data-note><h2>{t("field.note")}</h2><LiveText document={asset.id} field="note" label={t("field.note")} value={detail.note} placeholder={t("note.hint")} disabled={readOnly} /></section>
      <section><h2>{t("facts")}{number && ` · ${t("compare.version", { number })}`}</h2><MadeOf origins={detail.made_of} /><Facts seen={seen} readOnly={readOnly} /></section>
      <Copies detail={detail} />
      <section><h2>{t("nav.history")}</h2><Timeline entries={detail.history} readOnly={readOnly} /></section>
    </aside>
  );
}
