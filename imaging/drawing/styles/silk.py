"""Folds of cloth lit from one side and threaded with gold, or coloured sheets cut and laid over each other."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from imaging.drawing import colour
from imaging.drawing.colour import Field
from imaging.drawing.noise import shifted, smoothstep
from imaging.drawing.scene import Scene


def paint(scene: Scene) -> None:
    if "folds" in scene.wanted or (scene.pick(0, 1) < 0.45 and "strata" not in scene.wanted):
        _cloth(scene)
    else:
        _strata(scene)


def _cloth(scene: Scene) -> None:
    canvas, palette = scene.canvas, scene.palette
    folds, hue, phase = _folds(scene)
    canvas.tint(hue, colour.ramp(_dyes(scene)))
    step = max(1, canvas.unit // 300)
    lit = (folds - shifted(folds, step, step)) * np.float32(canvas.unit / step / 46)
    canvas.shade(np.clip(1 + lit * np.float32(0.40), 0.25, 1.4))
    sheen = np.clip(lit - np.float32(0.35), 0, 2)
    canvas.light(np.minimum(sheen * sheen * np.float32(0.35), 0.75), palette.glow)
    _threads(scene, folds, phase)


def _folds(scene: Scene) -> tuple[Field, Field, Field]:
    """Height, hue, and where along the folds a place lies."""
    canvas, rng = scene.canvas, scene.rng
    scale = scene.pick(0.9, 1.4)
    first, second = canvas.fbm(rng, scale, scale, 2, 0.4), canvas.fbm(rng, scale * 2, scale * 2, 3, 0.4)
    angle, tight = scene.pick(0, 3.14), scene.pick(9.0, 15.0)
    along = canvas.x * np.float32(np.cos(angle)) + canvas.y * np.float32(np.sin(angle))
    phase = along * np.float32(tight) + first * np.float32(scene.pick(5.0, 7.5)) + second * np.float32(1.0)
    waves = np.sin(phase + np.float32(1.1) * np.sin(phase * np.float32(0.5) + second * np.float32(1.6)))
    finer = np.sin(phase * np.float32(2.3) + second * np.float32(2.6)) * np.float32(0.30)
    hue = np.float32(0.50) + first * np.float32(0.22) + second * np.float32(0.10) + waves * np.float32(0.20)
    return waves + finer + np.sin(phase * np.float32(5.1)) * np.float32(0.07), hue, phase


def _strata(scene: Scene) -> None:
    """Sheets cut and laid over each other, each with its shadow and a gilded edge."""
    canvas, rng, palette = scene.canvas, scene.rng, scene.palette
    scale, many = scene.pick(0.8, 1.3), int(rng.integers(9, 14))
    warp = canvas.fbm(rng, scale * 1.6, scale * 1.6, 4, 0.38)
    height = np.float32(0.5) + canvas.fbm(rng, scale, scale, 2, 0.3) * np.float32(0.30) + warp * np.float32(0.08)
    angle = scene.pick(0, 6.28)
    height += (canvas.x - np.float32(canvas.wide / 2)) * np.float32(np.cos(angle) * 0.38)
    height += (canvas.y - np.float32(canvas.high / 2)) * np.float32(np.sin(angle) * 0.38)
    level = np.clip(height, 0.001, 0.999) * np.float32(many)
    sheet = np.floor(level)
    slope = (np.abs(level - shifted(level, 1, 0)) + np.abs(level - shifted(level, 0, 1))) * np.float32(
        0.8
    ) + np.float32(1e-4)
    inner, outer = (
        (level - sheet) / slope,
        (1 - level + sheet) / slope,
    )  # pixels to the edges of this sheet and the next
    place = sheet - np.float32(0.5) + np.minimum(inner + np.float32(0.5), 1) + np.clip(np.float32(0.5) - outer, 0, 0.5)
    fibres = canvas.fbm(rng, 9, 9, 5, 0.6)
    canvas.tint(place / np.float32(many), colour.ramp(_stops(scene)))
    near = outer / np.float32(canvas.unit)
    shadow = np.float32(0.42) * np.exp(-near / np.float32(0.014)) + np.float32(0.22) * np.exp(-near / np.float32(0.06))
    canvas.shade(1 - shadow * np.clip(outer + np.float32(0.5), 0, 1) + fibres * np.float32(0.03))
    edge = np.clip(np.float32(0.0015 * canvas.unit + 0.5) - np.abs(inner - np.float32(0.5)), 0, 1)
    gilded = np.clip(np.float32(0.55) + fibres * np.float32(0.4), 0.1, 1)
    canvas.paint(edge * gilded * np.float32(0.8), palette.glow)


def _dyes(scene: Scene) -> NDArray[np.float64]:
    """One cloth: the tones from dark to light, with a breath of an accent among them."""
    palette = scene.palette
    tones = [palette.tone_lab(place) for place in (0.0, 0.22, 0.45, 0.62, 0.8, 1.0)]
    place = int(scene.rng.integers(1, 4))
    tones[place] = tones[place] * 0.35 + palette.accent_labs[int(scene.rng.integers(0, 3))] * 0.65
    return np.stack(tones)


def _stops(scene: Scene) -> NDArray[np.float64]:
    palette = scene.palette
    order = scene.rng.permutation(3)
    first, second, _ = palette.accent_labs[order]
    dark, deep, middle, pale, light = (palette.tone_lab(place) for place in (0.02, 0.3, 0.62, 0.9, 1.0))
    return np.stack([dark, deep, first, middle, (second + pale) / 2, light])


def _threads(scene: Scene, folds: Field, phase: Field) -> None:
    """Fine gold lines along the folds, in bundles; as thin everywhere, since their slope is counted in."""
    canvas = scene.canvas
    each = phase * np.float32(scene.pick(2.2, 3.6))
    slope = np.abs(each - shifted(each, 1, 0)) + np.abs(each - shifted(each, 0, 1)) + np.float32(1e-4)
    away = np.abs(each - np.round(each)) / slope
    line = np.clip(np.float32(0.0007 * canvas.unit + 0.5) - away, 0, 1)
    bundle = smoothstep(-0.1, 0.9, np.sin(phase * np.float32(0.5) + np.float32(scene.pick(0, 6.28))))
    canvas.paint(line * bundle * np.clip(np.float32(0.45) + folds * np.float32(0.42), 0.06, 0.9), scene.palette.glow)
