"""One picture becomes a version of another, and leaves it again, with what it brought. Who asks for it: alike.py."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from documents.draft import Draft
from documents.errors import ValueRefused
from documents.kinds import Kind, derived_id
from library.editing.actions import take_out_of_bin
from library.editing.assets import read_values
from library.editing.inverse import revert
from library.editing.undoing import Undo, Undoing, documents_of, reverter
from library.errors import Clash, Invalid, NotFound
from library.gathering import file_name, readable
from library.models import Differing
from library.replica.log import APPLIED, split_hashes
from library.replica.shelf import loaded
from library.rows import put_source
from library.values import IMAGE_CONFLICTS, IMAGE_TEXTS, Values, image_values
from library.views.projection import (
    PROMPT,
    VersionValues,
    agreed,
    current_of,
    different_key,
    first_name,
    has_more,
    lineage_links,
    prompts_of,
    versions_of,
)
from library.views.versions import keep_name
from library.workspace import Edit, Workspace
from store.database import Connection

SAID = ("title", "rating", "flag", "label")


def name_in(connection: Connection, id: bytes) -> str:
    row = connection.execute("SELECT name FROM asset WHERE id=?", (id,)).fetchone()
    return str(row[0])[:200] if row else ""


def joined(
    connection: Connection, newer: bytes, older: bytes, now: int, tell: Callable[[Differing], None]
) -> list[Edit]:
    """A picture becomes a version of an older one; `tell` gets what the two say differently."""
    values = image_values(read_values(connection, newer))
    versions = versions_of(values)
    shown = current_of(values, versions)
    if shown is None:
        raise NotFound(f"There is no picture {newer.hex()} here.", code="no_image", id=newer.hex())
    takes_over = has_more(connection, (shown.width, shown.height), older)
    for (hash,) in connection.execute("SELECT DISTINCT hash FROM source WHERE document=?", (newer,)).fetchall():
        _hand_over(connection, newer, older, hash)
    name = name_in(connection, older)

    def take_in(draft: Draft) -> None:
        _take_in(draft, values, versions, shown.id if takes_over else None)
        kept, notes = _take_over(draft, values, name)
        if kept or notes:
            tell(Differing(asset=older.hex(), name=name, newer=name_in(connection, newer), kept=kept, notes=notes))

    # The question stays, unseen while one of the two is in the bin: where this is undone, it is asked again.
    return [
        (older, take_in),
        (newer, lambda draft: draft.agree("deleted", now)),
    ]


def _take_in(draft: Draft, values: Values, versions: Sequence[VersionValues], shown: str | None) -> None:
    """Write what another picture holds into this one; its versions stand on the one that is shown here."""
    entries = {"versions": draft.values("versions"), "current": draft.values("current")}
    known = versions_of(entries)
    current = current_of(entries, known)
    told = {name: values[name] for name in IMAGE_TEXTS if name in values}
    if versions and versions[0].name is None and (name := first_name(values, versions)):
        told["name"] = file_name(name)
    keep_name(draft)
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
    for field in ("tags", "sources", "projects", "collections"):
        for key, value in values[field].items():
            if key not in draft.values(field):
                draft.put_entry(field, key, value)
    for prompt in prompts_of(values):
        draft.put_entry("links", f"{PROMPT}{prompt.hex()}", True)
    for link in lineage_links(values):
        draft.put_entry("links", link, True)
    # Said anew though it may stand there: where another device bins this one meanwhile, as a version of that one or of
    # a third, its mark and this disagree, and what two pictures hold is not hidden in the bin.
    draft.agree("deleted", None)
    draft.agree("deleted", 0)


def _take_over(draft: Draft, values: Values, name: str) -> tuple[list[str], bool]:
    """Write what was said of another picture where nothing was said of this one, and its note after this one's. Gives
    the fields of which this one says something else, and whether both had notes.
    """
    kept = []
    for field in SAID:
        own = [value for value in draft.values(field).values() if value and IMAGE_CONFLICTS[field](value)]
        said = agreed(values[field])
        if said and not own:
            draft.agree(field, said)
        elif said and said not in own:
            kept.append(field)
    note, more = draft.text("note").rstrip(), values["note"]
    if not more.strip() or f"\n\n{more.strip()}\n\n" in f"\n\n{note}\n\n":
        return kept, False
    try:
        draft.write_text("note", f"{note}\n\n{more}" if note else more)
    except ValueRefused as refused:
        message = f"The notes of {name} and of the newer picture are too long to stand together. Nothing was changed."
        problems = [("/pairs", "their notes are too long")]
        hint = "Shorten one of the two notes, then say again that it is the same picture."
        raise Invalid(message, problems, code="notes_too_long", hint=hint, name=name) from refused
    return kept, bool(note)


def _entries_of(values: Values, version: str) -> dict[str, Any]:
    beginning = f"{version}/"
    return {
        key.removeprefix(beginning): value for key, value in values["versions"].items() if key.startswith(beginning)
    }


def parted(connection: Connection, asset: bytes, version: str, workspace: bytes) -> list[Edit]:
    """A version leaves its picture: with all that the other one brought which it came with, or as one of its own."""
    values = image_values(read_values(connection, asset))
    versions = versions_of(values)
    wanted = next((each for each in versions if each.id == version), None)
    if wanted is None:
        raise NotFound(f"That picture has no version {version[:12]!r}.", code="no_version", version=version[:64])
    joining = _joining_of(connection, asset, wanted)
    if joining is not None:
        return _undone(connection, asset, joining)
    own = derived_id(Kind.IMAGE, workspace, bytes.fromhex(wanted.blob))
    if own == asset or len(versions) == 1 or wanted.restored is not None:
        message = "That version is the picture itself, or one of its own brought back."
        raise Clash(message, code="not_another", version=version[:64])
    paths = _hand_over(connection, asset, own, bytes.fromhex(wanted.blob))
    names = {_base(path) for path in paths} or {file_name(wanted.name or first_name(values, versions))}
    entries = _entries_of(values, wanted.id)
    named = {**entries, "name": file_name(wanted.name or min(names))}
    return [
        (asset, lambda draft: _leave(draft, {wanted.id})),
        (own, lambda draft: _begin(draft, wanted, named, names, asset)),
    ]


class Joining(NamedTuple):
    """How another picture came into one: what that said before the change that brought it, and after."""

    newer: bytes
    before: Values
    after: Values


def _joining_of(connection: Connection, asset: bytes, version: VersionValues) -> Joining | None:
    """How a version came in with another picture, the last time; None where its file came in by itself."""
    changes = connection.execute(
        "SELECT c.hash, c.deps, s.action FROM change AS c JOIN segment AS s ON s.id = c.segment WHERE c.document=?"
        " AND c.state=? AND s.intent IN ('asset.same', 'undo', 'redo') ORDER BY c.segment DESC, c.position DESC",
        (asset, APPLIED),
    ).fetchall()
    if not changes:
        return None
    document = loaded(connection, asset)
    for hash, deps, action in changes:
        before, after = document.read(split_hashes(deps)), document.read([hash])
        if version.id in _brought(before, after):
            newer = _holder(connection, documents_of(connection, action), asset, version.id, version.blob)
            return None if newer is None else Joining(newer, before, after)
    return None


def _undone(connection: Connection, asset: bytes, joining: Joining) -> list[Edit]:
    """Take back what came with another picture, as far as nobody changed it since. Neither goes to the bin for that."""
    brought = _brought(joining.before, joining.after)
    for blob in brought.values():
        _hand_over(connection, asset, joining.newer, bytes.fromhex(blob))
    before = {**joining.before, "deleted": joining.after["deleted"]}

    def give_back(draft: Draft) -> None:
        revert(draft, Kind.IMAGE, before, joining.after, 0, created=False)
        _leave(draft, brought.keys())

    return [(asset, give_back), (joining.newer, lambda draft: _stand_alone(draft, asset))]


def exchanged(connection: Connection, state: Undoing) -> list[Edit]:
    """How it is undone that pictures became one, or were put apart: versions and files go back to whose they were.

    One that no other of these pictures holds stays where it is, and what a picture began with.
    """
    leaving = set[str]()
    for version, blob in _brought(state.before, state.after).items():
        holder = _holder(connection, state.documents, state.document, version, blob)
        if holder is not None and not state.created:
            leaving.add(version)
            _hand_over(connection, state.document, holder, bytes.fromhex(blob))
    for version, blob in _brought(state.after, state.before).items():
        holder = _holder(connection, state.documents, state.document, version, blob)
        if holder is not None:
            _hand_over(connection, holder, state.document, bytes.fromhex(blob))
    take_back, comes_back = reverter(connection, state), bool(_brought(state.after, state.before))

    def give_back(draft: Draft) -> None:
        take_back(draft)
        _leave(draft, leaving)
        if comes_back:
            take_out_of_bin(draft)  # whose versions come back to it are nowhere else in sight

    return [(state.document, give_back)]


def _brought(before: Values, after: Values) -> dict[str, str]:
    """The versions that there are after and not before, each with its blob."""
    return {each.id: each.blob for each in versions_of(after) if f"{each.id}/blob" not in before["versions"]}


def _holder(
    connection: Connection, documents: Collection[bytes], asset: bytes, version: str, blob: str
) -> bytes | None:
    """Which other picture among these has a version too."""
    rows = connection.execute(
        "SELECT asset.id FROM version JOIN asset USING (row) WHERE hash=? AND asset.id<>? ORDER BY asset.id",
        (bytes.fromhex(blob), asset),
    ).fetchall()
    key = f"{version}/blob"
    return next((id for (id,) in rows if id in documents and key in read_values(connection, id)["versions"]), None)


def unjoined(workspace: Workspace) -> Undo:
    """How it is undone that files were found to be a picture: each becomes a picture of its own."""

    def take_back(connection: Connection, state: Undoing) -> list[Edit]:
        after = state.after["versions"]
        found = [
            id for id in _brought(state.before, state.after) if f"{id}/name" in after and f"{id}/restored" not in after
        ]
        if state.created or not found:  # a further copy of such a file, which brought its name only; or done again
            return exchanged(connection, state)
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


def _hand_over(connection: Connection, asset: bytes, to: bytes, hash: bytes) -> list[bytes]:
    """Files that hold these bytes are another picture's from now on; gives their paths."""
    rows = connection.execute(
        "SELECT path, hash, size, mtime, watched FROM source WHERE document=? AND hash=?", (asset, hash)
    ).fetchall()
    for path, *rest in rows:
        put_source(connection, path, to, *rest)
    return [path for path, *_ in rows]


