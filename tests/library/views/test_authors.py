"""Who put each of several values, and when: the change that wrote the field, not whatever came last."""

from __future__ import annotations

from library.catalog import Library
from library.models import AssetChange
from tests.library.house import HandClock
from tests.library.studio import Studio, send


def move_clock(library: Library, by: int) -> int:
    clock = library.workspace.surroundings.clock
    assert isinstance(clock, HandClock)
    clock.time += by
    return clock.time


async def torn(studio: Studio) -> tuple[Library, Library, str, dict[int, tuple[str, int]]]:
    """alice and bob, who rated one picture at once; by rating who did and when."""
    alice, bob, _ = await studio.trio()
    asset = await studio.share("editor", "editor")
    told = {}
    for library, rating in ((alice, 4), (bob, 2)):
        when = move_clock(library, rating * 1000)
        await library.assets.edit_one(asset, AssetChange(rating=rating))
        told[rating] = library.workspace.device.hex()[:8], when
    return alice, bob, asset, told


async def test_what_a_device_writes_later_into_another_field_is_not_when_it_rated(studio: Studio) -> None:
    alice, bob, asset, told = await torn(studio)
    for library in (alice, bob):
        move_clock(library, 50_000)
        await library.assets.edit_one(asset, AssetChange(note="later", add_tags=["later"]))
    await send(alice, bob)
    candidates = (await bob.assets.show(asset)).conflicts["rating"]
    assert {each.value: (each.device, each.when) for each in candidates} == told


async def test_a_picture_as_of_a_moment_tells_the_conflict_it_had_then(studio: Studio) -> None:
    alice, bob, asset, told = await torn(studio)
    await send(bob, alice)
    await alice.checkpoints.create("torn")
    await alice.assets.edit_one(asset, AssetChange(title="later"))
    candidates = (await alice.assets.show(asset, at="torn")).conflicts["rating"]
    assert {each.value: (each.device, each.when) for each in candidates} == told
