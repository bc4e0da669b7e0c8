"""Pictures made one and put apart again in any order: no bytes leave the sight, and undo goes all the way back."""

from __future__ import annotations

import random
from pathlib import Path

import msgspec
import pytest

from library.catalog import Library
from library.errors import Clash
from library.models import AssetChange, AssetDetail, Pair
from tests.library.house import HandClock, open_library, picture, pictures
from tests.library.studio import Studio, digests, send

PICTURES = 5
TAGS = ("one", "two", "three")
NOTES = ("", "short", "longer\n\nof two")


async def seen(library: Library, ids: list[str]) -> list[AssetDetail]:
    """Everything but how it came to be so."""
    return [msgspec.structs.replace(await library.assets.show(id), history=[]) for id in ids]


def owners(library: Library) -> list[tuple[bytes, bytes]]:
    return library.workspace.database.read_now(
        lambda connection: connection.execute("SELECT path, document FROM source ORDER BY path").fetchall()
    )


async def step(library: Library, ids: list[str], chance: random.Random) -> str | None:
    """One deed of a person, by its action; None where nothing was done."""
    shown = {each.asset.id: each for each in await seen(library, ids)}
    apart = [id for id, each in shown.items() if each.asset.binned_at is None]
    parting = [(id, version.id) for id in apart if len(shown[id].versions) > 1 for version in shown[id].versions]
    deed = chance.choice(("same", "same", "apart", "edit", "edit"))
    if deed == "same" and len(apart) > 1:
        newer, older = chance.sample(apart, 2)
        return (await library.alike.same([Pair(newer=newer, older=older)])).action
    if deed == "apart" and parting:
        try:
            return (await library.alike.apart(*chance.choice(parting))).action
        except Clash:
            return None  # its own first version
    added, removed = chance.sample(TAGS, 2)
    change = AssetChange(
        add_tags=[added],
        remove_tags=[removed],
        rating=chance.randrange(6),
        note=chance.choice(NOTES),
        title=chance.choice((None, "A", "B")),
    )
    return (await library.assets.edit_one(chance.choice(apart), change)).action


@pytest.mark.parametrize("seed", range(6))
async def test_whatever_is_joined_and_put_apart_nothing_is_lost(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    for number in range(PICTURES):
        (tmp_path / f"{number}.png").write_bytes(picture((number * 40, 9, 9)))
    clock = HandClock()
    async with open_library(tmp_path / "library", clock=clock) as library:
        ids = (await library.ingest.import_paths(sorted(tmp_path.glob("*.png")))).assets
        everything = {each.asset.sha256 for each in await seen(library, ids)}
        moments = [(await seen(library, ids), owners(library))]
        actions = []
        for _ in range(14):
            clock.time += 1000
            action = await step(library, ids, chance)
            after = await seen(library, ids)
            in_sight = [each for each in after if each.asset.binned_at is None]
            assert {version.sha256 for each in in_sight for version in each.versions} == everything
            if action is not None:
                actions.append(action)
                moments.append((after, owners(library)))
        assert (await library.care.verify(read_data=True)).problems == []
        undos = []
        for action, moment in zip(reversed(actions), reversed(moments[:-1]), strict=True):
            undos.append((await library.history.undo(action)).action)
            assert (await seen(library, ids), owners(library)) == moment
        for undo, moment in zip(reversed(undos), moments[1:], strict=True):
            await library.history.redo(undo)
            assert (await seen(library, ids), owners(library)) == moment
        assert (await library.care.verify()).problems == []


@pytest.mark.parametrize("third", [False, True], ids=["two", "chain"])
async def test_what_two_devices_join_at_once_stays_in_sight(studio: Studio, third: bool) -> None:
    """Each takes the other picture for the newer one; or one says that it is a version of a third."""
    alice, bob = await studio.pair()
    folder = studio.folder / "pictures"
    pictures(folder, 3)
    one, two, three = (await alice.ingest.import_paths([folder])).assets
    await send(alice, bob)
    await alice.alike.same([Pair(newer=two, older=one)])
    await bob.alike.same([Pair(newer=one, older=three if third else two)])
    await send(alice, bob)
    await send(bob, alice)
    assert len(await digests(alice, bob)) == 1
    for library in (alice, bob):
        found = (await library.search.page("")).items
        blobs = {version.sha256 for each in found for version in (await library.assets.show(each.id)).versions}
        assert len(blobs) == 3, [each.name for each in found]
        assert (await library.care.verify()).problems == []
