"""What a job was looked at for before anything was sent is looked at again where its beginning had to wait."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pytest

from library.jobs.carrying import Carrying
from library.jobs.models import Attempt, Price
from providers.base import ModelInfo, PriceRow
from store.errors import StoreFull
from tests.providers.scripted import CENT, Painter
from tests.providers.shop import Shop, shop


class Full:
    """A disk that has no room for the first lines that say that a request is sent."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, times: int = 1) -> None:
        self.refused = 0
        step = Carrying.stepped

        async def stepped(carrying: Carrying, attempt: Attempt) -> None:
            if attempt.state == "sending" and self.refused < times:
                self.refused += 1
                raise StoreFull("no room")
            await step(carrying, attempt)

        monkeypatch.setattr(Carrying, "stepped", stepped)


@dataclass
class Dearer(Painter):
    """Costs as much as a test says."""

    factor: int = 1

    async def models(self) -> Sequence[ModelInfo]:
        (oil,) = await super().models()
        return [msgspec.structs.replace(oil, prices=(PriceRow(Price(4 * CENT * self.factor, "USD", "2026-11-01")),))]


async def test_job_waits_for_room_and_is_paid_for_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    disk, painter = Full(monkeypatch, 3), Painter()
    async with shop(tmp_path, painter) as here:
        await here.order("a fox")
        (job,) = await here.until_quiet()
        assert (job.state, disk.refused, painter.bill.total()) == ("done", 3, 1)
        assert (here.spent(), here.open()) == ({"USD": 4 * CENT}, 0)


async def called_off(here: Shop, painter: Dearer) -> None:
    await here.library.queue.cancel([here.jobs()[0].id.hex()])


async def dearer(here: Shop, painter: Dearer) -> None:
    painter.factor = 100


async def removed(here: Shop, painter: Dearer) -> None:
    here.providers._open.clear()


async def offline(here: Shop, painter: Dearer) -> None:
    here.providers.asking.switch.set(True)


@pytest.mark.parametrize(
    ("happens", "ends"), [(called_off, "cancelled"), (dearer, "failed"), (removed, "waiting"), (offline, "waiting")]
)
async def test_nothing_is_sent_that_nobody_would_send_any_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, happens: Callable[..., object], ends: str
) -> None:
    disk, painter = Full(monkeypatch), Dearer()
    async with shop(tmp_path, painter) as here:
        await here.order("a fox")
        await here.until(lambda: disk.refused == 1)
        await happens(here, painter)  # type: ignore[misc]
        await here.clock.sleep(120)
        assert (here.jobs()[0].state, painter.submits, here.spent(), here.open()) == (ends, [], {}, 0)


async def test_limit_of_the_month_is_asked_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was left of it was spent elsewhere meanwhile."""
    disk, painter = Full(monkeypatch), Painter()
    async with shop(tmp_path, painter) as here:
        await here.order("a fox")
        await here.until(lambda: disk.refused == 1)
        monkeypatch.setattr(here.budget, "rule", lambda: lambda estimate: False)
        await here.clock.sleep(120)
        assert (here.jobs()[0].state, painter.submits) == ("waiting", [])


async def test_job_called_off_while_its_beginning_is_written_is_not_sent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    painter, step, shops = Painter(), Carrying.stepped, list[Shop]()

    async def stepped(carrying: Carrying, attempt: Attempt) -> None:
        await step(carrying, attempt)
        if attempt.state == "sending":
            await shops[0].library.queue.cancel([attempt.job.hex()])

    monkeypatch.setattr(Carrying, "stepped", stepped)
    async with shop(tmp_path, painter) as here:
        shops.append(here)
        await here.order("a fox")
        (job,) = await here.until_quiet()
        assert (job.state, painter.submits, here.spent(), here.open()) == ("cancelled", [], {}, 0)


async def test_job_whose_provider_is_set_up_anew_while_its_models_are_asked_goes_to_the_new_one(
    tmp_path: Path,
) -> None:
    new = Painter()

    @dataclass
    class Old(Painter):
        async def models(self) -> Sequence[ModelInfo]:
            shops[0].providers._open["painter"] = new
            return await super().models()

    shops, old = list[Shop](), Old()
    async with shop(tmp_path, old) as here:
        shops.append(here)
        new.clock = here.clock
        await here.order("a fox")
        (job,) = await here.until_quiet()
        assert (job.state, old.submits, len(new.submits), here.open()) == ("done", [], 1, 0)
