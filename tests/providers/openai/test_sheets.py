"""Several pictures in events: all come, what breaks behind one takes none away, and nothing waits for ever."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from library.jobs.models import Request
from providers.base import MOST_ANSWERS, Done
from providers.errors import BadAnswer, ContentRefused, OutcomeUnknown
from providers.fakes.pictures import painted
from providers.openai import adapter
from providers.openai.coming import Coming
from providers.pricebook import Usage
from tests.providers.house import opened
from tests.providers.openai.test_previews import event, failure, picture, shown, streaming
from tests.providers.servers import Listening, Serve, request_of

UMBRELLAS = event("x", error={"code": "moderation_blocked", "message": "No umbrellas."})


def finished(number: int, **more: Any) -> bytes:
    return event("completed", b64_json=picture(number), **more)


def used(taken: int, given: int) -> dict[str, Any]:
    return {"usage": {"input_tokens": taken, "output_tokens": given}}


async def made(serve: Serve) -> Done:
    async with Listening(serve).here() as server, opened(server.base_url) as provider:
        async with asyncio.timeout(20):
            return (await shown(provider))[1]


def numbers(done: Done) -> list[int]:
    return [next(n for n in range(20) if painted(n) == each.data) for each in done.answers]


def going_on(*first: bytes, then: Callable[[], AsyncIterator[bytes]] | None = None) -> Serve:
    """Answers with these events and does not end; `then`: what comes later."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await request_of(reader)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n" + b"".join(first))
        await writer.drain()
        if then is not None:
            async for piece in then():
                writer.write(piece)
                await writer.drain()
        await reader.read()  # until nobody listens any more

    return serve


async def test_all_pictures_of_a_sheet_in_events_come_in() -> None:
    done = await made(streaming(*map(finished, range(4))))
    assert (numbers(done), done.more, done.lost) == ([0, 1, 2, 3], 0, 0)
    done = await made(streaming(*map(finished, range(7))))
    assert (numbers(done), done.more, done.lost) == ([0, 1, 2, 3], 7 - MOST_ANSWERS, 0)


async def test_what_a_preview_of_a_later_one_shows_is_shown() -> None:
    events = (finished(0), event("partial_image", b64_json=picture(7)), finished(1))
    async with Listening(streaming(*events)).here() as server, opened(server.base_url) as provider:
        seen, done = await shown(provider)
    assert seen == [painted(7)] and numbers(done) == [0, 1]


@pytest.mark.parametrize(
    ("last", "come"),
    [
        (b"", [0, 1]),
        (finished(2)[:-1], [0, 1, 2]),  # whole, but for its empty line
        (finished(2)[:100], [0, 1]),
        (b"data: {}\n\n" * 20_000, [0, 1]),
        (b"A" * (2 << 20), [0, 1]),
        (event("partial_image", b64_json="AAAA" * (6 << 20)), [0, 1]),
    ],
    ids=["between", "at its end", "within", "nonsense", "long line", "huge preview"],
)
async def test_what_breaks_behind_a_picture_takes_none_away(last: bytes, come: list[int]) -> None:
    assert numbers(await made(streaming(finished(0), finished(1), last, whole=False))) == come


async def test_a_whole_picture_without_its_last_line_comes_where_the_connection_breaks() -> None:
    assert numbers(await made(streaming(finished(3)[:-1], whole=False))) == [3]
    async with (
        Listening(streaming(finished(3)[:-5], whole=False)).here() as server,
        opened(server.base_url) as provider,
    ):
        assert type(await failure(provider)) is OutcomeUnknown


async def remarks() -> AsyncIterator[bytes]:
    while True:
        yield b": still here\n\n"
        await asyncio.sleep(0.01)


PADDED = event("completed", more="x" * 30_000, b64_json=picture(1))


async def trickle() -> AsyncIterator[bytes]:
    yield PADDED[:20_000]
    while True:
        yield b"A"
        await asyncio.sleep(0.01)


