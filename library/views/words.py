"""Text as the search index reads it: Latin by words, Chinese, Japanese and Korean by overlapping pairs.

FTS5's trigram tokenizer finds nothing shorter than three characters, and most Chinese words have two. A character alone
is the beginning of a pair, or the last of its run, which is a token too.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from itertools import pairwise

# Han with its extensions and compatibility forms, Kana, Bopomofo, Hangul; written as escapes, they look alike.
CJK = (
    "\u2e80-\u2eff\u3005-\u3007\u3021-\u3029\u3031-\u3035\u3040-\u30ff\u3100-\u312f\u3130-\u318f\u31a0-\u31bf"
    "\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\uff66-\uffdc"
    "\U0001b000-\U0001b16f\U00020000-\U0003ffff"
)
RUN = re.compile(f"([{CJK}]+)")
TEXTS = ("in_title", "in_prompt", "in_negative", "in_tags", "in_note", "in_name", "in_model")  # of the index
PIECE = re.compile(f"[{CJK}]+|[^\\W{CJK}_]+")


def normalised(text: str) -> str:
    """One spelling for what reads the same: full width and half width, composed and decomposed, case."""
    return unicodedata.normalize("NFKC", text).casefold()


def indexed(text: str) -> tuple[str, str]:
    """`text` with every CJK run replaced by its overlapping pairs and its last character, each a token.

    And of that what may have signs in it, which is less to read.
    """
    if text.isascii():
        return text, text  # the tokenizer folds its case
    parts = RUN.split(normalised(text))  # what stands between the runs, and every second one a run
    between, runs = " ".join(parts[::2]), "".join(parts[1::2])
    parts[1::2] = map(_expanded, parts[1::2])
    whole = "".join(parts)
    return whole, between if runs.isalnum() else whole  # a few signs count as CJK, like ・


@lru_cache(maxsize=8192)
def _expanded(run: str) -> str:
    """Prompts say the same words again and again."""
    return f" {' '.join(map(''.join, pairwise(run)))} {run[-1]} "


def matched(text: str, *, phrase: bool = False) -> str:
    """An FTS5 expression that finds `text`: all its words, Latin ones by prefix; empty when it has none.

    A CJK run of one character begins a token; a longer run is the phrase of its pairs, which stand in order.
    """
    pieces = PIECE.findall(normalised(text))
    if phrase and not any(RUN.fullmatch(piece) for piece in pieces):
        return f'"{" ".join(pieces)}"' if pieces else ""
    return " AND ".join(_term(piece, prefix=not phrase) for piece in pieces)


def _term(piece: str, *, prefix: bool) -> str:
    if not RUN.fullmatch(piece):
        return f'"{piece}"*' if prefix else f'"{piece}"'
    if len(piece) == 1:
        return f'"{piece}"*'
    return '"' + " ".join(piece[index : index + 2] for index in range(len(piece) - 1)) + '"'
