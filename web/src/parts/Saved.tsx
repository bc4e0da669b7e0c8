/** Saved searches in the frame: the shelf at the side, and the button that saves the present search under a name. */
import { useState } from "react";
import { Button, DialogTrigger, Input, Label, Popover, TextField } from "react-aria-components";
import type { Listing } from "../api/library";
import type { SavedSearch } from "../api/types";
import { useSearches, useTotals } from "../state/data";
import { go, href, useRoute } from "../state/route";
import { useSession } from "../state/session";
import { useText } from "../text/text";
import { Dot } from "./basics";
import { Icon } from "./Icon";

const MOST = 100;

/** A bookmark with the search's colour; a warning where it cannot be read here. */
export function SavedMark({ search, size = 18 }: { search: SavedSearch; size?: number }) {
  const { t } = useText();
  if (search.problem) return <span className="saved-mark" role="img" aria-label={t("saved.unreadable")}><Icon name="conflict" size={size} /></span>;
  return <span className="saved-mark"><Icon name="saved" size={size} />{search.color && <Dot color={search.color} />}</span>;
}

export function SavedShelf() {
  const { t, number } = useText();
  const { view, id } = useRoute();
  const searches = useSearches();
  const totals = useTotals();
  if (!searches.data?.length) return null;
  return (
    <ul className="shelf" aria-label={t("nav.searches")}>
      {searches.data.slice(0, MOST).map((each) => {
        const total = totals.data?.get(each.id);
        return (
          <li key={each.id}>
            <a href={href("search", each.id)} aria-current={view === "search" && id === each.id ? "page" : undefined}>
              <SavedMark search={each} size={16} /><span><bdi>{each.name}</bdi></span>{typeof total === "number" && <small>{number(total)}</small>}
            </a>
          </li>
        );
      })}
    </ul>
  );
}

/** Asks for a name right where it is pressed; what was saved is then open. */
export function SaveSearch({ list }: { list: Listing }) {
  const { t } = useText();
  const { library, act } = useSession();
  const [open, setOpen] = useState(false);
  const [name, setName] = useState("");
  const save = async () => {
    const done = await act(async () => {
      const made = await library.saveSearch(name.trim(), list.q, list.sort === "own" ? "newest" : list.sort);
      go(href("search", made.id));
      return made;
    }, t("saved.done", { name: name.trim() }));
    if (!done) return;
    setName("");
    setOpen(false);
  };
  return (
    <DialogTrigger isOpen={open} onOpenChange={setOpen}>
      <Button className="button" aria-label={t("saved.save")}><Icon name="saved" /><span className="wide-only">{t("saved.save")}</span></Button>
      <Popover className="popover save-search" placement="bottom end" offset={6} aria-label={t("saved.save")}>
        <form className="stack" onSubmit={(event) => { event.preventDefault(); if (name.trim()) void save(); }}>
          <TextField value={name} onChange={setName} autoFocus className="field"><Label>{t("saved.name")}</Label><Input dir="auto" /></TextField>
          <code dir="auto">{list.q}</code>
          <div className="row end"><Button className="button primary" type="submit" isDisabled={!name.trim()}>{t("save")}</Button></div>
        </form>
      </Popover>
    </DialogTrigger>
  );
}
