"""A status that says no is that, whatever stands around it: letters, packing, headers, a body that breaks off."""

from __future__ import annotations

import asyncio
import encodings.aliases
import gzip
import json
import random
import time
from typing import NamedTuple

import pytest

from library.jobs.models import Request
from providers.errors import AuthError, ProviderError, RateLimited
from providers.openai import answers, bounds
from providers.openai.adapter import OpenAI
from providers.openai.answers import MOST_REFUSAL, MOST_WAIT, Refusal, refused, wait_of
from providers.words.talking import Message, Question
from tests.library.house import HandClock
from tests.providers.house import opened
from tests.providers.servers import Listening, answering, request_of

NOW = HandClock().now()
CHARSETS = [
    *sorted(set(encodings.aliases.aliases.values())),
    *("undefined", "idna", "punycode", "unicode_escape", "raw_unicode_escape", "x", "", '"utf', "é", "a\x01b"),
]
BODIES = [
    b"", b"<html>no</html>", b"\xff\xfe\x00", b"[" * 70_000, b"x" * (MOST_REFUSAL + 100), b"1" * 10_000,
    '{"error": {"message": "mal écrit"}}'.encode("utf-16"), '{"error": {"message": "mal écrit"}}'.encode("latin-1"),
    *(json.dumps({"error": {"message": "N\u00f6", "code": code}}).encode() for code in (
        "insufficient_quota", "moderation_blocked", "model_not_found", "server_overloaded", 7)),
]  # fmt: skip
HEADERS = {
    "Content-Type": ["", ";;;", "\xff\xfe", "text/event-stream", "multipart/form-data; boundary=", "a" * 4000],
    "Content-Encoding": ["gzip", "br", "deflate, gzip", "bogus", ""],
    "Location": ["", "http://[::1", "http://\xff", "//a:b", "http://a:99999999/", "?" * 3000],
    "Set-Cookie": ["", "=", "\xff=\xfe; max-age=q", ";" * 300, "a=b; domain=..; version=9", "a=b; max-age=" + "9" * 30],
    "Retry-After": ["", "-1", "nan", "1e400", "\xff", "9" * 500, "Wed, 99 Foo", "Thu, 01 Jan 0001 00:00:00 -9999"],
}
REASONS = [b"x", b"x", b"", b"Non autoris\xe9", b"\xe6\x9c\xaa", b"\xff\xfe"]


class Odd(NamedTuple):
    """An answer that is none: its bytes, and the same in plain words."""

    data: bytes
    plain: Refusal


def odd(chance: random.Random, status: int) -> Odd:
    body = b"" if status in (204, 304) else chance.choice(BODIES)
    name = chance.choice(["charset", *HEADERS])
    value = chance.choice(HEADERS.get(name, CHARSETS))
    headers = {"Content-Type": f"text/html; charset={value}"} if name == "charset" else {name: value}
    counted = {name.lower(): value for name, value in headers.items() if name == "Retry-After"}
    plain = Refusal(status, counted, b"" if name == "Content-Encoding" else body[:MOST_REFUSAL], NOW)
    if body and chance.random() < 0.2:
        headers["Transfer-Encoding"] = "chunked"
        body = b"%x\r\n" % len(body) + body + b"\r\n" + chance.choice([b"", b"0\r\n\r\n"])
    else:
        headers["Content-Length"] = str(len(body) + (chance.choice([0, 0, 0, 50]) if body else 0))
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items()).encode("latin-1")
    return Odd(b"HTTP/1.1 %d %b\r\n" % (status, chance.choice(REASONS)) + head + b"\r\n" + body, plain)


async def refusal_of(provider: OpenAI) -> ProviderError:
    with pytest.raises(ProviderError) as raised:
        await provider.submit(Request("m", "a fox"), "aa" * 16)
    return raised.value


