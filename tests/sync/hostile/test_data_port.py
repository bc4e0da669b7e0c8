"""Whoever is no device of a workspace gets nothing from the data port, and cannot keep the others out."""

from __future__ import annotations

import asyncio
import random
import ssl
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace

import pytest

from identity.certificate import client_context
from identity.keys import DeviceKey
from identity.operations import decode_operation
from library.models import AssetChange
from sync.errors import ConnectionLost, Stranger, Unreachable
from sync.messages import Ping, Standing, decode
from sync.peers import lan as lan_module
from sync.peers.base import MAX_FRAME
from sync.peers.lan import Lan, LanConnection
from tests.identity.test_certificate import foreign
from tests.library.members import member, operate
from tests.sync.hostile.house import HOST, Rogue, all_that_is_said, goes_on, on_the_lan
from tests.sync.house import equal, studio, until

RED, BLUE = (255, 0, 0), (0, 0, 255)
chance = random.Random(3)
mallory = DeviceKey.generate(chance)


async def test_unknown_certificate_gets_no_byte_beyond_the_handshake(tmp_path: Path) -> None:
    async with studio(tmp_path) as house:
        alice, bob = await house.device("alice"), await house.device("bob")
        await alice.bring_in(RED)
        async with on_the_lan(alice) as (port,):
            for context in (client_context(mallory, [alice.key]), _without_certificate()):
                reader, writer = await asyncio.open_connection(HOST, port.port, ssl=context, server_hostname="")
                assert await all_that_is_said(reader) == b""
                writer.close()
            reader, writer = await asyncio.open_connection(HOST, port.port)
            writer.write(b"GET / HTTP/1.1\r\n\r\n")
            said = await all_that_is_said(reader)
            assert bob.key not in said and alice.library.workspace.id not in said and len(said) < 100
            writer.close()
            assert port.refused == 3 and not alice.sync.sessions


async def test_same_name_with_another_key_gets_nothing(tmp_path: Path) -> None:
    async with studio(tmp_path) as house:
        alice, bob = await house.device("alice"), await house.device("bob")
        async with on_the_lan(alice) as (port,):
            context = client_context(mallory, [alice.key])
            forged = tmp_path / "forged.pem"
            forged.write_bytes(foreign(bob.key.hex(), mallory, mallory)[1])
            context.load_cert_chain(forged)
            reader, writer = await asyncio.open_connection(HOST, port.port, ssl=context, server_hostname="")
            assert await all_that_is_said(reader) == b""
            writer.close()
            assert port.refused == 1 and not alice.sync.sessions


async def test_device_does_not_speak_to_a_stranger_that_answers_at_an_address(tmp_path: Path) -> None:
    async with studio(tmp_path) as house:
        alice, bob = await house.device("alice"), await house.device("bob")
        server = Lan(mallory, lambda: {alice.key, bob.key})
        met: list[object] = []

        async def keep(connection: object) -> None:
            met.append(connection)

        await server.listen([HOST], 0, keep)
        try:
            with pytest.raises(Stranger):
                await Lan(alice.library.workspace.key, alice.sync.devices).dial(f"{HOST}:{server.port}")
        finally:
            await server.stop()


async def test_removed_device_is_left_at_once_and_gets_nothing_new(tmp_path: Path) -> None:
    async with studio(tmp_path) as house:
        alice, bob, carol = await house.trio()
        await alice.bring_in(RED)
        async with on_the_lan(alice, bob, carol) as (port, *_):
            bob.sync.add(f"{HOST}:{port.port}")
            carol.sync.add(f"{HOST}:{port.port}")
            await equal(alice, bob, carol)
            await operate(alice.library.workspace, "remove", member("bob"))
            await until(lambda: bob.key not in alice.sync.sessions)
            before, (asset,) = await bob.digest(), await alice.bring_in(BLUE)
            await equal(alice, carol)
            bob.sync._try_all()
            await until(lambda: port.refused or bob.sync.ways[f"{HOST}:{port.port}"].problem)
            # Its own program may not have heard of the removal. A changed one does not ask.
            rogue = Rogue(bob.library.workspace.key, alice, port.port)
            with suppress(ConnectionLost):
                await rogue.connect()
                await asyncio.sleep(0.5)
            said = [decode(frame) for frame in rogue.heard]
            assert [type(each) for each in said] == [Standing]  # that it was removed, and no byte beside
            assert isinstance(said[0], Standing)
            assert decode_operation(said[0].operations[-1]).kind == "remove"
            await rogue.hang_up()
            assert await bob.digest() == before
            blob = bytes.fromhex((await alice.library.assets.show(asset)).asset.sha256)
            assert not bob.library.workspace.blobs.has(blob)


