"""The last touch of every picture: vignette, paper or film grain, and the file itself."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

from imaging.drawing import noise
from imaging.drawing.canvas import Canvas
from imaging.drawing.colour import Field
from imaging.drawing.noise import Rng

BAND = 1 << 20  # pixels grained at a time


def vignette(canvas: Canvas, strength: float) -> None:
    """Darker toward the corners, by the picture's own shape."""
    across = (canvas.x / np.float32(canvas.wide) - np.float32(0.5)) ** 2
    down = (canvas.y / np.float32(canvas.high) - np.float32(0.5)) ** 2
    canvas.shade(1 - np.float32(strength) * np.clip((across + down) * 2 - np.float32(0.18), 0, 1))


def paper(canvas: Canvas, rng: Rng, strength: float) -> None:
    """Fibres and pits: fine noise of two sizes, seen in the lights more than in the darks."""
    texture = canvas.fbm(rng, 70, 90, 3, 0.9)
    canvas.shade(1 + np.clip(texture, -2, 2) * np.float32(strength))


def grained(planes: Field, rng: Rng, strength: float) -> Image.Image:
    """Eight bits a channel with the grain of film, in bands."""
    height, width = planes.shape[1:]
    out = np.empty((height, width, 3), np.uint8)
    rows = max(1, BAND // width)
    for top in range(0, height, rows):
        part = planes[:, top : top + rows]
        grain = (rng.random(part.shape[1:], np.float32) - np.float32(0.5)) * np.float32(strength * 255)
        for channel in range(3):
            value = part[channel] * np.float32(255) + grain
            np.clip(value, 0, 255, out=value)
            out[top : top + rows, :, channel] = value
    return Image.fromarray(out)


def fitted(planes: Field, width: int, height: int) -> Field:
    """Planes at the size that was asked for."""
    if planes.shape[1:] == (height, width):
        return planes
    how = Image.Resampling.LANCZOS if width > planes.shape[2] else Image.Resampling.BOX
    out = np.empty((3, height, width), np.float32)
    for source, target in zip(planes, out, strict=True):
        target[:] = noise.resized(source, width, height, how)
    return out


def encoded(image: Image.Image) -> bytes:
    file = io.BytesIO()
    image.save(file, "PNG", compress_level=1)
    return file.getvalue()
