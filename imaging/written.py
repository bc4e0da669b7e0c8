"""What stands written in and beside a picture, as it was found; what the dialects read."""

from __future__ import annotations

from typing import Any

import msgspec

Value = str | int | float | list[Any]


class Written(msgspec.Struct, frozen=True, omit_defaults=True):
    """Everything a tool or a person wrote. Encoded as JSON it is the facts blob: the same bytes on every device.

    `text`: text chunks and comments by keyword. `exif`, `iptc`: by the standards' names of their fields. `xmp`: the
    packet, `extension` what of a JPEG's did not fit into it. `sidecar`: the text beside the picture. `left_out`: names
    of what was too long to keep.
    """

    text: dict[str, str] = {}
    exif: dict[str, Value] = {}
    iptc: dict[str, str] = {}
    xmp: str = ""
    sidecar: str = ""
    left_out: list[str] = []
    extension: str = ""

    def exif_text(self, name: str) -> str:
        """A field of EXIF when it is a text, else nothing."""
        value = self.exif.get(name)
        return value.strip() if isinstance(value, str) else ""
