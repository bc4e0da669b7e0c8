"""Chains that nobody may go on with, and things said once more: nothing of it counts, and honest chains go on."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from documents.segment import Entry, Segment, Tip, encode
from identity.keys import verify
from library.models import AssetChange
from library.replica.receiving import receive
from store.database import Connection
from sync import session as session_module
from sync.messages import Hello, Log, Message, State, decode
from tests.library.members import member, operate
from tests.library.patched import Patched
from tests.sync.hostile.house import HOST, Rogue, goes_on, on_the_lan
from tests.sync.house import Device, equal, studio, until

RED, BLUE = (255, 0, 0), (0, 0, 255)
SHORT, LONG = 400, 10_000


class Forger:
    """Signs with the key of a viewer's device, and claims whatever place in whatever chain."""

    def __init__(self, device: Device, chance: random.Random) -> None:
        self._workspace = device.library.workspace
        self._chance = chance
        self._patched = Patched(device.library)
        self._documents = [id for (id,) in device.library.workspace.database.read_now(_documents)]
        rows = device.library.workspace.database.read_now(_places)
        self._places: list[tuple[bytes, bytes, int, bytes, int]] = rows  # incarnation, run, seq, hash, clock
        self._own: list[Segment] = []

    def next(self) -> Segment:
        """One more: on somebody's chain or on his own, forked, with a gap, ahead, or with a name that is taken."""
        chance = self._chance
        incarnation, run, seq, hash, clock = chance.choice(self._places)
        own = self._own[-1] if self._own else None
        match chance.randrange(7):
            case 0:  # goes on with another's chain
                made = self._sign(incarnation, run, seq + 1, hash, clock + 1)
            case 1:  # begins it anew
                made = self._sign(incarnation, run, 1, b"", 1)
            case 2 if own is not None:  # goes on with his own beginning of another's
                made = self._sign(own.incarnation, own.run, own.seq + 1, own.hash, own.clock + 1)
            case 3 if own is not None:  # leaves a gap
                further = own.seq + chance.choice((2, 3, 1 << 40))
                made = self._sign(own.incarnation, own.run, further, own.hash, own.clock + 1)
            case 4:  # builds on what is nowhere
                made = self._sign(incarnation, run, seq + 1, chance.randbytes(32), clock + 1)
            case 5:  # names a tip that is nowhere, or another's with a wrong beginning of its hash
                tip = Tip(incarnation, seq + chance.randrange(3), chance.randbytes(8))
                made = self._sign(chance.randbytes(16), run, 1, b"", clock + 1, [tip])
            case _:  # forks his own
                made = self._sign(b"f" * 16, b"r" * 16, 1, b"", 1)
        if made.seq == 1 or chance.random() < 0.5:
            self._own.append(made)
        return made

    def _sign(
        self, incarnation: bytes, run: bytes, seq: int, prev: bytes, clock: int, deps: Sequence[Tip] = ()
    ) -> Segment:
        workspace, chance = self._workspace, self._chance
        entries: list[Entry] = []
        if chance.random() < 0.7:
            self._patched._incarnation, self._patched._run = incarnation, run
            self._patched._documents.clear()
            title = chance.randbytes(4).hex()
            entries = [self._patched.change(chance.choice(self._documents), lambda draft: draft.agree("title", title))]
        return encode(
            workspace=workspace.id,
            device=workspace.device,
            incarnation=incarnation,
            run=run,
            seq=seq,
            prev=prev,
            deps=deps,
            auth=tuple(workspace.members.heads),
            clock=clock,
            time=chance.randrange(1 << 40),
            action=chance.randbytes(16),
            intent="asset.edit",
            params={},
            entries=entries,
            sign=workspace.key.sign,
        )


def _documents(connection: Connection) -> list[tuple[bytes]]:
    return connection.execute("SELECT id FROM asset ORDER BY id").fetchall()


def _places(connection: Connection) -> list[Any]:
    return connection.execute("SELECT incarnation, run, seq, hash, clock FROM segment ORDER BY id").fetchall()


async def applied(device: Device, key: bytes) -> int:
    """Changes of a device that count."""
    query = "SELECT count(*) FROM change AS c JOIN segment AS s ON s.id = c.segment WHERE s.device=? AND c.state<>0"
    return await device.library.workspace.database.read(lambda c: c.execute(query, (key,)).fetchone()[0])


