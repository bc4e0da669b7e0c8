"""Gesso is offline and online again within a pause: what was open to the provider is closed, and the new goes on."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from library.jobs.carrying import Carrying
from library.jobs.models import Attempt, Request
from providers.base import Accepted, Answer, Done, ModelInfo, Running
from providers.errors import OutcomeUnknown, ServerBusy
from providers.registry import Profile, Providers, Tools
from store.errors import StoreFull
from tests.providers.house import tools
from tests.providers.scripted import CENT, Painter, Service
from tests.providers.shop import Shop, shop


class Closing(Painter):
    """One of several adapters of the same service: closed, it does nothing any more."""

    service: Painter  # what is at the other end
    closed = False

    def __init__(self, profile: Profile, tools: Tools) -> None:
        super().__init__(name=profile.name, traits=self.service.traits)
        for shared in ("clock", "faults", "poll_faults", "fetch_faults", "find_faults", "bill", "submits", "links"):
            setattr(self, shared, getattr(self.service, shared))
        self._jobs, self._polls = self.service._jobs, self.service._polls

    def _look(self) -> None:
        if self.closed:
            raise RuntimeError("Session is closed")

    async def models(self) -> Sequence[ModelInfo]:
        self._look()
        return await super().models()

    async def submit(self, request: Request, token: str) -> Done | Accepted:
        self._look()
        return await super().submit(request, token)

    async def poll(self, handle: bytes) -> Running | Done:
        self._look()
        return await super().poll(handle)

    async def fetch(self, answer: Answer) -> AsyncIterator[bytes]:
        self._look()
        async for piece in super().fetch(answer):
            yield piece

    async def find(self, token: str) -> Done | Accepted | None:
        self._look()
        return await super().find(token)

    async def aclose(self) -> None:
        self.closed = True


async def toggled(here: Shop) -> None:
    """As the page's switch does it, quickly."""
    here.providers.asking.switch.set(True)
    await here.providers.cut_off()
    here.providers.asking.switch.set(False)


def set_up(monkeypatch: pytest.MonkeyPatch, here: Shop, service: Painter) -> None:
    """The service is reached by adapters that are closed and opened."""
    service.clock = here.clock
    monkeypatch.setattr(Closing, "service", service, raising=False)
    made = tools()
    profile = Profile("painter", f"{__name__}.Closing")
    here.providers._profiles = {"painter": (profile, made)}
    here.providers._open = {"painter": Closing(profile, made)}
    here.providers._made_of[id(here.providers._open["painter"])] = profile, made


SLOW = 5.0  # so that a second's pause is one here too
SILENT = [OutcomeUnknown("silent")]
PAUSES: list[tuple[str, Callable[[], Painter], Callable[[Painter], bool]]] = [
    ("sent again", lambda: Painter(traits=Service(idempotent=True), faults=["drop"]), lambda at: bool(at.submits)),
    (
        "busy when sent again",
        lambda: Painter(traits=Service(idempotent=True), faults=["drop", ServerBusy("busy")]),
        lambda at: len(at.submits) > 1,
    ),
    (
        "looked for",
        lambda: Painter(traits=Service(finds=True), faults=["drop"], find_faults=list(SILENT)),
        lambda at: not at.find_faults,
    ),
    (
        "polled",
        lambda: Painter(traits=Service(delivery="job"), poll_faults=list(SILENT)),
        lambda at: bool(at.submits) and not at.poll_faults,
    ),
    ("followed", lambda: Painter(links=True, fetch_faults=list(SILENT)), lambda at: not at.fetch_faults),
    (
        "followed after a poll",
        lambda: Painter(links=True, traits=Service(delivery="job"), fetch_faults=list(SILENT)),
        lambda at: not at.fetch_faults,
    ),
]


@pytest.mark.parametrize("times", [1, 3])
@pytest.mark.parametrize(("made", "pauses"), [each[1:] for each in PAUSES], ids=[each[0] for each in PAUSES])
async def test_job_that_paused_goes_on_with_what_is_open_now(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, made: Callable[[], Painter], pauses: Callable[[Painter], bool],
    times: int,
) -> None:  # fmt: skip
    service = made()
    async with shop(tmp_path, speed=SLOW) as here:
        set_up(monkeypatch, here, service)
        await here.order("a fox")
        await here.until(lambda: pauses(service))
        assert here.jobs()[0].state == "running"
        for _ in range(times):
            await toggled(here)
        (job,) = await here.until_quiet()
        assert (job.state, service.bill.total(), here.open()) == ("done", 1, 0), job
        assert here.spent() == {"USD": 4 * CENT}


