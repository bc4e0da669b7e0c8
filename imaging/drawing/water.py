"""Still or moving water below a horizon: what stands above, again, broken by ripples; and light that glitters on it."""

from __future__ import annotations

import numpy as np

from imaging.drawing.noise import smoothstep
from imaging.drawing.scene import Scene


def mirror(scene: Scene, horizon: float, rough: float, depth: float = 0.35) -> None:
    """Everything above the horizon, upside down below it."""
    canvas, rng, palette = scene.canvas, scene.rng, scene.palette
    top = canvas.row(horizon)
    rows = canvas.height - top
    if rows < 2 or top < 2:
        return
    below = (np.arange(rows, dtype=np.float32) / canvas.unit)[:, None]
    ripple = canvas.fbm(rng, 2.5, 26.0, 5, 0.7)[-rows:]
    widening = (np.float32(0.15) + below * np.float32(1.6)) * np.float32(rough)
    high = top / canvas.unit
    fits = min(1.0, high / (rows / canvas.unit)) if rows > top else 1.0
    source = (np.float32(high) - below * np.float32(fits) - ripple * widening * np.float32(0.16)) * canvas.unit
    source_row = np.clip(source, 0, top - 1).astype(np.intp)
    shift = (ripple * widening * np.float32(0.05) * canvas.unit).astype(np.intp)
    column = np.clip(np.arange(canvas.width)[None, :] + shift, 0, canvas.width - 1)
    flat = source_row * canvas.width + column
    shade = np.clip(below * np.float32(0.55) + np.float32(0.06) + ripple * np.float32(0.035), 0, 1) * np.float32(
        depth / 0.35
    )
    deep = palette.tone(0.12)
    for plane, ink in zip(canvas.planes, deep, strict=True):
        seen = np.take(plane[:top].reshape(-1), flat)
        plane[top:] = seen + (ink - seen) * np.minimum(shade, 0.8)
    line = np.exp(-np.abs(canvas.y - np.float32(horizon)) / np.float32(0.006))
    canvas.paint(
        np.broadcast_to(line * np.float32(0.4), (canvas.height, canvas.width)), palette.tone(palette.sky[1] * 0.95)
    )


def glitter(scene: Scene, x: float, horizon: float, spread: float, strength: float) -> None:
    """The path of light under a sun or a moon: small flakes, wider toward the viewer."""
    canvas = scene.canvas
    top = canvas.row(horizon)
    if canvas.height - top < 2:
        return
    below = canvas.y[top:] - np.float32(horizon)
    # The flakes grow with nearness: noise of fine rows far off, of broad rows close by.
    fine = canvas.fbm(scene.rng, 7, 90, 3, 0.8)[top:]
    broad = canvas.fbm(scene.rng, 4, 34, 4, 0.75)[top:]
    share = np.clip(below * np.float32(2.2), 0, 1)
    flakes = smoothstep(0.15, 0.75, fine * (1 - share) + broad * share)
    across = np.abs(canvas.x - np.float32(x)) / (np.float32(spread) + below * np.float32(0.32))
    path = np.exp(-across * across) * np.exp(-below * np.float32(0.7))
    canvas.light(flakes * path * np.float32(strength) + path * np.float32(strength * 0.16), scene.palette.glow, top)


def swell(scene: Scene, horizon: float, strength: float) -> None:
    """Light and dark backs of waves, flat far away and larger close by."""
    canvas, palette = scene.canvas, scene.palette
    top = canvas.row(horizon)
    if canvas.height - top < 2:
        return
    below = canvas.y[top:] - np.float32(horizon)
    fine = canvas.fbm(scene.rng, 5, 60, 3, 0.7)[top:]
    broad = canvas.fbm(scene.rng, 1.6, 15, 6, 0.6)[top:]
    share = np.clip(below * np.float32(2.4), 0, 1)
    wave = fine * (1 - share) + broad * share
    reach = smoothstep(0.0, 0.1, below) * np.float32(strength)
    canvas.paint(np.clip(wave, 0, 1) * reach, palette.tone(0.74), top)
    canvas.paint(np.clip(-wave, 0, 1) * reach * np.float32(1.1), palette.tone(0.05), top)