async def slowly() -> AsyncIterator[bytes]:
    for at in range(0, len(PADDED), len(PADDED) // 12):
        yield PADDED[at : at + len(PADDED) // 12]
        await asyncio.sleep(0.1)


async def shows() -> AsyncIterator[bytes]:
    for _ in range(12):
        yield event("partial_image", b64_json=picture(7))
        await asyncio.sleep(0.1)
    yield finished(1)


@pytest.mark.parametrize(
    ("then", "rest", "most", "come"),
    [
        (None, 0.1, 60.0, [0]),
        (remarks, 0.1, 60.0, [0]),
        (trickle, 60.0, 0.3, [0]),
        (slowly, 1.0, 60.0, [0, 1]),  # longer than that in all
        (shows, 1.0, 60.0, [0, 1]),
    ],
    ids=["silence", "remarks", "trickle", "slow", "previews"],
)
async def test_what_follows_a_picture_is_waited_for_as_long_as_it_comes(
    monkeypatch: pytest.MonkeyPatch,
    then: Callable[[], AsyncIterator[bytes]] | None,
    rest: float,
    most: float,
    come: list[int],
) -> None:
    monkeypatch.setattr(adapter, "REST_SECONDS", rest)
    monkeypatch.setattr(adapter, "MOST_REST_SECONDS", most)
    assert numbers(await made(going_on(finished(0), then=then))) == come


@pytest.mark.parametrize("then", [None, remarks])
async def test_a_second_of_silence_ends_an_answer_with_a_picture(then: Any) -> None:
    async with asyncio.timeout(3):
        assert numbers(await made(going_on(finished(0), then=then))) == [0]
    assert adapter.MOST_REST_SECONDS <= 30


async def test_an_answer_that_says_that_it_is_over_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adapter, "REST_SECONDS", 3600.0)
    assert numbers(await made(going_on(finished(0), b"data: [DONE]\n\n", finished(1)))) == [0]


async def test_what_is_refused_behind_a_picture_is_one_that_did_not_come() -> None:
    done = await made(streaming(finished(0), UMBRELLAS, finished(1)))
    assert (numbers(done), done.more, done.lost, done.why) == ([0, 1], 0, 1, "No umbrellas.")
    async with Listening(streaming(UMBRELLAS, finished(0))).here() as server, opened(server.base_url) as provider:
        assert type(await failure(provider)) is ContentRefused


@pytest.mark.parametrize("picture", ["!!!", None, picture(0)[:-3], 7], ids=["no base64", "null", "cut off", "number"])
async def test_a_refusal_behind_a_picture_that_cannot_be_read_is_no_word_about_the_money(picture: Any) -> None:
    events = (event("completed", b64_json=picture, **used(50, 5000)), UMBRELLAS)
    async with Listening(streaming(*events)).here() as server, opened(server.base_url) as provider:
        found = await failure(provider)
    assert type(found) is OutcomeUnknown and "No umbrellas." in str(found)


async def test_one_that_cannot_be_read_costs_no_other() -> None:
    broken = event("completed", b64_json="!")
    for events in ((broken, finished(0)), (finished(0), broken)):
        done = await made(streaming(*events))
        assert (numbers(done), done.lost, done.why) == ([0], 1, "The answer's picture is not base64.")
    async with Listening(streaming(broken, event("completed"))).here() as server, opened(server.base_url) as provider:
        found = await failure(provider)
    assert type(found) is BadAnswer and "base64" in str(found)


def test_what_pictures_took_is_counted_together_and_it_is_all_one_where_bytes_are_cut() -> None:
    whole = b"".join((
        finished(0, **used(10, 100)), event("partial_image", b64_json=picture(9)), finished(1, **used(5, 50)),
        UMBRELLAS, event("completed", b64_json="?", **used(1, 10)), *(finished(n, **used(1, 1)) for n in range(2, 7)),
        b"data: [DONE]\n\n",
        finished(8),
    ))  # fmt: skip
    chance = random.Random(5)
    for body in (whole, whole.replace(b"\n", b"\r\n")):
        for _ in range(25):
            coming, seen, at = Coming(), list[bytes](), 0
            while at < len(body):
                step = chance.choice((1, 2, 7, 200, 5000))
                seen += coming.take(body[at : at + step])
                at += step
            found = coming.end()
            assert seen == [painted(9)] and coming.over and coming.made == found
            assert [each.data for each in found.answers] == [painted(n) for n in range(4)]
            assert (found.more, found.lost, found.why, found.usage) == (3, 2, "No umbrellas.", Usage(21, 0, 165, 0))


@pytest.mark.parametrize(
    ("first", "second", "sum"),
    [
        (used(50, 5000), {}, None),
        ({}, used(50, 5000), None),
        ({}, {}, None),
        (used(50, 5000), {"usage": "?"}, None),
        (used(50, 5000), used(5, 500), Usage(55, 0, 5500, 0)),
    ],
)
def test_what_some_of_several_took_is_not_what_all_took(
    first: dict[str, Any], second: dict[str, Any], sum: Usage | None
) -> None:
    coming = Coming()
    assert not list(coming.take(finished(0, **first) + finished(1, **second)))
    assert coming.end().usage == sum


async def test_an_answer_in_events_that_nobody_asked_for_is_taken_too() -> None:
    async with Listening(streaming(finished(0), finished(1))).here() as server, opened(server.base_url) as provider:
        done = await provider.submit(Request("m", "a fox"), "aa" * 16)
    assert isinstance(done, Done) and numbers(done) == [0, 1]
