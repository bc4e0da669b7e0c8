/** Saves a prompt under a name, asked for right where it is pressed. */
import { useState } from "react";
import { Button, DialogTrigger, Input, Label, Popover, TextField } from "react-aria-components";
import type { SavedPrompt } from "../api/types";
import { Icon } from "../parts/Icon";
import { Writers } from "../state/may";
import { useSession } from "../state/session";
import { useText } from "../text/text";

interface SavePromptProps { text: string; negative: string; variables?: Record<string, string>; onSaved?: (prompt: SavedPrompt) => void }

export function SavePrompt({ text, negative, variables = {}, onSaved }: SavePromptProps) {
  const { t } = useText();
  const { library, act } = useSession();
  const [open, setOpen] = useState(false);
  const [name, setName] = useState("");
  const save = async () => {
    const done = await act(async () => {
      const made = await library.newPrompt({ name: name.trim(), text, negative, variables });
      onSaved?.(made);
      return made;
    }, t("prompt.saved", { name: name.trim() }));
    if (!done) return;
    setName("");
    setOpen(false);
  };
  return (
    <Writers><DialogTrigger isOpen={open} onOpenChange={setOpen}>
      <Button className="chip add"><Icon name="saved" size={12} />{t("prompt.save")}</Button>
      <Popover className="popover save-search" placement="bottom start" offset={6} aria-label={t("prompt.save")}>
        <form className="stack" onSubmit={(event) => { event.preventDefault(); event.stopPropagation(); if (name.trim()) void save(); }}>
          <TextField value={name} onChange={setName} autoFocus className="field"><Label>{t("project.name")}</Label><Input dir="auto" onKeyDown={(event) => { if (event.key === "Enter") event.stopPropagation(); }} /></TextField>
          <p className="quiet cut-lines" dir="auto">{text}</p>
          <div className="row end"><Button className="button primary" type="submit" isDisabled={!name.trim()}>{t("save")}</Button></div>
        </form>
      </Popover>
    </DialogTrigger></Writers>
  );
}
