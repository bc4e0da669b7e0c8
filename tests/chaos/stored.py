"""A library as it lies on the disk, and what it holds: to damage copies of it and see whether anything changed."""

from __future__ import annotations

import hashlib
import os
import random
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import NamedTuple

from documents.segment import ChangeEntry, Tip, encode
from identity import keys
from identity.keys import DeviceKey
from library.albums import NewAlbum
from library.care.comparing import COMPARED
from library.care.rebuilding import rebuilt
from library.care.verifying import Place, verify
from library.catalog import Library
from library.jobs.models import Cost, Estimate, Failure, Request
from library.jobs.queue import Wanted
from library.jobs.states import moved
from library.models import AssetChange, Check, NewSavedSearch, Pair, ProjectChange
from library.prompts import NewPrompt
from library.replica.receiving import receive
from library.replica.shelf import digest_shards
from library.schema import COUNTED, VIEWS
from library.workspace import Plan
from store.blobs import Blobs
from store.database import beside
from store.files import DiskFiles
from tests.library.house import HandClock, open_library, picture
from tests.library.patched import Patched
from tests.library.replica.stopping import pass_on
from tests.library.studio import Studio

DATABASE = "library.sqlite"
NUMBERED = ("segment", "aside")
NOW = 4_000_000_000 * 10**9  # blobs that nobody names are old by then


class Stored(NamedTuple):
    """A folder with a library of every kind of row: once with SQLite's log folded in, once as a kill leaves it."""

    clean: Path
    killed: Path
    state: dict[str, object]


async def store(folder: Path) -> Stored:
    """Make it: pictures copied and kept in place, versions, edits, a project, a saved search, two told apart, a
    checkpoint, a bin, watched folders, an album, a prompt, jobs, a device that was stopped.
    """
    pictures = folder / "pictures"
    pictures.mkdir(parents=True)
    for number in range(12):
        (pictures / f"貓 {number}.png").write_bytes(picture((number, 40, 90), (40 + number, 30)))
        (pictures / f"貓 {number}.txt").write_text(f"霓虹 neon cat number {number}")
    (folder / "kept").mkdir()
    (folder / "kept" / "in place.png").write_bytes(picture((200, 1, 1)))
    library_folder = folder / "library"
    async with open_library(library_folder, clock=HandClock()) as library:
        assets = (await library.ingest.import_paths([pictures])).assets
        await library.ingest.import_paths([folder / "kept"], reference=True)
        (pictures / "貓 0.png").write_bytes(picture((250, 250, 1), (80, 60)))
        await library.ingest.import_paths([pictures / "貓 0.png"])
        project = await library.projects.create("Poster 海報")
        await library.projects.edit(project.id, ProjectChange(brief="night market", color="teal"))
        await library.assets.edit(assets[:3], AssetChange(add_tags=["neon", "夜市"], add_projects=[project.id]))
        await library.assets.edit_one(assets[0], AssetChange(title="霓虹貓", rating=4, flag="pick", label="red"))
        await library.assets.edit_one(assets[1], AssetChange(note="a note"))
        await library.searches.create(NewSavedSearch(name="精選", query="neon rating:>=4"))
        await library.alike.other([Pair(newer=assets[4], older=assets[3])])
        await library.checkpoints.create("before")
        await library.assets.bin(assets[5:6])
        await library.watch.add(str(folder / "kept"), reference=True)
        await collect(library, assets)
        await order(library)
        await receive(
            library.workspace, [stray_segment(library.workspace.id), odd_segment(library, assets[2])], keys.verify
        )
        await stop_another(library, folder / "elsewhere")
        await library.care.digest()
        shutil.copytree(library_folder, folder / "killed")
    clean = folder / "clean"
    shutil.copytree(library_folder, clean)
    return Stored(clean, folder / "killed", state_of(clean))


async def collect(library: Library, assets: list[str]) -> None:
    """An album with pictures, and a saved prompt of which one was made."""
    album = (await library.albums.create(NewAlbum(name="封面"))).id
    await library.albums.add(album, assets[1:4])
    saved = (await library.prompts.create(NewPrompt(name="貓", text="霓虹 {{animal:貓}}"))).id
    linked = (bytes.fromhex(assets[2]), lambda draft: draft.put_entry("links", f"prompt/{saved}", True))
    await library.workspace.append(Plan("asset.generate", {"name": "made"}, [linked]))


