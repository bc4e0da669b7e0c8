"""What servers that speak OpenAI's API answer in words and vectors, as our own. Pure.

An answer is believed as far as it has its shape: it ends as it should, is no larger than any that has its sense, and
has a vector for each text. Whatever else comes is BadAnswer: it may have been charged all the same.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from providers.errors import BadAnswer, OutcomeUnknown
from providers.openai.answers import MOST_PARTS, MOST_VALUES, NOTHING, shortened, small
from providers.openai.lenient import HALVES, UNKNOWN, decoded, read
from providers.openai.letters import NONSENSE, is_null, opened_in, parts_in, values_in
from providers.openai.reading import Lines
from providers.words.talking import End, Stop, Tokens

MOST_REPLY = 16 << 20  # bytes of an answer in words, with all that is around them
MOST_LINE = 1 << 20  # bytes of one event
MOST_LINES = 600_000  # two of each event, and each event a letter
MOST_CHARACTERS = 1_000_000
MOST_DIMENSIONS = 65_536
MOST_NUMBERS = 4_000_000  # of all vectors of an answer: a thousand of the longest that are in use
MOST_TOKENS = 10**9
STOPS: dict[str, Stop] = {
    "stop": "end", "eos": "end", "end_turn": "end", "stop_sequence": "end",
    "length": "length", "max_tokens": "length", "content_filter": "content",
}  # fmt: skip


class _Said(msgspec.Struct):
    content: str | None = None


class _Choice(msgspec.Struct):
    delta: _Said | None = None
    message: _Said | None = None
    finish_reason: str | None = None
    index: int = 0


# One is asked for; what stands behind these is passed over, however much it is.
_Choices = msgspec.defstruct("_Choices", [(f"c{n}", _Choice | None, None) for n in range(8)], array_like=True)


class _Part(msgspec.Struct):
    choices: _Choices | None = None  # type: ignore[valid-type]
    model: msgspec.Raw = NOTHING
    usage: msgspec.Raw = NOTHING
    error: msgspec.Raw = NOTHING


class _Details(msgspec.Struct):
    cached_tokens: int | None = None


class _Usage(msgspec.Struct):
    prompt_tokens: int
    completion_tokens: int | None = None
    prompt_tokens_details: _Details | None = None


class _Vector(msgspec.Struct):
    embedding: msgspec.Raw
    index: int | None = None


class _Vectors(msgspec.Struct):
    data: msgspec.Raw
    model: msgspec.Raw = NOTHING
    usage: msgspec.Raw = NOTHING


class Reply:
    """An answer as it comes: `take` its bytes, then `end` it. In events, or whole (`at_once`)."""

    def __init__(self, at_once: bool = False) -> None:
        self._at_once = at_once
        self._lines = Lines(MOST_REPLY, MOST_LINES)
        self._all = bytearray()  # of an answer at once
        self._characters = 0
        self._half = ""  # of a letter, whose other one comes with the next piece
        self._stop: Stop | None = None
        self._tokens: Tokens | None = None
        self._model = ""
        self.over = False  # nothing that comes now belongs to it

    @property
    def whole(self) -> bool:
        """Whether all was said, so that it does no harm if the connection breaks now."""
        return self.over or self._stop is not None

    def take(self, data: bytes) -> Iterator[str]:
        """The text that is in further bytes."""
        if self._at_once:
            self._all += data
            if len(self._all) > MOST_REPLY:
                raise BadAnswer("The answer is larger than any that has its sense.")
            return
        for line in self._lines.take(data) if not self.over else ():
            yield from self._line(line)
            if self.over:
                return
        if len(self._lines.left) > MOST_LINE:
            raise BadAnswer("A part of the answer is larger than any that has its sense.")

    def end(self) -> Iterator[str]:
        """The text that only shows at the end; BadAnswer where the answer is not whole."""
        if self._at_once:
            yield from self._part(self._all)
        elif not self.over:
            yield from self._line(self._lines.end())
        if not self.whole:
            raise BadAnswer("The answer broke off in the middle.")
        if self._half:
            yield UNKNOWN
        self._half, self.over = "", True

    def told(self, model: str) -> End:
        """What stands around the text; `model`: that was asked."""
        return End(self._stop or "end", self._model or model, self._tokens)

    def _line(self, line: bytearray) -> Iterator[str]:
        name, _, value = line.rstrip(b"\r").partition(b":")
        if name != b"data" or not value.strip():
            return
        if value.strip() == b"[DONE]":
            self.over = True
            return
        yield from self._part(value)

    def _part(self, body: bytearray) -> Iterator[str]:
        found = _part_of(body)
        if not is_null(found.error):
            told = small(found.error)
            said = told.get("message") if isinstance(told, dict) else told
            raise OutcomeUnknown(f"The server broke the answer off: {shortened(said) or 'it does not say why'}")
        if found.choices is None:
            raise BadAnswer("The answer makes no sense: it has no choices.")
        self._model = _name_of(found.model) or self._model
        self._tokens = tokens_of(small(found.usage)) or self._tokens
        for choice in msgspec.structs.astuple(found.choices):
            if choice is not None and choice.index == 0:
                yield from self._choice(choice)

    def _choice(self, choice: _Choice) -> Iterator[str]:
        said = choice.message if self._at_once else choice.delta
        if choice.finish_reason or self._at_once:
            self._stop = STOPS.get(choice.finish_reason or "stop", "other")
        if said is None or not said.content:
            return
        self._characters += len(said.content)
        if self._characters > MOST_CHARACTERS:
            raise BadAnswer("The answer is longer than any that has its sense.")
        text, self._half = _joined(self._half + said.content)
        if text:
            yield text


def _part_of(body: bytearray) -> _Part:
    """A part of an answer, halves of letters as they are: the others may stand in the next part."""
    try:
        return msgspec.json.decode(body, type=_Part)
    except NONSENSE as error:
        try:
            found, told = decoded(body, _Part), read(body)
            if isinstance(told, dict) and told.get("choices") is not None:
                found.choices = msgspec.convert(told["choices"], type=_Choices)  # type: ignore[assignment]
            return found
        except NONSENSE:
            raise BadAnswer(f"The answer makes no sense: {shortened(str(error))}") from None


def _joined(text: str) -> tuple[str, str]:
    """The text with the halves of letters in it joined, and one at its end whose other may still come."""
    if HALVES.search(text) is None:
        return text, ""
    half = text[-1:] if "\ud800" <= text[-1:] < "\udc00" else ""
    whole = text.removesuffix(half) if half else text
    return HALVES.sub(UNKNOWN, whole.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")), half


def tokens_of(told: Any) -> Tokens | None:
    """Tokens, where they are told and can be."""
    try:
        found = msgspec.convert(told, type=_Usage)
    except NONSENSE:
        return None
    cached = (found.prompt_tokens_details.cached_tokens if found.prompt_tokens_details else None) or 0
    counted = Tokens(found.prompt_tokens, found.completion_tokens or 0, cached)
    if not (0 <= counted.cached <= counted.taken <= MOST_TOKENS and 0 <= counted.given <= MOST_TOKENS):
        return None
    return counted


def _name_of(model: msgspec.Raw) -> str:
    name = small(model)
    return name if isinstance(name, str) and len(name) <= 200 else ""


def vectors_of(body: bytes, number: int) -> tuple[tuple[tuple[float, ...], ...], str, Tokens | None]:
    """The vectors of so many texts in their order, the model's name ("": not told), and what they took. Of many this
    takes long: not for the loop's thread.
    """
    if values_in(body) > MOST_NUMBERS + MOST_VALUES or opened_in(body) > MOST_VALUES:
        raise BadAnswer("The answer is in more parts than any that has its sense.")
    try:
        found = msgspec.json.decode(body, type=_Vectors)
        if parts_in(found.data) > MOST_PARTS + number:
            raise BadAnswer("The answer is in more parts than any that has its sense.")
        some = msgspec.json.decode(found.data, type=list[_Vector])
        if len(some) != number:
            raise BadAnswer(f"{number} vectors were asked for and {len(some)} came.")
        vectors = _numbers_of([bytes(each.embedding) for each in some])
    except NONSENSE as error:
        raise BadAnswer(f"The vectors make no sense: {shortened(str(error))}") from None
    indexes = [each.index for each in some]
    if any(each is not None for each in indexes):
        if sorted(-1 if each is None else each for each in indexes) != list(range(number)):
            raise BadAnswer("It is not told which vector is of which text.")
        vectors = [vector for _, vector in sorted(zip(indexes, vectors, strict=True))]
    return tuple(vectors), _name_of(found.model), tokens_of(small(found.usage))


def _numbers_of(some: Sequence[bytes]) -> list[tuple[float, ...]]:
    """The vectors themselves, all of one length: which is seen by their commas, before any is made."""
    lengths = {each.count(b",") + 1 for each in some}
    if len(lengths) != 1 or max(lengths) > MOST_DIMENSIONS or max(lengths) * len(some) > MOST_NUMBERS:
        raise BadAnswer(f"The vectors are of no one length: {', '.join(map(str, sorted(lengths)[:5]))}.")
    vectors = [msgspec.json.decode(each, type=tuple[float, ...]) for each in some]
    if not all(vectors):
        raise BadAnswer("The vectors are of no one length: 0.")
    if not all(math.isfinite(value) for each in vectors for value in each):
        raise BadAnswer("The vectors hold what is no number.")
    return vectors
