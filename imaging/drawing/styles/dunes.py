"""Dunes behind dunes: each with a lit and a shaded face that bend down from its crest, and ripples of sand."""

from __future__ import annotations

import numpy as np

from imaging.drawing import noise, sky
from imaging.drawing.colour import Field
from imaging.drawing.noise import smoothstep
from imaging.drawing.scene import Scene

LAYERS = 6


def paint(scene: Scene) -> None:
    canvas, palette = scene.canvas, scene.palette
    horizon = canvas.high * scene.pick(0.42, 0.56)
    sky.air(scene, horizon * 1.1)
    x, y = canvas.wide * scene.pick(0.2, 0.8), horizon * scene.pick(0.35, 0.85)
    if scene.dark:
        sky.stars(scene, horizon * 1.1, 1.4)
        sky.moon(scene, x, y * 0.75, scene.pick(0.06, 0.11))
    else:
        sky.sun(scene, x, y, scene.pick(0.06, 0.15))
    sky.clouds(scene, horizon * 1.25, (x, y), scene.pick(0.1, 0.4))
    grains = canvas.fbm(scene.rng, 2.5, 9.0, 6, 0.6)
    from_left = x * 2 < canvas.wide
    for layer in range(LAYERS):
        near = layer / (LAYERS - 1)
        base = horizon + (canvas.high * 0.95 - horizon) * near**1.25
        _dune(scene, base, near, from_left, noise.turned(grains, layer))
    if scene.shows("birds", 0.2):
        sky.birds(scene, horizon * 0.3, horizon * 0.8, palette.tone(0.1))


def _dune(scene: Scene, base: float, near: float, from_left: bool, grains: Field) -> None:
    canvas, palette = scene.canvas, scene.palette
    line = np.float32(base) - _crest(scene, 0.05 + 0.13 * near, 0.9 + 0.5 * (1 - near))
    top = max(0, int(line.min() * canvas.unit) - 2)
    if top >= canvas.height - 1:
        return
    below = canvas.y[top:] - line[None, :]
    # A face begins at the crest and drifts aside on its way down, so that spines wind toward the viewer.
    rise = np.gradient(line) * np.float32(canvas.unit)
    drift = np.sin(below * np.float32(scene.pick(7, 11)) + np.float32(scene.pick(0, 6.28))) * np.float32(0.05)
    drift += np.clip(below, 0, None) * np.float32(scene.pick(0.5, 1.3) * (1 if from_left else -1))
    source = (canvas.x + drift) * np.float32(canvas.unit)
    faces = np.take(rise, np.clip(source, 0, canvas.width - 1).astype(np.intp))
    lit = smoothstep(-0.22, 0.22, -faces if from_left else faces)
    ripples = np.sin(below * np.float32(300 - 170 * near) + grains[top:] * np.float32(5) + canvas.x * np.float32(14))
    lit = lit * np.float32(0.86) + ripples * np.float32(0.035 * near) + grains[top:] * np.float32(0.05)
    fade = np.exp(-np.clip(below, 0, None) / np.float32(0.22 + 0.2 * near))
    dark = palette.between(palette.tone_lab(0.62), palette.land, near**0.7)
    light = palette.between(palette.tone_lab(0.88), palette.tone_lab(0.46 if not scene.dark else 0.3), near * 0.9)
    share = np.clip(lit * (np.float32(0.35) + np.float32(0.65) * fade), 0, 1)
    planes = np.stack([a + (b - a) * share for a, b in zip(dark, light, strict=True)])
    canvas.paint(canvas.edge(below), planes, top)
    rim = np.exp(-np.abs(below) / np.float32(0.0022)) * lit * (below > 0)
    canvas.light(rim * np.float32(0.4), palette.glow, top)


def _crest(scene: Scene, rise: float, cells: float) -> Field:
    """Smooth backs with a sharp edge here and there."""
    canvas = scene.canvas
    along = np.linspace(0, 1, canvas.width, dtype=np.float32)
    soft = noise.line(scene.rng, along, max(1.0, 1.6 * cells * canvas.wide), 2, 0.3)
    sharp = 1 - np.abs(noise.line(scene.rng, along, max(1.0, 1.3 * cells * canvas.wide), 2, 0.2)) * np.float32(1.3)
    crest: Field = (soft * np.float32(0.45) + sharp * np.float32(0.55)) * np.float32(rise)
    return crest
