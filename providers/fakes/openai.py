"""OpenAI's API as a server on this machine: pictures, a bill of its own, and what goes wrong as scripted.

What it says and embeds: openai_talking.py.
"""

from __future__ import annotations

import asyncio
import base64
import hmac
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

import msgspec
from aiohttp import web

from library.jobs.models import Scalar
from providers.fakes import openai_showing as showing
from providers.fakes import openai_talking as talking
from providers.fakes.faults import Fault, Script
from providers.fakes.pictures import painted

# Micros of a US dollar for a token, and tokens of a picture, as the fake charges them.
TEXT_IN, IMAGE_OUT = 5, 30
OUT = {"low": 272, "medium": 1056, "high": 4160, "xhigh": 6000, "max": 9000, "auto": 1056}
FIELDS = {
    "prompt", "model", "n", "size", "quality", "background", "moderation", "output_format", "output_compression",
    "response_format", "user", "style", "stream", "partial_images", "safety_identifier",
}  # fmt: skip
POLICY = "Your request was rejected by the safety system. If you believe this is an error, contact us."


class Charge(NamedTuple):
    """A line of the bill."""

    prompt: str
    model: str
    micros: int


class Quirks(msgspec.Struct, frozen=True):
    """How this server differs from the vendor's.

    `links`: it answers with links · `link_seconds`: they are dead after so many · `usage`: it tells tokens · `extra`:
    it adds fields of its own · `strict`: it takes no field that it does not know · `idempotent`: it knows requests by
    their Idempotency-Key · `lists`: it tells its models · `pieces`: it answers in words piece by piece, and shows
    pictures on their way · `paints`: it makes pictures.
    """

    links: bool = False
    link_seconds: float | None = None
    usage: bool = True
    extra: bool = False
    strict: bool = True
    idempotent: bool = False
    lists: bool = True
    pieces: bool = True
    paints: bool = True


class Asked(NamedTuple):
    """A request that may be charged, as it arrived."""

    moment: float  # of the event loop's clock
    headers: dict[str, str]
    body: dict[str, Any]
    path: str


