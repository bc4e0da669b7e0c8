"""A skyline behind a skyline, its windows lit, doubled by the water or the wet street before it."""

from __future__ import annotations

import numpy as np

from imaging.drawing import land, silhouettes, sky, water
from imaging.drawing.canvas import Plate, ink
from imaging.drawing.colour import Field
from imaging.drawing.scene import Scene

LAYERS = 5


def paint(scene: Scene) -> None:
    canvas, palette = scene.canvas, scene.palette
    shore = canvas.high * scene.pick(0.72, 0.82)
    sky.air(scene, shore)
    x, y = canvas.wide * scene.pick(0.2, 0.8), shore * scene.pick(0.28, 0.62)
    if scene.dark:
        sky.stars(scene, shore * 0.8, 0.7)
        sky.moon(scene, x, y * 0.7, scene.pick(0.05, 0.1))
    else:
        sky.sun(scene, x, y, scene.pick(0.08, 0.17))
    sky.clouds(scene, shore, (x, y), scene.pick(0.4, 0.8))
    for layer in range(LAYERS):
        _skyline(scene, shore, layer)
        if layer < LAYERS - 1:
            land.mist(scene, shore - 0.02, 0.13, 0.4, palette.tone(palette.sky[1] * 0.9))
    water.mirror(scene, shore, scene.pick(0.5, 0.9), 0.30)
    water.glitter(scene, x, shore, 0.08, 0.3)
    if "boat" in scene.wanted:
        plate = Plate(canvas)
        silhouettes.put(plate, "boat", x, shore + 0.05, 0.12)
        canvas.paint(plate.mask(), palette.tone(0.0))


def _skyline(scene: Scene, shore: float, layer: int) -> None:
    canvas, rng, palette = scene.canvas, scene.rng, scene.palette
    near = layer / (LAYERS - 1)
    walls, lights = Plate(canvas), Plate(canvas, coloured=True, fine=1)
    tall = min(shore * 0.68, 0.78) * (1.0 - 0.36 * near)
    x, centre = -0.05, scene.pick(0.2, 0.8) * canvas.wide
    while x < canvas.wide:
        wide = rng.uniform(0.028, 0.075) * (1 + 0.45 * near)
        hump = 0.45 + 0.55 * np.exp(-(((x - centre) / 0.42) ** 2))
        high = tall * hump * rng.uniform(0.3, 1.0)
        _building(scene, walls, lights, (x, shore - high, x + wide, shore + 0.01), near)
        x += wide * rng.uniform(0.82, 1.12)
    if layer == LAYERS - 2 and (scene.shows("tower", 0.3)):
        _tower(walls, lights, centre, shore, tall * 1.55, ink(palette.glow, 200))
    wall = palette.aerial(0.25 + 0.75 * near)
    low = palette.aerial(max(0.0, near * 0.75 - 0.1))
    top, bottom = canvas.row(shore - tall * 1.7), min(canvas.height, canvas.row(shore + 0.01) + 1)
    share = np.clip((canvas.y[top:bottom] - np.float32(shore - tall)) / np.float32(tall), 0, 1) ** 2 * np.float32(0.55)
    planes = np.stack([a + (b - a) * share for a, b in zip(wall, low, strict=True)])
    canvas.paint(walls.mask(top, bottom), planes, top)
    lights.laid(top, bottom)
    if near > 0.4:
        _glow(scene, lights)


def _glow(scene: Scene, lights: Plate) -> None:
    """The air about the windows that are near."""
    canvas = scene.canvas
    small = lights.image.reduce(8)
    values = np.asarray(small, np.float32) / np.float32(255)
    soft = [canvas.soften(values[:, :, k] * values[:, :, 3], small.size, canvas.unit / 300) for k in range(3)]
    strength = np.float32(0.9 if scene.dark else 0.4)
    for plane, light in zip(canvas.planes, soft, strict=True):
        plane += (1 - plane) * np.minimum(light * strength, 1)


def _building(scene: Scene, walls: Plate, lights: Plate, box: tuple[float, float, float, float], near: float) -> None:
    rng, palette = scene.rng, scene.palette
    left, top, right, bottom = box
    wide = right - left
    walls.polygon([(left, top), (right, top), (right, bottom), (left, bottom)])
    roof = rng.random()
    if roof < 0.3:  # stepped back
        walls.polygon(
            [
                (left + wide * 0.2, top - wide * 0.4),
                (right - wide * 0.2, top - wide * 0.4),
                (right - wide * 0.2, top),
                (left + wide * 0.2, top),
            ]
        )
    elif roof < 0.42:
        walls.polygon([(left, top + 0.001), ((left + right) / 2, top - wide * 0.8), (right, top + 0.001)])
    elif roof < 0.54:
        walls.polygon([(left, top + 0.001), (right, top - wide * 0.5), (right, top + 0.001)])
    if rng.random() < 0.35:
        middle = left + wide * rng.uniform(0.3, 0.7)
        walls.line([(middle, top + 0.01), (middle, top - wide * rng.uniform(0.8, 1.8))], 0.0028)
    _windows(scene, lights, box, near, palette.glow, palette.accent(int(rng.integers(0, 3))))


def _windows(
    scene: Scene, lights: Plate, box: tuple[float, float, float, float], near: float, glow: Field, other: Field
) -> None:
    rng = scene.rng
    left, top, right, bottom = box
    pitch = 0.0088 + 0.0042 * near
    columns, rows = int((right - left) / pitch) - 1, int((bottom - top - 0.02) / (pitch * 1.35))
    if columns < 1 or rows < 1:
        return
    lit = rng.random((rows, columns)) < rng.uniform(0.12, 0.55) * (1.0 if scene.dark else 0.65)
    lit |= (rng.random((rows, 1)) < 0.05) & lit.any()
    bright = rng.uniform(0.45, 1.0, (rows, columns))
    start = left + (right - left - columns * pitch) / 2
    tint = other if rng.random() < 0.3 else glow
    for row, column in np.argwhere(lit):
        x, y = start + column * pitch + pitch * 0.25, top + 0.012 + row * pitch * 1.35
        colour = ink(tint, int(255 * bright[row, column] * (0.35 + 0.65 * near)))
        lights.polygon(
            [(x, y), (x + pitch * 0.5, y), (x + pitch * 0.5, y + pitch * 0.75), (x, y + pitch * 0.75)], colour
        )


def _tower(walls: Plate, lights: Plate, x: float, foot: float, tall: float, light: tuple[int, ...]) -> None:
    """A tower of eight flaring stages, with a spire."""
    wide, shaft = tall * 0.085, foot - tall * 0.26
    walls.polygon([(x - wide * 1.1, foot), (x - wide * 0.75, shaft), (x + wide * 0.75, shaft), (x + wide * 1.1, foot)])
    stage = tall * 0.062
    for number in range(8):
        bottom = shaft - number * stage
        upper = bottom - stage * 0.97
        walls.polygon([(x - wide * 0.72, bottom), (x - wide, upper), (x + wide, upper), (x + wide * 0.72, bottom)])
        lights.line([(x - wide * 0.9, upper + stage * 0.12), (x + wide * 0.9, upper + stage * 0.12)], 0.0024, light)
    top = shaft - 8 * stage
    walls.polygon(
        [
            (x - wide * 0.5, top),
            (x - wide * 0.3, top - tall * 0.06),
            (x + wide * 0.3, top - tall * 0.06),
            (x + wide * 0.5, top),
        ]
    )
    walls.polygon([(x - wide * 0.12, top), (x, top - tall * 0.19), (x + wide * 0.12, top)])
