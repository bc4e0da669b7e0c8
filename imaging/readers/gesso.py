"""What Gesso wrote into a picture (`imaging/embed.py`), in XMP, the one place that PNG, JPEG, WebP and AVIF all have.

Our own record: the facts exactly as they were embedded, as JSON under one property. And which picture of a library it
was made of: programs that edit a file name in DerivedFrom what they opened, by names of their own, and keep
OriginalDocumentID. Source: XMP part 2, 2.2 (xmpMM) and ResourceRef.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.etree.ElementTree import Element

import defusedxml.ElementTree
import msgspec

from imaging.inspection import Facts, Lineage
from imaging.readers.xmp import GESSO, MAX_ELEMENTS, UNREADABLE, document, properties
from imaging.written import Written

MAX_RECORD = 2 << 20  # characters: 192 KiB of facts in which all is escaped take 1.2 MB
MM = "http://ns.adobe.com/xap/1.0/mm/"
REF = "http://ns.adobe.com/xap/1.0/sType/ResourceRef#"
DERIVED = f"{{{MM}}}DerivedFrom"
ORIGINAL = f"{{{MM}}}OriginalDocumentID"
DOCUMENT = f"{{{REF}}}documentID"
NAME = "urn:gesso:asset/"
OURS = re.compile(re.escape(NAME) + "([0-9a-f]{32})")
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


def name_of(id: bytes) -> str:
    """How a file names a picture of a library."""
    return NAME + id.hex()


def lineage(written: Written) -> Lineage | None:
    for packet in (written.xmp, written.extension):
        if NAME in packet and (found := _lineage(packet)) is not None:
            return found
    return None


def _lineage(packet: str) -> Lineage | None:
    try:
        root: Element = defusedxml.ElementTree.fromstring(document(packet))
    except UNREADABLE:
        return None
    elements = [each for each, _ in zip(root.iter(), range(MAX_ELEMENTS), strict=False)]
    made_of = _first(text for each in elements if each.tag == DERIVED for text in _documents(each))
    first = _first(text for each in elements for text in (each.get(ORIGINAL, ""), *_own(each, ORIGINAL)))
    named = made_of or first
    return None if named is None else Lineage(named, first or named)


def _documents(derived: Element) -> Iterator[str]:
    """What it refers to: an attribute, a property, or one of a description within."""
    for each in (derived, *derived.findall("*")):
        yield each.get(DOCUMENT, "")
        yield from _own(each, DOCUMENT)
        for child in each.findall(DOCUMENT):
            yield child.text or ""


def _own(element: Element, name: str) -> Iterator[str]:
    if element.tag == name:
        yield element.text or ""


def _first(texts: Iterator[str]) -> bytes | None:
    found = (OURS.fullmatch(text.strip()) for text in texts)
    return next((bytes.fromhex(each[1]) for each in found if each), None)
