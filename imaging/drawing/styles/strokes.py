"""Oil: a picture painted once more with a loaded brush, along currents that swirl through it."""

from __future__ import annotations

import numpy as np

from imaging.drawing import land
from imaging.drawing.canvas import Canvas, Plate
from imaging.drawing.colour import Field
from imaging.drawing.noise import shifted
from imaging.drawing.scene import Scene

STEPS = 9  # of one stroke


def paint(scene: Scene) -> None:
    """Light in whirls over dark land: the picture that the brush then goes over."""
    canvas, rng, palette = scene.canvas, scene.rng, scene.palette
    wash = canvas.fbm(rng, 1.3, 1.3, 4)
    horizon = canvas.high * scene.pick(0.62, 0.8)
    first, last = palette.sky
    canvas.tint(
        canvas.y / np.float32(horizon) * np.float32(0.75) + np.float32(0.12) + wash * np.float32(0.2),
        palette.tones(first * 0.8, last),
    )
    whirls = []
    for number in range(int(rng.integers(4, 8))):
        x, y, size = rng.random() * canvas.wide, horizon * rng.uniform(0.05, 0.85), rng.uniform(0.05, 0.12)
        whirls.append((x, y, size * 2.4, float(rng.choice([-1, 1]))))
        away = canvas.distance(x, y)
        rings = np.exp(-away / np.float32(size)) * (
            np.float32(0.75) + np.float32(0.25) * np.cos(away / np.float32(size * 0.16))
        )
        canvas.paint(np.clip(rings * np.float32(1.15), 0, 1), palette.glow if number % 2 == 0 else palette.accent(1))
    for near in (0.35, 0.62, 0.85):
        line = land.crest(scene, horizon + 0.12 * near, 0.13, 1.6, 0.2)
        land.ridge(
            scene,
            line,
            palette.aerial(near),
            palette.between(palette.land, palette.accent_labs[2], 0.45),
            0.75,
            None,
            0.25,
        )
    land.wood(scene, line, 0.2, 0.06, palette.aerial(1.0) * np.float32(0.7))
    brushed(scene, whirls)


def brushed(scene: Scene, whirls: list[tuple[float, float, float, float]] | None = None, fine: float = 1.0) -> None:
    """Whatever is on the canvas, in strokes: broad ones first, then finer ones where something changes."""
    canvas = scene.canvas
    angle = _currents(scene, whirls or [])
    grey = canvas.planes.mean(axis=0)
    canvas.planes += (canvas.planes - grey) * np.float32(0.22)  # pigment, not light
    for size, many in ((0.036 * fine, 900), (0.017 * fine, 3000)):
        _layer(scene, angle, size, int(many * canvas.wide * canvas.high / fine))
    _impasto(canvas)


def _currents(scene: Scene, whirls: list[tuple[float, float, float, float]]) -> Field:
    """A direction for every place of a coarse field of 16 × … cells a length, as x and y parts."""
    canvas = scene.canvas
    width, height = max(8, int(64 * canvas.wide)), max(8, int(64 * canvas.high))
    coarse = Canvas(width, height)
    turn = coarse.fbm(scene.rng, 1.1, 1.1, 3) * np.float32(1.3 if whirls else 0.55) + np.float32(scene.pick(-0.3, 0.3))
    right, down = np.cos(turn), np.sin(turn) * np.float32(0.7)
    for x, y, reach, way in whirls:
        across, below = coarse.x - np.float32(x), coarse.y - np.float32(y)
        away = np.sqrt(across * across + below * below) + np.float32(1e-3)
        pull = np.exp(-((away / np.float32(reach)) ** 2)) * np.float32(3 * way)
        right, down = right - below / away * pull, down + across / away * pull
    size = np.sqrt(right * right + down * down) + np.float32(1e-6)
    return np.stack([right / size, down / size]).astype(np.float32)


def _layer(scene: Scene, angle: Field, size: float, many: int) -> None:
    canvas, rng = scene.canvas, scene.rng
    x, y = rng.random(many) * canvas.wide, rng.random(many) * canvas.high
    long = size * rng.uniform(2.0, 4.5, many) / STEPS
    rows, columns = angle.shape[1:]
    path = np.empty((STEPS, 4, many))
    column, row = (
        (x * canvas.unit).astype(int).clip(0, canvas.width - 1),
        (y * canvas.unit).astype(int).clip(0, canvas.height - 1),
    )
    inks = canvas.planes[:, row, column].T + rng.normal(0, 0.022, (many, 3)) + rng.normal(0, 0.03, (many, 1))
    for step in range(STEPS):
        at = (
            (y / canvas.high * rows).astype(int).clip(0, rows - 1),
            (x / canvas.wide * columns).astype(int).clip(0, columns - 1),
        )
        right, down = angle[0][at], angle[1][at]
        path[step] = x, y, right, down
        x, y = x + right * long, y + down * long
    half = np.sin(np.linspace(0.35, np.pi - 0.25, STEPS))[:, None] * (size * rng.uniform(0.12, 0.26, many))[None, :]
    left = np.stack([path[:, 0] - path[:, 3] * half, path[:, 1] + path[:, 2] * half])
    other = np.stack([path[:, 0] + path[:, 3] * half, path[:, 1] - path[:, 2] * half])
    outline = np.concatenate([left, other[:, ::-1]], axis=1)
    plate = Plate(canvas, coloured=True)
    flat = (np.moveaxis(outline, 0, 1) * plate.scale).transpose(2, 0, 1).reshape(many, -1).tolist()
    bright = (np.clip(inks, 0, 1) * 255).astype(int).tolist()
    for points, (red, green, blue) in zip(flat, bright, strict=True):
        plate.pen.polygon(points, fill=(red, green, blue, 255))
    plate.laid()


def _impasto(canvas: Canvas) -> None:
    """Thick paint catches light at its upper left edges."""
    grey = canvas.planes.mean(axis=0)
    step = max(1, canvas.unit // 700)
    raised = np.clip((grey - shifted(grey, step, step)) * np.float32(0.55), -0.10, 0.12)
    canvas.planes += raised
    np.clip(canvas.planes, 0, 1, out=canvas.planes)
