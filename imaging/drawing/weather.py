"""Rain and snow, before everything else."""

from __future__ import annotations

import numpy as np

from imaging.drawing.canvas import Canvas, Plate
from imaging.drawing.noise import Rng
from imaging.drawing.scene import Scene


def rain(scene: Scene, amount: float = 1.0) -> None:
    """Slanting streaks, the near ones longer and fainter."""
    canvas, rng = scene.canvas, scene.rng
    plate = Plate(canvas, fine=1)
    slant = scene.pick(-0.22, 0.22)
    for long, thick, many, strength in ((0.035, 0.0011, 420, 0.34), (0.09, 0.0018, 110, 0.26), (0.17, 0.003, 22, 0.16)):
        for x, y, factor in rng.random((int(many * canvas.wide * canvas.high * amount), 3)):
            left, top, length = x * (canvas.wide + 0.2) - 0.1, y * (canvas.high + 0.2) - 0.2, long * (0.5 + factor)
            plate.line(
                [(left, top), (left + length * slant, top + length)], thick, int(255 * strength * (0.5 + factor / 2))
            )
    canvas.light(np.asarray(plate.image, np.float32) / np.float32(255), scene.palette.tone(0.95))


def snowfall(scene: Scene, amount: float = 1.0) -> None:
    """Flakes near and far; the near ones out of focus."""
    canvas, rng = scene.canvas, scene.rng
    plate = Plate(canvas)
    for size, many, strength in ((0.0016, 420, 0.75), (0.0034, 130, 0.6), (0.009, 26, 0.3)):
        _flakes(canvas, rng, plate, size, int(many * canvas.wide * canvas.high * amount), strength)
    canvas.light(plate.mask(), np.array([0.97, 0.98, 1.0], np.float32))


def _flakes(canvas: Canvas, rng: Rng, plate: Plate, size: float, many: int, strength: float) -> None:
    for x, y, factor in rng.random((many, 3)):
        radius = size * (0.6 + factor * 0.8)
        plate.ellipse(x * canvas.wide, y * canvas.high, radius, radius, int(255 * strength * (0.5 + 0.5 * factor)))
