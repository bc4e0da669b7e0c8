"""Mountains behind mountains, each paler than the one before it; a lake at their feet if there is one."""

from __future__ import annotations

import numpy as np

from imaging.drawing import figures, land, silhouettes, sky, water
from imaging.drawing.canvas import Plate
from imaging.drawing.colour import Field
from imaging.drawing.noise import turned
from imaging.drawing.scene import Scene

CREATURES = figures.CREATURES


def paint(scene: Scene) -> None:
    canvas, palette = scene.canvas, scene.palette
    lake = scene.shows("water", 0.42)
    base = canvas.high * scene.pick(0.60, 0.70) if lake else canvas.high * scene.pick(0.50, 0.62)
    horizon = base + 0.02
    where = _heavens(scene, horizon)
    from_left = where[0] * 2 < canvas.wide
    glade = min(max(where[0] + scene.pick(-0.2, 0.2), 0.25), canvas.wide - 0.25)
    last = _ranges(scene, base, lake, from_left, glade if scene.creature(CREATURES) else None)
    if lake:
        water.mirror(scene, base, scene.pick(0.25, 0.7))
        water.glitter(scene, where[0], base, 0.03, 0.5)
        last = land.crest(scene, canvas.high * scene.pick(0.90, 0.97), 0.07, 2.2, 0.1)
        land.ridge(scene, last, palette.aerial(1.0), palette.aerial(0.8), 0.4)
    _foreground(scene, last, glade)


def _heavens(scene: Scene, horizon: float) -> tuple[float, float]:
    """The sky and its light; where that stands."""
    canvas, palette = scene.canvas, scene.palette
    sky.air(scene, horizon)
    x = canvas.wide * scene.pick(0.2, 0.8)
    y = horizon * scene.pick(0.30, 0.72)
    night = palette.night or "stars" in scene.wanted or "moon" in scene.wanted
    if night:
        sky.stars(scene, horizon)
    if scene.shows("aurora"):
        sky.aurora(scene, horizon)
    if night and not ("aurora" in scene.wanted and "moon" not in scene.wanted):
        sky.moon(scene, x, y * 0.8, scene.pick(0.06, 0.13))
    elif not night:
        sky.sun(scene, x, y, scene.pick(0.045, 0.12))
    sky.clouds(scene, horizon, (x, y), scene.pick(0.3, 0.8) * (1.1 if "clouds" in scene.wanted else 0.8))
    if scene.shows("birds", 0.3):
        sky.birds(scene, horizon * 0.25, horizon * 0.6, palette.tone(0.1))
    return x, y


def _ranges(scene: Scene, base: float, lake: bool, from_left: bool, glade: float | None) -> Field:
    canvas, palette = scene.canvas, scene.palette
    count = int(scene.rng.integers(4, 7))
    sharp = scene.pick(0.35, 0.95) if "hills" not in scene.wanted else 0.1
    relief = land.relief(scene, from_left, 0.8)
    foot = base if lake else canvas.high * 0.93
    snow = "snow" in scene.wanted or (sharp > 0.7 and scene.pick(0, 1) < 0.5)
    line = np.full(canvas.width, base, np.float32)
    reach = min(canvas.high, 1.5)
    for number in range(count):
        near = number / (count - 1)
        low = base - 0.06 + (foot - base) * near**1.15
        rise = reach * (0.30 - 0.17 * near) * scene.pick(0.75, 1.25)
        line = land.crest(
            scene, low + (0.05 if lake else 0.02) * near, rise, 1.3 + 0.9 * near, sharp * (1 - 0.5 * near)
        )
        tint = near * 0.93 + 0.03
        haze = palette.aerial(max(0.0, tint - 0.42))
        land.ridge(scene, line, palette.aerial(tint), haze, 0.92, turned(relief, number), 0.34 - 0.1 * near)
        if snow and number < count - 1 and near < 0.6:
            land.snowcap(scene, line, rise * 0.42, palette.tone(0.93 - 0.2 * near), turned(relief, number + 2) * 2)
        if scene.pick(0, 1) < (0.9 if "mist" in scene.wanted else 0.35) and number < count - 1:
            land.mist(scene, low + 0.10, 0.07, 0.75, palette.tone(palette.sky[1] * 0.93))
        if near > 0.5 and not lake:
            land.wood(scene, line, 0.05 + 0.07 * near, 0.6 + near * 0.5, palette.aerial(min(1, tint + 0.06)), glade)
    return line


def _foreground(scene: Scene, line: Field, x: float) -> None:
    canvas, palette = scene.canvas, scene.palette
    dark = palette.aerial(1.0) * np.float32(0.72)
    creature = scene.creature(CREATURES)
    land.wood(scene, line, scene.pick(0.16, 0.28), 0.22, dark, x if creature else None)
    if creature:
        behind = canvas.distance(x, float(line[int(x * canvas.unit) % canvas.width]) - 0.12) / np.float32(0.26)
        canvas.paint(np.exp(-behind * behind) * np.float32(0.55) * (canvas.y < line[None, :]), palette.aerial(0.12))
        plate = Plate(canvas)
        foot = float(line[int(x * canvas.unit) % canvas.width]) + 0.012
        silhouettes.put(plate, creature, x, foot, scene.pick(0.2, 0.27), scene.pick(0, 1) < 0.5)
        canvas.paint(plate.mask(), scene.coat())
    if "cabin" in scene.wanted:
        at = canvas.wide * (0.3 if x * 2 > canvas.wide else 0.7)
        figures.cabin(scene, at, float(line[int(at * canvas.unit)]) + 0.015, scene.pick(0.10, 0.15))
    if "crane" in scene.wanted:
        plate = Plate(canvas)
        for _ in range(3):
            x, y = canvas.wide * scene.pick(0.15, 0.85), canvas.high * scene.pick(0.12, 0.4)
            silhouettes.put(plate, "crane", x, y, scene.pick(0.08, 0.14))
        canvas.paint(plate.mask(), palette.tone(0.97))
