"""One device deletes or replaces much at once: the others stop, ask, and come to one state whatever is answered."""

from __future__ import annotations

import random
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from identity.keys import verify
from library.catalog import Library
from library.errors import Clash, NotFound, ReadOnly
from library.models import AssetChange
from library.replica.breaker import DAY, FEW, HOUR, MOST
from library.replica.receiving import receive, receive_log
from library.replica.stops import LISTED
from store.database import Connection
from tests.library.house import HandClock
from tests.library.patched import Patched
from tests.library.replica.stopping import bin_singly, counts, pass_on, replace, settle_all, shoot
from tests.library.studio import Studio, digests, segments


async def studio_of(studio: Studio, count: int = 600) -> tuple[Library, Library, Library, list[str]]:
    """Three editors who all have these pictures of alice's."""
    alice, bob, carol = await studio.trio()
    for name in ("bob", "carol"):
        await studio.admit(name, "editor")
    for library in (bob, carol):
        await pass_on(alice, library)
    assets = await shoot(alice, count)
    for library in (bob, carol):
        await pass_on(alice, library)
        await pass_on(library, alice)
    return alice, bob, carol, assets


async def asked(library: Library) -> list[tuple[str, int, int]]:
    return [(each.device, each.pictures, each.passed) for each in await library.stops.list() if each.state == "asking"]


async def decide(library: Library, how: str) -> None:
    (stop,) = [each for each in await library.stops.list() if each.state == "asking"]
    await getattr(library.stops, how)(stop.id)


async def test_600_deletions_stop_at_two_others_and_approval_and_rejection_converge(studio: Studio) -> None:
    alice, bob, carol, assets = await studio_of(studio)
    held = await digests(bob)
    await alice.assets.bin(assets)
    for library in (bob, carol):
        received = await pass_on(alice, library)
        assert received.stopped > 0 and received.held == 0
        assert await counts(library) == (600, 0)
        (stop,) = await library.stops.list()
        assert (stop.device, stop.pictures, stop.passed) == (alice.workspace.device.hex(), 600, 0)
        assert len(stop.samples) == 8 and stop.samples[0].id in assets
    assert await digests(bob, carol) == held, "vectors and digests stay those of what is held"
    await decide(bob, "approve")
    assert await counts(bob) == (0, 600)
    await decide(carol, "reject")
    assert await counts(carol) == (600, 0)
    for source, target in ((carol, bob), (carol, alice), (bob, carol), (bob, alice)):
        assert (await pass_on(source, target)).stopped == 0
    for library in (alice, bob, carol):
        assert await counts(library) == (600, 0)
        assert (await library.care.verify()).problems == []
        assert await library.care.rebuild() == await library.care.digest()
    assert len(await digests(alice, bob, carol)) == 1
    entry = (await alice.history.timeline(1))[0][0]
    assert (entry.intent, entry.changes) == ("stopped.reject", 600)


async def test_one_by_one_the_first_hundred_pass_and_rejecting_gives_back_all(studio: Studio) -> None:
    alice, bob, _, assets = await studio_of(studio, 2000)
    await bin_singly(alice, assets[:130])
    received = await pass_on(alice, bob)
    assert (received.held, received.stopped) == (MOST, 30)
    assert await counts(bob) == (1900, 100)
    await bin_singly(alice, assets[130:150])
    assert (await pass_on(alice, bob)).stopped == 20
    assert await asked(bob) == [(alice.workspace.device.hex(), 150, 100)]
    await decide(bob, "reject")
    assert await counts(bob) == (2000, 0)
    await pass_on(bob, alice)
    assert await counts(alice) == (2000, 0) and len(await digests(alice, bob)) == 1
    await alice.assets.bin(assets[:5])
    assert (await pass_on(alice, bob)).held == 1, "later segments of the device go on as ever"


@pytest.mark.parametrize(("count", "may"), [(12, FEW), (200, 20), (990, 99), (5000, MOST)])
async def test_a_tenth_or_a_hundred_whichever_is_less(studio: Studio, count: int, may: int) -> None:
    alice, bob, _, assets = await studio_of(studio, count)
    await alice.assets.bin(assets[:may])
    assert (await pass_on(alice, bob)).stopped == 0
    await alice.assets.bin(assets[may : may + 1])
    assert (await pass_on(alice, bob)).stopped == 1


