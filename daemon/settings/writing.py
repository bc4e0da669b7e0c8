"""One setting into config.toml, as a person would write it: every other byte stays, and what comes out is read again.

Where it would not say the same but for that setting (a value over several lines, a section written in another way),
nothing is written, and whoever asks says so.
"""

from __future__ import annotations

import glob
import json
import os
import re
import shutil
import tempfile
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from daemon.lock import alone_in
from daemon.settings.toml import line_of

_ENDS = re.compile(r"""\s*=\s*("[^"\\]*"|'[^']*')(\s*(?:#.*)?\r?)""")  # behind a key: one text, and a remark


def with_value(text: str, section: str, key: str, value: str) -> str | None:
    """The text with this setting, or None where it cannot be put in without touching something else.

    `text` is TOML. Raises tomllib.TOMLDecodeError where it is not.
    """
    before = tomllib.loads(text)
    content = before.get(section, {})
    if not isinstance(content, dict):
        return None
    wanted = {**before, section: {**content, key: value}}
    for made in _tries(text, section, key, f"{key} = {json.dumps(value, ensure_ascii=False)}"):
        if _said(made) == wanted:
            return made
    return None


def _tries(text: str, section: str, key: str, setting: str) -> Iterator[str]:
    """In the place where it stands, behind where it is explained, at the head of its section, in one at the end."""
    end = "\r\n" if "\r\n" in text else "\n"
    lines = text.split("\n")
    if at := line_of(text, section, key):
        line = lines[at - 1]
        head, _, rest = line.partition(key)
        quote = rest[: len(rest) - len(rest.lstrip("\"'"))]
        if found := _ENDS.fullmatch(rest[len(quote) :]):
            mark = head.rstrip("\"'")
            yield "\n".join([*lines[: at - 1], f"{mark}{setting}{found[2]}", *lines[at:]])
        return
    explained = [at for at, line in enumerate(lines, 1) if re.match(rf"\s*#\s*{re.escape(key)}\s*=", line)]
    headed = line_of(text, section)
    for at in [*explained, *([headed] if headed else [])]:
        if at == len(lines):
            yield f"{text}{end}{setting}{end}"
        else:
            yield "\n".join([*lines[:at], setting + end[:-1], *lines[at:]])
    apart = "" if not text else end if text.endswith("\n") else end * 2
    yield f"{text}{apart}[{section}]{end}{setting}{end}"


def _said(text: str) -> dict[str, Any] | None:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return None


def put(file: Path, section: str, key: str, value: str) -> bool:
    """Write a setting into the file, at once or not at all; whether that went. A link is followed, rights stay. Of
    several that do so at once each finds what the one before it wrote.

    Raises OSError, UnicodeDecodeError and tomllib.TOMLDecodeError.
    """
    place = file.resolve()
    place.parent.mkdir(parents=True, exist_ok=True)
    with alone_in(place.parent):
        return _put(place, section, key, value)


def _put(place: Path, section: str, key: str, value: str) -> bool:
    content = place.read_bytes() if place.exists() else b""
    mark = b"\xef\xbb\xbf" if content.startswith(b"\xef\xbb\xbf") else b""
    text = with_value(content[len(mark) :].decode("utf-8"), section, key, value)
    if text is None:
        return False
    for left in place.parent.glob(f"{glob.escape(place.name)}.*.new"):  # by one that was killed
        left.unlink(missing_ok=True)
    # Headers may hold keys: nobody else reads it, not even before it has the rights of the one that it replaces.
    handle, name = tempfile.mkstemp(".new", f"{place.name}.", place.parent)
    fresh = Path(name)
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(mark + text.encode("utf-8"))
            out.flush()
            os.fsync(out.fileno())  # else a power cut may leave the new name with no bytes behind it
        if place.exists():
            shutil.copymode(place, fresh)
        fresh.replace(place)
    except BaseException:
        fresh.unlink(missing_ok=True)
        raise
    return True
