"""Where an original is, and opening one that another device has."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from library.copies.holders import claimed
from library.copies.models import Policy
from library.errors import NotFound
from tests.library.copies.between import fetch, paired, tell
from tests.library.studio import Studio


async def test_it_is_told_which_devices_have_an_original(studio: Studio) -> None:
    alice, bob = await paired(studio, 1)
    (item,) = (await bob.search.page()).items
    found = await bob.where.show(item.id)
    assert (found.sync, found.wanted, found.pinned) == ("coming", True, False)
    name = alice.workspace.device.hex()
    assert [(each.where, each.state, each.device) for each in found.copies] == [(name[:8], "claimed", name)]
    assert (item.state, item.sync) == ("elsewhere", "coming")
    assert (await alice.where.show(item.id)).sync == "only"
    await fetch(alice, bob)
    await tell(bob, alice)
    assert (await alice.where.show(item.id)).sync == (await bob.where.show(item.id)).sync == "here"
    with pytest.raises(NotFound):
        await bob.where.show("01" + "ff" * 15)


async def test_pictures_that_no_other_device_has_are_found(studio: Studio) -> None:
    alice, bob = await paired(studio, 3)
    assert (await bob.search.page("state:elsewhere")).total == 3
    assert (await alice.search.page("state:only")).total == 3
    wanted = [each.hash for each in await bob.copies.wanted() if bob.copies.is_original(each.hash)]
    assert await bob.copies.put([await alice.copies.read(wanted[0], 0, 1 << 20) or b""]) == wanted[:1]
    await tell(bob, alice)
    assert (await alice.search.page("state:only")).total == 2
    assert (await alice.search.page("-state:only")).total == 1
    assert (await bob.search.page("state:elsewhere")).total == 2
    assert sum(each.sync == "only" for each in (await alice.search.page()).items) == 2


async def test_it_is_told_how_far_originals_have_come_and_which_are_only_there(studio: Studio) -> None:
    alice, bob = await paired(studio, 3)
    there, here = alice.workspace.device, bob.workspace.device
    before = await bob.where.incoming()
    assert (before.originals, before.of) == (0, 3)
    assert before.bytes == sum(each.bytes for each in (await bob.search.page()).items)
    assert before.small > 0
    lost = await bob.where.only_there(there)
    assert (lost.originals, lost.bytes, len(lost.pictures)) == (3, before.bytes, 3)
    (first, *_) = [each for each in await bob.copies.wanted() if bob.copies.is_original(each.hash)]
    await bob.copies.put([await alice.copies.read(first.hash, 0, 1 << 20) or b""])
    now = await bob.where.incoming()
    assert (now.originals, now.of, now.bytes) == (1, 3, before.bytes - first.size)
    assert (await bob.where.only_there(there)).originals == 2
    await fetch(alice, bob)
    await tell(bob, alice)
    done = await bob.where.incoming()
    assert (done.originals, done.of, done.bytes, done.small) == (3, 3, 0, 0)
    assert (await bob.where.only_there(there)).originals == 0
    assert (await alice.where.only_there(here)).originals == 0
    assert (await alice.where.only_there(b"x" * 32)).originals == 0


async def test_what_two_devices_of_one_person_have_is_only_theirs(studio: Studio) -> None:
    alice, bob = await paired(studio, 2)
    laptop, desktop = alice.workspace.device, b"d" * 32
    (first, second) = (await bob.search.page()).items
    cut = bytes.fromhex(first.sha256)[:8]
    await bob.workspace.write(lambda connection: claimed(connection, desktop, [cut]))
    assert (await bob.where.only_there(laptop)).pictures == [second.name]  # the desktop has the other one, too
    assert (await bob.where.only_there(desktop)).originals == 0
    together = await bob.where.only_there(laptop, desktop)
    assert (together.originals, set(together.pictures)) == (2, {first.name, second.name})
    assert (await bob.where.only_there()).originals == 0


async def test_what_the_policy_does_not_want_is_not_coming(studio: Studio) -> None:
    alice, bob = await paired(studio, 2)
    await bob.keeping.set_policy(Policy(kind="thumbnails"))
    found = await bob.where.incoming()
    assert (found.originals, found.of, found.bytes) == (0, 0, 0)
    (item, _) = (await bob.search.page()).items
    await bob.keeping.pin([item.id])
    assert (await bob.where.incoming()).of == 1
    assert (await bob.where.only_there(alice.workspace.device)).originals == 2


async def test_opening_says_who_has_the_original_and_asks_for_it_first(studio: Studio) -> None:
    alice, bob = await paired(studio, 3)
    (item, *_) = (await bob.search.page()).items
    sha256 = bytes.fromhex(item.sha256)
    with pytest.raises(NotFound) as refused:
        bob.blob(item.sha256)
    assert (refused.value.code, refused.value.params["devices"]) == ("elsewhere", alice.workspace.device.hex()[:8])
    assert not await bob.where.comes(sha256, 1)  # nobody is connected
    assert (await bob.copies.wanted())[0].hash == sha256
    bob.where.reachable = lambda: True
    assert not await bob.where.comes(sha256, 1)  # somebody is, and does not send it
    bob.workspace.surroundings.clock.sleep = asyncio.sleep  # type: ignore[method-assign]
    with bob.copies.changed.heard() as rung:
        coming = asyncio.create_task(bob.where.comes(sha256, 30))
        await rung.wait()
        assert await bob.copies.put([await alice.copies.read(sha256, 0, 1 << 20) or b""]) == [sha256]
        assert await coming
    assert bob.blob(item.sha256).size == item.bytes


async def test_an_export_says_where_the_original_is(studio: Studio, tmp_path: Path) -> None:
    alice, bob = await paired(studio, 1)
    told = await bob.care.export(tmp_path / "out")
    assert [(each["code"], each["devices"]) for each in told["failed"]] == [
        ("elsewhere", alice.workspace.device.hex()[:8])
    ]
    whole = await bob.everything.export(tmp_path / "whole")
    assert "export.elsewhere" in {each.code for each in whole.problems}
