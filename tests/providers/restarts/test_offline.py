"""Gesso goes offline while providers elsewhere work: requests end as unknown or wait, and none is sent twice."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from pathlib import Path

import pytest

from library.errors import Clash
from library.home.offline import Offline
from library.home.preferences import Preferences
from providers.base import ModelInfo
from providers.errors import OutcomeUnknown, Unreachable
from providers.words.calling import Calling, Voice
from providers.words.talking import End, Message, Piece, Question
from store.files import DiskFiles
from tests.providers.scripted import Painter, Service
from tests.providers.shop import shop


async def test_requests_under_way_are_left_at_once_and_end_as_unknown(tmp_path: Path) -> None:
    painter = Painter(faults=["hang", "hang"])
    here_too = Painter("local", leaves_machine=False, seconds=30.0)
    async with shop(tmp_path, painter, here_too) as here:
        await here.order("x", "y")
        await here.order("z", provider="local")
        await here.until(lambda: len(painter.submits) == 2 and len(here_too.submits) == 1)
        here.providers.asking.switch.set(True)
        await here.until(lambda: painter._in_flight == 0, 5.0)
        await here.until(lambda: [job.state for job in here.jobs()] == ["unknown", "unknown", "done"])
        assert {job.failure.code for job in here.jobs()[:2] if job.failure} == {"job.unknown_offline"}
        await here.order("w")
        await asyncio.sleep(0.2)
        assert (len(painter.submits), here.jobs()[3].state) == (2, "queued"), "nothing leaves while it is offline"
        here.providers.asking.switch.set(False)
        await here.until(lambda: here.jobs()[3].state == "done")
        assert [job.state for job in here.jobs()] == ["unknown", "unknown", "done", "done"]
        assert len(painter.submits) == 3, "none was sent again"


@pytest.mark.parametrize(
    ("traits", "submits"),
    [
        pytest.param(Service(finds=True), 1, id="it can be asked what became of it"),
        pytest.param(Service(idempotent=True), 2, id="it knows the token and charges once"),
    ],
)
async def test_what_can_be_known_waits_and_is_charged_once(tmp_path: Path, traits: Service, submits: int) -> None:
    painter = Painter(faults=["hang"], traits=traits)
    async with shop(tmp_path, painter) as here:
        await here.order("x")
        await here.until(lambda: painter.bill.total() == 1)
        here.providers.asking.switch.set(True)
        await here.until(lambda: painter._in_flight == 0, 5.0)
        await asyncio.sleep(0.2)
        assert (here.jobs()[0].state, len(painter.submits)) == ("running", 1)
        here.providers.asking.switch.set(False)
        await here.until(lambda: here.jobs()[0].state == "done")
        assert (painter.bill.total(), len(painter.submits)) == (1, submits)


async def test_an_accepted_job_is_not_asked_about_and_goes_on_afterwards(tmp_path: Path) -> None:
    painter = Painter(traits=Service(delivery="job"), poll_faults=[Unreachable("away")] * 3)
    async with shop(tmp_path, painter) as here:
        await here.order("x")
        await here.until(lambda: painter.polled > 0)
        here.providers.asking.switch.set(True)
        asked = painter.polled
        await asyncio.sleep(0.3)
        assert painter.polled == asked and here.runner.network.away == []
        for _ in range(3):  # as often as a person may press it
            here.providers.asking.switch.set(False)
            here.providers.asking.switch.set(True)
        here.providers.asking.switch.set(False)
        await here.until(lambda: here.jobs()[0].state == "done")
        assert painter.bill.total() == len(painter.submits) == 1


async def test_a_list_that_was_told_before_is_told_and_nobody_is_asked(tmp_path: Path) -> None:
    painter = Painter()
    async with shop(tmp_path, painter, run=False) as here:
        asking = here.providers.asking
        told = await asking.models(painter)
        asking.switch.set(True)
        painter.list_faults = [AssertionError("asked")] * 9
        assert await asking.models(painter, again=True) == told
        assert not (await asking.check(painter)).ok
        with pytest.raises(Unreachable, match="offline"):
            await asking.models(Painter("other"))


async def test_a_list_that_hangs_is_left_when_it_goes_offline(tmp_path: Path) -> None:
    painter = Painter(list_hangs=True)
    async with shop(tmp_path, painter, run=False) as here:
        waiting = asyncio.create_task(here.providers.asking.models(painter))
        await asyncio.sleep(0.05)
        here.providers.asking.switch.set(True)
        with pytest.raises(Unreachable, match="offline"):
            await asyncio.wait_for(waiting, 2)


class Slow(Painter):
    """Begins to speak, and never ends."""

    async def speak(self, question: Question, token: str) -> AsyncGenerator[Piece | End]:
        yield Piece("a")
        await asyncio.Event().wait()


@pytest.mark.parametrize("free", [True, False])
async def test_an_answer_in_words_breaks_off_and_is_unknown_where_it_costs(tmp_path: Path, free: bool) -> None:
    slow = Slow()
    async with shop(tmp_path, slow, run=False) as here:
        calling, calls = Calling(here.providers, here.runner.limits), here.library.calls
        voice = Voice(slow, ModelInfo("oil", "Oil", can=("speak",), free=free))
        question = Question("oil", (Message("user", "a red fox"),))

        async def ask() -> None:
            async with aclosing(calling.ask(calls, voice, question)) as answer:
                async for _ in answer:
                    pass

        waiting = asyncio.create_task(ask())
        await asyncio.sleep(0.1)
        here.providers.asking.switch.set(True)
        with pytest.raises(OutcomeUnknown, match="offline"):
            await asyncio.wait_for(waiting, 2)
        assert len(calls.unknown()) == (not free)
        with pytest.raises(Clash, match="is offline"):
            await ask()


def test_it_stays_over_restarts_but_for_a_run_that_was_begun_so(tmp_path: Path) -> None:
    def preferences() -> Preferences:
        found = Preferences(tmp_path / "device.json", DiskFiles())
        found.read()
        return found

    assert not Offline.remembered(preferences()).on
    assert Offline.remembered(preferences(), for_this_run=True).on
    assert not Offline.remembered(preferences()).on
    Offline.remembered(preferences()).set(True)
    assert Offline.remembered(preferences()).on
    Offline.remembered(preferences(), for_this_run=True).set(False)
    assert not Offline.remembered(preferences()).on


def test_followers_hear_of_changes_only_and_after_they_are_kept() -> None:
    kept: list[bool] = []
    switch = Offline(False, kept.append)
    heard: list[tuple[bool, list[bool]]] = []
    switch.follow(lambda on: heard.append((on, list(kept))))
    for on in (False, True, True, False):
        switch.set(on)
    assert heard == [(True, [False, True]), (False, [False, True, True, False])]
    assert switch.over.is_set() and not switch.begun.is_set() and switch.changed.is_set()

    def full(on: bool) -> None:
        raise OSError("the disk is full")

    switch = Offline(False, full)
    with pytest.raises(OSError):
        switch.set(True)
    assert not switch.on