class FakeOpenAI:
    """One server. `key`: what it lets in with, "" for everybody · `models`: ids it has · `told`: what its list says
    of them besides · `first`: the number of its first picture, by which it is unlike those of another server.
    """

    def __init__(
        self,
        *,
        models: Iterable[str] = ("gpt-image-2.6-flare", "gpt-image-2"),
        faults: Iterable[Fault | None] = (),
        key: str = "",
        quirks: Quirks = Quirks(),
        seconds: float = 0.0,
        told: Mapping[str, Mapping[str, Any]] = {},
        first: int = 1,
    ) -> None:
        self.models = list(models)
        self.script = Script(faults)
        self.key = key
        self.quirks = quirks
        self.seconds = seconds  # that a picture takes
        self.told = told
        self.first = first
        self.bill: list[Charge] = []
        self.asked: list[Asked] = []
        self.listed = 0  # times that its models were asked for
        self.in_flight = self.most_in_flight = 0
        self._by_key: dict[str, dict[str, Any]] = {}
        self._links: dict[str, bytes] = {}

    @property
    def billed(self) -> int:
        """All charges, in micros."""
        return sum(each.micros for each in self.bill)

    @asynccontextmanager
    async def serving(self, port: int = 0) -> AsyncIterator[str]:
        """Runs on a port of this machine, a free one unless it is said; gives the base URL."""
        app = web.Application()
        app.router.add_get("/v1/models", self._list)
        if self.quirks.paints:
            app.router.add_post("/v1/images/generations", self._generate)
        app.router.add_post("/v1/chat/completions", self._generate)
        app.router.add_post("/v1/embeddings", self._generate)
        app.router.add_get("/pictures/{name}", self._picture)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", port)
        await site.start()
        try:
            yield f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
        finally:
            await runner.cleanup()

    async def _list(self, request: web.Request) -> web.Response:
        self.listed += 1
        if (turned_away := self._turned_away(request)) is not None:
            return turned_away
        if not self.quirks.lists:
            return web.Response(status=404, text="404 page not found")
        found: list[dict[str, Any]] = [
            {"id": id, "object": "model", "created": 1_790_000_000, "owned_by": "system", **self.told.get(id, {})}
            for id in self.models
        ]
        return web.json_response({"object": "list", "data": found})

    async def _picture(self, request: web.Request) -> web.Response:
        data = self._links.get(request.match_info["name"])
        return web.Response(status=403) if data is None else web.Response(body=data, content_type="image/png")

    async def _generate(self, request: web.Request) -> web.StreamResponse:
        if (turned_away := self._turned_away(request)) is not None:
            return turned_away
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            body = await request.json()
            self.asked.append(Asked(asyncio.get_running_loop().time(), dict(request.headers), body, request.path))
            return await self._answered(request, body)
        finally:
            self.in_flight -= 1

    def _turned_away(self, request: web.Request) -> web.Response | None:
        given = request.headers.get("Authorization", "")
        if not self.key or hmac.compare_digest(given.encode(), f"Bearer {self.key}".encode()):
            return None
        told = (
            f"Incorrect API key provided: {given.removeprefix('Bearer ')}. You can find your API key in your account."
        )
        return _error(401, told, "invalid_request_error", "invalid_api_key")

    async def _answered(self, request: web.Request, body: dict[str, Any]) -> web.StreamResponse:
        fault = self.script.next()
        shows = bool(body.get("stream")) and self.quirks.pieces and request.path.endswith("/generations")
        late = shows and fault is not None and fault.what == "refuse" and fault.billed
        if fault is not None and not late and (before := _before(fault, body)) is not None:
            return before
        what = request.path.rpartition("/")[2]
        if (wrong := self._wrong(body, what)) is not None:
            return wrong
        key = request.headers.get("Idempotency-Key", "") if self.quirks.idempotent else ""
        if fault is not None and fault.what == "error" and not fault.billed:
            return _error(fault.status, "The server had an error while processing your request.", "server_error")
        made = self._by_key.get(key) or self._made(request, body, what, late)
        if key:
            self._by_key[key] = made
        if what == "completions" and body.get("stream") and self.quirks.pieces and (not fault or fault.what == "cut"):
            return await talking.in_events(request, body, made, fault, self.seconds)
        if shows and (fault is None or fault.what in showing.FAULTS):
            return await showing.in_events(request, body, made, fault, self.seconds)
        if self.seconds:
            await asyncio.sleep(self.seconds)
        if fault is not None:
            return await self._after(fault, request, made)
        return web.json_response(made)

    def _wrong(self, body: dict[str, Any], what: str) -> web.Response | None:
        needed, fields = talking.NEEDED.get(what, ("prompt", FIELDS))
        if not body.get(needed):
            return _error(
                400, f"Missing required parameter: '{needed}'.", code="missing_required_parameter", param=needed
            )
        unknown = sorted(set(body) - fields)
        if unknown and self.quirks.strict:
            return _error(400, f"Unknown parameter: '{unknown[0]}'.", code="unknown_parameter", param=unknown[0])
        if body.get("model") not in self.models:
            return _error(404, f"The model '{body.get('model')}' does not exist.", code="model_not_found")
        return None

    def _made(self, request: web.Request, body: dict[str, Any], what: str, late: bool) -> dict[str, Any]:
        """Do what is asked and charge for it."""
        if what in talking.NEEDED:
            make = talking.chatted if what == "completions" else talking.embedded
            return make(body, lambda *line: self.bill.append(Charge(*line)), self.quirks.usage)
        return self._painted(request, body, late)

    def _painted(self, request: web.Request, body: dict[str, Any], late: bool) -> dict[str, Any]:
        """`late`: it is refused once it was shown, and only that is charged."""
        quality = body.get("quality", "auto")
        taken, given = max(1, len(body["prompt"]) // 4), OUT.get(quality, OUT["auto"])
        shown = showing.TOKENS * (body.get("partial_images") or 0)
        given = showing.TOKENS if late else given + shown
        self.bill.append(Charge(body["prompt"], body["model"], taken * TEXT_IN + given * IMAGE_OUT))
        data = painted(self.first + len(self.bill) - 1)
        picture: dict[str, Scalar] = {"b64_json": base64.b64encode(data).decode()}
        if self.quirks.links:
            name = f"{len(self.bill)}.png"
            self._links[name] = data
            if self.quirks.link_seconds is not None:
                asyncio.get_running_loop().call_later(self.quirks.link_seconds, self._links.pop, name, None)
            picture = {"url": f"http://{request.host}/pictures/{name}"}
        made: dict[str, Any] = {"created": 1_790_000_000, "data": [picture]}
        if self.quirks.usage:
            made |= {"size": body.get("size", "auto"), "quality": quality, "output_format": "png"}
            made["usage"] = {
                "input_tokens": taken,
                "input_tokens_details": {"text_tokens": taken, "image_tokens": 0},
                "output_tokens": given,
                "total_tokens": taken + given,
            }
        if self.quirks.extra:
            made |= {"id": "img-1", "timings": {"steps": 20}}
            picture |= {"seed": 7, "revised_prompt": f"{body['prompt']}, in detail"}
        return made

    async def _after(self, fault: Fault, request: web.Request, made: dict[str, Any]) -> web.StreamResponse:
        """What goes wrong once it is charged."""
        if fault.what in ("hang", "slow"):
            await asyncio.sleep(3600.0 if fault.seconds is None else fault.seconds)
        if fault.what == "error":
            return _error(fault.status, "The server had an error while processing your request.", "server_error")
        if fault.what == "garbage":
            return web.Response(body=fault.body, headers={"Content-Type": fault.type})
        if fault.what == "drop":
            assert request.transport is not None
            request.transport.abort()
        if fault.what == "expire":
            self._links.clear()
        if fault.what == "repeat":
            return await _twice(request, made)
        return web.json_response(made)


def _before(fault: Fault, body: dict[str, Any]) -> web.Response | None:
    """What goes wrong before anything is charged."""
    if fault.what == "rate":
        headers = {} if fault.seconds is None else {"Retry-After": f"{fault.seconds:g}"}
        return _error(
            429, "Rate limit reached for images per minute.", "requests", "rate_limit_exceeded", headers=headers
        )
    if fault.what == "quota":
        told = "You exceeded your current quota, please check your plan and billing details."
        return _error(429, told, "insufficient_quota", "insufficient_quota")
    if fault.what == "refuse":
        return _error(400, POLICY, "image_generation_user_error", "moderation_blocked")
    if fault.what == "retired":
        return _error(404, f"The model '{body.get('model')}' has been shut down.", code="model_not_found")
    return None


async def _twice(request: web.Request, made: dict[str, Any]) -> web.StreamResponse:
    """The same answer two times over on one connection."""
    body = msgspec.json.encode(made)
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    transport = request.transport
    assert isinstance(transport, asyncio.WriteTransport)
    transport.write(2 * (head + body))
    transport.close()
    return web.Response()


def _error(
    status: int,
    message: str,
    type: str = "invalid_request_error",
    code: str | None = None,
    param: str | None = None,
    headers: dict[str, str] | None = None,
) -> web.Response:
    """In the vendor's shape."""
    told = {"error": {"message": message, "type": type, "param": param, "code": code}}
    return web.json_response(told, status=status, headers=headers)
