"""A finished picture whose answer has not ended is taken, whatever ends the wait for the rest of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from library.jobs.models import Estimate, Request
from library.jobs.queue import Wanted
from providers import waiting
from providers.base import Answer, Done
from providers.carrying import course
from providers.openai import adapter
from providers.openai.adapter import OpenAI
from providers.waiting import WentOffline, end_soon, unless
from tests.providers.house import opened
from tests.providers.openai.test_previews import event, picture
from tests.providers.openai.test_sheets import finished, going_on
from tests.providers.servers import Listening, Serve, request_of
from tests.providers.shop import Shop, shop

LATER = event("partial_image", b64_json=picture(7))  # of a further one, which says that the first one was read


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adapter, "REST_SECONDS", 3600.0)
    monkeypatch.setattr(adapter, "MOST_REST_SECONDS", 3600.0)


@asynccontextmanager
async def studio(serve: Serve, elsewhere: bool) -> AsyncIterator[tuple[OpenAI, Listening]]:
    more = {"models": ("oil",), "options": {"previews": 2}}
    async with (
        Listening(serve).here() as server,
        opened(server.base_url, "openai-compatible", **more) as provider,
    ):
        provider._here = not elsewhere
        yield provider, server


async def ordered(here: Shop) -> None:
    """One job, as far as its first picture is there and a preview of the next."""
    request = Request("oil", "a fox", width=64, height=64, options={"previews": 1})
    await here.library.queue.enqueue([Wanted("studio", request, Estimate("unknown"))])
    await here.until(lambda: came(here))


def came(here: Shop) -> bool:
    return any(each.came for each in here.library.queue.attempts(here.jobs()[0].id))


async def test_a_picture_in_hand_stays_where_gesso_goes_offline(tmp_path: Path) -> None:
    hung_up, serve = asyncio.Event(), going_on(finished(0), LATER)

    async def serving(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await serve(reader, writer)
        hung_up.set()

    async with studio(serving, elsewhere=True) as (provider, server):
        async with shop(tmp_path, provider, speed=1.0) as here:
            await ordered(here)
            here.providers.asking.switch.set(True)
            await asyncio.wait_for(hung_up.wait(), 5.0)
            assert here.jobs()[0].state == "running"
            here.providers.asking.switch.set(False)
            (job,) = await here.until_quiet()
    assert (job.state, len(job.assets), server.reached) == ("done", 1, 1)


@pytest.mark.parametrize("elsewhere", [True, False])
async def test_a_picture_in_hand_stays_where_the_time_is_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, elsewhere: bool
) -> None:
    monkeypatch.setattr(course, "SUBMIT_SECONDS", 1.0)
    async with studio(going_on(finished(0), LATER), elsewhere) as (provider, server):
        async with shop(tmp_path, provider, speed=1.0) as here:
            await ordered(here)
            (job,) = await here.until_quiet()
    assert (job.state, len(job.assets), server.reached) == ("done", 1, 1)


@pytest.mark.parametrize("elsewhere", [True, False])
async def test_a_picture_in_hand_is_stored_before_a_stop(tmp_path: Path, elsewhere: bool) -> None:
    async with studio(going_on(finished(0), LATER), elsewhere) as (provider, server):
        async with asyncio.timeout(10):
            async with shop(tmp_path, provider, speed=1.0) as here:
                await ordered(here)
            async with shop(tmp_path, provider, speed=1.0, run=False) as here:
                (job,) = here.jobs()
    assert (job.state, len(job.assets), server.reached) == ("done", 1, 1)


@pytest.mark.parametrize("elsewhere", [True, False])
@pytest.mark.parametrize(
    "first",
    [LATER, event("completed", url="https://pictures.example/1") + LATER, finished(0)[:-20] + b"\n\n" + LATER],
    ids=["a preview", "a place", "nonsense"],
)
async def test_a_stop_waits_for_nothing_else(tmp_path: Path, first: bytes, elsewhere: bool) -> None:
    async with studio(going_on(first), elsewhere) as (provider, _):
        async with asyncio.timeout(10):
            async with shop(tmp_path, provider, speed=1.0) as here:
                await ordered(here)
            async with shop(tmp_path, provider, speed=1.0, run=False) as here:
                assert here.jobs()[0].state == "running"


@pytest.mark.parametrize("elsewhere", [True, False])
async def test_a_stop_does_not_wait_for_a_full_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, elsewhere: bool
) -> None:
    monkeypatch.setattr(waiting, "LAST_SECONDS", 0.3)
    async with studio(going_on(finished(0), LATER), elsewhere) as (provider, _):
        async with asyncio.timeout(10):
            async with shop(tmp_path, provider, speed=1.0) as here:
                await ordered(here)
                full = asyncio.Event()

                async def begin(*anything: object) -> None:
                    full.set()
                    await asyncio.sleep(3600)

                monkeypatch.setattr(course.Fetching, "keep", begin)
            assert full.is_set()


async def slow(stopped: asyncio.Event, gives: Callable[[], Awaitable[object]]) -> object:
    try:
        await asyncio.sleep(3600)
    except asyncio.CancelledError:
        stopped.set()
        return await gives()
    return None


async def test_what_is_given_when_it_is_stopped_counts() -> None:
    async def word() -> object:
        return 7

    async def broken() -> object:
        raise ValueError

    told, stopped = asyncio.Event(), asyncio.Event()
    told.set()
    assert await unless(told, slow(stopped, word), WentOffline) == 7
    with pytest.raises(WentOffline):
        await unless(told, slow(stopped, broken), WentOffline)
    with pytest.raises(WentOffline):
        await unless(told, asyncio.sleep(3600), WentOffline)


@pytest.mark.parametrize(
    ("found", "kept"),
    [
        (Done((Answer(b"x"),)), True),
        (Done((Answer(b"x"), Answer(place="https://x.example"))), False),
        (Done(()), False),
        (7, False),
    ],
)
async def test_who_is_stopped_gives_only_what_is_in_hand(found: object, kept: bool) -> None:
    async def word() -> object:
        return found

    stopped = asyncio.Event()
    task = asyncio.create_task(unless(asyncio.Event(), slow(stopped, word), WentOffline))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task])
    assert stopped.is_set() and task.cancelled() != kept
    if kept:
        assert task.result() == found


async def test_only_who_is_stopped_is_cancelled_once_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "LAST_SECONDS", 0.0)

    async def word() -> Done:
        end_soon()
        return Done((Answer(b"x"),))

    async def storing(over: float | None) -> str:
        async with asyncio.timeout(over):
            await slow(asyncio.Event(), word)
        await asyncio.sleep(0.1)
        return "stored"

    stopped = asyncio.create_task(storing(None))
    await asyncio.sleep(0)
    stopped.cancel()
    await asyncio.wait([stopped])
    assert stopped.cancelled()
    assert await asyncio.create_task(storing(0.01)) == "stored"


async def test_a_whole_answer_at_once_is_in_hand_though_it_goes_on() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await request_of(reader)
        body = b'{"data": [{"b64_json": "%b"}]}' % picture(1).encode()
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 999999\r\n\r\n" + body)
        await reader.read()

    async with Listening(serve).here() as server, opened(server.base_url) as provider:
        async with asyncio.timeout(1.0):
            done = await provider.submit(Request("m", "a fox"), "aa" * 16)
    assert isinstance(done, Done) and len(done.answers) == 1
