"""Devices that lost each other without being told: what is over at one end keeps no new connection from standing."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

import sync.session
from sync.messages import VERSION, Hello, encode
from sync.peers.memory import MemoryConnection, pair
from sync.session import Session
from tests.sync.house import Device, Studio, equal, studio, until

RED = (255, 0, 0)


async def connected(house: Studio, begins: str) -> tuple[Device, Device]:
    """Two devices, that with the smaller key first; the connection was begun by the `smaller` or the `larger` one."""
    made = [await house.device("alice"), await house.device("bob")]
    small, large = sorted(made, key=lambda device: device.key)
    house.connect(*((large, small) if begins == "smaller" else (small, large)))
    await until(lambda: small.sync.session(large.key) and large.sync.session(small.key))
    return small, large


def session(device: Device, other: Device) -> Session:
    found = device.sync.session(other.key)
    assert found is not None
    return found


async def test_what_hung_on_an_address_that_is_gone_is_begun_anew(tmp_path: Path) -> None:
    async with studio(tmp_path) as house:
        small, large = await connected(house, "smaller")
        before = session(small, large)
        assert isinstance(before.connection, MemoryConnection)
        before.connection.own = "192.0.2.1"
        await small.sync.moved({"192.0.2.1", "192.0.2.7"})
        assert session(small, large) is before
        await small.sync.moved({"192.0.2.7"})
        await until(lambda: small.sync.session(large.key) not in (None, before))
        await large.bring_in(RED)
        await equal(small, large)


async def half_open(house: Studio, small: Device, large: Device) -> Session:
    """A connection that the device with the smaller key began, and that is over at the other end only."""
    near, far = pair(small.key, large.key)
    house.stack.push_async_callback(near.close)
    meeting = asyncio.create_task(small.sync.met(near))
    house.stack.callback(meeting.cancel)
    await far.send(encode(Hello(VERSION, large.name, [small.library.workspace.id])))
    await until(lambda: small.sync.session(large.key))
    return session(small, large)


async def test_who_dials_again_is_heard_where_an_old_connection_seems_to_stand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sync.session, "LISTEN_SECONDS", 0.05)
    monkeypatch.setattr(sync.session, "DOUBT_SECONDS", 0.2)
    async with studio(tmp_path) as house:
        small, large = sorted([await house.device("alice"), await house.device("bob")], key=lambda each: each.key)
        before = await half_open(house, small, large)
        house.connect(small, large)
        await until(lambda: small.sync.session(large.key) not in (None, before))
        await large.bring_in(RED)
        await equal(small, large)


async def test_of_two_connections_that_cross_one_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sync.session, "LISTEN_SECONDS", 0.05)
    monkeypatch.setattr(sync.session, "DOUBT_SECONDS", 0.2)
    async with studio(tmp_path) as house:
        small, large = await connected(house, "smaller")
        before = session(small, large)
        house.ether.connect(large.key, small.name)
        await until(lambda: house.ether.connections[-1]._back.closed)
        await asyncio.sleep(0.5)  # longer than a doubt lasts
        assert small.sync.session(large.key) is before
