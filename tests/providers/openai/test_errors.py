"""What servers of the images API say and do when something is wrong, and what is known of the money then."""

from __future__ import annotations

import asyncio
import base64
import email.utils
import gzip
import json
import ssl
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from library.jobs.models import Request
from providers.base import Done
from providers.errors import (
    AuthError,
    BadAnswer,
    ContentRefused,
    InvalidRequest,
    ModelRetired,
    OutcomeUnknown,
    PermissionDenied,
    ProviderError,
    QuotaExhausted,
    RateLimited,
    ServerBusy,
    Unreachable,
)
from providers.fakes.pictures import painted
from providers.openai.coming import MOST_ANSWER
from tests.library.house import HandClock
from tests.providers.house import KEY, opened
from tests.providers.servers import Listening, answering, free_port, request_of

NOW = HandClock().now()
IN_A_MINUTE = email.utils.format_datetime(datetime.fromtimestamp(NOW / 1000 + 60, UTC), usegmt=True)
REQUEST = Request("gpt-image-2", "a red fox")


def shaped(message: str = "No.", type: str = "invalid_request_error", **more: Any) -> bytes:
    return json.dumps({"error": {"message": message, "type": type, "param": None, "code": None, **more}}).encode()


class Case(msgspec.Struct, frozen=True):
    status: int
    body: bytes
    kind: type[ProviderError]
    sent: str
    headers: dict[str, str] = {}
    wait: float | None = None
    params: dict[str, str] = {}
    model: str = "gpt-image-2"


