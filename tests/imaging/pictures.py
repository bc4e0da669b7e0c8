"""Pictures made to hurt or to confuse, and the honest odd ones: name → bytes, and what must come of them."""

from __future__ import annotations

import io
import random
import struct
import zlib
from collections.abc import Iterator
from typing import Any

from PIL import Image

from tests.imaging.files import canvas, chunk

END = b"\0\0\0\0IEND\xaeB`\x82"
FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "TIFF", "AVIF")
SIGNATURE = b"\x89PNG\r\n\x1a\n"
TAKEN = "taken"


def saved(format: str, size: tuple[int, int] = (96, 64), mode: str = "RGB", **options: Any) -> bytes:
    file = io.BytesIO()
    canvas(size, mode).save(file, format, **options)
    return file.getvalue()


def png(width: int, height: int, rows: bytes, *, depth: int = 8, colour: int = 0, extra: bytes = b"") -> bytes:
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    body = chunk(b"IHDR", header) + extra + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b"")
    return SIGNATURE + body


def gif(frames: int, size: tuple[int, int] = (1, 1)) -> bytes:
    frame = b"\x21\xf9\x04\x00\x01\x00\x00\x00\x2c\0\0\0\0" + struct.pack("<HH", *size) + b"\0\x02\x02\x4c\x01\x00"
    return b"GIF89a" + struct.pack("<HH", *size) + b"\x80\0\0" + b"\0\0\0\xff\xff\xff" + frame * frames + b";"


def animated(format: str, frames: int, size: tuple[int, int] = (32, 32)) -> bytes:
    pictures = [Image.new("RGB", size, (at * 40 % 256, 90, 120)) for at in range(frames)]
    file = io.BytesIO()
    pictures[0].save(file, format, save_all=True, append_images=pictures[1:], duration=100)
    return file.getvalue()


def webp_of(width: int, height: int) -> bytes:
    """An extended WebP that says it is so large."""
    body = b"VP8X" + struct.pack("<I", 10) + b"\0\0\0\0" + (width - 1).to_bytes(3, "little")
    body += (height - 1).to_bytes(3, "little") + saved("WEBP")[12:]
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body


def jpeg_of(width: int, height: int) -> bytes:
    data = bytearray(saved("JPEG"))
    at = data.index(b"\xff\xc0")
    data[at + 5 : at + 9] = struct.pack(">HH", height, width)
    return bytes(data)


def gif_of(width: int, height: int) -> bytes:
    data = bytearray(gif(1))
    data[6:10] = struct.pack("<HH", width, height)
    return bytes(data)


def tiff(entries: list[tuple[int, int, int, int]], start: bytes = b"II*\0", next_: int = 0, tail: bytes = b"") -> bytes:
    """One folder of tags at 8: (tag, kind, count, value or place)."""
    body = struct.pack("<H", len(entries)) + b"".join(struct.pack("<HHII", *each) for each in entries)
    return start + struct.pack("<I", 8) + body + struct.pack("<I", next_) + tail


def tiff_of(width: int, height: int, **more: int) -> bytes:
    tags = {
        256: width,
        257: height,
        258: 8,
        259: more.get("packing", 1),
        262: 1,
        273: 200,
        277: 1,
        278: height,
        279: 64,
    }
    return tiff([(tag, 4, 1, value) for tag, value in tags.items()], next_=more.get("next", 0), tail=bytes(200))


def avif_of(width: int, height: int) -> bytes:
    """One that says it is so large."""
    data = bytearray(saved("AVIF"))
    at = data.index(b"ispe") + 8
    data[at : at + 8] = struct.pack(">II", width, height)
    return bytes(data)


def avif_of_items(count: int) -> bytes:
    """A good picture, with so many more beside it that nobody shows."""
    data = saved("AVIF")
    at = {name: data.index(name) - 4 for name in (b"meta", b"iloc", b"iinf", b"mdat")}
    box = {name: data[place : place + int.from_bytes(data[place : place + 4], "big")] for name, place in at.items()}
    sizes, extent = box[b"iloc"][12:14], struct.unpack(">II", box[b"iloc"][-8:])
    assert box[b"iloc"][8:12] == bytes(4) and sizes == b"\x44\x00"  # version 0, four bytes for each place and length
    infe = box[b"iinf"][14 : 14 + int.from_bytes(box[b"iinf"][14:18], "big")]
    more = b"".join(infe[:12] + struct.pack(">HH4s", 1000 + number, 0, b"none") + infe[20:] for number in range(count))
    items = box[b"iinf"][14:] + more
    grown = len(more) + 14 * count
    first = struct.pack(">II", extent[0] + grown, extent[1])
    places = b"".join(struct.pack(">HHH", 1000 + number, 0, 1) + first for number in range(count))
    own = box[b"iloc"][16:-8] + first
    iloc = box[b"iloc"][4:14] + struct.pack(">H", 1 + count) + own + places
    iinf = box[b"iinf"][4:12] + struct.pack(">H", 1 + count) + items
    meta = data[at[b"meta"] + 4 : at[b"meta"] + len(box[b"meta"])]
    for name, body in ((b"iloc", iloc), (b"iinf", iinf)):
        meta = meta.replace(box[name], struct.pack(">I", 4 + len(body)) + body)
    return data[: at[b"meta"]] + struct.pack(">I", 4 + len(meta)) + meta + data[at[b"meta"] + len(box[b"meta"]) :]


