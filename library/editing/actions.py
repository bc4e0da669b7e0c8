"""Ids, names, texts and colours at the library's edge, and what every noun needs of its workspace."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from documents.draft import MAX_VALUE, Draft
from documents.errors import ValueRefused
from documents.kinds import Kind
from library.errors import Invalid, NotFound
from library.models import AssetId, DocumentId
from library.surroundings import Surroundings
from library.values import unseen
from library.views.projection import binned_at
from store.database import Connection

UNSET = msgspec.UNSET
MOST_NAME = 400
MOST_TAG = 200  # bytes
COLORS = ("red", "orange", "yellow", "green", "teal", "blue", "purple", "pink", "grey")


def read_id(text: str, kind: Kind) -> DocumentId:
    """A document id of one kind from its hexadecimal text; NotFound for anything else."""
    try:
        id = bytes.fromhex(text)
    except ValueError:
        id = b""
    if len(id) != 16 or id[0] != kind:
        raise NotFound(f"There is no {kind.name.lower()} {text[:40]!r}.", code=f"no_{kind.name.lower()}", id=text[:64])
    return DocumentId(id)


def new_id(surroundings: Surroundings, kind: Kind) -> DocumentId:
    return DocumentId(bytes([kind]) + surroundings.random.randbytes(15))


def asset_ids(connection: Connection, texts: Iterable[str]) -> list[AssetId]:
    """The ids of existing assets, in order, each once; NotFound names the first that does not exist."""
    ids = []
    for text in dict.fromkeys(texts):
        id = AssetId(read_id(text, Kind.IMAGE))
        if connection.execute("SELECT 1 FROM asset WHERE id=?", (id,)).fetchone() is None:
            raise NotFound(f"There is no picture {text!r} here.", code="no_image", id=text)
        ids.append(id)
    if not ids:
        raise Invalid("Name at least one picture.", [("/assets", "is empty")], code="no_assets")
    return ids


def clean_name(name: str, needed: str, most: int) -> str:
    """A name as documents hold it, without spaces around; `needed` is said of one that is empty."""
    clean = clean_text(name, "/name", most).strip()
    if not clean:
        raise Invalid(needed, [("/name", "is empty")], code="no_name")
    if sign := unseen(clean):
        message = f"The name holds a character that cannot be seen: {sign}."
        raise Invalid(message, [("/name", "holds what cannot be seen")], code="invalid.unseen_name", sign=sign)
    return clean


def clean_tag(tag: str, pointer: str, *, known: bool = False) -> str:
    """A tag as documents hold it, without spaces around. One that is `known`, to be taken off, may be of any kind."""
    clean = clean_text(tag, pointer, MOST_TAG).strip()
    if not clean:
        raise Invalid("A tag needs something to read.", [(pointer, "is empty")], code="no_tag")
    if not known and (sign := unseen(clean)):
        message = f"A tag holds a character that cannot be seen: {sign}."
        raise Invalid(message, [(pointer, "holds what cannot be seen")], code="invalid.unseen", sign=sign)
    return clean


def read_text(change: Any, field: str) -> tuple[str, str | None] | None:
    """A text of a change, clean, and as its writer had read it (`FIELD_was`), for `write_text`; None: untouched."""
    text, was = getattr(change, field), getattr(change, f"{field}_was")
    if text is UNSET:
        if was is not UNSET:
            raise Invalid(f"/{field}_was goes with `{field}`.", [(f"/{field}_was", f"goes with `{field}`")])
        return None
    return clean_text(text, f"/{field}"), None if was is UNSET else clean_text(was, f"/{field}_was")


def write_text(draft: Draft, field: str, text: str, was: str | None, *, beside: bool = False) -> None:
    """Write a clean text; with `was`, as its writer had read it, together with what others wrote since then. `beside`:
    `merged`.
    """
    try:
        draft.write_text(field, text, was, beside=beside)
    except ValueRefused as refused:
        message = f"With what others wrote meanwhile that text is too long: at most {MAX_VALUE} bytes."
        raise Invalid(message, [(f"/{field}", "too long")], code="too_long", most=MAX_VALUE) from refused


def take_out_of_bin(draft: Draft) -> None:
    """Write nothing where the picture is in no bin."""
    if binned_at({"deleted": draft.values("deleted")}) is not None:
        draft.agree("deleted", 0)


def clean_text(text: str, pointer: str, most: int = MAX_VALUE) -> str:
    """Text as documents hold it: no NUL, no lone surrogates, at most `most` bytes of UTF-8."""
    clean = text.replace("\0", "").encode("utf-8", "replace")
    if len(clean) > most:
        raise Invalid(
            f"That text is too long: at most {most} bytes.", [(pointer, "too long")], code="too_long", most=most
        )
    return clean.decode()


def clean_color(color: str | None) -> str:
    if color is not None and color not in COLORS:
        given, choices = color[:40], ", ".join(COLORS)
        message = f"There is no colour {given!r}; there are {choices}."
        raise Invalid(message, [("/color", "unknown")], code="invalid.color", color=given, choices=choices)
    return color or ""
