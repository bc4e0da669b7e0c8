"""What a provider may do besides pictures: speak (messages in, text out, piece by piece) and embed (texts in, vectors
out). One that does has the methods of `Speaks` or `Embeds`; which of its models can is in their `can`.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from typing import Literal, Protocol, runtime_checkable

import msgspec

from library.jobs.models import Cost

Role = Literal["system", "user", "assistant"]
# end: it has said all · length: the model or the request allows no more · content: held back by the provider's rules
Stop = Literal["end", "length", "content", "other"]


class Message(msgspec.Struct, frozen=True):
    """One of a conversation."""

    role: Role
    text: str


class Question(msgspec.Struct, frozen=True):
    """What a model is to answer. `most`: tokens of the answer, None: as many as the model gives."""

    model: str
    messages: tuple[Message, ...]
    most: int | None = None


class Tokens(msgspec.Struct, frozen=True):
    """What was used, as the provider counts. `cached`: those of `taken` that it had seen before."""

    taken: int
    given: int
    cached: int = 0


class Piece(msgspec.Struct, frozen=True):
    """The next part of an answer's text."""

    text: str


class End(msgspec.Struct, frozen=True):
    """The answer is whole. `model`: as the provider calls the one that answered. What it does not tell is None."""

    stop: Stop
    model: str
    tokens: Tokens | None = None
    cost: Cost | None = None


class Embedded(msgspec.Struct, frozen=True):
    """A vector for each text, in their order, all of one length and of finite numbers."""

    vectors: tuple[tuple[float, ...], ...]
    model: str
    tokens: Tokens | None = None
    cost: Cost | None = None

    @property
    def dimensions(self) -> int:
        return len(self.vectors[0])


@runtime_checkable
class Speaks(Protocol):
    """A provider with models that answer in words. Raises errors of errors.py; nothing is tried again in here.

    What a model says is text and nothing else: no tool is offered to it.
    """

    def speak(self, question: Question, token: str) -> AsyncGenerator[Piece | End]:
        """The answer, piece by piece, and its End last. Without one it raises, also in the middle: OutcomeUnknown once
        the request may have been carried out. Closing it hangs up.
        """
        ...


@runtime_checkable
class Embeds(Protocol):
    """A provider with models that make vectors of texts."""

    async def embed(self, model: str, texts: Sequence[str], token: str) -> Embedded:
        """A vector for each of these texts, of which there is at least one."""
        ...