def avif_of_frames(count: int) -> bytes:
    data = bytearray(animated("AVIF", 3))
    at = data.index(b"stsz") + 12
    data[at : at + 4] = struct.pack(">I", count)
    return bytes(data)


def oriented(number: int) -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = number
    return exif


def turned(number: int) -> bytes:
    return saved("JPEG", exif=oriented(number))


def chained_tiff(folders: int) -> bytes:
    data = b"II*\0" + struct.pack("<I", 8)
    for at in range(folders):
        data += struct.pack("<HI", 0, 8 + (at + 1) * 6)
    return data


# A folder whose Exif folder and whose next one is itself.
ROUND = b"Exif\0\0II*\0" + struct.pack("<IHHHIII", 8, 1, 0x8769, 4, 1, 8, 8)
HONEST: dict[str, bytes] = {
    **{f"{mode} png": saved("PNG", mode=mode) for mode in ("1", "L", "LA", "P", "RGB", "RGBA", "I;16")},
    **{f"{mode} tiff": saved("TIFF", mode=mode) for mode in ("1", "L", "LA", "P", "RGBA", "CMYK", "I;16", "I", "F")},
    **{f"{mode} jpeg": saved("JPEG", mode=mode) for mode in ("L", "RGB", "CMYK", "YCbCr")},
    **{f"tiff {kind}": saved("TIFF", compression=kind) for kind in ("tiff_lzw", "tiff_deflate", "packbits", "jpeg")},
    "16-bit rgb png": png(8, 8, b"".join(b"\0" + bytes(range(48)) for _ in range(8)), depth=16, colour=2),
    "palette with transparency": saved("PNG", mode="P", transparency=0),
    "progressive jpeg": saved("JPEG", progressive=True),
    "lossless webp": saved("WEBP", mode="RGBA", lossless=True),
    "one pixel": saved("PNG", (1, 1)),
    "a line": saved("PNG", (1, 9000)),
    "a bar": saved("JPEG", (20_000, 1)),
    "animated gif": animated("GIF", 8),
    "animated webp": animated("WEBP", 8),
    "animated png": animated("PNG", 5),
    "animated avif": animated("AVIF", 6),
    "avif that shows through": saved("AVIF", mode="LA"),
    "grey avif": saved("AVIF", mode="L"),
    "turned avif": saved("AVIF", exif=oriented(6)),
    "pages of a tiff": animated("TIFF", 3),
    **{f"turned {number}": turned(number) for number in range(10)},
    "png and more behind it": saved("PNG") + b"PK\x03\x04 an archive" * 1000,
    "jpeg and a page": saved("JPEG") + b"<html><script>alert(1)</script></html>",
    "gif that is a script": gif(1)[:-1] + b"\x21\xfe\x11*/=1;alert(1)//xxx\0;",
    "png with a broken profile": png(8, 8, bytes(72), extra=chunk(b"iCCP", b"x\0\0" + zlib.compress(b"nonsense"))),
    "jpeg with broken exif": saved("JPEG", exif=b"Exif\0\0MM\0*\xff\xff\xff\xff"),
    "jpeg with exif in circles": saved("JPEG", exif=ROUND),
    "many frames": gif(9_000),
    "avif of 5,000 items": avif_of_items(5_000),
}  # fmt: skip

