"""Originals that wait by the hour or for a network: all else goes on, and they come as soon as they may."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path
from typing import Any

import pytest

from library.copies.copies import Copies
from library.copies.wanting import Wanted
from library.models import AssetChange
from sync.allowance.allowance import Allowance
from sync.allowance.rules import Metered, Rules, WhenMetered
from sync.allowance.timetable import read
from sync.gate import Gate, Holding
from sync.planning import plan, scene
from tests.sync.house import Device, equal, studio, until

RED, GREEN, BLUE = (255, 0, 0), (0, 255, 0), (0, 0, 255)
HOLDS = Rules(timetable=read("00:00-24:00 thumbnails"))
METERED = Rules(metered="yes")


def far(*devices: Device) -> None:
    """These are in no network of any other."""
    for each in devices:
        each.sync.allowance.is_near = lambda address: False


async def has_all_but(device: Device, count: int, asset: str, source: Device) -> None:
    """Until everything is there but the originals of so many pictures; an edit made now comes, too."""
    await until(lambda: device.lacks() == count)
    await source.library.assets.edit_one(asset, AssetChange(rating=4))
    async with asyncio.timeout(5):
        while (await device.library.assets.show(asset)).asset.rating != 4:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    await asyncio.sleep(0.2)
    assert device.lacks() == count


async def noise(device: Device, folder: Path, height: int = 700) -> bytes:
    """A large original; its hash."""
    path = folder / f"noise-{height}.ppm"
    path.write_bytes(f"P6 900 {height} 255\n".encode() + random.Random(height).randbytes(900 * height * 3))
    (asset,) = (await device.library.ingest.import_paths([path])).assets
    return bytes.fromhex((await device.library.assets.show(asset)).asset.sha256)


async def test_timetable_holds_originals_back_and_the_other_knows_why(tmp_path: Path) -> None:
    async with studio(tmp_path) as house:
        alice, bob = await house.device("alice"), await house.device("bob")
        red, _ = await alice.bring_in(RED, GREEN)
        alice.sync.allowance.apply(Rules(timetable=read("00:00-12:00 thumbnails, 12:00-24:00 thumbnails")))
        house.connect(alice, bob)
        await has_all_but(bob, 2, red, alice)
        session = bob.sync.session(alice.key)
        assert session is not None and session.gate.theirs.why == "timetable"
        alice.sync.allowance.apply(Rules())
        await equal(alice, bob)
        assert session.gate.theirs == Holding() and bob.sync.session(alice.key) is session


@pytest.mark.parametrize("why", ["timetable", "metered there", "metered here"])
async def test_receipt_ends_with_what_may_go_and_says_what_waits_why_and_until_when(tmp_path: Path, why: str) -> None:
    async with studio(tmp_path) as house:
        alice, bob = await house.device("alice"), await house.device("bob")
        far(alice, bob)
        red, _ = await alice.bring_in(RED, GREEN)
        if why == "timetable":
            alice.sync.allowance.apply(Rules(timetable=read("00:00-12:00 thumbnails, 12:00-24:00 thumbnails")))
        else:
            (alice if why == "metered there" else bob).sync.allowance.apply(METERED)
        await bob.sync.pause(True)
        house.connect(alice, bob)
        made = await plan(bob.sync, bob.library)
        assert (made.added, made.originals.count) == (2, 2)
        await bob.sync.pause(False)
        async with asyncio.timeout(8):
            while not (told := await bob.library.plans.receipt(made.id, scene(bob.sync))).done:  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        assert {each.why for each in told.differences} == {"held"} and told.different == 2
        (held,) = told.held
        assert (held.device, held.count, held.bytes) == (alice.key.hex(), 2, made.originals.bytes)
        assert (held.why, held.here) == ("timetable" if why == "timetable" else "metered", why == "metered here")
        assert bob.lacks() == 2
        if why == "metered here":  # what somebody opens comes all the same: that is worth waiting for
            hash = bytes.fromhex((await bob.library.assets.show(red)).asset.sha256)
            assert await bob.library.where.comes(hash, 5)
        else:
            alice.sync.allowance.apply(Rules())
            await equal(alice, bob)
        told = await bob.library.plans.receipt(made.id, scene(bob.sync))
        assert (told.different, len(told.held)) == ((1, 1) if why == "metered here" else (0, 0))


async def test_what_one_device_holds_back_comes_from_another(tmp_path: Path) -> None:
    async with studio(tmp_path) as house:
        alice, bob, carol = await house.trio()
        await alice.bring_in(RED, GREEN, BLUE)
        house.connect(alice, carol)
        await equal(alice, carol)
        alice.sync.allowance.apply(HOLDS)
        house.connect(alice, bob)
        await until(lambda: bob.lacks() == 3 and bob.sync.session(alice.key))
        bob.sync.add("carol:1")
        await equal(alice, bob, carol)
        assert alice.sync.allowance.holds(near=True) == "timetable"


@pytest.mark.parametrize("who", ["giver", "taker"])
async def test_metered_network_holds_originals_back_unless_somebody_opens_one(tmp_path: Path, who: str) -> None:
    async with studio(tmp_path) as house:
        alice, bob = await house.device("alice"), await house.device("bob")
        far(alice, bob)
        red, green = await alice.bring_in(RED, GREEN)
        metered = alice if who == "giver" else bob
        metered.sync.allowance.apply(METERED)
        house.connect(alice, bob)
        await has_all_but(bob, 2, red, alice)
        await bob.library.copies.want_now(await _original(bob, green))
        if who == "taker":  # it costs the one who opened it
            await until(lambda: bob.lacks() == 1)
        else:
            await asyncio.sleep(0.2)
            assert bob.lacks() == 2
        metered.sync.allowance.apply(Rules(metered="no"))
        await equal(alice, bob)


async def test_a_machine_that_moves_into_a_metered_network_finds_out_at_once(tmp_path: Path) -> None:
    answer: Metered = "no"

    async def ask() -> Metered:
        return answer

    async with studio(tmp_path) as house:
        alice, bob = await house.device("alice"), await house.device("bob")
        around = bob.library.workspace.surroundings
        bob.sync.allowance = Allowance(around.clock, around.wall, ask, lambda address: False)
        house.connect(alice, bob)
        await equal(alice, bob)
        answer = "yes"
        await bob.sync.moved(())
        await until(lambda: bob.sync.allowance.now.metered == "yes")
        await alice.bring_in(RED)
        await until(lambda: bob.lacks() == 1)
        await asyncio.sleep(0.2)
        assert bob.lacks() == 1


async def test_metered_network_is_no_matter_to_devices_in_it(tmp_path: Path) -> None:
    async with studio(tmp_path) as house:
        alice, bob = await house.device("alice"), await house.device("bob")
        await alice.bring_in(RED)
        for each in (alice, bob):
            each.sync.allowance.apply(Rules(metered="yes", when_metered="nothing"))
        house.connect(alice, bob)
        await equal(alice, bob)


@pytest.mark.parametrize("when", ["nothing", "thumbnails"])
async def test_what_is_under_way_ends_when_the_network_is_metered(tmp_path: Path, when: WhenMetered) -> None:
    async with studio(tmp_path) as house:
        alice, bob = await house.device("alice"), await house.device("bob")
        far(alice, bob)
        large = await noise(alice, tmp_path)
        alice.sync.allowance.apply(Rules(upload_limit=1_000_000))
        house.connect(alice, bob)
        await until(lambda: bob.library.copies.begun(large))
        before = bob.sync.session(alice.key)
        bob.sync.allowance.apply(Rules(metered="yes", when_metered=when))
        await until(lambda: bob.sync.session(alice.key) is not before)
        if when == "thumbnails":
            await until(lambda: bob.sync.session(alice.key))
            here = bob.library.copies.begun(large)
            (red,) = await alice.bring_in(RED)
            await has_all_but(bob, 2, red, alice)
            assert bob.library.copies.begun(large) == here
        else:
            await asyncio.sleep(0.3)
            assert not bob.sync.sessions and not alice.sync.sessions
        carried = house.ether.carried
        for each in (alice, bob):
            each.sync.allowance.apply(Rules(metered="no"))
        await equal(alice, bob)
        assert house.ether.carried - carried < 900 * 700 * 3  # it went on where it was


async def test_original_that_is_half_sent_waits_and_goes_on_where_it_was(tmp_path: Path) -> None:
    async with studio(tmp_path) as house:
        alice, bob = await house.device("alice"), await house.device("bob")
        large = await noise(alice, tmp_path)
        alice.sync.allowance.apply(Rules(upload_limit=2_000_000))
        house.connect(alice, bob)
        await until(lambda: bob.library.copies.begun(large))
        session = bob.sync.session(alice.key)
        alice.sync.allowance.apply(HOLDS)
        await until(lambda: session is not None and session.gate.theirs.why)
        await until(lambda: session is not None and not _coming(bob, alice))
        here = bob.library.copies.begun(large)
        await asyncio.sleep(0.2)
        assert 0 < bob.library.copies.begun(large) == here < 900 * 700 * 3
        alice.sync.allowance.apply(Rules())
        await equal(alice, bob)
        assert bob.sync.session(alice.key) is session
        assert house.ether.carried < 1.1 * 900 * 700 * 3


async def test_who_does_not_know_that_originals_wait_gets_them_afterwards(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A device of version 2 hears no `hold` and asks on."""
    monkeypatch.setattr("sync.session.VERSION", 2)
    monkeypatch.setattr(Gate, "say", lambda gate, theirs: None)
    async with studio(tmp_path) as house:
        alice, bob = await house.device("alice"), await house.device("bob")
        await alice.bring_in(RED, GREEN)
        alice.sync.allowance.apply(HOLDS)
        house.connect(alice, bob)
        await until(lambda: _coming(bob, alice) == 2)
        await until(lambda: bob.lacks() == 2)
        alice.sync.allowance.apply(Rules())
        await equal(alice, bob)


