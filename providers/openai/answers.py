"""What servers that speak OpenAI's images API answer, as our own: pictures, what they cost, refusals. Pure.

Only what the answer itself says counts as certain: a status below 500 means that nothing was carried out, one of 500
and above, a broken connection or an answer that makes no sense leaves the outcome unknown.
"""

from __future__ import annotations

import email.utils
import math
import re
from collections.abc import Mapping
from datetime import UTC
from typing import Any

import msgspec

from imaging.formats import sniff
from library.jobs.models import Scalar
from providers.base import MOST_ANSWERS, Answer
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
)
from providers.openai.lenient import decoded
from providers.openai.letters import NONSENSE, begins, is_text, picture_of, values_in
from providers.openai.outline import Outline
from providers.pricebook import Usage

MOST_TEXT = 500  # characters of a server's own words
MOST_WAIT = 3600.0  # seconds that a server may ask us to wait
MOST_TOLD = 8000
MOST_BESIDE = 1 << 16  # bytes of what an answer tells beside its pictures, each
MOST_REFUSAL = 1 << 16  # bytes of an answer that is none: what is behind them is not read
MOST_PARTS = 10_000  # of an answer with vectors, each in braces
MOST_VALUES = 100_000  # of an answer with pictures, with all that stands around them
NOTHING = msgspec.Raw(b"null")
MOST_HEADER = 64  # characters of a header that says how long to wait
SPAN = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")
SPANS = re.compile(rf"(?:{SPAN.pattern})+")
SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
CONTENT = {"moderation_blocked", "content_policy_violation", "image_generation_user_error", "content_filter"}
NO_MODEL = {"model_not_found", "model_not_available", "deprecated_model", "model_deprecated"}
NO_MONEY = {"insufficient_quota", "billing_hard_limit_reached", "billing_not_active", "insufficient_credits"}
OVERLOADED = {"server_overloaded", "overloaded", "overloaded_error", "slow_down", "engine_overloaded"}


class _Picture(msgspec.Struct):
    b64_json: msgspec.Raw = NOTHING
    url: msgspec.Raw = NOTHING
    revised_prompt: msgspec.Raw = NOTHING


class _Entry(_Picture):
    """A picture of several, or why there is none in its place."""

    error: msgspec.Raw = NOTHING
    finish_reason: msgspec.Raw = NOTHING


class _Beside(msgspec.Struct):
    """What stands beside pictures. What may be of any kind is not made before it is known to be small."""

    usage: msgspec.Raw = NOTHING
    size: msgspec.Raw = NOTHING
    quality: msgspec.Raw = NOTHING
    background: msgspec.Raw = NOTHING
    output_format: msgspec.Raw = NOTHING


class _Pictures(_Beside):
    data: msgspec.Raw = NOTHING


class Event(msgspec.Struct):
    """A part of an answer that comes in events: a preview, the picture, or an error. `picture` is as it came."""

    picture: _Picture
    type: Any = None
    usage: Any = None
    size: Any = None
    quality: Any = None
    background: Any = None
    output_format: Any = None
    error: Any = None
    code: Any = None
    message: Any = None


class _Event(_Beside):
    type: msgspec.Raw = NOTHING
    b64_json: msgspec.Raw = NOTHING
    url: msgspec.Raw = NOTHING
    revised_prompt: msgspec.Raw = NOTHING
    error: msgspec.Raw = NOTHING
    code: msgspec.Raw = NOTHING
    message: msgspec.Raw = NOTHING


PICTURE = tuple(each.name for each in msgspec.structs.fields(_Picture))
BESIDE = tuple(each.name for each in msgspec.structs.fields(_Beside))
TOLD = tuple(each.name for each in msgspec.structs.fields(Event) if each.name != "picture")


class _Tokens(msgspec.Struct):
    text_tokens: int = 0
    image_tokens: int = 0


class _Usage(msgspec.Struct):
    input_tokens: int
    output_tokens: int
    input_tokens_details: _Tokens | None = None
    output_tokens_details: _Tokens | None = None


