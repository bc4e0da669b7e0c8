"""Saved prompts: written, put into other languages, archived, copied, deleted; what two people write at once merges."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import msgspec

from documents.draft import Draft
from documents.kinds import Kind
from library.editing.actions import (
    MOST_NAME,
    UNSET,
    clean_name,
    clean_tag,
    clean_text,
    new_id,
    read_id,
    read_text,
    write_text,
)
from library.editing.news import carry_out
from library.errors import Clash, Invalid, NotFound
from library.models import Changed, Entry
from library.prompts import NewPrompt, Prompt, PromptChange, PromptEdited, PromptEntry, Variant, Worded
from library.replica.shelf import loaded
from library.views.prompts import all_prompts, prompt_in
from library.views.search import Search
from library.workspace import Edit, Edits, Workspace, Write
from store.database import Connection

Timeline = Callable[[str], Awaitable[list[Entry]]]
Told = list[PromptEntry]
MOST_TOLD = 100  # actions whose texts are told
TEXTS = ("text", "negative", "notes")
LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}")
VARIABLE = re.compile(r"\w(?:[\w .-]{0,62}\w)?")


class Prompts:
    """The saved prompts of one workspace."""

    def __init__(self, workspace: Workspace, search: Search, timeline: Timeline) -> None:
        self._workspace = workspace
        self._search = search
        self._timeline = timeline

    async def list(self, q: str = "", archived: bool = True, at: str | None = None) -> list[Prompt]:
        """By name, archived ones last; those of which name, text or tags hold every word of `q`."""
        found: list[Prompt] = await self._search.look(lambda connection: all_prompts(connection, q, archived), at)
        return found

    async def show(self, id: str, at: str | None = None) -> Prompt:
        key = read_id(id, Kind.PROMPT)
        prompt: Prompt = await self._search.look(lambda connection: _find(connection, key), at)
        return prompt

    async def worded(self, id: str, language: str | None = None) -> Worded:
        """What a batch takes of it: in this language if it has it, else as it was written first."""
        prompt = await self.show(id)
        said = prompt.variants.get(language or "")
        if said is None:
            return Worded(text=prompt.text, negative=prompt.negative, variables=prompt.variables)
        return Worded(text=said.text, negative=said.negative or prompt.negative, variables=prompt.variables)

    async def history(self, id: str) -> Told:
        """Its own actions, newest first, with what it said after each; also of one that was deleted."""
        key = read_id(id, Kind.PROMPT)
        entries = await self._timeline(key.hex())
        return await self._workspace.database.read(lambda connection: _told(connection, key, entries))

    async def create(self, new: NewPrompt) -> PromptEdited:
        return await self._create("prompt.create", new, "")

    async def duplicate(self, id: str, name: str) -> PromptEdited:
        """A new prompt that says the same."""
        source = await self.show(id)
        new = NewPrompt(
            name=name,
            text=source.text,
            negative=source.negative,
            notes=source.notes,
            variables=source.variables,
            variants=source.variants,
            tags=source.tags,
        )
        return await self._create("prompt.duplicate", new, source.id)

    async def _create(self, intent: str, new: NewPrompt, source: str) -> PromptEdited:
        id = new_id(self._workspace.surroundings, Kind.PROMPT)
        now = self._workspace.surroundings.clock.now()
        fill = _writer(
            PromptChange(
                name=new.name,
                text=new.text,
                negative=new.negative,
                notes=new.notes,
                variables=dict(new.variables),
                variants=dict(new.variants),
                add_tags=new.tags,
            ),
            copied=bool(source),
        )
        name = _name(new.name)

        def write(draft: Draft) -> None:
            fill(draft)
            draft.put_absent("at", now)
            if source:
                draft.put_absent("original", source)

        def edits(connection: Connection) -> list[Edit]:
            refuse_second_prompt(connection, id, name)
            return [(id, write)]

        return await self._carry_out(intent, {"name": name}, id, edits)

    async def edit(self, id: str, change: PromptChange) -> PromptEdited:
        key, write = read_id(id, Kind.PROMPT), _writer(change)
        params: dict[str, Any] = {"fields": _fields(change)}

        def edits(connection: Connection) -> list[Edit]:
            before = _find(connection, key)
            params["name"] = before.name if change.name is UNSET else _name(change.name)
            if params["name"] != before.name:
                refuse_second_prompt(connection, key, params["name"])
            return [(key, write)]

        return await self._carry_out("prompt.edit", params, key, edits)

    async def delete(self, id: str) -> Changed:
        """Only the prompt goes; pictures that were made from it stay, and still say so."""
        key, now = read_id(id, Kind.PROMPT), self._workspace.surroundings.clock.now()
        params: dict[str, Any] = {}

        def edits(connection: Connection) -> list[Edit]:
            params["name"] = _find(connection, key).name
            return [(key, lambda draft: draft.agree("deleted", now))]

        return await carry_out(self._workspace, "prompt.delete", params, edits)

    async def _carry_out(self, intent: str, params: dict[str, Any], id: bytes, edits: Edits) -> PromptEdited:
        changed = await carry_out(self._workspace, intent, params, edits)
        return PromptEdited(**msgspec.structs.asdict(await self.show(id.hex())), action=changed.action)


def _told(connection: Connection, id: bytes, entries: Sequence[Entry]) -> Told:
    """The actions of a prompt, the latest with its texts as they were right after."""
    document, found = loaded(connection, id), list[PromptEntry]()
    for number, each in enumerate(entries):
        rows = connection.execute(
            "SELECT c.hash FROM change AS c JOIN segment AS s ON s.id = c.segment"
            " WHERE c.document=? AND s.action=? AND c.state=1",
            (id, bytes.fromhex(each.action)),
        ).fetchall()
        then = document.read([hash for (hash,) in rows]) if rows and number < MOST_TOLD else {}
        texts = {field: then[field] for field in ("text", "negative") if isinstance(then.get(field), str)}
        found.append(PromptEntry(**msgspec.structs.asdict(each), **texts))
    return found


def _find(connection: Connection, id: bytes) -> Prompt:
    found = prompt_in(connection, id)
    if found is None:
        raise NotFound(f"There is no prompt {id.hex()}.", code="no_prompt", id=id.hex())
    return found


def _fields(change: PromptChange) -> list[str]:
    """What an edit is about, for the timeline."""
    said = [field for field in ("name", *TEXTS, "archived") if getattr(change, field) is not UNSET]
    kept = [field for field in ("variables", "variants") if getattr(change, field)]
    return sorted([*said, *kept, *(["tags"] if change.add_tags or change.remove_tags else [])])


def _writer(change: PromptChange, copied: bool = False) -> Write:
    """Writes a change whose parts were all checked before. `copied`: its tags are there already, whatever they are."""
    name = None if change.name is UNSET else _name(change.name)
    texts = {field: read_text(change, field) for field in TEXTS}
    entries = {"variables": _variables(change.variables), "variants": _variants(change.variants)}
    added = [clean_tag(tag, f"/add_tags/{index}", known=copied) for index, tag in enumerate(change.add_tags)]
    removed = [clean_tag(tag, f"/remove_tags/{index}", known=True) for index, tag in enumerate(change.remove_tags)]

    def write(draft: Draft) -> None:
        if name is not None:
            draft.agree("name", name)
        if change.archived is not UNSET and (change.archived or draft.values("archived")):
            draft.agree("archived", change.archived)
        for field, text in texts.items():
            if text is not None:
                write_text(draft, field, *text)
        for field, written in entries.items():
            for key, value in written.items():
                if value is None:
                    draft.drop_entry(field, key)
                else:
                    draft.put_entry(field, key, value)
        for tag in added:
            draft.put_entry("tags", tag, True)
        for tag in removed:
            draft.drop_entry("tags", tag)

    return write


def _variables(wanted: Mapping[str, str | None]) -> dict[str, str | None]:
    written: dict[str, str | None] = {}
    for name, value in wanted.items():
        clean = clean_text(name, "/variables").strip()
        if not VARIABLE.fullmatch(clean):
            message = f"“{clean[:60]}” is no name for a variable: it is letters, digits, spaces, -, _ and . only."
            raise Invalid(message, [("/variables", "not a name")], code="no_variable_name", name=clean[:60])
        written[f"{clean}/default"] = None if value is None else clean_text(value, f"/variables/{clean}")
    return written


def _variants(wanted: Mapping[str, Variant | None]) -> dict[str, str | None]:
    written: dict[str, str | None] = {}
    for language, variant in wanted.items():
        if not LANGUAGE.fullmatch(language):
            message = f"“{language[:40]}” is no language; write it like zh-TW or en."
            raise Invalid(message, [("/variants", "not a language")], code="no_language", language=language[:40])
        for field in ("text", "negative"):
            text = None if variant is None else clean_text(getattr(variant, field), f"/variants/{language}/{field}")
            written[f"{language}/{field}"] = text
    return written


def _name(name: str) -> str:
    return clean_name(name, "A saved prompt needs a name.", MOST_NAME)


def refuse_second_prompt(connection: Connection, id: bytes, name: str) -> None:
    """Two of one name could not be told apart, archived or not; made on two devices at once, both stay."""
    if connection.execute("SELECT 1 FROM prompt WHERE name=? AND id<>?", (name, id)).fetchone():
        raise Clash(f"There is a saved prompt called “{name}” already.", code="prompt_exists", name=name)
