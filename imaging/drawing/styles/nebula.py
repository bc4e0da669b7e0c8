"""Deep space: clouds of gas with dust before them, stars in clusters, often a planet."""

from __future__ import annotations

import numpy as np

from imaging.drawing import colour, sky
from imaging.drawing.canvas import ramped
from imaging.drawing.colour import Field
from imaging.drawing.noise import resized, smoothstep
from imaging.drawing.scene import Scene


def paint(scene: Scene) -> None:
    canvas, rng, palette = scene.canvas, scene.rng, scene.palette
    gas, dust = _gas(scene)
    void = colour.single(palette.tone_lab(0.0) * np.array([0.72, 0.8, 0.8]))
    first, second = palette.accent_labs[0], palette.tone_lab(0.5)
    warm = second + (first - second) * scene.pick(0.6, 1.0)
    cool = palette.tone_lab(0.42) * 0.55 + palette.accent_labs[2] * np.array([0.30, 0.6, 0.6])
    stops = np.stack([colour.lab((0.09, 0.02, 280)), palette.tone_lab(0.0) * 0.95, palette.tone_lab(0.2), cool,
                      warm, palette.tone_lab(0.86), palette.tone_lab(1.0)])  # fmt: skip
    canvas.tint(gas, colour.ramp(stops, [0.0, 0.16, 0.36, 0.55, 0.74, 0.9, 1.0]))
    away = canvas.fbm(rng, 0.9, 0.9, 4)
    canvas.light(np.clip(away, 0, 1.5) * gas * np.float32(0.5), palette.accent(2))
    canvas.light(np.clip(-away, 0, 1.5) * gas * np.float32(0.4), palette.accent(0))
    canvas.paint(dust * np.float32(0.75), void)
    sky.stars(scene, canvas.high, 1.9)
    _clusters(scene, gas)
    _bright(scene)
    if scene.shows("planet", 0.55):
        _planet(scene)


def _gas(scene: Scene) -> tuple[Field, Field]:
    """Filaments along a band across the picture: ridged noise, pulled about by other noise."""
    canvas, rng = scene.canvas, scene.rng
    warp, body = canvas.fbm(rng, 1.2, 1.2, 5), canvas.fbm(rng, 1.6, 1.6, 8, 0.56)
    veins = 1 - np.abs(canvas.fbm(rng, 2.0, 2.0, 7, 0.58))
    moved = np.clip(np.arange(canvas.width)[None, :] + warp * np.float32(0.16 * canvas.unit), 0, canvas.width - 1)
    rows = np.broadcast_to(np.arange(canvas.height)[:, None] * canvas.width, moved.shape)
    veins = np.take(veins.reshape(-1), moved.astype(np.intp) + rows)
    lean, offset = scene.pick(-1.1, 1.1), scene.pick(-0.15, 0.15)
    middle = (canvas.y - np.float32(canvas.high / 2 + offset)) - (canvas.x - np.float32(canvas.wide / 2)) * np.float32(
        np.sin(lean)
    )
    band = np.exp(-((middle + warp * np.float32(0.22)) ** 2) / np.float32(0.16))
    gas = np.clip(
        band * (np.float32(0.34) + body * np.float32(0.27) + veins * np.float32(0.36))
        + body * np.float32(0.05)
        + np.float32(0.05),
        0,
        1,
    )
    dust = smoothstep(0.35, 1.2, canvas.fbm(rng, 2.2, 2.2, 7, 0.58) + warp * np.float32(0.4)) * band
    return gas, dust


def _clusters(scene: Scene, gas: Field) -> None:
    """Faint stars, where the gas is thick."""
    canvas, rng = scene.canvas, scene.rng
    count = int(2600 * canvas.wide * canvas.high)
    x, y, kept = rng.random(count) * canvas.wide, rng.random(count) * canvas.high, rng.random(count)
    small = resized(gas, 64, 64)
    dense = small[(y / canvas.high * 63).astype(int), (x / canvas.wide * 63).astype(int)]
    chosen = kept < dense * 1.1
    bright = rng.uniform(0.1, 0.5, count)[chosen]
    canvas.light(sky.sprinkled(canvas, x[chosen], y[chosen], bright, 0.0008), scene.palette.tone(0.97))


