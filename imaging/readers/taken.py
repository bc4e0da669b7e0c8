"""When a photograph was taken, as its camera wrote it into EXIF."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

from imaging.inspection import Taken
from imaging.written import Written

TIME = re.compile(r"(\d{4})[:-](\d\d)[:-](\d\d)[ T](\d\d):(\d\d):(\d\d)", re.ASCII)
OFFSET = re.compile(r"([+-])(\d\d):?(\d\d)", re.ASCII)
EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)  # what is older is a clock that was never set


def read(written: Written) -> Taken | None:
    """None where there is no time, or none that a camera can have meant."""
    time = TIME.fullmatch(written.exif_text("DateTimeOriginal").strip("\0 "))
    if time is None:
        return None
    offset = _offset(written.exif_text("OffsetTimeOriginal").strip("\0 "))
    try:
        year, month, day, hour, minute, second = map(int, time.groups())
        found = datetime(year, month, day, hour, minute, second, tzinfo=timezone(offset or timedelta()))
    except ValueError:
        return None
    if found < EARLIEST:
        return None
    return Taken(round(found.timestamp() * 1000) + _milliseconds(written), offset is not None)


def _offset(text: str) -> timedelta | None:
    if text == "Z":
        return timedelta()
    found = OFFSET.fullmatch(text)
    if found is None:
        return None
    hours, minutes = int(found[2]), int(found[3])
    if hours > 14 or minutes > 59:
        return None
    return timedelta(hours=hours, minutes=minutes) * (-1 if found[1] == "-" else 1)


def _milliseconds(written: Written) -> int:
    digits = written.exif_text("SubsecTimeOriginal").strip("\0 ")
    return int(f"{digits}00"[:3]) if digits.isascii() and digits.isdigit() else 0
