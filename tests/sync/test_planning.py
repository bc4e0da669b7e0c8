"""What an exchange would do is told before it is done, also while it is paused; what came is compared with it."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import random
from contextlib import suppress
from pathlib import Path

import msgspec
import pytest

from documents.kinds import Kind, derived_id
from imaging.inspection import Facts, Inspection
from library.catalog import Library
from library.copies.models import Policy
from library.errors import NotFound
from library.intake.arrivals import write_version
from library.models import AssetChange
from library.planning.models import Receipt, SyncPlan
from library.planning.offers import Question
from library.replica.offering import MOST_BYTES
from library.workspace import Plan
from sync.errors import ConnectionLost
from sync.messages import Hello, Preview, Previewed, decode, encode
from sync.peers.memory import MemoryConnection
from sync.planning import plan, scene
from sync.session import Session
from tests.library.members import member, operate
from tests.library.planning.foreseeing import untouched
from tests.sync.house import Device, Studio, equal, studio, until

RED, GREEN, BLUE = (255, 0, 0), (0, 255, 0), (0, 0, 255)


async def pair(house: Studio, role: str = "editor") -> tuple[Device, Device]:
    """alice and bob, in step and connected, who know where the other is."""
    alice, bob = await house.device("alice"), await house.device("bob", role)
    house.connect(alice, bob)
    alice.sync.add("bob:1")
    await until(lambda: alice.sync.session(bob.key) and bob.sync.session(alice.key))
    await equal(alice, bob)
    return alice, bob


async def pause(device: Device, other: Device) -> None:
    await device.sync.pause(True)
    await until(lambda: not device.sync.sessions and not other.sync.sessions)


async def asked(device: Device) -> SyncPlan:
    """A plan, for which nothing was changed: that can be told where nothing else is exchanged."""
    if device.sync.active:
        return await plan(device.sync, device.library)
    async with untouched(device.library, alone=False):
        return await plan(device.sync, device.library)


async def receipt(device: Device, made: SyncPlan) -> Receipt:
    """Once it is done."""
    async with asyncio.timeout(10):
        while not (told := await device.library.plans.receipt(made.id, scene(device.sync))).done:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    return told


async def test_paused_device_is_told_what_would_come_and_then_it_comes(tmp_path: Path) -> None:
    async with studio(tmp_path) as house:
        alice, bob = await pair(house)
        (kept,) = await alice.bring_in(BLUE)
        await equal(alice, bob)
        await pause(bob, alice)
        await alice.bring_in(RED, GREEN)
        await alice.library.assets.edit_one(kept, AssetChange(rating=5))
        await alice.library.projects.create("海報")
        await bob.library.projects.create("Neon")
        async with untouched(alice.library, alone=False):
            made = await asked(bob)
        assert (made.added, made.changed, made.binned, made.others, made.paused) == (2, 1, 0, 1, True)
        assert sorted((each.what, each.name) for each in made.pictures) == [
            ("added", "0-255-0.png"),
            ("added", "255-0-0.png"),
            ("changed", "0-0-255.png"),
        ]
        (device,) = made.devices
        assert (device.device, device.state, device.lacks) == (alice.key.hex(), "asked", 1)
        assert device.segments >= 3 and device.bytes > 0 and not made.more
        assert made.originals.count == 2 and made.thumbnails.count >= 2
        assert not bob.sync.sessions and not alice.sync.sessions, "whoever only asks is not connected"
        (first, *_) = (await bob.library.plans.receipt(made.id, scene(bob.sync))).differences
        assert first.why == "paused"
        await bob.sync.pause(False)
        await equal(alice, bob)
        told = await receipt(bob, made)
        assert (told.different, told.as_planned, told.beyond) == (0, told.planned, 0)


async def test_nothing_is_to_come_where_both_are_in_step(tmp_path: Path) -> None:
    async with studio(tmp_path) as house:
        alice, bob = await pair(house)
        await alice.bring_in(RED)
        await equal(alice, bob)
        made = await asked(bob)
        assert [each.state for each in made.devices] == ["asked"]
        assert (made.added, made.changed, made.others, made.originals.count, made.thumbnails.count) == (0, 0, 0, 0, 0)
        assert bob.sync.session(alice.key) is not None, "it was asked on the connection that there is"


async def test_device_that_is_away_is_said_to_be(tmp_path: Path) -> None:
    async with studio(tmp_path) as house:
        alice, bob = await pair(house)
        await alice.stop()
        await house.ether.sever()
        await until(lambda: not bob.sync.sessions)
        made = await asked(bob)
        assert [each.state for each in made.devices] == ["away"] and made.added == 0
        bob.offline.set(True)
        made = await asked(bob)
        assert made.offline and [each.state for each in made.devices] == ["away"]


async def test_device_that_paused_gives_nothing_away(tmp_path: Path) -> None:
    async with studio(tmp_path) as house:
        alice, bob = await pair(house)
        await pause(alice, bob)
        await alice.bring_in(RED)
        made = await asked(bob)
        assert [each.state for each in made.devices] == ["away"] and made.added == 0


async def test_older_program_is_not_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with studio(tmp_path) as house:
        alice, bob = await pair(house)
        await pause(bob, alice)
        heard: list[object] = []

        async def older(connection: MemoryConnection) -> bool:
            """As version 1 greets, and it hears what it knows."""
            await connection.send(msgspec.msgpack.encode(["hello", 1, "alice", [alice.library.workspace.id]]))
            try:
                while True:
                    heard.append(decode(await connection.receive()))
            except ConnectionLost:
                return True

        monkeypatch.setattr(alice.sync, "met", older)
        made = await asked(bob)
        assert [each.state for each in made.devices] == ["older"]
        assert any(isinstance(each, Hello) for each in heard) and not any(isinstance(each, Preview) for each in heard)


async def make_large(library: Library, count: int) -> None:
    """Pictures whose prompts are long: together more than one offer has."""
    chance = random.Random(1)
    for number in range(count):
        sha256 = hashlib.sha256(f"large {number}".encode()).digest()
        facts = Facts(prompt=base64.b64encode(chance.randbytes(45_000)).decode())
        seen = Inspection(sha256, 9, "image/png", 4, 3, 1, b"", facts, None, False)
        id = derived_id(Kind.IMAGE, library.workspace.id, sha256)
        edits = [(id, lambda draft, seen=seen: write_version(draft, seen, [], 1))]
        await library.workspace.append(Plan("asset.import", {"count": 1}, edits))


async def test_of_very_much_the_beginning_is_told(tmp_path: Path) -> None:
    async with studio(tmp_path) as house:
        alice, bob = await pair(house)
        await pause(bob, alice)
        await make_large(alice.library, 120)
        made = await asked(bob)
        (device,) = made.devices
        assert made.more and device.more and MOST_BYTES / 2 < device.bytes <= MOST_BYTES
        assert 0 < made.added == device.segments < 120
        await bob.sync.pause(False)
        async with asyncio.timeout(20):
            while await bob.digest() != await alice.digest():  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        told = await bob.library.plans.receipt(made.id, scene(bob.sync))
        assert told.different == 0 and told.beyond == 120 - made.added


async def test_device_that_would_be_stopped_is_named(tmp_path: Path) -> None:
    async with studio(tmp_path) as house:
        alice, bob = await pair(house)
        assets = await alice.bring_in(*((number, 0, 0) for number in range(14)))
        await equal(alice, bob)
        await pause(bob, alice)
        await alice.library.assets.bin(assets)
        made = await asked(bob)
        assert [(each.device, each.segments) for each in made.stopped] == [(alice.key.hex(), 1)]
        assert made.binned == 0 and await bob.library.stops.list() == []
        await bob.sync.pause(False)
        await until(bob.library.stops.waiting)
        told = await receipt(bob, made)
        assert (told.planned, told.different) == (0, 0)


async def test_what_would_not_count_is_counted(tmp_path: Path) -> None:
    async with studio(tmp_path) as house:
        alice, bob = await pair(house)
        (asset,) = await alice.bring_in(RED)
        await equal(alice, bob)
        await pause(alice, bob)
        await operate(alice.library.workspace, "role", member("bob"), "viewer")
        await bob.library.assets.edit_one(asset, AssetChange(rating=5))
        made = await asked(alice)
        assert (made.quarantined, made.changed, made.added) == (1, 0, 0)
        await alice.sync.pause(False)
        await until(alice.library.quarantine.count)


async def test_only_what_the_policy_wants_would_come(tmp_path: Path) -> None:
    async with studio(tmp_path) as house:
        alice, bob = await pair(house)
        await pause(bob, alice)
        await bob.library.keeping.set_policy(Policy(kind="thumbnails"))
        await alice.bring_in(RED)
        made = await asked(bob)
        assert made.originals.count == 0 and made.thumbnails.count > 0
        await bob.library.keeping.set_policy(Policy(kind="everything"))
        assert (await asked(bob)).originals.count == 1


async def test_more_originals_than_the_quota_are_told(tmp_path: Path) -> None:
    async with studio(tmp_path) as house:
        alice, bob = await pair(house)
        await alice.bring_in(RED, GREEN)
        await equal(alice, bob)
        assert (await asked(bob)).evictions.count == 0
        await bob.library.keeping.set_quota(1)
        made = await asked(bob)
        assert made.evictions.count == 2
        done = await bob.library.evicting.trim()
        assert (done.blobs, done.bytes) == (made.evictions.count, made.evictions.bytes)


async def test_receipt_says_what_became_otherwise(tmp_path: Path) -> None:
    async with studio(tmp_path) as house:
        alice, bob = await pair(house)
        await pause(bob, alice)
        (asset,) = await alice.bring_in(RED)
        made = await asked(bob)
        await alice.library.assets.edit_one(asset, AssetChange(title="later"))
        await bob.sync.pause(False)
        await equal(alice, bob)
        told = await receipt(bob, made)
        assert [(each.kind, each.id, each.why) for each in told.differences] == [("picture", asset, "changed")]
        assert told.beyond == 1
        await alice.stop()
        await house.ether.sever()
        with pytest.raises(NotFound):
            await bob.library.plans.receipt("0" * 16, scene(bob.sync))


async def test_what_cannot_come_any_more_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sync.engine.TRYING_SECONDS", 0.5)
    async with studio(tmp_path) as house:
        alice, bob = await pair(house)
        await pause(bob, alice)
        await alice.bring_in(RED)
        made = await asked(bob)
        await alice.stop()
        await bob.sync.pause(False)
        first = await bob.library.plans.receipt(made.id, scene(bob.sync))
        assert not first.done and {each.why for each in first.differences} == {"coming"}, "it was only just wanted"
        told = await receipt(bob, made)
        assert told.done and told.different == told.planned > 0
        assert {each.why for each in told.differences} == {"gone"}


@pytest.mark.parametrize("seed", range(6))
async def test_what_three_devices_exchange_is_what_was_planned(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    async with studio(tmp_path) as house:
        alice, bob, carol = await house.trio()
        for one, other in ((alice, bob), (alice, carol), (bob, carol)):
            one.sync.add(f"{other.name}:1")
            other.sync.add(f"{one.name}:1")
        for each in (alice, bob, carol):
            each.start()
        everybody = [alice, bob, carol]
        for _ in range(4):
            await equal(*everybody)
            one = chance.choice(everybody)
            await one.sync.pause(True)
            await until(lambda one=one: not one.sync.sessions)
            others = [each for each in everybody if each is not one]
            for other in others:
                if chance.random() < 0.7:
                    await other.bring_in((chance.randrange(256), chance.randrange(256), 9))
                found = [each.id for each in (await other.library.search.page("", limit=50)).items]
                if found and chance.random() < 0.7:
                    await other.library.assets.edit_one(
                        chance.choice(sorted(found)), AssetChange(rating=chance.randint(0, 5))
                    )
            await equal(*others)
            made = await asked(one)
            assert [each.state for each in made.devices] == ["asked", "asked"]
            await one.sync.pause(False)
            await equal(*everybody)
            told = await receipt(one, made)
            assert (told.different, told.beyond) == (0, 0), told


async def test_more_than_an_answer_may_have_ends_the_connection(tmp_path: Path) -> None:
    async with studio(tmp_path) as house:
        alice, bob = await pair(house)
        session = bob.sync.session(alice.key)
        assert session is not None
        id, segment = bob.library.workspace.id, bytes(200_000)
        question = asyncio.ensure_future(session.preview(id, Question([], [], b"", 0)))
        async with asyncio.timeout(10):
            while not session._asked:  # noqa: ASYNC110
                await asyncio.sleep(0)
        (number,) = session._asked
        piece = Previewed(id, number, [], [], b"", 0, b"", b"", False, [], [segment] * 4, True, False)
        other = alice.sync.session(bob.key)
        assert other is not None
        for _ in range(8):
            with suppress(ConnectionLost):
                await asyncio.wait_for(other.connection.send(encode(piece)), 5)
        with pytest.raises(ConnectionLost):
            await question
        await until(lambda: bob.sync.sessions.get(alice.key) is not session)


async def test_answers_that_nobody_asked_for_are_passed_over(tmp_path: Path) -> None:
    async with studio(tmp_path) as house:
        alice, bob = await pair(house)
        session, other = bob.sync.session(alice.key), alice.sync.session(bob.key)
        assert session is not None and other is not None
        id = bob.library.workspace.id
        for number in (0, 1, 99):
            piece = Previewed(id, number, [], [], b"", 0, b"", b"", False, [], [bytes(9)], True, False)
            await other.outbox.urgent(piece)
        assert (await plan(bob.sync, bob.library)).refused == 0
        assert bob.sync.session(alice.key) is session and session._pieces == {}


async def test_who_is_still_being_left_when_gesso_goes_offline_was_not_reached(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with studio(tmp_path) as house:
        _, bob = await pair(house)

        async def cut(self: Session, workspace: bytes, question: Question) -> object:
            bob.offline.set(True)
            raise ConnectionLost("it ends")

        monkeypatch.setattr(Session, "preview", cut)
        made = await plan(bob.sync, bob.library)
        assert (made.offline, [each.state for each in made.devices]) == (True, ["away"])
