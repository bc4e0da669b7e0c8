"""Pictures beside each other: as one file, and in a terminal that has colours."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageOps
from rich.console import Console
from rich.text import Text

SIDE, GAP = 320, 12  # pixels of one picture, and between two
COLUMNS = 4
CELL = 18  # characters of a terminal's line that one picture takes
PAPER = (24, 24, 24)


def contact_sheet(files: Sequence[Path]) -> Image.Image:
    """All of them in rows of four, each whole in a square of 320 pixels."""
    rows = -(-len(files) // COLUMNS)
    sheet = Image.new("RGB", (COLUMNS * (SIDE + GAP) + GAP, rows * (SIDE + GAP) + GAP), PAPER)
    for at, file in enumerate(files):
        with Image.open(file) as picture:
            small = ImageOps.pad(picture.convert("RGB"), (SIDE, SIDE), color=PAPER)
        sheet.paste(small, (GAP + at % COLUMNS * (SIDE + GAP), GAP + at // COLUMNS * (SIDE + GAP)))
    return sheet


def in_characters(sheet: Image.Image, columns: int) -> Text:
    """The sheet as characters of two pixels, one above the other, so many to a line."""
    small = sheet.resize((columns, round(columns * sheet.height / sheet.width / 2) * 2), Image.Resampling.LANCZOS)
    text = Text(no_wrap=True, end="")
    for top in range(0, small.height, 2):
        for left in range(small.width):
            above, below = (_name(small, left, top + half) for half in (0, 1))
            text.append("▀", f"{above} on {below}")
        text.append("\n")
    return text


def _name(picture: Image.Image, left: int, top: int) -> str:
    found = picture.getpixel((left, top))
    assert isinstance(found, tuple)
    return "#{:02x}{:02x}{:02x}".format(*found[:3])


def show(sheet: Image.Image, console: Console) -> None:
    """In the terminal, where it is one and shows colours; else nothing is printed."""
    if console.is_terminal and console.color_system in ("truecolor", "256"):
        console.print(in_characters(sheet, min(console.width, COLUMNS * CELL)))
