"""Who was removed is told so, by the operations that did it, and gets nothing else."""

from __future__ import annotations

import asyncio
import random
from contextlib import suppress
from pathlib import Path

import pytest

from identity.keys import DeviceKey
from identity.operations import Operation, decode_operation, encode_operation
from library.catalog import Library
from library.models import AssetChange
from library.people.models import Removed
from library.workspace import Workspace
from sync.errors import ConnectionLost
from sync.messages import Message, Standing, Understood, decode, encode
from sync.peers.memory import MemoryConnection, pair
from tests.library.house import picture
from tests.library.members import member
from tests.sync.house import Device, Studio, equal, learn, studio, until

RED, BLUE = (255, 0, 0), (0, 0, 255)
Frames = list[tuple[bytes, bytes]]


@pytest.fixture
def frames(monkeypatch: pytest.MonkeyPatch) -> Frames:
    """Everything that any device says from now on: to whom, and the frame."""
    found: Frames = []
    send = MemoryConnection.send

    async def noted(self: MemoryConnection, frame: bytes) -> None:
        found.append((self.device, frame))
        await send(self, frame)

    monkeypatch.setattr(MemoryConnection, "send", noted)
    return found


def said_to(device: Device, frames: Frames) -> list[Message]:
    return [decode(frame) for to, frame in frames if to == device.key]


def brought(said: list[Message]) -> list[Operation]:
    return [decode_operation(raw) for each in said if isinstance(each, Standing) for raw in each.operations]


def told(device: Device) -> Removed | None:
    """That it was removed, as soon as it knows also when."""
    removed = device.library.removals.own()
    return removed if removed is not None and removed.at is not None else None


def segments(device: Device) -> set[bytes]:
    return segments_of(device.library)


def segments_of(library: Library) -> set[bytes]:
    rows = library.workspace.database.read_now(
        lambda connection: connection.execute("SELECT hash FROM segment").fetchall()
    )
    return {hash for (hash,) in rows}


def link(*devices: Device) -> None:
    """All are switched on, and know where the first is."""
    for each in devices:
        each.start()
        if each is not devices[0]:
            each.sync.add(f"{devices[0].name}:1")


async def gone_away(house: Studio, *devices: Device) -> None:
    """Hold the same, then all of them are off."""
    await equal(*devices)
    for each in devices:
        await each.stop()
    await house.ether.sever()


def never_wanted(device: Device) -> None:
    """As if nobody had lately asked for the exchange, at the start or by hand."""
    device.sync._wanted = -1e6


async def test_removed_while_it_is_connected(tmp_path: Path) -> None:
    async with studio(tmp_path) as house:
        alice, bob = await house.device("alice"), await house.device("bob")
        link(alice, bob)
        (asset,) = await alice.bring_in(RED)
        await equal(alice, bob)
        for each in (alice, bob):
            never_wanted(each)
        before = alice.library.workspace.surroundings.clock.now()
        await alice.library.people.remove(member("bob").hex())
        await until(lambda: told(bob))
        removed = told(bob)
        assert removed is not None and (removed.kind, removed.by) == ("member", alice.key.hex())
        assert removed.at is not None and before <= removed.at <= alice.library.workspace.surroundings.clock.now()
        await until(lambda: not alice.sync.sessions and not bob.sync.sessions)
        assert (await bob.library.assets.show(asset)).asset.id == asset and bob.lacks() == 0  # what he has stays
        # Both are alone now: he tries nobody, and she waits for him no longer, for he said that he understood.
        assert not alice.sync.expects and not bob.sync.expects


async def test_away_for_weeks_it_is_told_by_whoever_it_meets_and_hears_nothing_else(
    tmp_path: Path, frames: Frames
) -> None:
    async with studio(tmp_path) as house:
        alice, bob, carol = await house.trio()
        link(alice, bob, carol)
        await alice.bring_in(RED)
        await equal(alice, bob, carol)
        await bob.stop()
        kept = segments(bob)
        await alice.library.people.remove(member("bob").hex())
        await alice.bring_in(BLUE)
        await equal(alice, carol)
        await alice.stop()  # of all who knew him only carol is there when he comes back
        assert carol.sync.standings.untold()
        frames.clear()
        bob.sync.add("carol:1")
        bob.start()
        await until(lambda: told(bob) and not bob.sync.sessions)
        removed = told(bob)
        assert removed is not None and removed.by == alice.key.hex() and removed.at is not None
        said = said_to(bob, frames)
        assert {type(each) for each in said} == {Standing}
        kinds = [each.kind for each in brought(said)]
        assert kinds[-1] == "remove" and "rotate" not in kinds  # the new key came after it
        assert any(each.kind == "rotate" for each in alice.library.workspace.members.operations.values())
        assert segments(bob) == kept
        await until(lambda: not carol.sync.standings.untold())


