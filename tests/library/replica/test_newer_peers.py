"""A newer program and this one edit the same workspace: what only the newer one knows comes through unharmed."""

from __future__ import annotations

from typing import Any

import msgspec

from documents.draft import Draft
from documents.engine import Document
from documents.kinds import SPARE_TEXTS, Kind
from documents.segment import ChangeEntry, UnknownEntry, decode
from library.catalog import Library
from library.models import AssetChange
from library.workspace import Plan
from tests.library.patched import force, force_scalar
from tests.library.replica.test_settling import rebuild
from tests.library.studio import Studio, digests, segments, send

NEW_KIND = bytes([77]) + b"board".ljust(15, b"\0")
NEW_ENTRY = UnknownEntry(99, msgspec.msgpack.encode({"later": True}))
GRADE = {"grade": 7}  # a scalar of the root that no schema here names


def as_newer(draft: Draft) -> None:
    """What a later version keeps with a picture: by the two ways that the format leaves it, and by one more."""
    draft.put_entry("more", f"palette/{draft.writer}", "#ffcc00")
    force(draft, "versions", "later/lens", "50 mm")
    force_scalar(draft, *next(iter(GRADE.items())))
    draft.agree("rating", 4)
    for at, letter in enumerate("later"):
        draft._transaction.insert(draft._objects[SPARE_TEXTS[0]], at, letter)


def document(library: Library, id: bytes) -> Document:
    ((saved,),) = library.workspace.database.read_now(
        lambda connection: connection.execute("SELECT saved FROM document WHERE id=?", (id,)).fetchall()
    )
    return Document.load(Kind(id[0]), saved)


def seen_by_newer(library: Library, id: bytes) -> dict[str, Any]:
    """What a later version finds in a document that is stored here."""
    found: dict[str, Any] = {}

    def look(draft: Draft) -> None:
        found["more"] = draft.values("more")
        found["lens"] = draft.values("versions")["later/lens"]
        found["grade"] = draft._transaction.get(None, "grade")
        found["spare"] = draft._transaction.text(draft._objects[SPARE_TEXTS[0]])
        found["rating"], found["title"] = draft.values("rating"), draft.values("title")

    assert document(library, id).edit(b"n" * 16, look) is None
    return found


async def test_older_and_newer_program_sync_and_nothing_that_is_unknown_is_lost(studio: Studio) -> None:
    older, newer, third = await studio.trio()
    asset = bytes.fromhex(await studio.share(bob="editor", carol="editor"))
    entries = [ChangeEntry(NEW_KIND, document(newer, asset).changes()[0]), NEW_ENTRY]
    await newer.workspace.append(Plan("picture.grade", {"grade": 7}, [(asset, as_newer)], entries=entries))
    wrote = set(document(newer, asset).changes())
    await older.assets.edit_one(asset.hex(), AssetChange(title="at the same time", add_tags=["both"]))
    assert (await send(newer, older)).refused == [] and (await send(older, newer)).refused == []
    assert len(await digests(older, newer)) == 1

    await older.assets.edit_one(asset.hex(), AssetChange(title="after it", note="by the older", rating=5))
    await older.assets.bin([asset.hex()])
    await older.assets.unbin([asset.hex()])
    before = seen_by_newer(older, asset)
    await rebuild(older.workspace)  # from the segments alone
    assert seen_by_newer(older, asset) == before
    await send(older, newer)
    assert len(await digests(older, newer)) == 1

    assert (await send(older, third)).refused == []  # all that it knows of the newer one came by way of the older
    assert len(await digests(older, newer, third)) == 1
    for library in (older, newer, third):
        found = seen_by_newer(library, asset)
        assert [*found["more"].values()] == ["#ffcc00"]
        assert (found["lens"], found["grade"], found["spare"]) == ("50 mm", (7,), "later")
        assert ([*found["rating"].values()], [*found["title"].values()]) == ([5], ["after it"])
        assert wrote <= set(document(library, asset).changes())
        shown = (await library.assets.show(asset.hex())).asset
        assert (shown.title, shown.rating, shown.tags) == ("after it", 5, ["both"])
    for library in (older, third):
        assert (await library.care.verify()).problems == []
    assert set(await segments(older)) == set(await segments(newer)) == set(await segments(third))
    (kept,) = [decode(raw) for raw in await segments(third) if NEW_KIND in raw]
    assert [*kept.entries][:2] == entries
