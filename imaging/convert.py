"""One picture → another format and size, with what is known of it. Runs in a worker process only.

Everything is decided from the bytes; the new file is written whole, or is not there.
"""

from __future__ import annotations

import hashlib
import io
from typing import BinaryIO, NamedTuple

from PIL import Image
from PIL.ImageFile import ImageFile

from imaging.containers import pngtexts
from imaging.containers.pngtexts import Texts
from imaging.embed import MAX_BYTES, embed, opened
from imaging.errors import Refused, answered
from imaging.examine import decoding, known
from imaging.formats import MEDIA_TYPES, sniff, structure
from imaging.inspection import Converted, ConvertJob, EmbedJob, InspectJob, Limits, Loss, Made, Rejection, Target
from imaging.reading import content, new_file, sync, write
from imaging.thumbnails import ICC_LIMIT, TURNS, by_profile, in_srgb, orientation, workable
from imaging.writing.carrying import Carried, carried, put_carried

MOST_SIDE = {"PNG": (1 << 31) - 1, "JPEG": 65_500, "WEBP": 16_383, "AVIF": 16_384}
PNG_DEPTH = 24  # where a PNG says how many bits its values have
BITS = 258  # TIFF's tag for the same
# Here "quality" is how hard it tries: at 90 it takes ten times as long for a hundredth of the bytes.
LOSSLESS = {"lossless": True, "quality": 20, "method": 2}
FINE = 90  # JPEG and AVIF quality from which colours are kept in every pixel


class Source(NamedTuple):
    """What the container of an opened picture says."""

    format: str
    depth: int
    frames: int
    credentials: bytes
    texts: Texts | None


class Drawn(NamedTuple):
    image: Image.Image
    profile: bytes
    carried: Carried
    losses: tuple[Loss, ...]


def convert(job: ConvertJob, limits: Limits) -> Converted | Rejection:
    """Write the picture anew; on a rejection nothing remains at `to`."""

    def work() -> Converted:
        with content(InspectJob(job.path)) as found:
            source = _source(job, found.file, limits)
            drawn = decoding(source.format, found.file, lambda file: _drawn(job, file, source, limits))
        data, unwritten = _encoded(drawn, job.target)
        losses = tuple(sorted({*drawn.losses, *unwritten}))
        return Converted(*_put_down(job, data, job.target.format), losses, *drawn.image.size)

    return answered(limits, work)


def _source(job: ConvertJob, file: BinaryIO, limits: Limits) -> Source:
    format = known(file)
    frames, credentials = structure(format, file, limits.pixels)
    if credentials and job.target.credentials == "refuse":
        raise Refused("credentials", "The picture carries Content Credentials, which the new file cannot keep.")
    file.seek(PNG_DEPTH)
    depth = file.read(1)[0] if format == "PNG" else 8
    return Source(format, depth, frames, credentials, pngtexts.texts(file) if format == "PNG" else None)


def embedded(job: EmbedJob, limits: Limits) -> Made | Rejection:
    """Write the picture with its facts; on a rejection nothing remains at `to`."""

    def work() -> Made:
        with content(InspectJob(job.path)) as found:
            if found.size > MAX_BYTES:
                raise Refused("too_large", f"The file is larger than {MAX_BYTES >> 20} MiB.")
            found.file.seek(0)
            data, losses = embed(found.file.read(), job.facts, job.words, job.lineage)
        return Made(*_put_down(job, data, sniff(data[:16]) or ""), losses)

    return answered(limits, work)


def _put_down(job: ConvertJob | EmbedJob, data: bytes, format: str) -> tuple[bytes, int, str]:
    with new_file(job.to) as handle:
        assert handle is not None
        write(handle, data)
        if job.fsync:
            sync(handle)
    return hashlib.sha256(data).digest(), len(data), MEDIA_TYPES[format]


def _drawn(job: ConvertJob, file: BinaryIO, source: Source, limits: Limits) -> Drawn:
    losses: list[Loss] = ["animation"] if source.frames > 1 else []
    losses += ["credentials"] if source.credentials else []
    file.seek(0)
    with Image.open(file, formats=(source.format,)) as image:
        size = _loaded(image, source.format, job.target)
        turn = orientation(image)
        losses += ["depth"] if _is_deep(image, source) else []
        shape = _shape(size, job.target, turn >= 5)
        _check(shape.size, job.target.format, limits)
        # Before the pixels are used up: the facts may be hidden in them.
        upright = shape.size[::-1] if turn >= 5 else shape.size
        beside = carried(job, image, source.credentials, source.texts, upright)
        picture = _resized(workable(image)(image), shape, size)
        picture, profile, uncoloured = _coloured(picture, image.info.get("icc_profile") or b"", job.target)
    if job.target.format == "JPEG" and picture.mode == "RGBA":
        picture, seen_through = _flattened(picture, job.target.background)
        losses += ["transparency"] if seen_through else []
    if turn in TURNS:
        picture = picture.transpose(TURNS[turn])
    return Drawn(picture, profile, beside, (*losses, *beside.losses, *uncoloured))


def _loaded(image: ImageFile, format: str, target: Target) -> tuple[int, int]:
    """Load the picture; tells its size. A JPEG is decoded smaller where that leaves twice what is needed."""
    if format != "JPEG":
        image.load()
        return image.size
    size = image.size
    shape = _shape(size, target, orientation(image) >= 5)
    left, top, right, bottom = shape.box
    scale = max(shape.size[0] / (right - left), shape.size[1] / (bottom - top))
    image.draft(None, (round(2 * scale * size[0]), round(2 * scale * size[1])))
    image.load()
    return size


