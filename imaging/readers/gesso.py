"""Our own record: the facts of a picture exactly as they were embedded, as JSON under one property of XMP.

XMP is the one place that PNG, JPEG and WebP all have. `imaging/embed.py` writes the record.
"""

from __future__ import annotations

import msgspec

from imaging.inspection import Facts
from imaging.readers.xmp import GESSO, properties
from imaging.written import Written

MAX_RECORD = 2 << 20  # characters: 192 KiB of facts in which all is escaped take 1.2 MB
# What JSON may hold as it is and XML may not.
NO_XML = {0xFFFE: "\\ufffe", 0xFFFF: "\\uffff"}


class Record(Facts, frozen=True, omit_defaults=True, tag_field="format", tag=1):
    """What is embedded: the fields of the facts that are not empty."""


def record(facts: Facts) -> str:
    """The facts as they are embedded: valid in XML once it is escaped, for JSON escapes what has no place there."""
    return msgspec.json.encode(Record(**msgspec.structs.asdict(facts))).decode().translate(NO_XML)


def read(written: Written) -> Facts | None:
    for packet in (written.xmp, written.extension):
        if GESSO in packet and (text := properties(packet).get("gesso:record")):
            return _facts(text)
    return None


def _facts(text: str) -> Facts | None:
    if len(text) > MAX_RECORD:
        return None
    try:
        found = msgspec.json.decode(text, type=Record)
    except (msgspec.DecodeError, RecursionError):
        return None
    return Facts(**msgspec.structs.asdict(found))
