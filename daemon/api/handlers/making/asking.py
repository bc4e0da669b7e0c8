"""Text asked of providers: at once or as it comes, and the calls whose outcome somebody has to decide."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Annotated

import msgspec
from aiohttp import web

from daemon.api.answers import headers_of
from daemon.api.call import Call
from daemon.api.handlers.making.jobs import Decision, Decisions, JobRef
from daemon.api.handlers.making.money import Amount, Range, amount, ranged
from daemon.api.inputs import Strict
from daemon.errors import Refused
from library.jobs.rows import LedgerEntry
from providers.errors import ProviderError
from providers.words.calling import Calling, Voice
from providers.words.estimating import spoken
from providers.words.talking import End, Message, Piece, Question, Stop

LINES = "application/x-ndjson"
QUIET = 15.0  # seconds after which an empty line says that it goes on
LOOK = 0.5  # seconds between two looks whether anybody still waits
STUCK = 30.0  # seconds in which a reader takes nothing, after which it is gone
Asked = Annotated[str, msgspec.Meta(min_length=1, max_length=100_000)]


class NewQuestion(Strict, frozen=True):
    """What is asked, and of whom. Without a provider the first that answers for nothing; without a model the only one
    that can be meant. `system`: how to answer.
    """

    text: Asked
    system: Annotated[str, msgspec.Meta(max_length=100_000)] = ""
    provider: Annotated[str, msgspec.Meta(max_length=200)] = ""
    model: Annotated[str, msgspec.Meta(max_length=200)] = ""


class Answered(msgspec.Struct, frozen=True):
    """An answer. `engine`: the provider that gave it · `offline`: nothing left this machine · `stop`: why it ends there
    · `cost`: nothing, what its tokens come to, or not known.
    """

    text: str
    engine: str
    model: str
    offline: bool
    stop: Stop
    cost: Amount


class AskQuote(msgspec.Struct, frozen=True):
    """Who would answer, and what that may cost: from the question alone to the longest answer that is asked for."""

    engine: str
    model: str
    offline: bool
    price: Range


class CallShown(msgspec.Struct, frozen=True):
    """A call of which nobody knows whether it was paid. `about`: the beginning of what was asked · `time`: ms since
    1970 · `estimate`: what it may have cost.
    """

    id: str
    provider: str
    model: str
    about: str
    time: int
    estimate: Range | None


class CallsShown(msgspec.Struct, frozen=True):
    """All of them, the oldest first."""

    calls: list[CallShown]


class Decided(msgspec.Struct, frozen=True):
    """A call that was decided, and what it counts as; null: nothing."""

    id: str
    cost: Amount | None


class DecidedCalls(msgspec.Struct, frozen=True):
    """Calls that were decided together."""

    calls: list[Decided]


async def ask(call: Call, body: NewQuestion) -> Answered:
    """Ask a model something and wait for the whole answer. What it costs is charged, and it is sent once.

    Who hangs up ends a free answer; one that is paid is heard to its end, so that what it costs is known.
    """
    voice, answer = await _begun(call, body)
    hearing, left = asyncio.create_task(_told(answer, voice), name="answer"), asyncio.create_task(_left(call.request))
    try:
        await asyncio.wait((hearing, left) if voice.model.free else (hearing,), return_when=asyncio.FIRST_COMPLETED)
        if not hearing.done():
            raise ConnectionResetError("nobody waits for the answer any more")
        return await hearing
    except ProviderError as error:
        raise _refused(error) from None
    finally:
        left.cancel()
        hearing.cancel()
        await asyncio.gather(hearing, left, return_exceptions=True)


async def _told(answer: AsyncGenerator[Piece | End], voice: Voice) -> Answered:
    """All of an answer."""
    text = ""
    async with aclosing(answer):
        async for each in answer:
            if isinstance(each, End):
                return _whole(text, voice, each)
            text += each.text
    raise AssertionError("an answer ends with its end")


async def _left(request: web.BaseRequest) -> None:
    """Until whoever asked has hung up: nothing says so by itself while there is nothing to write."""
    while True:
        await asyncio.sleep(LOOK)
        if request.transport is None or request.transport.is_closing():
            return


async def estimate(call: Call, body: NewQuestion) -> AskQuote:
    """What an answer may cost. Nothing is asked of a model."""
    voice = await _voice(call, body)
    price = ranged(spoken(voice.model, _question(voice, body)))
    assert price is not None
    return AskQuote(voice.provider.name, voice.model.id, not voice.provider.leaves_machine, price)


async def stream(call: Call, body: NewQuestion) -> web.StreamResponse:
    """The same as it comes: a line of JSON for each piece, `{"text"}`, last the whole answer without its text.

    Where it breaks off the last is `{"error"}`; an empty line says that it goes on. A reader that hangs up ends a free
    answer; one that is paid is heard to its end, so that what it costs is known.
    """
    voice, answer = await _begun(call, body)
    response = web.StreamResponse(headers=headers_of("api-write"))
    response.content_type = LINES
    lines: asyncio.Queue[bytes | None] = asyncio.Queue()
    hearing = asyncio.create_task(_heard(answer, voice, lines), name="answer")
    left = asyncio.create_task(_left(call.request))
    left.add_done_callback(lambda _: lines.put_nowait(None))
    try:
        while (line := await _next(lines)) != b"":
            if line is None:
                raise ConnectionResetError("nobody waits for the answer any more")
            if not response.prepared:
                await response.prepare(call.request)
            await _write(response, line)
        await hearing
    except ProviderError as error:
        if not response.prepared:
            raise _refused(error) from None
        told = {"code": error.code, "message": str(error), "params": _params(error)}
        await _write(response, msgspec.json.encode({"error": told}) + b"\n")
    except ConnectionError:
        if not voice.model.free:
            await asyncio.wait([hearing])
        raise
    finally:
        left.cancel()
        hearing.cancel()
        await asyncio.gather(hearing, left, return_exceptions=True)
    return response


async def _heard(answer: AsyncGenerator[Piece | End], voice: Voice, lines: asyncio.Queue[bytes | None]) -> None:
    """Every line of an answer, and an empty one when no more comes."""
    try:
        async with aclosing(answer):
            async for each in answer:
                told: object = {"text": each.text} if isinstance(each, Piece) else _whole("", voice, each)
                lines.put_nowait(msgspec.json.encode(told) + b"\n")
    finally:
        lines.put_nowait(b"")


async def _next(lines: asyncio.Queue[bytes | None]) -> bytes | None:
    """The next line; None: nobody listens any more."""
    try:
        async with asyncio.timeout(QUIET):
            return await lines.get()
    except TimeoutError:
        return b"\n"


async def _write(response: web.StreamResponse, line: bytes) -> None:
    try:
        async with asyncio.timeout(STUCK):
            await response.write(line)
    except TimeoutError as error:
        raise ConnectionResetError("the reader takes nothing") from error


async def _begun(call: Call, body: NewQuestion) -> tuple[Voice, AsyncGenerator[Piece | End]]:
    voice = await _voice(call, body)
    return voice, _calling(call).ask(call.library.calls, voice, _question(voice, body))


def _calling(call: Call) -> Calling:
    house = call.house
    return Calling(house.providers, house.runner.limits, budget=house.runner.budget)


async def _voice(call: Call, body: NewQuestion) -> Voice:
    try:
        return await _calling(call).voice(body.provider, body.model)
    except ProviderError as error:
        raise _refused(error) from None


def _question(voice: Voice, body: NewQuestion) -> Question:
    system = (Message("system", body.system),) if body.system else ()
    return Question(voice.model.id, (*system, Message("user", body.text)))


def _whole(text: str, voice: Voice, end: End) -> Answered:
    cost = amount(end.cost)
    assert cost is not None
    return Answered(text, voice.provider.name, end.model, not voice.provider.leaves_machine, end.stop, cost)


def _refused(error: ProviderError) -> Refused:
    return Refused(502, error.code, str(error), params=_params(error))


def _params(error: ProviderError) -> dict[str, str]:
    return {**error.params, "detail": str(error)}


async def calls(call: Call) -> CallsShown:
    """Calls that were cut off once they were sent: nobody knows whether they were paid, and none is sent again."""
    return CallsShown([_call(each) for each in call.library.calls.unknown()])


async def resolve(call: Call, id: JobRef, body: Decision) -> Decided:
    """Decide a call whose outcome is not known, by what the provider's bill says."""
    settled = await call.library.calls.resolve(id, body.charged, body.bill)
    return Decided(settled.attempt.hex(), amount(settled.cost))


async def resolve_all(call: Call, body: Decisions) -> DecidedCalls:
    """Decide several calls whose outcomes are not known in one way: all of them, or none if one of them is known."""
    settled = await call.library.calls.resolve_all(body.ids, body.charged, body.bill)
    return DecidedCalls([Decided(each.attempt.hex(), amount(each.cost)) for each in settled])


def _call(entry: LedgerEntry) -> CallShown:
    return CallShown(entry.attempt.hex(), entry.provider, entry.model, entry.about, entry.time, ranged(entry.estimate))