async def test_replaced_bytes_stop_and_come_back_without_stopping_anybody(studio: Studio) -> None:
    alice, bob, carol, assets = await studio_of(studio, 400)
    before = {asset: (await bob.assets.show(asset)).asset.sha256 for asset in assets[:3]}
    await replace(alice, assets)
    for library in (bob, carol):
        assert (await pass_on(alice, library)).stopped > 0
    await decide(bob, "approve")
    assert (await bob.assets.show(assets[0])).asset.sha256 != before[assets[0]]
    await decide(carol, "reject")
    for library in (alice, bob):
        assert (await pass_on(carol, library)).stopped == 0, "going back to what was shown replaces nothing"
    for library in (alice, bob, carol):
        assert {asset: (await library.assets.show(asset)).asset.sha256 for asset in before} == before
        assert len((await library.assets.show(assets[0])).versions) == 2, "nothing is lost, the new bytes neither"
    assert len(await digests(alice, bob, carol)) == 1


async def test_a_patched_program_that_takes_versions_away_is_stopped_and_they_come_back(studio: Studio) -> None:
    alice, bob, _, assets = await studio_of(studio, 60)
    before = (await bob.assets.show(assets[0])).versions
    patched = Patched(alice)
    forged = patched.write(
        *[
            (bytes.fromhex(asset), lambda d: [d.drop_entry("versions", key) for key in list(d.values("versions"))])
            for asset in assets
        ]
    )
    assert forged.intent == "asset.edit", "it does not say what it does"
    assert (await receive(bob.workspace, [forged.raw], verify)).stopped == 1
    await decide(bob, "approve")
    assert await counts(bob) == (0, 0)
    (stop,) = await bob.stops.list()
    told = await bob.stops.revert(stop.id)
    assert told.restored == 60 and await counts(bob) == (60, 0)
    assert (await bob.assets.show(assets[0])).versions == before
    with pytest.raises(Clash, match="already"):
        await bob.stops.revert(stop.id)


async def test_what_was_let_through_can_be_given_back_later_as_far_as_it_stands(studio: Studio) -> None:
    alice, bob, _, assets = await studio_of(studio, 300)
    await replace(alice, assets[:200])
    await pass_on(alice, bob)
    await decide(bob, "approve")
    await replace(bob, assets[:1], "by bob")
    mine = (await bob.assets.show(assets[0])).asset.sha256
    (stop,) = await bob.stops.list()
    assert stop.state == "approved"
    assert (await bob.stops.revert(stop.id)).restored == 199
    assert (await bob.assets.show(assets[0])).asset.sha256 == mine
    await pass_on(bob, alice)
    assert len(await digests(alice, bob)) == 1


async def test_own_edits_never_trip_and_history_is_no_news_to_who_joins(studio: Studio) -> None:
    alice, _, _, assets = await studio_of(studio, 300)
    await alice.assets.bin(assets[:250])
    dora = await studio.device("dora", 9)
    await studio.admit("dora", "editor")
    raws = await segments(alice)
    tips = alice.workspace.log.vector()
    await dora.stops.hear(tips)
    for raw in raws:  # in as many transactions as it may take
        assert (await receive(dora.workspace, [raw], verify)).stopped == 0
    assert await counts(dora) == (50, 250)
    more = await shoot(alice, 100, "more")
    await pass_on(alice, dora)
    await alice.assets.bin(more[:60])
    assert (await pass_on(alice, dora)).stopped == 1, "what comes after is news"
    assert await counts(dora) == (150, 250)


async def test_without_a_peers_word_what_comes_first_is_history(studio: Studio) -> None:
    alice, _, _, assets = await studio_of(studio, 300)
    await alice.assets.bin(assets[:250])
    dora = await studio.device("dora", 9)
    assert (await receive(dora.workspace, await segments(alice), verify)).stopped == 0
    assert await counts(dora) == (50, 250)


async def test_a_long_log_in_many_groups_is_history_to_who_joins(studio: Studio) -> None:
    alice, _, _, assets = await studio_of(studio, 300)
    await bin_singly(alice, assets[:120])
    dora = await studio.device("dora", 9)
    received = await receive_log(dora.workspace, await segments(alice), verify, most=10)
    assert (received.stopped, received.waiting, await counts(dora)) == (0, 0, (180, 120))
    more = await shoot(alice, 100, "more")
    await pass_on(alice, dora)
    await bin_singly(alice, more[:40])
    received = await receive_log(dora.workspace, await segments(alice), verify, most=10)
    assert received.stopped > 0, "the next long log is news"


async def test_what_a_person_brings_in_is_not_stopped_and_sets_nothing_aside(studio: Studio) -> None:
    alice, bob, _, assets = await studio_of(studio, 100)
    await alice.assets.bin(assets)
    assert (await pass_on(alice, bob)).stopped == 1
    received = await receive_log(bob.workspace, await segments(alice), verify, wanted=True)
    assert (received.held, received.stopped, await counts(bob)) == (1, 0, (0, 100))
    (stop,) = await bob.stops.list()
    assert (stop.state, stop.segments) == ("asking", 0), "it can still be answered"
    assert (await bob.stops.reject(stop.id)).restored == 100
    assert await counts(bob) == (100, 0)


