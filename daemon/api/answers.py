"""Answers: the headers that every one carries, JSON, and problems."""

from __future__ import annotations

from typing import Any

import msgspec
from aiohttp import web

from daemon.api.call import encoded
from daemon.api.guard import RouteClass
from daemon.errors import TITLES, Refused

PROBLEM = "application/problem+json"
# No CORS header stands here or anywhere: other origins get nothing.
ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Server": "gesso",
}
PAGE_POLICY = "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
DATA_POLICY = "default-src 'none'; frame-ancestors 'none'; sandbox"


class InputError(msgspec.Struct, frozen=True, omit_defaults=True):
    """One thing wrong: `/tags/0` points into the body, `?limit` at a query parameter, `{id}` at the path. Where several
    things may be wrong with one input, each has a `code` and `params` for translation.
    """

    pointer: str
    detail: str
    code: str = ""
    params: dict[str, str] = {}


class Refusal(msgspec.Struct, frozen=True):
    """What every error looks like (RFC 9457). `code` and `params` are for translation, `detail` for reading."""

    code: str
    title: str
    detail: str
    status: int
    hint: str
    params: dict[str, Any]
    errors: list[InputError]


def headers_of(kind: RouteClass) -> dict[str, str]:
    """The headers of an answer of a route class; handlers may add to them, never take away."""
    if kind == "page":
        return {**ALWAYS, "Content-Security-Policy": PAGE_POLICY, "Cache-Control": "no-cache"}
    return {**ALWAYS, "Content-Security-Policy": DATA_POLICY, "Cache-Control": "no-store"}


PLAIN = headers_of("api-read")


def json_answer(answer: Any, status: int) -> web.Response:
    """A struct as JSON; None as an empty 204."""
    if answer is None:
        return web.Response(status=204, headers=PLAIN)
    return web.Response(body=encoded(answer), status=status, content_type="application/json", headers=PLAIN)


def problem_answer(refused: Refused) -> web.Response:
    """A refusal as problem+json."""
    content = Refusal(
        code=refused.code,
        title=TITLES[refused.status],
        detail=refused.detail,
        status=refused.status,
        hint=refused.hint,
        params=refused.params,
        errors=[InputError(*each) for each in refused.errors],
    )
    return web.Response(
        body=encoded(content), status=refused.status, content_type=PROBLEM, headers={**PLAIN, **refused.headers}
    )
