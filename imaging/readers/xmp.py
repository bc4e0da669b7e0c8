"""XMP: the properties of the packet by their usual names. Entities and document types are refused by the parser."""

from __future__ import annotations

from xml.etree.ElementTree import Element, ParseError

import defusedxml.ElementTree
from defusedxml.common import DefusedXmlException

MAX_PACKET = 2 << 20
MAX_ELEMENTS = 20_000
GESSO = "urn:gesso:picture/1.0/"
RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
NAMES = {
    "{http://purl.org/dc/elements/1.1/}": "dc:",
    "{http://ns.adobe.com/xap/1.0/}": "xmp:",
    "{http://ns.adobe.com/photoshop/1.0/}": "photoshop:",
    "{http://ns.adobe.com/exif/1.0/}": "exif:",
    "{http://ns.adobe.com/tiff/1.0/}": "tiff:",
    "{http://iptc.org/std/Iptc4xmpExt/2008-02-29/}": "ext:",
    f"{{{GESSO}}}": "gesso:",
}

# What a packet raises that is damaged or made to hurt.
UNREADABLE = (ParseError, DefusedXmlException, ValueError, RecursionError)


def properties(packet: str) -> dict[str, str]:
    """Name → text, several values joined; {} for what is no XMP."""
    try:
        root: Element = defusedxml.ElementTree.fromstring(document(packet))
    except UNREADABLE:
        return {}
    found: dict[str, str] = {}
    for count, element in enumerate(root.iter()):
        if count > MAX_ELEMENTS:
            break
        if element.tag == f"{RDF}Description":
            for key, value in element.attrib.items():
                _put(found, key, value)
        elif f"{element.tag.rpartition('}')[0]}}}" in NAMES:
            _put(found, element.tag, _value(element))
    return found


def document(packet: str) -> str:
    """The packet without what wraps it; ValueError for what is no XMP, or too long."""
    start, end = packet.find("<x:xmpmeta"), packet.rfind("</x:xmpmeta>")
    text = packet[start : end + len("</x:xmpmeta>")] if 0 <= start < end else packet[packet.find("<rdf:RDF") :]
    if not text.startswith("<") or len(text) > MAX_PACKET:
        raise ValueError("no XMP")
    return text.rstrip()


def _put(found: dict[str, str], tag: str, value: str) -> None:
    space, _, name = tag.rpartition("}")
    prefix = NAMES.get(f"{space}}}")
    if prefix and value.strip():
        found.setdefault(prefix + name, value.strip())


def _value(element: Element) -> str:
    # Exactly where they stand, a list within the property: looking deeper would take quadratic time.
    items = [item.text or "" for item in element.findall(f"*/{RDF}li")]
    resource = element.attrib.get(f"{RDF}resource", "")
    return ", ".join(item.strip() for item in items if item.strip()) or resource or element.text or ""
