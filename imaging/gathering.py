"""Gathers what stands written in a picture: text chunks, comments, EXIF, IPTC, XMP. Bounded, and valid as text."""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from PIL import ExifTags, Image, IptcImagePlugin
from PIL.ImageFile import ImageFile
from PIL.TiffImagePlugin import IFDRational

from imaging.containers.pngtexts import Texts, decoded
from imaging.hidden import hidden
from imaging.written import Value, Written

MAX_RAW = 8 << 20  # bytes of everything together
MAX_VALUE = 64 << 10  # of one EXIF or IPTC value
MAX_LIST = 64
MAX_EXTENSION = 4 << 20
EXTENSION = b"http://ns.adobe.com/xmp/extension/\0"
XMP_KEYS = ("xmp", "XML:com.adobe.xmp")
# Not written words: profiles, thumbnails and what is read on its own below.
NO_TEXT = {"icc_profile", "exif", "photoshop", "adobe", "jfif_unit", "mp", "mpoffset", "transparency", "extension"}
NO_TEXT |= {
    "Raw profile type exif",
    "Raw profile type xmp",
    "Raw profile type iptc",
    *XMP_KEYS,
    "background",
    "version",
    "compression",
}
SUB_IFDS = (0x8769, 0x8825)  # Exif, GPS
OPAQUE = {0x8769, 0x8825, 0xA005, 0x83BB, 0x8649, 0x8773, 0x02BC, 0x0111, 0x0117, 0x0144, 0x0145, 0x0201, 0x0202}
LAYOUT = range(0x00FE, 0x011D)  # of a TIFF: width, strips, resolution, …
DESCRIBING = (0x010D, 0x010E, 0x010F, 0x0110, 0x0112)  # document name, description, make, model, orientation
WINDOWS = range(0x9C9B, 0x9CA0)  # XPTitle … XPSubject: UTF-16
USER_COMMENT = 0x9286
IPTC = {
    (2, 5): "ObjectName",
    (2, 25): "Keywords",
    (2, 80): "By-line",
    (2, 105): "Headline",
    (2, 110): "Credit",
    (2, 116): "CopyrightNotice",
    (2, 120): "Caption-Abstract",
}


def gather(image: ImageFile, sidecar: str, texts: Texts | None = None) -> Written:
    """Everything that is written in the loaded picture, and the text beside it; `texts` are a PNG's."""
    info = image.info if texts is None else texts.found
    text = {clean(str(key)): clean(found) for key, value in info.items() if (found := _text(key, value))}
    if (below := hidden(image)) is not None:
        text[below[0]] = clean(below[1])
    packet = next((value for key in XMP_KEYS if (value := image.info.get(key) or info.get(key))), "")
    xmp = packet.decode("utf-8", "replace") if isinstance(packet, bytes) else str(packet)
    extension = extension_of([body for _, body in getattr(image, "applist", ())], xmp)
    written = Written(text, _exif(image), _iptc(image), clean(xmp), clean(sidecar).strip())
    if extension:
        written = msgspec.structs.replace(written, extension=clean(extension.decode("utf-8", "replace")))
    return _bounded(written, texts.left_out if texts else [])


def extension_of(segments: Sequence[bytes], xmp: str) -> bytes:
    """What of a JPEG's XMP did not fit into one segment, put together (XMP part 3, 1.1.3.1); b"" if a part lacks."""
    pieces: dict[int, bytes] = {}
    length, start = 0, len(EXTENSION)
    for body in segments:
        name, head = body[start : start + 32].decode("latin-1"), body[start + 32 : start + 40]
        if body.startswith(EXTENSION) and len(head) == 8 and name in xmp:
            length, place = struct.unpack(">II", head)
            pieces[place] = body[start + 40 :]
    found = b"".join(pieces[place] for place in sorted(pieces)) if length <= MAX_EXTENSION else b""
    return found if len(found) == length else b""


