"""What a broken or hostile server sends in place of a picture in events: how much is read, and what it holds up."""

from __future__ import annotations

import asyncio
import base64
import json
import tracemalloc
from collections.abc import Iterator
from itertools import chain, repeat
from typing import Any

import pytest

from providers import fetching, showing
from providers.errors import BadAnswer, ProviderError
from providers.fakes.pictures import painted
from providers.openai.answers import MOST_BESIDE, event_of
from providers.openai.coming import COMPLETED, MOST_EVENT, MOST_LINES, MOST_PARTIAL, PARTIAL, Coming
from providers.openai.reading import MOST_ASIDE
from tests.providers.house import KEY, opened
from tests.providers.openai.test_previews import REQUEST, event, shown, streaming
from tests.providers.servers import Listening, Serve, request_of

MIB = 1 << 20
UNDERWAY = 16 * MIB  # that the system may hold between the two ends of a connection
SHOWN = b'data: {"type": "image_generation.partial_image", "b64_json": "'


def endless(first: bytes, then: bytes, sent: list[int]) -> Serve:
    """A server that begins with something and goes on with something else for as long as anybody reads it. `sent`
    counts the bytes that it was rid of.
    """

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await request_of(reader)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n")
        for piece in chain([first], repeat(then)):
            writer.write(piece)
            await writer.drain()
            sent[0] += len(piece)

    return serve


def taken(coming: Coming, pieces: Iterator[bytes]) -> int:
    """How many bytes were handed over until there was too much."""
    size = 0
    with pytest.raises(BadAnswer, match="than any that has its sense"):
        for piece in pieces:
            size += len(piece)
            list(coming.take(piece))
    return size


