"""A picture whose answer comes in events: previews, then the picture itself. Pure.

A preview that makes no sense is left out: what was paid for comes behind it. Without its last event there is no
picture, and nobody knows what is charged.
"""

from __future__ import annotations

from collections.abc import Iterator

from providers.errors import BadAnswer
from providers.openai.answers import Event, Made, broken_off, event_of, made_by, shown_by
from providers.openai.reading import Events, Lines

PARTIAL, COMPLETED = ".partial_image", "image_generation.completed"
MOST_ANSWER = 192 << 20  # bytes: base64 of the largest picture that is taken, and what stands around it
MOST_EVENT = 180 << 20  # bytes: that picture, with line breaks in its base64
MOST_PARTIAL = (16 << 20) * 4 // 3 + (2 << 20)  # bytes: base64 of the largest preview that is shown, and what it tells
LARGE = 1 << 20  # bytes of an event that takes long to read
MOST_LINES = 10_000  # an event of the API has three; some servers send a remark every second


class Coming:
    """An answer as it comes: `take` its bytes, then `end` it. `made`: the picture, once it is there.

    It holds little more than twice the largest event that there may be: its bytes, and the picture in it.
    """

    def __init__(self) -> None:
        self._events = Events(Lines(MOST_ANSWER, MOST_LINES), MOST_EVENT, (b'%b"' % PARTIAL.encode(), MOST_PARTIAL))
        self._shown = 0
        self.made: Made | None = None

    def is_large(self, data: bytes = b"\n") -> bool:
        """Whether a large event may end in further bytes: to take them is not for the loop's thread then."""
        return self._events.held + len(data) > LARGE and b"\n" in data

    def take(self, data: bytes) -> Iterator[bytes]:
        """The previews that are in further bytes. Raises what an event says that went wrong; BadAnswer where the
        answer, or a part of it, is more than any that has its sense.
        """
        if self.made is None:
            yield from self._read(self._events.take(data))

    def end(self) -> Made:
        """The picture; BadAnswer where none came."""
        if self.made is None:
            for _ in self._read(self._events.end()):
                pass  # nobody looks at a preview any more
        if self.made is None:
            raise BadAnswer("The answer ended without the finished picture.")
        return self.made

    def _read(self, found: Iterator[bytearray]) -> Iterator[bytes]:
        for body in found:
            event = event_of(body)
            if len(body) > MOST_PARTIAL and (event is None or event.type != COMPLETED):
                raise BadAnswer("A part of the answer is larger than any that has its sense.")
            yield from self._event(event)
            if self.made is not None:
                return

    def _event(self, event: Event | None) -> Iterator[bytes]:
        if event is None:  # a remark, the end's mark, nonsense
            return
        if event.error is not None or event.type == "error":
            raise broken_off(event, self._shown)
        if event.type == COMPLETED:
            self.made = made_by(event)
        elif isinstance(event.type, str) and event.type.endswith(PARTIAL):
            self._shown += 1  # also one that cannot be read: something was made
            if (preview := shown_by(event)) is not None:
                yield preview
