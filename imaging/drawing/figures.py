"""What stands before a finished scene: a creature on a rise, a cabin with its light on, lanterns in the air."""

from __future__ import annotations

import numpy as np

from imaging.drawing import colour, land, silhouettes
from imaging.drawing.canvas import Plate, ink
from imaging.drawing.noise import smoothstep
from imaging.drawing.scene import Scene

CREATURES = ("cat", "fox", "wolf", "deer", "person")


def lookout(scene: Scene) -> None:
    """A dark rise at the lower edge, with whoever was asked for, or with a cabin."""
    creature = scene.creature(CREATURES)
    if creature is None and "cabin" not in scene.wanted:
        return
    canvas = scene.canvas
    dark = scene.palette.tone(0.0) * np.float32(0.5)
    x = canvas.wide * scene.pick(0.3, 0.7)
    line = np.float32(canvas.high * 0.965) + land.crest(scene, 0.0, 0.025, 2.5, 0.0)
    line -= np.float32(0.06) * np.exp(-(((canvas.x[0] - np.float32(x)) / np.float32(0.35)) ** 2))
    behind = np.exp(-((canvas.distance(x, canvas.high * 0.86) / np.float32(0.34)) ** 2))
    canvas.light(behind * np.float32(0.30), scene.palette.tone(0.6))
    land.ridge(scene, line, dark, dark, 0.0)
    foot = float(line[min(int(x * canvas.unit), canvas.width - 1)]) + 0.012
    size = scene.pick(0.26, 0.36)
    if creature is None:
        cabin(scene, x, foot, size * 0.55)
        return
    plate = Plate(canvas)
    silhouettes.put(plate, creature, x, foot, size, scene.pick(0, 1) < 0.5)
    if creature == "person" and "rain" in scene.wanted:
        _umbrella(plate, x + 0.1 * size, foot - size * 1.02, size)
    canvas.paint(plate.mask(), scene.coat() if scene.hued else dark)


def _umbrella(plate: Plate, x: float, y: float, size: float) -> None:
    turn = np.linspace(np.pi, 2 * np.pi, 30)
    dome = [(x + np.cos(t) * size * 0.42, y + np.sin(t) * size * 0.30 + size * 0.06) for t in turn]
    scallops = [(x + size * (0.42 - 0.14 * k), y + size * (0.06 if k % 2 == 0 else 0.03)) for k in range(7)]
    plate.polygon(dome + scallops)
    plate.line([(x, y), (x, y + size * 0.45)], size * 0.02)


def cabin(scene: Scene, x: float, foot: float, size: float) -> None:
    """Seen from the front, smoke from its chimney."""
    canvas, palette = scene.canvas, scene.palette
    walls, lights = Plate(canvas), Plate(canvas)
    half = size / 2
    walls.polygon([(x - half, foot), (x - half, foot - size * 0.42), (x + half, foot - size * 0.42), (x + half, foot)])
    walls.polygon(
        [(x - half * 1.25, foot - size * 0.38), (x, foot - size * 0.92), (x + half * 1.25, foot - size * 0.38)]
    )
    walls.polygon(
        [
            (x + half * 0.4, foot - size),
            (x + half * 0.68, foot - size),
            (x + half * 0.68, foot - size * 0.5),
            (x + half * 0.4, foot - size * 0.5),
        ]
    )
    for left in (-0.55, 0.2):
        lights.polygon(
            [(x + half * (left + a), foot - size * b) for a, b in ((0, 0.13), (0.36, 0.13), (0.36, 0.33), (0, 0.33))]
        )
    canvas.paint(walls.mask(), palette.aerial(1.0) * np.float32(0.6))
    canvas.light(
        np.exp(-canvas.distance(x, foot - size * 0.25) / np.float32(size * 0.55)) * np.float32(0.5), palette.accent(1)
    )
    canvas.paint(lights.mask(), palette.between(palette.accent_labs[1], palette.tone_lab(1.0), 0.45))
    rise = np.clip((np.float32(foot - size) - canvas.y) / np.float32(size * 2.6), 0, 1)
    drift = np.float32(x + half * 0.54) + rise * np.float32(size * 0.5) + np.sin(rise * 9) * np.float32(size * 0.08)
    smoke = np.exp(-(((canvas.x - drift) / (np.float32(size * 0.05) + rise * np.float32(size * 0.2))) ** 2))
    canvas.paint(smoke * (1 - rise) * (rise > 0) * np.float32(0.4), palette.tone(0.85))


