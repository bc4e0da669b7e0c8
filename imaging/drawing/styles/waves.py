"""Waves as woodblocks print them: crest before crest, filled with lines or scales, a great disc behind."""

from __future__ import annotations

import numpy as np

from imaging.drawing import silhouettes, sky
from imaging.drawing.canvas import Canvas, Plate
from imaging.drawing.colour import Field
from imaging.drawing.noise import smoothstep
from imaging.drawing.scene import Scene

LAYERS = 7


def paint(scene: Scene) -> None:
    canvas, rng, palette = scene.canvas, scene.rng, scene.palette
    horizon = canvas.high * scene.pick(0.40, 0.55)
    sky.air(scene, horizon * 1.2)
    if scene.dark:
        sky.stars(scene, horizon, 0.8)
    _disc(scene, horizon)
    _bands(scene, horizon)
    turn = int(rng.integers(0, 3))
    for layer in range(LAYERS):
        near = layer / (LAYERS - 1)
        base = horizon + (canvas.high - horizon) * (near * 0.86 + 0.02)
        _wave(scene, base, near, (layer + turn) % 3)
    if scene.shows("birds", 0.35):
        sky.birds(scene, horizon * 0.25, horizon * 0.7, palette.tone(0.05))
    if "crane" in scene.wanted:
        plate = Plate(canvas)
        for _ in range(4):
            x, y = canvas.wide * scene.pick(0.15, 0.85), horizon * scene.pick(0.2, 0.8)
            silhouettes.put(plate, "crane", x, y, scene.pick(0.1, 0.18))
        canvas.paint(plate.mask(), palette.tone(0.98))


def _disc(scene: Scene, horizon: float) -> None:
    canvas, palette = scene.canvas, scene.palette
    x, radius = canvas.wide * scene.pick(0.25, 0.75), scene.pick(0.17, 0.27)
    y = horizon - radius * scene.pick(0.0, 0.9)
    away = canvas.distance(x, y)
    canvas.light(np.exp(-away / np.float32(0.5)) * np.float32(0.3), palette.glow)
    top, low = (palette.glow, palette.tone(0.8)) if scene.dark else (palette.accent(0), palette.accent(1))
    share = np.clip((canvas.y - np.float32(y - radius)) / np.float32(2 * radius), 0, 1)
    planes = np.stack([np.broadcast_to(a + (b - a) * share, away.shape) for a, b in zip(top, low, strict=True)])
    canvas.paint(canvas.edge(np.float32(radius) - away), planes)


def _bands(scene: Scene, horizon: float) -> None:
    """Long clouds with round ends."""
    canvas, rng, palette = scene.canvas, scene.rng, scene.palette
    plate = Plate(canvas)
    for _ in range(int(rng.integers(3, 6))):
        x, y, thick = rng.random() * canvas.wide, horizon * rng.uniform(0.15, 0.85), rng.uniform(0.012, 0.022)
        for step in range(int(rng.integers(2, 4))):
            left, long = x + rng.uniform(-0.15, 0.15), rng.uniform(0.12, 0.32)
            level = y + step * thick * 2
            plate.line([(left, level), (left + long, level)], thick * 2)
            for end in (left, left + long):
                plate.ellipse(end, level, thick, thick)
    canvas.paint(plate.mask() * np.float32(0.62), palette.tone(min(1.0, palette.sky[1] + 0.05)))


def _wave(scene: Scene, base: float, near: float, filling: int) -> None:
    canvas, palette = scene.canvas, scene.palette
    size = 0.05 + 0.09 * near
    long = np.float32(2 * np.pi * scene.pick(1.1, 1.9) / (1 + near * 0.6))
    phase = canvas.x[0] * long + np.float32(scene.pick(0, 6.28))
    # Crests are sharp and lean, troughs are wide.
    swell = np.sin(phase + np.float32(0.45) * np.cos(phase)) + np.float32(0.35) * np.sin(
        phase * np.float32(1.7) + np.float32(scene.pick(0, 6))
    )
    line = np.float32(base) - np.float32(size * 0.55) * swell
    top = max(0, int(line.min() * canvas.unit) - 2)
    below = canvas.y[top:] - line[None, :]
    mask = canvas.edge(below)
    place = 0.66 - 0.58 * near
    dark, light = palette.tone(max(0.0, place - 0.12)), palette.tone(min(1.0, place + 0.2))
    share = np.clip(below / np.float32(0.05 + 0.3 * size + 0.16), 0, 1)
    planes = np.stack([b + (a - b) * share for a, b in zip(dark, light, strict=True)])
    shadow = np.exp(-np.abs(below) / np.float32(0.03)) * (below < 0)
    canvas.paint(shadow * np.float32(0.22), palette.tone(0.0), top)
    canvas.paint(mask, planes, top)
    pitch = 0.016 + 0.016 * near
    lines = _scales(canvas, below, pitch * 2.1) if filling == 0 else _stripes(canvas, below, pitch, filling)
    bright = palette.tone(0.97) if filling != 2 else palette.glow
    fade = np.exp(-np.clip(below, 0, None) / np.float32(0.10 + 0.30 * size))
    canvas.paint(lines * mask * fade * np.float32(0.80), bright, top)
    foam = mask * (1 - smoothstep(0.0035 + 0.004 * near, 0.0035 + 0.004 * near + 1.5 / canvas.unit, below))
    canvas.paint(foam, palette.tone(0.99), top)


def _stripes(canvas: Canvas, below: Field, pitch: float, filling: int) -> Field:
    """Lines that follow the crest, wider apart with depth."""
    depth = np.sqrt(np.clip(below, 0, None) + np.float32(0.0004)) * np.float32(np.sqrt(0.25))
    place = depth / np.float32(pitch * (0.9 if filling == 1 else 1.5))
    away = (
        np.abs(place - np.round(place)) * np.float32(pitch) * 2 * np.sqrt(np.clip(below, 0.002, None)) / np.float32(0.5)
    )
    thin = np.float32(0.0012 if filling == 1 else 0.002)
    return canvas.edge(thin - away)


def _scales(canvas: Canvas, below: Field, radius: float) -> Field:
    """Overlapping fans of arcs, row before row."""
    step = radius * 0.5
    row = np.ceil(below / np.float32(step)) + 1
    out = np.zeros_like(below)
    found = np.zeros(below.shape, bool)
    for back in range(3):
        current = row + (1 - back)
        shift = (current % 2) * np.float32(radius)
        across = (canvas.x + shift) / np.float32(2 * radius)
        across = (across - np.round(across)) * np.float32(2 * radius)
        down = current * np.float32(step) - below
        away = np.sqrt(across * across + down * down)
        inside = (away < radius) & ~found
        rings = away / np.float32(radius / 4)
        line = np.abs(rings - np.round(rings)) * np.float32(radius / 4)
        value = canvas.edge(np.float32(0.0014) - line)
        out = np.where(inside & (away > radius * 0.2), value, out)
        found |= inside
    return out
