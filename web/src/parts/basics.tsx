/** Small parts that many views use: buttons with a tip, stars, the box of a form, an empty place, a modal. */
import { useState, type ReactNode } from "react";
import {
  Button, Dialog, Heading, Input, Label, Modal, ModalOverlay, ProgressBar, TextField, Tooltip, TooltipTrigger,
} from "react-aria-components";
import { answers } from "../api/link";
import type { Color } from "../api/types";
import { useLink } from "../state/live";
import { useText } from "../text/text";
import { Icon, type IconName } from "./Icon";

interface IconButtonProps { icon: IconName; label: string; onPress: () => void; pressed?: boolean; disabled?: boolean; fill?: boolean }

export function IconButton({ icon, label, onPress, pressed, disabled = false, fill = false }: IconButtonProps) {
  return (
    <TooltipTrigger delay={500}>
      <Button className="icon-button" aria-label={label} aria-pressed={pressed} isDisabled={disabled} onPress={onPress}>
        <Icon name={icon} fill={fill} />
      </Button>
      <Tooltip className="tip" offset={6}>{label}</Tooltip>
    </TooltipTrigger>
  );
}

/** The colour of a project. */
export const Dot = ({ color, big = false }: { color: Color | null; big?: boolean }) => <span className={big ? "dot big" : "dot"} data-color={color ?? "none"} />;

export function Stars({ rating, onRate, size = 16 }: { rating: number; onRate?: (rating: number) => void; size?: number }) {
  const { n } = useText();
  if (!onRate) {
    return rating > 0 ? (
      <span className="stars" role="img" aria-label={n("rating.stars", rating)}>
        {Array.from({ length: rating }, (_, at) => <Icon key={at} name="star" fill size={size} />)}
      </span>
    ) : null;
  }
  return (
    <span className="stars choose">
      {[1, 2, 3, 4, 5].map((each) => (
        <Button key={each} className={each <= rating ? "star on" : "star"} aria-label={n("rating.stars", each)}
          aria-pressed={each === rating} onPress={() => onRate(each === rating ? 0 : each)}>
          <Icon name="star" fill={each <= rating} size={size} />
        </Button>
      ))}
    </span>
  );
}

export function Empty({ icon, title, invite = false, children }: { icon: IconName; title: string; invite?: boolean; children?: ReactNode }) {
  return (
    <div className={invite ? "empty invite" : "empty"}><Icon name={icon} size={44} /><h2>{title}</h2><div className="empty-text">{children}</div></div>
  );
}

interface SheetProps { title: string; open: boolean; onClose: () => void; wide?: boolean; children: ReactNode }

export function Sheet({ title, open, onClose, wide = false, children }: SheetProps) {
  const { t } = useText();
  return (
    <ModalOverlay className="veil" isDismissable isOpen={open} onOpenChange={(is) => { if (!is) onClose(); }}>
      <Modal className={wide ? "sheet wide" : "sheet"}>
        <Dialog>
          <header><Heading slot="title">{title}</Heading><IconButton icon="close" label={t("close")} onPress={onClose} /></header>
          {children}
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}

interface AskProps {
  title: string; label: string; action: string; start?: string; open: boolean;
  /** Values known already, offered beneath; a press completes what is being written. */
  known?: string[];
  onClose: () => void; onDone: (value: string) => void;
}
const MOST_KNOWN = 16;

/** So long after it closed a dialog has given the keyboard back, in ms. */
const SETTLES = 300;
/** Where what opened the dialog is gone, as one is elsewhere by then, the keyboard goes on at the beginning of that. */
const keepPlace = () => { if (document.activeElement === document.body) document.getElementById("main")?.focus({ preventScroll: true }); };

/** One question with one line for the answer. */
export function Ask({ title, label, action, start = "", open, known = [], onClose, onDone }: AskProps) {
  const [value, setValue] = useState(start);
  const { t } = useText();
  const link = useLink();
  const [, given = "", part = ""] = /^(.*[,，、;；]\s*-?|-?)(.*)$/s.exec(value) ?? [];
  const taken = new Set(given.split(/[,，、;；]/).map((each) => each.trim()));
  const fitting = known.filter((each) => !taken.has(each) && each.toLowerCase().includes(part.trim().toLowerCase())).slice(0, MOST_KNOWN);
  return (
    <Sheet title={title} open={open} onClose={onClose}>
      <form className="stack" onSubmit={(event) => {
        event.preventDefault();
        // What was written stays here until it can be done.
        if (!value.trim() || !answers()) return;
        onDone(value.trim());
        setValue("");
        onClose();
        window.setTimeout(keepPlace, SETTLES);
      }}>
        <TextField value={value} onChange={setValue} autoFocus className="field"><Label>{label}</Label><Input /></TextField>
        {fitting.length > 0 && <div className="tags">{fitting.map((each) => <Button key={each} className="chip" onPress={() => setValue(`${given}${each}, `)}>{each}</Button>)}</div>}
        {link !== "open" && <p className="bad-text" role="alert">{t(`away.${link}`)} {t("away.kept")}</p>}
        <div className="row end">
          <Button className="button" onPress={onClose}>{t("cancel")}</Button>
          <Button className="button primary" type="submit" isDisabled={!value.trim() || link === "stopped"}>{action}</Button>
        </div>
      </form>
    </Sheet>
  );
}

export function Progress({ label, done, total }: { label: string; done: number; total: number | null }) {
  const { percent, number } = useText();
  const share = total ? done / total : 0;
  return (
    <ProgressBar aria-label={label} isIndeterminate={!total} value={share * 100} valueLabel={total ? percent(share) : number(done)} className="progress">
      <span className="progress-label"><span>{label}</span><span>{total ? `${number(done)} / ${number(total)}` : number(done)}</span></span>
      <span className="track"><span className={total ? "bar" : "bar unsure"} style={{ inlineSize: total ? `${share * 100}%` : "30%" }} /></span>
    </ProgressBar>
  );
}
