"""A member's device with a changed program says what no program of ours says: nothing of it is taken, nothing falls."""

from __future__ import annotations

import asyncio
import ctypes
import gc
import logging
import os
import random
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NamedTuple

import msgspec
import pytest

from identity.keys import verify
from library.care.differing import describe
from library.replica.offering import offer, vector
from library.replica.receiving import receive
from sync import session as session_module
from sync.errors import Malformed
from sync.messages import (
    KINDS,
    Blobs,
    Describe,
    Described,
    Have,
    HaveAfter,
    Hello,
    Hold,
    Kept,
    Lack,
    Later,
    Log,
    MayGo,
    Message,
    Part,
    Ping,
    Preview,
    Previewed,
    Standing,
    State,
    Taken,
    Understood,
    Want,
    decode,
    encode,
)  # fmt: skip
from tests.sync.hostile.house import HOST, Rogue, goes_on, on_the_lan
from tests.sync.hostile.mutating import Mutating
from tests.sync.house import Device, Studio, equal, studio, until

SHORT, LONG = 20_000, 1_000_000
MOST_GROWTH = 20 << 20
RED, BLUE = (255, 0, 0), (0, 0, 255)


class Scene(NamedTuple):
    """alice at a port, whom bob's changed program speaks to; of what carol made she has the log, not the pictures."""

    alice: Device
    carol: Device
    rogue: Rogue
    port: int
    lacking: bytes  # a large original
    house: Studio


@asynccontextmanager
async def scene(folder: Path) -> AsyncIterator[Scene]:
    async with studio(folder) as house:
        alice, bob, carol = await house.trio()
        await alice.bring_in(RED)
        await _tell(alice, carol)
        noise = random.Random(1).randbytes(900 * 700 * 3)
        (asset,) = await carol.bring_in(BLUE, size=(64, 48))
        path = folder / "noise.ppm"
        path.write_bytes(b"P6 900 700 255\n" + noise)
        (large,) = (await carol.library.ingest.import_paths([path])).assets
        await _tell(carol, alice)
        await _tell(alice, bob)
        hash = bytes.fromhex((await alice.library.assets.show(large)).asset.sha256)
        assert asset and alice.lacks()
        async with on_the_lan(alice) as (lan,):
            rogue = Rogue(bob.library.workspace.key, alice, lan.port)
            try:
                yield Scene(alice, carol, rogue, lan.port, hash, house)
            finally:
                await rogue.hang_up()


async def _tell(source: Device, target: Device) -> None:
    """The log, and no picture."""
    given = await offer(source.library.workspace, await vector(target.library.workspace))
    await receive(target.library.workspace, given.segments, verify, given.operations)


async def frames_of_every_kind(here: Scene) -> list[bytes]:
    """As bob's program says them to alice."""
    alice, id = here.alice, here.alice.library.workspace.id
    given = await offer(alice.library.workspace, [])
    tips = [(tip.incarnation, tip.seq, tip.hash8) for tip in await vector(alice.library.workspace)]
    blobs = [hash for (hash,) in await alice.library.workspace.database.read(_blobs)]
    described = msgspec.msgpack.encode(await describe(alice.library.workspace))
    messages: list[Message] = [
        Hello(2, "bob", [id]), State(id, list(alice.library.workspace.members.heads), tips),
        Log(id, 1, given.operations, given.segments, False), Log(id, 1, [], given.segments[:1], False),
        Log(id, 1, given.operations[:1], [], True), Taken(id, 0), Want(id, [(hash, 0) for hash in blobs]),
        Want(id, [(here.lacking, 0)]), Blobs(id, [b"no such picture", b"\x89PNG"]), Lack(id, blobs[:2]),
        Part(id, here.lacking, 0, bytes(5000), False), Part(id, here.lacking, 5000, bytes(100), True),
        HaveAfter(id, b"j" * 16, 0), Have(id, b"j" * 16, 0, 9, b"".join(hash[:8] for hash in blobs), b"", False),
        Have(id, b"k" * 16, 0, 1, here.lacking[:8], b"12345", True), MayGo(id, 1, blobs), Kept(id, 1, [True, False]),
        Describe(id, 1, [0, 255]), Described(id, 1, described), Ping(1, False), Ping(1, True),
        Standing(id, given.operations, 5, "alice", True), Standing(id, given.operations[:1], 0, "", False),
        Understood(id, True), Understood(id, False), Hold("timetable", 3600),
        Hold("", 0), Later(id, blobs[:2]), Later(id, [here.lacking]),
        Preview(id, 1, list(alice.library.workspace.members.heads), tips, b"j" * 16, 3), Preview(id, 2, [], [], b"", 0),
        Previewed(id, 1, [], tips, b"j" * 16, 4, b"12345678", b"", False, given.operations, [], True, False),
        Previewed(id, 2, [], [], b"", 0, b"", b"", False, [], given.segments, True, True),
    ]  # fmt: skip
    assert {type(each) for each in messages} == {*KINDS}
    return [encode(each) for each in messages]