async def test_slow_handshakes_are_bounded_and_others_get_in(tmp_path: Path) -> None:
    async with studio(tmp_path) as house:
        alice, bob = await house.device("alice"), await house.device("bob")
        async with on_the_lan(alice, bob) as (port, _):
            slow = []
            for number in range(120):
                here = f"127.0.0.{1 + number % 12}"
                _, writer = await asyncio.open_connection(HOST, port.port, local_addr=(here, 0))
                writer.write(b"\x16\x03\x01\x02\x00\x01"[: number % 7])
                slow.append(writer)
            await until(lambda: port.refused >= 120 - lan_module.HANDSHAKES)
            assert len(port._shaking) <= lan_module.HANDSHAKES
            assert max(list(port._shaking.values()).count(host) for host in port._shaking.values()) <= 8
            bob.sync.add(f"{HOST}:{port.port}")
            await until(lambda: alice.sync.session(bob.key), 3)
            for writer in slow:
                writer.close()


async def test_garbage_is_refused_and_leaves_nothing_behind(tmp_path: Path) -> None:
    async with studio(tmp_path) as house:
        alice, bob = await house.device("alice"), await house.device("bob")
        async with on_the_lan(alice, bob) as (port, _):
            for number in range(200):
                reader, writer = await asyncio.open_connection(HOST, port.port)
                with suppress(ConnectionError):
                    begin = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" if number % 2 else b""
                    writer.write(begin + chance.randbytes(chance.randrange(1, 4000)))
                    await writer.drain()
                if number % 3:
                    writer.transport.abort()
                else:
                    writer.write_eof()
                    assert len(await all_that_is_said(reader)) < 100
                    writer.close()
            await until(lambda: not port._shaking)
            assert port.refused == 200 and goes_on(alice)
            bob.sync.add(f"{HOST}:{port.port}")
            await until(lambda: alice.sync.session(bob.key))


@pytest.mark.parametrize("said", [(MAX_FRAME + 1).to_bytes(4, "big"), b"\xff\xff\xff\xff" + b"x" * 70000])
async def test_endless_frame_of_a_member_is_not_waited_for(tmp_path: Path, said: bytes) -> None:
    async with studio(tmp_path) as house:
        alice, bob, carol = await house.trio()
        (asset,) = await alice.bring_in(RED)
        async with on_the_lan(alice, carol) as (port, _):
            carol.sync.add(f"{HOST}:{port.port}")
            await equal(alice, carol)
            rogue = Rogue(bob.library.workspace.key, alice, port.port)
            connection = await rogue.connect()
            await until(lambda: alice.sync.session(bob.key))
            connection._writer.write(said)
            await until(lambda: bob.key not in alice.sync.sessions)
            await rogue.hang_up()
            await alice.library.assets.edit_one(asset, AssetChange(rating=2))
            await equal(alice, carol)


async def test_what_can_be_no_address_is_tried_and_told_and_harms_nothing(tmp_path: Path) -> None:
    async with studio(tmp_path) as house:
        alice, bob = await house.device("alice"), await house.device("bob")
        async with on_the_lan(alice, bob) as (port, _):
            bad = ["a..b:80", "x" * 70 + ":80"]
            for each in bad:
                bob.sync.add(each)
                with pytest.raises(Unreachable):
                    await port.dial(each)
            for each in ("no address", "a:99999", "[::1]:0", "http://a:1/"):
                bob.sync.addresses.reached(alice.key, each, "alice", 1)  # as another device said
                assert bob.sync.addresses.of(alice.key).addresses == []
                with pytest.raises(Unreachable):
                    await port.dial(each)
            bob.sync.add(f"{HOST}:{port.port}")
            await until(lambda: alice.sync.session(bob.key))
            await until(lambda: all(bob.sync.ways[each].problem == "unreachable" for each in bad))
            assert goes_on(bob)


