"""What a web page, another port or a stranger can send, against every route: nothing may pass, nothing be learned."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Literal, NamedTuple, get_args

import pytest

from daemon.api.endpoint import Route
from daemon.api.guard import RouteClass
from daemon.api.routes import ROUTES
from daemon.api.table import Table
from tests.daemon.house import Answer, Running

Headers = list[tuple[str, str]]
EVIL = "http://evil.example"
ID = "0" * 31 + "a"
SAMPLES = {"workspace": "-", "id": ID, "sha256": "ab" * 32, "rest": "index.html"}


class Shape(NamedTuple):
    """One way to ask. `credential` says what a browser or program would add that has it."""

    name: str
    headers: Callable[[str], Headers]  # host:port → headers, Host included
    credential: Literal["none", "cookie", "token"] = "cookie"
    to: frozenset[str] = frozenset(get_args(RouteClass))  # the classes that it must not pass


def at_home(*more: tuple[str, str]) -> Callable[[str], Headers]:
    return lambda host: [("Host", host), *more]


def host_is(value: str) -> Callable[[str], Headers]:
    return lambda host: [("Host", value.replace("PORT", host.rpartition(":")[2]))]


def from_page(value: str) -> Callable[[str], Headers]:
    return lambda host: [("Host", host), ("Origin", value.replace("PORT", host.rpartition(":")[2]))]


LOCKED = frozenset({"api-read", "api-write", "upload", "events"})
CHANGING = frozenset({"api-write", "upload", "login"})
WRONG_HOSTS = (
    "evil.example", "evil.example:PORT", "127.0.0.1", "127.0.0.1:1", "localhost", "localhost:80", "LOCALHOST:PORT",
    "127.0.0.1.:PORT", "127.0.0.1.nip.io:PORT", "127.1:PORT", "2130706433:PORT", "0x7f000001:PORT", "0:PORT",
    "0.0.0.0:PORT", "[::]:PORT", "[::ffff:127.0.0.1]:PORT", "[0:0:0:0:0:0:0:1]:PORT", "127.0.0.2:PORT", "gesso:PORT",
    "localhost.:PORT", "localhost.localdomain:PORT", "user@127.0.0.1:PORT", "127.0.0.1:PORT,evil.example", "", "*",
    "127.0.0.1:0PORT", "127.0.0.1:PORT/", "127.0.0.1:PORT#", "169.254.169.254",
)  # fmt: skip
WRONG_ORIGINS = (
    EVIL, "null", "http://127.0.0.1", "http://127.0.0.1:1", "https://127.0.0.1:PORT", "http://localhost",
    "http://127.0.0.1:PORT.evil.example", "http://evil.example#127.0.0.1:PORT", "file://", "chrome-extension://abc",
    "http://127.0.0.1:PORT/", "http://[::1]", "", "http://127.0.0.1:PORT http://evil.example", "HTTP://127.0.0.1:PORT",
)  # fmt: skip
SHAPES: tuple[Shape, ...] = (
    *(Shape(f"host {host!r}", host_is(host)) for host in WRONG_HOSTS),
    *(Shape(f"origin {origin!r}", from_page(origin)) for origin in WRONG_ORIGINS),
    Shape("no host", lambda host: []),
    Shape("two hosts, ours first", lambda host: [("Host", host), ("Host", "evil.example")]),
    Shape("two hosts, ours last", lambda host: [("Host", "evil.example"), ("Host", host)]),
    Shape("two hosts, both ours", lambda host: [("Host", host), ("Host", host)]),
    Shape("forwarded host", lambda host: [("Host", "evil.example"), ("X-Forwarded-Host", host)]),
    Shape("two origins", lambda host: [("Host", host), ("Origin", f"http://{host}"), ("Origin", EVIL)]),
    Shape("our origin twice", lambda host: [("Host", host), ("Origin", f"http://{host}"), ("Origin", f"http://{host}")]),
    Shape("fetched by another site", at_home(("Sec-Fetch-Site", "cross-site"))),
    Shape("fetched by another port", at_home(("Sec-Fetch-Site", "same-site"))),
    Shape("fetched by a strange site", at_home(("Sec-Fetch-Site", "same-origin, cross-site"))),
    Shape("fetched twice", at_home(("Sec-Fetch-Site", "same-origin"), ("Sec-Fetch-Site", "cross-site"))),
    Shape("image of another site", at_home(("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Dest", "image"))),
    Shape("script of another site", at_home(("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Dest", "script"))),
    Shape(
        "frame of another site",
        at_home(("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Dest", "iframe")),
    ),
    Shape("websocket of another page", at_home(("Upgrade", "websocket"), ("Connection", "Upgrade"), ("Origin", EVIL))),
    Shape("websocket of our page", at_home(("Upgrade", "websocket"), ("Connection", "Upgrade"))),
    Shape("no credential", at_home(), "none", LOCKED),
    Shape("no credential, as our page", at_home(("Sec-Fetch-Site", "same-origin"), ("X-Gesso", "1")), "none", LOCKED),
    Shape("empty bearer", at_home(("Authorization", "Bearer ")), "none", LOCKED),
    Shape("wrong bearer", at_home(("Authorization", "Bearer gesso_token_" + "0" * 64)), "none", LOCKED),
    Shape("bearer of a longer token", at_home(("Authorization", "Bearer TOKENx")), "none", LOCKED),
    Shape("beginning of the token", at_home(("Authorization", "Bearer HALF")), "none", LOCKED),
    Shape("token without scheme", at_home(("Authorization", "TOKEN")), "none", LOCKED),
    Shape("token as basic", at_home(("Authorization", "Basic TOKEN")), "none", LOCKED),
    Shape("two tokens", at_home(("Authorization", "Bearer TOKEN"), ("Authorization", "Bearer x")), "none", LOCKED),
    Shape("wrong bearer beside a session", at_home(("Authorization", "Bearer x")), "cookie", LOCKED),
    Shape("token in a cookie", at_home(("Cookie", "gesso=TOKEN; gesso_token=TOKEN")), "none", LOCKED),
    Shape("another port's cookie", at_home(("Cookie", "gesso_000000000000=SESSION")), "none", LOCKED),
    Shape("two session cookies", at_home(("Cookie", "NAME=SESSION; NAME=x")), "none", LOCKED),
    Shape("two cookie headers", at_home(("Cookie", "NAME=SESSION"), ("Cookie", "NAME=x")), "none", LOCKED),
    Shape("session as bearer", at_home(("Authorization", "Bearer SESSION")), "none", LOCKED),
    Shape("made up session", at_home(("Cookie", "NAME=gesso_session_" + "0" * 64)), "none", LOCKED),
    Shape("session without intent", at_home(("Content-Type", "application/json")), "cookie", CHANGING),
    Shape("session with wrong intent", at_home(("X-Gesso", "0")), "cookie", CHANGING),
    Shape("session with two intents", at_home(("X-Gesso", "1"), ("X-Gesso", "1")), "cookie", CHANGING),
    *(
        Shape(f"body as {kind}", at_home(("X-Gesso", "1"), ("Content-Type", kind)), "cookie", CHANGING)
        for kind in (
            "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/json",
            "application/json; charset=utf-7", "application/jsonp", "text/html", "application/json, text/plain",
        )
    ),
    Shape(
        "two content types",
        at_home(("X-Gesso", "1"), ("Content-Type", "application/json"), ("Content-Type", "text/plain")),
        "cookie",
        CHANGING,
    ),
    Shape(
        "compressed body",
        at_home(("X-Gesso", "1"), ("Content-Type", "application/json"), ("Content-Encoding", "gzip")),
        "cookie",
        CHANGING,
    ),
)  # fmt: skip


def filled(route: Route) -> str:
    path = route.path
    for name, value in SAMPLES.items():
        path = path.replace("{" + name + "}", value).replace("{" + name + "...}", value)
    return path


def lines(shape: Shape, host: str, house: Running, session: str) -> list[str]:
    name, _, value = session.partition("=")
    words = {"TOKEN": house.credentials.token, "HALF": house.credentials.token[:40], "SESSION": value, "NAME": name}
    found = []
    for header, text in shape.headers(host):
        for word, meaning in words.items():
            text = text.replace(word, meaning)
        found.append(f"{header}: {text}")
    if shape.credential == "cookie":
        found.append(f"Cookie: {session}")
    if shape.credential == "token":
        found.append(f"Authorization: Bearer {house.credentials.token}")
    return found


async def send(house: Running, session: str, shape: Shape, method: str, path: str) -> Answer:
    # A body makes the content type matter; without one an empty POST is complete.
    head = [f"{method} {path} HTTP/1.1", *lines(shape, house.host, house, session), "Connection: close"]
    body = b"" if method in ("GET", "HEAD", "DELETE") else b"{}"
    if body:
        head.append(f"Content-Length: {len(body)}")
    return await house.raw("\r\n".join([*head, "", ""]).encode("latin-1") + body)


def harmless(answer: Answer, route: Route) -> bool:
    """A refusal that tells nothing: no data, no leave for other origins, nothing to run."""
    allowed = [name for name in answer.headers if name.startswith("access-control-")]
    return answer.status in (400, 401, 403, 415, 421) and not allowed and "set-cookie" not in answer.headers


def test_there_are_shapes_enough() -> None:
    assert len({shape.name for shape in SHAPES}) == len(SHAPES) >= 60


def test_every_route_has_a_class_and_every_class_is_tried() -> None:
    unclassified = [route for route in ROUTES if route.kind not in get_args(RouteClass)]
    assert unclassified == []
    for kind in get_args(RouteClass):
        assert any(kind in shape.to for shape in SHAPES), kind


def test_planted_unclassified_route_is_found() -> None:
    async def handler(call: object) -> None: ...

    planted = Route("GET", "/api/v1/planted", "wild", handler)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="wild"):
        Table([planted])


async def test_no_hostile_shape_passes_any_route(house: Running) -> None:
    session = await house.let_in()
    passed = []
    tried = 0
    for shape in SHAPES:
        for route in ROUTES:
            if route.kind not in shape.to:
                continue
            answer = await send(house, session, shape, route.method, filled(route))
            tried += 1
            if not harmless(answer, route):
                passed.append(f"{shape.name} → {route.method} {route.path}: {answer.status}")
    assert passed == []
    assert tried >= 60 * len(ROUTES) * 0.7


async def test_well_meant_requests_pass_every_route(house: Running) -> None:
    """The counter-proof: with the same harness, what is ours comes through the guard everywhere."""
    session = await house.let_in()
    ours = ("Sec-Fetch-Site", "same-origin")
    for route in ROUTES:
        if route.kind == "events" or route.path.endswith("/stop") or route.method == "DELETE":
            continue
        content = "application/octet-stream" if route.kind == "upload" else "application/json"
        more = () if route.method == "GET" else (("X-Gesso", "1"), ("Content-Type", content))
        for shape in (Shape("page", at_home(ours, *more)), Shape("program", at_home(*more), "token")):
            answer = await send(house, session, shape, route.method, filled(route))
            refused = {400, 401, 403, 415, 421} - ({401} if route.kind == "login" else set())
            assert answer.status not in refused, (shape.name, route.method, route.path, answer)


@pytest.mark.parametrize("method", ["OPTIONS", "TRACE", "CONNECT", "PUT", "FOO", "PROPFIND"])
async def test_other_methods_learn_nothing(house: Running, method: str) -> None:
    for route in ROUTES:
        if method == route.method:
            continue
        answer = await house.ask(method, filled(route), {"Origin": EVIL, "Access-Control-Request-Method": "POST"})
        assert harmless(answer, route), (method, route.path, answer)
        answer = await house.ask(method, filled(route))
        assert answer.status in (400, 401, 403, 405), (method, route.path, answer)
        assert answer.status != 405 or route.kind in ("public", "page", "login"), route.path


async def test_unknown_paths_are_locked_like_known_ones(house: Running) -> None:
    for path in ("/api", "/api/", "/api/v1", "/api/v2/status", "/api/v1/nothing", "/metrics/x", "/%61pi/v1/status"):
        assert (await house.ask("GET", path)).status == 401, path
        assert (await house.call("GET", path)).status in (200, 404), path


STOP = "POST /api/v1/stop HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nAUTH\r\n"
RAW = {
    "absolute address": "GET http://127.0.0.1:PORT/api/v1/status HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nAUTH\r\n\r\n",
    "absolute foreign address": "GET http://evil.example/health HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\n\r\n",
    "HTTP/1.0 without host": "GET /health HTTP/1.0\r\nAUTH\r\n\r\n",
    "HTTP/1.1 without host": "GET /api/v1/status HTTP/1.1\r\nAUTH\r\n\r\n",
    "folded header": "GET /health HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nX-A: b\r\n c\r\nAUTH\r\n\r\n",
    "folded host": "GET /health HTTP/1.1\r\nHost: evil.example\r\n 127.0.0.1:PORT\r\nAUTH\r\n\r\n",
    "space before colon": "GET /health HTTP/1.1\r\nHost : 127.0.0.1:PORT\r\nAUTH\r\n\r\n",
    "tab host": "GET /health HTTP/1.1\r\nHost:\t127.0.0.1:PORT evil\r\n\r\n",
    "nul in a header": "GET /health HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nX-A: \0\r\n\r\n",
    "huge header": f"GET /health HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nX-A: {'a' * 40_000}\r\n\r\n",
    "huge target": f"GET /{'a' * 40_000} HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\n\r\n",
    "very many headers": "GET /health HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\n" + "X-A: b\r\n" * 5000 + "\r\n",
    "two lengths": STOP + "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{} ",
    "length and chunks": STOP + "Content-Type: application/json\r\n"
    "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "negative length": STOP + "Content-Length: -1\r\n\r\n",
    "not HTTP": "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    "HTTP/2 preface": "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "star": "OPTIONS * HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\n\r\n",
    "authority": "CONNECT 127.0.0.1:PORT HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\n\r\n",
    "fragment": "GET /api/v1/status#x HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nAUTH\r\n\r\n",
    "bare newlines": "GET /health HTTP/1.1\nHost: evil.example\n\n",
    "broken escape": "GET /%ff%fe HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\n\r\n",
    "bad query": "GET /api/v1/tasks?a=%ff HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nAUTH\r\n\r\n",
}


@pytest.mark.parametrize("name", RAW)
async def test_malformed_requests_are_refused(house: Running, name: str) -> None:
    text = RAW[name].replace("PORT", str(house.house.port))
    text = text.replace("AUTH", f"Authorization: Bearer {house.credentials.token}")
    answer = await house.raw(text.encode("latin-1"))
    assert answer.status in (400, 413, 421, 431), answer
    assert not house.house.stopping.is_set()
    assert b"gesso_token" not in answer.body
    assert answer.headers["content-type"].startswith("application/problem+json"), answer


async def test_every_answer_carries_the_protecting_headers(house: Running) -> None:
    for answer in (
        await house.ask("GET", "/health"),
        await house.ask("GET", "/"),
        await house.ask("GET", "/api/v1/status"),
        await house.call("GET", "/api/v1/tasks"),
        await house.call("GET", "/openapi.json"),
        await house.raw(b"nonsense\r\n\r\n"),
    ):
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["cross-origin-opener-policy"] == "same-origin"
        assert answer.headers["cross-origin-resource-policy"] == "same-origin"
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
        assert "unsafe" not in answer.headers["content-security-policy"]
        assert answer.headers["server"] == "gesso"


async def test_link_leads_to_the_page_and_nothing_else(house: Running) -> None:
    """The launching file and links open the page in a window; nothing of ours is embedded or fetched by that way."""
    window = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    assert (await house.ask("GET", "/", window)).status == 503  # the page, which is not built here
    assert (await house.ask("GET", "/", {**window, "Sec-Fetch-Dest": "iframe"})).status == 403
    assert (await house.ask("GET", "/", {**window, "Sec-Fetch-Mode": "no-cors"})).status == 403
    assert (await house.ask("GET", "/", {**window, "Origin": EVIL})).status == 403
    assert (await house.ask("POST", "/", window)).status == 403
    for route in ROUTES:
        if route.kind != "page":
            assert (await house.ask("GET", filled(route), window)).status == 403, route.path


async def test_stranger_learns_only_that_it_runs(house: Running) -> None:
    assert (await house.ask("GET", "/health")).body == b'{"status":"ok"}'


async def test_both_loopback_addresses_answer_and_no_other(house: Running) -> None:
    request = f"GET /health HTTP/1.1\r\nHost: localhost:{house.house.port}\r\n\r\n".encode()
    assert (await house.raw(request)).status == 200
    with pytest.raises(OSError):
        await asyncio.open_connection("127.0.0.2", house.house.port)
