"""Ridges, trees and mist: what stands between the viewer and the horizon."""

from __future__ import annotations

import numpy as np

from imaging.drawing import noise
from imaging.drawing.canvas import Plate, Points
from imaging.drawing.colour import Field
from imaging.drawing.noise import Rng, shifted, smoothstep
from imaging.drawing.scene import Scene


def crest(scene: Scene, base: float, rise: float, cells: float, sharp: float) -> Field:
    """The height of a ridge at every column: rounded hills (sharp 0) to peaks (1)."""
    canvas = scene.canvas
    along = np.linspace(0, 1, canvas.width, dtype=np.float32)
    soft = noise.line(scene.rng, along, max(1.0, cells * canvas.wide), 7, 0.46)
    peaks = 1 - np.abs(noise.line(scene.rng, along, max(1.0, cells * canvas.wide * 0.8), 7, 0.5)) * np.float32(1.4)
    return np.float32(base) - np.float32(rise) * (soft * np.float32(0.55 * (1 - sharp)) + peaks * np.float32(sharp))


def ridge(
    scene: Scene, line: Field, colour: Field, haze: Field, fade: float, relief: Field | None = None, depth: float = 0.3
) -> None:
    """Land below a crest, that sinks into haze; relief is light and shadow on its slopes."""
    canvas = scene.canvas
    top = max(0, int(line.min() * canvas.unit) - 2)
    if top >= canvas.height - 1:
        return
    below = canvas.y[top:] - line[None, :]
    mask = canvas.edge(below)
    sunk = np.clip(below / np.float32(depth), 0, 1) * np.float32(fade)
    planes = np.stack([value + (other - value) * sunk for value, other in zip(colour, haze, strict=True)])
    if relief is not None:
        planes *= 1 + relief[top:] * (1 - sunk)
    canvas.paint(mask, planes, top)


def relief(scene: Scene, from_left: bool, strength: float) -> Field:
    """Light and shadow of folded ground, as a factor about 0."""
    canvas = scene.canvas
    ground = canvas.fbm(scene.rng, 4.4, 2.2, 7, 0.5)
    step = max(1, canvas.unit // 100)
    # Folds run down and away from the light: what lies to its side and a little above is compared.
    lit = ground - shifted(ground, step if from_left else -step, -step)
    return np.clip(lit * np.float32(strength), -0.4, 0.5)


def mist(scene: Scene, y: float, thick: float, strength: float, colour: Field) -> None:
    canvas = scene.canvas
    veil = canvas.fbm(scene.rng, 1.1, 4.5, 4)
    band = np.exp(-(((canvas.y - np.float32(y)) / np.float32(thick)) ** 2))
    canvas.paint(np.clip(band * (np.float32(0.75) + veil * np.float32(0.5)), 0, 1) * np.float32(strength), colour)


def conifer(rng: Rng, x: float, foot: float, tall: float) -> Points:
    """A spruce as one outline: tiers that hang a little."""
    tiers = int(rng.integers(6, 11))
    wide = tall * rng.uniform(0.16, 0.24)
    left: Points = []
    right: Points = []
    for tier in range(tiers):
        share = (tier + 1) / tiers
        y = foot - tall * (1 - share * 0.93)
        reach = wide * share**0.9
        for side, points in ((-1, left), (1, right)):
            out = reach * rng.uniform(0.75, 1.1)
            points += [(x + side * out, y + tall * 0.02), (x + side * out * 0.45, y - tall * 0.004)]
    return [(x, foot - tall), *right, (x + tall * 0.012, foot), (x - tall * 0.012, foot), *reversed(left)]


def wood(scene: Scene, line: Field, tall: float, dense: float, colour: Field, glade: float | None = None) -> None:
    """Spruces along a crest, in groups; none near a glade."""
    canvas, rng = scene.canvas, scene.rng
    plate = Plate(canvas)
    groups = noise.line(rng, np.linspace(0, 1, 256, dtype=np.float32), 3 * canvas.wide, 3)
    for _ in range(int(150 * canvas.wide * dense)):
        x, size, chance = rng.random(), rng.uniform(0.45, 1.1), rng.random()
        if groups[int(x * 255)] < chance * 1.2 - 0.75:
            continue
        if glade is not None and abs(x * canvas.wide - glade) < 0.22:
            continue
        foot = float(line[int(x * (canvas.width - 1))]) + 0.012
        plate.polygon(conifer(rng, x * canvas.wide, foot, tall * size))
    canvas.paint(plate.mask(), colour)


def snowcap(scene: Scene, line: Field, reach: float, colour: Field, ground: Field) -> None:
    """Snow on the upper part of a ridge, broken by rock."""
    canvas = scene.canvas
    top = max(0, int(line.min() * canvas.unit) - 2)
    bottom = min(canvas.height, int((line.max() + reach * 2) * canvas.unit) + 2)
    if bottom - top < 2:
        return
    below = canvas.y[top:bottom] - line[None, :]
    high = float(np.percentile(line, 20))
    edge = np.float32(high + reach) + ground[top:bottom] * np.float32(reach * 1.2)
    mask = canvas.edge(below)
    mask = mask * smoothstep(-0.02, 0.03, edge - canvas.y[top:bottom])
    canvas.paint(mask * np.float32(0.88), colour, top)
