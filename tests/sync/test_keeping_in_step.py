"""Devices that are connected come to hold the same, whatever one does, and say to each other no more than is needed."""

from __future__ import annotations

import asyncio
import errno
import random
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from identity.keys import verify
from identity.operations import encode_operation, operation_hash
from library.care.differing import describe, differing
from library.copies.models import Policy
from library.errors import ReadOnly
from library.models import AssetChange
from library.replica.receiving import receive, take_in
from library.workspace import Workspace
from store.database import Connection
from sync import exchange
from sync.errors import ConnectionLost, Stranger
from sync.peers.memory import pair
from sync.session import Session
from tests.library.members import member
from tests.sync.house import Device, equal, studio, until

RED, GREEN, BLUE = (255, 0, 0), (0, 255, 0), (0, 0, 255)


async def test_what_one_imports_is_on_the_other_with_its_bytes(tmp_path: Path) -> None:
    async with studio(tmp_path) as house:
        alice, bob = await house.device("alice"), await house.device("bob")
        assets = await alice.bring_in(RED, GREEN)
        house.connect(alice, bob)
        await equal(alice, bob)
        for asset in assets:
            hash = (await bob.library.assets.show(asset)).asset.sha256
            assert bob.library.blob(hash).path.read_bytes() == alice.library.blob(hash).path.read_bytes()


async def test_what_the_disk_lost_comes_again(tmp_path: Path) -> None:
    async with studio(tmp_path) as house:
        alice, bob = await house.device("alice"), await house.device("bob")
        (asset,) = await alice.bring_in(RED)
        house.connect(alice, bob)
        await equal(alice, bob)
        hash = bytes.fromhex((await bob.library.assets.show(asset)).asset.sha256)
        blobs = bob.library.workspace.blobs
        blobs.place(hash).unlink()
        told = await bob.library.mending.mend(await bob.library.care.verify())
        assert [each.code for each in told.problems] == ["blob.coming"]
        await until(lambda: blobs.has(hash) and blobs.check(hash))
        await equal(alice, bob)
        assert (await bob.library.care.verify(read_data=True)).problems == []


async def test_room_for_few_beginnings_keeps_nothing_from_coming(tmp_path: Path) -> None:
    async with studio(tmp_path) as house:
        alice, bob = await house.device("alice"), await house.device("bob")
        chance = random.Random(1)
        for number in range(24):
            (tmp_path / f"{number}.ppm").write_bytes(b"P6 200 150 255\n" + chance.randbytes(200 * 150 * 3))
        report = await alice.library.ingest.import_paths([tmp_path / f"{number}.ppm" for number in range(24)])
        assert len(report.assets) == 24
        bob.library.workspace.partials._most = 3
        house.connect(alice, bob)
        await equal(alice, bob)


