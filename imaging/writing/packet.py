"""An XMP packet with our properties among those that stood there, which stay. Source: XMP part 1, 7 (RDF)."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Mapping
from itertools import chain, count
from xml.etree.ElementTree import Element, SubElement

import defusedxml.ElementTree

from imaging.readers.gesso import DERIVED, DOCUMENT, MM, ORIGINAL, REF
from imaging.readers.xmp import GESSO, RDF, UNREADABLE, document

PREFIXES = {
    "adobe:ns:meta/": "x",
    "http://purl.org/dc/elements/1.1/": "dc",
    RDF.strip("{}"): "rdf",
    "http://www.w3.org/XML/1998/namespace": "xml",
    "http://ns.adobe.com/xap/1.0/": "xmp",
    "http://iptc.org/std/Iptc4xmpExt/2008-02-29/": "Iptc4xmpExt",
    "http://ns.adobe.com/xmp/note/": "xmpNote",
    MM: "xmpMM",
    REF: "stRef",
    GESSO: "gesso",
}
RECORD = f"{{{GESSO}}}record"
CREATOR = "{http://ns.adobe.com/xap/1.0/}CreatorTool"
SOURCE = "{http://iptc.org/std/Iptc4xmpExt/2008-02-29/}DigitalSourceType"
EXTENDED = "{http://ns.adobe.com/xmp/note/}HasExtendedXMP"
TITLE = "{http://purl.org/dc/elements/1.1/}title"
SUBJECT = "{http://purl.org/dc/elements/1.1/}subject"
RATING = "{http://ns.adobe.com/xap/1.0/}Rating"
SAID = (RECORD, CREATOR, SOURCE, TITLE, SUBJECT, RATING, DERIVED, ORIGINAL)  # what we write into one description
TURN = "{http://ns.adobe.com/tiff/1.0/}Orientation"
DESCRIPTION = f"{RDF}Description"
DEEPEST, MOST_SPACES = 50, 500
NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
Value = str | Element


def changed(packet: bytes, properties: Mapping[str, Value], remove: tuple[str, ...] = ()) -> bytes:
    """The packet with these properties, by `{namespace}name`, in place of those that stood there.

    b"" where none is left. A packet that cannot be read is replaced.
    """
    try:
        rdf, prefixes = _parsed(packet)
    except UNREADABLE:
        rdf, prefixes = Element(f"{RDF}RDF"), {}
    _change(rdf, properties, remove)
    return _packet(rdf, prefixes) if len(rdf) else b""


def names(packet: bytes) -> set[str] | None:
    """Of all properties but those beside our record; None for a packet that cannot be read."""
    try:
        rdf, _ = _parsed(packet)
    except UNREADABLE:
        return None
    described = [each for each in rdf.findall(DESCRIPTION) if not _is_ours(each)]
    return {name for each in described for name in (*each.attrib, *(child.tag for child in each))}


def items(packet: bytes, name: str) -> list[str]:
    """Of a list that another wrote; none where the packet cannot be read."""
    try:
        rdf, _ = _parsed(packet)
    except UNREADABLE:
        return []
    described = [each for each in rdf.findall(DESCRIPTION) if not _is_ours(each)]
    return [item.text.strip() for each in described for item in each.findall(f"{name}/*/{RDF}li") if item.text]


def bag(texts: Iterable[str]) -> Element:
    """A list of texts in no order."""
    found = Element(f"{RDF}Bag")
    for text in texts:
        SubElement(found, f"{RDF}li").text = NO_XML.sub("", text)
    return found


def alternative(text: str) -> Element:
    """A text in no particular language."""
    found = Element(f"{RDF}Alt")
    said = SubElement(found, f"{RDF}li", {"{http://www.w3.org/XML/1998/namespace}lang": "x-default"})
    said.text = NO_XML.sub("", text)
    return found


def reference(document: str) -> Element:
    """A reference to another file, by what it calls itself."""
    found = Element(DESCRIPTION)
    SubElement(found, DOCUMENT).text = document
    return found


def _parsed(packet: bytes) -> tuple[Element, dict[str, str]]:
    """The descriptions, without what they are wrapped in, and which prefix stands for which namespace."""
    prefixes: dict[str, str] = {}
    spaces: set[str] = set()
    text = document(packet.decode())
    parsing = defusedxml.ElementTree.iterparse(io.BytesIO(text.encode()), events=("start-ns",))
    for _, (prefix, space) in parsing:
        spaces.add(space)
        if len(spaces) > MOST_SPACES:
            raise ValueError("too many namespaces")
        if prefix:
            prefixes.setdefault(space, prefix)
    root: Element = parsing.root
    _check_depth(root)
    rdf = root if root.tag == f"{RDF}RDF" else root.find(f"{RDF}RDF")
    if rdf is None:
        raise ValueError("no RDF")
    rdf.tail = None
    return rdf, prefixes


def _check_depth(root: Element) -> None:
    level = [root]
    for _ in range(DEEPEST):
        level = [child for each in level for child in each]
    if level:
        raise ValueError("too deep")


def _change(rdf: Element, properties: Mapping[str, Value], remove: tuple[str, ...]) -> None:
    described = rdf.findall(DESCRIPTION)
    about = described[0].get(f"{RDF}about", "") if described else ""
    for each in described:
        for name in (*properties, *remove, *(SAID if _is_ours(each) else ())):
            each.attrib.pop(name, None)
            for found in each.findall(name):
                each.remove(found)
        if len(each) == 0 and set(each.attrib) <= {f"{RDF}about"}:
            rdf.remove(each)
    if properties:
        # First: readers stop somewhere in what is very long.
        ours = Element(DESCRIPTION, {f"{RDF}about": about})
        rdf.insert(0, ours)
        for name, value in properties.items():
            told = SubElement(ours, name)
            if isinstance(value, str):
                told.text = value
            else:
                told.append(value)


def _is_ours(description: Element) -> bool:
    return RECORD in description.attrib or description.find(RECORD) is not None


def _packet(rdf: Element, prefixes: dict[str, str]) -> bytes:
    root = Element("{adobe:ns:meta/}xmpmeta")
    root.append(rdf)
    names = _Names(prefixes)
    body = _element(root, names)
    spaces = "".join(f' xmlns:{prefix}="{_quoted(space)}"' for space, prefix in names.used() if prefix != "xml")
    start = len(names.of(root.tag)) + 1
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
        f'{body[:start]}{spaces}{body[start:]}<?xpacket end="w"?>'
    ).encode()


class _Names:
    """One prefix a namespace: the usual one, else the one that stood there, else a number."""

    def __init__(self, found: dict[str, str]) -> None:
        self._found = found
        self._used: dict[str, str] = {}

    def of(self, tag: str) -> str:
        space, _, name = tag[1:].rpartition("}") if tag.startswith("{") else ("", "", tag)
        return f"{self._prefix(space)}:{name}" if space else name

    def used(self) -> list[tuple[str, str]]:
        return sorted(self._used.items(), key=lambda item: item[1])

    def _prefix(self, space: str) -> str:
        if space not in self._used:
            wanted = PREFIXES.get(space) or self._found.get(space, "")
            taken = {*self._used.values(), *(PREFIXES.values() if space not in PREFIXES else ())}
            numbered = (f"ns{number}" for number in count(1))
            free = (each for each in chain((wanted,), numbered) if each and each not in taken)
            self._used[space] = next(free)
        return self._used[space]


def _element(element: Element, names: _Names) -> str:
    name = names.of(element.tag)
    attributes = "".join(f' {names.of(key)}="{_quoted(value)}"' for key, value in element.attrib.items())
    inner = _escaped(element.text or "") + "".join(
        _element(child, names) + _escaped(child.tail or "") for child in element
    )
    return f"<{name}{attributes}>{inner}</{name}>" if inner else f"<{name}{attributes}/>"


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\r", "&#13;")


def _quoted(text: str) -> str:
    return _escaped(text).replace('"', "&quot;").replace("\n", "&#10;").replace("\t", "&#9;")