def _is_deep(image: ImageFile, source: Source) -> bool:
    """Whether the picture has more than 8 bits a value."""
    tag = image.tag_v2.get(BITS) if source.format == "TIFF" else None  # type: ignore[attr-defined]
    bits = [each for each in (tag if isinstance(tag, tuple) else (tag,)) if isinstance(each, int)]
    return image.mode.startswith(("I", "F")) or max([source.depth, *bits]) > 8


def _resized(picture: Image.Image, shape: Shape, size: tuple[int, int]) -> Image.Image:
    """The part that is taken, of a picture that may have been decoded smaller than its size."""
    if picture.size == shape.size and shape.box == (0, 0, *size):
        return picture
    across, down = picture.width / size[0], picture.height / size[1]
    left, top, right, bottom = shape.box
    box = left * across, top * down, min(right * across, picture.width), min(bottom * down, picture.height)
    return picture.resize(shape.size, Image.Resampling.LANCZOS, box, reducing_gap=3.0)


class Shape(NamedTuple):
    """What part of a picture is taken, and how large it becomes."""

    box: tuple[float, float, float, float]
    size: tuple[int, int]


def _shape(size: tuple[int, int], target: Target, turned: bool) -> Shape:
    """Of the picture as it is stored, which may lie on its side."""
    width, height = size
    if target.exact is None:
        scale = target.longest / max(size) if target.longest else (target.percent or 100) / 100
        scale = scale if target.enlarge else min(1.0, scale)
        return Shape((0, 0, width, height), (max(1, round(width * scale)), max(1, round(height * scale))))
    across, down = target.exact[::-1] if turned else target.exact
    scale = max(across / width, down / height)
    # The part that is seen, about the middle: the same from all sides.
    part = min(width, across / scale), min(height, down / scale)
    left, top = (width - part[0]) / 2, (height - part[1]) / 2
    made = scale if target.enlarge else min(1.0, scale)
    seen = (max(1, round(across / scale * made)), max(1, round(down / scale * made)))
    return Shape((left, top, left + part[0], top + part[1]), seen)


def _check(size: tuple[int, int], format: str, limits: Limits) -> None:
    if size[0] * size[1] > limits.pixels:
        raise Refused("bomb", f"The new picture would have more than {limits.pixels:,} pixels.")
    if max(size) > MOST_SIDE[format]:
        raise Refused("too_large", f"{format} holds at most {MOST_SIDE[format]:,} pixels on a side.")


def _coloured(image: Image.Image, profile: bytes, target: Target) -> tuple[Image.Image, bytes, tuple[Loss, ...]]:
    """The picture in colours that the format has, the profile that is kept, and whether one was of no use."""
    kind = profile[16:20] if len(profile) <= ICC_LIMIT else b""
    greys = image.mode == "L" and kind == b"GRAY" and target.format != "WEBP"
    if image.mode == "L" and kind == b"RGB ":
        image = image.convert("RGB")
    fits = greys or (image.mode in ("RGB", "RGBA") and kind == b"RGB ")
    usable = fits or (image.mode, kind) in (("L", b"GRAY"), ("CMYK", b"CMYK"))
    if not profile or (fits and target.colour == "keep"):
        return (image if image.mode != "CMYK" else in_srgb(image, None)), profile if fits else b"", ()
    found = by_profile(image, profile) if usable else None
    return found or (in_srgb(image, None) if image.mode == "CMYK" else image), b"", () if found else ("profile",)


def _flattened(image: Image.Image, background: tuple[int, int, int]) -> tuple[Image.Image, bool]:
    """Laid on the background, and whether any of that is seen."""
    low, _ = image.getchannel("A").getextrema()
    whole = Image.alpha_composite(Image.new("RGBA", image.size, (*background, 255)), image)
    return whole.convert("RGB"), int(low) < 255  # type: ignore[arg-type]


def _encoded(drawn: Drawn, target: Target) -> tuple[bytes, tuple[Loss, ...]]:
    """The file, and what of the metadata has no room in it."""
    file = io.BytesIO()
    image = drawn.image
    image.info = {}  # Pillow would write comments and profiles of the source
    options: dict[str, object] = {"icc_profile": drawn.profile} if drawn.profile else {}
    if target.format == "PNG":
        options["compress_level"] = 4  # two thirds of the time of 6, and the same bytes, near enough
    elif target.format in ("JPEG", "AVIF"):
        # Not "optimize": for that Pillow guesses how long the file becomes, and fails where noise makes it longer.
        options |= {"quality": target.quality, "subsampling": "4:4:4" if target.quality >= FINE else "4:2:0"}
        # AVIF's alone: at 6 it takes twice as long for a quarter less of the bytes.
        options |= {"speed": 8} if target.format == "AVIF" else {}
    elif target.format == "WEBP":
        options |= LOSSLESS if target.lossless else {"quality": target.quality, "method": 4}
    image.save(file, target.format, **options)
    if drawn.carried == Carried():
        return file.getvalue(), ()
    container = opened(file.getvalue())
    losses = put_carried(container, drawn.carried)
    return container.encoded(), losses
