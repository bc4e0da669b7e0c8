"""Originals are let go only where others have them, at that moment, whole and to keep."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from library.catalog import Library
from library.copies.models import Policy
from library.errors import Invalid, NotFound
from library.intake.arriving import announce, sweep
from tests.library.copies.between import connect, fetch, originals, paired, states, tell_all
from tests.library.house import pictures
from tests.library.members import member, operate
from tests.library.studio import Studio, send


async def ready(studio: Studio, count: int = 3) -> tuple[Library, Library, list[str]]:
    """alice and bob, who both have all originals and know that of each other."""
    alice, bob = await paired(studio, count)
    await fetch(alice, bob)
    await tell_all([alice, bob])
    connect([alice, bob])
    return alice, bob, [each.id for each in (await bob.search.page()).items]


async def test_an_original_that_another_device_has_is_let_go(studio: Studio) -> None:
    alice, bob, ids = await ready(studio)
    done = await bob.evicting.evict(assets=ids[:2])
    assert (done.pictures, done.blobs, done.kept) == (2, 2, [])
    assert done.bytes > 0
    assert sorted(states(bob)) == ["elsewhere", "elsewhere", "here"]
    assert await bob.copies.wanted() == []  # though its policy is to keep everything
    assert (await bob.care.verify(read_data=True)).problems == []
    assert len(originals(bob)) == 1 and len(originals(alice)) == 3
    (copy,) = [each for each in (await bob.assets.show(ids[0])).copies if each.device]
    assert copy.state == "verified" and copy.verified_at is not None


async def test_one_that_is_only_here_is_kept_and_it_is_said_why(studio: Studio) -> None:
    alice, bob = await paired(studio, 1)
    connect([alice, bob])
    (item,) = (await alice.search.page()).items
    done = await alice.evicting.evict(assets=[item.id])
    assert (done.pictures, [each.reason for each in done.kept]) == (0, ["only_here"])
    await fetch(alice, bob)
    await tell_all([alice, bob])
    bob.workspace.blobs.remove(bytes.fromhex(item.sha256))  # behind its back
    done = await alice.evicting.evict(assets=[item.id])
    assert [(each.reason, each.params) for each in done.kept] == [("too_few", {"found": 0, "needed": 1})]
    assert len(originals(alice)) == 1


async def test_a_copy_with_other_bytes_does_not_count(studio: Studio) -> None:
    alice, bob, ids = await ready(studio, 1)
    sha256 = next(iter(originals(alice)))
    bob.workspace.blobs.place(sha256).write_bytes(b"other")
    assert (await alice.evicting.evict(assets=ids)).kept[0].reason == "too_few"


async def test_who_is_not_connected_does_not_count(studio: Studio) -> None:
    alice, _, ids = await ready(studio, 1)

    async def away(device: bytes, hashes: list[bytes]) -> list[bool]:
        raise ConnectionError("gone")

    alice.evicting.ask = away
    done = await alice.evicting.evict(assets=ids)
    assert [(each.reason, each.params) for each in done.kept] == [("not_answered", {"needed": 1})]


async def test_as_many_others_must_have_it_as_the_workspace_says(studio: Studio) -> None:
    alice, bob, ids = await ready(studio, 1)
    await alice.keeping.set_copies(2)
    await send(alice, bob)
    done = await bob.evicting.evict(assets=ids)
    assert [(each.reason, each.params) for each in done.kept] == [("too_few", {"found": 1, "needed": 2})]
    with pytest.raises(Invalid):
        await alice.keeping.set_copies(0)


async def test_the_word_of_who_may_not_change_pictures_is_not_enough(studio: Studio) -> None:
    alice, bob = await studio.pair(role="viewer")
    await alice.ingest.import_paths(pictures(studio.folder / "pictures", 1))
    await send(alice, bob)
    await fetch(alice, bob)
    await tell_all([alice, bob])

    async def lie(device: bytes, hashes: list[bytes]) -> list[bool]:
        return [True] * len(hashes)

    alice.evicting.ask = lie
    (item,) = (await alice.search.page()).items
    assert [each.reason for each in (await alice.evicting.evict(assets=[item.id])).kept] == ["only_here"]
    await operate(alice.workspace, "role", member("bob"), "editor")
    assert (await alice.evicting.evict(assets=[item.id])).pictures == 1


async def test_answers_that_make_no_sense_let_nothing_go(studio: Studio) -> None:
    alice, _, ids = await ready(studio, 2)
    answers: list[Any] = [[], [1, 1], ["yes", "yes"], [None, False], [False] * 9]

    async def ask(device: bytes, hashes: list[bytes]) -> list[bool]:
        return answers.pop()

    alice.evicting.ask = ask
    while answers:
        assert (await alice.evicting.evict(assets=ids)).pictures == 0
    assert len(originals(alice)) == 2


async def test_what_a_removed_device_has_counts_for_nothing(studio: Studio) -> None:
    alice, bob = await studio.pair()
    await send(alice, bob)
    await bob.ingest.import_paths(pictures(studio.folder / "pictures", 2))
    await send(bob, alice)
    await tell_all([alice, bob])
    assert states(alice) == ["elsewhere"] * 2
    await operate(alice.workspace, "remove", member("bob"))
    assert states(alice) == ["missing"] * 2
    assert (await alice.care.verify()).problems == []
    await alice.copies.learn(bob.workspace.device, bob.copies.journal, await bob.copies.since(0))
    assert states(alice) == ["missing"] * 2
    assert [each.sync for each in (await alice.search.page()).items] == [None, None]  # no other device is left


async def test_pinned_ones_stay(studio: Studio) -> None:
    alice, bob, ids = await ready(studio)
    project = (await alice.projects.create("Client")).id
    assert await bob.keeping.pin([ids[0]]) == 1
    done = await bob.evicting.evict(assets=ids)
    assert (done.pictures, [(each.asset, each.reason) for each in done.kept]) == (2, [(ids[0], "pinned")])
    with pytest.raises(NotFound):
        await bob.keeping.pin([project])  # not here yet
    assert await bob.keeping.unpin([ids[0]]) == 1
    assert (await bob.evicting.evict(assets=ids)).pictures == 1


async def test_one_that_was_let_go_comes_again_when_it_is_pinned_or_opened(studio: Studio) -> None:
    alice, bob, ids = await ready(studio)
    await bob.evicting.evict(assets=ids)
    await bob.keeping.pin([ids[0]])
    assert len(await bob.copies.wanted()) == 1
    await bob.copies.want_now(bytes.fromhex((await bob.assets.show(ids[1])).asset.sha256))
    assert len(await bob.copies.wanted()) == 2
    assert await fetch(alice, bob) == 2
    assert sorted(states(bob)) == ["elsewhere", "here", "here"]
    assert (await bob.care.verify()).problems == []


async def test_all_but_recent_ones_and_a_project_are_let_go(studio: Studio) -> None:
    _, bob, _ = await ready(studio)
    assert (await bob.evicting.evict(recent=30)).pictures == 0
    bob.workspace.surroundings.clock.time += 40 * 86_400_000  # type: ignore[attr-defined]
    assert (await bob.evicting.evict(recent=50)).pictures == 0
    assert (await bob.evicting.evict(recent=30)).pictures == 3
    with pytest.raises(Invalid):
        await bob.evicting.evict(recent=30, project="03" * 16)
    with pytest.raises(NotFound):
        await bob.evicting.evict(project="03" * 16)


async def test_a_promise_keeps_a_blob(studio: Studio) -> None:
    alice, bob, ids = await ready(studio, 1)
    (sha256,) = originals(alice)
    assert await bob.copies.may_go(sha256)
    assert [each.reason for each in (await bob.evicting.evict(assets=ids)).kept] == ["promised"]
    bob.workspace.surroundings.clock.time += 700_000  # type: ignore[attr-defined]
    assert (await bob.evicting.evict(assets=ids)).pictures == 1
    assert not await bob.copies.may_go(sha256)


async def test_a_kill_between_row_and_file_leaves_nothing_behind(studio: Studio) -> None:
    alice, bob, ids = await ready(studio, 1)
    (sha256,) = originals(bob)
    place = bob.workspace.blobs.place(sha256)
    data = place.read_bytes()
    note = announce(bob.workspace, [sha256])
    await bob.evicting.evict(assets=ids)
    place.write_bytes(data)  # as if the file had stayed
    again = await studio.opened("bob", 2)
    assert await sweep(again.workspace) == 1
    assert not place.exists() and not note.exists()
    assert originals(alice) == {sha256}
    assert (await again.care.verify(read_data=True)).problems == []


async def test_originals_are_kept_within_the_quota(studio: Studio) -> None:
    alice, bob = await paired(studio, 6)
    total = sum(each.bytes for each in (await bob.search.page()).items)
    await bob.keeping.set_quota(total // 2)
    await fetch(alice, bob)
    kept = await bob.keeping.policies()
    assert 0 < kept.originals <= total // 2
    assert (await bob.search.page("state:here")).total == len(originals(bob)) < 6
    assert all(each.thumbnail and bob.blob(each.thumbnail) for each in (await bob.search.page()).items)
    away = (await bob.search.page("state:elsewhere")).items
    await bob.keeping.pin([away[0].id])  # comes all the same
    await fetch(alice, bob)
    assert bytes.fromhex(away[0].sha256) in originals(bob)
    await tell_all([alice, bob])
    connect([alice, bob])
    await bob.keeping.set_quota(0)
    done = await bob.evicting.trim()
    assert [each.reason for each in done.kept] == ["pinned"]
    assert originals(bob) == {bytes.fromhex(away[0].sha256)}
    assert len(originals(alice)) == 6
    with pytest.raises(Invalid):
        await bob.keeping.set_quota(-1)


class Race:
    """Devices that let the same originals go at once, in an order that chance gives."""

    def __init__(self, folder: Path, stack: AsyncExitStack, seed: int) -> None:
        self.chance = random.Random(seed)
        self.studio = Studio(folder, stack)
        self.studio.in_thread = self.later
        self.libraries: list[Library] = []
        self.needed = self.chance.choice((1, 1, 2))
        self.least: Counter[bytes] = Counter()

    async def later(self, work: Any, *arguments: Any) -> Any:
        await self.pause()
        result = work(*arguments)
        await self.pause()
        return result

    async def pause(self) -> None:
        for _ in range(self.chance.choice((0, 0, 1, 2, 5))):
            await asyncio.sleep(0)
        self.check()

    def count(self) -> Counter[bytes]:
        return Counter(hash for library in self.libraries for hash in originals(library, whole=False))

    def check(self) -> None:
        """At every moment each original is on as many devices as are needed, or as it was on at first."""
        now = self.count()
        assert all(now[hash] >= least for hash, least in self.least.items()), (now, self.least)

    async def begin(self, names: tuple[str, ...]) -> None:
        for number, name in enumerate(names):
            self.libraries.append(await self.studio.device(name, number))
        alice = self.libraries[0]
        for name in names[1:]:
            await self.studio.admit(name, "editor")
        await alice.ingest.import_paths(pictures(self.studio.folder / "pictures", 3))
        if self.needed > 1:
            await alice.keeping.set_copies(self.needed)
        for each in self.libraries[1:]:
            await send(alice, each)
            if self.chance.random() < 0.8:
                await fetch(alice, each)

    async def ask(self, device: bytes, hashes: list[bytes]) -> list[bool]:
        await self.pause()
        (asked,) = [each for each in self.libraries if each.workspace.device == device]
        if self.chance.random() < 0.1:
            raise ConnectionError("the link broke")
        answers = [await asked.copies.may_go(hash) for hash in hashes]
        await self.pause()
        if self.chance.random() < 0.1:
            raise ConnectionError("the link broke")
        return answers

    async def round(self) -> None:
        await tell_all(self.libraries)
        self.least = Counter({hash: min(count, self.needed) for hash, count in self.count().items()})
        for each in self.libraries:
            each.evicting.ask = self.ask
        ids = [each.id for each in (await self.libraries[0].search.page()).items]
        running = [asyncio.create_task(self.evict(each, ids)) for each in self.libraries for _ in range(2)]
        if self.chance.random() < 0.3:
            await self.pause()
            self.chance.choice(running).cancel()
        done = await asyncio.gather(*running, return_exceptions=True)
        assert all(not isinstance(each, Exception) for each in done), done
        self.check()

    async def evict(self, library: Library, ids: list[str]) -> int:
        await self.pause()
        some = self.chance.sample(ids, self.chance.randint(1, len(ids)))
        return (await library.evicting.evict(assets=some)).pictures

    async def bring_back(self) -> None:
        for each in self.libraries:
            if self.chance.random() < 0.7:
                await each.keeping.set_policy(Policy())
                for other in self.libraries:
                    if other is not each:
                        await fetch(other, each)
            each.copies.promises.__init__(each.workspace.surroundings.clock)  # type: ignore[misc]  # a restart


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 1 << 32))
def test_devices_that_let_go_at_once_never_let_go_too_many(tmp_path_factory: Any, seed: int) -> None:
    async def run() -> None:
        async with AsyncExitStack() as stack:
            race = Race(tmp_path_factory.mktemp("race"), stack, seed)
            await race.begin(("alice", "bob", "carol", "dave")[: race.chance.randint(2, 4)])
            for _ in range(3):
                await race.round()
                await race.bring_back()
            for each in race.libraries:
                assert (await each.care.verify(read_data=True)).problems == []

    asyncio.run(run())
