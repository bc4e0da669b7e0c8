"""Looks at one file: what it is, how large, what it shows, how it was made. Runs in a worker process only.

The type is what the bytes say, never the name. Whatever is wrong with a file becomes a `Rejection` with a code.
"""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import BinaryIO, NamedTuple, TypeVar

import msgspec
from PIL import AvifImagePlugin, Image, PngImagePlugin

from imaging.containers import pngtexts
from imaging.containers.pngtexts import Texts
from imaging.errors import Refused, answered
from imaging.formats import MEDIA_TYPES, sniff, structure
from imaging.inspection import Inspection, InspectJob, Limits, Rejection, ShrinkJob
from imaging.likeness import sketch
from imaging.metadata import Told, read_facts
from imaging.reading import Content, content, sidecar_text
from imaging.thumbnails import EDGE, made_small, orientation, thumbnail

# Decompressed bytes of one text and of all texts in a PNG: ComfyUI's workflows pass Pillow's 1 MiB.
PngImagePlugin.MAX_TEXT_CHUNK = pngtexts.MAX_TEXT
PngImagePlugin.MAX_TEXT_MEMORY = pngtexts.MAX_TEXTS
# One picture a worker: as many of these work at once as there are processors.
AvifImagePlugin.DEFAULT_MAX_THREADS = 1
# What Pillow says of texts and profiles that are longer.
TOO_LONG = ("MAX_TEXT", "Decompressed data too large", "Too much memory used in text chunks")
Seen = TypeVar("Seen")
HEIC_BRANDS = (b"heic", b"heix", b"mif1")


class Decoded(NamedTuple):
    """What a decoder and the readers saw."""

    width: int
    height: int
    told: Told
    small: bytes
    sketch: bytes


def inspect(job: InspectJob, limits: Limits) -> Inspection | Rejection:
    """Look at one file; on a rejection nothing of a copy remains."""

    def look() -> Inspection:
        with content(job) as found:
            return _describe(job, found, limits)

    return answered(limits, look)


def _describe(job: InspectJob, found: Content, limits: Limits) -> Inspection:
    format = known(found.file)
    frames, credentials = structure(format, found.file, limits.pixels)
    texts = pngtexts.texts(found.file) if format == "PNG" else None
    seen = decoding(format, found.file, lambda file: _decoded(job, file, format, texts, credentials))
    return Inspection(
        sha256=found.sha256,
        size=found.size,
        media_type=MEDIA_TYPES[format],
        width=seen.width,
        height=seen.height,
        frames=frames,
        thumbnail=seen.small,
        facts=seen.told.facts,
        raw=seen.told.raw,
        credentials=bool(credentials),
        sketch=seen.sketch if frames == 1 else b"",  # what moves is not known by its first frame
        taken=seen.told.taken,
        lineage=seen.told.lineage,
    )


def shrunk(job: ShrinkJob, limits: Limits) -> bytes | Rejection:
    """A small WebP of what is a picture: nothing else that stood in the bytes is in it."""
    held = msgspec.structs.replace(limits, pixels=min(limits.pixels, job.pixels))

    def look() -> bytes:
        file = BytesIO(job.data)
        format = known(file)
        structure(format, file, held.pixels)
        return decoding(format, file, lambda file: _small(file, format))

    return answered(held, look)


def known(file: BinaryIO) -> str:
    """Pillow's name of the format. Refused for everything that is not taken."""
    file.seek(0)
    head = file.read(16)
    if (format := sniff(head)) is not None:
        return format
    if head[4:8] == b"ftyp" and head[8:12] in HEIC_BRANDS:
        raise Refused("not_a_picture", "HEIC is not taken: save the picture as JPEG, PNG, WebP or AVIF.")
    raise Refused("not_a_picture", "The file is no PNG, JPEG, WebP, AVIF, GIF or TIFF.")


def decoding(format: str, file: BinaryIO, work: Callable[[BinaryIO], Seen]) -> Seen:
    """Work that decodes the file; once more without its texts where Pillow stumbles over how long they are."""
    try:
        return work(file)
    except ValueError as error:
        if format != "PNG" or not any(sign in str(error) for sign in TOO_LONG):
            raise
        return work(pngtexts.without_texts(file))


def _decoded(job: InspectJob, file: BinaryIO, format: str, texts: Texts | None, credentials: bytes) -> Decoded:
    file.seek(0)
    with Image.open(file, formats=(format,)) as image:
        width, height = image.size
        # JPEGs are decoded at the smallest of 1/1, 1/2, 1/4, 1/8 that is enough.
        image.draft(None, (EDGE, EDGE))
        image.load()
        # After loading: EXIF may stand behind the pixels, and asking a PNG for it would load it and swallow what fails.
        turn = orientation(image)
        if turn >= 5:
            width, height = height, width
        told = read_facts(image, job.path.name, sidecar_text(job.sidecar), credentials, texts)
        small = made_small(image, turn)
        return Decoded(width, height, told, thumbnail(small), sketch(small))


def _small(file: BinaryIO, format: str) -> bytes:
    file.seek(0)
    with Image.open(file, formats=(format,)) as image:
        image.draft(None, (EDGE, EDGE))
        image.load()
        return thumbnail(made_small(image, orientation(image)))
