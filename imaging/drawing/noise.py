"""Smooth chance: fields and lines of many octaves, the same shape at every size in pixels."""

from __future__ import annotations

import numpy as np
from PIL import Image

from imaging.drawing.colour import Field

Rng = np.random.Generator


def resized(field: Field, width: int, height: int, how: Image.Resampling = Image.Resampling.BICUBIC) -> Field:
    return np.asarray(Image.fromarray(field).resize((width, height), how))


def fbm(rng: Rng, width: int, height: int, cells: tuple[float, float], octaves: int = 5, gain: float = 0.5) -> Field:
    """Noise about 0, about ±1, with so many cells across and down in its coarsest octave."""
    across, down = max(2, round(cells[0])), max(2, round(cells[1]))
    # Finer than the picture nothing is seen; the numbers are drawn all the same, so that every size has one shape.
    field = rng.standard_normal((down, across), dtype=np.float32)
    strength, total = 1.0, 1.0
    for _ in range(octaves - 1):
        across, down, strength = across * 2, down * 2, strength * gain
        more = rng.standard_normal((down, across), dtype=np.float32)
        field = resized(field, across, down) + more * np.float32(strength)
        total += strength**2
    return resized(field, width, height) * np.float32(0.75 / total**0.5)


def line(rng: Rng, places: Field, cells: float, octaves: int = 6, gain: float = 0.5) -> Field:
    """Noise about 0 along one axis; places from 0 to 1."""
    out = np.zeros_like(places)
    strength, count = 1.0, cells
    for _ in range(octaves):
        knots = rng.standard_normal(round(count) + 3).astype(np.float32)
        at = places * count + np.float32(rng.random())
        left = np.clip(at.astype(np.int32), 0, len(knots) - 2)
        share = at - left
        share = share * share * (3 - 2 * share)
        out += np.float32(strength) * (knots[left] * (1 - share) + knots[left + 1] * share)
        strength, count = strength * gain, count * 2
    return out


def smoothstep(low: float, high: float, field: Field) -> Field:
    share: Field = np.clip((field - np.float32(low)) * np.float32(1.0 / (high - low)), 0.0, 1.0)
    return share * share * (3 - 2 * share)


def shifted(field: Field, right: int, down: int) -> Field:
    """The field moved by whole pixels; what comes in is the edge again."""
    rows = np.clip(np.arange(field.shape[0]) - down, 0, field.shape[0] - 1)
    columns = np.clip(np.arange(field.shape[1]) - right, 0, field.shape[1] - 1)
    return field[rows][:, columns] if down else field[:, columns]


def turned(field: Field, number: int) -> Field:
    """The same chance seen from another side, so that one field serves several layers."""
    return field[:: -1 if number & 2 else 1, :: -1 if number & 1 else 1]