def _blobs(connection: object) -> list[tuple[bytes]]:
    found: list[tuple[bytes]] = connection.execute("SELECT hash FROM blob ORDER BY hash").fetchall()  # type: ignore[attr-defined]
    return found


async def held(device: Device) -> tuple[object, ...]:
    """Whatever a stranger's word could have changed."""
    tables = ("segment", "operation", "lack", "version", "asset", "document", "blob WHERE here=1")

    def work(connection: object) -> tuple[object, ...]:
        return tuple(connection.execute(f"SELECT count(*) FROM {each}").fetchone()[0] for each in tables)  # type: ignore[attr-defined]

    return await device.digest(), await device.library.workspace.database.read(work)


def memory() -> int:
    """Bytes of this process that are in memory, after what is free was given back."""
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


class Ear:
    """Counts the frames that alice's program reads."""

    def __init__(self) -> None:
        self.heard = 0
        self._enough = asyncio.Event()
        self._wanted = 0
        self._last = b""

    def decode(self, frame: bytes) -> Message:
        if frame is not self._last:  # a greeting is read twice
            self._last = frame
            self.heard += 1
            if self.heard >= self._wanted:
                self._enough.set()
        return decode(frame)

    async def hear(self, number: int) -> None:
        """Until so many were heard in all."""
        self._wanted = number
        self._enough.clear()
        if self.heard < number:
            async with asyncio.timeout(60):
                await self._enough.wait()


async def besiege(folder: Path, number: int, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    chance, ear, start = random.Random(11), Ear(), 0
    monkeypatch.setattr("sync.engine.FIRST_PAUSE", 0.01)
    monkeypatch.setattr(session_module, "decode", ear.decode)
    caplog.set_level(logging.CRITICAL)  # what is kept of errors for a report would count as memory
    async with scene(folder) as here:
        id, before = here.alice.library.workspace.id, await held(here.alice)
        bursts = Bursts(chance, id, await frames_of_every_kind(here))
        while ear.heard < number:
            frames, logs = bursts.next()
            await here.rogue.connect()
            await here.rogue.hears(lambda message: isinstance(message, State))  # from now on the workspace is shared
            said = ear.heard + await here.rogue.say(*frames[:-1])
            if logs:
                taken = Taken(id, logs)
                await here.rogue.hears(lambda message, taken=taken: message == taken)  # all of it was looked through
            said += await here.rogue.say(frames[-1])
            await ear.hear(said)
            await here.rogue.hang_up()
            if not start and ear.heard >= number // 4:
                start = memory()
        grown = memory() - start
        print(f"{ear.heard} frames heard over {here.rogue.connections} connections; memory grew by {grown >> 10} KiB")
        assert here.rogue.connections == bursts.made  # none ended before all of it was heard
        assert grown < MOST_GROWTH
        assert goes_on(here.alice) and await held(here.alice) == before
        async with on_the_lan(here.carol):
            here.carol.sync.add(f"{HOST}:{here.port}")
            await here.carol.bring_in((9, 9, 9))
            await equal(here.alice, here.carol, seconds=60)
        assert here.alice.library.workspace.blobs.check(here.lacking)


ENDING = State, HaveAfter, Taken, Part, Log  # of these the wrong ones end the connection, or wait for ever


class Bursts:
    """Mutated frames for one connection after the other. What ends a connection comes last in it."""

    def __init__(self, chance: random.Random, workspace: bytes, frames: list[bytes]) -> None:
        self._chance = chance
        self._workspace = workspace
        self._mutating = Mutating(chance, frames)
        self.made = 0

    def next(self) -> tuple[list[bytes], int]:
        """The frames, and how many log messages are among them whose numbers go on."""
        self.made += 1
        said: list[bytes] = []
        logs, length = 0, self._chance.randrange(20, 120)
        once = {State, HaveAfter}
        while True:
            frame = self._mutating.next()
            try:
                message = decode(frame)
            except Malformed:
                message = None
            ours = getattr(message, "workspace", self._workspace) == self._workspace
            if ours and isinstance(message, Log | Have) and self._chance.random() < 0.8:
                continue  # they cost a commit each
            if ours and isinstance(message, Log) and self._chance.random() < 0.98:
                logs += 1
                said.append(encode(msgspec.structs.replace(message, number=logs)))
            elif message is not None and (type(message) in once or not ours or not isinstance(message, ENDING)):
                once.discard(type(message))
                said.append(frame)
            elif len(said) >= length:
                return [*said, frame], logs


@pytest.fixture
def folder() -> Iterator[Path]:
    """In memory where there is such a place: nothing here asks what a disk keeps."""
    with tempfile.TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None) as made:
        yield Path(made)


