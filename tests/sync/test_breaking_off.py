"""Of a blob that comes in pieces nothing goes over twice: what came before the end of a connection is kept."""

from __future__ import annotations

import asyncio
import random
import socket
import struct
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

from identity.keys import DeviceKey, verify
from library.copies.copies import Copies
from library.replica.offering import offer, vector
from library.replica.receiving import receive
from store.blobs import Blobs
from sync.errors import ConnectionLost
from sync.messages import Have, Part, Want, decode
from sync.peers.lan import Lan, LanConnection
from tests.sync.hostile.house import HOST, Rogue, on_the_lan
from tests.sync.house import Device, studio, until

PIECE = 300_000


class Scene(NamedTuple):
    """alice knows of two large pictures that bob has, whom the test plays at a real port."""

    alice: Device
    bob: Rogue
    pictures: dict[bytes, bytes]  # hash → bytes


@asynccontextmanager
async def scene(folder: Path) -> AsyncIterator[Scene]:
    async with studio(folder) as house:
        alice, bob = await house.device("alice"), await house.device("bob")
        pictures, chance = dict[bytes, bytes](), random.Random(1)
        for number in range(2):
            path = folder / f"{number}.ppm"
            path.write_bytes(b"P6 900 700 255\n" + chance.randbytes(900 * 700 * 3))
            (asset,) = (await bob.library.ingest.import_paths([path])).assets
            hash = bytes.fromhex((await bob.library.assets.show(asset)).asset.sha256)
            pictures[hash] = path.read_bytes()
        given = await offer(bob.library.workspace, await vector(alice.library.workspace))
        await receive(alice.library.workspace, given.segments, verify, given.operations)
        async with on_the_lan(alice) as (lan,):
            rogue = Rogue(bob.library.workspace.key, alice, lan.port)
            try:
                yield Scene(alice, rogue, pictures)
            finally:
                await rogue.hang_up()


async def test_what_came_and_was_not_written_yet_when_the_connection_ended_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = asyncio.Event()

    async def write(self: Copies, hash: bytes, offset: int, data: bytes) -> None:
        await gate.wait()  # a slow disk
        await written(self, hash, offset, data)

    written = Copies.write
    monkeypatch.setattr(Copies, "write", write)
    async with scene(tmp_path) as here:
        id, (hash, *_) = here.alice.library.workspace.id, here.pictures
        await here.bob.say(Have(id, b"j" * 16, 0, 1, hash[:8], b"", False))
        await until(lambda: any(isinstance(decode(each), Want) for each in here.bob.heard))
        data = here.pictures[hash]
        pieces = [Part(id, hash, at, data[at : at + PIECE], False) for at in range(0, 5 * PIECE, PIECE)]
        await here.bob.say(*pieces)
        (session,) = here.alice.sync.sessions.values()
        await until(lambda: session.received > 5 * PIECE)
        await here.bob.hang_up()
        gate.set()
        await until(lambda: not here.alice.sync.sessions)
        assert here.alice.library.copies.begun(hash) == 5 * PIECE


async def test_what_came_can_be_read_after_the_connection_was_reset() -> None:
    one, other = DeviceKey.generate(random.Random(1)), DeviceKey.generate(random.Random(2))
    came: asyncio.Queue[LanConnection] = asyncio.Queue()
    answering, dialing = Lan(one, lambda: {other.public}), Lan(other, lambda: {one.public})
    over = asyncio.Event()

    async def met(connection: LanConnection) -> None:
        came.put_nowait(connection)
        await over.wait()

    await answering.listen([HOST], 0, met)
    near = await dialing.dial(f"{HOST}:{answering.port}")
    far = await came.get()
    for number in range(3):
        await near.send(bytes([number]) * 200_000)
    await until(lambda: far.arrived >= 3 * 200_000)
    link = near._writer.get_extra_info("socket")
    link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # its end is a reset
    near._writer.transport.abort()
    await until(lambda: far._writer.transport.is_closing())
    assert [(await far.receive())[0] for _ in range(3)] == [0, 1, 2]
    with pytest.raises(ConnectionLost):
        await far.receive()
    over.set()
    await answering.stop()


async def test_blob_that_gets_its_name_makes_no_room_for_one_that_begins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    naming, gate = threading.Event(), threading.Event()

    def adopt(self: Blobs, places: list[tuple[Path, bytes]]) -> None:
        naming.set()
        assert gate.wait(10)
        adopted(self, places)

    adopted = Blobs.adopt
    async with scene(tmp_path) as here:
        monkeypatch.setattr(Blobs, "adopt", adopt)
        copies, (first, second) = here.alice.library.copies, here.pictures
        here.alice.library.workspace.partials._most = 1
        await copies.write(first, 0, here.pictures[first])
        ending = asyncio.create_task(copies.finish([first]))
        await until(naming.is_set)
        beginning = asyncio.create_task(copies.write(second, 0, here.pictures[second]))
        await asyncio.sleep(0.1)  # for a write that would not wait
        gate.set()
        assert await ending == []
        await beginning
        assert copies.is_here(first) and copies.begun(second) == len(here.pictures[second])
