"""A picture whose answer comes in events: previews, then the picture itself. Pure.

A preview that makes no sense is left out: what was paid for comes behind it. Without its last event there is no
picture, and nobody knows what is charged.
"""

from __future__ import annotations

from collections.abc import Iterator

from providers.errors import BadAnswer
from providers.openai.answers import Made, broken_off, event_of, made_by, shown_by

PARTIAL, COMPLETED = ".partial_image", "image_generation.completed"


class Coming:
    """An answer as it comes: `take` its bytes, then `end` it. `made`: the picture, once it is there."""

    def __init__(self) -> None:
        self._left = bytearray()
        self._data: list[bytes] = []  # lines of the event that is not over yet
        self._shown = 0
        self.made: Made | None = None

    def take(self, data: bytes) -> Iterator[bytes]:
        """The previews that are in further bytes. Raises what an event says that went wrong."""
        seen = len(self._left)
        self._left += data
        while self.made is None and (at := self._left.find(b"\n", seen)) >= 0:
            line, seen = bytes(self._left[:at]).rstrip(b"\r"), 0
            del self._left[: at + 1]
            yield from self._line(line)

    def end(self) -> Made:
        """The picture; BadAnswer where none came."""
        for line in (bytes(self._left), b"") if self.made is None else ():
            for _ in self._line(line):
                pass  # nobody looks at a preview any more
        if self.made is None:
            raise BadAnswer("The answer ended without the finished picture.")
        return self.made

    def _line(self, line: bytes) -> Iterator[bytes]:
        if line:
            name, _, value = line.partition(b":")
            self._data += [value] if name == b"data" else []
            return
        body, self._data = b"\n".join(self._data), []
        if (event := event_of(body)) is None:  # a remark, the end's mark, nonsense
            return
        if event.error is not None or event.type == "error":
            raise broken_off(event, self._shown)
        if event.type == COMPLETED:
            self.made = made_by(event)
        elif event.type.endswith(PARTIAL):
            self._shown += 1  # also one that cannot be read: something was made
            if (preview := shown_by(event)) is not None:
                yield preview
