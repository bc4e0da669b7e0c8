"""JSON that may be large: its long texts are found first, and left where they lie. Pure.

Whatever reads JSON lets nothing else run meanwhile, and takes long over what is no plain text. So an answer is read
once its pictures are out of it and the rest is known to be small.
"""

from __future__ import annotations

import msgspec

from providers.errors import BadAnswer
from providers.openai.letters import begins

LARGE = 1 << 20  # bytes: less is read as it is
LONG = 1 << 16  # bytes of a text that is taken out
MOST_OUTLINE = 8 << 20  # bytes of all that is no long text
MOST_MARKS = 400_000  # of quotation
MOST_ESCAPES = 1000  # backslashes one behind the other
MOST_DIGITS = 9  # of a mark's number
MARK = b"\\u0000"  # what stands for a long text: who sends that by itself gets a text of its own answer


class Outline:
    """One body. `plain`: to be read, with marks in place of long texts. BadAnswer where too much is no text."""

    def __init__(self, body: bytes | bytearray) -> None:
        self._texts: list[msgspec.Raw] = []
        self._marks = 0
        self.plain = body if len(body) <= LARGE else self._outlined(body)

    def whole(self, part: msgspec.Raw) -> msgspec.Raw:
        """What stands at a place of the outline: the text, where that is a mark."""
        if not self._texts or not begins(part, MARK):
            return part
        number = bytes(memoryview(part)[len(MARK) + 1 : -1][: MOST_DIGITS + 1])
        if not number.isdigit() or len(number) > MOST_DIGITS:
            return part
        return self._texts[int(number)] if int(number) < len(self._texts) else part

    def _outlined(self, body: bytes | bytearray) -> bytearray:
        view, found, at = memoryview(body), bytearray(), 0
        while (begin := body.find(b'"', at)) >= 0 and (end := self._end(body, begin + 1)) >= 0:
            if end - begin <= LONG:
                _more(found, view[at : end + 1])
            else:
                _more(found, view[at:begin])
                found += b'"%b%d"' % (MARK, len(self._texts))
                self._texts.append(msgspec.Raw(view[begin : end + 1]))
            at = end + 1
        return _more(found, view[at:])

    def _end(self, body: bytes | bytearray, begin: int) -> int:
        """Where the text ends that begins there; -1: nowhere."""
        end = begin - 1
        while (end := body.find(b'"', end + 1)) >= 0:
            self._marks += 1
            before = bytes(body[max(begin, end - MOST_ESCAPES) : end])
            escapes = len(before) - len(before.rstrip(b"\\"))
            if self._marks > MOST_MARKS or escapes == MOST_ESCAPES:
                raise _nonsense()
            if escapes % 2 == 0:
                break
        return end


def _more(found: bytearray, piece: memoryview) -> bytearray:
    if len(found) + len(piece) > MOST_OUTLINE:
        raise _nonsense()
    found += piece
    return found


def _nonsense() -> BadAnswer:
    return BadAnswer("The answer is in more parts than any that has its sense.")