class Made(msgspec.Struct, frozen=True):
    """Pictures that were made, and what they took where it is told. `more`: that came besides and were not read ·
    `lost`: that did not come, for the reason of `why`.
    """

    answers: tuple[Answer, ...]
    usage: Usage | None
    more: int = 0
    lost: int = 0
    why: str = ""


class Sheet:
    """The pictures of one answer as they are read: as many as are taken in, and of the others their number. `told`
    stands beside each.
    """

    def __init__(self) -> None:
        self._kept: list[Answer] = []
        self._more = self._lost = 0
        self._why = ""

    @property
    def size(self) -> int:
        """How many there were, those that came to nothing among them."""
        return len(self._kept) + self._more + self._lost

    def take(self, picture: _Picture, told: Mapping[str, Scalar], why: str = "") -> None:
        """One of them, or none for the reason of `why`."""
        if not any(is_text(each) for each in (picture.b64_json, picture.url)):
            self.lose(why or "The answer holds no picture.")
        elif len(self._kept) == MOST_ANSWERS:
            self._more += 1
        else:
            try:
                self._kept.append(_answer_of(picture, told))
            except BadAnswer as error:
                self.lose(why or str(error))

    def lose(self, why: str) -> None:
        """One did not come."""
        self._lost += 1
        self._why = self._why or why

    def made(self, usage: Usage | None) -> Made:
        """What came; BadAnswer where nothing did."""
        if not self._kept:
            raise BadAnswer(self._why or "The answer holds no picture.")
        return Made(tuple(self._kept), usage, self._more, self._lost, self._why)


def made_of(body: bytes) -> Made:
    """An answer of status 200. BadAnswer where it is none: a picture may have been made and charged all the same. Of a
    large one this takes long: not for the loop's thread.
    """
    if sniff(body[:16]) is not None:  # the picture itself, as some servers answer
        return Made((Answer(body),), None)
    outline, sheet = Outline(body), Sheet()
    try:
        found = decoded(outline.plain, _Pictures)
        entries = _entries_in(found.data)
    except NONSENSE as error:
        raise BadAnswer(f"The answer makes no sense: {shortened(str(error))}") from None
    beside = {name: small(outline.whole(getattr(found, name))) for name in BESIDE}
    told = _told_by(beside)
    for each in entries:
        entry = _entry_of(each, outline)
        sheet.take(entry, told, _why_of(entry))
    return sheet.made(_usage_of(beside["usage"]))


def _entries_in(data: msgspec.Raw) -> list[msgspec.Raw]:
    """As many as there are, unless there are more than anybody makes: nothing is made of those."""
    if values_in(data) > MOST_VALUES:
        raise BadAnswer("The answer is in more parts than any that has its sense.")
    return msgspec.json.decode(data, type=list[msgspec.Raw])


def _entry_of(raw: msgspec.Raw, outline: Outline) -> _Entry:
    """One of several; an empty one where it makes no sense: the others may, and were paid for with it."""
    try:
        read = msgspec.json.decode(raw, type=_Entry)
    except NONSENSE:
        return _Entry()
    return _Entry(*(outline.whole(each) for each in msgspec.structs.astuple(read)))


def _why_of(entry: _Entry) -> str:
    """What the server says of a picture that is not there."""
    error, reason = small(entry.error), small(entry.finish_reason)
    said = _said_of(error)
    return said.message or said.code or said.type or shortened(reason)


def small(raw: msgspec.Raw, most: int = MOST_BESIDE) -> Any:
    """What is told beside an answer, of at most so many bytes; None where it is more, or makes no sense."""
    try:
        return decoded(raw, object) if len(memoryview(raw)) <= most else None
    except NONSENSE:
        return None


def _told_by(beside: Mapping[str, Any]) -> dict[str, Scalar]:
    return {
        name: value
        for name in ("size", "quality", "background", "output_format")
        if isinstance(value := beside.get(name), str) and len(value) <= MOST_TEXT
    }


def event_of(body: bytes | bytearray) -> Event | None:
    """One event of an answer that comes in events; None where it makes no sense. Its picture lies in `body`."""
    outline = Outline(body)
    try:
        read = decoded(outline.plain, _Event)
    except NONSENSE:
        return None
    found = {name: outline.whole(getattr(read, name)) for name in (*PICTURE, *TOLD)}
    picture = _Picture(**{name: found[name] for name in PICTURE})
    return Event(picture, **{name: small(found[name]) for name in TOLD})


