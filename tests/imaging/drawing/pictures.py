"""Drawn pictures as arrays, and how far two of them are from each other."""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from imaging.drawing.choice import SUITING, Choice
from imaging.drawing.draw import draw, painted
from imaging.drawing.words import read

Pixels = NDArray[np.float32]


def opened(png: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(png))
    image.load()
    return image


def pixels(png: bytes) -> Pixels:
    return np.asarray(opened(png), dtype=np.float32)


def drawn(prompt: str, seed: int = 1, width: int = 96, height: int = 96) -> Pixels:
    return pixels(draw(prompt, seed, width, height))


def in_style(style: str, width: int, height: int, prompt: str = "", seed: int = 1, medium: str | None = None) -> Pixels:
    return pixels(painted(Choice(style, SUITING[style][0], medium), read(prompt), prompt, seed, (width, height)))


def apart(one: Pixels, other: Pixels) -> float:
    """Mean difference of their thumbnails of 16 × 16, in levels of 255."""
    return float(np.abs(_thumbnail(one) - _thumbnail(other)).mean())


def _thumbnail(picture: Pixels) -> Pixels:
    small = Image.fromarray(picture.astype(np.uint8)).resize((16, 16), Image.Resampling.BOX)
    return np.asarray(small, dtype=np.float32)


def entropy(picture: Pixels) -> float:
    """Bits that the brightness of a pixel tells, at most 8."""
    counts = np.bincount(picture.mean(axis=2).astype(int).reshape(-1), minlength=256)
    share = counts[counts > 0] / counts.sum()
    return float(-(share * np.log2(share)).sum())
