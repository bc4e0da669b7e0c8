"""What every container does, so that facts can be written without knowing which it is."""

from __future__ import annotations

from typing import Protocol

from imaging.errors import Refused


class Container(Protocol):
    """A picture taken apart. What is not set stays byte for byte, in its order; `encoded` puts it together.

    `exif` is a TIFF structure, `xmp` a packet, `extension` what of it did not fit: JPEG alone has one. `most_exif` and
    `most_xmp` are the bytes that each may have. A packet and its extension that are empty are none.
    """

    most_exif: int
    most_xmp: int

    @property
    def exif(self) -> bytes: ...

    @exif.setter
    def exif(self, tiff: bytes) -> None: ...

    @property
    def xmp(self) -> bytes: ...

    @property
    def extension(self) -> bytes: ...

    def set_xmp(self, packet: bytes, extension: bytes = b"", digest: str = "") -> None: ...

    def encoded(self) -> bytes: ...


def cut_off() -> Refused:
    return Refused("truncated", "The picture is cut off or damaged: its parts do not fit together.")