def _leave(draft: Draft, versions: Collection[str]) -> None:
    """Versions that stand in another picture leave this one, which keeps one at least."""
    known = {each.id: each for each in versions_of({"versions": draft.values("versions")})}
    staying = [id for id in known if id not in versions]
    if not versions or not staying:
        return
    chosen = agreed(draft.values("current"))
    if chosen in versions or chosen is None:
        parent = known[chosen].parent if chosen in known else None
        draft.agree("current", parent if parent in staying else staying[-1])
    for key in draft.values("versions"):
        if key.partition("/")[0] in versions:
            draft.drop_entry("versions", key)


def _begin(draft: Draft, wanted: VersionValues, entries: Mapping[str, Any], names: Iterable[str], asset: bytes) -> None:
    """The picture that the version would have been, had it not been taken for another."""
    if f"{wanted.blob}/blob" not in draft.values("versions"):
        for field, value in entries.items():
            if field not in ("parent", *IMAGE_TEXTS) and value != "":
                draft.put_entry("versions", f"{wanted.blob}/{field}", value)
        for name, text in wanted.own.items():
            draft.put_absent(name, text)
    keep_name(draft)
    for name in filter(None, names):
        draft.put_entry("sources", name, True)
    _stand_alone(draft, asset)


def _stand_alone(draft: Draft, asset: bytes) -> None:
    """Be a picture of its own beside the one that it was taken for."""
    take_out_of_bin(draft)
    draft.put_entry("links", different_key(asset), True)
