"""Pictures whose answer comes in events: previews, then the picture itself, of a sheet one after the other. Pure.

A preview that makes no sense is left out: what was paid for comes behind it. Without a finished picture there is none,
and nobody knows what is charged; once there is one, nothing that comes later takes it away.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence

import msgspec

from imaging.formats import sniff
from providers.errors import BadAnswer
from providers.openai.answers import (
    Event,
    Made,
    Sheet,
    broken_off,
    event_of,
    made_of,
    shown_by,
    take_finished,
    why_broken,
)
from providers.openai.reading import Events, Lines
from providers.pricebook import Usage

PARTIAL, COMPLETED, OVER = ".partial_image", "image_generation.completed", b"[DONE]"
FINISHED = b'"%b"' % COMPLETED.encode()
MOST_ANSWER = 192 << 20  # bytes: base64 of the largest picture that is taken, and what stands around it
MOST_EVENT = 180 << 20  # bytes: that picture, with line breaks in its base64
MOST_PARTIAL = (16 << 20) * 4 // 3 + (2 << 20)  # bytes: base64 of the largest preview that is shown, and what it tells
LARGE = 1 << 20  # bytes of an event that takes long to read
SOME = 1 << 10  # bytes of an event that may be a picture on its way
MOST_LINES = 10_000  # an event of the API has three; some servers send a remark every second


class Coming:
    """An answer as it comes: `take` its bytes, then `end` it. `over`: it says itself that nothing comes any more.

    It holds little more than twice the largest event that there may be: its bytes, and the picture in it.
    """

    def __init__(self) -> None:
        self._events = Events(Lines(MOST_ANSWER, MOST_LINES), MOST_EVENT, (b'%b"' % PARTIAL.encode(), MOST_PARTIAL))
        self._shown = 0
        self._sheet = Sheet()
        self._took: list[Usage | None] = []  # of each finished picture
        self.over = False

    @property
    def finished(self) -> int:
        """How many pictures came to their end, those that came to nothing among them."""
        return self._sheet.size

    @property
    def pictures(self) -> int:
        """How many came, those on their way to the finished ones among them."""
        return self._shown + self._sheet.size

    @property
    def is_within(self) -> bool:
        """Whether what may be a picture has begun to come."""
        return self._events.held > SOME

    @property
    def _usage(self) -> Usage | None:
        """What all took; None where one of them does not tell it: a part is no sum."""
        told = [each for each in self._took if each is not None]
        return together(told) if told and len(told) == len(self._took) else None

    @property
    def made(self) -> Made | None:
        """The pictures that are there; None while there is none."""
        try:
            return self._sheet.made(self._usage)
        except BadAnswer:
            return None

    def is_large(self, data: bytes = b"\n") -> bool:
        """Whether a large event may end in further bytes: to take them is not for the loop's thread then."""
        return self._events.held + len(data) > LARGE and b"\n" in data

    def take(self, data: bytes) -> Iterator[bytes]:
        """The previews that are in further bytes. Raises what an event says that went wrong; BadAnswer where the
        answer, or a part of it, is more than any that has its sense.
        """
        if not self.over:
            yield from self._read(self._events.take(data))

    def end(self) -> Made:
        """The pictures; BadAnswer where none came."""
        if not self.over:
            for _ in self._read(self._events.end()):
                pass  # nobody looks at a preview any more
            self.over = True
        if not self.finished:
            raise BadAnswer("The answer ended without the finished picture.")
        return self._sheet.made(self._usage)

    def _read(self, found: Iterator[bytearray]) -> Iterator[bytes]:
        for body in found:
            if len(body) < 2 * len(OVER) and body.strip() == OVER:
                self.over = True
                return
            event = event_of(body)
            if event is None and FINISHED in body:  # it was made, whatever is wrong with what is said of it
                self._took.append(None)
                self._sheet.lose("The answer's picture makes no sense.")
            if len(body) > MOST_PARTIAL and (event is None or event.type != COMPLETED):
                raise BadAnswer("A part of the answer is larger than any that has its sense.")
            yield from self._event(event)

    def _event(self, event: Event | None) -> Iterator[bytes]:
        if event is None:  # a remark, nonsense
            return
        if event.error is not None or event.type == "error":
            if self.made is None:
                raise broken_off(event, self.pictures)
            self._sheet.lose(why_broken(event))  # one of those that were still to come
        elif event.type == COMPLETED:
            self._took.append(take_finished(event, self._sheet))
        elif isinstance(event.type, str) and event.type.endswith(PARTIAL):
            self._shown += 1  # also one that cannot be read: something was made
            if (preview := shown_by(event)) is not None:
                yield preview


class Whole:
    """An answer at once, as it comes: `take` its bytes, then `end` it. `over`: all of it came."""

    made: Made | None = None  # nothing is before its end

    def __init__(self) -> None:
        self._bytes = io.BytesIO()  # never copied as a whole
        self.over = False

    def take(self, data: bytes) -> None:
        self._bytes.write(data)

    def end(self) -> Made:
        """The pictures; BadAnswer where none came. Also of an answer that is not over, if what came is all that it
        says: servers miscount, and forget the last word.
        """
        body = self._bytes.getvalue()
        if not self.over and sniff(body[:16]) is not None:
            raise BadAnswer("The answer is a picture that broke off.")
        return made_of(body)


def together(some: Sequence[Usage]) -> Usage:
    """What pictures took that tell it each for itself."""
    return Usage(*map(sum, zip(*map(msgspec.structs.astuple, some), strict=True)))