HOSTILE: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", "empty"),
    "one byte": (b"\x89", "not_a_picture"),
    "zeros": (bytes(5000), "not_a_picture"),
    "text": (b"this is text, whatever its name says", "not_a_picture"),
    "page": (b"<!doctype html><script>alert(1)</script>", "not_a_picture"),
    "drawing": (b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>', "not_a_picture"),
    "document": (b"%PDF-1.7\n" + bytes(100), "not_a_picture"),
    "postscript": (b"%!PS-Adobe-3.0 EPSF-3.0\n(r) file", "not_a_picture"),
    "program": (b"MZ" + bytes(200), "not_a_picture"),
    "archive": (b"PK\x03\x04" + bytes(200), "not_a_picture"),
    "icon": (b"\0\0\1\0\1\0\x10\x10\0\0" + bytes(200), "not_a_picture"),
    "bitmap": (saved("BMP"), "not_a_picture"),
    "jpeg 2000": (b"\0\0\0\x0cjP  \r\n\x87\n" + bytes(100), "not_a_picture"),
    "heic": (b"\0\0\0\x18ftypheic" + bytes(100), "not_a_picture"),
    "only a signature of png": (SIGNATURE, "truncated"),
    "only a start of jpeg": (b"\xff\xd8\xff\xe0", "truncated"),
    "only a head of webp": (b"RIFF\xff\xff\xff\xffWEBP", "truncated"),
    "only a head of avif": (b"\0\0\0\x14ftypavif\0\0\0\0avif", "truncated"),
    "avif of boxes without end": (b"\0\0\0\x14ftypavif\0\0\0\0avif" + b"\0\0\0\x08free" * 50_000, "truncated"),
    "avif of 40,000 items": (avif_of_items(40_000), "bomb"),
    "avif of 60,000 squared": (avif_of(60_000, 60_000), "bomb"),
    "avif of a million pictures": (avif_of_frames(10**6), "bomb"),
    "only a head of gif": (b"GIF89a\x10\0\x10\0", "truncated"),
    "only a head of tiff": (b"II*\0\xff\xff\xff\xff", "truncated"),
    **{f"half of a {format}": (saved(format)[: len(saved(format)) // 2], "truncated") for format in FORMATS},
    "png of no width": (png(0, 8, b""), "truncated"),
    "jpeg of no height": (jpeg_of(8, 0), "truncated"),
    "tiff of no width": (tiff_of(0, 8), "truncated"),
    "png of 30,000 squared": (png(30_000, 30_000, bytes((30_000 // 8 + 1) * 3_000), depth=1), "bomb"),
    "png of four thousand millions": (png(2**31 - 1, 2**31 - 1, b""), "bomb"),
    "jpeg of 65,000 squared": (jpeg_of(65_000, 65_000), "bomb"),
    "gif of 65,000 squared": (gif_of(65_000, 65_000), "bomb"),
    "webp of 16,000,000 squared": (webp_of(1 << 24, 1 << 24), "bomb"),
    "tiff of four thousand millions": (tiff_of(2**32 - 1, 2**32 - 1), "bomb"),
    "gif of 100,000 frames": (gif(100_000), "bomb"),
    "png of a million frames": (png(8, 8, bytes(72), extra=chunk(b"acTL", struct.pack(">II", 10**6, 0))), "bomb"),
    "tiff of 20,000 folders": (chained_tiff(20_000), "bomb"),
    "tiff that goes round": (tiff_of(8, 8, next=8), TAKEN),
    "tiff of a strange packing": (tiff_of(8, 8, packing=60_000), "truncated"),
    "tiff of too many tags": (tiff([(256, 4, 1, 8)] * 60_000), "truncated"),
    "png without pixels": (SIGNATURE + chunk(b"IHDR", struct.pack(">IIBBBBB", 8, 8, 8, 0, 0, 0, 0)), "truncated"),
    "png of a chunk without end": (SIGNATURE + b"\xff\xff\xff\xffIHDR", "truncated"),
    "png of 64 bits": (png(8, 8, bytes(72), depth=64), "truncated"),
    "png that unpacks to nothing": (png(8, 8, b""), "truncated"),
    "png whose pixels are no stream": (png(8, 8, b"")[:33] + chunk(b"IDAT", bytes(99)) + END, "truncated"),
    "jpeg of segments of no length": (b"\xff\xd8" + b"\xff\xe1\0\0" * 1000, "truncated"),
    "gif of blocks without end": (b"GIF89a\x10\0\x10\0\0\0\0" + b"\x21\xfe" + b"\xff" * 100_000, "truncated"),
    "webp of a chunk beyond its end": (b"RIFF\x10\0\0\0WEBPVP8 \xff\xff\xff\x7f", "truncated"),
}  # fmt: skip


def mutants(count: int, seed: int) -> Iterator[bytes]:
    """Damaged pictures of every format: flipped, cut, doubled, moved, filled and mixed, the same from the same seed."""
    chance = random.Random(seed)
    good = [
        *(saved(format, (60, 40)) for format in FORMATS),
        *(animated(format, 3, (20, 20)) for format in ("GIF", "WEBP", "PNG", "TIFF", "AVIF")),
        saved("TIFF", (60, 40), "L", compression="tiff_lzw"),
        saved("WEBP", (60, 40), "RGBA", lossless=True),
        turned(6),
        saved("JPEG", (60, 40), progressive=True),
    ]
    for _ in range(count):
        yield bytes(damaged(bytearray(chance.choice(good)), bytearray(chance.choice(good)), chance))


def damaged(data: bytearray, other: bytearray, chance: random.Random) -> bytearray:
    for _ in range(chance.randint(1, 4)):
        at, length = chance.randrange(len(data)), chance.randint(1, 40)
        kind = chance.randrange(6)
        if kind == 0:
            data[at] ^= 1 << chance.randrange(8)
        elif kind == 1:
            data = data[: max(20, at)]
        elif kind == 2:
            data[at : at + length] = data[at : at + length] * 2
        elif kind == 3:
            piece = data[at : at + length]
            del data[at : at + length]
            to = chance.randrange(len(data) + 1)
            data[to:to] = piece
        elif kind == 4:
            data[at : at + length] = bytes([chance.choice((0, 255, chance.randrange(256)))]) * length
        else:
            data[at : at + length] = other[at : at + length]
    return data
