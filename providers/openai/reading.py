"""Answers in events as their bytes come: lines and events, and where either is more than any answer has. Pure.

A server may be broken, or hostile: what is read is bounded in its bytes and its number before anything is made of it,
and is kept once. Whatever is over a bound is BadAnswer: a picture or a text may have been made by then, and charged.
"""

from __future__ import annotations

from collections.abc import Iterator

from providers.errors import BadAnswer

MOST_ASIDE = 1 << 20  # bytes of a line that holds no data: a name, a number, a remark that keeps the connection open
DATA = b"data:"
BEFORE = b"\xef\xbb\xbf"  # the first line: a mark of the byte order, which says nothing


class Lines:
    """The lines of one answer. At most so many bytes (`most`), and so many lines, empty ones too (`most_lines`)."""

    def __init__(self, most: int, most_lines: int) -> None:
        self._most = most
        self._most_lines = most_lines
        self._size = self._number = 0
        self.left = bytearray()  # of the line that is not over yet

    def take(self, data: bytes) -> Iterator[bytearray]:
        """The lines that end in further bytes, without their ends. Each is the taker's own."""
        self._size += len(data)
        if self._size > self._most:
            raise BadAnswer("The answer is larger than any that has its sense.")
        rest, at = memoryview(data), 0
        while (end := data.find(b"\n", at)) >= 0:
            self.left += rest[at:end]
            at = end + 1
            self._number += 1
            if self._number > self._most_lines:
                raise BadAnswer("The answer is in more lines than any that has its sense.")
            yield self.end()
        self.left += rest[at:]

    def end(self) -> bytearray:
        """The line as far as it came; the next one begins."""
        line, self.left = self.left, bytearray()
        if line.endswith(b"\r"):
            del line[len(line.rstrip(b"\r")) :]
        if self._number <= 1 and line.startswith(BEFORE):
            del line[: len(BEFORE)]
        return line


class Events:
    """The data of each event of one answer, whose parts are the lines of `lines`.

    `most`: bytes of one event · `closer`: of events in whose data these words stand, where they are fewer.
    """

    def __init__(self, lines: Lines, most: int, closer: tuple[bytes, int]) -> None:
        self._lines = lines
        self._most = most
        self._words, self._fewer = closer
        self._data: bytearray | None = None  # of the event that is not over yet
        self._looked = False  # whether it is large, and none that is bounded closer as far as it came

    @property
    def held(self) -> int:
        """Bytes of the event that is not over yet."""
        return len(self._data or b"") + len(self._lines.left)

    def take(self, data: bytes) -> Iterator[bytearray]:
        """The data of events that end in further bytes. Each is the taker's own; events without any are none."""
        for line in self._lines.take(data):
            if line:
                self._keep(line)
            elif self._data is not None:
                yield self._over()
        self._check(self._lines.left)

    def end(self) -> Iterator[bytearray]:
        """The data of the event that the answer ends in, without an empty line behind it."""
        self._keep(self._lines.end())
        if self._data is not None:
            yield self._over()

    def _keep(self, line: bytearray) -> None:
        self._check(line)
        if line == DATA[:-1]:  # an empty line of data
            line += b":"
        if not line.startswith(DATA):
            return
        del line[: len(DATA)]
        if self._data is None:
            self._data = line  # not a copy: it may be a large picture
        else:
            self._data += b"\n"
            self._data += line

    def _over(self) -> bytearray:
        found, self._data, self._looked = self._data, None, False
        assert found is not None
        return found

    def _check(self, line: bytearray) -> None:
        """With a further line, or with what has come of one."""
        if len(line) > MOST_ASIDE and not line.startswith(DATA):
            raise BadAnswer("A line of the answer is larger than any that has its sense.")
        size = len(line) + len(self._data or b"")
        if size > self._fewer and not self._looked:
            self._looked = True
            if self._words in line or (self._data is not None and self._words in self._data):
                raise BadAnswer("A part of the answer is larger than any that has its sense.")
        if size > self._most:
            raise BadAnswer("A part of the answer is larger than any that has its sense.")
