"""Ids and names at the library's edge: hexadecimal text to bytes, and what every noun needs of its workspace."""

from __future__ import annotations

from collections.abc import Iterable

from documents.draft import MAX_VALUE, Draft
from documents.errors import ValueRefused
from documents.kinds import Kind
from library.errors import Invalid, NotFound
from library.models import AssetId, DocumentId
from store.database import Connection


def read_id(text: str, kind: Kind) -> DocumentId:
    """A document id of one kind from its hexadecimal text; NotFound for anything else."""
    try:
        id = bytes.fromhex(text)
    except ValueError:
        id = b""
    if len(id) != 16 or id[0] != kind:
        raise NotFound(f"There is no {kind.name.lower()} {text[:40]!r}.", code=f"no_{kind.name.lower()}", id=text[:64])
    return DocumentId(id)


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
    return clean


def write_text(draft: Draft, field: str, text: str, was: str | None) -> None:
    """Write a clean text; with `was`, as its writer had read it, together with what others wrote since then."""
    try:
        draft.write_text(field, text, was)
    except ValueRefused as refused:
        message = f"With what others wrote meanwhile that text is too long: at most {MAX_VALUE} bytes."
        raise Invalid(message, [(f"/{field}", "too long")], code="too_long", most=MAX_VALUE) from refused


def clean_text(text: str, pointer: str, most: int = MAX_VALUE) -> str:
    """Text as documents hold it: no NUL, no lone surrogates, at most `most` bytes of UTF-8."""
    clean = text.replace("\0", "").encode("utf-8", "replace")
    if len(clean) > most:
        raise Invalid(
            f"That text is too long: at most {most} bytes.", [(pointer, "too long")], code="too_long", most=most
        )
    return clean.decode()
