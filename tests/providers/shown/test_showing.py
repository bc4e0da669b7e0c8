"""Previews on their way from an adapter to whoever looks: bounded, made small, in memory only, gone at a job's end."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from imaging.inspection import Rejection, ShrinkJob
from imaging.pool import Pool
from library.jobs.models import Cost, JobId, Price, Request
from providers import showing
from providers.asking import Asking, answer_of, state_of
from providers.base import Accepted, Done, ModelInfo, Preview, Previews, PriceRow, Running, Show
from providers.errors import (
    AuthError,
    ContentRefused,
    GenerationFailed,
    InvalidRequest,
    OutcomeUnknown,
    ProviderError,
    QuotaExhausted,
    RateLimited,
    ServerBusy,
    Unreachable,
)
from providers.fitting import by_price, estimated
from providers.pricebook import wanting
from providers.showing import Showing, Sitting
from tests.imaging.pictures import HOSTILE
from tests.library.house import HandClock, picture
from tests.providers.scripted import CENT, Painter, Service
from tests.providers.shop import FREE, PRICED, Shop, shop

JOB = b"j" * 16


class Desk(Showing):
    """Makes small by calling `small`, and remembers what it was given."""

    def __init__(self, clock: HandClock | None = None) -> None:
        self.clock = clock or HandClock()
        self.given: list[bytes] = []
        self.news: list[str] = []
        super().__init__(self.clock, self.shrink)

    async def shrink(self, jobs: Sequence[ShrinkJob]) -> list[bytes | Rejection]:
        await asyncio.sleep(0)
        self.given += [each.data for each in jobs]
        return [self.small(each.data) for each in jobs]

    def small(self, data: bytes) -> bytes | Rejection:
        return data[:100]

    def sit(self, job: bytes = JOB) -> Sitting:
        return Sitting(self, job, self.news.append)  # type: ignore[arg-type]


@asynccontextmanager
async def working(desk: Showing) -> AsyncIterator[None]:
    running = asyncio.create_task(desk.run())
    try:
        yield
    finally:
        running.cancel()
        await asyncio.wait([running])
        assert running.cancelled()


def data_of(desk: Showing, job: bytes = JOB) -> bytes | None:
    found = desk.of(JobId(job))
    return None if found is None else found.data


async def turns(number: int = 50) -> None:
    for _ in range(number):
        await asyncio.sleep(0)


async def test_the_latest_is_shown_and_counted_until_the_job_ends() -> None:
    desk = Desk()
    async with working(desk):
        sitting, numbers = desk.sit(), []
        for number in (1, 2):
            sitting(Preview(b"%d" % number))
            await turns()
            found = desk.of(JOB)
            assert found is not None and found.data == b"%d" % number
            numbers.append(found.number)
        assert desk.news == ["job.preview"] * 2 and numbers[0] < numbers[1]
        sitting.end()
        assert desk.of(JOB) is None
        sitting(Preview(b"too late"))
        await turns()
        assert desk.of(JOB) is None and desk.given == [b"1", b"2"]


async def test_no_number_comes_twice_for_a_job_that_is_tried_again_or_goes_on_after_a_restart() -> None:
    """An address that a page has loaded before is not asked for again, whatever it says of being kept."""
    clock, numbers = HandClock(), []
    for desk in (Desk(clock), Desk(clock)):  # the second one's program was started again
        async with working(desk):
            for _ in range(2):
                sitting = desk.sit()
                for at in range(3):
                    sitting(Preview(b"%d" % at))
                    await turns()
                    found = desk.of(JOB)
                    assert found is not None
                    numbers.append(found.number)
                sitting.end()
        clock.time += 1000
    assert numbers == sorted(set(numbers)) and len(numbers) == 12 and numbers[-1] < 2**53
    clock.time = 7  # it was set back
    async with working(desk):
        desk.sit()(Preview(b"later"))
        await turns()
        found = desk.of(JOB)
        assert found is not None and found.number > numbers[-1]


async def test_what_is_made_small_when_its_job_ends_is_shown_to_nobody() -> None:
    desk = Desk()
    async with working(desk):
        first, second = desk.sit(), desk.sit()
        first(Preview(b"of a first try"))
        while not desk.given:
            await asyncio.sleep(0)
            first.end()
        await turns()
        assert desk.of(JOB) is None
        second(Preview(b"of the next"))
        await turns()
        first(Preview(b"of a first try, late"))
        first.end()
        await turns()
        assert desk.given[-1] == b"of the next" and data_of(desk) == b"of the next"


async def test_of_a_thousand_in_a_second_few_are_made_small_and_told() -> None:
    """Each in its place: the newest waits, the others are left out."""

    class Slow(HandClock):
        async def sleep(self, seconds: float) -> None:
            await asyncio.Event().wait()  # until the test moves it

    desk = Desk(Slow())
    async with working(desk):
        sitting = desk.sit()
        for number in range(1000):
            sitting(Preview(b"%d" % number))
            desk.clock.time += 1
            if number % 10 == 0:
                desk._bell.set()  # as a clock would that is over
                await turns(10)
        desk.clock.time += 1000
        desk._bell.set()
        await turns()
    assert 4 <= len(desk.given) <= 6
    assert desk.given[-1] == b"999" and len(desk.news) == len(desk.given)


@pytest.mark.parametrize("wrong", [None, "text", Preview("text"), Preview(b""), b"bytes", Running(0.5)])  # type: ignore[arg-type]
async def test_what_is_no_preview_is_left_out(wrong: Any) -> None:
    desk = Desk()
    async with working(desk):
        sitting = desk.sit()
        sitting(wrong)
        sitting(Preview(b"good"))
        await turns()
        assert desk.given == [b"good"] and data_of(desk) == b"good"


async def test_what_is_too_large_or_too_much_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(showing, "MOST_BYTES", 1000)
    monkeypatch.setattr(showing, "MOST_WAITING", 2500)
    monkeypatch.setattr(showing, "MOST_SHOWN", 150)
    desk = Desk()
    sittings = [desk.sit(bytes([number]) * 16) for number in range(4)]
    for each in sittings:
        each(Preview(b"x" * 1001))
        each(Preview(b"x" * 1000))
    sittings[0](Preview(b"y" * 1000))  # in place of its own
    async with working(desk):
        await turns()
    assert [data[:1] for data in desk.given] == [b"y", b"x"]
    assert [desk.of(each.job) is not None for each in sittings] == [True, False, False, False]


async def test_whoever_shows_what_is_no_picture_is_not_looked_at_for_long(pool: Pool) -> None:
    desk = Desk()
    desk._shrink = pool.shrink
    bombs = [data for data, code in HOSTILE.values() if code == "bomb"]
    async with working(desk):
        sitting, other = desk.sit(), desk.sit(b"k" * 16)
        for data in bombs[:4]:
            refused = sitting.refused
            sitting(Preview(data))
            for _ in range(200):
                await asyncio.sleep(0.01)
                if sitting.refused > refused or sitting.refused >= showing.MOST_REFUSED:
                    break
        assert sitting.refused == showing.MOST_REFUSED and desk.of(JOB) is None and desk.news == []
        sitting(Preview(picture((1, 2, 3))))
        other(Preview(picture((1, 2, 3), (2000, 1000)) + b"canary"))
        for _ in range(500):
            await asyncio.sleep(0.01)
            if desk.of(other.job) is not None:
                break
        found = desk.of(other.job)
        assert found is not None and desk.of(JOB) is None and b"canary" not in found.data
        with Image.open(io.BytesIO(found.data)) as image:
            assert (image.format, image.size) == ("WEBP", (512, 256))


async def test_without_a_worker_there_are_no_previews_and_all_else_goes_on() -> None:
    desk = Desk()

    async def broken(jobs: Sequence[ShrinkJob]) -> list[bytes | Rejection]:
        raise OSError("no process can be started")

    desk._shrink = broken
    async with working(desk):
        desk.sit()(Preview(b"one"))
        await turns()
        desk._shrink = desk.shrink
        desk.sit()(Preview(b"two"))
        await turns()
        assert data_of(desk) == b"two"
    none = Showing(HandClock())
    Sitting(none, JOB, desk.news.append)(Preview(b"one"))  # type: ignore[arg-type]
    assert none._waiting == {}


@dataclass
class Breaking(Painter):
    """Shows something of each picture, and then says that it came to nothing; `times`."""

    breaks: Callable[[], ProviderError] = OutcomeUnknown
    times: int = 1
    asked: int = 0

    async def submit_shown(self, request: Request, token: str, show: Show) -> Done | Accepted:
        self.asked += 1
        show(Preview(b"so far"))
        if self.asked <= self.times:
            raise self.breaks()
        return await self.submit(request, token)


AFTER_A_PREVIEW = (
    RateLimited, ServerBusy, Unreachable, ContentRefused, InvalidRequest, AuthError, QuotaExhausted, GenerationFailed,
)  # fmt: skip


@pytest.mark.parametrize("error", AFTER_A_PREVIEW)
async def test_what_breaks_after_a_preview_is_not_sent_again_and_not_called_free(
    tmp_path: Path, error: type[ProviderError]
) -> None:
    painter = Breaking(breaks=partial(error, "no"))
    async with shop(tmp_path, painter, shrink=shrunk) as here:
        await here.order("a fox")
        (job,) = await here.until_quiet()
        assert job.state == "unknown" and painter.asked == 1


async def test_what_breaks_after_a_preview_goes_on_where_the_token_is_known_or_it_is_free(tmp_path: Path) -> None:
    for number, told in enumerate(({"traits": Service(idempotent=True)}, {"free": True})):
        painter = Breaking(breaks=partial(RateLimited, "no"), **told)  # type: ignore[arg-type]
        async with shop(tmp_path / str(number), painter, shrink=shrunk) as here:
            await here.order("a fox", estimate=FREE if painter.free else PRICED)
            (job,) = await here.until_quiet()
            assert job.state == "done" and painter.asked == 2 and max(painter.bill.values()) == 1


@dataclass
class Showman(Painter):
    """Shows previews before it paints; `held`: until then. What it shows may be anything."""

    previews: list[Any] = field(default_factory=list)
    held: asyncio.Event = field(default_factory=asyncio.Event)
    kept: list[Show] = field(default_factory=list)

    async def submit_shown(self, request: Request, token: str, show: Show) -> Done | Accepted:
        self.kept.append(show)
        for each in self.previews:
            show(each)
        await self.held.wait()
        return await self.submit(request, token)


async def shrunk(jobs: Sequence[ShrinkJob]) -> list[bytes | Rejection]:
    return [each.data for each in jobs]


async def test_a_running_job_has_a_preview_and_one_that_ended_has_none(tmp_path: Path) -> None:
    painter = Showman(previews=[Preview(b"so far")])
    async with shop(tmp_path, painter, shrink=shrunk) as here:
        (job,) = await here.order("a fox")
        seq = here.library.workspace.bus.last
        await here.until(lambda: here.runner.preview(job.id) is not None)
        assert data_of(here.runner.showing, job.id) == b"so far"
        painter.held.set()
        (job,) = await here.until_quiet()
        await here.until(lambda: here.runner.preview(job.id) is None)
        assert job.state == "done"
        painter.kept[0](Preview(b"late"))  # nobody hears it
        events = here.library.workspace.bus.since(seq) or []
        assert [each.kind for each in events].count("job.preview") == 1
        assert {each.subject for each in events if each.kind == "job.preview"} == {job.id.hex()}
        await nothing_left(here, tmp_path, b"so far")


async def nothing_left(here: Shop, folder: Path, data: bytes) -> None:
    await here.until(lambda: not any(here.runner.carrier.carries(each.id) for each in here.jobs()))
    assert here.runner.showing._waiting == {} and here.runner.showing._shown == {}
    assert here.runner.showing.progress == {}
    assert [each for each in folder.rglob("*") if each.is_file() and data in each.read_bytes()] == []


async def test_whatever_an_adapter_shows_its_picture_is_the_one_it_gives_in_the_end(tmp_path: Path) -> None:
    painter = Showman(previews=[None, Preview(b""), 7, Preview(b"no picture"), Preview(b"z" * 100)] * 20)
    painter.held.set()
    async with shop(tmp_path, painter, shrink=shrunk) as here:
        await here.order("a fox", "a wolf", "a bear")
        jobs = await here.until_quiet()
        assert [job.state for job in jobs] == ["done"] * 3 and here.spent() == {"USD": 12 * CENT}
        assert here.open() == 0


async def test_a_job_that_is_asked_for_shows_what_the_answers_bring(tmp_path: Path) -> None:
    painter = Painter(traits=Service(delivery="job"), told=Running(0.5, 1.0, Preview(b"half of it")))
    async with shop(tmp_path, painter, shrink=shrunk) as here:
        (job,) = await here.order("a fox")
        await here.until(lambda: here.runner.preview(job.id) is not None)
        assert data_of(here.runner.showing, job.id) == b"half of it" and here.runner.progress(job.id) == 0.5
        await here.until_quiet()
        await nothing_left(here, tmp_path, b"half of it")


async def test_a_preview_that_is_none_is_an_empty_one() -> None:
    for wrong in (Running(0.5, 1.0, b"bytes"), Running(0.5, 1.0, Preview("text"))):  # type: ignore[arg-type]
        assert state_of(wrong) == Running(0.5, 1.0, Preview(b""))
    with pytest.raises(ProviderError):
        state_of(Running("half", 1.0, Preview(b"so far")))  # type: ignore[arg-type]
    assert answer_of(Done((), Cost(0, "", "free"))) == Done((), Cost(0, "", "free"))


def model(previews: Previews, *options: Any) -> ModelInfo:
    return ModelInfo("m", "M", options=options, prices=(PriceRow(Price(CENT, "USD", "2026-11-01")),), previews=previews)


async def told(some: ModelInfo) -> ModelInfo:
    class Teller(Painter):
        async def models(self) -> Sequence[ModelInfo]:
            return [some]

    (found,) = await Asking(HandClock().elapsed).models(Teller())
    return found


async def test_what_a_model_says_of_its_previews_is_held_to_what_can_be() -> None:
    assert (await told(model(Previews(10**9)))).previews == Previews(100)
    assert (await told(model(Previews(-1)))).previews == Previews(0)
    price = Price(5, "usd", "2026-11-01")
    found = (await told(model(Previews(2, price)))).previews
    assert found is not None and found.price is not None and found.price.currency == "USD"
    for wrong in (Price(-1, "USD", ""), Price(1, "", ""), Price(10**20, "USD", "")):
        with pytest.raises(ProviderError):
            await told(model(Previews(2, wrong)))


@pytest.mark.parametrize(
    ("price", "options", "most"),
    [
        (Price(5, "USD", ""), {"previews": 2}, CENT + 10),
        (Price(5, "USD", "", most=9), {"previews": 2}, CENT + 18),
        (Price(5, "USD", ""), {}, CENT),
        (None, {"previews": 2}, CENT),
        (Price(5, "EUR", ""), {"previews": 2}, None),
        (Price(None, "", "", credits=3), {"previews": 2}, None),
        (Price(5, "EUR", ""), {}, CENT),
    ],
)
def test_an_estimate_has_previews_in_it_where_it_can(
    price: Price | None, options: dict[str, int], most: int | None
) -> None:
    previews = Previews(3, price)
    found = estimated(model(previews, wanting(previews)), Request("m", "a fox", options={**options}))
    assert (found.basis, found.most) == ("unknown" if most is None else "price_table", most)
    assert by_price(model(previews)) == by_price(model(Previews(0)))
