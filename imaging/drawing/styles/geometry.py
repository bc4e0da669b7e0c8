"""Plain shapes set against each other: a board of arcs and stripes, or discs and beams that show through."""

from __future__ import annotations

import numpy as np

from imaging.drawing.canvas import Canvas, Plate, ink
from imaging.drawing.colour import Field
from imaging.drawing.noise import smoothstep
from imaging.drawing.scene import Scene

Box = tuple[float, float, float, float]


def paint(scene: Scene) -> None:
    if scene.shows("tiles", 0.5):
        _board(scene)
    else:
        _floating(scene)


# A board of tiles


def _board(scene: Scene) -> None:
    canvas, rng = scene.canvas, scene.rng
    colours = _inks(scene)
    canvas.planes[:] = scene.palette.tone(0.97)[:, None, None]
    across = int(rng.integers(4, 7))
    size = canvas.wide / round(across * canvas.wide)
    plate = Plate(canvas, coloured=True)
    columns, rows = round(canvas.wide / size), int(np.ceil(canvas.high / size))
    top = (canvas.high - rows * size) / 2
    taken = np.zeros((rows, columns), bool)
    edges: list[tuple[Box, int]] = []
    for row in range(rows):
        for column in range(columns):
            if taken[row, column]:
                continue
            large = row + 1 < rows and column + 1 < columns and not taken[row : row + 2, column : column + 2].any()
            span = 2 if large and rng.random() < 0.28 else 1
            taken[row : row + span, column : column + span] = True
            box = (column * size, top + row * size, (column + span) * size, top + (row + span) * size)
            _tile(scene, plate, box, colours)
            edges.append((box, int(rng.integers(0, 4))))
    plate.laid()
    _stippled(canvas, scene, edges)


def _inks(scene: Scene) -> list[tuple[int, int, int, int]]:
    palette = scene.palette
    tones = [palette.tone(place) for place in (0.06, 0.30, 0.55, 0.80, 0.97)]
    return [ink(each) for each in (*tones, palette.accent(0), palette.accent(1), palette.accent(2))]