async def test_small_pictures_do_not_wait_behind_originals_for_who_asks_for_those_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a device of version 2 may, by what it heard first of what is there."""
    monkeypatch.setattr("sync.session.VERSION", 2)
    monkeypatch.setattr(Gate, "say", lambda gate, theirs: None)
    wanted = Copies.wanted

    async def originals_first(copies: Copies, most: int, *others: Any) -> list[Wanted]:
        found = await wanted(copies, most, *others)
        return sorted(found, key=lambda each: not copies.is_original(each.hash))

    monkeypatch.setattr(Copies, "wanted", originals_first)
    async with studio(tmp_path) as house:
        alice, bob = await house.device("alice"), await house.device("bob")
        await alice.bring_in(RED, GREEN)
        alice.sync.allowance.apply(HOLDS)
        house.connect(alice, bob)
        await until(lambda: bob.lacks() == 2 and _coming(bob, alice) == 2)
        alice.sync.allowance.apply(Rules())
        await equal(alice, bob)


def _coming(device: Device, other: Device) -> int:
    session = device.sync.session(other.key)
    return 0 if session is None else sum(each.fetching.coming for each in session.shared.values())


async def _original(device: Device, asset: str) -> bytes:
    return bytes.fromhex((await device.library.assets.show(asset)).asset.sha256)
