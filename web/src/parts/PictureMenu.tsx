/** The menu of the pictures that were pointed at, by the right button, a long press or the key for it. */
import { useRef } from "react";
import { Menu, MenuItem, Popover, SubmenuTrigger } from "react-aria-components";
import { bindings, type Command } from "../state/keys";
import { useMay } from "../state/may";
import { useText } from "../text/text";
import { Icon, type IconName } from "./Icon";

export interface Choice { id: string; icon?: IconName; label: string; /** Its key is told beside it. */ key?: Command; swatch?: string; inner?: Choice[]; run?: () => void }
interface PictureMenuProps { at: { x: number; y: number }; label: string; choices: readonly Choice[]; onClose: () => void }

const find = (choices: readonly Choice[], id: string): Choice | undefined => choices.map((each) => (each.id === id ? each : each.inner && find(each.inner, id))).find(Boolean);

export function PictureMenu({ at, label, choices, onClose }: PictureMenuProps) {
  const place = useRef<HTMLSpanElement>(null);
  const keys = bindings();
  const act = (id: React.Key) => {
    onClose();
    // What it opens takes the focus after the menu gave it back.
    requestAnimationFrame(() => requestAnimationFrame(() => find(choices, String(id))?.run?.()));
  };
  const item = (each: Choice) => (
    <MenuItem key={each.id} id={each.id} textValue={each.label}>
      {each.swatch ? <span className={`swatch ${each.swatch}`} /> : each.icon && <Icon name={each.icon} size={15} />}<span className="grow">{each.label}</span>
      {each.inner ? <Icon name="next" size={12} /> : each.key && keys[each.key] && <kbd aria-hidden="true">{keys[each.key]}</kbd>}
    </MenuItem>
  );
  return (
    <>
      <span ref={place} className="menu-place" style={{ insetBlockStart: at.y, left: at.x }} />
      <Popover className="popover" triggerRef={place} isOpen onOpenChange={(is) => { if (!is) onClose(); }} placement="bottom start" offset={2} aria-label={label}>
        <Menu className="list" aria-label={label} autoFocus="first" onAction={act}>
          {choices.map((each) => (each.inner ? (
            <SubmenuTrigger key={each.id}>{item(each)}
              <Popover className="popover" aria-label={each.label}><Menu className="list" aria-label={each.label} onAction={act}>{each.inner.map(item)}</Menu></Popover>
            </SubmenuTrigger>
          ) : item(each)))}
        </Menu>
      </Popover>
    </>
  );
}

interface Doings {
  open: () => void; rate: (rating: number) => void; flag: (flag: "pick" | "reject" | null) => void; label: (label: string | null) => void;
  ask: (what: "tags" | "album" | "project" | "export") => void; reuse: ((what: "all" | "seed") => void) | null; bin: () => void;
  compare: (() => void) | null; takeOut: (() => void) | null; /** Where there are other devices. */ keep: Choice[];
}

/** The commands of the bar at the foot, and those of one picture. */
export function useChoices(labels: readonly string[]) {
  const { t, n } = useText();
  const may = useMay();
  return (bin: boolean, { open, rate, flag, label, ask, reuse, bin: throwAway, compare, takeOut, keep }: Doings): Choice[] => {
    const opened: Choice = { id: "open", icon: "pictures", label: t("keys.open"), key: "open", run: open };
    const compared = compare ? [{ id: "compare", icon: "compare" as const, label: t("compare.pictures"), key: "compare" as const, run: compare }] : [];
    const exported: Choice = { id: "export", icon: "export", label: t("bulk.export"), run: () => ask("export") };
    if (!may.write) return bin ? [opened] : [opened, ...compared, exported];
    if (bin) return [opened, { id: "bin", icon: "undo", label: t("bin.restore"), run: throwAway }];
    return [
      opened,
      { id: "rate", icon: "star", label: t("facet.rating"), inner: [5, 4, 3, 2, 1, 0].map((each) => ({ id: `rate ${each}`, label: each ? n("rating.stars", each) : t("rating.none"), key: `rate${each}` as Command, run: () => rate(each) })) },
      { id: "pick", icon: "flag", label: t("flag.pick"), key: "pick", run: () => flag("pick") }, { id: "reject", icon: "reject", label: t("flag.reject"), key: "reject", run: () => flag("reject") },
      { id: "label", icon: "palette", label: t("field.label"), inner: [...labels.map((each) => ({ id: `label ${each}`, label: t(`label.${each}` as "label.red"), swatch: each, run: () => label(each) })), { id: "label none", icon: "close" as const, label: t("label.remove"), run: () => label(null) }] },
      { id: "tags", icon: "tag", label: t("bulk.tags"), key: "tags", run: () => ask("tags") }, { id: "album", icon: "album", label: t("album.add"), key: "album", run: () => ask("album") },
      ...(takeOut ? [{ id: "out", icon: "out" as const, label: t("album.take_out"), run: takeOut }] : []),
      { id: "project", icon: "project", label: t("bulk.project"), key: "project", run: () => ask("project") },
      ...compared,
      ...(reuse ? [{ id: "reuse", icon: "reuse" as const, label: t("create.reuse"), key: "reuse" as const, run: () => reuse("all") }, { id: "seed", icon: "dice" as const, label: t("create.seed.take"), key: "seed" as const, run: () => reuse("seed") }] : []),
      ...(keep.length ? [{ id: "keep", icon: "elsewhere" as const, label: t("keep.menu"), inner: keep }] : []),
      exported, { id: "bin", icon: "bin", label: t("bulk.bin"), key: "bin", run: throwAway },
    ];
  };
}
