"""What a broken or hostile server answers at once: how much is read of it, what is made of that, and where."""

from __future__ import annotations

import asyncio
import base64
import json
import random
import threading
import tracemalloc
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from library.jobs.models import Request
from providers.base import MOST_ANSWERS
from providers.errors import BadAnswer, InvalidRequest, ListTooLong, ProviderError
from providers.fakes.pictures import painted
from providers.openai import answers, letters
from providers.openai.answers import MOST_REFUSAL, MOST_VALUES, Refusal, made_of, refused
from providers.openai.bounds import MOST_LIST
from providers.openai.letters import picture_of
from providers.openai.listing import listed_in
from providers.openai.text import MOST_NUMBERS, Reply, vectors_of
from tests.providers.house import opened
from tests.providers.openai.test_previews import event, shown, streaming
from tests.providers.servers import Listening, Serve, request_of

MIB = 1 << 20
UNDERWAY = 16 * MIB  # that the system may hold between the two ends of a connection
PICTURE = base64.b64encode(painted(1)).decode()
MANY = b"{}," * (4 * MIB)


def answering(status: str, head: bytes, piece: bytes, sent: list[int], kind: str = "application/json") -> Serve:
    """A server that begins an answer and goes on with it for as long as anybody reads."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await request_of(reader)
        writer.write(f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\n\r\n".encode() + head)
        while True:
            writer.write(piece)
            await writer.drain()
            sent[0] += len(piece)

    return serve


def replied(body: bytes) -> list[str]:
    reply = Reply(at_once=True)
    return [*reply.take(body), *reply.end()]


@pytest.mark.parametrize(
    ("read", "body"),
    [
        (made_of, b'{"data": [{"b64_json": "%b"}], "usage": [' % PICTURE.encode() + MANY + b"0]}"),
        (made_of, b'{"data": [{"b64_json": "%b", "more": [' % PICTURE.encode() + b"[]," * (4 * MIB) + b"0]}]}"),
        (made_of, b'{"data": [' + MANY + b"{}]}"),
        (listed_in, b'{"data": [' + MANY + b"{}]}"),
        (lambda body: refused(Refusal(400, {}, body, 0)), b'{"error": [' + MANY + b"{}]}"),
        (lambda body: vectors_of(body, 1), b'{"data": [{"embedding": [' + b"0," * (6 * MIB) + b"0]}]}"),
        (lambda body: vectors_of(body, 1), b'{"data": [' + MANY + b"{}]}"),
        (lambda body: vectors_of(body, 1), b'{"data": [{"embedding": [1]}], "usage": [' + MANY + b"0]}"),
        (replied, b'{"choices": [{"message": {"content": "yes"}}], "usage": [' + MANY + b"0]}"),
        (replied, b'{"choices": [{"message": {"content": "yes"}},' + MANY + b"{}]}"),
        (replied, b'{"error": [' + MANY + b"{}]}"),
    ],
    ids=["usage", "within", "data", "list", "refusal", "vector", "vectors", "beside", "said", "choices", "broken"],
)  # fmt: skip
def test_nothing_large_is_made_of_what_has_no_sense(read: Callable[[bytes], Any], body: bytes) -> None:
    tracemalloc.start()
    try:
        try:
            read(body)
        except ProviderError:
            pass
        assert tracemalloc.get_traced_memory()[1] < 1.2 * len(body)  # one copy at most
    finally:
        tracemalloc.stop()


def test_what_was_paid_for_comes_whatever_stands_beside_it() -> None:
    body = (
        b'{"data": [{"b64_json": "%b", "revised_prompt": 7}], "size": [' % PICTURE.encode() + MANY[: 6 * MIB] + b"0]}"
    )
    assert [each.data for each in made_of(body).answers] == [painted(1)]
    assert replied(b'{"choices": [{"message": {"content": "yes"}}], "usage": [' + MANY + b"0]}") == ["yes"]


def test_no_more_pictures_are_read_than_anybody_asks_for() -> None:
    body = json.dumps({"data": [{"b64_json": PICTURE}] * MOST_ANSWERS + [{"b64_json": "?"}] * 96}).encode()
    made = made_of(body)
    assert ([each.data for each in made.answers], made.more) == ([painted(1)] * MOST_ANSWERS, 96)
    with pytest.raises(BadAnswer, match="more parts"):
        made_of(json.dumps({"data": [{"b64_json": PICTURE}] + [{}] * MOST_VALUES}).encode())


def test_vectors_that_are_in_use_are_within_the_bounds() -> None:
    one = [0.25] * 4096
    body = json.dumps({"data": [{"embedding": one, "index": n} for n in range(900)]}).encode()
    assert 900 * len(one) <= MOST_NUMBERS
    vectors, _, _ = vectors_of(body, 900)
    assert len(vectors) == 900 and vectors[7] == tuple(one)


async def test_of_a_refusal_only_the_beginning_is_read() -> None:
    sent = [0]
    serve = answering("400 Bad Request", b'{"error": [', MANY[: 3 * 20_000], sent)
    async with Listening(serve).here() as server, opened(server.base_url) as provider:
        with pytest.raises(InvalidRequest):  # nothing was made: so much its status says
            await provider.submit(Request("m", "a fox"), "token")
    assert sent[0] <= MOST_REFUSAL + UNDERWAY


async def test_a_list_of_models_without_end_is_none() -> None:
    sent = [0]
    serve = answering("200 OK", b'{"data": [', b'{"id": "m"},' * 5000, sent)
    async with Listening(serve).here() as server, opened(server.base_url, "openai-compatible") as provider:
        with pytest.raises(ListTooLong):
            await provider.models()
    assert sent[0] <= MOST_LIST + UNDERWAY


def whole(body: bytes) -> Serve:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await request_of(reader)
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        writer.write(head.encode() + body)
        await writer.drain()
        writer.close()

    return serve


async def test_large_pictures_are_read_in_a_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """At once, and at the end of events; what is small is not worth it."""
    threads = list[bool]()

    def reading(text: msgspec.Raw) -> bytes:
        threads.append(threading.current_thread() is threading.main_thread())
        return picture_of(text)

    monkeypatch.setattr(answers, "picture_of", reading)
    large = base64.b64encode(painted(2) + b"\1" * (3 * MIB)).decode()
    at_once = json.dumps({"data": [{"b64_json": large}]}).encode()
    async with Listening(whole(at_once)).here() as server, opened(server.base_url) as provider:
        await provider.submit(Request("m", "a fox"), "token")
    assert threads == [False]
    small = event("partial_image", b64_json=PICTURE)
    for serve in (
        streaming(small, event("completed", b64_json=large)),
        streaming(event("partial_image", b64_json=large)),
    ):
        async with Listening(serve).here() as server, opened(server.base_url) as provider:
            try:
                previews, _ = await shown(provider)
            except BadAnswer:
                continue
            assert previews == [painted(1)]
    assert threads == [False, True, False, False]


async def test_a_preview_is_shown_also_where_an_error_comes_with_it() -> None:
    large = event("partial_image", b64_json=base64.b64encode(painted(2) + b"\1" * (3 * MIB)).decode())
    seen = list[bytes]()
    async with Listening(streaming(large + event("error", error={"code": "content_filter"}))).here() as server:
        async with opened(server.base_url) as provider:
            with pytest.raises(ProviderError) as raised:
                await provider.submit_shown(
                    Request("m", "a fox", options={"previews": 1}), "token", lambda preview: seen.append(preview.data)
                )
    assert raised.value.sent == "unknown" and [each[:-1].rstrip(b"\1") for each in seen] == [painted(2)]


def test_it_is_all_one_where_letters_are_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    chance = random.Random(3)
    data = chance.randbytes(500)
    plain = base64.b64encode(data).decode()
    assert plain.endswith("=") and "/" in plain and "+" in plain
    forms = [
        plain,
        plain.rstrip("="),
        plain.replace("=", "") + "===",
        base64.encodebytes(data).decode(),
        base64.encodebytes(data).decode().replace("\n", "\r\n"),
        f"data:image/png;base64,{plain}",
    ]
    written = [
        *map(json.dumps, forms),
        json.dumps(plain).replace("/", r"\/"),
        json.dumps(plain).replace("+", r"\u002b"),
        json.dumps(forms[3]).replace("\\n", r"\u000a"),
    ]
    wrong = [json.dumps(each) for each in (plain + "AAAA", plain[:-1] + "=A", "A", "AA?A", "data:x", "é", "A\\AA")]
    for size in (7, 8, 9, 64, 1000, 1 << 20):
        monkeypatch.setattr(letters, "PIECE", size)
        for each in written:
            assert picture_of(msgspec.Raw(each.encode())) == data, (size, each[:40])
        for each in wrong:
            with pytest.raises(BadAnswer):
                picture_of(msgspec.Raw(each.encode()))
