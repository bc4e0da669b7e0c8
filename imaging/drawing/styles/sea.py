"""The open sea under a large sky: a path of light, islands far off, perhaps a sail."""

from __future__ import annotations

import numpy as np

from imaging.drawing import figures, land, silhouettes, sky, water
from imaging.drawing.canvas import Plate
from imaging.drawing.scene import Scene


def paint(scene: Scene) -> None:
    canvas, palette = scene.canvas, scene.palette
    horizon = canvas.high * scene.pick(0.50, 0.68)
    sky.air(scene, horizon)
    x = canvas.wide * scene.pick(0.25, 0.75)
    night = palette.night or "moon" in scene.wanted or "stars" in scene.wanted
    radius = scene.pick(0.06, 0.16)
    y = horizon - radius * scene.pick(0.2, 1.4) if not night else horizon * scene.pick(0.28, 0.6)
    if night:
        sky.stars(scene, horizon)
        sky.moon(scene, x, y, radius * 0.75)
    else:
        sky.sun(scene, x, y, radius)
    if scene.shows("aurora"):
        sky.aurora(scene, horizon)
    sky.clouds(scene, horizon, (x, y), scene.pick(0.55, 1.0))
    _islands(scene, horizon)
    water.mirror(scene, horizon, scene.pick(0.8, 1.3), 0.42)
    water.swell(scene, horizon, scene.pick(0.35, 0.6))
    water.glitter(scene, x, horizon, radius * 0.7, 0.95)
    _afloat(scene, horizon, x)
    if scene.shows("birds", 0.4):
        sky.birds(scene, horizon * 0.3, horizon * 0.75, palette.tone(0.08))


def _islands(scene: Scene, horizon: float) -> None:
    canvas, palette = scene.canvas, scene.palette
    for number in range(int(scene.rng.integers(1, 4))):
        middle, half = scene.pick(0, canvas.wide), scene.pick(0.15, 0.5)
        line = land.crest(scene, 0.0, 0.10, 3.0, 0.5)
        hump = np.clip(1 - ((canvas.x[0] - np.float32(middle)) / np.float32(half)) ** 2, 0, 1)
        land.ridge(
            scene, np.float32(horizon + 0.002) - np.maximum(np.float32(0.05) - line, 0) * hump,
            palette.aerial(0.25 + 0.25 * number), palette.aerial(0.05 + 0.2 * number), 0.9, None, 0.09,
        )  # fmt: skip


def _afloat(scene: Scene, horizon: float, x: float) -> None:
    canvas, palette = scene.canvas, scene.palette
    dark = palette.aerial(1.0) * np.float32(0.6)
    plate = Plate(canvas)
    if "whale" in scene.wanted:
        at = canvas.wide * scene.pick(0.3, 0.7)
        silhouettes.put(plate, "whale", at, horizon + 0.12, scene.pick(0.26, 0.36), scene.pick(0, 1) < 0.5)
    if scene.shows("boat", 0.45):
        at = min(max(x + scene.pick(-0.3, 0.3), 0.1), canvas.wide - 0.1)
        size, foot = scene.pick(0.07, 0.16), horizon + scene.pick(0.01, 0.06)
        silhouettes.put(plate, "boat", at, foot, size)
        plate.ellipse(at, foot + size * 0.06, size * 0.36, size * 0.035, 130)
    canvas.paint(plate.mask(), dark)
    if "lighthouse" in scene.wanted:
        side = 0.2 if x * 2 > canvas.wide else 0.8
        figures.lighthouse(scene, canvas.wide * side, horizon + 0.1, scene.pick(0.34, 0.46))
