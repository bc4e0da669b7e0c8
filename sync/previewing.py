"""The question what an exchange would bring, and its answer in pieces that fit into frames. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from documents.segment import Tip
from library.copies.holders import Presence
from library.pipeline import grouped
from library.planning.offers import MOST_BLOBS, MOST_OPERATIONS, Offered, Question
from library.replica.offering import MOST_BYTES
from sync.errors import Malformed
from sync.messages import Preview, Previewed

PIECE, PIECE_ITEMS = 512 * 1024, 1000  # bytes and number of segments or operations in one frame
LARGEST = 256 * 1024  # bytes of one segment: an offer may go so far beyond its limit
CUT = 8  # bytes by which a blob is told


def asking(workspace: bytes, number: int, question: Question) -> Preview:
    tips = [(tip.incarnation, tip.seq, tip.hash8) for tip in question.tips]
    return Preview(workspace, number, question.heads, tips, question.journal, question.stamp)


def asked(message: Preview) -> Question:
    return Question(message.heads, [Tip(*tip) for tip in message.tips], message.journal, message.stamp)


def told_in_pieces(workspace: bytes, number: int, offered: Offered) -> Iterator[Previewed]:
    """Heads, tips and blobs first, then operations, then segments."""
    tips = [(tip.incarnation, tip.seq, tip.hash8) for tip in offered.tips]
    have, lost = b"".join(offered.presence.have), b"".join(offered.presence.lost)
    bodies = [(operations, list[bytes]()) for operations in _pieces(offered.operations)]
    bodies += [(list[bytes](), segments) for segments in _pieces(offered.segments)]
    first = Previewed(
        *(workspace, number, offered.heads, tips, offered.journal, offered.presence.stamp, have, lost),
        *(offered.presence.more, [], [], offered.more, not bodies),
    )
    yield first
    for place, (operations, segments) in enumerate(bodies, 1):
        yield Previewed(
            *(workspace, number, [], [], b"", 0, b"", b"", False),
            *(operations, segments, offered.more, place == len(bodies)),
        )


def _pieces(items: list[bytes]) -> list[list[bytes]]:
    return [items[some.start : some.stop] for some in grouped([len(each) for each in items], PIECE_ITEMS, PIECE)]


class Pieces:
    """An answer as it comes: no more of it is kept than an answer may have."""

    def __init__(self) -> None:
        self._first: Previewed | None = None
        self._operations: list[bytes] = []
        self._segments: list[bytes] = []
        self._more = False

    def take(self, piece: Previewed) -> None:
        """Malformed where it is too much."""
        self._first = self._first or piece
        self._operations += piece.operations
        self._segments += piece.segments
        self._more = piece.more
        if (
            sum(map(len, self._operations)) > MOST_OPERATIONS
            or sum(map(len, self._segments)) > MOST_BYTES + LARGEST
            or len(piece.have) + len(piece.lost) > MOST_BLOBS * CUT
        ):
            raise Malformed("more is foreseen than was asked for")

    def whole(self) -> Offered:
        first = self._first
        assert first is not None
        have, lost = (
            [joined[at : at + CUT] for at in range(0, len(joined), CUT)] for joined in (first.have, first.lost)
        )
        presence, tips = Presence(first.stamp, have, lost, first.rest), [Tip(*tip) for tip in first.tips]
        return Offered(first.heads, tips, self._operations, self._segments, first.journal, presence, self._more)