def clean(text: str) -> str:
    """Valid text without NUL: what a document can hold."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()


def _text(key: Any, value: Any) -> str:
    """A text chunk or a comment; GIF's and JPEG's comments are bytes."""
    if not isinstance(key, str) or key in NO_TEXT:
        return ""
    found = _told(value) if isinstance(value, (bytes, str)) else ""
    return found if found.strip("\0 \r\n\t") else ""


def _told(value: bytes | str) -> str:
    """Bytes of a field that says nothing of its encoding, or what Pillow made of them by Latin 1."""
    try:
        return decoded(value if isinstance(value, bytes) else value.encode("latin-1"))
    except UnicodeEncodeError:
        return str(value)


def _exif(image: Image.Image) -> dict[str, Value]:
    """EXIF by name; what is damaged is left out, which costs its facts and not the picture."""
    if not image.info.get("exif") and not image.info.get("Raw profile type exif") and image.format != "TIFF":
        return {}
    found: dict[str, Value] = {}
    try:
        exif = image.getexif()
        for place, tags in ((ExifTags.TAGS, exif), *((_names(ifd), exif.get_ifd(ifd)) for ifd in SUB_IFDS)):
            found |= _named(place, tags)
    except (ValueError, TypeError, SyntaxError, KeyError, OSError, OverflowError, struct.error):
        return found
    return found


def _names(ifd: int) -> Mapping[int, str]:
    return ExifTags.GPSTAGS if ifd == 0x8825 else ExifTags.TAGS


def _named(names: Mapping[int, str], tags: Mapping[int, Any]) -> dict[str, Value]:
    found: dict[str, Value] = {}
    for tag, value in tags.items():
        if names is ExifTags.TAGS and (tag in OPAQUE or (tag in LAYOUT and tag not in DESCRIBING)):
            continue
        plain = _plain(tag, value)
        if plain not in ("", None, []):
            found[names.get(tag, f"0x{tag:04x}")] = plain
    return found


def _plain(tag: int, value: Any) -> Value | None:
    """A value as JSON holds it; None for what is not for reading."""
    if isinstance(value, bytes):
        return _decoded(tag, value)
    if isinstance(value, str):
        # Pillow reads EXIF's ASCII fields as Latin 1; tools and people write UTF-8 into them.
        return clean(_told(value))[:MAX_VALUE]
    if isinstance(value, IFDRational):
        value = float(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, int):
        return value if abs(value) < 1 << 53 else str(value)
    if isinstance(value, tuple) and tag in WINDOWS:
        return _decoded(tag, bytes(each for each in value if isinstance(each, int) and 0 <= each < 256))
    if isinstance(value, tuple):
        return [plain for each in value[:MAX_LIST] if (plain := _plain(tag, each)) is not None]
    return None


def _decoded(tag: int, value: bytes) -> str | None:
    if len(value) > (MAX_RAW if tag == USER_COMMENT else MAX_VALUE):
        return None
    if tag == USER_COMMENT:
        return clean(user_comment(value)).strip()
    if tag in WINDOWS:
        return clean(value.decode("utf-16-le", "replace"))
    try:
        text = value.rstrip(b"\0").decode("utf-8")
    except UnicodeDecodeError:
        return None
    return text if text.isprintable() else None


def user_comment(value: bytes) -> str:
    """EXIF's UserComment by its 8-byte prefix. Both byte orders are found in the wild under UNICODE."""
    kind, body = value[:8], value[8:]
    if kind.startswith(b"UNICODE"):
        if body[:2] in (b"\xff\xfe", b"\xfe\xff"):
            return body.decode("utf-16", "replace")
        order = "utf-16-le" if body[1::2].count(0) > body[::2].count(0) else "utf-16-be"
        return body.decode(order, "replace")
    return (body if kind.rstrip(b"\0") in (b"ASCII", b"JIS", b"") else value).decode("utf-8", "replace")


def _iptc(image: ImageFile) -> dict[str, str]:
    """IPTC by name; several values of one field are joined."""
    if image.format not in ("JPEG", "MPO", "TIFF"):
        return {}
    try:
        tags = IptcImagePlugin.getiptcinfo(image) or {}
    except (SyntaxError, ValueError, TypeError, KeyError, IndexError, OSError, struct.error):
        return {}
    found = {}
    for key, name in IPTC.items():
        values = tags.get(key)
        values = values if isinstance(values, list) else [values] if values else []
        text = ", ".join(_told(each) for each in values[:MAX_LIST] if isinstance(each, bytes))
        if text:
            found[name] = clean(text)[:MAX_VALUE]
    return found


def _bounded(written: Written, left_out: list[str]) -> Written:
    """Without its longest texts where everything together is too long."""
    sizes = {key: len(value) for key, value in written.text.items()}
    packets = len(written.xmp) + len(written.extension)
    total = sum(sizes.values()) + packets + len(written.exif_text("UserComment"))
    if total * 4 <= MAX_RAW:  # at most four bytes a character
        return msgspec.structs.replace(written, left_out=[clean(key) for key in left_out]) if left_out else written
    text, left_out = dict(written.text), [clean(key) for key in left_out]
    room = MAX_RAW // 2
    for key, value in sorted(written.text.items(), key=lambda item: (len(item[1]), item[0])):
        room -= len(value.encode()) + len(key.encode())
        if room < 0:
            left_out.append(key)
            del text[key]
    exif = dict(written.exif)
    if len(written.exif_text("UserComment").encode()) > MAX_RAW // 8:
        left_out.append("UserComment")
        del exif["UserComment"]
    xmp, extension = written.xmp, written.extension
    if len(xmp.encode()) > MAX_RAW // 8:
        left_out.append("xmp")
        xmp = ""
    if len(extension.encode()) > MAX_RAW // 8:
        left_out.append("extension")
        extension = ""
    return Written(text, exif, written.iptc, xmp, written.sidecar, sorted(left_out), extension)