def take_finished(event: Event, sheet: Sheet) -> Usage | None:
    """A finished picture among the others; gives what it took. Of a large one this is nothing for the loop's thread."""
    sheet.take(event.picture, _told_by({name: getattr(event, name) for name in BESIDE}))
    return _usage_of(event.usage)


def shown_by(event: Event) -> bytes | None:
    """A picture on its way; None where it is none: it is only to be looked at."""
    letters = event.picture.b64_json
    try:
        return picture_of(letters) if is_text(letters) else None
    except BadAnswer:
        return None


def broken_off(event: Event, pictures: int) -> ProviderError:
    """The error that an event tells, after so many previews and pictures, also ones that make no sense. A refusal is
    one as long as nothing was made; what is made by then may be charged.
    """
    said = _said_of(_error_of(event))
    if said.is_one_of(CONTENT) and not pictures:
        return _content(said, said.message or "The server broke off by its rules.")
    return OutcomeUnknown(f"The server broke the picture off: {why_broken(event)}")


def why_broken(event: Event) -> str:
    """What the server says of a picture that it broke off."""
    said = _said_of(_error_of(event))
    return said.message or said.code or said.type or "it does not say why"


def _error_of(event: Event) -> Any:
    return event.error if event.error is not None else {"code": event.code, "message": event.message}


def _answer_of(picture: _Picture, told: Mapping[str, Scalar]) -> Answer:
    revised = small(picture.revised_prompt)
    if isinstance(revised, str) and revised:
        told = {**told, "revised_prompt": revised[:MOST_TOLD]}
    for letters in (picture.b64_json, picture.url):
        if is_text(letters) and (letters is picture.b64_json or begins(letters, b"data:")):
            return Answer(picture_of(letters), told=dict(told))
    place = small(picture.url)
    if isinstance(place, str) and place:
        return Answer(place=place, told=dict(told))
    raise BadAnswer("The answer holds no picture.")


def _usage_of(told: Any) -> Usage | None:
    """Tokens, where they are told in full; without their kinds they count as those of text in and of a picture out."""
    try:
        found = msgspec.convert(told, type=_Usage)
    except NONSENSE:
        return None
    taken = found.input_tokens_details or _Tokens(text_tokens=found.input_tokens)
    given = found.output_tokens_details or _Tokens(image_tokens=found.output_tokens)
    if taken.text_tokens + taken.image_tokens < found.input_tokens:
        taken.text_tokens = found.input_tokens - taken.image_tokens
    if given.text_tokens + given.image_tokens < found.output_tokens:
        given.image_tokens = found.output_tokens - given.text_tokens
    return Usage(taken.text_tokens, taken.image_tokens, given.image_tokens, given.text_tokens)


class Refusal(msgspec.Struct, frozen=True):
    """An answer that is not 200, as it came. `now`: ms since 1970 · `replacement`: of the model, where one is known."""

    status: int
    headers: Mapping[str, str]  # names in small letters
    body: bytes
    now: int
    replacement: str | None = None
    idempotent: bool = False


class _Said(msgspec.Struct, frozen=True):
    """What its body says."""

    shaped: bool  # as an error of this API
    message: str = ""
    code: str = ""
    type: str = ""
    param: str = ""
    stage: str = ""
    categories: str = ""

    def is_one_of(self, codes: set[str]) -> bool:
        return self.code in codes or self.type in codes


def refused(refusal: Refusal) -> ProviderError:
    """The error that an answer stands for."""
    status, said = refusal.status, _said(refusal.body)
    text = f"{said.message or 'The server says nothing about it'} ({status})"
    if status == 429:
        if said.is_one_of(NO_MONEY):
            return QuotaExhausted(text)
        return RateLimited(text, retry_after=wait_of(refusal.headers, refusal.now))
    if status == 503 and ("retry-after" in refusal.headers or said.is_one_of(OVERLOADED)):
        return ServerBusy(text, retry_after=wait_of(refusal.headers, refusal.now))
    if status >= 500 or status == 408 or status < 300 or (status == 409 and refusal.idempotent):
        return OutcomeUnknown(text)
    if status < 400:
        return InvalidRequest(f"The base URL leads elsewhere ({status}).", {"field": "base_url"})
    return _turned_down(refusal, said, text)


