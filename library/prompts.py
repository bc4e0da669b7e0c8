"""Saved prompts as plain data: what is shown of one, what is asked for, and what a batch takes of it."""

from __future__ import annotations

import msgspec

from library.models import Entry, Model


class Variant(Model, frozen=True, kw_only=True):
    """A prompt in another language."""

    text: str
    negative: str = ""


class Prompt(Model, frozen=True, kw_only=True):
    """A saved prompt: its text with places to fill, what fills them unless something else is said, its other languages,
    and how many pictures were made from it.
    """

    id: str
    name: str
    text: str
    negative: str
    notes: str
    variables: dict[str, str]  # default by name
    variants: dict[str, Variant]  # by language, like zh-TW
    tags: list[str]
    archived: bool
    assets: int  # pictures outside the bin that were made from it
    created_at: int
    conflicts: list[str]


class PromptEntry(Entry, frozen=True, kw_only=True):
    """One action of a saved prompt's, and what it said right after; null where that is not known, and of older actions
    than the latest hundred.
    """

    text: str | None = None
    negative: str | None = None


class PromptEdited(Prompt, frozen=True, kw_only=True):
    """A saved prompt after an edit; `action` is what undo takes, None where nothing changed."""

    action: str | None


class NewPrompt(Model, frozen=True, kw_only=True, omit_defaults=True):
    """A prompt to save."""

    name: str
    text: str = ""
    negative: str = ""
    notes: str = ""
    variables: dict[str, str] = msgspec.field(default_factory=dict)
    variants: dict[str, Variant] = msgspec.field(default_factory=dict)
    tags: list[str] = msgspec.field(default_factory=list)


class PromptChange(Model, frozen=True, kw_only=True, omit_defaults=True):
    """An edit of a saved prompt; absent means untouched. `text_was` and its like are the text as the writer had read
    it: what others wrote into it since then stays. Variables and variants: null takes one away, others stay.
    """

    name: str | msgspec.UnsetType = msgspec.UNSET
    text: str | msgspec.UnsetType = msgspec.UNSET
    text_was: str | msgspec.UnsetType = msgspec.UNSET
    negative: str | msgspec.UnsetType = msgspec.UNSET
    negative_was: str | msgspec.UnsetType = msgspec.UNSET
    notes: str | msgspec.UnsetType = msgspec.UNSET
    notes_was: str | msgspec.UnsetType = msgspec.UNSET
    archived: bool | msgspec.UnsetType = msgspec.UNSET
    variables: dict[str, str | None] = msgspec.field(default_factory=dict)
    variants: dict[str, Variant | None] = msgspec.field(default_factory=dict)
    add_tags: list[str] = msgspec.field(default_factory=list)
    remove_tags: list[str] = msgspec.field(default_factory=list)


class Worded(Model, frozen=True, kw_only=True):
    """What a batch takes of a saved prompt, in one of its languages."""

    text: str
    negative: str
    variables: dict[str, str]
