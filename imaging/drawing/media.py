"""How a picture is painted, whatever it shows: in watercolour, in oil, or as it is."""

from __future__ import annotations

import numpy as np

from imaging.drawing import finish
from imaging.drawing.noise import smoothstep
from imaging.drawing.scene import Scene
from imaging.drawing.styles import strokes

PRINTED = {"geometry", "waves", "inkwash", "blossom"}  # on paper
UNSHADED = PRINTED | {"glass", "silk"}  # whose corners stay as bright as the rest


def apply(scene: Scene, style: str, medium: str | None) -> float:
    """Changes the canvas; how much grain it wants."""
    if medium == "watercolour":
        _watercolour(scene)
        return 0.02
    if medium == "oil" and style != "strokes":
        strokes.brushed(scene, fine=0.55)
    finish.vignette(scene.canvas, 0.10 if style in UNSHADED else 0.30)
    if style in PRINTED:
        finish.paper(scene.canvas, scene.rng, 0.014)
    return 0.022 if style in ("geometry", "glass", "strokes") else 0.036


def _watercolour(scene: Scene) -> None:
    """Edges that ran, pigment that settled in the pits of the paper, and a margin the brush did not reach."""
    canvas, rng = scene.canvas, scene.rng
    ran = canvas.fbm(rng, 3.0, 3.0, 6, 0.62)
    shift = np.clip(ran * np.float32(0.007 * canvas.unit), -0.03 * canvas.unit, 0.03 * canvas.unit).astype(np.intp)
    rows = np.clip(np.arange(canvas.height)[:, None] + shift, 0, canvas.height - 1)
    columns = np.clip(np.arange(canvas.width)[None, :] - shift, 0, canvas.width - 1)
    flat = rows * canvas.width + columns
    soft = canvas.blurred(0.009)
    pool = np.clip(np.float32(0.94) + ran * np.float32(0.085), 0.7, 1.2)
    pits = np.clip(canvas.fbm(rng, 55, 55, 3, 0.9), -2, 2)
    margin = np.minimum(
        np.minimum(canvas.x, np.float32(canvas.wide) - canvas.x),
        np.minimum(canvas.y, np.float32(canvas.high) - canvas.y),
    )
    reached = smoothstep(0.022, 0.034, margin + ran * np.float32(0.013) + pits * np.float32(0.0022))
    dried = np.exp(-(((margin + ran * np.float32(0.013) - np.float32(0.038)) / np.float32(0.006)) ** 2)) * np.float32(
        0.16
    )
    paper = np.array([0.975, 0.965, 0.94], np.float32)
    for plane, blurred, white in zip(canvas.planes, soft, paper, strict=True):
        taken = np.take(plane.reshape(-1), flat)
        # Dark against light dries with an edge.
        taken = taken + (taken - blurred) * np.float32(0.45)
        pigment = np.clip(1 - taken, 0, 1) * pool * (1 + pits * np.float32(0.055) + dried)
        plane[:] = white * (1 - np.clip(pigment * np.float32(0.93), 0, 1) * reached)