async def order(library: Library) -> None:
    """Jobs: one that waits, one under way, one that was refused and paid for."""
    price = Estimate("price_table", 40_000, 40_000, "USD", "2026-11-01")
    wanted = [Wanted("painter", Request("oil", f"霓虹 {number}"), price) for number in range(3)]
    await library.queue.enqueue(wanted, key="once")
    refused, running = await library.carrying.claim(["painter"]), await library.carrying.claim(["painter"])
    assert refused and running
    failure, cost = Failure("provider.content", "no"), Cost(40_000, "USD", "reported")
    sent = refused._replace(attempt=moved(refused.attempt, "sending", sent_to="there"))
    await library.carrying.stepped(sent.attempt)
    await library.carrying.ended(sent, "refused", failure, cost=cost)
    sending = moved(running.attempt, "sending", sent_to="there", keyed=True)
    for attempt in (sending, moved(sending, "accepted", handle=b"{}", cost=cost)):
        await library.carrying.stepped(attempt)


async def stop_another(library: Library, folder: Path) -> None:
    """Another device puts all pictures in the bin at once: it is stopped, and nobody has answered yet."""
    async with AsyncExitStack() as stack:
        studio = Studio(folder, stack)
        studio.members["alice"] = library
        bob = await studio.device("bob", 7)
        await studio.admit("bob", "editor")
        await pass_on(library, bob)
        await bob.assets.bin([each.id for each in (await bob.search.page("", limit=200)).items])
        assert (await pass_on(bob, library)).stopped


def stray_segment(workspace: bytes) -> bytes:
    """A segment of another device whose predecessor never came: it waits."""
    bob = DeviceKey.generate(random.Random(5))
    return encode(
        workspace=workspace, device=bob.public, incarnation=b"i" * 16, run=b"r" * 16, seq=2, prev=b"p" * 32,
        deps=(Tip(b"x" * 16, 3, b"8" * 8),), auth=(), clock=90, time=1, action=b"a" * 16, intent="asset.rate",
        params={}, entries=(), sign=bob.sign,
    ).raw  # fmt: skip


def odd_segment(library: Library, asset: str) -> bytes:
    """One with a change that is void and one that it brings twice."""
    patched = Patched(library)
    change = patched.change(bytes.fromhex(asset), lambda draft: draft.agree("rating", 2))
    return patched.sign([ChangeEntry(bytes.fromhex(asset), b"rubbish"), change, change]).raw


def place_of(folder: Path) -> Place:
    return Place(folder, Blobs(folder / "blobs", DiskFiles(), random.Random(1)), keys.verify, rebuilt, NOW)


def verified(folder: Path) -> Check:
    return verify(place_of(folder), read_data=True)


def state_of(folder: Path) -> dict[str, object]:
    """All that a library says: truth, views, the state computed again, the bytes of blobs. Equal is unharmed."""
    state: dict[str, object] = {}
    connection = beside(folder / DATABASE)
    try:
        for table in COUNTED:
            rows = connection.execute(f"SELECT * FROM live.{table}").fetchall()
            # A segment's number only says in which order they came; what names one by its number is in the views.
            state[table] = [row[1:] for row in sorted(rows)] if table in NUMBERED else sorted(rows, key=repr)
        for table, query in COMPARED.items():
            state[f"view {table}"] = sorted(connection.execute(query.format(db="live")).fetchall(), key=repr)
        state["found"] = connection.execute(
            "SELECT rowid FROM live.words WHERE words MATCH 'neon' ORDER BY rank, rowid"
        ).fetchall()
        for statement in VIEWS:
            connection.execute(statement)
        rebuilt(connection)
        state["digest"] = digest_shards(connection)
    finally:
        connection.close()
    blobs = [path for path in (folder / "blobs").rglob("*") if path.is_file()]
    state["blobs"] = sorted((path.name, hashlib.sha256(path.read_bytes()).hexdigest()) for path in blobs)
    return state


def copied(source: Path, target: Path) -> Path:
    """A copy to damage. Blobs are linked: whoever damages one replaces it."""
    shutil.copytree(source, target, copy_function=_copy)
    return target


def _copy(source: str, target: str) -> None:
    if f"{os.sep}blobs{os.sep}" in source:
        os.link(source, target)
    else:
        shutil.copyfile(source, target)


def damaged(path: Path, change: Callable[[bytearray], object]) -> None:
    """Replace a file by a damaged one; other links to it keep theirs."""
    data = bytearray(path.read_bytes())
    change(data)
    path.unlink()
    path.write_bytes(data)


def open_rows(folder: Path) -> sqlite3.Connection:
    """A connection for damaging rows as a bug or a flipped bit would, without what counts them."""
    connection = sqlite3.connect(folder / DATABASE, isolation_level=None)
    connection.execute("PRAGMA synchronous=OFF")
    connection.execute("PRAGMA writable_schema=ON")
    return connection
