"""Pictures as letters: base64 as servers write it into JSON. Pure.

A large picture is read in pieces: no copy of its letters is made, and whoever reads it in a thread leaves the others
their turns between the pieces.
"""

from __future__ import annotations

import binascii
import io
import string

import msgspec

from providers.errors import BadAnswer

PIECE = 1 << 20  # letters that are read at once
LONGEST_ESCAPE = 6  # letters: \\u000a
MOST_HEAD = 200  # letters before the picture in a data: URL
BLANKS = string.whitespace.encode()
NONSENSE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)  # what decoding a body may end in


def begins(text: msgspec.Raw, words: bytes) -> bool:
    """Whether it is a text of JSON that begins so."""
    return bytes(memoryview(text)[: len(words) + 1]) == b'"' + words


def is_text(text: msgspec.Raw) -> bool:
    """Whether it is a text of JSON, and not the empty one."""
    return begins(text, b"") and len(memoryview(text)) > 2


def is_null(text: msgspec.Raw) -> bool:
    """Whether it says that there is nothing."""
    return bytes(memoryview(text)[:4]) == b"null"


def parts_in(text: msgspec.Raw) -> int:
    """How many values in braces a part of JSON has at most, without making any."""
    view = memoryview(text)
    return sum(bytes(view[at : at + PIECE]).count(b"{") for at in range(0, len(view), PIECE))


def values_in(text: msgspec.Raw | bytes | memoryview) -> int:
    """How many values a list of JSON has at most, with all that is in them."""
    view = memoryview(text)
    return 1 + sum(bytes(view[at : at + PIECE]).count(b",") for at in range(0, len(view), PIECE))


def opened_in(body: bytes | memoryview) -> int:
    """How many values in braces or in brackets a piece of JSON has at most."""
    pieces = (bytes(body[at : at + PIECE]) for at in range(0, len(body), PIECE))
    return sum(piece.count(b"{") + piece.count(b"[") for piece in pieces)


def picture_of(text: msgspec.Raw) -> bytes:
    """The bytes that a text of JSON stands for, also with line breaks, without its end, as a data: URL: they were paid
    for. BadAnswer where it is not base64.
    """
    letters = memoryview(text)[1:-1]
    try:
        if begins(text, b"data:"):
            head = bytes(letters[:MOST_HEAD]).find(b"base64,")
            if head < 0:
                raise binascii.Error("it is written in another way")
            letters = letters[head + len(b"base64,") :]
        return _decoded(letters)
    except (binascii.Error, *NONSENSE):
        raise BadAnswer("The answer's picture is not base64.") from None


def _decoded(letters: memoryview) -> bytes:
    found, left, over, at = io.BytesIO(), b"", False, 0
    while at < len(letters):
        piece = _piece(letters[at : at + PIECE], at + PIECE < len(letters))
        at += len(piece)
        if b"\\" in piece:
            piece = msgspec.json.decode(b'"%b"' % piece, type=str).encode()
        piece = piece.translate(None, BLANKS)
        if over or b"=" in piece:  # its end, which may be written wrong
            piece, _, behind = (b"", b"", piece) if over else piece.partition(b"=")
            over = True
            if behind.strip(b"="):
                raise binascii.Error("there is more behind its end")
        piece = left + piece
        whole = len(piece) // 4 * 4
        left = piece[whole:]
        found.write(binascii.a2b_base64(piece[:whole], strict_mode=True))
    if left:
        found.write(binascii.a2b_base64(left + b"=" * (4 - len(left)), strict_mode=True))
    return found.getvalue()


def _piece(letters: memoryview, more: bool) -> bytes:
    """The next letters, which end in no escaped one's middle where there are `more`."""
    piece = bytes(letters)
    cut = piece.rfind(b"\\", len(piece) - LONGEST_ESCAPE) if more else -1
    return piece[:cut] if cut > 0 else piece