async def test_history_ends_after_a_day_for_a_peer_could_name_what_is_yet_to_come(studio: Studio) -> None:
    alice, _, _, assets = await studio_of(studio, 300)
    dora = await studio.device("dora", 9)
    tips = [tip._replace(seq=1 << 40) for tip in alice.workspace.log.vector()]
    await dora.stops.hear(tips)
    await pass_on(alice, dora)
    clock = dora.workspace.surroundings.clock
    assert isinstance(clock, HandClock)
    clock.time += DAY + 1000
    await alice.assets.bin(assets)
    assert (await pass_on(alice, dora)).stopped > 0


async def test_others_segments_that_build_on_it_wait_and_are_not_blamed(studio: Studio) -> None:
    alice, bob, carol, assets = await studio_of(studio, 300)
    await alice.assets.bin(assets[:200])
    await pass_on(alice, carol)
    await decide(carol, "approve")
    await carol.assets.edit_one(assets[250], AssetChange(title="after"))
    received = await pass_on(carol, bob)
    assert (received.held, received.waiting) == (0, 1) and received.stopped > 0
    assert await asked(bob) == [(alice.workspace.device.hex(), 200, 0)]
    await decide(bob, "approve")
    assert (await bob.assets.show(assets[250])).asset.title == "after"
    assert len(await digests(bob, carol)) == 1


async def test_another_that_did_as_much_on_top_of_it_is_asked_about_once_the_first_is_let_through(
    studio: Studio,
) -> None:
    alice, bob, carol, assets = await studio_of(studio, 300)
    await alice.assets.bin(assets[:100])
    await pass_on(alice, carol)
    await decide(carol, "approve")
    await carol.assets.bin(assets[100:200])
    assert (await pass_on(carol, bob)).waiting == 1
    assert await asked(bob) == [(alice.workspace.device.hex(), 100, 0)]
    await decide(bob, "approve")
    assert await asked(bob) == [(carol.workspace.device.hex(), 100, 0)]
    assert await counts(bob) == (200, 100)
    await decide(bob, "reject")
    assert await counts(bob) == (200, 100)
    for target in (alice, carol):
        await pass_on(bob, target)
    assert len(await digests(bob, carol)) == 1


async def test_in_one_round_it_is_the_device_whose_change_did_it_that_is_asked_about(studio: Studio) -> None:
    alice, bob, carol, assets = await studio_of(studio, 300)
    await alice.assets.edit(assets, AssetChange(rating=3))
    await pass_on(alice, carol)
    await carol.assets.bin(assets[:200])
    await pass_on(carol, alice)
    await decide(alice, "approve")
    await alice.assets.edit(assets[:200], AssetChange(label="red"))
    received = await receive(bob.workspace, await segments(alice), verify)
    assert await asked(bob) == [(carol.workspace.device.hex(), 200, 0)]
    assert received.waiting > 0, "what alice wrote on top of it waits"
    assert (await bob.assets.show(assets[0])).asset.rating == 3


async def test_a_reviewer_can_let_through_and_not_take_back(studio: Studio) -> None:
    alice, bob = await studio.pair("reviewer")
    await pass_on(alice, bob)
    assets = await shoot(alice, 200)
    await pass_on(alice, bob)
    await alice.assets.bin(assets)
    await pass_on(alice, bob)
    with pytest.raises(ReadOnly):
        await decide(bob, "reject")
    assert await counts(bob) == (200, 0)
    await decide(bob, "approve")
    assert await counts(bob) == (0, 200)


async def test_the_latest_decisions_are_kept_and_no_others(studio: Studio) -> None:
    alice, bob = await studio.pair()
    await pass_on(alice, bob)
    assets = await shoot(alice, 12)
    await pass_on(alice, bob)
    first = ""
    for _ in range(LISTED + 2):
        await alice.assets.bin(assets)
        await pass_on(alice, bob)
        await decide(bob, "approve")
        await alice.assets.unbin(assets)
        await pass_on(alice, bob)
        first = first or (await bob.stops.list())[0].id
    kept = await bob.stops.list()
    assert len(kept) == LISTED and first not in {each.id for each in kept}
    with pytest.raises(NotFound):
        await bob.stops.revert(first)
    rows = await bob.workspace.database.read(lambda c: c.execute("SELECT count(DISTINCT stop) FROM harm").fetchone()[0])
    assert rows == LISTED
    assert (await bob.care.verify()).problems == []