async def test_error_in_the_work_with_one_device_leaves_the_others(tmp_path: Path) -> None:
    async with studio(tmp_path) as house:
        alice, bob, carol = await house.trio()
        async with on_the_lan(alice, bob, carol) as (_, other, third):
            alice.sync.add(f"{HOST}:{other.port}")
            alice.sync.add(f"{HOST}:{third.port}")
            await until(lambda: alice.sync.session(bob.key) and alice.sync.session(carol.key))
            session = alice.sync.sessions[bob.key]
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(session, "_hear", _fail)
                await bob.sync.sessions[alice.key].outbox.urgent(Ping(1, False))
                await until(lambda: alice.sync.sessions.get(bob.key) is not session)
            await asyncio.sleep(0.2)
            assert goes_on(alice) and alice.sync.session(carol.key)


async def test_what_is_said_after_the_end_is_lost_and_nothing_else(tmp_path: Path) -> None:
    async with studio(tmp_path) as house:
        alice, bob = await house.device("alice"), await house.device("bob")
        async with on_the_lan(alice) as (port,):
            for times in (1, 2):
                connection = await Lan(bob.library.workspace.key, bob.sync.devices).dial(f"{HOST}:{port.port}")
                for _ in range(times):
                    await connection.close()
                with pytest.raises(ConnectionLost):
                    await connection.send(b"late")
                with pytest.raises(ConnectionLost):
                    await connection.receive()


async def test_connection_that_ended_within_its_handshake_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with studio(tmp_path) as house:
        alice, bob = await house.device("alice"), await house.device("bob")
        async with on_the_lan(alice, bob) as (port, _):
            context = client_context(mallory, [alice.key])
            unfinished = context.wrap_bio(ssl.MemoryBIO(), ssl.MemoryBIO())

            async def aborted(*_: object, **__: object) -> None:
                pass

            transport = SimpleNamespace(set_write_buffer_limits=lambda high: None, abort=lambda: None)
            found = {"ssl_object": unfinished}
            half = SimpleNamespace(get_extra_info=found.get, close=lambda: None, start_tls=aborted, transport=transport)

            async def connected(*_: object) -> tuple[object, object]:
                return asyncio.StreamReader(), half

            with monkeypatch.context() as patch:
                patch.setattr("sync.peers.lan.connect", connected)
                patch.setattr("sync.peers.lan.hold_little", lambda writer: None)
                with pytest.raises(ConnectionLost):
                    await port.dial(f"{HOST}:1")
                bob.sync.add(f"{HOST}:{port.port}")
                await until(lambda: any(each.failures for each in bob.sync.ways.values()))
            bob.sync._try_all()
            await until(lambda: alice.sync.session(bob.key))


async def test_address_that_cannot_be_tried_for_whatever_reason_leaves_the_others(tmp_path: Path) -> None:
    async with studio(tmp_path) as house:
        alice, bob = await house.device("alice"), await house.device("bob")
        async with on_the_lan(alice, bob) as (port, other):
            dial = other.dial

            async def broken(address: str) -> LanConnection:
                if address.endswith(":1"):
                    raise KeyError(address)
                return await dial(address)

            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(other, "dial", broken)
                bob.sync.add(f"{HOST}:1")
                await until(lambda: f"{HOST}:1" in bob.sync.ways and bob.sync.ways[f"{HOST}:1"].failures)
                bob.sync.add(f"{HOST}:{port.port}")
                await until(lambda: alice.sync.session(bob.key))
            assert goes_on(bob)


async def _fail(message: object) -> None:
    raise KeyError(message)


def _without_certificate() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