async def test_adapter_that_was_taken_since_gesso_is_online_again_is_not_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the switch closes takes a while; it may be turned back by then."""
    service = Painter(links=True)
    async with shop(tmp_path, run=False) as here:
        set_up(monkeypatch, here, service)
        before = here.providers.all()[0]
        opened = here.providers._opened

        async def slowly(kept: Any) -> Any:
            found = await opened(kept)
            here.providers.asking.switch.set(False)
            return found

        monkeypatch.setattr(here.providers, "_opened", slowly)
        here.providers.asking.switch.set(True)
        await here.providers.cut_off()
        assert isinstance(before, Closing) and not before.closed


@pytest.mark.parametrize("removed", [True, False], ids=["removed", "another account"])
async def test_link_is_followed_whatever_its_provider_is_by_then(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, removed: bool
) -> None:
    """As its adapter was made before: nobody else is asked for what lies there."""
    service = Painter(links=True, fetch_faults=list(SILENT))
    async with shop(tmp_path, speed=SLOW) as here:
        set_up(monkeypatch, here, service)
        monkeypatch.setattr(here.providers, "again", partial(Providers.again, here.providers))
        await here.order("a fox")
        await here.until(lambda: not service.fetch_faults)
        before = here.providers.get("painter")
        if removed:
            await here.providers.renew([])
        here.providers.places["painter"] = "another account"
        await toggled(here)
        (job,) = await here.until_quiet()
        assert (job.state, service.bill.total(), here.spent(), here.open()) == ("done", 1, {"USD": 4 * CENT}, 0)
        assert isinstance(before, Closing) and before.closed
        assert removed == (here.providers.get("painter") is None)


async def test_link_is_lost_and_paid_where_its_provider_cannot_be_opened_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = Painter(links=True, fetch_faults=list(SILENT))
    async with shop(tmp_path, speed=SLOW) as here:
        set_up(monkeypatch, here, service)

        async def broken(provider: object) -> Any:
            raise ImportError("its plugin is gone")

        monkeypatch.setattr(here.providers, "again", broken)
        await here.order("a fox")
        await here.until(lambda: not service.fetch_faults)
        here.providers.places["painter"] = "another account"
        await toggled(here)
        (job,) = await here.until_quiet()
        assert (job.state, job.failure and job.failure.code) == ("failed", "provider.expired")
        assert (here.spent(), here.open()) == ({"USD": 4 * CENT}, 0)


async def test_job_of_which_nothing_left_before_gesso_went_offline_is_not_unknown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    painter, step, shops = Painter(), Carrying.stepped, list[Shop]()

    async def stepped(carrying: Carrying, attempt: Attempt) -> None:
        await step(carrying, attempt)
        if attempt.state == "sending":
            shops.pop().providers.asking.switch.set(True)

    async with shop(tmp_path, painter) as here:
        shops.append(here)
        with monkeypatch.context() as patched:
            patched.setattr(Carrying, "stepped", stepped)
            await here.order("a fox")
            await here.until(lambda: here.jobs()[0].state == "waiting")
        failure = here.jobs()[0].failure
        assert (painter.submits, here.open(), failure and failure.code) == ([], 0, "job.went_offline")
        here.providers.asking.switch.set(False)
        (job,) = await here.until_quiet()
        assert (job.state, len(painter.submits), here.open()) == ("done", 1, 0)


async def test_link_is_followed_while_the_disk_is_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is dead by the time at which there is room."""
    painter, refused = Painter(links=True), list[str]()
    async with shop(tmp_path, painter) as here:
        for of, name in ((here.library.carrying, "stepped"), (here.library.storing, "make_folder")):
            true = getattr(of, name)

            def full(what: Any, true: Any = true, name: str = name) -> Any:
                if painter.submits and not painter.expired:
                    refused.append(name)
                    raise StoreFull("no room")
                return true(what)

            monkeypatch.setattr(of, name, full)
        await here.order("a fox")
        await here.until(lambda: refused.count("make_folder") > 1)
        assert painter.followed == 1
        painter.expired = True
        (job,) = await here.until_quiet()
        assert (job.state, painter.bill.total(), here.open()) == ("done", 1, 0)
        assert "stepped" in refused
