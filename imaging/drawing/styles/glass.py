"""A window of coloured glass: cells in lead, their colours a landscape under a sun, or a rose about a centre."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from imaging.drawing import colour, noise
from imaging.drawing.colour import Field
from imaging.drawing.noise import Rng, resized, smoothstep
from imaging.drawing.scene import Scene

COARSE = 3  # cells are told apart at a third of the size; the lead covers where they meet
Places = NDArray[np.float64]
Cells = tuple[Field, Field, NDArray[np.int16]]  # x, y, of which zone


def paint(scene: Scene) -> None:
    canvas = scene.canvas
    rose = scene.shows("rose window", 0.45)
    x, y, zone = _rose(scene) if rose else _landscape(scene)
    nearest, gap = _nearest(scene, x, y)
    colours = _colours(scene, zone, rose)
    shape = canvas.height, canvas.width
    rows = np.clip((np.arange(canvas.height) / COARSE).astype(int), 0, nearest.shape[0] - 1)
    columns = np.clip((np.arange(canvas.width) / COARSE).astype(int), 0, nearest.shape[1] - 1)
    cell = nearest[rows][:, columns]
    for plane, values in zip(canvas.planes, colours.T, strict=True):
        np.take(values, cell, out=plane)
    full = resized(gap, shape[1], shape[0])
    _light(scene, full)
    wide = np.float32(scene.pick(0.0028, 0.0042))
    lead = 1 - canvas.edge(full - wide)
    canvas.paint(
        np.exp(-np.clip(full - wide, 0, None) / np.float32(0.009)) * np.float32(0.5),
        scene.palette.tone(0.0) * np.float32(0.3),
    )
    canvas.paint(lead, scene.palette.tone(0.0) * np.float32(0.45))
    shine = np.exp(-(((full - np.float32(0.0004)) / np.float32(0.0011)) ** 2))
    canvas.light(shine * np.float32(0.16), scene.palette.tone(0.9))


def _landscape(scene: Scene) -> Cells:
    """A sun in rings with rays about it, sky in upright panes, hills in long ones."""
    canvas, rng = scene.canvas, scene.rng
    at_x, at_y, radius = (
        canvas.wide * scene.pick(0.25, 0.75),
        canvas.high * scene.pick(0.24, 0.44),
        scene.pick(0.10, 0.17),
    )
    pitch, horizon = scene.pick(0.07, 0.095), canvas.high * scene.pick(0.54, 0.66)
    air = _panes(rng, (0.0, canvas.wide), (0.0, horizon), pitch, pitch * 1.25)
    land = _panes(rng, (0.0, canvas.wide), (horizon, canvas.high), pitch * 1.7, pitch * 0.62)
    reach = radius * 2.7
    air = air[:, np.hypot(air[0] - at_x, air[1] - at_y) > reach]
    rings = [
        _ring(at_x, at_y, radius * share, many, turn)
        for share, many, turn in ((0.45, 6, 0.0), (0.85, 12, 0.5), (1.35, 18, 0.0))
    ]
    rays = _ring(at_x, at_y, radius * 2.1, 24, 0.25)
    rays = rays[:, rays[1] < horizon]
    x, y = np.concatenate([air, land, *rings, rays], axis=1)
    away = np.hypot(x - at_x, y - at_y)
    zone = np.where(np.sin(np.arctan2(y - at_y, x - at_x) * 8) > 0.2, 2, 1)
    zone[away < reach] = 3
    zone[away < radius * 1.5] = 2
    zone[away < radius] = 0
    for number in range(4):
        line = noise.line(rng, (x / canvas.wide).clip(0, 1).astype(np.float32), 2.2 * canvas.wide, 2)
        base = horizon + (canvas.high - horizon) * number / 4
        zone[(y > base + line * 0.05 * (number > 0)) & (y > horizon - 0.01)] = 4 + number
    return x.astype(np.float32), y.astype(np.float32), zone.astype(np.int16)


def _panes(rng: Rng, across: tuple[float, float], down: tuple[float, float], wide: float, high: float) -> Places:
    """Places in a shaken grid, every other row moved by half."""
    columns, rows = int((across[1] - across[0]) / wide) + 4, int((down[1] - down[0]) / high) + 1
    grid_x, grid_y = np.meshgrid(np.arange(columns) - 2.0, np.arange(rows) + 0.5)
    grid_x = grid_x + (grid_y // 1 % 2) * 0.5 + rng.uniform(-0.3, 0.3, grid_x.shape)
    grid_y = grid_y + rng.uniform(-0.3, 0.3, grid_y.shape)
    return np.stack([across[0] + grid_x.reshape(-1) * wide, down[0] + grid_y.reshape(-1) * (down[1] - down[0]) / rows])


def _ring(x: float, y: float, radius: float, many: int, turn: float) -> Places:
    angle = (np.arange(many) + turn) * 2 * np.pi / many
    return np.stack([x + np.cos(angle) * radius, y + np.sin(angle) * radius])


def _rose(scene: Scene) -> Cells:
    """Rings of petals about a centre."""
    canvas, rng = scene.canvas, scene.rng
    fold = int(rng.choice([6, 8, 10, 12]))
    at_x = canvas.wide * (0.5 if scene.pick(0, 1) < 0.5 else scene.pick(0.2, 0.8))
    at_y = canvas.high * (0.5 if scene.pick(0, 1) < 0.5 else scene.pick(0.3, 1.0))
    places, zones = [np.array([[at_x], [at_y]])], [np.array([0])]
    reach = float(np.hypot(max(at_x, canvas.wide - at_x), max(at_y, canvas.high - at_y))) + 0.1
    radius, ring, step = scene.pick(0.06, 0.1), 1, scene.pick(0.05, 0.09)
    while radius < reach:
        many = fold * 2 ** max(0, round(np.log2(max(radius * 6.28 / (fold * 0.085), 1))))
        places.append(_ring(at_x, at_y, radius, many, 0.5 * (ring % 2)))
        first, second = rng.integers(0, 8, 2)
        zones.append(np.where(np.arange(many) % int(rng.choice([1, 2, 2, 4])) == 0, first, second))
        radius += step * rng.uniform(0.65, 1.5)
        ring += 1
    x, y = np.concatenate(places, axis=1)
    return x.astype(np.float32), y.astype(np.float32), np.concatenate(zones).astype(np.int16)


def _nearest(scene: Scene, x: Field, y: Field) -> tuple[NDArray[np.int16], Field]:
    """The cell of every coarse pixel, and how far it is from the next one's edge; by tiles that know few cells."""
    canvas = scene.canvas
    width, height = -(-canvas.width // COARSE), -(-canvas.height // COARSE)
    nearest, gap = np.empty((height, width), np.int16), np.empty((height, width), np.float32)
    pitch = COARSE / canvas.unit
    tile = max(8, int(0.16 / pitch))
    for top in range(0, height, tile):
        for left in range(0, width, tile):
            down = (np.arange(top, min(top + tile, height), dtype=np.float32) + 0.5) * pitch
            across = (np.arange(left, min(left + tile, width), dtype=np.float32) + 0.5) * pitch
            middle = np.hypot(x - across.mean(), y - down.mean())
            near = np.argsort(middle, kind="stable")[:26]
            away = np.hypot(across[None, None, :] - x[near, None, None], down[None, :, None] - y[near, None, None])
            first = away.argmin(axis=0)
            least = np.take_along_axis(away, first[None], axis=0)
            apart = np.hypot(x[near, None] - x[near], y[near, None] - y[near]) + np.float32(1e-6)
            # To the edge that two cells share; a cell has none with itself.
            edges = (away * away - least * least) / (2 * apart[:, first])
            np.put_along_axis(edges, first[None], np.float32(9), axis=0)
            cell = np.s_[top : top + len(down), left : left + len(across)]
            nearest[cell], gap[cell] = near[first], edges.min(axis=0)
    return nearest, gap


def _colours(scene: Scene, zone: NDArray[np.int16], rose: bool) -> Field:
    palette, rng = scene.palette, scene.rng
    accents = palette.accent_labs
    tones = [palette.tone_lab(place) for place in (0.25, 0.45, 0.60, 0.75)]
    zones = [accents[1], tones[1], accents[0], tones[3], tones[0], accents[2], tones[2], accents[1]]
    if not rose:
        sky = [palette.tone_lab(place) for place in (0.50, 0.68, 0.88)]
        hills = [
            palette.tone_lab(0.36),
            accents[2] * (0.85, 1, 1),
            palette.tone_lab(0.22),
            palette.land * (1.1, 1.6, 1.6),
        ]
        zones = [accents[1], *sky, *hills]
    labs = np.stack(zones)[zone]
    spread = np.array([0.05, 0.018, 0.018]) * (0.6 if rose else 1.0)
    labs = labs + rng.normal(0, 1, labs.shape) * spread
    labs[:, 1:] *= 1.25
    return colour.rgb(labs)


def _light(scene: Scene, gap: Field) -> None:
    """Unevenness of blown glass, and daylight that falls through from behind."""
    canvas, rng = scene.canvas, scene.rng
    streaks = canvas.fbm(rng, 16, 5, 5, 0.6)
    canvas.shade(
        np.clip(
            np.float32(0.94) + streaks * np.float32(0.085) + smoothstep(0.0, 0.045, gap) * np.float32(0.12), 0.5, 1.25
        )
    )
    away = canvas.distance(canvas.wide * scene.pick(0.35, 0.65), canvas.high * scene.pick(0.3, 0.5))
    canvas.light(np.exp(-away / np.float32(0.4)) * smoothstep(0.0, 0.04, gap) * np.float32(0.34), scene.palette.glow)
