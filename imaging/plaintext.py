"""Bytes of a text file whose encoding nobody told: its words, or nothing where it is no text that can be read."""

from __future__ import annotations

import codecs
import re
import unicodedata

MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
LAYOUT = "\t\n\v\f\r"
# Big5 keeps the characters that are written most from here to there. Signs and some capital letters of Western
# encodings begin the same way and take the letter behind them along: Äpfel is 癥fel.
FREQUENT = range(0xA4, 0xC7)
# Second bytes of these are never below 0xA1. Those of Big5 are in about half of its characters.
NEIGHBOURS = ("gb2312", "euc_kr", "euc_jp")
HAN = "[\u4e00-\u9fff]"


def as_text(data: bytes, whole: bool = True) -> str:
    """UTF-16 with its mark, UTF-8, else Big5 (code page 950) where it is that beyond doubt; "" for anything else.

    Not `whole`: it was cut off, perhaps within a character.
    """
    if data[:2] in MARKS:
        marked = codecs.getincrementaldecoder("utf-16")("replace").decode(data, whole)
        return marked if _is_text(marked) else ""
    found = _decoded(data, "utf-8-sig", whole)
    if found is not None:
        return found if _is_text(found) else ""
    found = _decoded(data, "cp950", whole)
    if found is None or any(_decoded(data, each, whole) is not None for each in NEIGHBOURS):
        return ""
    return found if _is_chinese(found) else ""


def _decoded(data: bytes, encoding: str, whole: bool) -> str | None:
    try:
        return codecs.getincrementaldecoder(encoding)("strict").decode(data, whole)
    except UnicodeDecodeError:
        return None


def _is_text(text: str) -> bool:
    """No NUL, and hardly anything that cannot be shown: of bytes that happen to decode, much cannot."""
    strange = sum(each == "\ufffd" or (unicodedata.category(each) == "Cc" and each not in LAYOUT) for each in text)
    return "\0" not in text and strange * 10 <= len(text)


def _is_chinese(text: str) -> bool:
    """Whether it reads like Big5, most of it several characters in a row, not like bytes that it happens to allow."""
    kinds = {unicodedata.category(each) for each in text if each not in LAYOUT}
    han = re.findall(HAN, text)
    frequent = sum(each.encode("cp950")[0] in FREQUENT for each in han)
    together = sum(map(len, re.findall(HAN + "{2,}", text)))
    return bool(han) and not {"Cc", "Co"} & kinds and frequent * 5 >= len(han) * 4 and together * 3 >= len(han) * 2
