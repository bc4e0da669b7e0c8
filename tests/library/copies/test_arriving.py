"""Blobs on their way in: cut off, damaged, on a full or failing disk. What exists is whole, and is not lost."""

from __future__ import annotations

import asyncio
import errno
import os
import random
import threading
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from library.catalog import Library
from library.copies.models import Policy
from library.errors import DiskFull, LibraryError, Suspect
from library.surroundings import here
from library.workspace import COMING
from store.errors import StoreFull, StoreSuspect
from store.files import DiskFiles
from tests.library.copies.between import fetch, originals, paired
from tests.library.house import pictures
from tests.library.members import member, operate
from tests.library.studio import Studio, send


async def first(source: Library, target: Library) -> tuple[bytes, bytes]:
    """An original that the target wants, and its bytes."""
    wanted = [each.hash for each in await target.copies.wanted() if target.copies.is_original(each.hash)]
    return wanted[0], await source.copies.read(wanted[0], 0, 1 << 20) or b""


async def test_what_came_before_a_restart_goes_on(studio: Studio) -> None:
    alice, bob = await paired(studio)
    hash, data = await first(alice, bob)
    await bob.copies.write(hash, 0, data[:30])
    with pytest.raises(ValueError, match="goes on at 30"):
        await bob.copies.write(hash, 0, data[:30])
    again = await studio.opened("bob", 2)
    assert again.copies.begun(hash) == 30
    assert hash in {each.hash for each in await again.copies.wanted()}
    await again.copies.write(hash, 30, data[30:])
    assert await again.copies.finish([hash]) == []
    assert hash in originals(again)
    assert again.copies.begun(hash) == len(data)
    assert (await again.care.verify(read_data=True)).problems == []


async def test_one_that_was_killed_between_file_and_row_is_not_fetched_again(studio: Studio) -> None:
    alice, bob = await paired(studio)
    hash, data = await first(alice, bob)
    bob.workspace.blobs.put([data])
    again = await studio.opened("bob", 2)
    assert hash in {each.hash for each in await again.copies.wanted()}
    assert again.copies.begun(hash) == len(data)
    assert await again.copies.finish([hash]) == []
    assert hash in originals(again)


async def test_other_bytes_never_exist(studio: Studio) -> None:
    alice, bob = await paired(studio)
    hash, data = await first(alice, bob)
    await bob.copies.write(hash, 0, b"x" + data[1:])
    other = next(each.hash for each in await bob.copies.wanted() if each.hash != hash)
    assert await bob.copies.finish([hash, other]) == [hash, other]  # of the other nothing came at all
    assert bob.copies.begun(hash) == 0
    assert originals(bob) == set()
    assert not (bob.workspace.folder / "blobs" / hash.hex()[:2] / hash.hex()[2:]).exists()
    assert await bob.copies.put([b"x" + data[1:], b"what nobody named"]) == []
    with pytest.raises(ValueError, match="no more than"):
        await bob.copies.write(hash, 0, data + b"x")
    with pytest.raises(ValueError, match="not wanted"):
        await bob.copies.write(b"h" * 32, 0, b"x")


