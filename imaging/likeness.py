"""Whether two pictures show the same: a sketch to find the few that may, and a strict look at their small pictures.

A sketch is the picture as 8 × 8 grey cells, whatever its size and format; `library/intake/sketches.py` looks for its
like. Both are measured over re-encodings and over pictures that only nearly are the same (docs/decisions.md).
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from PIL import Image, ImageChops, ImageFilter, ImageMath, ImageStat

from imaging.formats import sniff, structure
from imaging.inspection import CompareJob, Likeness, Likenesses, Limits, SketchJob

SIDE = 8  # cells of a sketch, each way
LEAST = 64  # pixels of the shorter side: what is smaller says too little
SPAN = 12  # grey levels between the darkest and the brightest cell: what has less is blank
GREY = (128, 128, 128, 255)  # what shows through

CELLS = 64  # of the longer side, when two are compared
LEAST_CELL = 5  # pixels of a cell: below that what a codec does to single pixels shows
ASPECT = 0.006  # by how much two proportions may differ: a pixel or two
# By how many levels cells may differ in brightness and in both colours: anywhere, in ever larger cells. What a codec
# does evens out, what somebody moved or painted over does not.
MOST = ((64, 6.0, 18.0), (32, 3.5, 9.0), (16, 2.0, 4.5), (4, 1.0, 1.8), (1, 0.7, 0.7))
MEAN = (1.2, 3.6)  # on the average of the smallest cells
DOUBT = 2.5  # times as much may differ in what is worth a question
COLOURS = (0, 1, 1, 0)  # whether a band of the cells is a colour
KEPT = 256  # small pictures of which the averages are kept
DETAIL, DETAILS = 5, 0.03  # a cell that stands out from those around it, and how many of all must
Size = tuple[int, int]


def sketch(small: Image.Image) -> bytes:
    """64 cells of brightness, row by row; nothing for a picture that is too small or too even to be known again."""
    if min(small.size) < LEAST:
        return b""
    # Averaged coarsely first: every picture that comes in pays for this. Coarser still, odd sizes would tell.
    cells = _laid_on_grey(small).convert("L").resize((SIDE, SIDE), Image.Resampling.BILINEAR, reducing_gap=3.0)
    low, high = cells.getextrema()
    return cells.tobytes() if high - low >= SPAN else b""  # type: ignore[operator]


def sketched(job: SketchJob, limits: Limits) -> bytes:
    """The sketch of a picture that was imported before, from its small one. What moves is not known by one frame."""
    if job.original is not None:
        with job.original.open("rb") as file:
            format = sniff(file.read(16))
            if format is None or structure(format, file, limits.pixels).frames != 1:
                return b""
    with Image.open(job.small, formats=("WEBP",)) as small:
        return sketch(small)


def compared(job: CompareJob) -> Likenesses:
    """What a small picture has in common with each of the others; None with one that cannot be read."""
    with Image.open(io.BytesIO(job.one), formats=("WEBP",)) as image:
        image.load()
        own = lru_cache(lambda grid: Averages.of(image, grid))
        return tuple(_compared(image.size, own, other) for other in job.others)


def _compared(size: Size, own: Callable[[Size], Averages], other: Path) -> Likeness | None:
    try:
        grid = _grid(size, _size_of(other))
        return "other" if grid is None else _judged(own(grid), _averages_of(other, grid))
    except Exception:  # whatever a decoder raises on damage
        return None


@lru_cache(maxsize=KEPT)
def _size_of(place: Path) -> Size:
    with Image.open(place, formats=("WEBP",)) as image:
        return image.size


@lru_cache(maxsize=KEPT)  # files of one batch are compared with the same few, again and again
def _averages_of(place: Path, grid: Size) -> Averages:
    with Image.open(place, formats=("WEBP",)) as image:
        return Averages.of(image, grid)


def judge(left: Image.Image, right: Image.Image) -> Likeness:
    """What two small pictures have in common, cell by cell."""
    grid = _grid(left.size, right.size)
    return "other" if grid is None else _judged(Averages.of(left, grid), Averages.of(right, grid))


def _grid(left: Size, right: Size) -> Size | None:
    """The cells over which two pictures are compared; None where their proportions tell them apart."""
    width, height = (min(sides) for sides in zip(left, right, strict=True))
    apart = abs(left[0] / left[1] / (right[0] / right[1]) - 1)
    if min(width, height) < LEAST or apart > ASPECT + 1 / min(width, height):
        return None
    fine = min(CELLS, max(width, height) // LEAST_CELL)
    return max(1, round(fine * width / max(width, height))), max(1, round(fine * height / max(width, height)))


class Averages(NamedTuple):
    """A small picture as cells: of each band the smallest ones, and their averages over ever larger ones (`MOST`)."""

    cells: Sequence[Image.Image]
    larger: Sequence[Sequence[Image.Image]]
    detailed: bool

    @classmethod
    def of(cls, image: Image.Image, grid: Size) -> Averages:
        cells = _cells(image, grid)
        return cls(cells, [list(_larger(band.convert("F"))) for band in cells], _has_detail(cells[0]))


def _larger(cells: Image.Image) -> Iterator[Image.Image]:
    for side, *_ in MOST:
        width, height = (max(1, round(side * length / max(cells.size))) for length in cells.size)
        yield cells.resize((width, height), Image.Resampling.BILINEAR)


def _judged(left: Averages, right: Averages) -> Likeness:
    near = False
    for by, most in _differences(left, right):
        if by > most * DOUBT:
            return "other"
        near = near or by > most
    if near:
        return "near"
    return "same" if left.detailed and right.detailed else "vague"


def _cells(image: Image.Image, grid: tuple[int, int]) -> list[Image.Image]:
    """Brightness, the two colours and what is opaque, averaged over each cell."""
    cells = image.resize(grid, Image.Resampling.BILINEAR)
    opaque = cells.getchannel("A") if cells.mode == "RGBA" else Image.new("L", grid, 255)
    return [*_laid_on_grey(cells).convert("YCbCr").split(), opaque]


def _laid_on_grey(image: Image.Image) -> Image.Image:
    """What is transparent has no colour of its own: codecs write into it what they like."""
    if image.mode != "RGBA":
        return image
    return Image.alpha_composite(Image.new("RGBA", image.size, GREY), image).convert("RGB")


def _differences(left: Averages, right: Averages) -> Iterator[tuple[float, float]]:
    """By how much cells differ, at any size of cells, each with the most that a codec makes them."""
    for one, two, colour in zip(left.cells, right.cells, COLOURS, strict=True):
        yield ImageStat.Stat(ImageChops.difference(one, two)).mean[0], MEAN[colour]
    for ones, twos, colour in zip(left.larger, right.larger, COLOURS, strict=True):
        for one, two, (_, *most) in zip(ones, twos, MOST, strict=True):
            low, high = _subtracted(one, two).getextrema()
            yield max(-low, high), most[colour]  # type: ignore[operator, misc]


def _subtracted(left: Image.Image, right: Image.Image) -> Image.Image:
    """The one less the other, with signs."""
    difference: Image.Image = ImageMath.lambda_eval(
        lambda given: given["left"] - given["right"], left=left, right=right
    )
    return difference


def _has_detail(brightness: Image.Image) -> bool:
    """Whether enough stands out. Blank pages and gradients of one size are all alike."""
    around = brightness.filter(ImageFilter.BoxBlur(2))
    counts = ImageChops.difference(brightness, around).histogram()
    return sum(counts[DETAIL:]) >= DETAILS * sum(counts)
