"""What goes from a picture into the one that is made of it, beside the pixels: facts, EXIF, XMP, texts."""

from __future__ import annotations

from typing import NamedTuple

import msgspec
from PIL import ExifTags
from PIL.ImageFile import ImageFile

from imaging.containers.pngtexts import Texts
from imaging.embed import put
from imaging.gathering import LAYOUT, OPAQUE, WINDOWS, XMP_KEYS, clean
from imaging.inspection import ConvertJob, Facts, Lineage, Loss, Words
from imaging.metadata import read_facts
from imaging.readers.general import BESIDES
from imaging.writing import packet
from imaging.writing.container import Container
from imaging.writing.png import Png

FOLDERS = (ExifTags.IFD.Exif, ExifTags.IFD.GPSInfo)
WORDS = {0x010D, 0x010E, 0x010F, 0x0110, 0x0131, 0x0132, 0x013B, 0x8298, *WINDOWS, *FOLDERS}
KEYWORD = range(1, 80)  # letters of a PNG text's keyword


class Carried(NamedTuple):
    """What is written beside the new pixels, and what could not be read."""

    facts: Facts = Facts()
    exif: bytes = b""
    xmp: bytes = b""
    texts: tuple[tuple[str, str], ...] = ()
    losses: tuple[Loss, ...] = ()
    words: Words = Words()
    lineage: Lineage | None = None


def carried(
    job: ConvertJob, image: ImageFile, credentials: bytes, texts: Texts | None, size: tuple[int, int]
) -> Carried:
    """From the loaded picture, by the job's policy; `size` is that of the new one."""
    policy = job.target.metadata
    if policy == "none":
        return Carried()
    facts = job.facts
    if facts is None:
        facts = read_facts(image, job.path.name, "", credentials, texts).facts
    if policy == "generation":
        told = {key: value for key, value in facts.parameters.items() if key not in BESIDES}
        return Carried(msgspec.structs.replace(facts, parameters=told), lineage=job.lineage)
    exif, unread = _exif(image, size)
    found = texts.found if texts else {}
    xmp, damaged = _xmp(next((value for key in XMP_KEYS if (value := image.info.get(key) or found.get(key))), b""))
    kept = tuple(
        (key, clean(text)) for key, text in found.items() if key not in XMP_KEYS and not key.startswith("Raw ")
    )
    return Carried(facts, exif, xmp, kept, (*unread, *damaged), job.words, job.lineage)


def _exif(image: ImageFile, size: tuple[int, int]) -> tuple[bytes, tuple[Loss, ...]]:
    """What a camera or a person wrote, of a picture that is upright now and so large, without its small picture."""
    try:
        exif = image.getexif()
        for tag in list(exif):
            # Most of a TIFF's own tags tell how its pixels lie.
            if tag not in WORDS and (tag in OPAQUE or tag in LAYOUT or image.format == "TIFF"):
                del exif[tag]
        sub = exif.get_ifd(ExifTags.IFD.Exif)
        for tag, length in ((ExifTags.Base.ExifImageWidth, size[0]), (ExifTags.Base.ExifImageHeight, size[1])):
            if tag in sub:
                sub[tag] = length
        return exif.tobytes().removeprefix(b"Exif\0\0") if len(exif) else b"", ()
    except Exception:  # whatever Pillow raises on damaged EXIF costs the EXIF, and is told
        return b"", ("exif",)


def _xmp(found: bytes | str) -> tuple[bytes, tuple[Loss, ...]]:
    """The packet of a picture that is upright now, without what we wrote of it: that is written anew."""
    xmp = found if isinstance(found, bytes) else found.encode()
    if not xmp:
        return b"", ()
    if packet.names(xmp) is None:
        return b"", ("xmp",)
    return packet.changed(xmp, {}, (packet.TURN, packet.RECORD, packet.EXTENDED)), ()


def put_carried(container: Container, found: Carried) -> tuple[Loss, ...]:
    """Write it into the new picture; tells what has no room there."""
    losses: list[Loss] = []
    if isinstance(container, Png):
        for keyword, text in found.texts:
            if len(keyword) in KEYWORD and keyword.isprintable():
                container.set_text(keyword, text)
    if len(found.exif) <= container.most_exif:
        container.exif = found.exif
    else:
        losses.append("exif")
    if len(found.xmp) <= container.most_xmp:
        container.set_xmp(found.xmp)
    else:
        losses.append("xmp")
    return (*losses, *put(container, found.facts, found.words, found.lineage))
