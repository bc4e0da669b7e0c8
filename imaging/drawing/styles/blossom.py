"""A branch in bloom before a great disc: wood that forks, flowers near and out of focus, petals in the air."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from imaging.drawing import colour, sky
from imaging.drawing.canvas import Plate, Points, ink
from imaging.drawing.noise import Rng
from imaging.drawing.scene import Scene

Twig = tuple[float, float, float]  # x, y, direction
Inks = list[tuple[int, int, int, int]]


def paint(scene: Scene) -> None:
    canvas, rng, palette = scene.canvas, scene.rng, scene.palette
    canvas.tint(
        canvas.y / np.float32(canvas.high) + canvas.fbm(rng, 0.9, 1.6, 6) * np.float32(0.09),
        palette.tones(*palette.sky),
    )
    if scene.dark:
        sky.stars(scene, canvas.high, 0.5)
    _disc(scene)
    _branches(scene, back=True)
    canvas.planes[:] = canvas.blurred(0.011)
    _branches(scene, back=False)
    _falling(scene)
    if scene.shows("birds", 0.2):
        sky.birds(scene, canvas.high * 0.2, canvas.high * 0.5, palette.tone(0.15))


def _disc(scene: Scene) -> None:
    canvas, palette = scene.canvas, scene.palette
    x, y = canvas.wide * scene.pick(0.35, 0.65), canvas.high * scene.pick(0.3, 0.6)
    radius = scene.pick(0.25, 0.34)
    away = canvas.distance(x, y)
    canvas.light(np.exp(-away / np.float32(0.5)) * np.float32(0.3), palette.glow)
    disc = canvas.edge(np.float32(radius) - away)
    wash = np.clip(np.float32(0.82) + canvas.fbm(scene.rng, 3, 3, 5) * np.float32(0.16), 0, 1)
    canvas.paint(
        disc * wash,
        palette.glow if scene.dark else palette.between(palette.accent_labs[1], palette.tone_lab(0.95), 0.35),
    )


def _branches(scene: Scene, back: bool) -> None:
    canvas, rng, palette = scene.canvas, scene.rng, scene.palette
    wood, tips = Plate(canvas), []
    for _ in range(3 if back else 2):
        left = rng.random() < 0.5
        start = (-0.04 if left else canvas.wide + 0.04, canvas.high * rng.uniform(0.35, 1.0))
        turn = rng.uniform(-0.85, -0.15)
        size = min(1.0 + 0.25 * (canvas.high + canvas.wide - 2), 1.8)
        tips += _grow(rng, wood, (*start, turn if left else np.pi - turn), 0.024 * size, size * 0.80, 0)
    bark = palette.between(palette.land, palette.tone_lab(0.6), 0.4) if back else palette.aerial(1.0) * np.float32(0.8)
    mask = wood.mask()
    if not back:
        bark = bark[:, None, None] * (1 + canvas.fbm(rng, 30, 60, 3, 0.7) * np.float32(0.16))
    canvas.paint(mask, bark)
    flowers, inks = Plate(canvas, coloured=True, fine=1 if back else 2), _inks(scene)
    order = rng.permutation(len(tips))[: 110 if back else 150]
    for index in order:
        x, y, turn = tips[index]
        size = rng.uniform(0.022, 0.044) * (1.1 if back else 1.0)
        _flower(
            scene,
            flowers,
            x + rng.normal(0, 0.012),
            y + rng.normal(0, 0.012),
            size,
            turn,
            bool(rng.random() < 0.2),
            inks,
        )
    flowers.laid()


def _grow(rng: Rng, plate: Plate, start: Twig, thick: float, long: float, depth: int) -> list[Twig]:
    """A crooked tapering limb and what forks off; where flowers may sit."""
    x, y, turn = start
    steps = 14
    spine: list[Twig] = []
    for _ in range(steps):
        turn += rng.normal(0, 0.17)
        x, y = x + np.cos(turn) * long / steps, y + np.sin(turn) * long / steps
        spine.append((x, y, turn))
    _limb(plate, [start, *spine], thick)
    tips: list[Twig] = []
    if depth >= 1:
        tips += [each for each in spine[3:] if rng.random() < 0.5]
    if depth < 3:
        for number in range(3 if depth else 5):
            at = spine[int(rng.integers(4, steps))]
            side = 1 if number % 2 else -1
            branch = (at[0], at[1], at[2] + side * rng.uniform(0.35, 0.95))
            tips += _grow(rng, plate, branch, thick * rng.uniform(0.38, 0.55), long * rng.uniform(0.38, 0.6), depth + 1)
    return tips


def _limb(plate: Plate, spine: list[Twig], thick: float) -> None:
    left: Points = []
    right: Points = []
    for number, (x, y, turn) in enumerate(spine):
        half = max(thick * (1 - 0.85 * number / len(spine)) / 2, 0.0008)
        left.append((x + np.sin(turn) * half, y - np.cos(turn) * half))
        right.append((x - np.sin(turn) * half, y + np.cos(turn) * half))
    plate.polygon(left + right[::-1])


def _flower(scene: Scene, plate: Plate, x: float, y: float, size: float, turn: float, bud: bool, inks: Inks) -> None:
    rng = scene.rng
    pale = float(rng.uniform(0.35, 0.85))
    lean, tilt = rng.uniform(0.55, 1.0), rng.uniform(0, np.pi)
    count = 2 if bud else 5
    shift = turn if bud else rng.uniform(0, 2 * np.pi)
    angles = shift + np.arange(count) * 2 * np.pi / 5 + rng.normal(0, 0.06, count)
    for reach, share, shape in ((1.0, 1.0, OUTLINE), (0.62, 0.5, OUTLINE * (0.9, 0.75))):
        petals = _petals(plate, x, y, size * reach * (0.7 if bud else 1), angles, lean, tilt, shape)
        for petal, off in zip(petals, rng.normal(0, 0.06, count), strict=True):
            plate.pen.polygon(petal, fill=inks[int(np.clip((pale * share + off) * 63, 0, 63))])
    if not bud:
        plate.ellipse(x, y, size * 0.15, size * 0.15, inks[64])
        for number in range(9):
            angle, long = number * 0.7 + shift, size * rng.uniform(0.25, 0.45)
            plate.ellipse(
                x + np.cos(angle) * long * lean, y + np.sin(angle) * long, size * 0.045, size * 0.045, inks[65]
            )


def _inks(scene: Scene) -> Inks:
    """64 petals from the deepest to the palest, then the heart and its pollen."""
    palette = scene.palette
    base = palette.accent_labs[0]
    petals = colour.rgb(base + (palette.tone_lab(1.0) - base) * np.linspace(0, 1, 64)[:, None])
    return [ink(each) for each in (*petals, colour.single(base * np.array([0.72, 1.1, 1.1])), palette.accent(1))]


SHAPE = np.array([(0.0, 0.0), (0.25, 0.14), (0.55, 0.33), (0.80, 0.36), (0.97, 0.22), (1.0, 0.10), (0.90, 0.0)])
OUTLINE = np.concatenate([SHAPE, SHAPE[-2:0:-1] * (1, -1)])  # of a petal with a notch


def _petals(
    plate: Plate,
    x: float,
    y: float,
    size: float,
    angles: NDArray[np.float64],
    lean: float,
    tilt: float,
    shape: NDArray[np.float64],
) -> list[list[float]]:
    """Petals at some angles, seen from a tilt, in the plate's own pixels."""
    turn_right, turn_down = np.cos(angles)[:, None], np.sin(angles)[:, None]
    right = (shape[:, 0] * turn_right - shape[:, 1] * turn_down) * size
    down = (shape[:, 0] * turn_down + shape[:, 1] * turn_right) * size
    along = right * np.cos(tilt) + down * np.sin(tilt)
    across = (down * np.cos(tilt) - right * np.sin(tilt)) * lean
    flat = [x + along * np.cos(tilt) - across * np.sin(tilt), y + along * np.sin(tilt) + across * np.cos(tilt)]
    found: list[list[float]] = (np.stack(flat, axis=2) * plate.scale).reshape(len(angles), -1).tolist()
    return found


def _falling(scene: Scene) -> None:
    canvas, rng = scene.canvas, scene.rng
    plate, inks = Plate(canvas, coloured=True), _inks(scene)
    for _ in range(int(34 * canvas.wide * canvas.high)):
        x, y, size = rng.random() * canvas.wide, rng.random() * canvas.high, rng.uniform(0.01, 0.024)
        (petal,) = _petals(
            plate, x, y, size, rng.uniform(0, 6.28, 1), rng.uniform(0.35, 0.9), rng.uniform(0, 3.14), OUTLINE
        )
        plate.pen.polygon(petal, fill=inks[int(rng.integers(6, 50))])
    plate.laid()