@pytest.mark.parametrize(
    ("first", "then", "most"),
    [
        (b"", b"\n", MOST_LINES),
        (b"", b"\r\n", 2 * MOST_LINES),
        (b"", b": still here\n\n", 8 * MOST_LINES),
        (b"", b"data: {}\n\n", 6 * MOST_LINES),
        (b"", b"data:\n", 6 * MOST_LINES),
        (b"", b"data\n", 5 * MOST_LINES),
        (b"", b"A", MOST_ASIDE),
        (b": ", b"A", MOST_ASIDE),
        (SHOWN, b"A", MOST_PARTIAL),
        (b"event: image_generation.partial_image\n" + SHOWN, b"A", MOST_PARTIAL),
        (SHOWN.replace(b", ", b",\ndata: ") + b'",\n', b"data: " + b"A" * 5000 + b"\n", MOST_PARTIAL),
        (SHOWN.replace(PARTIAL.encode(), COMPLETED.encode()), b"A", MOST_EVENT),
        (b'data: {"b64_json": "', b"A", MOST_EVENT),
    ],
)  # fmt: skip
def test_no_more_is_read_than_any_answer_has(first: bytes, then: bytes, most: int) -> None:
    piece = then * ((MIB if most > MIB else 1000) // len(then))
    assert most // 2 < taken(Coming(), chain([first], repeat(piece))) <= most + len(first) + 2 * len(piece)


@pytest.mark.parametrize("order", [("type", "b64_json"), ("b64_json", "type")])
@pytest.mark.parametrize("kind", [PARTIAL, "image_generation.started", None])
def test_what_is_larger_than_a_preview_is_the_picture_or_nothing(kind: str | None, order: tuple[str, ...]) -> None:
    letters = "A" * (MOST_PARTIAL // 4 * 4)
    told = {"type": kind, "b64_json": letters}
    body = b"data: " + json.dumps({name: told[name] for name in order}).encode() + b"\n\n"
    assert taken(Coming(), iter([body])) == len(body)
    coming = Coming()
    assert list(coming.take(body.replace(json.dumps(kind).encode(), json.dumps(COMPLETED).encode()))) == []
    assert coming.made is not None and len(coming.made.answers[0].data or b"") == len(letters) * 3 // 4


def test_what_may_really_come_is_within_the_bounds() -> None:
    broken = 80 / 76  # base64 in lines of 76 letters, whose ends are written as four
    assert fetching.MOST_BYTES * 4 / 3 * broken <= MOST_EVENT
    assert showing.MOST_BYTES * 4 / 3 * broken <= MOST_PARTIAL
    coming, preview = Coming(), b"\1" * showing.MOST_BYTES
    for _ in range(3000):  # a remark a second, for nearly an hour
        assert list(coming.take(b": still here\n\n")) == []
    whole = event("partial_image", b64_json=base64.encodebytes(preview).decode())
    assert list(coming.take(whole)) == [preview]
    # A picture in many lines of data, as it may be written too.
    last = event("completed", b64_json=base64.b64encode(painted(2)).decode()).replace(b", ", b",\r\ndata\r\ndata: ")
    assert list(coming.take(last)) == [] and coming.end().answers[0].data == painted(2)


def peak(body: bytes) -> tuple[float, Coming]:
    """The most that was held of an answer at any time, in parts of its size."""
    pieces = [body[at : at + 16384] for at in range(0, len(body), 16384)]
    coming = Coming()
    tracemalloc.start()
    try:
        for piece in pieces:
            for _ in coming.take(piece):
                pass
        coming.end()
        return tracemalloc.get_traced_memory()[1] / len(body), coming
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("end", [b"\n\n", b"\r\n\r\n", b""])
def test_a_large_picture_is_held_twice_at_most(end: bytes) -> None:
    data = b"\1" * (12 * MIB)
    held, coming = peak(event("completed", b64_json=base64.b64encode(data).decode()).removesuffix(b"\n\n") + end)
    assert coming.end().answers[0].data == data
    assert held < 2.3


@pytest.mark.parametrize(
    "more",
    [
        {"usage": [[]] * MIB},
        {"size": {f"{n}": n for n in range(MIB // 4)}},
        {"more": [[]] * MIB},
        {"b64_json": "AB " * MIB + "AB"},
    ],
)
def test_nothing_large_is_made_of_what_stands_beside_the_picture(more: dict[str, Any]) -> None:
    held, coming = peak(event("completed", **{"b64_json": "AAAA", **more}))
    assert coming.end().answers[0].data and held < 3.3


def test_what_stands_beside_it_is_read_as_far_as_it_is_small() -> None:
    body = {"type": PARTIAL, "b64_json": "AAAA", "size": "x" * MOST_BESIDE, "error": {"a": [1, None]}, "quality": 7}
    found = event_of(json.dumps(body).encode())
    assert found is not None
    assert (found.type, bytes(found.picture.b64_json), found.size, found.error, found.quality, found.usage) == (
        PARTIAL, b'"AAAA"', None, {"a": [1, None]}, 7, None,
    )  # fmt: skip
    assert event_of(b'{"usage": ' + b"[" * 20_000 + b"]" * 20_000 + b"}") is None


@pytest.mark.parametrize(
    ("first", "then", "most"),
    [
        (b"", b"\n" * MIB, 0),
        (b"", b"data:\n" * 170_000, 0),
        (b"", b"data: {}\n\n" * 100_000, 0),
        (b"", b"A" * MIB, MOST_ASIDE),
        (SHOWN, b"A" * MIB, MOST_PARTIAL),
    ],
    ids=["newlines", "datalines", "tiny", "oneline", "huge"],
)
async def test_a_server_that_never_ends_is_left_and_nobody_knows_what_it_made(
    first: bytes, then: bytes, most: int
) -> None:
    sent = [0]
    async with Listening(endless(first, then, sent)).here() as server, opened(server.base_url, key=KEY) as provider:
        with pytest.raises(ProviderError) as raised:
            await shown(provider)
    assert type(raised.value) is BadAnswer and raised.value.sent == "unknown"
    assert sent[0] <= most + UNDERWAY


@pytest.mark.parametrize("body", [event("partial_image", b64_json="AAAA" * MIB), b": still here\n\n" * 4000])
async def test_others_get_a_turn_behind_each_piece(monkeypatch: pytest.MonkeyPatch, body: bytes) -> None:
    turn, seen = 0, list[tuple[int, int]]()
    take = Coming.take

    def taking(self: Coming, data: bytes) -> Iterator[bytes]:
        seen.append((turn, len(data)))
        return take(self, data)

    async def others() -> None:
        nonlocal turn
        while True:
            turn += 1
            await asyncio.sleep(0)

    monkeypatch.setattr(Coming, "take", taking)
    last = event("completed", b64_json=base64.b64encode(painted(3)).decode())
    async with Listening(streaming(body, last)).here() as server, opened(server.base_url) as provider:
        counting = asyncio.create_task(others())
        try:
            assert (await shown(provider, REQUEST))[1].answers[0].data == painted(3)
        finally:
            counting.cancel()
    assert len(seen) > 3 and max(size for _, size in seen) <= 1 << 16
    assert len({at for at, _ in seen}) == len(seen)