@pytest.mark.parametrize("seed", range(2))
async def test_every_status_says_the_same_in_odd_words_as_in_plain_ones(seed: int) -> None:
    chance, answers = random.Random(seed), list[bytes]()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await request_of(reader)
        writer.write(answers[-1])
        await writer.drain()

    async with Listening(serve).here() as server:
        async with opened(server.base_url, "openai-compatible", clock=HandClock()) as provider:
            for status in (*range(300, 600), 600, 999):
                one = odd(chance, status)
                answers.append(one.data)
                found, plain = await refusal_of(provider), refused(one.plain)
                assert (type(found), found.retry_after, found.params, str(found)) == (
                    type(plain), plain.retry_after, plain.params, str(plain)
                ), one  # fmt: skip


@pytest.mark.parametrize("charset", ["utf-8", "undefined", "idna", "bz2_codec"])
async def test_a_wrong_key_is_one_in_any_letters_whatever_is_asked(charset: str) -> None:
    said = json.dumps({"error": {"message": "Schlüssel?", "code": "invalid_api_key"}}, ensure_ascii=False).encode()
    serve = answering(401, said, {"Content-Type": f"application/json; charset={charset}"})
    async with Listening(serve).here() as server, opened(server.base_url, "openai-compatible") as provider:
        found = await refusal_of(provider)
        assert type(found) is AuthError and str(found) == "Schlüssel? (401)"
        assert (await provider.check()).code == AuthError.code
        with pytest.raises(AuthError):
            await provider.embed("m", ["a fox"], "token")
        with pytest.raises(AuthError):
            await anext(provider.speak(Question("m", (Message("user", "a fox"),)), "token"))


async def test_what_a_refusal_says_is_waited_for_only_so_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "REFUSAL_SECONDS", 0.05)
    over = asyncio.Event()

    async def hanging(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await request_of(reader)
        writer.write(b"HTTP/1.1 429 x\r\nRetry-After: 7\r\nContent-Length: 500\r\n\r\n{")
        await writer.drain()
        await over.wait()

    async with Listening(hanging).here() as server, opened(server.base_url) as provider:
        found = await refusal_of(provider)
        over.set()
    assert type(found) is RateLimited and found.retry_after == 7.0


async def test_a_packed_refusal_is_one() -> None:
    serve = answering(401, gzip.compress(b"{}"), {"Content-Encoding": "gzip"})
    async with Listening(serve).here() as server, opened(server.base_url) as provider:
        assert type(await refusal_of(provider)) is AuthError


async def test_what_a_server_wants_kept_is_not_sent_back_to_it() -> None:
    asked = list[bytes]()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await request_of(reader))
        writer.write(b"HTTP/1.1 401 x\r\nSet-Cookie: a=b\r\nContent-Length: 0\r\n\r\n")

    async with Listening(serve).here() as server, opened(server.base_url) as provider:
        for _ in range(2):
            await refusal_of(provider)
    assert len(asked) == 2 and not any(b"cookie" in each.lower() for each in asked)


@pytest.mark.parametrize("most", [answers.MOST_HEADER, 1 << 20], ids=["as it is", "however long"])
@pytest.mark.parametrize("told", ["1", "1.", "1.1", "1ms", "1s "])
def test_a_header_that_says_how_long_to_wait_holds_up_nothing(
    monkeypatch: pytest.MonkeyPatch, told: str, most: int
) -> None:
    monkeypatch.setattr(answers, "MOST_HEADER", most)
    begun = time.perf_counter()
    wait_of({f"x-ratelimit-reset-{what}": told * 8000 for what in ("requests", "tokens", "images")}, 0)
    assert time.perf_counter() - begun < 1.0
    assert wait_of({"x-ratelimit-reset-tokens": "1h2m3.5s20ms"}, 0) == MOST_WAIT
    assert wait_of({"x-ratelimit-reset-tokens": "2m3.5s20ms"}, 0) == pytest.approx(123.52)
    assert wait_of({"x-ratelimit-reset-tokens": "2m3"}, 0) is None