MODERATED = {
    "code": "moderation_blocked",
    "moderation_details": {"moderation_stage": "output", "categories": ["violence", "self-harm"]},
}
CASES = {
    "wrong key": Case(401, shaped("Incorrect API key provided", code="invalid_api_key"), AuthError, "refused"),
    "not allowed": Case(403, shaped("Your organization must be verified"), PermissionDenied, "refused"),
    "country": Case(403, shaped(code="unsupported_country_region_territory"), PermissionDenied, "refused"),
    "gone model": Case(
        404, shaped(code="model_not_found"), ModelRetired, "refused", model="gpt-image-1",
        params={"replacement": "gpt-image-2.5-sunburst"},
    ),
    "unknown model": Case(404, shaped(code="model_not_found"), InvalidRequest, "refused", params={"field": "model"}),
    "gone": Case(410, shaped(), ModelRetired, "refused"),
    "no such API": Case(404, b"404 page not found", InvalidRequest, "refused", params={"field": "base_url"}),
    "moderated": Case(
        400, shaped("Rejected by the safety system", "image_generation_user_error", **MODERATED), ContentRefused,
        "refused", params={"stage": "output", "categories": "violence, self-harm"},
    ),
    "user error": Case(400, shaped("Rejected", "image_generation_user_error"), ContentRefused, "refused"),
    "policy": Case(400, shaped(code="content_policy_violation"), ContentRefused, "refused", params={"stage": "input"}),
    "invalid": Case(
        400, shaped("Invalid size", param="size", code="invalid_value"), InvalidRequest, "refused",
        params={"field": "size"},
    ),
    "no credit left": Case(402, shaped("Pay first"), QuotaExhausted, "refused"),
    "conflict": Case(409, shaped(), InvalidRequest, "refused"),
    "too large": Case(413, b"<html>413</html>", InvalidRequest, "refused"),
    "not understood": Case(422, b'{"detail":[{"loc":["body"],"msg":"no"}]}', InvalidRequest, "refused"),
    "rate, seconds": Case(
        429, shaped(code="rate_limit_exceeded"), RateLimited, "refused", {"Retry-After": "7"}, 7.0
    ),
    "rate, milliseconds": Case(
        429, shaped(), RateLimited, "refused", {"Retry-After-Ms": "1500", "Retry-After": "2"}, 1.5
    ),
    "rate, date": Case(429, shaped(), RateLimited, "refused", {"Retry-After": IN_A_MINUTE}, 60.0),
    "rate, past date": Case(
        429, shaped(), RateLimited, "refused", {"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}, 0.0
    ),
    "rate, used up": Case(
        429, shaped(), RateLimited, "refused",
        {
            "X-RateLimit-Remaining-Requests": "0", "X-RateLimit-Reset-Requests": "1m30s",
            "X-RateLimit-Remaining-Tokens": "9", "X-RateLimit-Reset-Tokens": "6h0m0s",
        },
        90.0,
    ),
    "rate, for ever": Case(429, shaped(), RateLimited, "refused", {"Retry-After": "1e12"}, 3600.0),
    "rate, nonsense": Case(429, shaped(), RateLimited, "refused", {"Retry-After": "soon"}, None),
    "rate, untold": Case(429, b"", RateLimited, "refused"),
    "quota": Case(
        429, shaped("You exceeded your current quota", "insufficient_quota", code="insufficient_quota"), QuotaExhausted,
        "refused",
    ),
    "busy, says when": Case(503, b"later", ServerBusy, "refused", {"Retry-After": "20"}, 20.0),
    "busy, says so": Case(503, shaped(code="server_overloaded"), ServerBusy, "refused"),
    "503 of a gateway": Case(503, b"<html>no upstream</html>", OutcomeUnknown, "unknown"),
    "server error": Case(500, shaped("The server had an error", "server_error"), OutcomeUnknown, "unknown"),
    "bad gateway": Case(502, b"<html>502</html>", OutcomeUnknown, "unknown"),
    "gateway timeout": Case(504, b"<html>504</html>", OutcomeUnknown, "unknown"),
    "request timeout": Case(408, b"", OutcomeUnknown, "unknown"),
    "moved": Case(
        307, b"", InvalidRequest, "refused", {"Location": "https://example.org/"}, params={"field": "base_url"}
    ),
    "not JSON": Case(200, b"<html>Welcome</html>", BadAnswer, "unknown"),
    "not text": Case(200, b"\xff\xfe\x00", BadAnswer, "unknown"),
    "another shape": Case(200, b'{"data": {"image": "x"}}', BadAnswer, "unknown"),
    "an error as success": Case(200, shaped(), BadAnswer, "unknown"),
    "no pictures": Case(200, b'{"data": []}', BadAnswer, "unknown"),
    "an empty picture": Case(200, b'{"data": [{}]}', BadAnswer, "unknown"),
    "no base64": Case(200, b'{"data": [{"b64_json": "!!!!"}]}', BadAnswer, "unknown"),
    "packed": Case(200, gzip.compress(b'{"data": []}'), BadAnswer, "unknown", {"Content-Encoding": "gzip"}),
    "deep": Case(200, b"[" * 100_000, BadAnswer, "unknown"),
    "deep error": Case(400, b'{"error":' * 100_000, InvalidRequest, "refused"),
    "error of odd kinds": Case(
        400, b'{"error": {"message": ["x"], "code": 7, "type": null, "moderation_details": 3}}', InvalidRequest,
        "refused",
    ),
    "nothing made": Case(204, b"", BadAnswer, "unknown", {"Content-Length": "0"}),
}  # fmt: skip


async def failure(base_url: str, model: str = "gpt-image-2", **values: Any) -> ProviderError:
    async with opened(base_url, clock=HandClock(), **values) as provider:
        with pytest.raises(ProviderError) as raised:
            await provider.submit(Request(model, "a red fox"), "aa" * 16)
    return raised.value


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
async def test_answer_is_told_as_what_it_is(case: Case) -> None:
    async with Listening(answering(case.status, case.body, case.headers)).here() as server:
        error = await failure(server.base_url, case.model)
    assert type(error) is case.kind
    assert (error.sent, error.retry_after) == (case.sent, case.wait)
    assert case.params.items() <= error.params.items()
    assert str(error) and server.reached == 1  # asked once, whatever came back


@pytest.mark.parametrize("status", [401, 400, 429, 500, 200])
async def test_key_that_a_server_repeats_is_not_passed_on(status: int) -> None:
    body = shaped(f"Incorrect API key provided: {KEY}. Header was x-{KEY}.", param=KEY)
    async with Listening(answering(status, body)).here() as server:
        error = await failure(server.base_url)
    assert KEY not in f"{error} {error.params} {error!r}"
    assert error.__cause__ is None and error.__suppress_context__


async def test_keys_that_a_server_repeats_come_into_no_library() -> None:
    """Beside a picture, and among the names of its models."""
    kind, told = "openai-compatible", {"revised_prompt": f"a fox {KEY}", "quality": KEY, "size": "64x64"}
    entry = {"b64_json": base64.b64encode(painted(1)).decode(), **told}
    body = json.dumps({"data": [entry], **told}).encode()
    async with (
        Listening(answering(200, body)).here() as server,
        opened(server.base_url, kind) as provider,
    ):
        done = await provider.submit(Request("flux", "a fox"), "00" * 16)
    assert isinstance(done, Done) and done.answers[0].told["revised_prompt"] == "a fox …"
    assert KEY not in repr(done.answers[0].told)
    body = json.dumps({"data": [{"id": "flux"}, {"id": f"model-{KEY}"}]}).encode()
    async with (
        Listening(answering(200, body)).here() as server,
        opened(server.base_url, kind) as provider,
    ):
        assert [each.id for each in await provider.models()] == ["flux"]


async def test_a_gateway_that_knows_its_requests_and_has_one_under_way_is_asked_again() -> None:
    async with Listening(answering(409, shaped("in progress"))).here() as server:
        error = await failure(server.base_url, options={"idempotent": True})
    assert type(error) is OutcomeUnknown


async def drop_before_reading(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()


async def drop_after_reading(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await request_of(reader)
    writer.transport.abort()


async def close_politely(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await request_of(reader)


async def half_an_answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await request_of(reader)
    writer.write(b'HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n{"data": [')
    await writer.drain()


async def no_http(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await request_of(reader)
    writer.write(b"SSH-2.0-OpenSSH_9.2\r\n\r\n")
    await writer.drain()


async def silence(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await request_of(reader)
    await asyncio.sleep(5)


async def silence_within(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await request_of(reader)
    writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n")
    await asyncio.sleep(5)


Behaviour = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@pytest.mark.parametrize(
    "behaviour",
    [drop_before_reading, drop_after_reading, close_politely, half_an_answer, no_http, silence, silence_within],
)
async def test_whatever_breaks_once_there_was_a_connection_is_unknown(behaviour: Behaviour) -> None:
    async with Listening(behaviour).here() as server:
        error = await failure(server.base_url, options={"timeout": 0.2})
    assert (type(error), error.sent, server.reached) == (OutcomeUnknown, "unknown", 1)


async def test_a_connection_that_never_came_about_was_sent_nothing() -> None:
    error = await failure(f"http://127.0.0.1:{free_port()}/v1")
    assert (type(error), error.sent, error.later) == (Unreachable, "no", True)


async def test_a_proxy_that_is_away_or_lets_nothing_through_was_sent_nothing() -> None:
    error = await failure("https://api.openai.com/v1", proxy=f"http://127.0.0.1:{free_port()}")
    assert (type(error), error.sent) == (Unreachable, "no")
    async with Listening(answering(403, b"not here")).here() as proxy:
        error = await failure("https://api.openai.com/v1", proxy=f"http://me:hunter2-canary@127.0.0.1:{proxy.port}")
    assert (type(error), error.sent, proxy.reached) == (Unreachable, "no", 1)
    assert "canary" not in f"{error} {error.params}"


async def test_a_certificate_that_is_not_trusted_was_sent_nothing(tmp_path: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(self_signed(tmp_path))
    async with Listening(answering(200, b"{}")).here(ssl=context) as server:
        error = await failure(f"https://127.0.0.1:{server.port}/v1")
    assert (type(error), error.sent) == (Unreachable, "no")
    assert "certificate" in str(error)


async def test_an_endless_answer_is_given_up() -> None:
    sent = 0

    async def endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        await request_of(reader)
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while sent < 10 << 30:
            writer.write(b"100000\r\n" + b"x" * 0x100000 + b"\r\n")
            await writer.drain()
            sent += 0x100000

    async with Listening(endless).here() as server:
        error = await failure(server.base_url)
    assert type(error) is BadAnswer
    assert MOST_ANSWER <= sent + 0x100000 < 2 * MOST_ANSWER


PNG = b"\x89PNG\r\n\x1a\n and so on"
CODED = base64.b64encode(PNG).decode()


@pytest.mark.parametrize(
    "body",
    [
        PNG,
        json.dumps({"data": [{"b64_json": f"{CODED[:20]}\r\n{CODED[20:]}\n"}]}).encode(),
        json.dumps({"data": [{"b64_json": CODED.rstrip("=")}]}).encode(),
        json.dumps({"data": [{"b64_json": f"data:image/png;base64,{CODED}"}]}).encode(),
        json.dumps({"data": [{"url": f"data:image/png;base64,{CODED}"}]}).encode(),
    ],
    ids=["itself", "lines", "no end", "data in base64", "data in url"],
)
async def test_a_picture_that_was_paid_for_is_taken_however_it_is_written(body: bytes) -> None:
    async with Listening(answering(200, body)).here() as server, opened(server.base_url) as provider:
        done = await provider.submit(REQUEST, "aa" * 16)
    assert [each.data for each in done.answers] == [PNG]  # type: ignore[union-attr]


@pytest.mark.parametrize("key", ["sk-“quoted”", "sk-two\nlines", "金鑰"])
async def test_a_key_that_can_stand_in_no_request_is_refused_before_anything_is_sent(key: str) -> None:
    async with Listening(answering(200, b"{}")).here() as server, opened(server.base_url, key=key) as provider:
        with pytest.raises(AuthError, match="copy it again"):
            await provider.submit(REQUEST, "aa" * 16)
        assert (await provider.check()).code == "provider.auth"
        assert server.requests == []


@pytest.mark.parametrize(
    "usage", [None, {}, {"input_tokens": "7"}, [1], {"input_tokens": 5, "output_tokens": -9}, {"input_tokens": 1,
    "output_tokens": 10**18}],
)  # fmt: skip
async def test_usage_that_makes_no_sense_costs_no_picture(usage: Any) -> None:
    body = json.dumps({"data": [{"b64_json": base64.b64encode(b"png").decode()}], "usage": usage, "size": 7}).encode()
    async with Listening(answering(200, body)).here() as server, opened(server.base_url) as provider:
        done = await provider.submit(REQUEST, "aa" * 16)
    assert (done.answers[0].data, done.cost) == (b"png", None)  # type: ignore[union-attr]


def self_signed(folder: Path) -> Path:
    """A certificate for this machine that nobody has vouched for, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.oid.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
        .not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    form = serialization.PrivateFormat.PKCS8
    secret = key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())
    path = folder / "server.pem"
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM) + secret)
    return path
