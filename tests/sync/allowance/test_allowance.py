"""What may go at which hour and in which network, on virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from sync.allowance.allowance import ASK_SECONDS, LOOK_SECONDS, SETTLE_SECONDS, Allowance
from sync.allowance.limit import BURST_SECONDS, Limit
from sync.allowance.rules import Metered, Rules, WhenMetered
from sync.allowance.timetable import read
from tests.sync.allowance.house import Watch, run_virtual

PIECE = 65_536


def virtual(test: Callable[[], Awaitable[None]]) -> None:
    async def main() -> str:
        await test()
        return ""

    run_virtual(main)


@asynccontextmanager
async def running(allowance: Allowance, rules: Rules) -> AsyncIterator[None]:
    allowance.apply(rules)
    work = asyncio.create_task(allowance.run())
    try:
        yield
    finally:
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)


async def sent(limit: Limit, seconds: float) -> int:
    """Bytes that go within so long, of who always has more."""
    gone = 0

    async def send() -> None:
        nonlocal gone
        while True:
            await limit.allow(PIECE)
            gone += PIECE
            if not limit.rate:
                await asyncio.sleep(1)

    work = asyncio.create_task(send())
    await asyncio.sleep(seconds)
    work.cancel()
    await asyncio.gather(work, return_exceptions=True)
    return gone


def test_limit_is_kept_within_a_tenth_over_a_change_of_the_hour() -> None:
    async def day() -> None:
        watch = Watch("2026-11-30 08:59")
        allowance = Allowance(watch, watch.wall)
        table = read("mon-fri 09:00-09:10 200 KB, 09:10-09:20 1 MB")
        async with running(allowance, Rules(50_000, table)):
            assert allowance.limit.rate == 50_000
            assert await sent(allowance.limit, 60) == pytest.approx(60 * 50_000, rel=0.1)
            assert await sent(allowance.limit, 600) == pytest.approx(600 * 200_000, rel=0.1)
            assert await sent(allowance.limit, 600) == pytest.approx(600 * 1_000_000, rel=0.1)
            assert watch.shows() == "Mon 09:20"
            assert await sent(allowance.limit, 60) == pytest.approx(60 * 50_000, rel=0.1)

    virtual(day)


def test_who_waits_by_a_low_limit_goes_on_when_the_hour_comes() -> None:
    async def day() -> None:
        watch = Watch("2026-11-30 08:59")
        allowance = Allowance(watch, watch.wall)
        async with running(allowance, Rules(10, read("09:00-10:00 0"))):
            waiting = asyncio.create_task(allowance.limit.allow(1_000_000))  # for a day
            await asyncio.sleep(59.9)
            assert not waiting.done()
            await asyncio.sleep(0.2)
            assert waiting.done() and watch.shows() == "Mon 09:00"

    virtual(day)


def test_settings_hold_at_once_and_what_was_owed_is_not_forgiven() -> None:
    async def day() -> None:
        watch = Watch("2026-11-30 12:00")
        limit = Limit(watch, 1000)
        waiting = asyncio.create_task(limit.allow(10_000))
        await asyncio.sleep(5)
        limit.rate = 100
        await asyncio.sleep(49)
        assert not waiting.done()
        await asyncio.sleep(1.1)
        assert waiting.done()

    virtual(day)


def test_who_gives_up_keeps_nobody_waiting() -> None:
    async def day() -> None:
        watch = Watch("2026-11-30 12:00")
        limit = Limit(watch, 1000)
        lost = asyncio.create_task(limit.allow(1_000_000))
        await asyncio.sleep(1)
        lost.cancel()
        await asyncio.gather(lost, return_exceptions=True)
        begun = watch.elapsed()
        await limit.allow(1000)
        assert watch.elapsed() - begun <= 1

    virtual(day)


def test_who_paused_gets_no_more_than_a_moments_worth_at_once() -> None:
    async def day() -> None:
        watch = Watch("2026-11-30 08:00")
        limit = Limit(watch, 100_000)
        await asyncio.sleep(3600)
        limit.rate = 1000
        await limit.allow(int(1000 * BURST_SECONDS))
        assert watch.elapsed() == 3600
        await limit.allow(1000)
        assert watch.elapsed() == pytest.approx(3601, abs=0.01)

    virtual(day)


def test_it_says_until_when_also_over_the_end_of_summer_time() -> None:
    async def day() -> None:
        watch = Watch("2026-10-24 20:00", "Europe/Berlin")
        allowance = Allowance(watch, watch.wall)
        async with running(allowance, Rules(timetable=read("sat sun 18:00-09:00 thumbnails"))):
            now = allowance.now
            assert (now.originals, watch.shows(now.until)) == ("timetable", "Sun 09:00")
            assert now.until is not None and now.until - watch.now() == 14 * 3_600_000  # an hour comes twice
            await asyncio.sleep(14 * 3600 - 1)
            assert allowance.holds(near=True) == "timetable"
            await asyncio.sleep(1.1)
            assert allowance.holds(near=True) == ""

    virtual(day)


def test_an_hour_that_is_left_out_has_no_entry() -> None:
    async def day() -> None:
        watch = Watch("2026-03-29 01:59", "Europe/Berlin")
        allowance = Allowance(watch, watch.wall)
        async with running(allowance, Rules(7, read("02:00-03:00 thumbnails"))):
            await asyncio.sleep(61)
            assert (watch.shows(), allowance.now.originals, allowance.limit.rate) == ("Sun 03:00", "", 7)

    virtual(day)


@pytest.mark.parametrize("set_otherwise", [lambda watch: watch.put(4), lambda watch: watch.move("Asia/Tokyo")])
def test_a_clock_or_zone_that_is_set_anew_is_seen_soon(set_otherwise: Callable[[Watch], None]) -> None:
    async def day() -> None:
        watch = Watch("2026-11-30 09:30")
        allowance = Allowance(watch, watch.wall)
        async with running(allowance, Rules(timetable=read("09:00-12:00 1 KB"))):
            await asyncio.sleep(1)
            assert allowance.limit.rate == 1000
            set_otherwise(watch)
            await asyncio.sleep(LOOK_SECONDS + 0.1)
            assert allowance.limit.rate == 0

    virtual(day)


class System:
    """Says whether the network is metered, and counts how often it was asked."""

    def __init__(self, answer: Metered = "no") -> None:
        self.answer = answer
        self.asked = 0

    async def ask(self) -> Metered:
        self.asked += 1
        return self.answer


@pytest.mark.parametrize(("when", "exchanges", "takes", "holds"), [
    ("everything", True, True, ""), ("thumbnails", True, False, "metered"), ("nothing", False, False, "metered"),
])  # fmt: skip
def test_a_metered_network_holds_back_what_leaves_it(
    when: WhenMetered, exchanges: bool, takes: bool, holds: str
) -> None:
    async def day() -> None:
        watch = Watch("2026-11-30 12:00")
        allowance = Allowance(watch, watch.wall, System("yes").ask)
        async with running(allowance, Rules(when_metered=when)):
            await asyncio.sleep(1)
            told = allowance.exchanges(near=False), allowance.takes(near=False), allowance.holds(near=False)
            assert told == (exchanges, takes, holds)
            assert (allowance.exchanges(near=True), allowance.takes(near=True), allowance.holds(near=True)) == (
                True, True, "",
            )  # fmt: skip

    virtual(day)


@pytest.mark.parametrize("answer", ["no", "unknown"])
def test_what_nobody_says_is_not_metered(answer: Metered) -> None:
    async def day() -> None:
        watch = Watch("2026-11-30 12:00")
        allowance = Allowance(watch, watch.wall, System(answer).ask)
        async with running(allowance, Rules()):
            await asyncio.sleep(1)
            assert allowance.holds(near=False) == "" and allowance.now.metered == answer

    virtual(day)


def test_it_is_asked_now_and_then_and_when_the_network_changes() -> None:
    async def day() -> None:
        watch, system = Watch("2026-11-30 12:00"), System()
        allowance = Allowance(watch, watch.wall, system.ask)
        async with running(allowance, Rules()):
            await asyncio.sleep(1)
            before = system.asked
            system.answer = "yes"
            await asyncio.sleep(ASK_SECONDS)
            assert system.asked == before + 1 and not allowance.takes(near=False)
            system.answer = "no"
            allowance.network_changed()
            await asyncio.sleep(0.1)
            assert system.asked == before + 2 and allowance.takes(near=False)
            system.answer = "yes"  # the system took a moment to find out
            await asyncio.sleep(SETTLE_SECONDS)
            assert not allowance.takes(near=False)

    virtual(day)


@pytest.mark.parametrize("rules", [Rules(metered="no"), Rules(metered="yes"), Rules(when_metered="everything")])
def test_nobody_is_asked_where_it_changes_nothing(rules: Rules) -> None:
    async def day() -> None:
        watch, system = Watch("2026-11-30 12:00"), System("yes")
        allowance = Allowance(watch, watch.wall, system.ask)
        async with running(allowance, rules):
            await asyncio.sleep(3 * ASK_SECONDS)
            assert system.asked == 0
            assert allowance.takes(near=False) is (rules.metered != "yes")

    virtual(day)


def test_an_answer_that_does_not_come_holds_nothing_up() -> None:
    async def day() -> None:
        watch = Watch("2026-11-30 08:59")

        async def ask() -> Metered:
            await asyncio.sleep(10**6)
            return "yes"

        allowance = Allowance(watch, watch.wall, ask)
        async with running(allowance, Rules(timetable=read("09:00-10:00 5 KB"))):
            await asyncio.sleep(60.1)
            assert allowance.limit.rate == 5000 and allowance.takes(near=False)

    virtual(day)
