"""The port at which a code is shown: three guesses for a code, nothing for anybody else, and nobody in between."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import msgspec
import pytest

from daemon.errors import Refused
from daemon.meeting import Meeting
from identity.errors import PairingFailed
from identity.keys import DeviceKey
from identity.pairing import VERSION, Pairing
from library.events import Bus
from library.surroundings import Surroundings
from library.workspaces import Workspaces
from sync.engine import Sync
from sync.network import Network
from sync.peers import pairing as pairing_module
from sync.peers.pairing import (
    AT_ONCE,
    TRIES,
    Acceptance,
    Admission,
    CodeWrong,
    Greeting,
    Offer,
    Showing,
    Typed,
    Wire,
    sealed,
)
from tests.sync.hostile.house import HOST, all_that_is_said

SHORT, LONG = 201, 10_000
alice, bob, mallory = (DeviceKey.generate(random.Random(seed)).public for seed in range(3))
OFFER = Offer(b"w" * 32, "Secret studio", "alice's laptop")


class Door:
    """A code on the screen, and who was let in by it."""

    def __init__(self, seed: int = 0) -> None:
        self.let_in: list[bytes] = []
        self.around = Surroundings(random=random.Random(seed))
        self.showing = Showing(alice, OFFER, self._admit, self.around)
        self.wrong = f"{(int(self.showing.code) + 1) % 10**6:06d}"

    async def _admit(self, device: bytes, name: str) -> Admission:
        self.let_in.append(device)
        return Admission([b"operation"], 1, [])

    @property
    def address(self) -> str:
        return f"{HOST}:{self.showing.port}"

    def typed(self, code: str, key: bytes = bob) -> Typed:
        return Typed(key, "bob's laptop", code.encode(), self.around)

    async def come_in(self) -> Typed:
        typed = self.typed(self.showing.code)
        assert await typed.meet(self.address) == OFFER
        assert (await typed.accept()).operations == [b"operation"]
        await typed.taken_up()
        typed.close()
        return typed


@asynccontextmanager
async def shown(seed: int = 0) -> AsyncIterator[Door]:
    door = Door(seed)
    await door.showing.open([HOST])
    running = asyncio.create_task(door.showing.run())
    try:
        yield door
    finally:
        door.showing.close()
        await running


async def until(look: object, seconds: float = 5) -> None:
    async with asyncio.timeout(seconds):
        while not look():  # type: ignore[operator]  # noqa: ASYNC110
            await asyncio.sleep(0.005)


async def guess(door: Door, code: str) -> bytes:
    """One guess by a program that writes down whatever is said; all of it."""
    reader, writer = await asyncio.open_connection(HOST, door.showing.port)
    wire, pairing = Wire(reader, writer), Pairing("types", code.encode(), mallory, random.Random(code).randbytes)
    heard = b""
    try:
        await wire.put(Greeting(VERSION, mallory, pairing.message))
        greeting = await wire.take(Greeting)
        heard += greeting.device + greeting.message
        pairing.meet(greeting.device, greeting.message)
        await wire.put(pairing.confirmation())
        heard += await all_that_is_said(reader)
    except CodeWrong:
        pass
    finally:
        writer.close()
    return heard


async def guesses(number: int, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    tried, seed = 0, 0
    while tried < number:
        seed += 1
        async with shown(seed) as door:
            code = door.showing.code
            for left in (2, 1, 0):
                heard = await guess(door, door.wrong)
                # A public key and a message of SPAKE2, and not a byte behind them.
                assert len(heard) == 32 + 33 and heard.startswith(alice)
                assert code.encode() not in heard and OFFER.workspace not in heard
                await until(lambda left=left: door.showing.tries_left == left)
                tried += 1
            await until(lambda: door.showing.state == "locked")
            with suppress(OSError):  # the port is closed, or about to be
                assert await guess(door, code) == b""
            assert door.let_in == [] and door.showing.met is None
        assert code not in caplog.text
        caplog.clear()
    print(f"{tried} wrong guesses of {seed} codes")


async def test_code_is_good_for_three_guesses_and_tells_them_nothing(caplog: pytest.LogCaptureFixture) -> None:
    await guesses(SHORT, caplog)


@pytest.mark.long
async def test_ten_thousand_guesses(caplog: pytest.LogCaptureFixture) -> None:
    await guesses(LONG, caplog)


async def test_guesses_at_once_are_three_as_well() -> None:
    async with shown() as door:
        heard = await asyncio.gather(*(guess(door, door.wrong) for _ in range(12)), return_exceptions=True)
        assert sum(isinstance(each, bytes) and len(each) > 0 for each in heard) <= TRIES
        await until(lambda: door.showing.state == "locked")
        assert door.let_in == []


async def test_whoever_breaks_off_before_the_proof_has_guessed() -> None:
    async with shown() as door:
        for left in (2, 1, 0):
            reader, writer = await asyncio.open_connection(HOST, door.showing.port)
            await Wire(reader, writer).put(
                Greeting(VERSION, mallory, Pairing("types", b"1", mallory, random.randbytes).message)
            )
            await Wire(reader, writer).take(Greeting)
            writer.transport.abort()
            await until(lambda left=left: door.showing.tries_left == left)
        await until(lambda: door.showing.state == "locked")


async def test_third_guess_that_is_right_is_let_in_while_strangers_knock() -> None:
    async with shown() as door:
        for _ in range(2):
            await guess(door, door.wrong)
        typed = door.typed(door.showing.code)
        await typed.meet(door.address)
        await guess(door, door.wrong)  # there are no tries left, and the third is under way
        assert door.showing.state == "open"
        await typed.accept()
        await typed.taken_up()
        await until(lambda: door.showing.state == "done")
        assert door.let_in == [bob]
        typed.close()


async def test_code_lets_one_device_in() -> None:
    async with shown() as door:
        typed = [door.typed(door.showing.code, key) for key in (bob, mallory)]
        met = await asyncio.gather(
            *(asyncio.wait_for(each.meet(door.address), 1) for each in typed), return_exceptions=True
        )
        first = typed[met.index(OFFER)]
        await first.accept()
        await first.taken_up()
        await until(lambda: door.showing.state == "done")
        assert len(door.let_in) == 1 and met.count(OFFER) == 1
        for each in typed:
            each.close()


@pytest.mark.parametrize("way", ["own code", "other device", "changed proof", "changed offer"])
async def test_nobody_in_between_pairs_with_either_side(way: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with shown() as door:
        middle = Middle(door.showing.port, way, door.wrong)
        server = await asyncio.start_server(middle.answer, HOST, 0)
        typed = door.typed(door.showing.code)
        with pytest.raises(CodeWrong):
            await typed.meet(f"{HOST}:{server.sockets[0].getsockname()[1]}")
        server.close()
        await middle.over.wait()
        assert door.let_in == [] and door.showing.state == "open"
        await until(lambda: door.showing.tries_left == TRIES - 1)
        assert door.showing.code.encode() not in middle.heard and OFFER.workspace not in middle.heard
        assert door.showing.code not in caplog.text
        await door.come_in()  # the code is good still, for who stands at the right door


class Middle:
    """Ends both connections and tries to be the other one for each."""

    def __init__(self, port: int, way: str, guess: str) -> None:
        self._port = port
        self._way = way
        self._guess = guess.encode()
        self.heard = b""
        self.over = asyncio.Event()

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        typing = Wire(reader, writer)
        further, back = await asyncio.open_connection(HOST, self._port)
        showing = Wire(further, back)
        with suppress(CodeWrong, PairingFailed):
            await (self._with_own_code if self._way == "own code" else self._between)(typing, showing)
        writer.close()
        back.close()
        self.over.set()

    async def _with_own_code(self, typing: Wire, showing: Wire) -> None:
        as_typing = Pairing("types", self._guess, mallory, random.randbytes)
        as_showing = Pairing("shows", self._guess, mallory, random.randbytes)
        greeting = await typing.take(Greeting)
        await showing.put(Greeting(VERSION, mallory, as_typing.message))
        answer = await showing.take(Greeting)
        await typing.put(Greeting(VERSION, mallory, as_showing.message))
        as_showing.meet(greeting.device, greeting.message)
        as_typing.meet(answer.device, answer.message)
        proof = await typing.take(bytes)
        self.heard += greeting.message + answer.message + proof
        await showing.put(as_typing.confirmation())
        await typing.put(as_showing.confirmation())
        self.heard += await showing.take(bytes)

    async def _between(self, typing: Wire, showing: Wire) -> None:
        greeting = await typing.take(Greeting)
        other = self._way == "other device"
        await showing.put(Greeting(VERSION, mallory if other else greeting.device, greeting.message))
        answer = await showing.take(Greeting)
        await typing.put(Greeting(VERSION, mallory if other else answer.device, answer.message))
        proof = await typing.take(bytes)
        self.heard += greeting.message + answer.message + proof
        await showing.put(_flipped(proof) if self._way == "changed proof" else proof)
        proof = await showing.take(bytes)
        await typing.put(proof)
        offer = await showing.take(bytes)
        self.heard += proof + offer
        await typing.put(_flipped(offer))
        self.heard += await typing.take(bytes)


def _flipped(data: bytes) -> bytes:
    return data[:-1] + bytes([data[-1] ^ 1])


async def test_silent_strangers_are_bounded_and_the_right_one_gets_in() -> None:
    async with shown() as door:
        slow = []
        for number in range(60):
            _, writer = await asyncio.open_connection(HOST, door.showing.port)
            writer.write(b"\x00\x00\x00\x60"[: number % 5])
            slow.append(writer)
        await until(lambda: len(door.showing._silent) == AT_ONCE)
        await door.come_in()
        await until(lambda: door.showing.state == "done")
        assert door.let_in == [bob]
        for writer in slow:
            writer.close()


async def test_garbage_takes_no_try_and_no_harm_is_done() -> None:
    chance = random.Random(5)
    texts = [
        b"\xff\xff\xff\xff", b"\x00\x00\x00\x01", b"GET / HTTP/1.1\r\n\r\n", b"\x00\x00\x02\x00" + b"\x91" * 512,
        *(len(data := chance.randbytes(chance.randrange(200))).to_bytes(4, "big") + data for _ in range(150)),
        *(_framed([VERSION, mallory, message]) for message in (b"", b"A" + bytes(32), b"B" + b"\xff" * 32, "no")),
        *(_framed(greeting) for greeting in ([], [1], [1, b"short", bytes(33)], {"a": 1}, ["x", mallory, bytes(33)])),
    ]  # fmt: skip
    async with shown() as door:
        for text in texts:
            reader, writer = await asyncio.open_connection(HOST, door.showing.port)
            writer.write(text)
            writer.write_eof()
            assert len(await all_that_is_said(reader)) <= 200
            writer.close()
        assert door.showing.state == "open" and door.showing.tries_left > 0
        await door.come_in()


def _framed(message: object) -> bytes:
    data = msgspec.msgpack.encode(message)
    return len(data).to_bytes(4, "big") + data


async def test_device_that_cannot_be_let_in_uses_up_a_try_and_the_code_stays() -> None:
    async with shown() as door:
        typed = door.typed(door.showing.code)
        await typed.meet(door.address)
        await typed._wire.put(typed._pairing.seal(msgspec.msgpack.encode(Acceptance("x" * 1000))))
        with pytest.raises(CodeWrong):
            sealed(typed._pairing, await typed._wire.take(bytes), Admission)
        typed.close()
        await until(lambda: door.showing.tries_left == TRIES - 1)
        assert door.showing.state == "open" and door.let_in == []
        await door.come_in()


class Impostors:
    """Many who say on the network that they show a code, and guess it as whoever typed it comes to them."""

    def __init__(self) -> None:
        self.guesses = 0

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        wire, pairing = Wire(reader, writer), Pairing("shows", b"000000", mallory, random.randbytes)
        with suppress(CodeWrong):
            greeting = await wire.take(Greeting)
            pairing.meet(greeting.device, greeting.message)
            await wire.put(Greeting(VERSION, mallory, pairing.message))
            await wire.take(bytes)  # whether the guess was right can be told from this
            self.guesses += 1
        writer.close()


async def test_who_types_a_code_lets_three_impostors_guess_it_at_most(tmp_path: Path) -> None:
    impostors = Impostors()
    servers = [await asyncio.start_server(impostors.answer, HOST, 0) for _ in range(20)]
    found = [f"{HOST}:{each.sockets[0].getsockname()[1]}" for each in servers]

    async def look_for_codes(seconds: float) -> list[str]:
        return found

    meeting = Meeting(
        cast(Workspaces, SimpleNamespace(key=SimpleNamespace(public=bob), device_name="bob")),
        cast(Sync, SimpleNamespace(offline=SimpleNamespace(on=False))),
        cast(Network, SimpleNamespace(look_for_codes=look_for_codes)),
        Bus(),
        Surroundings(random=random.Random(1)),
    )
    with pytest.raises(Refused) as refused:
        await meeting.join("123456", None)
    assert refused.value.code == "code_wrong" and 0 < impostors.guesses <= TRIES
    for each in servers:
        each.close()


async def test_shower_that_breaks_off_is_told_as_a_wrong_code(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pairing_module, "STEP_SECONDS", 0.5)

    async def reset(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(10)
        writer.transport.abort()

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    for answer in (reset, silent):
        server = await asyncio.start_server(answer, HOST, 0)
        with pytest.raises(CodeWrong):
            await Typed(bob, "bob", b"123456", Surroundings()).meet(f"{HOST}:{server.sockets[0].getsockname()[1]}")
        server.close()
