"""The list of models that a server tells: which there are, and what some say of what each can do. Pure.

Lists of gateways are long: each model with a page of description, and thousands of them. Of those that can be read the
first count.
"""

from __future__ import annotations

from typing import Any

import msgspec

from providers.base import Ability
from providers.errors import BadAnswer
from providers.openai.answers import NOTHING, shortened, small
from providers.openai.letters import NONSENSE, opened_in

MOST_MODELS = 500
MOST_NAME = 200  # characters
MOST_ABOUT = 1 << 12  # bytes of what a list tells of what a model can do, each
MOST_OPENED_ABOUT = 100  # braces and brackets in each of those
MOST_OPENED = 2_000_000  # braces and brackets of a list: one within the other they take long
# What gateways that tell a model's kind call it.
KINDS: dict[str, Ability] = {
    "llm": "speak", "vlm": "speak", "chat": "speak", "language": "speak", "completion": "speak",
    "completion_chat": "speak", "chat_completion": "speak", "text": "speak", "embeddings": "embed",
    "embedding": "embed", "image": "paint", "images": "paint", "image_generation": "paint",
}  # fmt: skip


class _List(msgspec.Struct):
    data: msgspec.Raw


# What stands behind the first is passed over, however much it is.
_First = msgspec.defstruct("_First", [(f"m{n}", msgspec.Raw, NOTHING) for n in range(MOST_MODELS)], array_like=True)


class _Entry(msgspec.Struct):
    """A model of a list, with what some gateways tell of what it can do."""

    id: str
    type: msgspec.Raw = NOTHING
    capabilities: msgspec.Raw = NOTHING
    architecture: msgspec.Raw = NOTHING


class _Listed(msgspec.Struct):
    type: Any = None
    capabilities: Any = None
    architecture: Any = None


def listed_in(body: bytes) -> dict[str, tuple[Ability, ...] | None]:
    """The first models of a list: their ids, with what each can do, None where nobody tells. BadAnswer where it is no
    list. Of a long one this takes long: not for the loop's thread.
    """
    if opened_in(body) > MOST_OPENED:
        raise BadAnswer("The list of models is in more parts than any that has its sense.")
    try:
        first = msgspec.json.decode(msgspec.json.decode(body, type=_List).data, type=_First)
    except NONSENSE as error:
        raise BadAnswer(f"The list of models makes no sense: {shortened(str(error))}") from None
    some = [each for each in msgspec.structs.astuple(first) if each is not NOTHING]
    found = [entry for each in some if (entry := _entry_of(each)) is not None]
    if some and not found:
        raise BadAnswer("The list of models makes no sense: nothing in it has a name.")
    return {each.id: _told_by(each) for each in found}


def _entry_of(raw: msgspec.Raw) -> _Entry | None:
    """One of a list; None where it is no model's."""
    try:
        found = msgspec.json.decode(raw, type=_Entry)
    except NONSENSE:
        return None
    return found if 0 < len(found.id) <= MOST_NAME else None


def _told_by(entry: _Entry) -> tuple[Ability, ...] | None:
    about = {name: getattr(entry, name) for name in ("type", "capabilities", "architecture")}
    small_ones = {
        name: small(raw, MOST_ABOUT) for name, raw in about.items() if opened_in(memoryview(raw)) <= MOST_OPENED_ABOUT
    }
    return abilities_of(small_ones)


def abilities_of(listed: Any) -> tuple[Ability, ...] | None:
    """What a line of the list of models says that the model can do; None where it says nothing of it.

    The API has no word for it. Some gateways tell a `type`, some `capabilities`, as a list or as yes and no, some what
    comes out.
    """
    try:
        found = msgspec.convert(listed, type=_Listed)
    except NONSENSE:
        return None
    words = [found.type]
    if isinstance(found.capabilities, dict):
        words += [name for name, has in found.capabilities.items() if has is True]
    elif isinstance(found.capabilities, list):
        words += found.capabilities
    out = found.architecture.get("output_modalities") if isinstance(found.architecture, dict) else None
    words += out if isinstance(out, list) else []
    told = dict.fromkeys(KINDS[word] for word in words if isinstance(word, str) and word in KINDS)
    return tuple(told) or None
