"""Looks at one file: what it is, how large, what it shows, how it was made. Runs in a worker process only.

The type is what the bytes say, never the name. The file is read once: hashed on its way into the copy.
"""

from __future__ import annotations

import hashlib
import io
import os
import stat
import struct
import warnings
from pathlib import Path

from PIL import Image, ImageOps, UnidentifiedImageError

from imaging.inspection import Inspection, InspectJob, Limits, Rejection
from imaging.metadata import read_facts

FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "TIFF")
MEDIA_TYPES = {
    "PNG": "image/png",
    "JPEG": "image/jpeg",
    "MPO": "image/jpeg",
    "WEBP": "image/webp",
    "GIF": "image/gif",
    "TIFF": "image/tiff",
}
EDGE = 512  # of a thumbnail's longer side, pixels
PIECE = 1 << 20
MAX_BYTES = 1 << 30
MAX_FRAMES = 10_000


class Refused(Exception):
    """The file is not taken; becomes a Rejection."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


def inspect(job: InspectJob, limits: Limits) -> Inspection | Rejection:
    """Look at one file; on a rejection nothing of a copy remains."""
    Image.MAX_IMAGE_PIXELS = limits.pixels
    try:
        return _inspect(job, limits)
    except Refused as refused:
        _drop(job.copy_to)
        return Rejection(refused.code, refused.reason)  # type: ignore[arg-type]
    except BaseException as error:
        _drop(job.copy_to)
        return _rejection(error)


def _rejection(error: BaseException) -> Rejection:
    """Any error while looking as one of the codes; what ends the process is raised again."""
    if isinstance(error, (Image.DecompressionBombError, Image.DecompressionBombWarning)):
        return Rejection("bomb", "The picture has more pixels than are allowed (limits.pixels).")
    if isinstance(error, MemoryError):
        return Rejection("memory", "The picture needs more memory than is allowed.")
    if isinstance(error, FileNotFoundError):
        return Rejection("gone", "The file is not there any more.")
    if isinstance(error, PermissionError):
        return Rejection("unreadable", "The file cannot be read: permission denied.")
    if isinstance(error, OSError) and error.errno in (28, 122):
        return Rejection("disk_full", "The disk is full: free some space and import the file again.")
    if isinstance(error, UnidentifiedImageError):
        return Rejection("not_a_picture", "The file is no PNG, JPEG, WebP, GIF or TIFF.")
    if not isinstance(error, Exception):
        raise error
    return Rejection("truncated", f"The picture is cut off or damaged: {str(error)[:200] or type(error).__name__}.")


def _drop(copy: Path | None) -> None:
    if copy is not None:
        copy.unlink(missing_ok=True)


def _inspect(job: InspectJob, limits: Limits) -> Inspection:
    handle = os.open(job.path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(handle, "rb", buffering=0) as file:
        before = os.fstat(file.fileno())
        if not stat.S_ISREG(before.st_mode):
            raise Refused("unreadable", "That is not an ordinary file.")
        if before.st_size == 0:
            raise Refused("empty", "The file is empty.")
        if before.st_size > MAX_BYTES:
            raise Refused("too_large", f"The file is larger than {MAX_BYTES >> 20} MiB.")
        data, sha256 = _read(file, job)
        after = os.fstat(file.fileno())
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns) or len(data) != before.st_size:
        raise Refused("unsettled", "The file changed while it was read; it will be tried again.")
    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        warnings.filterwarnings("ignore", category=UserWarning)
        return _describe(job, data, sha256)


def _read(file: io.FileIO, job: InspectJob) -> tuple[bytes, bytes]:
    """The bytes and their SHA-256, written to the copy on the way."""
    digest, pieces = hashlib.sha256(), []
    copy = None
    if job.copy_to is not None:
        copy = os.open(job.copy_to, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        while piece := file.read(PIECE):
            digest.update(piece)
            pieces.append(piece)
            view = memoryview(piece)
            while copy is not None and view:
                view = view[os.write(copy, view) :]
        if copy is not None and job.fsync:
            os.fsync(copy)
    finally:
        if copy is not None:
            os.close(copy)
    return b"".join(pieces), digest.digest()


def _describe(job: InspectJob, data: bytes, sha256: bytes) -> Inspection:
    image = Image.open(io.BytesIO(data), formats=FORMATS)
    frames = _frames(image)
    facts, raw = read_facts(image, _sidecar(job.sidecar))
    width, height = image.size
    if _orientation(image) >= 5:
        width, height = height, width
    thumbnail, phash = _thumbnail(image)
    return Inspection(
        sha256=sha256,
        size=len(data),
        media_type=MEDIA_TYPES[image.format or ""],
        width=width,
        height=height,
        frames=frames,
        thumbnail=thumbnail,
        phash=phash,
        facts=facts,
        raw=raw,
        credentials=_credentials(data),
    )


def _frames(image: Image.Image) -> int:
    # Counting a GIF's frames reads the whole file, and TIFF directories may form a loop.
    if image.format == "GIF":
        return 2 if getattr(image, "is_animated", False) else 1
    frames = int(getattr(image, "n_frames", 1))
    if frames > MAX_FRAMES:
        raise Refused("bomb", f"The picture has {frames} frames; at most {MAX_FRAMES} are taken.")
    return frames


def _orientation(image: Image.Image) -> int:
    try:
        return int(image.getexif().get(0x0112, 1))
    except (ValueError, TypeError, SyntaxError, struct.error):
        return 1


def _sidecar(path: Path | None) -> str | None:
    if path is None:
        return None
    try:
        with path.open("rb") as file:
            return file.read(65_536).decode("utf-8", "replace")
    except OSError:
        return None  # a text beside the picture is a courtesy: the picture is taken without it


def _thumbnail(image: Image.Image) -> tuple[bytes, bytes]:
    """A WebP of at most 512 px, upright, with its alpha; and a 64-bit difference hash, big-endian."""
    image.draft("RGB", (EDGE, EDGE))
    image.load()
    image.thumbnail((EDGE, EDGE), Image.Resampling.BILINEAR, reducing_gap=2.0)
    upright = ImageOps.exif_transpose(image)
    wanted = "RGBA" if upright.has_transparency_data else "RGB"
    if upright.mode.startswith("I") or upright.mode == "F":
        upright = _eight_bits(upright)
    small = upright if upright.mode == wanted else upright.convert(wanted)
    file = io.BytesIO()
    small.save(file, "WEBP", method=0, quality=80)
    return file.getvalue(), _difference_hash(small)


def _eight_bits(image: Image.Image) -> Image.Image:
    low, high = (float(value) for value in image.getextrema())  # type: ignore[arg-type]
    scale = 255.0 / (high - low) if high > low else 1.0
    return image.convert("F").point(lambda value: value * scale - low * scale).convert("L")


def _difference_hash(image: Image.Image) -> bytes:
    """Whether each of 8 × 8 points is brighter than its right neighbour (dHash)."""
    pixels = image.convert("L").resize((9, 8), Image.Resampling.BILINEAR).tobytes()
    bits = 0
    for row in range(8):
        for column in range(8):
            bits = bits << 1 | (pixels[row * 9 + column] > pixels[row * 9 + column + 1])
    return bits.to_bytes(8, "big")


def _credentials(data: bytes) -> bool:
    """Whether Content Credentials (C2PA) are inside: PNG's caBX chunk, JPEG's JUMBF box in APP11."""
    if data.startswith(b"\x89PNG"):
        return b"caBX" in data[: data.find(b"IDAT")]
    return data.startswith(b"\xff\xd8") and b"jumb" in data[: 1 << 20] and b"c2pa" in data[: 1 << 20]
