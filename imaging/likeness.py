"""Whether two pictures show the same: a sketch to find the few that may, and a strict look at their small pictures.

A sketch is the picture as 8 × 8 grey cells, whatever its size and format; `library/intake/sketches.py` looks for its
like. Both are measured over re-encodings and over pictures that only nearly are the same (docs/decisions.md).
"""

from __future__ import annotations

import io

from PIL import Image, ImageChops, ImageFilter, ImageMath, ImageStat

from imaging.formats import sniff, structure
from imaging.inspection import CompareJob, Likeness, Limits, SketchJob

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
DETAIL, DETAILS = 5, 0.03  # a cell that stands out from those around it, and how many of all must


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


def compared(job: CompareJob) -> Likeness:
    """What two small pictures have in common."""
    with Image.open(io.BytesIO(job.one), formats=("WEBP",)) as left, Image.open(job.other, formats=("WEBP",)) as right:
        return judge(left, right)


def judge(left: Image.Image, right: Image.Image) -> Likeness:
    """What two small pictures have in common, cell by cell."""
    width, height = (min(sides) for sides in zip(left.size, right.size, strict=True))
    if min(width, height) < LEAST or abs(_proportion(left) / _proportion(right) - 1) > ASPECT + 1 / min(width, height):
        return "other"
    fine = min(CELLS, max(width, height) // LEAST_CELL)
    grid = (max(1, round(fine * width / max(width, height))), max(1, round(fine * height / max(width, height))))
    one, two = _cells(left, grid), _cells(right, grid)
    bands = list(zip(one, two, (0, 1, 1, 0), strict=True))
    if any(_differ(left, right, colour, DOUBT) for left, right, colour in bands):
        return "other"
    if any(_differ(left, right, colour, 1) for left, right, colour in bands):
        return "near"
    return "same" if _has_detail(one[0]) and _has_detail(two[0]) else "vague"


def _proportion(image: Image.Image) -> float:
    return image.width / image.height


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


def _differ(left: Image.Image, right: Image.Image, colour: int, times: float) -> bool:
    """Whether cells differ so many times more than a codec makes them, at any size of cells."""
    if ImageStat.Stat(ImageChops.difference(left, right)).mean[0] > MEAN[colour] * times:
        return True
    for side, *most in MOST:
        width, height = (max(1, round(side * length / max(left.size))) for length in left.size)
        cells = [part.convert("F").resize((width, height), Image.Resampling.BILINEAR) for part in (left, right)]
        low, high = _subtracted(*cells).getextrema()
        if max(-low, high) > most[colour] * times:  # type: ignore[operator]
            return True
    return False


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