async def test_what_makes_no_sense_is_refused_by_name(studio: Studio) -> None:
    alice, bob = await studio.pair()
    await pass_on(alice, bob)
    for wrong in ("", "zz", "00" * 16, "é"):
        for how in (bob.stops.approve, bob.stops.reject, bob.stops.revert):
            with pytest.raises(NotFound):
                await how(wrong)
    assets = await shoot(alice, 200)
    await pass_on(alice, bob)
    await alice.assets.bin(assets)
    await pass_on(alice, bob)
    (stop,) = await bob.stops.list()
    with pytest.raises(Clash, match="waits"):
        await bob.stops.revert(stop.id)
    await bob.stops.approve(stop.id)
    for how in (bob.stops.approve, bob.stops.reject):
        with pytest.raises(Clash, match="already"):
            await how(stop.id)


class Jumping(HandClock):
    """Its wall clock is set now and then; what it waits by is not."""

    passed = 0.0

    def elapsed(self) -> float:
        return self.passed


async def test_an_hour_is_one_that_the_daemon_saw_pass(tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        studio = Studio(tmp_path, stack)
        alice, bob = await studio.pair()
        clock = Jumping()
        bob.workspace.breaker._clock = clock
        await bob.workspace.database.read(bob.workspace.breaker.load)
        await pass_on(alice, bob)
        assets = await shoot(alice, 1000)
        await pass_on(alice, bob)
        await alice.assets.bin(assets[:60])
        await pass_on(alice, bob)
        for jump in (10 * DAY, -20 * DAY):
            clock.time += jump
            await alice.assets.bin(assets[60:80])
            assert (await pass_on(alice, bob)).stopped == 0
        await bob.workspace.reopen()  # as after a restart: the hour goes on where it was
        await alice.assets.bin(assets[80:110])
        assert (await pass_on(alice, bob)).stopped == 1
        await decide(bob, "approve")
        await alice.assets.bin(assets[110:190])
        assert (await pass_on(alice, bob)).stopped == 0, "what was approved does not count any more"
        clock.passed += HOUR / 1000 + 1
        await alice.assets.bin(assets[200:275])
        assert (await pass_on(alice, bob)).stopped == 0
        await alice.assets.bin(assets[275:301])
        assert (await pass_on(alice, bob)).stopped == 1


async def test_it_survives_a_restart_and_a_rebuild_and_is_passed_on_to_nobody(tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        studio = Studio(tmp_path, stack)
        alice, bob, carol, assets = await studio_of(studio, 200)
        await alice.assets.bin(assets)
        await pass_on(alice, bob)
        assert (await pass_on(bob, carol)).stopped == 0, "bob has nothing of it to give"
        await bob.care.rebuild()
        await bob.workspace.reopen()
        assert await asked(bob) == [(alice.workspace.device.hex(), 200, 0)]
        assert (await pass_on(alice, bob)).stopped == 0, "it is aside already"
        assert (await bob.care.verify(read_data=False)).problems == []
        await decide(bob, "reject")
        assert await counts(bob) == (200, 0)
        assert await asked(bob) == []


async def test_damage_of_what_is_put_aside_is_named(studio: Studio) -> None:
    alice, bob, _, assets = await studio_of(studio, 60)
    await alice.assets.bin(assets)
    await pass_on(alice, bob)
    assert (await bob.care.verify()).problems == []

    def spoil(connection: Connection) -> None:
        (raw,) = connection.execute("SELECT raw FROM aside").fetchone()
        connection.execute("UPDATE aside SET raw=?", (raw[:-1] + bytes([raw[-1] ^ 1]),))

    await bob.workspace.write(spoil)
    assert [each.code for each in (await bob.care.verify()).problems] == ["segment.signature"]


@pytest.mark.parametrize("seed", range(12))
async def test_whatever_three_replicas_decide_in_whatever_order_they_converge(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    async with AsyncExitStack() as stack:
        studio = Studio(tmp_path, stack)
        alice, bob, carol, assets = await studio_of(studio, 40)
        everybody = [alice, bob, carol]
        for step in range(14):
            who, other = chance.sample(everybody, 2)
            some = chance.sample(assets, chance.choice((1, 3, 15, 25)))
            match chance.randrange(6):
                case 0:
                    await who.assets.bin(some)
                case 1:
                    await replace(who, some, f"{seed} {step}")
                case 2:
                    await who.assets.edit(some, AssetChange(rating=chance.randint(0, 5)))
                case 3:
                    await pass_on(who, other)
                case 4:
                    for each in await who.stops.list():
                        if each.state == "asking":
                            await (who.stops.approve if chance.random() < 0.5 else who.stops.reject)(each.id)
                        elif each.state == "approved" and chance.random() < 0.3:
                            await who.stops.revert(each.id)
                case 5:
                    await receive(other.workspace, chance.sample(every := await segments(who), len(every)), verify)
        await settle_all(chance, *everybody)
        assert len(await digests(*everybody)) == 1
        for library in everybody:
            assert (await library.care.verify()).problems == []
        assert len({await counts(library) for library in everybody}) == 1