async def test_it_stops_trying_until_somebody_wants_to_know_whether_it_is_still_so(tmp_path: Path) -> None:
    async with studio(tmp_path) as house:
        alice, bob = await house.device("alice"), await house.device("bob")
        link(alice, bob)
        await alice.bring_in(RED)
        await gone_away(house, alice, bob)
        await alice.library.people.remove(member("bob").hex())
        alice.start()
        bob.start()
        await until(lambda: told(bob) and not bob.sync.sessions and not alice.sync.sessions)
        never_wanted(bob)
        count = len(house.ether.connections)
        bob.sync._try_all()
        assert not bob.sync.wanted() and not bob.sync.devices()
        await bob.sync._clock.sleep(0.2)
        assert len(house.ether.connections) == count
        bob.sync.hurry()  # asks once more, and it is still so
        await until(lambda: len(house.ether.connections) > count)
        assert told(bob)
        # Let in again, it is a member as soon as it asks, with all that came meanwhile.
        await alice.library.people.set_role(member("bob").hex(), "viewer")
        await alice.bring_in(BLUE)
        bob.sync.hurry()
        await until(lambda: told(bob) is None)
        await equal(alice, bob)
        assert bob.library.workspace.role == "viewer"
        # Removed a second time, it is told a second time.
        await alice.library.people.remove(member("bob").hex())
        await until(lambda: told(bob))


async def test_two_admins_who_remove_the_same_at_once_are_both_believed(tmp_path: Path) -> None:
    async with studio(tmp_path) as house:
        alice, bob, carol = await house.trio()
        link(alice, bob, carol)
        await alice.library.people.set_role(member("carol").hex(), "admin")
        await gone_away(house, alice, bob, carol)
        await alice.library.people.remove(member("bob").hex())
        await carol.library.people.remove(member("bob").hex())
        alice.start()
        carol.start()
        await equal(alice, carol)
        assert alice.library.removals.gone() == carol.library.removals.gone()
        bob.start()
        await until(lambda: told(bob))
        theirs = [each.library.removals.notice(bob.key) for each in (alice, carol)]
        assert theirs[0] is not None and theirs[1] is not None and theirs[0].operations == theirs[1].operations
        removed = told(bob)
        assert removed is not None and removed.by in (alice.key.hex(), carol.key.hex())


async def test_removed_by_who_became_an_admin_after_it_went_away(tmp_path: Path, frames: Frames) -> None:
    async with studio(tmp_path) as house:
        alice, bob, carol = await house.trio()
        link(alice, bob, carol)
        await gone_away(house, alice, bob, carol)
        alice.start()
        carol.start()
        await alice.library.people.set_role(member("carol").hex(), "admin")
        await equal(alice, carol)
        await carol.library.people.rename(member("carol").hex(), "Carol Liu")
        await carol.library.people.remove(member("bob").hex())
        await equal(alice, carol)
        bob.start()
        await until(lambda: told(bob))
        removed = told(bob)
        assert removed is not None and (removed.by, removed.by_name) == (carol.key.hex(), "Carol Liu")


async def test_lost_device_is_told_when_it_turns_up_and_others_of_its_person_go_on(tmp_path: Path) -> None:
    async with studio(tmp_path) as house:
        alice, laptop = await house.device("alice"), await house.device("laptop", None)
        await alice.library.people.admit(laptop.key, "Laptop")
        await laptop.library.removals.hear([each.raw for each in alice.library.workspace.members.operations.values()])
        link(alice, laptop)
        await alice.bring_in(RED)
        await gone_away(house, alice, laptop)
        await alice.library.people.revoke_device(laptop.key)
        alice.start()
        assert alice.sync.expects  # nobody else is left, and still it listens for the one it lost
        laptop.start()
        await until(lambda: told(laptop))
        removed = told(laptop)
        assert removed is not None and removed.kind == "device"


async def test_who_never_turns_up_is_not_listened_for_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with studio(tmp_path) as house:
        alice, bob = await house.device("alice"), await house.device("bob")
        await alice.library.people.remove(member("bob").hex())
        assert alice.sync.expects
        now = alice.library.workspace.surroundings.clock.now()
        monkeypatch.setattr(alice.sync.standings._clock, "now", lambda: now + 91 * 86_400_000)
        assert not alice.sync.expects and bob.key in alice.sync.known()


async def test_two_who_were_removed_and_meet_tell_each_other_nothing_of_the_library(
    tmp_path: Path, frames: Frames
) -> None:
    async with studio(tmp_path) as house:
        alice, bob, carol = await house.trio()
        link(alice, bob, carol)
        carol.sync.add("bob:1")
        await alice.bring_in(RED)
        await gone_away(house, alice, bob, carol)
        await alice.library.people.remove(member("carol").hex())
        await alice.library.people.remove(member("bob").hex())
        alice.start()
        bob.start()
        await until(lambda: told(bob) and not bob.sync.sessions)
        await alice.stop()
        never_wanted(bob)
        frames.clear()
        carol.start()  # she knows of nothing, and dials him, who knows of both
        await until(lambda: any(way.problem == "stranger" for way in carol.sync.ways.values()))
        assert not frames and told(carol) is None
        carol.sync.add("alice:1")
        alice.start()
        await until(lambda: told(carol))


