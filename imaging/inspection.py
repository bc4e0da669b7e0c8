"""What is asked of a worker about one file, and what it answers. Light: the daemon imports this, not Pillow."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import msgspec

Code = Literal[
    "empty",
    "truncated",
    "not_a_picture",
    "too_large",
    "bomb",
    "unreadable",
    "unsettled",
    "timeout",
    "memory",
    "disk_full",
    "gone",
]

# Why a file is not written: `credentials`, it carries Content Credentials, which any change would break.
Why = Literal[Code, "credentials"]
# What of a picture is not in the file that was made of it. `animation`: all but the first of its pictures;
# `credentials`; `depth`: more than 8 bits; `exif`, `xmp`: what could not be read or has no room; `infotext`: A1111's
# text, for the same reasons or because another stands there; `profile`: one that makes no sense; `transparency`.
Loss = Literal["animation", "credentials", "depth", "exif", "infotext", "profile", "transparency", "xmp"]

# Whether two pictures show the same. `vague`: they fit, but too little is in them to be sure; `near`: they differ by a
# little more than codecs make them.
Likeness = Literal["same", "vague", "near", "other"]
Likenesses = tuple[Likeness | None, ...]


class Limits(msgspec.Struct, frozen=True):
    """What one picture may cost: pixels, seconds of CPU and of the clock, bytes of memory."""

    pixels: int = 150_000_000
    cpu_seconds: int = 10
    wall_seconds: float = 15.0
    memory: int = 1 << 30


class InspectJob(msgspec.Struct, frozen=True):
    """One file to look at; its bytes are copied to `copy_to` on the way, when given. `sidecar`: a text beside it."""

    path: Path
    copy_to: Path | None = None
    sidecar: Path | None = None
    fsync: bool = False


class CompareJob(msgspec.Struct, frozen=True):
    """A small picture, by its bytes, to compare with others, by their files. Answered by what it has in common with
    each of them, None where one cannot be read.
    """

    one: bytes
    others: tuple[Path, ...]


class SketchJob(msgspec.Struct, frozen=True):
    """A picture to make the sketch of: its small one, and its own file where one frame may not be all of it."""

    small: Path
    original: Path | None


class ShrinkJob(msgspec.Struct, frozen=True):
    """The bytes of a picture that is only looked at, to make small: WebP, at most 512 pixels wide and high. `pixels`:
    as many as it may have, where that is fewer than any may.
    """

    data: bytes
    pixels: int


class Facts(msgspec.Struct, frozen=True):
    """How a picture was made, as its maker wrote it: each text at most 64 KiB."""

    prompt: str | None = None
    negative: str | None = None
    seed: str | None = None
    model: str | None = None
    tool: str | None = None
    parameters: dict[str, str | int | float] = {}


class Words(msgspec.Struct, frozen=True):
    """What a person said of a picture, as other programs read it in XMP: dc:title, dc:subject and xmp:Rating."""

    title: str | None = None
    tags: tuple[str, ...] = ()
    rating: int = 0


class Lineage(msgspec.Struct, frozen=True):
    """Which picture of a library another was made of, and which one stood at the beginning, by their ids of 16 bytes.
    What a file says of it is its claim.
    """

    made_of: bytes
    first: bytes


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """What a picture becomes, upright and in 8 bits.

    At most one of `longest` (pixels of the longer edge), `percent`, and `exact` (width and height, filled and cut off
    evenly on both sides) says how large. Nothing is made larger unless `enlarge` says so: under `exact` it is then as
    large as it can be in these proportions. `quality` is that of JPEG, of AVIF and of WebP that is not `lossless`.
    `colour` "srgb" turns the numbers into sRGB and leaves no profile; "keep" keeps both, but CMYK and what the format
    has no place for become sRGB. `background`, in the numbers of the new file, lies below what is transparent in JPEG.
    `metadata`: "all" keeps the facts, EXIF, XMP and a PNG's texts; "generation" the facts without what a camera or a
    person said besides; both say what it was made of; "none" nothing. The profile is no metadata. `credentials`:
    whether a picture with Content Credentials, which no new file can keep, is refused or loses them.
    """

    format: Literal["PNG", "JPEG", "WEBP", "AVIF"]
    quality: int = 90
    lossless: bool = False
    longest: int | None = None
    percent: float | None = None
    exact: tuple[int, int] | None = None
    enlarge: bool = False
    colour: Literal["keep", "srgb"] = "keep"
    background: tuple[int, int, int] = (255, 255, 255)
    metadata: Literal["all", "generation", "none"] = "generation"
    credentials: Literal["refuse", "drop"] = "refuse"

    def __post_init__(self) -> None:
        sizes = [each for each in (self.longest, self.percent, self.exact) if each is not None]
        numbers = [number for each in sizes for number in (each if isinstance(each, tuple) else (each,))]
        if len(sizes) > 1 or any(not 0 < number < 1 << 31 for number in numbers):
            raise ValueError("one size at most, of positive numbers")
        if not 1 <= self.quality <= 100 or any(not 0 <= each <= 255 for each in self.background):
            raise ValueError("quality is 1 to 100, a background three numbers of 0 to 255")


class ConvertJob(msgspec.Struct, frozen=True):
    """A picture to write in another format or size to `to`, a new file of the caller's own: whatever is there when it
    fails is removed. Of what moves or has pages the first picture is taken. `facts`: those that it shall carry; None,
    the ones that stand in it. `words` go along under the policy "all" only. `lineage`: what it says that it was made
    of.
    """

    path: Path
    to: Path
    target: Target
    facts: Facts | None = None
    fsync: bool = False
    words: Words = Words()
    lineage: Lineage | None = None


class EmbedJob(msgspec.Struct, frozen=True):
    """A PNG, JPEG, WebP or AVIF to write to `to`, as in `ConvertJob`, with these facts and words, else as it is.
    Without either it stays byte for byte, which says best what it was made of.
    """

    path: Path
    to: Path
    facts: Facts
    fsync: bool = False
    words: Words = Words()
    lineage: Lineage | None = None


class Made(msgspec.Struct, frozen=True):
    """A file that was written, and what of the picture is not in it."""

    sha256: bytes
    size: int
    media_type: str
    losses: tuple[Loss, ...]


class Converted(Made, frozen=True):
    """A picture that was written anew: width and height in pixels."""

    width: int
    height: int


class Taken(msgspec.Struct, frozen=True):
    """When a photograph was taken: milliseconds since 1970, by its camera's clock as if that showed UTC unless `exact`,
    for then the camera told its zone.
    """

    at: int
    exact: bool


class Inspection(msgspec.Struct, frozen=True):
    """One picture as it is. Width and height in pixels as shown; `raw`: everything a tool wrote, as JSON; `sketch`:
    what it is known again by (imaging/likeness.py), empty when it is not; `lineage`: what it says that it was made of.
    """

    sha256: bytes
    size: int
    media_type: str
    width: int
    height: int
    frames: int
    thumbnail: bytes
    facts: Facts
    raw: bytes | None
    credentials: bool
    sketch: bytes = b""
    taken: Taken | None = None
    lineage: Lineage | None = None


class Rejection(msgspec.Struct, frozen=True):
    """Why a file is not taken or not written."""

    code: Why
    reason: str