def _bright(scene: Scene) -> None:
    """A few near stars, with a halo and four spikes."""
    canvas, rng = scene.canvas, scene.rng
    for number in range(int(rng.integers(5, 10))):
        x, y, size = rng.random() * canvas.wide, rng.random() * canvas.high, rng.uniform(0.25, 1.0) ** 2
        reach = 0.07 * size + 0.01
        top, bottom = canvas.row(y - reach), canvas.row(y + reach) + 1
        across, down = np.abs(canvas.x - np.float32(x)), np.abs(canvas.y[top:bottom] - np.float32(y))
        long, thin = np.float32(0.016 * size), np.float32(0.0011)
        spikes = np.exp(-across / long - down / thin) + np.exp(-down / long - across / thin)
        halo = np.exp(-(across**2 + down**2) / np.float32((0.006 * size) ** 2)) * np.float32(1.4)
        wide = np.exp(-np.sqrt(across**2 + down**2) / np.float32(0.018 * size)) * np.float32(0.35)
        canvas.light(
            spikes * np.float32(0.9) + halo + wide, scene.palette.tone(0.97) if number % 2 else scene.palette.glow, top
        )


def _planet(scene: Scene) -> None:
    """A lit ball with bands of cloud, and sometimes rings."""
    canvas, rng, palette = scene.canvas, scene.rng, scene.palette
    radius = scene.pick(0.12, 0.3)
    x = canvas.wide * (scene.pick(0.18, 0.38) if scene.pick(0, 1) < 0.5 else scene.pick(0.62, 0.82))
    y = canvas.high * scene.pick(0.25, 0.78)
    lean = scene.pick(-0.5, 0.5)
    right, down = (canvas.x - np.float32(x)) / np.float32(radius), (canvas.y - np.float32(y)) / np.float32(radius)
    out = np.sqrt(right * right + down * down)
    deep = np.sqrt(np.clip(1 - out * out, 0, 1))
    along = down * np.float32(np.cos(lean)) - right * np.float32(np.sin(lean))
    storms = canvas.fbm(rng, 2.2 / radius, 5 / radius, 5, 0.55)
    swirl = along + storms * np.float32(0.07)
    bands = np.interp(swirl, np.linspace(-1, 1, 26), rng.uniform(0.15, 0.9, 26)).astype(np.float32)
    turn = scene.pick(0, 6.28)
    light = np.clip(
        right * np.float32(np.cos(turn) * 0.8) + down * np.float32(np.sin(turn) * 0.8) + deep * np.float32(0.6), 0.0, 1
    )
    air = np.exp(-np.clip(out - 1, 0, None) * 14) * np.clip(light + np.float32(0.05), 0, 1) * (out > 0.98)
    canvas.light(air * np.float32(0.45), palette.accent(2))
    body = ramped(bands * np.float32(0.75) + storms * np.float32(0.05), palette.tones(0.12, 1.0)) * (light**0.8)
    rim = (1 - deep) ** 3 * light
    body = body + (1 - body) * rim * palette.accent(2)[:, None, None] * np.float32(0.8)
    ringed = scene.pick(0, 1) < 0.55
    if ringed:
        _rings(scene, right, down, lean, back=True)
    canvas.paint(np.clip((1 - out) * np.float32(radius * canvas.unit) + np.float32(0.5), 0, 1), body)
    if ringed:
        _rings(scene, right, down, lean, back=False)


def _rings(scene: Scene, right: Field, down: Field, lean: float, back: bool) -> None:
    canvas = scene.canvas
    rng = np.random.default_rng(7)  # the two halves are of one ring
    along = right * np.float32(np.cos(lean)) + down * np.float32(np.sin(lean))
    across = (down * np.float32(np.cos(lean)) - right * np.float32(np.sin(lean))) / np.float32(0.24)
    out = np.sqrt(along * along + across * across)
    gaps = np.interp(out, np.linspace(1.35, 2.2, 40), rng.uniform(0.1, 1.0, 40)).astype(np.float32)
    mask = smoothstep(1.33, 1.40, out) * (1 - smoothstep(2.05, 2.2, out)) * gaps
    half = across < 0 if back else across >= 0
    canvas.paint(mask * half * np.float32(0.8), scene.palette.tone(0.85))
