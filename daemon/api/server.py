"""The server: every request passes the guard, finds its route and gets its answer or its problem."""

from __future__ import annotations

import asyncio
import errno
import logging
import socket
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import unquote

from aiohttp import web
from aiohttp.web_protocol import RequestHandler

from daemon.api import guard
from daemon.api.answers import headers_of, json_answer, problem_answer
from daemon.api.call import Call, House
from daemon.api.endpoint import Endpoint
from daemon.api.guard import Addresses, RouteClass
from daemon.api.table import Found, Table
from daemon.errors import Refused, refusal_of, refusal_of_store
from library.errors import LibraryError
from store.errors import StoreError

log = logging.getLogger("gesso.api")

HEADER_BYTES = 32_768  # the longest query in Chinese, percent-encoded, and more
CONNECTIONS_AT_ONCE = 512
STOP_SECONDS = 2.0
STILL = ("/api/v1/proof", "/api/v1/stop")  # what is answered while Gesso stops: that it is Gesso, and to do it at once
FULL = {errno.ENOSPC, errno.EDQUOT}


class Server:
    """Answers requests. Holds nothing but the table and what the handlers may use."""

    def __init__(self, house: House, table: Table) -> None:
        self._house = house
        self._table = table
        self._addresses = Addresses.of(house.port)

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        """Never raises but for a broken connection: whatever happens is an answer."""
        began = time.perf_counter()
        place = "unknown"
        kind: RouteClass = "api-read"
        try:
            endpoint, call = self._admit(request)
            place, kind = endpoint.route.path, endpoint.route.kind
            response = await self._serve(endpoint, call)
        except Refused as refused:
            response = problem_answer(refused)
        except LibraryError as error:
            response = problem_answer(refusal_of(error))
        except StoreError as error:
            log.exception("the store failed a request to %s", place)
            response = problem_answer(refusal_of_store(error))
        except OSError as error:
            response = problem_answer(_disk_problem(error))
        except Exception:
            log.exception("a request to %s failed", place)
            response = problem_answer(Refused(500, "defect", "Gesso failed at this; the log says why."))
        seconds = time.perf_counter() - began
        self._house.metrics.count(kind, response.status, seconds)
        log.debug("%s %s %d %.1f ms", request.method, place, response.status, seconds * 1000)
        return response

    def _admit(self, request: web.BaseRequest) -> tuple[Endpoint, Call]:
        """The guard, in an order that tells a stranger nothing: address, origin, credential, and only then the path."""
        headers = request.headers
        target = request.raw_path
        guard.check_target(target)
        guard.check_origin(headers, self._addresses, guard.is_arrival(request.method, target, headers))
        if self._house.stopping.is_set() and target.partition("?")[0] not in STILL:
            raise Refused(503, "stopping", "Gesso is stopping.", headers={"Connection": "close"})
        path, _, query = target.partition("?")
        found = self._table.find(_steps(path))
        endpoint = _endpoint(found, request.method) if found else None
        kind = endpoint.route.kind if endpoint else _kind_of_nothing(found, request.method)
        credential = guard.identify(headers, kind, self._house.access)
        if found is None:
            raise Refused(404, "no_route", "There is nothing at this address.")
        if endpoint is None:
            allowed = ", ".join(sorted(found.endpoints))
            raise Refused(405, "method", f"Use {allowed} here.", headers={"Allow": allowed})
        if request.method not in ("GET", "HEAD"):
            guard.check_content(headers, kind)
        call = Call(request, self._house, found.path(endpoint), query)
        call.credential = credential
        return endpoint, call

    async def _serve(self, endpoint: Endpoint, call: Call) -> web.StreamResponse:
        answer: Any = await endpoint.answer(call)
        if isinstance(answer, web.StreamResponse):
            if not answer.prepared:
                for name, value in headers_of(endpoint.route.kind).items():
                    answer.headers.setdefault(name, value)
            return answer
        return json_answer(answer, endpoint.route.status)


def _steps(path: str) -> list[str]:
    try:
        return [unquote(step, errors="strict") for step in path.split("/")[1:]]
    except UnicodeDecodeError as error:
        raise Refused(400, "encoding", "The path is not UTF-8.") from error


def _endpoint(found: Found, method: str) -> Endpoint | None:
    endpoint = found.endpoints.get(method)
    if endpoint is None and method == "HEAD":
        page = found.endpoints.get("GET")
        return page if page and page.route.kind == "page" else None
    return endpoint


def _kind_of_nothing(found: Found | None, method: str) -> RouteClass:
    """What a request to no route must show: as much as if there were one."""
    if found and all(endpoint.route.kind in guard.OPEN for endpoint in found.endpoints.values()):
        return "public"
    return "api-read" if method in ("GET", "HEAD") else "api-write"


def _disk_problem(error: OSError) -> Refused:
    if isinstance(error, ConnectionError):
        raise error
    if error.errno in FULL:
        return Refused(507, "disk_full", "The disk is full. Free some space, then try again.")
    log.exception("the system failed a request")
    return Refused(500, "defect", f"The system failed: {error.strerror}.")


class _Wire(RequestHandler):
    """One connection; what cannot be read as HTTP gets a problem like everything else."""

    __slots__ = ()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        # The foreign message quotes what was sent, which may be a secret: it goes nowhere.
        log.debug("what was sent is not HTTP: %s", type(exc).__name__)
        if request.writer.output_size > 0:
            raise ConnectionError("the answer has begun already")
        refused = Refused(400, "http", "This is not a request that can be read.")
        if status == 500:
            refused = Refused(500, "defect", "Gesso failed at this; the log says why.")
        response = problem_answer(refused)
        response.force_close()
        return response


class _Full(asyncio.Protocol):
    """A connection too many."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        transport.close()


class _Factory(web.Server):
    """Makes connections, up to a number: handles are needed for pictures too."""

    def __call__(self) -> Any:
        if len(self.connections) >= CONNECTIONS_AT_ONCE:
            return _Full()
        return _Wire(self, loop=asyncio.get_running_loop(), **self._kwargs)


@asynccontextmanager
async def serving(server: Server, sockets: Sequence[socket.socket]) -> AsyncIterator[None]:
    """Answer on the sockets while inside; on leaving, requests under way get two seconds to end."""
    factory = _Factory(
        server.answer,
        access_log=None,
        auto_decompress=False,  # a small body could become a huge one
        keepalive_timeout=75,
        lingering_time=2,
        max_line_size=HEADER_BYTES,
        max_field_size=HEADER_BYTES,
    )
    runner = web.ServerRunner(factory, handle_signals=False, shutdown_timeout=STOP_SECONDS)
    await runner.setup()
    try:
        for each in sockets:
            await web.SockSite(runner, each).start()
        yield
    finally:
        await runner.cleanup()
