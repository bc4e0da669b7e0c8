"""A rainy night seen through a window: lights out of focus, their reflections on the street, drops on the pane."""

from __future__ import annotations

import numpy as np

from imaging.drawing import weather
from imaging.drawing.canvas import Canvas
from imaging.drawing.colour import Field
from imaging.drawing.noise import smoothstep
from imaging.drawing.scene import Scene


def paint(scene: Scene) -> None:
    canvas, palette = scene.canvas, scene.palette
    horizon = canvas.high * scene.pick(0.56, 0.68)
    field = canvas.fbm(scene.rng, 1.2, 1.2, 4) * np.float32(0.07)
    middle = np.exp(-np.abs(canvas.y - np.float32(horizon)) / np.float32(0.32))
    canvas.tint(middle * np.float32(0.55) + field, palette.tones(0.0, 0.62))
    _lights(scene, horizon)
    _street(scene, horizon)
    weather.rain(scene, 0.7)
    _drops(scene)


def _lights(scene: Scene, horizon: float) -> None:
    """Far small ones along the street, large ones near; each with its smear on the wet ground."""
    canvas, rng, palette = scene.canvas, scene.rng, scene.palette
    vanish = canvas.wide * scene.pick(0.3, 0.7)
    for _ in range(int(85 * max(1.0, canvas.wide * 0.7))):
        near = rng.random() ** 1.6
        side = rng.choice([-1, 1])
        x = vanish + side * (0.03 + near * 0.62 * max(canvas.wide, 1.0)) * rng.uniform(0.6, 1.15)
        y = horizon - 0.02 - near * rng.uniform(0.0, 0.62) * min(canvas.high, 1.5)
        radius = 0.010 + 0.062 * near * rng.uniform(0.5, 1.15)
        tint = palette.glow if rng.random() < 0.3 else palette.accent(int(rng.integers(0, 3)))
        strength = rng.uniform(0.2, 0.62) * (1 - 0.45 * near)
        _disc(canvas, x, y, radius, tint, strength)
        _smear(canvas, x, horizon + (horizon - y) * 0.5, radius, tint, strength * 0.6)


def _disc(canvas: Canvas, x: float, y: float, radius: float, tint: Field, strength: float) -> None:
    """A point out of focus: flat, with a brighter rim, and a faint halo."""
    reach = radius * 1.9
    rows = slice(canvas.row(y - reach), canvas.row(y + reach) + 1)
    columns = slice(max(0, int((x - reach) * canvas.unit)), max(0, int((x + reach) * canvas.unit) + 1))
    across, down = canvas.x[:, columns] - np.float32(x), canvas.y[rows] - np.float32(y)
    away = np.sqrt(across * across + down * down) / np.float32(radius)
    if not away.size:
        return
    soft = np.float32(0.05 + 1.0 / (radius * canvas.unit))
    inside = np.clip((1 - away) / soft + np.float32(0.5), 0, 1)
    light = inside * (np.float32(0.62) + np.float32(0.38) * smoothstep(0.55, 0.97, away)) + np.exp(
        -away * away * 1.3
    ) * np.float32(0.25)
    light *= np.float32(strength)
    for plane, value in zip(canvas.planes[:, rows, columns], tint, strict=True):
        plane += (1 - plane) * np.minimum(light * value, 1)


def _smear(canvas: Canvas, x: float, y: float, radius: float, tint: Field, strength: float) -> None:
    long = radius * 7 + 0.06
    rows = slice(canvas.row(y - long), canvas.row(y + long) + 1)
    columns = slice(max(0, int((x - radius * 3) * canvas.unit)), max(0, int((x + radius * 3) * canvas.unit) + 1))
    across, down = (
        (canvas.x[:, columns] - np.float32(x)) / np.float32(radius),
        (canvas.y[rows] - np.float32(y)) / np.float32(long),
    )
    light = np.exp(-across * across * 1.1 - down * down * 3) * np.float32(strength)
    for plane, value in zip(canvas.planes[:, rows, columns], tint, strict=True):
        plane += (1 - plane) * np.minimum(light * value, 1)


def _street(scene: Scene, horizon: float) -> None:
    """Ripples of the wet ground break the smears."""
    canvas, rng = scene.canvas, scene.rng
    top = canvas.row(horizon)
    rows = canvas.height - top
    if rows < 2:
        return
    ripple = canvas.fbm(rng, 3, 22, 5, 0.65)[top:]
    below = (canvas.y[top:] - np.float32(horizon)) / np.float32(canvas.high - horizon)
    shift = ripple * (np.float32(0.006) + below * np.float32(0.03)) * canvas.unit
    columns = np.clip(np.arange(canvas.width)[None, :] + shift, 0, canvas.width - 1).astype(np.intp)
    flat = columns + (np.arange(rows) * canvas.width)[:, None]
    dim = np.clip(np.float32(0.88) + ripple * np.float32(0.16), 0.45, 1.2)
    for plane in canvas.planes:
        plane[top:] = np.take(plane[top:].reshape(-1), flat) * dim


def _drops(scene: Scene) -> None:
    """Each drop is a small lens: it shows the street upside down, dark at its upper edge, with one spark."""
    canvas, rng = scene.canvas, scene.rng
    seen = canvas.blurred(0.012)
    for _ in range(int(210 * canvas.wide * canvas.high)):
        radius = 0.0035 + 0.024 * rng.random() ** 4.2
        _drop(canvas, seen, rng.random() * canvas.wide, rng.random() * canvas.high, radius, rng.uniform(1.0, 1.35))


def _drop(canvas: Canvas, seen: Field, x: float, y: float, radius: float, tall: float) -> None:
    rows = slice(canvas.row(y - radius * tall), canvas.row(y + radius * tall) + 1)
    columns = slice(max(0, int((x - radius) * canvas.unit)), max(0, int((x + radius) * canvas.unit) + 1))
    across = (canvas.x[:, columns] - np.float32(x)) / np.float32(radius)
    down = (canvas.y[rows] - np.float32(y)) / np.float32(radius * tall)
    away = np.sqrt(across * across + down * down)
    if not away.size:
        return
    mask = np.clip((1 - away) * np.float32(radius * canvas.unit) + np.float32(0.5), 0, 1)
    source_x = np.clip((np.float32(x) - across * np.float32(radius * 9)) * canvas.unit, 0, canvas.width - 1).astype(
        np.intp
    )
    source_y = np.clip((np.float32(y) - down * np.float32(radius * 9)) * canvas.unit, 0, canvas.height - 1).astype(
        np.intp
    )
    shade = np.clip(np.float32(1.02) + down * np.float32(0.42) - away**4 * np.float32(0.42), 0.2, 1.5)
    spark = np.exp(-((across + np.float32(0.34)) ** 2 + (down + np.float32(0.42)) ** 2) * 26) * np.float32(0.7)
    for plane, source in zip(canvas.planes[:, rows, columns], seen, strict=True):
        lens = np.clip(source[source_y, source_x] * shade + spark, 0, 1)
        plane += (lens - plane) * mask