@pytest.mark.timeout(900)
async def test_mutated_frames(folder: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    await besiege(folder, SHORT, monkeypatch, caplog)


@pytest.mark.long
@pytest.mark.timeout(7200)
async def test_a_million_mutated_frames(
    folder: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    await besiege(folder, LONG, monkeypatch, caplog)


async def test_wrong_beginning_of_a_picture_is_not_laid_to_whoever_goes_on_with_it(folder: Path) -> None:
    async with scene(folder) as here:
        id, journal = here.alice.library.workspace.id, b"j" * 16
        await here.rogue.say(Have(id, journal, 0, 1, here.lacking[:8], b"", False))
        await until(lambda: any(isinstance(decode(each), Want) for each in here.rogue.heard))
        await here.rogue.say(Part(id, here.lacking, 0, bytes(100_000), False))
        await until(lambda: here.alice.library.copies.begun(here.lacking) == 100_000)
        await here.rogue.hang_up()
        async with on_the_lan(here.carol):
            here.carol.sync.add(f"{HOST}:{here.port}")
            await equal(here.alice, here.carol, seconds=30)
        assert here.alice.library.workspace.blobs.check(here.lacking)


async def test_what_is_dropped_while_it_comes_is_asked_for_once_more_when_the_rest_went_by(folder: Path) -> None:
    async with scene(folder) as here:
        alice, id = here.alice, here.alice.library.workspace.id
        data = here.carol.library.workspace.blobs.read(here.lacking)
        await here.rogue.say(Have(id, b"j" * 16, 0, 1, here.lacking[:8], b"", False))
        await until(lambda: wants(here.rogue) == [(here.lacking, 0)])
        await here.rogue.say(Part(id, here.lacking, 0, data[:400_000], False))
        await until(lambda: alice.library.copies.begun(here.lacking) == 400_000)
        alice.library.workspace.partials.drop(here.lacking)
        await here.rogue.say(*parts(id, here.lacking, data, 400_000))
        await until(lambda: len(wants(here.rogue)) > 1)
        assert wants(here.rogue) == [(here.lacking, 0)] * 2 and here.rogue.connections == 1
        await here.rogue.say(*parts(id, here.lacking, data, 0))
        await until(lambda: alice.library.copies.is_here(here.lacking))
        assert alice.library.workspace.blobs.check(here.lacking)


def parts(id: bytes, hash: bytes, data: bytes, start: int) -> list[Part]:
    """A blob from there on."""
    size = 300_000
    return [Part(id, hash, at, data[at : at + size], at + size >= len(data)) for at in range(start, len(data), size)]


def wants(rogue: Rogue) -> list[tuple[bytes, int]]:
    """All that it was asked for."""
    heard = [decode(each) for each in rogue.heard]
    return [blob for each in heard if isinstance(each, Want) for blob in each.blobs]


async def test_parts_at_a_wrong_place_and_questions_without_end_harm_nobody(folder: Path) -> None:
    async with scene(folder) as here:
        id = here.alice.library.workspace.id
        await here.rogue.say(Have(id, b"j" * 16, 0, 1, here.lacking[:8], b"", False))
        await until(lambda: any(isinstance(decode(each), Want) for each in here.rogue.heard))
        await here.rogue.say(Part(id, here.lacking, 4000, bytes(100), False))
        await until(lambda: not here.alice.sync.sessions)
        await here.rogue.hang_up()
        await here.rogue.say(*(MayGo(id, number, [here.lacking] * 100) for number in range(200)))
        await until(lambda: here.alice.sync.sessions)
        (session,) = here.alice.sync.sessions.values()
        assert len(session._group._tasks) < 20
        assert goes_on(here.alice) and here.alice.library.copies.begun(here.lacking) == 0
