"""Letting in: launch codes, browser sessions, and the proof that this is our daemon."""

from __future__ import annotations

from typing import Annotated

import msgspec
from aiohttp import web

from daemon.api.answers import json_answer
from daemon.api.call import Call
from daemon.api.handlers.system import language_of
from daemon.credentials import prove
from daemon.errors import Refused


class Code(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A launch code, as the address `gesso ui` opens carries it after `#code=`."""

    code: Annotated[str, msgspec.Meta(max_length=200)]


class Welcome(msgspec.Struct, frozen=True):
    """The language to show the page in."""

    language: str


class Launch(msgspec.Struct, frozen=True):
    """An address that lets one browser in, once, within a minute."""

    url: str


class Challenge(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """32 random bytes in hex."""

    challenge: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]


class Proof(msgspec.Struct, frozen=True):
    """HMAC-SHA256, in hex, by a secret that only this user's programs can read, over this port and the challenge."""

    proof: str


async def begin(call: Call, body: Code) -> web.StreamResponse:
    """Let a browser in for a launch code."""
    access = call.house.access
    session = access.redeem(body.code)
    if session is None:
        raise Refused(401, "launch_code", "This code was used already or is too old.", hint="Run `gesso ui` again.")
    answer = json_answer(Welcome(language_of(call)), 200)
    answer.set_cookie(access.cookie, session, max_age=access.cookie_seconds, path="/", httponly=True, samesite="Strict")
    return answer


async def end(call: Call) -> web.StreamResponse:
    """Log this browser out."""
    access = call.house.access
    if call.credential.how == "session":
        access.end(call.credential.session)
    answer = json_answer(None, 204)
    answer.del_cookie(access.cookie, path="/", httponly=True, samesite="Strict")
    return answer


async def launch(call: Call) -> Launch:
    """Mint a launch code. It stands in the fragment, which browsers never send."""
    return Launch(f"{call.house.url}/#code={call.house.access.mint_code()}")


async def proof(call: Call, query: Challenge) -> Proof:
    """Show that this port is answered by our daemon and not by somebody who took its place."""
    return Proof(prove(call.house.proof_secret, bytes.fromhex(query.challenge), call.house.port).hex())
