"""One picture becomes a version of another, and leaves it again, with what it brought. Who asks for it: alike.py."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from documents.draft import Draft
from documents.kinds import Kind, derived_id
from library.editing.assets import read_values
from library.editing.history import Undo, Undoing, reverter
from library.errors import Clash, NotFound
from library.gathering import readable
from library.rows import put_source
from library.values import IMAGE_TEXTS, Values, image_values
from library.views.projection import (
    VersionValues,
    agreed,
    binned_at,
    current_of,
    different_key,
    has_more,
    versions_of,
)
from library.workspace import Edit, Workspace
from store.database import Connection


def name_in(connection: Connection, id: bytes) -> str:
    row = connection.execute("SELECT name FROM asset WHERE id=?", (id,)).fetchone()
    return str(row[0])[:200] if row else ""


def joined(connection: Connection, newer: bytes, older: bytes, now: int) -> list[Edit]:
    values = image_values(read_values(connection, newer))
    versions = versions_of(values)
    shown = current_of(values, versions)
    if shown is None:
        raise NotFound(f"There is no picture {newer.hex()} here.", code="no_image", id=newer.hex())
    takes_over = has_more(connection, (shown.width, shown.height), older)
    for path, hash, size, mtime, watched in connection.execute(
        "SELECT path, hash, size, mtime, watched FROM source WHERE document=?", (newer,)
    ).fetchall():
        put_source(connection, path, older, hash, size, mtime, watched)
    # The question stays, unseen while one of the two is in the bin: where this is undone, it is asked again.
    return [
        (older, lambda draft: _take_in(draft, values, versions, shown.id if takes_over else None)),
        (newer, lambda draft: draft.agree("deleted", now)),
    ]


def _take_in(draft: Draft, values: Values, versions: Sequence[VersionValues], shown: str | None) -> None:
    """Write everything of another picture into this one; its versions stand on the one that is shown here."""
    entries = {"versions": draft.values("versions"), "current": draft.values("current")}
    known = versions_of(entries)
    current = current_of(entries, known)
    told = {name: values[name] for name in IMAGE_TEXTS if name in values}
    for number, version in enumerate(versions):
        if f"{version.id}/blob" in entries["versions"]:
            continue
        copied = _entries_of(values, version.id) | (told if number == 0 else {})
        if current is not None and version.parent not in {each.id for each in versions}:
            copied["parent"] = current.id
        for field, value in copied.items():
            draft.put_entry("versions", f"{version.id}/{field}", value)
    if current is not None:
        draft.agree("current", shown or current.id)
    for field in ("tags", "sources", "projects"):
        for key, value in values[field].items():
            if key not in draft.values(field):
                draft.put_entry(field, key, value)
    if binned_at({"deleted": draft.values("deleted")}) is not None:
        draft.agree("deleted", 0)


def _entries_of(values: Values, version: str) -> dict[str, Any]:
    beginning = f"{version}/"
    return {
        key.removeprefix(beginning): value for key, value in values["versions"].items() if key.startswith(beginning)
    }


def parted(connection: Connection, asset: bytes, version: str, workspace: bytes) -> list[Edit]:
    """A version leaves its picture and becomes one of its own."""
    values = image_values(read_values(connection, asset))
    versions = versions_of(values)
    wanted = next((each for each in versions if each.id == version), None)
    if wanted is None:
        raise NotFound(f"That picture has no version {version[:12]!r}.", code="no_version", version=version[:64])
    own = derived_id(Kind.IMAGE, workspace, bytes.fromhex(wanted.blob))
    if own == asset or len(versions) == 1 or wanted.restored is not None:
        message = "That version is the picture itself, or one of its own brought back."
        raise Clash(message, code="not_another", version=version[:64])
    rows = connection.execute(
        "SELECT path, hash, size, mtime, watched FROM source WHERE document=? AND hash=?",
        (asset, bytes.fromhex(wanted.blob)),
    ).fetchall()
    for path, *rest in rows:
        put_source(connection, path, own, *rest)
    names = {_base(path) for path, *_ in rows} or {name_in(connection, asset)}
    rest_of = [each for each in versions if each is not wanted]
    back = next((each for each in rest_of if each.id == wanted.parent), rest_of[-1])
    entries = _entries_of(values, wanted.id)
    return [
        (asset, lambda draft: _leave(draft, wanted.id, entries, back.id)),
        (own, lambda draft: _begin(draft, wanted, entries, names, asset)),
    ]


def unjoined(workspace: Workspace) -> Undo:
    """How it is undone that files were found to be a picture: each becomes a picture of its own."""

    def take_back(connection: Connection, state: Undoing) -> list[Edit]:
        before = state.before["versions"]
        found = [
            key.partition("/")[0] for key in state.after["versions"] if key.endswith("/name") and key not in before
        ]
        if not found:  # a further copy of such a file, which brought its name only
            return [(state.document, reverter(state))]
        held = {each.id for each in versions_of(image_values(read_values(connection, state.document)))}
        return [
            edit
            for version in found
            if version in held
            for edit in parted(connection, state.document, version, workspace.id)
        ]

    return take_back


def _base(path: bytes) -> str:
    return readable(Path(Path(os.fsdecode(path.partition(b"\0")[0])).name))


def _leave(draft: Draft, version: str, entries: Mapping[str, Any], back: str) -> None:
    if agreed(draft.values("current")) == version or not draft.values("current"):
        draft.agree("current", back)
    for field in entries:
        draft.drop_entry("versions", f"{version}/{field}")


def _begin(draft: Draft, wanted: VersionValues, entries: Mapping[str, Any], names: Iterable[str], asset: bytes) -> None:
    """The picture that the version would have been, had it not been taken for another."""
    if f"{wanted.blob}/blob" not in draft.values("versions"):
        for field, value in entries.items():
            if field not in ("parent", "name", *IMAGE_TEXTS):
                draft.put_entry("versions", f"{wanted.blob}/{field}", value)
        for name, text in wanted.own.items():
            draft.put_absent(name, text)
    for name in names:
        draft.put_entry("sources", name, True)
    if binned_at({"deleted": draft.values("deleted")}) is not None:
        draft.agree("deleted", 0)
    draft.put_entry("links", different_key(asset), True)
