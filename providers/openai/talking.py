"""The talking half of OpenAI's API: chat completions, read as they come, and embeddings."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from typing import Any

import aiohttp
import httpx2
import msgspec
import openai

from library.jobs.models import Cost
from providers.errors import BadAnswer, OutcomeUnknown, ProviderError
from providers.openai.bounds import TooMuch
from providers.openai.text import MOST_REPLY, Reply, vectors_of
from providers.words.talking import Embedded, End, Piece, Question, Tokens

IN_EVENTS, AT_ONCE = "text/event-stream", "application/json"  # some servers know no pieces


# All that a request may end in; `failure` makes errors of the family of it.
BROKEN = (openai.OpenAIError, httpx2.HTTPError, httpx2.StreamError, aiohttp.ClientError, TooMuch, ProviderError)


class Talking:
    """Asks over a client. `failure(error, model)`: what an error means · `cost(model, tokens)`: what tokens come to ·
    `in_thread` runs what takes long · `vendor`: it is OpenAI itself, which calls a limit otherwise · `counts`: what
    tokens were used is asked for.
    """

    def __init__(
        self,
        client: openai.AsyncOpenAI,
        failure: Callable[[BaseException, str], ProviderError],
        cost: Callable[[str, Tokens | None], Cost | None],
        in_thread: Callable[..., Awaitable[Any]],
        *,
        vendor: bool,
        counts: bool,
    ) -> None:
        self._client = client
        self._failure = failure
        self._cost = cost
        self._in_thread = in_thread
        self._vendor = vendor
        self._counts = counts

    async def speak(self, question: Question, headers: dict[str, str]) -> AsyncGenerator[Piece | End]:
        reply: Reply | None = None
        try:
            async with self._client.chat.completions.with_streaming_response.create(
                model=question.model,
                messages=msgspec.to_builtins([{"role": each.role, "content": each.text} for each in question.messages]),
                stream=True,
                extra_body=self._extra(question),
                extra_headers=headers,
            ) as answer:
                reply = Reply(_kind_of(answer.headers) == AT_ONCE)
                async for data in answer.iter_bytes():
                    for text in reply.take(data):
                        yield Piece(text)
                    if reply.over:
                        break
                for text in reply.end():
                    yield Piece(text)
        except BROKEN as error:
            # What is whole is not spoiled by a connection that breaks behind it; what broke in the middle is paid for.
            if reply is None or not reply.whole or isinstance(error, ProviderError):
                raise begun(self._failure(error, question.model), reply is not None) from None
        end = reply.told(question.model)
        yield msgspec.structs.replace(end, cost=self._cost(question.model, end.tokens))

    def _extra(self, question: Question) -> dict[str, Any]:
        extra: dict[str, Any] = {"stream_options": {"include_usage": True}} if self._counts else {}
        if question.most is not None:
            extra["max_completion_tokens" if self._vendor else "max_tokens"] = question.most
        return extra

    async def embed(self, model: str, texts: Sequence[str], headers: dict[str, str]) -> Embedded:
        try:
            async with self._client.embeddings.with_streaming_response.create(
                model=model, input=list(texts), encoding_format="float", extra_headers=headers
            ) as answer:
                if _kind_of(answer.headers) != AT_ONCE:
                    raise BadAnswer("The answer is no JSON.")
                whole = await _whole(answer.iter_bytes())
                vectors, named, tokens = await self._in_thread(vectors_of, whole, len(texts))
        except BROKEN as error:
            raise self._failure(error, model) from None
        return Embedded(vectors, named or model, tokens, self._cost(model, tokens))


def begun(error: ProviderError, begun: bool) -> ProviderError:
    """Once an answer has begun, whatever goes wrong leaves unknown what it costs."""
    if not begun or isinstance(error, OutcomeUnknown):
        return error
    return OutcomeUnknown(str(error))


def _kind_of(headers: Any) -> str:
    """In pieces or at once; BadAnswer where it is neither, as the page of a router is."""
    kind = str(headers.get("content-type", "")).partition(";")[0].strip().lower()
    if kind not in (IN_EVENTS, AT_ONCE):
        raise BadAnswer(f"The answer is of the kind {kind[:60] or 'that nobody told'}, which is no answer of this API.")
    return kind


async def _whole(pieces: AsyncIterator[bytes]) -> bytes:
    found = bytearray()
    async for piece in pieces:
        found += piece
        if len(found) > 4 * MOST_REPLY:  # vectors of a few hundred texts
            raise TooMuch
    return bytes(found)
