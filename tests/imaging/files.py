"""Pictures as tools write them: real files by Pillow with texts, EXIF, XMP, hidden bits where each tool puts them."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PIL import Image, PngImagePlugin

from imaging.convert import convert
from imaging.examine import inspect
from imaging.inspection import Converted, ConvertJob, Facts, Inspection, InspectJob, Limits, Target
from tests.imaging.wellformed import check

USER_COMMENT, MAKER_NOTE = 0x9286, 0x927C
DESCRIPTION, MAKE, MODEL, SOFTWARE = 0x010E, 0x010F, 0x0110, 0x0131
EXIF = 0x8769


def canvas(size: tuple[int, int] = (64, 48), mode: str = "RGB") -> Image.Image:
    return Image.linear_gradient("L").resize(size).convert(mode)


def png(path: Path, texts: dict[str, str], *, itxt: bool = True, xmp: str = "", **options: Any) -> Path:
    """A PNG with text chunks: iTXt holds any character, tEXt only Latin 1."""
    info = PngImagePlugin.PngInfo()
    for key, value in texts.items():
        (info.add_itxt if itxt else info.add_text)(key, value)
    if xmp:
        info.add_itxt("XML:com.adobe.xmp", xmp)
    canvas().save(path, "PNG", pnginfo=info, **options)
    return path


def with_exif(path: Path, fields: dict[int, Any], sub: dict[int, Any] | None = None, **options: Any) -> Path:
    """A picture in the format of its ending with EXIF fields in the first folder and in the Exif one."""
    exif = Image.Exif()
    for tag, value in fields.items():
        exif[tag] = value
    for tag, value in (sub or {}).items():
        exif.get_ifd(EXIF)[tag] = value
    canvas().save(path, exif=exif, **options)
    return path


def unicode(text: str, order: str = "be") -> bytes:
    """A UserComment as A1111 and most others write it."""
    return b"UNICODE\0" + text.encode(f"utf-16-{order}")


def xmp(body: str = "", attributes: str = "") -> str:
    """A packet with properties as elements and as attributes."""
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about=""'
        ' xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xmp="http://ns.adobe.com/xap/1.0/"'
        ' xmlns:exif="http://ns.adobe.com/exif/1.0/" xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/"'
        ' xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"'
        f' {attributes}>{body}</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>'
    )


def alternative(name: str, text: str) -> str:
    """A property in one language, as XMP writes texts."""
    kept = text.replace("&", "&amp;").replace("<", "&lt;")
    return f'<{name}><rdf:Alt><rdf:li xml:lang="x-default">{kept}</rdf:li></rdf:Alt></{name}>'


def stealth(path: Path, data: Any, kind: str = "stealth_pngcomp", size: tuple[int, int] = (64, 64)) -> Path:
    """Bits hidden in the lowest bit of alpha (or of red, green, blue), column by column: kind, length, bytes."""
    text = (data if isinstance(data, str) else json.dumps(data)).encode()
    body = gzip.compress(text) if kind.endswith("comp") else text
    whole = kind.encode() + struct.pack(">I", len(body) * 8) + body
    bits = [byte >> shift & 1 for byte in whole for shift in range(7, -1, -1)]
    picture = canvas(size, "RGBA" if "png" in kind else "RGB")
    places = (3,) if "png" in kind else (0, 1, 2)
    pixels = picture.load()
    assert pixels is not None and len(bits) <= size[0] * size[1] * len(places)
    for at, bit in enumerate(bits):
        pixel, place = divmod(at, len(places))
        x, y = divmod(pixel, size[1])
        values: list[int] = list(pixels[x, y])  # type: ignore[arg-type]
        values[places[place]] = values[places[place]] & ~1 | bit
        pixels[x, y] = tuple(values)
    picture.save(path, lossless=True)
    return path


def chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def with_chunks(path: Path, *chunks: bytes) -> Path:
    """A small PNG with more chunks before its pixels."""
    data = png(path, {}).read_bytes()
    path.write_bytes(data[:33] + b"".join(chunks) + data[33:])
    return path


def seen(path: Path, sidecar: Path | None = None) -> Inspection:
    """What the code of a worker sees in a file that must be taken."""
    answer = inspect(InspectJob(path, sidecar=sidecar), Limits())
    assert isinstance(answer, Inspection), answer
    return answer


def facts(path: Path, sidecar: Path | None = None) -> Facts:
    return seen(path, sidecar).facts


def raw(path: Path, sidecar: Path | None = None) -> dict[str, Any]:
    """Everything that was kept as it stood."""
    found = seen(path, sidecar).raw
    return json.loads(found) if found else {}


def made(folder: Path, data: bytes, facts: Facts | None = None, **target: Any) -> tuple[Converted, bytes]:
    """What the code of a worker makes of a picture that must be taken, and the file."""
    (folder / "source").write_bytes(data)
    (folder / "made").unlink(missing_ok=True)
    answer = convert(ConvertJob(folder / "source", folder / "made", Target(**target), facts), Limits())
    assert isinstance(answer, Converted), answer
    written = (folder / "made").read_bytes()
    check(written)
    assert (answer.size, answer.sha256) == (len(written), hashlib.sha256(written).digest())
    assert (folder / "made").stat().st_mode & 0o777 == 0o600
    with Image.open(io.BytesIO(written)) as image:
        assert (answer.media_type, *image.size) == (f"image/{target['format'].lower()}", answer.width, answer.height)
    return answer, written


def opened(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def facts_of(folder: Path, data: bytes) -> Facts:
    (folder / "look").write_bytes(data)
    return seen(folder / "look").facts


Write = Callable[[Path], Path]
