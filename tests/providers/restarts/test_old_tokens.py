"""A token is known for a time, mostly a day: later no request is sent again with it, for it might be paid twice."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from providers.base import Traits
from providers.errors import OutcomeUnknown, ServerBusy, Unsaid
from providers.sent import Sent, is_known
from tests.providers.scripted import Painter
from tests.providers.shop import FREE, shop

HOUR = 3600.0
DAY = 24 * HOUR
KEYED = Traits(idempotent=True)


@pytest.mark.parametrize(
    ("away", "state", "submits"),
    [(DAY / 2, "done", 2), (DAY - HOUR / 2, "unknown", 1), (3 * DAY, "unknown", 1), (-3 * DAY, "unknown", 1)],
)
async def test_request_that_was_cut_off_is_sent_again_only_while_its_token_is_known(
    tmp_path: Path, away: float, state: str, submits: int
) -> None:
    painter = Painter(faults=["hang"], traits=KEYED)
    async with shop(tmp_path, painter) as here:
        await here.order("a heron")
        await here.until(lambda: len(painter.submits) == 1)
    painter.faults.clear()
    async with shop(tmp_path, painter, seed=2, run=False) as here:
        here.clock.set_by = away
        running = asyncio.create_task(here.runner.run())
        (job,) = await here.until_quiet()
        running.cancel()
        await asyncio.wait([running])
    assert (job.state, len(painter.submits)) == (state, submits)
    assert painter.bill.total() == 1


async def test_what_is_free_is_sent_again_however_long_ago_it_was(tmp_path: Path) -> None:
    painter = Painter(faults=["hang"], free=True)
    async with shop(tmp_path, painter) as here:
        await here.order("a heron", estimate=FREE)
        await here.until(lambda: len(painter.submits) == 1)
    painter.faults.clear()
    async with shop(tmp_path, painter, seed=2, run=False) as here:
        here.clock.set_by = 30 * DAY
        running = asyncio.create_task(here.runner.run())
        (job,) = await here.until_quiet()
        running.cancel()
        await asyncio.wait([running])
    assert (job.state, len(painter.submits)) == ("done", 2)


def test_provider_that_is_busy_for_a_day_is_not_asked_again_with_a_token_it_may_have_forgotten() -> None:
    now = [0.0]
    sent = Sent(free=False, traits=KEYED, arrived=False, elapsed=lambda: now[0])
    assert sent.failed(OutcomeUnknown("The connection broke."), called_off=False) is not None
    now[0] = DAY / 2
    assert sent.failed(ServerBusy("Later."), called_off=False) is not None
    with pytest.raises(Unsaid):
        sent.failed(ServerBusy("Later.", retry_after=DAY), called_off=False)
    now[0] = DAY
    with pytest.raises(OutcomeUnknown):
        sent.failed(OutcomeUnknown("The connection broke."), called_off=False)


def test_age_of_a_request_that_is_taken_up_counts() -> None:
    sent = Sent(free=False, traits=KEYED, arrived=True, elapsed=lambda: 0.0, age=DAY - HOUR)
    with pytest.raises(Unsaid):
        sent.failed(ServerBusy("Later."), called_off=False)


def test_provider_may_say_that_it_knows_tokens_for_longer() -> None:
    week = Traits(idempotent=True, token_seconds=7 * DAY)
    assert is_known(6 * DAY, week) and not is_known(6 * DAY, KEYED) and not is_known(7 * DAY, week)