def signed(workspace: Workspace, key: DeviceKey, kind: str, subject: bytes) -> bytes:
    before = workspace.members.heads
    return encode_operation(
        workspace=workspace.id, kind=kind, subject=subject, prev=before, author=key.public, sign=key.sign
    ).raw


@pytest.mark.parametrize("by", ["viewer", "stranger", "other workspace", "cut off", "changed"])
async def test_nobody_makes_a_device_believe_that_it_was_removed(tmp_path: Path, by: str) -> None:
    async with studio(tmp_path) as house:
        alice, bob = await house.device("alice"), await house.device("bob")
        carol = await house.device("carol", "viewer")
        workspace = bob.library.workspace
        await learn(alice.library.workspace, workspace)
        chance = random.Random(7)
        stranger = DeviceKey.generate(chance)
        forged = {
            "viewer": [signed(workspace, carol.library.workspace.key, "remove", member("bob"))],
            "stranger": [signed(workspace, stranger, "remove", member("bob"))],
            "other workspace": [signed(workspace, stranger, "revoke-device", bob.key)],
            "cut off": [],
            "changed": [],
        }[by]
        if by in ("cut off", "changed"):  # a real removal, without what it builds on, or with another subject
            await alice.library.people.set_role(member("carol").hex(), "reviewer")
            await alice.library.people.remove(member("bob" if by == "cut off" else "carol").hex())
            (raw,) = [each.raw for each in alice.library.workspace.members.operations.values() if each.kind == "remove"]
            forged = [raw if by == "cut off" else raw.replace(member("carol"), member("bob").ljust(16, b"\0"))]
            assert by == "cut off" or forged != [raw]
        bob.start()
        near, far = pair(carol.key, bob.key)  # whoever says it is a device that bob knows
        answering = asyncio.ensure_future(bob.sync.met(far))
        await near.send(encode(Standing(workspace.id, forged, 1, "alice", True)))
        answers: list[Understood] = []
        with suppress(ConnectionLost):
            while not answers:
                message = decode(await near.receive())
                answers += [message] if isinstance(message, Understood) else []
        assert answers == [Understood(workspace.id, False)]
        assert told(bob) is None and workspace.role == "editor"
        await near.close()
        await answering


async def test_removed_from_one_of_two_shared_workspaces_it_goes_on_with_the_other(tmp_path: Path) -> None:
    async with studio(tmp_path) as house:
        alice, bob = await house.device("alice"), await house.device("bob")
        hers, his = await house.second(alice, bob)
        link(alice, bob)
        await brought_in(hers, alice, RED)
        await until(lambda: count(his) == 1 and lacks(his) == 0)
        kept = segments_of(his)
        await hers.people.remove(member("bob").hex())
        await brought_in(hers, alice, BLUE)
        await until(lambda: his.removals.own() is not None)
        (asset,) = await alice.bring_in(BLUE)
        await equal(alice, bob)  # what they share still comes, both ways and over the same connection
        await bob.library.assets.edit([asset], AssetChange(title="from bob"))
        await equal(alice, bob)
        assert (await alice.library.assets.show(asset)).asset.title == "from bob"
        assert segments_of(his) == kept and count(his) == 1 and not alice.sync.standings.untold()
        assert alice.sync.sessions and bob.library.removals.own() is None


@pytest.mark.parametrize("away", ["remover", "removed"])
async def test_removed_from_one_of_two_while_somebody_was_away_it_is_told_of_that_one(
    tmp_path: Path, away: str
) -> None:
    async with studio(tmp_path) as house:
        alice, bob = await house.device("alice"), await house.device("bob")
        hers, his = await house.second(alice, bob)
        link(alice, bob)
        await brought_in(hers, alice, RED)
        await until(lambda: count(his) == 1)
        await gone_away(house, alice, bob)
        await hers.people.remove(member("bob").hex())
        for each in (alice, bob) if away == "removed" else (bob, alice):
            each.start()
        await until(lambda: his.removals.own() is not None)
        await bob.bring_in(BLUE)
        await equal(alice, bob)
        assert bob.library.removals.own() is None and bob.sync.devices() == {alice.key}


async def brought_in(library: Library, device: Device, color: tuple[int, int, int]) -> None:
    path = device.folder / f"second-{color[0]}-{color[2]}.png"
    path.write_bytes(picture(color, (64, 48)))
    await library.ingest.import_paths([path])


def count(library: Library) -> int:
    return _number(library, "SELECT count(*) FROM asset")


def lacks(library: Library) -> int:
    return _number(library, "SELECT count(*) FROM blob WHERE here=0")


def _number(library: Library, query: str) -> int:
    return int(library.workspace.database.read_now(lambda connection: connection.execute(query).fetchone()[0]))