def _turned_down(refusal: Refusal, said: _Said, text: str) -> ProviderError:
    """Of the statuses from 400 to 499."""
    status = refusal.status
    if said.is_one_of(CONTENT):
        return _content(said, text)
    if status == 402 or said.is_one_of(NO_MONEY):
        return QuotaExhausted(text)
    if status == 401:
        return AuthError(text)
    if status == 403:
        return PermissionDenied(text)
    if said.is_one_of(NO_MODEL) or status == 410:
        if refusal.replacement is not None or status == 410:
            return ModelRetired(text, {"replacement": refusal.replacement or ""})
        return InvalidRequest(text, {"field": "model"})
    if status == 404 and not said.shaped:
        return InvalidRequest(f"The base URL has nothing of that kind ({status}).", {"field": "base_url"})
    return InvalidRequest(text, {"field": said.param})


def _content(said: _Said, text: str) -> ContentRefused:
    params = {"stage": said.stage or "input", "categories": said.categories, "message": said.message}
    return ContentRefused(said.message or text, params)


def _said(body: bytes) -> _Said:
    try:
        whole = decoded(body if len(body) <= MOST_REFUSAL else b"", object)
    except NONSENSE:
        return _Said(False)
    return _said_of(whole.get("error") if isinstance(whole, dict) else None)


def _said_of(error: Any) -> _Said:
    if isinstance(error, str):
        return _Said(False, shortened(error))
    if not isinstance(error, dict):
        return _Said(False)
    details = error.get("moderation_details")
    details = details if isinstance(details, dict) else {}
    categories = details.get("categories")
    names = [str(each) for each in categories[:20]] if isinstance(categories, list) else []
    return _Said(
        True,
        shortened(error.get("message")),
        shortened(error.get("code")),
        shortened(error.get("type")),
        shortened(error.get("param")),
        shortened(details.get("moderation_stage")),
        shortened(", ".join(names)),
    )


def shortened(text: Any) -> str:
    """A server's words, fit to be shown: one line, bounded."""
    if not isinstance(text, str):
        return ""
    return " ".join("".join(c if c.isprintable() else " " for c in text[: 4 * MOST_TEXT]).split())[:MOST_TEXT]


def wait_of(headers: Mapping[str, str], now: int) -> float | None:
    """Seconds that a server asks to wait: by Retry-After, in seconds or as a date, or by the limit that is used up."""
    told = {name: value for name, value in headers.items() if len(value) <= MOST_HEADER}
    if (milliseconds := _number(told.get("retry-after-ms"))) is not None:
        return _bounded(milliseconds / 1000)
    if (after := told.get("retry-after")) is not None:
        if (seconds := _number(after)) is not None:
            return _bounded(seconds)
        try:
            moment = email.utils.parsedate_to_datetime(after)
            return _bounded(moment.replace(tzinfo=moment.tzinfo or UTC).timestamp() - now / 1000)
        except (ValueError, OverflowError):
            pass
    resets = [
        span
        for what in ("requests", "tokens", "images")
        if (span := _span(told.get(f"x-ratelimit-reset-{what}"))) is not None
        and _number(told.get(f"x-ratelimit-remaining-{what}")) in (None, 0.0)
    ]
    return _bounded(max(resets)) if resets else None


def _number(text: str | None) -> float | None:
    try:
        found = float(text or "")
    except ValueError:
        return None
    return found if math.isfinite(found) else None


def _span(text: str | None) -> float | None:
    """`1s`, `6m0s`, `20ms`."""
    if not text or SPANS.fullmatch(text.strip()) is None:
        return _number(text)
    return sum(float(amount) * SECONDS[unit] for amount, unit in SPAN.findall(text))


def _bounded(seconds: float) -> float:
    return min(max(seconds, 0.0), MOST_WAIT)
