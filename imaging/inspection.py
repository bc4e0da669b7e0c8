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
# What was lost on the way. `infotext`: A1111's text, where EXIF has no room for it, is damaged or holds another; `xmp`:
# a packet that could not be read; `exif`: EXIF that could not be read or is too long.
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


class Facts(msgspec.Struct, frozen=True):
    """How a picture was made, as its maker wrote it: each text at most 64 KiB."""

    prompt: str | None = None
    negative: str | None = None
    seed: str | None = None
    model: str | None = None
    tool: str | None = None
    parameters: dict[str, str | int | float] = {}


class Taken(msgspec.Struct, frozen=True):
    """When a photograph was taken: milliseconds since 1970, by its camera's clock as if that showed UTC unless `exact`,
    for then the camera told its zone.
    """

    at: int
    exact: bool


class Inspection(msgspec.Struct, frozen=True):
    """One picture as it is. Width and height in pixels as shown; `raw`: everything a tool wrote, as JSON; `sketch`:
    what it is known again by (imaging/likeness.py), empty when it is not.
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


class Rejection(msgspec.Struct, frozen=True):
    """Why a file is not taken or not written."""

    code: Why
    reason: str
