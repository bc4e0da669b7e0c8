"""JSON as servers write it, which is none by the letter: what was paid for comes all the same."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any

import pytest

from library.jobs.models import Request
from providers import errors
from providers.base import Done
from providers.errors import BadAnswer, OutcomeUnknown, ProviderError
from providers.fakes.pictures import painted
from providers.openai import adapter, lenient
from providers.openai.answers import Refusal, made_of, refused
from providers.openai.coming import Coming
from providers.openai.text import Reply
from providers.pricebook import Usage
from tests.providers.house import opened
from tests.providers.openai.test_previews import event, failure, picture
from tests.providers.openai.test_sheets import UMBRELLAS, made, numbers
from tests.providers.servers import Listening, Serve, request_of

USED = b'"usage": {"input_tokens": 5, "output_tokens": 50}'
BESIDE = {
    "half a letter": b'"revised_prompt": "a \\ud83d fox"',
    "the other half": b'"revised_prompt": "\\ude00"',
    "NaN": b'"seconds": NaN',
    "infinity": b'"some": [-Infinity, 1e999]',
    "long number": b'"seed": ' + b"9" * 6000,
    "tab": b'"revised_prompt": "a\tb"',
    "line break": b'"x": "a\r\nb"',
    "letters of another kind": b'"revised_prompt": "caf\xe9", "seconds": NaN',
}
AROUND = {
    "order of bytes": (b"\xef\xbb\xbf", b""),
    "zero": (b"", b"\0"),
    "another": (b"", b'\n{"done": true}'),
    "words": (b" ", b" ok"),
}
CASES = [
    *(pytest.param(beside, b"", b"", id=name) for name, beside in BESIDE.items()),
    *(pytest.param(b'"x": 1', before, behind, id=name) for name, (before, behind) in AROUND.items()),
]


@pytest.mark.parametrize("large", [False, True])
@pytest.mark.parametrize(("beside", "before", "behind"), CASES)
def test_a_picture_comes_whatever_stands_beside_it(beside: bytes, before: bytes, behind: bytes, large: bool) -> None:
    letters = picture(1).encode()
    padding = b', "padding": "%b"' % (b"A" * (2 << 20)) if large else b""
    entry = b'"b64_json": "%b", %b%b' % (letters, beside, padding)
    found = made_of(b'%b{"data": [{%b}, {"b64_json": "%b"}], %b}%b' % (before, entry, letters, USED, behind))
    assert [each.data for each in found.answers] == [painted(1), painted(1)]
    assert (found.lost, found.usage) == (0, Usage(5, 0, 50, 0))
    coming = Coming()
    data = b'{"type": "image_generation.completed", %b, %b}%b' % (entry, USED, behind)
    assert not list(
        coming.take(before.strip() + b"data: " + data.replace(b"\r\n", b" ").replace(b"\n", b" ") + b"\n\n")
    )
    assert coming.finished == 1
    assert [each.data for each in coming.end().answers] == [painted(1)]
    assert coming.end().usage == Usage(5, 0, 50, 0)


def test_halves_of_letters_are_told_as_unknown_ones() -> None:
    body = b'{"data": [{"b64_json": "%b", "revised_prompt": "a \\ud83d fox \\ud83e\\udd8a"}]}' % picture(1).encode()
    assert made_of(body).answers[0].told == {"revised_prompt": "a \ufffd fox \U0001f98a"}


@pytest.mark.parametrize(
    "body",
    [
        b'{"x": NaN, "y": [' + b"{}," * (1 << 18) + b"0]}",
        b'{"x": NaN, "y": "' + b"A" * (3 << 20) + b'"}',
        b'{"x": NaN, "y": ' + b"[" * 9000,
        b'{"x": NaN, "y": ' + b"[" * 4000 + b"]" * 4000 + b"}",
        b"NaN",
        b"7 8",
        b"",
        b"\xef\xbb\xbf",
    ],
    ids=["values", "bytes", "deep", "deep and whole", "NaN", "number", "nothing", "order of bytes"],
)
def test_what_is_read_so_is_bounded(body: bytes) -> None:
    begun = time.perf_counter()
    with pytest.raises(lenient.NONSENSE):
        lenient.decoded(body, dict[str, int])
    assert time.perf_counter() - begun < 1.0


async def test_a_refusal_behind_a_finished_event_of_nonsense_is_no_word_about_the_money() -> None:
    broken = event("completed", b64_json=picture(0)).replace(b'{"', b'{"x": 01, "', 1)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await request_of(reader)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n" + broken + UMBRELLAS)
        await writer.drain()

    async with Listening(serve).here() as server, opened(server.base_url) as provider:
        assert type(await failure(provider)) is OutcomeUnknown


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (429, "insufficient_quota", errors.QuotaExhausted),
        (403, "insufficient_quota", errors.QuotaExhausted),
        (400, "moderation_blocked", errors.ContentRefused),
        (503, "overloaded", errors.ServerBusy),
    ],
)
@pytest.mark.parametrize("message", [b"for \\ud83d", b"a\tb", b'", "x": NaN, "y": "'])
def test_a_refusal_is_one_whatever_it_says_beside(
    status: int, code: str, kind: type[ProviderError], message: bytes
) -> None:
    body = b'{"error": {"code": "%b", "message": "%b"}}' % (code.encode(), message)
    assert type(refused(Refusal(status, {}, body, 0))) is kind


def told(content: str, **more: Any) -> bytes:
    return b"data: " + json.dumps({"choices": [{"delta": {"content": content}, **more}]}).encode() + b"\n\n"


@pytest.mark.parametrize(
    ("parts", "text"),
    [
        (("It \ud83d", "\ude00 is"), "It \U0001f600 is"),
        (("\ud83d", "", "\ude00"), "\U0001f600"),
        (("a \ud83d", " b"), "a \ufffd b"),
        (("a\ude00", "b"), "a\ufffdb"),
        (("a", "b\ud83d"), "ab\ufffd"),
        (("\ud83d\ud83d", "\ude00"), "\ufffd\U0001f600"),
    ],
)
def test_a_letter_in_two_parts_is_one(parts: tuple[str, ...], text: str) -> None:
    for at_once in (False, True):
        reply = Reply(at_once)
        if at_once:
            whole = {"choices": [{"message": {"content": "".join(parts)}}]}
            found = [*reply.take(json.dumps(whole).encode()), *reply.end()]
        else:
            last = b'data: {"choices": [{"delta": {}, "finish_reason": "stop"}], "x": NaN}\n\ndata: [DONE]\n\n'
            found = [*(piece for part in parts for piece in reply.take(told(part))), *reply.take(last), *reply.end()]
        assert "".join(found) == text and all(each.encode() for each in found)


GOOD = json.dumps({"data": [{"b64_json": picture(1)}]}).encode()
JSON = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
ODD = {
    "last chunk": JSON + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%b\r\n" % (len(GOOD), GOOD),
    "length": JSON + b"Content-Length: %d\r\n\r\n%b" % (len(GOOD) + 1, GOOD),
}


def odd(answer: bytes, *, ends: bool = True) -> Serve:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await request_of(reader)
        writer.write(answer)
        await writer.drain()
        if not ends:
            await reader.read()

    return serve


@pytest.mark.parametrize("name", ODD)
async def test_an_answer_at_once_that_is_whole_comes_where_its_end_is_missing(name: str) -> None:
    assert numbers(await made(odd(ODD[name]))) == [1]


@pytest.mark.parametrize("name", ODD)
async def test_one_whose_connection_stays_open_comes_where_the_time_is_up(name: str) -> None:
    async with (
        Listening(odd(ODD[name], ends=False)).here() as server,
        opened(server.base_url, options={"timeout": 0.3}) as provider,
    ):
        done = await provider.submit(Request("m", "a fox"), "aa" * 16)
    assert isinstance(done, Done) and numbers(done) == [1]


@pytest.mark.parametrize("body", [GOOD[:-5], GOOD[:-1], painted(1)[:-5], b""], ids=["cut", "brace", "picture", "none"])
async def test_one_that_broke_off_is_none(body: bytes) -> None:
    answer = JSON + b"Content-Length: %d\r\n\r\n%b" % (len(body) + 9, body)
    async with Listening(odd(answer)).here() as server, opened(server.base_url) as provider:
        assert type(await failure(provider)) is OutcomeUnknown
    assert adapter.Whole().made is None
    with pytest.raises(BadAnswer):
        adapter.Whole().end()