def _tile(scene: Scene, plate: Plate, box: Box, colours: list[tuple[int, int, int, int]]) -> None:
    rng = scene.rng
    left, top, right, bottom = box
    size = right - left
    ground, *inks = (colours[int(number)] for number in rng.permutation(len(colours))[:5])
    plate.polygon([(left, top), (right, top), (right, bottom), (left, bottom)], ground)
    kind, corner = int(rng.integers(0, 8)), int(rng.integers(0, 4))
    x, y = (left, right)[corner % 2], (top, bottom)[corner // 2]
    start = (0, 90, 270, 180)[corner]
    if kind in (0, 1):  # rings of a quarter
        for number in range(1 if kind == 1 else 4):
            _pie(plate, x, y, size * (1 - number / 4), start, start + 90, inks[number % 4] if number < 3 else ground)
    elif kind == 2:  # a half disc on each of two sides
        _pie(plate, left, (top + bottom) / 2, size / 2, 270, 450, inks[0])
        _pie(plate, right, (top + bottom) / 2, size / 2, 90, 270, inks[1])
    elif kind == 3:  # stripes
        for number in range(4):
            start_x = left + size * (number / 4)
            plate.polygon(
                [(start_x, top), (start_x + size / 8, top), (start_x + size / 8, bottom), (start_x, bottom)], inks[0]
            )
    elif kind == 4:  # a disc in a disc
        middle = (left + right) / 2, (top + bottom) / 2
        for number, share in enumerate((0.44, 0.29, 0.13)):
            plate.ellipse(*middle, size * share, size * share, inks[number])
    elif kind == 5:  # a triangle
        plate.polygon([(x, y), (left + right - x, y), (x, top + bottom - y)], inks[0])
    elif kind == 6:  # a leaf of two arcs
        _leaf(plate, box, corner % 2, inks[0], ground)
    else:  # quarter on quarter
        _pie(plate, x, y, size, start, start + 90, inks[0])
        _pie(
            plate,
            left + right - x,
            top + bottom - y,
            size * 0.5,
            (start + 180) % 360,
            (start + 180) % 360 + 90,
            inks[1],
        )


def _leaf(plate: Plate, box: Box, way: int, colour: tuple[int, ...], ground: tuple[int, ...]) -> None:
    left, top, right, bottom = box
    size = right - left
    turn = np.linspace(0, np.pi / 2, 24)
    first = [(left + size * np.sin(t), bottom - size * np.cos(t)) for t in turn]
    second = [(right - size * np.sin(t), top + size * np.cos(t)) for t in turn]
    points = first + second
    plate.polygon(points if way else [(left + right - x, y) for x, y in points], colour)


def _pie(plate: Plate, x: float, y: float, radius: float, start: float, end: float, colour: tuple[int, ...]) -> None:
    turn = np.radians(np.linspace(start, end, 40))
    plate.polygon([(x, y), *((x + np.cos(t) * radius, y + np.sin(t) * radius) for t in turn)], colour)


def _stippled(canvas: Canvas, scene: Scene, edges: list[tuple[Box, int]]) -> None:
    """Dark grains that gather at one side of each tile, as from a sprayed stencil."""
    shade = np.zeros((canvas.height, canvas.width), np.float32)
    for (left, top, right, bottom), side in edges:
        rows, columns = (
            slice(canvas.row(top), canvas.row(bottom)),
            slice(int(left * canvas.unit), int(right * canvas.unit)),
        )
        across = (canvas.x[:, columns] - np.float32(left)) / np.float32(right - left)
        down = (canvas.y[rows] - np.float32(top)) / np.float32(bottom - top)
        shade[rows, columns] = (across, 1 - across, down, 1 - down)[side]
    grain = canvas.fbm(scene.rng, 190, 190, 1) * np.float32(0.8)
    dots = smoothstep(0.25, 0.55, shade**2 * np.float32(1.15) + grain * np.float32(0.34) - np.float32(0.25))
    canvas.paint(dots * np.float32(0.38), scene.palette.tone(0.0))


# Discs and beams


def _floating(scene: Scene) -> None:
    canvas, rng, palette = scene.canvas, scene.rng, scene.palette
    wash = canvas.fbm(rng, 1.0, 1.0, 6)
    canvas.tint(np.float32(0.9) + wash * np.float32(0.10), palette.tones(0.5, 1.0))
    at_x, at_y = canvas.wide * scene.pick(0.35, 0.65), canvas.high * scene.pick(0.35, 0.6)
    lean = scene.pick(0.3, 1.2)
    _disc(scene, at_x, at_y, scene.pick(0.24, 0.36), palette.accent(0), 0.95)
    for number in range(int(rng.integers(4, 7))):
        _beam(scene, at_x, at_y, lean + (np.pi / 2 if number % 3 == 0 else 0.0) + rng.normal(0, 0.03), number)
    for number in range(int(rng.integers(6, 10))):
        x, y = at_x + rng.normal(0, 0.26 * canvas.wide), at_y + rng.normal(0, 0.26 * canvas.high)
        shade = palette.accent(number) if number % 2 else palette.tone(rng.choice([0.08, 0.3, 0.55]))
        _disc(scene, x, y, rng.uniform(0.02, 0.15), shade, rng.uniform(0.7, 0.95))
    _lines(scene, at_x, at_y, lean)


def _disc(scene: Scene, x: float, y: float, radius: float, colour: Field, strength: float) -> None:
    """Darker and grainier toward one side; what lies below shows through as through ink."""
    canvas = scene.canvas
    top, bottom = canvas.row(y - radius - 0.05), canvas.row(y + radius + 0.05)
    if bottom - top < 2:
        return
    right, down = canvas.x - np.float32(x), canvas.y[top:bottom] - np.float32(y)
    away = np.sqrt(right * right + down * down)
    mask = canvas.edge(np.float32(radius) - away) * np.float32(strength)
    side = smoothstep(-1.0, 1.2, (right + down) / np.float32(radius * 1.2))
    grain = scene.grain(away.shape)
    shadow = np.exp(-np.clip(away - np.float32(radius), 0, None) / np.float32(0.02)) * (away > radius)
    canvas.paint(shadow * np.float32(0.10), scene.palette.tone(0.0), top)
    planes = colour[:, None, None] * (1 - np.float32(0.42) * (side * (np.float32(0.5) + grain * np.float32(0.6))))
    below = canvas.planes[:, top:bottom]
    canvas.paint(
        mask,
        planes
        * (np.float32(0.55) + np.float32(0.45) * below / np.maximum(scene.palette.tone(0.95)[:, None, None], 0.1)),
        top,
    )


def _beam(scene: Scene, x: float, y: float, lean: float, number: int) -> None:
    canvas, rng, palette = scene.canvas, scene.rng, scene.palette
    plate = Plate(canvas)
    long, thick = rng.uniform(0.25, 0.7), rng.choice([0.012, 0.03, 0.07])
    x, y = x + rng.normal(0, 0.2), y + rng.normal(0, 0.2)
    right, down = np.cos(lean), np.sin(lean)
    corners = [
        (a * long * right - b * thick * down, a * long * down + b * thick * right)
        for a, b in ((-1, -1), (1, -1), (1, 1), (-1, 1))
    ]
    plate.polygon([(x + dx, y + dy) for dx, dy in corners])
    along = (
        (canvas.x - np.float32(x)) * np.float32(right) + (canvas.y - np.float32(y)) * np.float32(down)
    ) / np.float32(long)
    fade = smoothstep(
        -1.3, 1.1, along + (scene.grain((canvas.height, canvas.width)) - np.float32(0.5)) * np.float32(0.5)
    )
    colour = palette.tone(rng.choice([0.05, 0.3, 0.6])) if number % 2 else palette.accent(number)
    canvas.paint(plate.mask() * (np.float32(0.25) + fade * np.float32(0.72)), colour)


def _lines(scene: Scene, x: float, y: float, lean: float) -> None:
    canvas, rng = scene.canvas, scene.rng
    plate = Plate(canvas)
    for number in range(int(rng.integers(5, 10))):
        angle = lean + (0 if number % 2 else np.pi / 2)
        offset, long = rng.normal(0, 0.22), rng.uniform(0.2, 0.8)
        at = x - np.sin(angle) * offset, y + np.cos(angle) * offset
        ends = [(at[0] + np.cos(angle) * long * side, at[1] + np.sin(angle) * long * side) for side in (-1, 1)]
        plate.line(ends, 0.0024)
    radius = scene.pick(0.3, 0.46)
    turn = np.linspace(lean, lean + scene.pick(2, 4.5), 90)
    plate.line([(x + np.cos(t) * radius, y + np.sin(t) * radius) for t in turn], 0.004)
    canvas.paint(plate.mask() * np.float32(0.85), scene.palette.tone(0.04))