async def test_one_that_nobody_wants_any_more_while_it_gets_its_name_is_whole(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice, bob = await paired(studio)
    hash, data = await first(alice, bob)
    await bob.copies.write(hash, 0, data)
    adopt, loop, looking = bob.workspace.blobs.adopt, asyncio.get_running_loop(), list[Any]()

    def slowly(arrivals: Any) -> None:
        looking.append(asyncio.run_coroutine_threadsafe(bob.copies.wanted(), loop))
        threading.Event().wait(0.3)
        adopt(arrivals)

    monkeypatch.setattr(bob.workspace.blobs, "adopt", slowly)
    await bob.keeping.set_policy(Policy(kind="thumbnails"))
    assert await bob.copies.finish([hash]) == []
    await asyncio.wrap_future(looking[0])
    assert bob.workspace.blobs.read(hash) == data


async def test_what_nobody_wants_any_more_is_removed(studio: Studio) -> None:
    alice, bob = await paired(studio)
    hash, data = await first(alice, bob)
    await bob.copies.write(hash, 0, data[:30])
    await bob.keeping.set_policy(Policy(kind="thumbnails"))
    await bob.copies.want_now(hash)
    await bob.copies.wanted()
    assert bob.copies.begun(hash) == 30  # somebody waits for it
    again = await studio.opened("bob", 2)
    await again.copies.wanted()
    assert list((again.workspace.folder / COMING).iterdir()) == []


async def test_wrong_sizes_of_who_may_not_write_do_not_keep_a_blob_away(studio: Studio) -> None:
    alice, bob = await paired(studio)
    hash, data = await first(alice, bob)

    def lie(connection: Any) -> None:
        connection.execute("UPDATE blob SET size=1 WHERE hash=?", (hash,))
        connection.execute("UPDATE lacking SET size=1 WHERE hash=?", (hash,))

    await bob.workspace.database.write(lie)
    assert await bob.copies.put([data]) == [hash]
    assert (await bob.care.verify(read_data=True)).problems == []


async def test_what_a_viewer_names_is_fetched_only_once_he_may_write(studio: Studio) -> None:
    alice, bob = await studio.pair(role="editor")
    await send(alice, bob)
    await operate(alice.workspace, "role", member("bob"), "viewer")  # which bob does not know of yet
    await bob.ingest.import_paths(pictures(studio.folder / "pictures", 2))
    await send(bob, alice)
    assert await alice.copies.wanted() == []
    assert await alice.copies.put([await bob.copies.read(hash, 0, 1 << 20) or b"" for hash in originals(bob)]) == []
    await operate(alice.workspace, "role", member("bob"), "editor")
    query = "SELECT hash FROM segment WHERE device=?"
    device = bob.workspace.device
    rows = await alice.workspace.database.read(lambda c: c.execute(query, (device,)).fetchall())
    assert await alice.copies.wanted() == []
    await operate(alice.workspace, "accept", device, [hash for (hash,) in rows])
    assert {each.hash for each in await alice.copies.wanted()} >= originals(bob)
    await fetch(bob, alice)
    assert originals(alice) == originals(bob)
    assert (await alice.care.verify(read_data=True)).problems == []


async def test_original_kept_in_place_is_read_only_as_it_was(studio: Studio) -> None:
    alice, bob = await studio.pair()
    (path,) = pictures(studio.folder / "pictures", 1)
    await alice.ingest.import_paths([path.parent], reference=True)
    await send(alice, bob)
    hash, data = await first(alice, bob)
    assert data == path.read_bytes()
    assert not await alice.copies.may_go(hash)  # it is the user's to remove
    facts = path.stat()
    path.write_bytes(bytes(reversed(data)))
    os.utime(path, ns=(facts.st_mtime_ns, facts.st_mtime_ns))
    assert await alice.copies.read(hash, 0, 1 << 20) is None
    assert await alice.copies.read(b"h" * 32, 0, 10) is None


class Failing(DiskFiles):
    """Fails the operation that comes after `left` others."""

    def __init__(self) -> None:
        self.left = -1
        self.error: BaseException = OSError(errno.EIO, "broken")

    def _count(self) -> None:
        self.left -= 1
        if self.left == 0:
            raise self.error

    def write(self, path: Path, data: bytes) -> None:
        self._count()
        super().write(path, data)

    def write_at(self, path: Path, offset: int, data: bytes) -> None:
        if self.left == 1:
            super().write_at(path, offset, data[: len(data) // 2])
        self._count()
        super().write_at(path, offset, data)

    def sync(self, paths: Any) -> None:
        self._count()
        super().sync(paths)

    def sync_folders(self, folders: Any) -> None:
        self._count()
        super().sync_folders(folders)

    def rename(self, old: Path, new: Path) -> None:
        self._count()
        super().rename(old, new)

    def remove(self, path: Path) -> None:
        self._count()
        super().remove(path)


class Killed(BaseException):
    """The process is gone."""


def told(connection: Any) -> list[bytes]:
    """The blobs that rows say are here."""
    return [hash for (hash,) in connection.execute("SELECT hash FROM blob WHERE here=1")]


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 1 << 32), trouble=st.sampled_from(["killed", "full", "failing"]))
def test_any_trouble_on_the_way_in_loses_nothing(tmp_path_factory: Any, seed: int, trouble: str) -> None:
    async def run() -> None:
        folder = tmp_path_factory.mktemp("trouble")
        chance = random.Random(seed)
        async with AsyncExitStack() as stack:
            studio = Studio(folder, stack)
            studio.in_thread = here
            alice, bob = await paired(studio, 4)
            files = Failing()
            error = {
                "killed": Killed(),
                "full": StoreFull("full"),
                "failing": StoreSuspect("failed"),
            }[trouble]
            for _ in range(4):
                bob = await studio.opened("bob", 2, files)
                files.error, files.left = error, chance.randint(1, 25)
                try:
                    await fetch(alice, bob, chance.choice((7, 50, 1000)))
                except (Killed, DiskFull, Suspect, LibraryError):
                    pass
                files.left = -1
                bob.workspace.condition.trust()
                (bob.workspace.folder / "suspect").unlink(missing_ok=True)
                whole = originals(bob)
                assert whole <= originals(alice)
                assert all(map(bob.workspace.blobs.check, bob.workspace.database.read_now(told)))
            bob = await studio.opened("bob", 2)
            await fetch(alice, bob)
            assert originals(bob) == originals(alice)
            assert await bob.copies.wanted() == []
            assert (await bob.care.verify(read_data=True)).problems == []
            assert not list((bob.workspace.folder / COMING).glob("*"))

    asyncio.run(run())
