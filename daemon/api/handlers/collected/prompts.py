"""Saved prompts."""

from __future__ import annotations

from typing import Annotated

import msgspec

from daemon.api.call import Call
from daemon.api.handlers.assets import AtQuery
from daemon.api.inputs import Hex16, Moment, Name, Strict
from library.models import Changed
from library.prompts import NewPrompt, Prompt, PromptChange, PromptEdited, PromptEntry


class Prompts(msgspec.Struct, frozen=True):
    """Saved prompts, by name, archived ones last."""

    prompts: list[Prompt]


class PromptEntries(msgspec.Struct, frozen=True):
    """Actions of one prompt, newest first."""

    entries: list[PromptEntry]


class PromptsQuery(Strict, frozen=True):
    """Which words their names, texts or tags hold, whether archived ones too, and as of when."""

    q: Annotated[str, msgspec.Meta(max_length=1000)] = ""
    archived: bool = True
    at: Moment | None = None


class PromptNew(NewPrompt, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A prompt to save."""


class PromptEdit(PromptChange, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """An edit of a saved prompt; absent means untouched. `text_was` is the text as the writer had read it."""


class PromptCopy(Strict, frozen=True):
    """What to call the new one."""

    name: Name


async def index(call: Call, query: PromptsQuery) -> Prompts:
    """The saved prompts by name; with `q` those of which name, text or tags hold every word of it."""
    return Prompts(await call.library.prompts.list(query.q, query.archived, query.at))


async def create(call: Call, body: PromptNew) -> PromptEdited:
    """Save a prompt under a name that no other has."""
    return await call.library.prompts.create(body)


async def show(call: Call, id: Hex16, query: AtQuery) -> Prompt:
    """One saved prompt; pictures that were made from it are found by `q=prompt:ID`."""
    return await call.library.prompts.show(id, query.at)


async def edit(call: Call, id: Hex16, body: PromptEdit) -> PromptEdited:
    """Edit its name, texts, variables, languages or tags, or archive it."""
    return await call.library.prompts.edit(id, body)


async def delete(call: Call, id: Hex16) -> Changed:
    """Delete it, no picture; `action` of the answer is what undo takes."""
    return await call.library.prompts.delete(id)


async def duplicate(call: Call, id: Hex16, body: PromptCopy) -> PromptEdited:
    """A new prompt that says the same."""
    return await call.library.prompts.duplicate(id, body.name)


async def history(call: Call, id: Hex16) -> PromptEntries:
    """What happened to it, and what it said after each of the latest hundred actions."""
    return PromptEntries(await call.library.prompts.history(id))
