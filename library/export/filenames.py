"""Names of files that every system takes, Windows, macOS and Linux, and that differ on all of them."""

from __future__ import annotations

import re
import unicodedata

from library.values import JOINERS

SUFFIXES = {
    "image/png": ".png",
    "image/jpeg": ".jpg",
    "image/webp": ".webp",
    "image/avif": ".avif",
    "image/gif": ".gif",
    "image/tiff": ".tif",
}
ENDING = re.compile(r"\.(png|jpe?g|webp|avif|gif|tiff?)$", re.IGNORECASE)
FORBIDDEN = re.compile(r'[<>:"/\\|?*]')  # on Windows
RESERVED = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|com[\d¹²³]|lpt[\d¹²³])(\..*)?", re.IGNORECASE)
# A name has at most 255 bytes, and on Windows a whole path 260 characters. The rest is for number and endings.
MOST_CHARACTERS, MOST_BYTES = 80, 160


def safe_name(name: str, otherwise: str = "picture") -> str:
    """The name without a picture's ending, as every file system takes it."""
    return portable(ENDING.sub("", name), otherwise)


def portable(name: str, otherwise: str) -> str:
    """The name as every file system takes it."""
    clean = "".join(map(_safe, name))
    short = clean.strip(" .")[:MOST_CHARACTERS].encode()[:MOST_BYTES].decode("utf-8", "ignore").strip(" .")
    if not short.strip(JOINERS):
        return otherwise
    # Before the first two lie devices, the third is how office programs call what they will delete.
    return f"_{short}" if RESERVED.fullmatch(short) or short.startswith("~$") else short


def _safe(character: str) -> str:
    if FORBIDDEN.match(character):
        return "_"
    kind = unicodedata.category(character)
    if kind in ("Cc", "Zl", "Zp"):  # control characters and breaks of lines
        return "_"
    return "" if kind in ("Cf", "Cs") and character not in JOINERS else character


def folded(name: str) -> str:
    """What two names have in common that are one on some file system: by case, composition, or what is not seen."""
    seen = "".join(each for each in name if each not in JOINERS)
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", seen).casefold())


def free_name(stem: str, suffix: str, taken: set[str]) -> str:
    """The first of `stem`, `stem (2)`, … that differs, with its suffix and a text beside it, from what is taken."""
    number = 1
    name = f"{stem}{suffix}"
    while folded(name) in taken or folded(f"{name}.json") in taken:
        number += 1
        name = f"{stem} ({number}){suffix}"
    taken.add(folded(name))
    return name