async def forge(folder: Path, number: int) -> None:
    chance = random.Random(41)
    async with studio(folder) as house:
        alice, bob, carol = await house.trio()
        assets = await alice.bring_in(RED)
        await operate(alice.library.workspace, "role", member("bob"), "viewer")
        for one, other in ((alice, bob), (alice, carol)):
            await receive(other.library.workspace, await _log(one), verify)
        await carol.library.assets.edit_one(assets[0], AssetChange(rating=2))
        for one, other in ((carol, alice), (carol, bob)):
            await receive(other.library.workspace, await _log(one), verify)
        forger, made = Forger(bob, chance), []
        async with on_the_lan(alice, carol) as (port, there):
            id, rogues = alice.library.workspace.id, []
            for device, place in ((alice, port), (carol, there)):  # to each others, in another order
                rogue = Rogue(bob.library.workspace.key, device, place.port)
                await rogue.connect()
                rogues.append(rogue)
            for at in range(1, number // 20 + 1):
                some = [forger.next() for _ in range(20)]
                made += some
                for rogue in rogues:
                    raws = [each.raw for each in some if chance.random() < 0.7]
                    chance.shuffle(raws)
                    await rogue.say(Log(id, at, [], raws, False))
                    if at % 10 == 0:
                        await rogue.hears(lambda message, at=at: getattr(message, "number", 0) >= at)
            carol.sync.add(f"{HOST}:{port.port}")
            await until(lambda: alice.sync.session(carol.key), 30)
            for rating, device in enumerate((alice, carol, alice, carol), 1):
                await device.library.assets.edit_one(assets[0], AssetChange(rating=rating))
                await _same_rating(rating, alice, carol)
            for device in (alice, carol):
                assert goes_on(device) and await applied(device, bob.key) == 0
                assert (await device.library.assets.show(assets[0])).asset.title is None
                assert (await device.library.care.verify()).problems == []
            assert {rogue.connections for rogue in rogues} == {1}
            for rogue in rogues:
                await rogue.hang_up()
        print(f"{len(made)} forged segments, none applied")


async def _same_rating(rating: int, *devices: Device) -> None:
    for each in devices:
        await until(
            lambda each=each: (
                each.library.workspace.database.read_now(lambda c: c.execute("SELECT rating FROM asset").fetchone()[0])
                == rating
            ),
            30,
        )
    assert len({await each.digest() for each in devices}) == 1


async def _log(device: Device) -> list[bytes]:
    return await device.library.workspace.database.read(
        lambda connection: [raw for (raw,) in connection.execute("SELECT raw FROM segment WHERE state=1 ORDER BY id")]
    )


@pytest.mark.timeout(300)
async def test_forged_chains_keep_nobody_from_writing(tmp_path: Path) -> None:
    await forge(tmp_path, SHORT)


@pytest.mark.long
@pytest.mark.timeout(3600)
async def test_ten_thousand_forged_segments(tmp_path: Path) -> None:
    await forge(tmp_path, LONG)


async def test_what_was_said_once_is_worth_nothing_said_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A whole conversation of an honest device, said once more by who has its key: days later, and to somebody else."""
    said: list[bytes] = []

    def listening(frame: bytes) -> Message:
        said.append(frame)
        return decode(frame)

    async with studio(tmp_path) as house:
        alice, bob, carol = await house.trio()
        (asset,) = await bob.bring_in(RED, size=(900, 700))
        async with on_the_lan(alice) as (port,):
            with monkeypatch.context() as patch:
                patch.setattr(session_module, "decode", listening)
                async with on_the_lan(bob):
                    bob.sync.add(f"{HOST}:{port.port}")
                    for rating in (1, 2, 3):
                        await bob.library.assets.edit_one(asset, AssetChange(rating=rating))
                        await equal(alice, bob)
                await until(lambda: not alice.sync.sessions)
            await alice.library.assets.edit_one(asset, AssetChange(rating=5))
            conversation = [frame for frame in said if not isinstance(decode(frame), Hello)]
            assert {State, Log} <= {type(decode(frame)) for frame in said} and len(conversation) > 8
            before = await _all(alice)
            for _ in range(3):
                rogue = Rogue(bob.library.workspace.key, alice, port.port)
                for frame in conversation:
                    await rogue.say(frame)
                await rogue.hang_up()
                await until(lambda: not alice.sync.sessions)
            assert await _all(alice) == before and goes_on(alice)
            assert (await alice.library.assets.show(asset)).asset.rating == 5
            async with on_the_lan(carol):
                carol.sync.add(f"{HOST}:{port.port}")
                await equal(alice, carol)
            assert (await carol.library.assets.show(asset)).asset.rating == 5


async def _all(device: Device) -> tuple[str, list[bytes]]:
    return await device.digest(), await _log(device)


async def test_segments_and_operations_of_long_ago_and_of_elsewhere_change_nothing(tmp_path: Path) -> None:
    for name in ("here", "there"):
        (tmp_path / name).mkdir()
    async with studio(tmp_path / "here") as house, studio(tmp_path / "there") as other:
        alice, bob = await house.device("alice"), await house.device("bob")
        (asset,) = await alice.bring_in(RED)
        await receive(bob.library.workspace, await _log(alice), verify)
        for rating in (1, 2, 3):
            await bob.library.assets.edit_one(asset, AssetChange(rating=rating))
        await receive(alice.library.workspace, await _log(bob), verify)
        early = [each.raw for each in alice.library.workspace.members.operations.values()]
        await operate(alice.library.workspace, "role", member("bob"), "viewer")
        await operate(alice.library.workspace, "remove", member("bob"))
        before, old = await _all(alice), await _log(alice)
        chance = random.Random(3)
        for _ in range(20):  # of long ago, in any order, with the operations by which bob came in
            some = chance.sample(old, chance.randrange(1, len(old)))
            received = await receive(alice.library.workspace, some, verify, chance.sample(early, len(early)))
            assert (received.held, received.changed, received.refused) == (0, [], [])
        stranger = await other.device("bob")
        await stranger.bring_in(BLUE)
        foreign = await _log(stranger)
        operations = [each.raw for each in stranger.library.workspace.members.operations.values()]
        received = await receive(alice.library.workspace, foreign, verify, operations)
        assert received.held == 0 and {why.partition(":")[0] for _, why in received.refused} == {FOREIGN}
        await bob.library.assets.edit_one(asset, AssetChange(title="late"))  # he has not heard that he is removed
        late = (await _log(bob))[-1]
        for _ in range(3):
            await receive(alice.library.workspace, [late], verify, early)
        assert await applied_late(alice, late) == 0
        assert (await alice.library.assets.show(asset)).asset.title is None
        assert (await alice.digest(), (await alice.library.care.verify()).problems) == (before[0], [])


FOREIGN = "segment refused (foreign)"


async def applied_late(device: Device, raw: bytes) -> int:
    """Changes that count of one segment."""
    query = "SELECT count(*) FROM change AS c JOIN segment AS s ON s.id = c.segment WHERE s.raw=? AND c.state<>0"
    return await device.library.workspace.database.read(lambda c: c.execute(query, (raw,)).fetchone()[0])
