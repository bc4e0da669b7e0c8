"""What this device keeps of originals: its policy, those of projects, and pins."""

from __future__ import annotations

import asyncio
import random
from contextlib import AsyncExitStack
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from library.albums import NewAlbum
from library.catalog import Library
from library.copies.models import Keep, Policies, Policy
from library.errors import Invalid, NotFound
from library.models import AssetChange
from tests.library.copies.between import fetch, paired, states
from tests.library.studio import Studio, send

DAY = 86_400_000


async def wanted_of(library: Library) -> set[str]:
    """The pictures whose originals are wanted."""
    found = {each.hash.hex() for each in await library.copies.wanted() if library.copies.is_original(each.hash)}
    return {each.id for each in (await library.search.page()).items if each.sha256 in found}


async def test_small_pictures_come_before_any_original(studio: Studio) -> None:
    _, bob = await paired(studio, 4)
    order = [bob.copies.is_original(each.hash) for each in await bob.copies.wanted()]
    assert order == sorted(order) and any(order) and not all(order)
    newest = [each.sha256 for each in (await bob.search.page()).items]
    assert [each.hash.hex() for each in await bob.copies.wanted()][-len(newest) :] == newest


async def test_a_device_that_keeps_small_pictures_only_shows_every_picture(studio: Studio) -> None:
    alice, bob = await paired(studio, 4)
    await bob.keeping.set_policy(Policy(kind="thumbnails"))
    await fetch(alice, bob)
    assert states(bob) == ["elsewhere"] * 4
    items = (await bob.search.page()).items
    assert [each.sync for each in items] == ["elsewhere"] * 4
    assert all(each.thumbnail and bob.blob(each.thumbnail).path.exists() for each in items)
    assert await bob.copies.wanted() == []
    await bob.copies.want_now(bytes.fromhex(items[1].sha256))
    assert [each.hash.hex() for each in await bob.copies.wanted()] == [items[1].sha256]


async def test_recent_ones_are_wanted_by_the_day(studio: Studio) -> None:
    _, bob = await paired(studio, 2)
    await bob.keeping.set_policy(Policy(kind="recent", days=2))
    assert len(await wanted_of(bob)) == 2
    bob.workspace.surroundings.clock.time += 3 * DAY  # type: ignore[attr-defined]
    assert await wanted_of(bob) == set()
    with pytest.raises(Invalid):
        await bob.keeping.set_policy(Policy(kind="recent", days=0))


async def test_a_project_has_a_policy_of_its_own_and_the_most_generous_counts(studio: Studio) -> None:
    alice, bob = await paired(studio, 4)
    ids = [each.id for each in (await alice.search.page()).items]
    one, two = [(await alice.projects.create(name)).id for name in ("one", "two")]
    await alice.assets.edit(ids[:2], AssetChange(add_projects=[one]))
    await alice.assets.edit(ids[1:3], AssetChange(add_projects=[two]))
    await send(alice, bob)
    await bob.keeping.set_policy(Policy(kind="thumbnails"), one)
    assert await wanted_of(bob) == set(ids[1:])  # the second is in both
    await bob.keeping.set_policy(Policy(kind="thumbnails"))
    assert await wanted_of(bob) == set()
    await bob.keeping.set_policy(Policy(kind="everything"), two)
    assert await wanted_of(bob) == set(ids[1:3])
    await bob.keeping.set_policy(None, two)
    assert (await bob.keeping.policies()).projects[0].project == one
    with pytest.raises(NotFound):
        await bob.keeping.set_policy(Policy(), "03" + "00" * 15)


async def test_pins_of_pictures_projects_and_albums(studio: Studio) -> None:
    alice, bob = await paired(studio, 4)
    ids = [each.id for each in (await alice.search.page()).items]
    project = (await alice.projects.create("one")).id
    album = (await alice.albums.create(NewAlbum(name="Best"))).id
    await alice.assets.edit(ids[:1], AssetChange(add_projects=[project]))
    await alice.albums.add(album, ids[1:2])
    await send(alice, bob)
    await bob.keeping.set_policy(Policy(kind="thumbnails"))
    for number, subject in enumerate((project, album, ids[2])):
        assert await bob.keeping.pin([subject]) == 1
        assert await wanted_of(bob) == set(ids[: number + 1])
    assert (await bob.where.show(ids[1])).pinned
    await alice.assets.bin(ids[2:3])
    await send(alice, bob)
    assert await wanted_of(bob) == set(ids[:2])
    assert await bob.keeping.unpin([project, album]) == 2
    assert await wanted_of(bob) == set()
    for wrong in ("", "zz", "02" * 16, "01" * 16):
        with pytest.raises(NotFound):
            await bob.keeping.pin([wrong])


KINDS: tuple[Keep, ...] = ("everything", "recent", "thumbnails")


def keeps(told: Policies, projects: list[str], age: int) -> bool:
    """Whether a picture in these projects is wanted, at its age."""
    own = {each.project: each.policy for each in told.projects}
    policies = [own.get(each, told.default) for each in projects] or [told.default]
    return any(each.kind == "everything" or (each.kind == "recent" and age <= each.days * DAY) for each in policies)


@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 1 << 32))
def test_any_policies_want_what_they_say(tmp_path_factory: Any, seed: int) -> None:
    """Against the same said in words of Python."""

    async def run() -> None:
        chance = random.Random(seed)
        async with AsyncExitStack() as stack:
            alice, bob = await paired(Studio(tmp_path_factory.mktemp("policies"), stack), 6)
            ids = [each.id for each in (await alice.search.page()).items]
            projects = [(await alice.projects.create(name)).id for name in ("one", "two", "three")]
            of: dict[str, list[str]] = {id: chance.sample(projects, chance.randint(0, 3)) for id in ids}
            for id, some in of.items():
                if some:
                    await alice.assets.edit_one(id, AssetChange(add_projects=some))
            binned = chance.sample(ids, chance.randint(0, 2))
            if binned:
                await alice.assets.bin(binned)
            await send(alice, bob)
            for _ in range(5):
                kinds: dict[str, Keep] = {each: chance.choice(KINDS) for each in projects if chance.random() < 0.6}
                default = chance.choice(KINDS)
                await bob.keeping.set_policy(Policy(kind=default, days=chance.randint(1, 5)))
                for each in projects:
                    policy = Policy(kind=kinds[each], days=chance.randint(1, 5)) if each in kinds else None
                    await bob.keeping.set_policy(policy, each)
                bob.workspace.surroundings.clock.time += chance.randint(0, 2) * DAY  # type: ignore[attr-defined]
                now, told = bob.workspace.surroundings.clock.now(), await bob.keeping.policies()
                items = [each for each in (await bob.search.page()).items if each.id not in binned]
                meant = {each.id for each in items if keeps(told, of[each.id], now - each.created_at)}
                assert await wanted_of(bob) == meant
                assert {each.id for each in items if (await bob.where.show(each.id)).wanted} == meant

    asyncio.run(run())
