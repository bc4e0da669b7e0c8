"""Inside a wood: trunks that pale into the mist, light falling between them, ferns close by."""

from __future__ import annotations

import numpy as np

from imaging.drawing import land, silhouettes, sky
from imaging.drawing.canvas import Plate, Points
from imaging.drawing.colour import Field
from imaging.drawing.noise import Rng
from imaging.drawing.scene import Scene

LAYERS = 6


def paint(scene: Scene) -> None:
    canvas, palette = scene.canvas, scene.palette
    x, y = canvas.wide * scene.pick(0.3, 0.7), canvas.high * scene.pick(0.26, 0.42)
    away = canvas.distance(x, y) / np.float32(max(canvas.wide, canvas.high))
    wash = canvas.fbm(scene.rng, 1.4, 1.4, 6)
    lightest = 0.66 if scene.dark else 1.0
    canvas.tint(np.exp(-away * np.float32(2.0)) + wash * np.float32(0.06), palette.tones(0.22, lightest))
    if scene.dark:
        sky.stars(scene, canvas.high * 0.5, 0.5)
        sky.moon(scene, x, y, scene.pick(0.07, 0.11))
    else:
        canvas.light(np.exp(-canvas.distance(x, y) / np.float32(0.16)) * np.float32(0.7), palette.glow)
    creature = scene.creature(("deer", "fox", "cat", "wolf", "person"))
    for layer in range(LAYERS):
        near = layer / (LAYERS - 1)
        _trunks(scene, near, x)
        _ground(scene, near)
        if layer < LAYERS - 1:
            land.mist(
                scene,
                canvas.high * (0.72 + 0.12 * near),
                0.18,
                0.6 - 0.3 * near,
                palette.tone(0.55 if scene.dark else 0.85),
            )
        if layer == LAYERS - 3:
            sky.rays(scene, x, y - 0.15, 0.4 if not scene.dark else 0.25)
        if layer == LAYERS - 2 and creature:
            plate = Plate(canvas)
            at = min(max(x + scene.pick(-0.1, 0.1), 0.25), canvas.wide - 0.25)
            silhouettes.put(plate, creature, at, canvas.high * 0.885, scene.pick(0.26, 0.32), scene.pick(0, 1) < 0.5)
            canvas.paint(plate.mask(), scene.coat())
    _ferns(scene)
    _motes(scene)


def _tint(scene: Scene, near: float) -> Field:
    palette = scene.palette
    far = palette.tone_lab(0.55 if scene.dark else 0.80)
    return palette.between(far, palette.land * np.array([0.85, 0.9, 0.9]), near**0.8)


def _trunks(scene: Scene, near: float, clear: float) -> None:
    canvas, rng = scene.canvas, scene.rng
    plate = Plate(canvas)
    foot = canvas.high * (0.70 + 0.24 * near)
    count = max(3, int((20 - 15 * near) * canvas.wide))
    for number in range(count):
        x = (number + rng.uniform(0.1, 0.9)) / count * canvas.wide
        thick = (0.008 + 0.05 * near**1.4) * rng.uniform(0.6, 1.2)
        if near > 0.5 and abs(x - clear) < 0.17 + 0.12 * near:
            continue
        _trunk(rng, plate, x, foot + rng.uniform(0, 0.03), thick, near)
    colour = _tint(scene, near)
    mask = plate.mask()
    if near > 0.35:
        bark = canvas.fbm(rng, 26, 5, 4, 0.7)
        canvas.paint(mask, colour[:, None, None] * (1 + bark * np.float32(0.16 * near)))
    else:
        canvas.paint(mask, colour)


def _trunk(rng: Rng, plate: Plate, x: float, foot: float, thick: float, near: float) -> None:
    lean = rng.normal(0, 0.03)
    flare = [(1.0, 1.9), (0.97, 1.25), (0.92, 1.03), (0.6, 0.92), (0.3, 0.8), (-0.05, 0.68)]
    left: Points = []
    right: Points = []
    for share, wide in flare:
        at, y = x + lean * (1 - share) * foot + rng.normal(0, 0.002), foot * share
        left.append((at - thick * wide / 2, y))
        right.append((at + thick * wide / 2, y))
    plate.polygon(left + right[::-1])
    for _ in range(int(rng.integers(2, 6))):
        share, side = rng.uniform(0.05, 0.62), rng.choice([-1, 1])
        start = (x + lean * (1 - share) * foot, foot * share)
        long = thick * rng.uniform(1.8, 4.5) + 0.03
        middle = (start[0] + side * long * 0.5, start[1] - long * rng.uniform(0.05, 0.3))
        end = (start[0] + side * long, start[1] - long * rng.uniform(0.2, 0.7))
        plate.line([start, middle], thick * 0.2)
        plate.line([middle, end], thick * 0.11)
        plate.line([middle, (middle[0] + side * long * 0.35, middle[1] + long * 0.02)], thick * 0.07)


def _ground(scene: Scene, near: float) -> None:
    canvas = scene.canvas
    line = land.crest(scene, canvas.high * (0.72 + 0.235 * near), 0.035, 2.0 + near, 0.0)
    colour = _tint(scene, min(1.0, near + 0.05))
    land.ridge(scene, line, colour, _tint(scene, max(0.0, near - 0.25)), 0.7, None, 0.2)


def _ferns(scene: Scene) -> None:
    """Fronds at the lower edge, darkest of all."""
    canvas, rng = scene.canvas, scene.rng
    plate = Plate(canvas)
    for _ in range(int(20 * canvas.wide)):
        x, foot = rng.random() * canvas.wide, canvas.high + 0.02
        long, lean = rng.uniform(0.10, 0.24), rng.normal(0, 0.5)
        spine = [(x + long * lean * t * t, foot - long * t * (1 - 0.25 * abs(lean) * t)) for t in np.linspace(0, 1, 16)]
        plate.line(spine, 0.003)
        for number in range(2, 16):
            at, size = spine[number], long * 0.30 * (1 - number / 16.5)
            for side in (-1, 1):
                tip = (at[0] + side * size, at[1] - size * 0.35 + size * 0.2 * abs(lean))
                plate.polygon([(at[0], at[1] - size * 0.12), tip, (at[0], at[1] + size * 0.16)])
    canvas.paint(plate.mask(), scene.palette.aerial(1.0) * np.float32(0.55))


def _motes(scene: Scene) -> None:
    """Dust in the light, or fireflies."""
    canvas, rng = scene.canvas, scene.rng
    count = int((70 if scene.dark else 45) * canvas.wide * canvas.high)
    x, y = rng.random(count) * canvas.wide, canvas.high * (0.35 + 0.6 * rng.random(count))
    tint = scene.palette.accent(1) if scene.dark else scene.palette.glow
    canvas.light(sky.sprinkled(canvas, x, y, rng.uniform(0.3, 1.0, count), 0.0022), tint)
    canvas.light(sky.sprinkled(canvas, x, y, rng.uniform(0.05, 0.3, count), 0.009), tint)