def lighthouse(scene: Scene, x: float, foot: float, size: float) -> None:
    """On a rock, its beam across the sky."""
    canvas, palette = scene.canvas, scene.palette
    way = 1 if x * 2 < canvas.wide else -1
    rock = np.float32(foot) - np.float32(0.11) * np.exp(-(((canvas.x[0] - np.float32(x)) / np.float32(0.17)) ** 2))
    rock += land.crest(scene, 0.0, 0.02, 6.0, 0.3) + np.float32(0.02)
    lamp = foot - 0.085 - size * 0.86
    out, up = (canvas.x - np.float32(x)) * way, canvas.y - np.float32(lamp)
    spread = np.exp(-((up / (np.float32(0.012) + np.abs(out) * np.float32(0.13))) ** 2))
    beam = spread * np.exp(-np.abs(out) / np.float32(0.75)) * (out > 0)
    canvas.light(beam * np.float32(0.6 if scene.dark else 0.25), palette.glow)
    dark = palette.aerial(1.0) * np.float32(0.6)
    sea = smoothstep(0.0, 0.05, np.float32(foot) - canvas.y)
    canvas.paint(canvas.edge(canvas.y - rock[None, :]) * sea, dark)
    walls, bands = Plate(canvas), Plate(canvas)
    low, top, wide = foot - 0.07, lamp + size * 0.06, size * 0.075
    walls.polygon([(x - wide, low), (x - wide * 0.62, top), (x + wide * 0.62, top), (x + wide, low)])
    walls.polygon(
        [
            (x - wide * 0.95, top),
            (x - wide * 0.95, top - size * 0.02),
            (x + wide * 0.95, top - size * 0.02),
            (x + wide * 0.95, top),
        ]
    )
    walls.polygon(
        [(x - wide * 0.6, lamp - size * 0.045), (x, lamp - size * 0.13), (x + wide * 0.6, lamp - size * 0.045)]
    )
    for number in (0, 2):
        share = [(number + each) / 4 for each in (0.45, 1.3)]
        left = [(x - wide * (1 - 0.38 * s), low + (top - low) * s) for s in share]
        right = [(x + wide * (1 - 0.38 * s), low + (top - low) * s) for s in share]
        bands.polygon(left + right[::-1])
    canvas.paint(walls.mask(), palette.tone(0.9 if not scene.dark else 0.7))
    canvas.paint(bands.mask(), palette.accent(0))
    shadow = smoothstep(-wide, wide, (canvas.x - np.float32(x)) * -way) * np.float32(0.35)
    canvas.paint(walls.mask() * shadow, dark)
    canvas.light(np.exp(-canvas.distance(x, lamp) / np.float32(0.014)), palette.glow)
    canvas.light(np.exp(-canvas.distance(x, lamp) / np.float32(0.07)) * np.float32(0.5), palette.glow)


def lanterns(scene: Scene) -> None:
    """Paper lanterns let go into the air, the far ones small."""
    canvas, rng, palette = scene.canvas, scene.rng, scene.palette
    plate = Plate(canvas, coloured=True)
    hue = colour.lab((0.80, 0.15, 68.0))
    red = palette.accent_labs[0] if scene.hued else colour.lab((0.72, 0.18, 42.0))
    for number in range(int(24 * max(1.0, canvas.wide * canvas.high * 0.6))):
        size = 0.008 + 0.045 * rng.random() ** 2.4
        x, y = rng.random() * canvas.wide, canvas.high * rng.uniform(0.05, 0.72)
        away = canvas.distance(x, y)
        canvas.light(np.exp(-away / np.float32(size * 1.5)) * np.float32(0.42), colour.single(hue))
        tint = palette.between(
            red if number % 3 == 0 or scene.hued else hue, colour.lab((0.95, 0.05, 90)), rng.uniform(0.0, 0.35)
        )
        sides = [(-0.46, -0.6), (-0.25, -0.85), (0.25, -0.85), (0.46, -0.6), (0.34, 0.6), (-0.34, 0.6)]
        plate.polygon([(x + a * size, y + b * size) for a, b in sides], ink(tint))
        plate.ellipse(x, y + size * 0.45, size * 0.25, size * 0.13, ink(colour.colour((0.96, 0.09, 95.0))))
    plate.laid()
