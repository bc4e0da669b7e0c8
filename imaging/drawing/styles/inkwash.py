"""Mountains in ink on paper: dark along the crest, dissolving downward into mist, with a seal."""

from __future__ import annotations

import numpy as np

from imaging.drawing import land, silhouettes, sky
from imaging.drawing.canvas import Plate
from imaging.drawing.colour import Field
from imaging.drawing.noise import smoothstep, turned
from imaging.drawing.scene import Scene


def paint(scene: Scene) -> None:
    canvas, rng, palette = scene.canvas, scene.rng, scene.palette
    stain = canvas.fbm(rng, 1.0, 1.0, 7)
    canvas.tint(np.float32(0.93) + stain * np.float32(0.05), palette.tones(0.55, 1.0))
    x, y, radius = canvas.wide * scene.pick(0.2, 0.8), canvas.high * scene.pick(0.16, 0.34), scene.pick(0.06, 0.11)
    disc = smoothstep(-0.006, 0.006, np.float32(radius) - canvas.distance(x, y) + stain * np.float32(0.004))
    canvas.paint(disc * np.clip(np.float32(0.82) + stain * np.float32(0.12), 0, 1), palette.accent(0))
    cloud, brush = canvas.fbm(rng, 2.2, 4.5, 6), canvas.fbm(rng, 7, 3, 7, 0.65)
    count = int(rng.integers(5, 8))
    for layer in range(count):
        near = layer / (count - 1)
        _mountain(scene, near, turned(cloud, layer), turned(brush, layer + 1))
    _shore(scene)
    if scene.shows("birds", 0.6):
        sky.birds(scene, canvas.high * 0.15, canvas.high * 0.4, palette.tone(0.1))
    if "crane" in scene.wanted:
        plate = Plate(canvas)
        for _ in range(3):
            silhouettes.put(
                plate,
                "crane",
                canvas.wide * scene.pick(0.2, 0.8),
                canvas.high * scene.pick(0.2, 0.5),
                scene.pick(0.1, 0.16),
            )
        canvas.paint(plate.mask() * np.float32(0.9), palette.tone(0.08))
    _seal(scene)


def _mountain(scene: Scene, near: float, cloud: Field, brush: Field) -> None:
    canvas, palette = scene.canvas, scene.palette
    base = canvas.high * (0.40 + 0.42 * near)
    rise = min(canvas.high, 1.5) * (0.34 - 0.16 * near) * scene.pick(0.6, 1.3)
    line = land.crest(scene, base, rise, 1.5 + near, scene.pick(0.35, 0.85))
    top = max(0, int(line.min() * canvas.unit) - 2)
    if top >= canvas.height - 2:
        return
    below = canvas.y[top:] - line[None, :]
    inside = np.clip(below * np.float32(canvas.unit / 1.6) + np.float32(0.5), 0, 1)
    deep = np.float32(0.10 + 0.12 * (1 - near))
    wash = np.exp(-np.clip(below + cloud[top:] * np.float32(0.035), 0, None) / deep)
    edge = np.exp(-np.clip(below, 0, None) / np.float32(0.010)) * np.float32(0.4)
    strokes = smoothstep(0.15, 1.1, brush[top:] + wash * np.float32(0.25)) * wash * np.float32(0.55)
    strength = np.float32(0.30 + 0.62 * near**1.2)
    amount = np.clip(wash * np.float32(0.72) + edge + strokes, 0, 1) * strength
    # Paper comes back below, where the mist lies.
    veil = inside * smoothstep(0.02, float(deep) * 2.2, below) * np.float32(0.75)
    canvas.paint(veil, palette.tone(0.96), top)
    canvas.paint(inside * amount, palette.tone(0.06 + 0.30 * (1 - near)), top)


def _shore(scene: Scene) -> None:
    canvas, palette = scene.canvas, scene.palette
    line = land.crest(scene, canvas.high * 0.955, 0.05, 1.8, 0.1)
    dark = palette.tone(0.03)
    land.ridge(scene, line, dark, palette.tone(0.5), 0.8, None, 0.12)
    land.wood(scene, line, scene.pick(0.12, 0.2), 0.22, dark)
    plate = Plate(canvas)
    if scene.shows("boat", 0.5):
        x, y = canvas.wide * scene.pick(0.2, 0.8), canvas.high * 0.86
        plate.polygon(
            [
                (x - 0.055, y - 0.012),
                (x - 0.03, y),
                (x + 0.035, y),
                (x + 0.065, y - 0.016),
                (x + 0.03, y - 0.008),
                (x - 0.03, y - 0.007),
            ]
        )
        silhouettes.put(plate, "person", x + 0.012, y - 0.004, 0.042)
        plate.line([(x + 0.02, y - 0.03), (x + 0.085, y + 0.012)], 0.002)
        plate.ellipse(x, y + 0.012, 0.05, 0.003, 70)
    creature = scene.creature(("cat", "fox", "wolf", "deer"))
    if creature:
        x = canvas.wide * scene.pick(0.25, 0.75)
        silhouettes.put(plate, creature, x, float(line[int(x * canvas.unit)]) + 0.01, 0.22, scene.pick(0, 1) < 0.5)
    canvas.paint(plate.mask(), dark)


def _seal(scene: Scene) -> None:
    """A red stamp: a square with strokes left out, which no one can read."""
    canvas, rng = scene.canvas, scene.rng
    x = canvas.wide - 0.085 if scene.pick(0, 1) < 0.5 else 0.045
    y, size = canvas.high * scene.pick(0.06, 0.12), 0.042
    plate = Plate(canvas, fine=3)
    plate.polygon([(x, y), (x + size, y), (x + size, y + size), (x, y + size)])
    for number in range(5):
        level = y + size * (0.16 + 0.17 * number)
        left, right = x + size * rng.uniform(0.12, 0.4), x + size * rng.uniform(0.6, 0.88)
        plate.line([(left, level), (right, level)], size * 0.055, 0)
        upright = x + size * rng.uniform(0.2, 0.8)
        plate.line([(upright, level), (upright, level + size * 0.15)], size * 0.055, 0)
    worn = np.clip(np.float32(0.85) + canvas.fbm(rng, 60, 60, 2) * np.float32(0.25), 0, 1)
    canvas.paint(plate.mask() * worn, scene.palette.accent(0))
