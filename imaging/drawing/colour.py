"""Colours in OKLab, where equal steps look equal: turned to sRGB, mixed, and made into ramps.

Formulas: Björn Ottosson, "A perceptual color space for image processing" (2020).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

Field = NDArray[np.floating[Any]]
Lch = tuple[float, float, float]  # lightness 0…1, chroma 0…0.37, hue in degrees

_TO_LMS = np.array(
    [[1.0, 0.3963377774, 0.2158037573], [1.0, -0.1055613458, -0.0638541728], [1.0, -0.0894841775, -1.2914855480]]
)
_TO_LINEAR = np.array(
    [
        [4.0767416621, -3.3077115913, 0.2309699292],
        [-1.2684380046, 2.6097574011, -0.3413193965],
        [-0.0041960863, -0.7034186147, 1.7076147010],
    ]
)
STEPS = 1024  # of a ramp


def lab(colour: Lch) -> NDArray[np.float64]:
    lightness, chroma, hue = colour
    angle = math.radians(hue)
    return np.array([lightness, chroma * math.cos(angle), chroma * math.sin(angle)])


def rgb(labs: NDArray[np.float64]) -> Field:
    """OKLab rows as sRGB 0…1; what sRGB cannot show loses chroma, not hue, and no more of it than it must."""
    labs = np.clip(np.atleast_2d(labs), (0.0, -1.0, -1.0), (1.0, 1.0, 1.0))
    linear = _linear(labs)
    if not _shown(linear).all():
        low, high = np.zeros(len(labs)), np.ones(len(labs))
        for _ in range(12):
            middle = (low + high) / 2
            fits = _shown(_linear(labs * np.stack([np.ones(len(labs)), middle, middle], axis=1)))
            low, high = np.where(fits, middle, low), np.where(fits, high, middle)
        kept = np.where(_shown(linear), 1.0, low)
        linear = _linear(labs * np.stack([np.ones(len(labs)), kept, kept], axis=1))
    linear = np.clip(linear, 0.0, 1.0)
    shown = np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)
    return shown.astype(np.float32)


def _linear(labs: NDArray[np.float64]) -> NDArray[np.float64]:
    linear: NDArray[np.float64] = ((labs @ _TO_LMS.T) ** 3) @ _TO_LINEAR.T
    return linear


def _shown(linear: NDArray[np.float64]) -> NDArray[np.bool_]:
    inside: NDArray[np.bool_] = np.all((linear > -0.0005) & (linear < 1.0005), axis=1)
    return inside


def colour(value: Lch) -> Field:
    """One colour as sRGB 0…1."""
    return single(lab(value))


def single(value: NDArray[np.float64]) -> Field:
    """One OKLab colour as sRGB 0…1."""
    found: Field = rgb(value)[0]
    return found


def ramp(stops: NDArray[np.float64], places: list[float] | None = None) -> Field:
    """A table (3, STEPS) of sRGB that passes through OKLab stops."""
    along = np.linspace(0.0, 1.0, STEPS)
    at = np.linspace(0.0, 1.0, len(stops)) if places is None else np.array(places)
    return np.ascontiguousarray(rgb(np.stack([np.interp(along, at, stops[:, k]) for k in range(3)], axis=1)).T)


def toward(colour: Lch, hue: float, share: float) -> Lch:
    """The colour with its hue drawn a share of the shorter way to another."""
    away = (hue - colour[2] + 180.0) % 360.0 - 180.0
    return colour[0], colour[1], (colour[2] + away * share) % 360.0
