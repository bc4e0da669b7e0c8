"""Facts written into a picture's file, its pixels and everything else as they are. The same bytes every time.

Three times: our record in XMP, which `imaging/readers/gesso.py` reads back exactly; A1111's text, which other tools
read, in PNG's `parameters` or EXIF's UserComment; and what IPTC has for pictures made by machine (DigitalSourceType).
What another tool wrote in these places stays.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from typing import NamedTuple

from imaging.errors import Refused
from imaging.formats import MEDIA_TYPES, sniff, structure
from imaging.gathering import user_comment
from imaging.inspection import Facts, Lineage, Loss, Words
from imaging.metadata import bounded
from imaging.readers.a1111 import MARK
from imaging.readers.gesso import DERIVED, ORIGINAL, name_of, record
from imaging.writing import exif, packet
from imaging.writing.avif import Avif
from imaging.writing.container import Container
from imaging.writing.infotext import infotext
from imaging.writing.jpeg import Jpeg
from imaging.writing.png import Png
from imaging.writing.webp import Webp

CONTAINERS: dict[str, Callable[[bytes], Container]] = {"PNG": Png, "JPEG": Jpeg, "WEBP": Webp, "AVIF": Avif}
MAX_BYTES = 256 << 20  # of a picture: it is taken apart in memory
PIXELS = 1 << 60  # nothing is decoded here
SOURCES = "http://cv.iptc.org/newscodes/digitalsourcetype/"
UNTRAINED = ("sketch",)  # tools that draw by rules


class Embedded(NamedTuple):
    """A picture's bytes, and what could not be written or was not kept."""

    data: bytes
    losses: tuple[Loss, ...]


def embed(data: bytes, facts: Facts, words: Words = Words(), lineage: Lineage | None = None) -> Embedded:
    """The PNG, JPEG, WebP or AVIF with these facts and words, and what it was made of. Without facts and words it stays
    as it is: that says best what it was made of.

    Refused "credentials" for a picture with Content Credentials, which any change would break: keep its bytes.
    """
    container = opened(data)
    if facts == Facts() and words == Words():
        return Embedded(data, ())
    losses = put(container, facts, words, lineage)
    return Embedded(container.encoded(), losses)


def put(container: Container, facts: Facts, words: Words = Words(), lineage: Lineage | None = None) -> tuple[Loss, ...]:
    """Write facts, as documents hold them, words and lineage in place of ours of before; tells what has no room."""
    facts = bounded(facts)
    return (*_put_infotext(container, facts), *_put_xmp(container, facts, words, lineage))


def opened(data: bytes) -> Container:
    """The picture taken apart. Refused when it is none of the four, damaged, or signed."""
    format = sniff(data[:16])
    if format is None or format not in CONTAINERS:
        kind = MEDIA_TYPES.get(format or "", "no picture")
        raise Refused("not_a_picture", f"Facts are written into PNG, JPEG, WebP and AVIF only; this is {kind}.")
    if len(data) > MAX_BYTES:
        raise Refused("too_large", f"The file is larger than {MAX_BYTES >> 20} MiB.")
    if structure(format, io.BytesIO(data), PIXELS).credentials:
        raise Refused("credentials", "The picture carries Content Credentials, which any change would break.")
    return CONTAINERS[format](data)


def _put_infotext(container: Container, facts: Facts) -> tuple[Loss, ...]:
    text = infotext(facts) if facts.prompt or is_made(facts) else ""
    if isinstance(container, Png):
        if _is_free(container.texts.get("parameters", "")):
            container.set_text("parameters", text)
            return ()
        return ("infotext",)
    try:
        old = container.exif
        if not _is_free(user_comment(exif.comment(old))):
            return ("infotext",)
        new = exif.with_comment(old, text)
        # Ours of before must not stay where the new one has no room.
        losses: tuple[Loss, ...] = ("infotext",) if (too_long := len(new) > container.most_exif) else ()
        new = exif.with_comment(old, "") if too_long else new
    except ValueError:
        return ("infotext",)
    if new != old and len(new) <= container.most_exif:
        container.exif = new
    return losses


def _is_free(text: str) -> bool:
    """Whether nobody else wrote there."""
    return not text.strip("\0 \r\n\t") or text.rstrip().endswith(MARK)


def _put_xmp(container: Container, facts: Facts, spoken: Words, lineage: Lineage | None) -> tuple[Loss, ...]:
    old, rest = container.xmp, container.extension
    stood = packet.names(old)
    words = {packet.CREATOR: "Gesso" if is_made(facts) else None, packet.SOURCE: source_type(facts)}
    # What another tool says of the picture's making stays.
    said: dict[str, packet.Value] = {
        name: value for name, value in words.items() if value and name not in (stood or ())
    }
    said |= _spoken(spoken, old) | _descent(lineage, stood or set())
    # Beside words also an empty record: else a reader would take them for facts.
    told = {packet.RECORD: record(facts)} if facts != Facts() or spoken != Words() or lineage else {}
    gone = (packet.RECORD, packet.EXTENDED)
    rest = packet.changed(rest, {}, gone) if rest else b""
    whole = packet.changed(old, {**said, **told, **_extended(rest)}, gone)
    if len(whole) > container.most_xmp:
        rest = packet.changed(rest, told)
        # Empty, the record only tells what is ours.
        whole = packet.changed(old, {**said, packet.RECORD: "", **_extended(rest)}, gone)
    if len(whole) > container.most_xmp:
        return ("xmp",)
    container.set_xmp(whole, rest, _digest(rest))
    return ("xmp",) if old and stood is None else ()


def _spoken(words: Words, old: bytes) -> dict[str, packet.Value]:
    """A person's words as XMP has them; keywords that stand there already stay."""
    found: dict[str, packet.Value] = {packet.TITLE: packet.alternative(words.title)} if words.title else {}
    if words.tags:
        found[packet.SUBJECT] = packet.bag(dict.fromkeys((*packet.items(old, packet.SUBJECT), *words.tags)))
    return found | ({packet.RATING: str(words.rating)} if words.rating else {})


def _descent(lineage: Lineage | None, stood: set[str]) -> dict[str, packet.Value]:
    """What it was made of. Where another program's own line of files begins stays."""
    if lineage is None:
        return {}
    found: dict[str, packet.Value] = {DERIVED: packet.reference(name_of(lineage.made_of))}
    return found if ORIGINAL in stood else found | {ORIGINAL: name_of(lineage.first)}


def _extended(rest: bytes) -> dict[str, str]:
    return {packet.EXTENDED: _digest(rest)} if rest else {}


def _digest(rest: bytes) -> str:
    """What ties the parts of an extension together."""
    return hashlib.md5(rest, usedforsecurity=False).hexdigest().upper()


def is_made(facts: Facts) -> bool:
    """Whether the facts tell of a making, not only of a camera or of words beside the picture."""
    return any((facts.negative, facts.seed, facts.model, facts.tool))


def source_type(facts: Facts) -> str | None:
    """IPTC's word for how a picture came to be: what it said itself, else by what made it."""
    told = facts.parameters.get("digital_source_type")
    if isinstance(told, str) and told.isascii() and told.isalpha():
        return SOURCES + told
    if not is_made(facts):
        return None
    return SOURCES + ("algorithmicMedia" if facts.tool in UNTRAINED else "trainedAlgorithmicMedia")