async def test_what_is_still_to_come_is_counted_down(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with studio(tmp_path) as house:
        alice, bob = await house.device("alice"), await house.device("bob")
        await alice.bring_in(RED, GREEN)
        seen: list[int] = []
        monkeypatch.setattr(exchange, "take_in", counted(lambda: bob.sync.sessions[alice.key], seen))
        house.connect(alice, bob)
        await equal(alice, bob)
        assert max(seen) > 0
        await until(
            lambda: [each.exchange.progress.coming for each in bob.sync.sessions[alice.key].shared.values()] == [0]
        )


def counted(session: Callable[[], Session], seen: list[int]) -> Callable[..., Any]:
    """`take_in`, which notes how much was to come before that."""

    async def work(*told: Any, **more: Any) -> Any:
        seen.extend(each.exchange.progress.coming for each in session().shared.values())
        return await take_in(*told, **more)

    return work


async def test_edit_crosses_both_ways_while_connected(tmp_path: Path) -> None:
    async with studio(tmp_path) as house:
        alice, bob = await house.device("alice"), await house.device("bob")
        (asset,) = await alice.bring_in(RED)
        house.connect(alice, bob)
        await equal(alice, bob)
        await alice.library.assets.edit_one(asset, AssetChange(title="Neon 霓虹"))
        await equal(alice, bob)
        await bob.library.assets.edit_one(asset, AssetChange(rating=4))
        await equal(alice, bob)
        shown = (await alice.library.assets.show(asset)).asset
        assert (shown.title, shown.rating) == ("Neon 霓虹", 4)


async def test_alice_and_carol_who_never_meet_converge_through_bob(tmp_path: Path) -> None:
    async with studio(tmp_path) as house:
        alice, bob, carol = await house.trio()
        house.ether.cut.add(frozenset((alice.key, carol.key)))
        for each in (alice, bob, carol):
            each.start()
        bob.sync.add("alice:1")
        bob.sync.add("carol:1")
        await alice.bring_in(RED)
        await carol.bring_in(BLUE)
        await equal(alice, bob, carol)
        assert alice.key not in carol.sync.sessions


async def test_reconnecting_with_nothing_new_says_next_to_nothing(tmp_path: Path) -> None:
    async with studio(tmp_path) as house:
        alice, bob = await house.device("alice"), await house.device("bob")
        assets = await alice.bring_in(*((value, 0, 0) for value in range(30)))
        house.connect(alice, bob)
        await equal(alice, bob)
        await until(lambda: bob.sync.sessions[alice.key].shared)
        before = house.ether.carried
        await house.ether.sever()
        await until(lambda: alice.sync.session(bob.key) and bob.sync.session(alice.key))
        await alice.library.assets.edit_one(assets[0], AssetChange(rating=3))
        await equal(alice, bob)
        assert house.ether.carried - before < 8 * 1024


async def test_offline_ends_all_connections_until_it_is_over(tmp_path: Path) -> None:
    async with studio(tmp_path) as house:
        alice, bob = await house.device("alice"), await house.device("bob")
        house.connect(alice, bob)
        await until(lambda: alice.sync.session(bob.key) and bob.sync.session(alice.key))
        alice.offline.set(True)
        await until(lambda: not alice.sync.sessions and not bob.sync.sessions)
        (asset,) = await alice.bring_in(RED)
        before = house.ether.carried
        alice.sync.ring()
        await asyncio.sleep(0.3)
        assert house.ether.carried == before
        alice.offline.set(False)
        await equal(alice, bob)
        assert (await bob.library.assets.show(asset)).asset.sha256


async def test_paused_exchange_goes_on_where_it_was(tmp_path: Path) -> None:
    async with studio(tmp_path) as house:
        alice, bob = await house.device("alice"), await house.device("bob")
        house.connect(alice, bob)
        await until(lambda: alice.sync.session(bob.key))
        await bob.sync.pause(True)
        await until(lambda: not alice.sync.sessions and not bob.sync.sessions)
        await alice.bring_in(RED)
        await bob.sync.pause(False)
        await equal(alice, bob)


async def test_originals_are_let_go_where_the_other_keeps_them_and_come_back_when_opened(tmp_path: Path) -> None:
    async with studio(tmp_path) as house:
        alice, bob = await house.device("alice"), await house.device("bob")
        (asset,) = await alice.bring_in(RED)
        house.connect(alice, bob)
        await equal(alice, bob)
        await bob.library.keeping.set_policy(Policy(kind="thumbnails"))
        done = await bob.library.evicting.evict([asset])
        assert done.blobs == 1, done
        hash = bytes.fromhex((await alice.library.assets.show(asset)).asset.sha256)
        assert not bob.library.workspace.blobs.has(hash) and alice.library.workspace.blobs.has(hash)
        await bob.library.copies.want_now(hash)
        await until(lambda: bob.library.workspace.blobs.has(hash))


async def test_doctor_names_what_a_device_is_still_to_get(tmp_path: Path) -> None:
    async with studio(tmp_path) as house:
        alice, bob = await house.device("alice"), await house.device("bob")
        house.connect(alice, bob)
        await equal(alice, bob)
        (heard,) = await alice.sync.heard(alice.library)
        assert heard.device == bob.key and heard.description is not None
        assert differing(await describe(alice.library.workspace), heard.description) == []
        await alice.sync.pause(True)
        await alice.bring_in(RED)
        (heard,) = await alice.sync.heard(alice.library)
        assert heard.description is not None
        found = differing(await describe(alice.library.workspace), heard.description)
        assert "segments" in {each.code for each in found}, found


async def test_stranger_gets_nothing(tmp_path: Path) -> None:
    async with studio(tmp_path) as house:
        alice, mallory = await house.device("alice"), await house.device("mallory", role=None)
        await alice.bring_in(RED)
        alice.start()
        with pytest.raises(Stranger):
            house.ether.connect(mallory.key, "alice")
        near, far = pair(mallory.key, alice.key)
        assert not await alice.sync.met(far)  # also where the wire itself let it through
        with pytest.raises(ConnectionLost):
            await near.receive()


async def test_viewers_edit_is_applied_nowhere_else(tmp_path: Path) -> None:
    async with studio(tmp_path) as house:
        alice, bob = await house.device("alice"), await house.device("bob", role="viewer")
        (asset,) = await alice.bring_in(RED)
        house.connect(alice, bob)
        await equal(alice, bob)
        with pytest.raises(ReadOnly):
            await bob.library.assets.edit_one(asset, AssetChange(rating=5))
        assert (await alice.library.assets.show(asset)).asset.rating == 0


class Unfinished:
    """A transaction that took an operation and has not ended."""

    def __init__(self, workspace: Workspace, raw: bytes, *, fails: bool) -> None:
        self.taken = asyncio.Event()
        self._end = threading.Event()
        self._loop = asyncio.get_running_loop()

        def work(connection: Connection) -> None:
            assert workspace.members.take(connection, [raw], verify)
            self._loop.call_soon_threadsafe(self.taken.set)
            assert self._end.wait(20)
            if fails:
                raise OSError(errno.ENOSPC, "no room")

        self._running = asyncio.create_task(workspace.write(work))

    async def end(self) -> None:
        self._end.set()
        await asyncio.gather(self._running, return_exceptions=True)


@pytest.mark.parametrize("fails", [False, True])
async def test_operation_whose_commit_is_under_way_as_they_meet_is_told(tmp_path: Path, *, fails: bool) -> None:
    async with studio(tmp_path) as house:
        alice, bob = await house.device("alice"), await house.device("bob")
        workspace = alice.library.workspace
        raw = granted(workspace)
        under_way = Unfinished(workspace, raw, fails=fails)
        try:
            await under_way.taken.wait()
            house.connect(alice, bob)
            await until(lambda: caught_up(bob, alice))
        finally:
            await under_way.end()
        if fails:
            assert await alice.digest() == await bob.digest()
            await receive(workspace, [], verify, [raw])
        await until(lambda: operation_hash(raw) in bob.library.workspace.members.operations)
        await equal(alice, bob)


def granted(workspace: Workspace) -> bytes:
    """An operation of the device's own that no log holds yet."""
    return encode_operation(
        workspace=workspace.id,
        kind="grant",
        subject=member("dave"),
        argument="viewer",
        prev=workspace.members.heads,
        author=workspace.device,
        sign=workspace.key.sign,
    ).raw


def caught_up(device: Device, other: Device) -> bool:
    found = device.sync.session(other.key)
    return found is not None and any(each.exchange.caught_up for each in found.shared.values())
