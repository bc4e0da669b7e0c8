"""What is painted on: three planes of sRGB 0…1, measured in lengths of the shorter side."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from imaging.drawing import noise
from imaging.drawing.colour import STEPS, Field
from imaging.drawing.noise import Rng

Points = list[tuple[float, float]]


class Canvas:
    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        self.unit = min(width, height)  # pixels a length
        self.wide, self.high = width / self.unit, height / self.unit
        self.x = ((np.arange(width, dtype=np.float32) + 0.5) / self.unit)[None, :]
        self.y = ((np.arange(height, dtype=np.float32) + 0.5) / self.unit)[:, None]
        self.planes = np.zeros((3, height, width), np.float32)

    def row(self, y: float) -> int:
        """The pixel row at a height, within the picture."""
        return int(min(max(y * self.unit, 0), self.height))

    def fbm(self, rng: Rng, across: float, down: float, octaves: int = 5, gain: float = 0.5) -> Field:
        """Noise with so many cells a length."""
        return noise.fbm(rng, self.width, self.height, (across * self.wide, down * self.high), octaves, gain)

    def distance(self, x: float, y: float, flat: float = 1.0) -> Field:
        across, down = self.x - np.float32(x), (self.y - np.float32(y)) * np.float32(flat)
        return np.sqrt(across * across + down * down)

    def edge(self, signed: Field) -> Field:
        """Coverage, with soft pixels at the edge, where a signed distance is positive."""
        covered: Field = np.clip(signed * np.float32(self.unit) + np.float32(0.5), 0.0, 1.0)
        return covered

    def disc(self, x: float, y: float, radius: float) -> Field:
        return self.edge(np.float32(radius) - self.distance(x, y))

    # Painting; a mask may be of some rows only, from `top` on.

    def tint(self, field: Field, table: Field) -> None:
        """Every pixel by a field 0…1 and a ramp."""
        ramped(field, table, self.planes)

    def paint(self, mask: Field, colour: Field, top: int = 0) -> None:
        """Cover by a mask with one colour, or with planes of colour."""
        rows = slice(top, top + mask.shape[0])
        for plane, value in zip(self.planes, colour, strict=True):
            part = plane[rows]
            part += (value - part) * mask

    def light(self, field: Field, colour: Field, top: int = 0) -> None:
        """Add light, as a screen does: never more than white."""
        rows = slice(top, top + field.shape[0])
        for plane, value in zip(self.planes, colour, strict=True):
            part = plane[rows]
            part += (1 - part) * np.minimum(field * value, 1)

    def shade(self, field: Field, top: int = 0) -> None:
        """Multiply by a field."""
        self.planes[:, top : top + field.shape[0]] *= field

    def blurred(self, radius: float) -> Field:
        """The picture out of focus; made small first, as nothing fine is left."""
        small = max(1, int(radius * self.unit / 3))
        size = max(1, self.width // small), max(1, self.height // small)
        return np.stack([self.soften(plane, size, radius * self.unit / small) for plane in self.planes])

    def soften(self, plane: Field, size: tuple[int, int], pixels: float) -> Field:
        picture = Image.fromarray(np.clip(plane * 255, 0, 255).astype(np.uint8)).resize(size, Image.Resampling.BOX)
        soft = np.asarray(picture.filter(ImageFilter.GaussianBlur(pixels)), dtype=np.float32) / np.float32(255)
        return noise.resized(soft, self.width, self.height, Image.Resampling.BILINEAR)


def ramped(field: Field, table: Field, out: Field | None = None) -> Field:
    """Planes of colour: a ramp, looked up by a field 0…1."""
    planes = np.empty((3, *field.shape), np.float32) if out is None else out
    index = np.clip(field * np.float32(STEPS - 1), 0, STEPS - 1).astype(np.intp)
    for plane, column in zip(planes, table, strict=True):
        np.take(column, index, out=plane, mode="clip")
    return planes


@dataclass
class Plate:
    """Shapes drawn twice as fine as the canvas, so that their edges are soft."""

    canvas: Canvas
    coloured: bool = False
    fine: int = 2

    def __post_init__(self) -> None:
        size = self.canvas.width * self.fine, self.canvas.height * self.fine
        self.image = Image.new("RGBA" if self.coloured else "L", size, 0)
        self.pen = ImageDraw.Draw(self.image)
        self.scale = self.canvas.unit * self.fine

    def polygon(self, points: Points, ink: int | tuple[int, ...] = 255) -> None:
        scale = self.scale
        self.pen.polygon([(x * scale, y * scale) for x, y in points], fill=ink)

    def ellipse(self, x: float, y: float, across: float, down: float, ink: int | tuple[int, ...] = 255) -> None:
        s = self.scale
        self.pen.ellipse(((x - across) * s, (y - down) * s, (x + across) * s, (y + down) * s), fill=ink)

    def line(self, points: Points, thick: float, ink: int | tuple[int, ...] = 255) -> None:
        scale = self.scale
        wide = max(1, round(thick * scale))
        self.pen.line([(x * scale, y * scale) for x, y in points], fill=ink, width=wide, joint="curve")

    def mask(self, top: int = 0, bottom: int | None = None) -> Field:
        """How much of each pixel is covered, of some of the canvas's rows."""
        small = self._small(top, bottom)
        return np.asarray(small.getchannel("A") if self.coloured else small, dtype=np.float32) / np.float32(255)

    def laid(self, top: int = 0, bottom: int | None = None) -> None:
        """The coloured shapes, put onto the canvas; of some of its rows."""
        small = np.asarray(self._small(top, bottom))
        mask = small[:, :, 3].astype(np.float32) / np.float32(255)
        for plane, ink in zip(self.canvas.planes, np.moveaxis(small[:, :, :3], 2, 0), strict=True):
            part = plane[top : top + len(mask)]
            part += (ink.astype(np.float32) / np.float32(255) - part) * mask

    def _small(self, top: int, bottom: int | None) -> Image.Image:
        bottom = self.canvas.height if bottom is None else bottom
        whole = top == 0 and bottom == self.canvas.height
        part = self.image if whole else self.image.crop((0, top * self.fine, self.image.width, bottom * self.fine))
        return part.reduce(self.fine) if self.fine > 1 else part


def ink(colour: Field, alpha: int = 255) -> tuple[int, int, int, int]:
    red, green, blue = (int(min(max(value * 255, 0), 255)) for value in colour)
    return red, green, blue, alpha
