"""Bytes of a text file whose encoding nobody told: its words, or nothing where it is no text that can be read."""

from __future__ import annotations

import codecs
import unicodedata

MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
LAYOUT = "\t\n\v\f\r"
# Big5 keeps the characters that are written most from here to there. Accented letters of Western encodings begin none.
FREQUENT = range(0xA4, 0xC7)


def as_text(data: bytes, whole: bool = True) -> str:
    """UTF-16 with its mark, UTF-8, else Big5 (code page 950) where it is that beyond doubt; "" for anything else.

    Not `whole`: it was cut off, perhaps within a character.
    """
    if data[:2] in MARKS:
        found = codecs.getincrementaldecoder("utf-16")("replace").decode(data, whole)
        return found if _is_text(found) else ""
    for encoding, fits in (("utf-8-sig", _is_text), ("cp950", _is_chinese)):
        try:
            found = codecs.getincrementaldecoder(encoding)("strict").decode(data, whole)
        except UnicodeDecodeError:
            continue
        return found if fits(found) else ""
    return ""


def _is_text(text: str) -> bool:
    """No NUL, and hardly anything that cannot be shown: of bytes that happen to decode, much cannot."""
    strange = sum(each == "\ufffd" or (unicodedata.category(each) == "Cc" and each not in LAYOUT) for each in text)
    return "\0" not in text and strange * 10 <= len(text)


def _is_chinese(text: str) -> bool:
    """Whether it reads like Big5 and not like bytes that it happens to allow."""
    kinds = [unicodedata.category(each) for each in text if each not in LAYOUT]
    han = [each for each in text if "\u4e00" <= each <= "\u9fff"]
    frequent = sum(each.encode("cp950")[0] in FREQUENT for each in han)
    return any(kind[0] == "L" for kind in kinds) and not {"Cc", "Co"} & {*kinds} and frequent * 5 >= len(han) * 4
