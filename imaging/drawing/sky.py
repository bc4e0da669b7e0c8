"""What stands above a horizon: the air itself, clouds, sun and moon, stars, aurora, birds."""

from __future__ import annotations

import numpy as np

from imaging.drawing.canvas import Canvas, Plate, ramped
from imaging.drawing.colour import Field
from imaging.drawing.noise import Rng, shifted, smoothstep
from imaging.drawing.scene import Scene


def air(scene: Scene, horizon: float) -> None:
    """From the zenith to the horizon, with broad unevenness like washes of paint."""
    canvas, palette = scene.canvas, scene.palette
    wash = canvas.fbm(scene.rng, 0.8, 2.4, 6)
    field = np.clip(canvas.y / np.float32(horizon), 0, 1) ** np.float32(scene.pick(0.85, 1.25))
    canvas.tint(field + wash * np.float32(0.055), palette.tones(*palette.sky))


def clouds(scene: Scene, horizon: float, sun: tuple[float, float], strength: float) -> None:
    """Banks that lie flatter toward the horizon, lit from where the sun stands."""
    canvas, palette = scene.canvas, scene.palette
    bottom = max(canvas.row(horizon), 2)
    density = canvas.fbm(scene.rng, 1.3, 4.2, 7, 0.55)[:bottom]
    step = max(1, canvas.unit // 40)
    lit = density - shifted(density, step if sun[0] * 2 < canvas.wide else -step, 0)
    lit += density - shifted(density, 0, -step // 2)
    near = np.exp(-canvas.distance(*sun)[:bottom] / np.float32(0.6))
    low = 0.30 if palette.night else 0.55
    place = np.float32(low) + lit * np.float32(0.22) + near * np.float32(0.4)
    mask = smoothstep(0.0, 1.1, density) * np.float32(strength)
    mask *= smoothstep(0.0, 0.5, canvas.y[:bottom] / np.float32(horizon) + np.float32(0.12))
    canvas.paint(mask, ramped(place, palette.tones(palette.sky[0] * 0.5 + 0.1, 1.0)))


def sun(scene: Scene, x: float, y: float, radius: float, halo: float = 0.55) -> None:
    canvas, glow = scene.canvas, scene.palette.glow
    away = canvas.distance(x, y)
    canvas.light(np.exp(-away / np.float32(radius * 3.2)) * np.float32(halo), glow)
    canvas.light(np.exp(-away / np.float32(0.9)) * np.float32(halo * 0.42), glow * scene.palette.accent(1) ** 0.5)
    disc = canvas.edge(np.float32(radius) - away)
    canvas.paint(disc * np.float32(0.96), glow)


def moon(scene: Scene, x: float, y: float, radius: float) -> None:
    """With its seas, and as often as not a shadow over a part of it: unless a full one or a crescent is wanted."""
    canvas, rng, palette = scene.canvas, scene.rng, scene.palette
    away = canvas.distance(x, y)
    canvas.light(np.exp(-away / np.float32(radius * 2.6)) * np.float32(0.42), palette.glow)
    phase, lean = scene.pick(0.0, 1.0), scene.pick(-0.5, 0.5)
    seas = canvas.fbm(rng, 0.9 / radius, 0.9 / radius, 4)
    disc = canvas.edge(np.float32(radius) - away)
    if "crescent" in scene.wanted or (phase < 0.4 and "full" not in scene.wanted):
        offset = radius * (0.45 + phase % 0.4)
        disc = disc * smoothstep(radius * 0.93, radius * 1.03, canvas.distance(x + offset, y - offset * lean))
    canvas.paint(disc * (1 - smoothstep(0.0, 1.2, seas) * np.float32(0.2)), palette.glow)


def stars(scene: Scene, bottom: float, many: float = 1.0) -> None:
    """Points of light of very different brightness, thinner toward the horizon."""
    canvas, rng = scene.canvas, scene.rng
    count = int(520 * canvas.wide * bottom * many)
    x, y = rng.random(count) * canvas.wide, rng.random(count) ** 1.25 * bottom
    bright = rng.pareto(1.9, count).clip(0.05, 5) * 0.42
    warm = rng.random(count)
    light = sprinkled(canvas, x, y, bright, 0.00105)
    canvas.light(light, np.array([0.96, 0.97, 1.0], np.float32))
    big = bright > 1.3
    light = sprinkled(canvas, x[big], y[big], bright[big] * 0.10 * (0.5 + warm[big]), 0.006)
    canvas.light(light, scene.palette.tone(0.9))


def sprinkled(canvas: Canvas, x: Field, y: Field, bright: Field, radius: float) -> Field:
    """Soft dots, added up."""
    out = np.zeros((canvas.height, canvas.width), np.float32)
    size = max(radius * canvas.unit, 0.6)
    reach = min(12, int(np.ceil(size * 2.4)))
    across, down = x * canvas.unit - 0.5, y * canvas.unit - 0.5
    column, row = np.round(across).astype(int), np.round(down).astype(int)
    for right in range(-reach, reach + 1):
        for below in range(-reach, reach + 1):
            away = (column + right - across) ** 2 + (row + below - down) ** 2
            inside = (
                (column + right >= 0)
                & (column + right < canvas.width)
                & (row + below >= 0)
                & (row + below < canvas.height)
            )
            value = (bright * np.exp(-away / (size * size)))[inside]
            np.add.at(out, ((row + below)[inside], (column + right)[inside]), value)
    return out


def aurora(scene: Scene, horizon: float) -> None:
    """Curtains: sharp below, fading upward, folded along their length."""
    canvas, rng, palette = scene.canvas, scene.rng, scene.palette
    folds = canvas.fbm(rng, 9.0, 0.7, 4, 0.6)
    for number in range(3):
        along = np.linspace(0, 1, canvas.width, dtype=np.float32)
        swing = np.sin(along * np.float32(scene.pick(3, 8) * canvas.wide) + np.float32(scene.pick(0, 6)))
        swing += np.float32(0.5) * np.sin(along * np.float32(scene.pick(9, 17) * canvas.wide))
        foot = np.float32(horizon * scene.pick(0.45, 0.85)) + swing * np.float32(0.07 * horizon)
        above = foot[None, :] - canvas.y
        tall = np.float32(horizon * scene.pick(0.28, 0.5))
        veil = np.exp(-np.maximum(above, 0) / tall) * smoothstep(-0.035, 0.03, above)
        veil *= np.clip(np.float32(0.55) + folds * np.float32(0.5), 0, 1.4)
        share = np.clip(above / (tall * 2), 0, 1)
        first, second = palette.accent(0), palette.accent(1)
        tints = np.stack([np.broadcast_to(a + (b - a) * share, veil.shape) for a, b in zip(first, second, strict=True)])
        for plane, tint in zip(canvas.planes, tints, strict=True):
            plane += (1 - plane) * np.clip(veil * tint * np.float32(0.62 - 0.12 * number), 0, 1)


def birds(scene: Scene, top: float, bottom: float, ink: Field) -> None:
    """A loose flock far off."""
    canvas, rng = scene.canvas, scene.rng
    plate = Plate(canvas)
    x0, y0 = scene.pick(0.2, 0.8) * canvas.wide, scene.pick(top, bottom)
    for _ in range(int(rng.integers(5, 13))):
        x, y = x0 + rng.normal(0, 0.10), y0 + rng.normal(0, 0.045)
        size, lift = rng.uniform(0.009, 0.02), rng.uniform(0.3, 0.75)
        wing = [(x - size, y - size * lift * 0.6), (x - size * 0.5, y - size * lift), (x, y)]
        wing += [(x + size * 0.5, y - size * lift), (x + size, y - size * lift * 0.5)]
        back = [
            (x + size * 0.45, y - size * lift * 0.72),
            (x, y + size * 0.22),
            (x - size * 0.45, y - size * lift * 0.72),
        ]
        plate.polygon(wing + back)
    canvas.paint(plate.mask() * np.float32(0.85), ink)


def rays(scene: Scene, x: float, y: float, strength: float) -> None:
    """Shafts of light that spread from a point."""
    canvas, rng = scene.canvas, scene.rng
    angle = np.arctan2(canvas.y - np.float32(y), canvas.x - np.float32(x))
    knots = smooth_ring(rng, 96)
    place = ((angle / np.float32(2 * np.pi) + np.float32(0.5)) * np.float32(len(knots) - 1)).astype(np.intp)
    shafts = smoothstep(0.1, 1.6, knots[place]) * np.exp(-canvas.distance(x, y) / np.float32(0.8))
    canvas.light(shafts * np.float32(strength), scene.palette.glow)


def smooth_ring(rng: Rng, knots: int) -> Field:
    """Noise around a circle, in 4096 steps."""
    values = rng.standard_normal(knots)
    places = np.linspace(0, knots, 4096)
    ring: Field = np.interp(places, np.arange(knots + 1), np.append(values, values[0])).astype(np.float32)
    return ring
