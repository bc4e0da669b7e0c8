"""Schemes of colour that were composed by eye, and palettes: a scheme varied by chance and drawn to the asked hues."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from imaging.drawing import colour
from imaging.drawing.colour import Field, Lch
from imaging.drawing.noise import Rng


@dataclass(frozen=True)
class Scheme:
    """Five tones from dark to light, the sky's two ends among them, what lights the scene, land close by, accents."""

    tones: tuple[Lch, Lch, Lch, Lch, Lch]
    sky: tuple[float, float]
    glow: Lch
    land: Lch
    accents: tuple[Lch, Lch, Lch]
    night: bool = False


SCHEMES: dict[str, Scheme] = {
    "dusk": Scheme(
        ((0.20, 0.07, 285), (0.38, 0.12, 312), (0.60, 0.17, 15), (0.77, 0.15, 52), (0.92, 0.08, 82)),
        (0.22, 0.97), (0.95, 0.09, 85), (0.19, 0.06, 290), ((0.68, 0.20, 30), (0.82, 0.15, 75), (0.55, 0.16, 340)),
    ),
    "dawn": Scheme(
        ((0.31, 0.06, 262), (0.50, 0.08, 282), (0.71, 0.09, 350), (0.85, 0.08, 48), (0.95, 0.04, 85)),
        (0.38, 1.0), (0.98, 0.05, 85), (0.30, 0.06, 265), ((0.72, 0.15, 25), (0.86, 0.11, 80), (0.62, 0.10, 300)),
    ),
    "day": Scheme(
        ((0.29, 0.07, 248), (0.49, 0.11, 243), (0.68, 0.11, 232), (0.84, 0.06, 218), (0.97, 0.02, 95)),
        (0.46, 0.98), (0.99, 0.04, 95), (0.32, 0.07, 165), ((0.70, 0.18, 35), (0.87, 0.15, 90), (0.66, 0.13, 160)),
    ),
    "night": Scheme(
        ((0.15, 0.04, 278), (0.25, 0.08, 275), (0.39, 0.11, 265), (0.57, 0.10, 240), (0.83, 0.06, 215)),
        (0.02, 0.72), (0.95, 0.04, 95), (0.13, 0.04, 275), ((0.82, 0.15, 75), (0.70, 0.17, 30), (0.75, 0.12, 200)),
        night=True,
    ),
    "aurora": Scheme(
        ((0.14, 0.04, 265), (0.26, 0.07, 245), (0.45, 0.10, 190), (0.70, 0.16, 165), (0.90, 0.12, 150)),
        (0.02, 0.55), (0.96, 0.03, 150), (0.12, 0.04, 255), ((0.80, 0.19, 155), (0.65, 0.19, 320), (0.88, 0.13, 110)),
        night=True,
    ),
    "autumn": Scheme(
        ((0.24, 0.06, 35), (0.42, 0.11, 35), (0.62, 0.15, 50), (0.79, 0.13, 72), (0.94, 0.05, 88)),
        (0.62, 1.0), (0.97, 0.07, 85), (0.25, 0.06, 35), ((0.55, 0.19, 30), (0.75, 0.16, 62), (0.50, 0.09, 140)),
    ),
    "spring": Scheme(
        ((0.34, 0.06, 165), (0.56, 0.09, 160), (0.77, 0.09, 350), (0.88, 0.07, 5), (0.97, 0.02, 90)),
        (0.52, 1.0), (0.98, 0.05, 95), (0.38, 0.08, 150), ((0.75, 0.14, 0), (0.90, 0.10, 88), (0.68, 0.12, 300)),
    ),
    "summer": Scheme(
        ((0.30, 0.08, 210), (0.50, 0.11, 205), (0.72, 0.12, 190), (0.88, 0.09, 165), (0.97, 0.05, 100)),
        (0.36, 1.0), (0.99, 0.06, 98), (0.33, 0.08, 155), ((0.72, 0.19, 35), (0.88, 0.16, 92), (0.66, 0.15, 255)),
    ),
    "winter": Scheme(
        ((0.30, 0.05, 258), (0.50, 0.06, 250), (0.70, 0.05, 240), (0.86, 0.03, 245), (0.97, 0.012, 60)),
        (0.56, 0.98), (0.99, 0.03, 75), (0.28, 0.05, 255), ((0.62, 0.17, 28), (0.82, 0.09, 70), (0.60, 0.09, 220)),
    ),
    "forest": Scheme(
        ((0.21, 0.05, 165), (0.36, 0.08, 158), (0.55, 0.10, 145), (0.76, 0.11, 122), (0.94, 0.07, 108)),
        (0.52, 1.0), (0.98, 0.08, 105), (0.20, 0.05, 165), ((0.72, 0.16, 60), (0.86, 0.14, 100), (0.58, 0.13, 30)),
    ),
    "ocean": Scheme(
        ((0.22, 0.06, 250), (0.38, 0.10, 240), (0.58, 0.12, 222), (0.78, 0.10, 195), (0.95, 0.04, 150)),
        (0.30, 1.0), (0.98, 0.05, 95), (0.22, 0.06, 245), ((0.74, 0.16, 40), (0.88, 0.12, 88), (0.66, 0.11, 180)),
    ),
    "neon": Scheme(
        ((0.15, 0.06, 285), (0.29, 0.14, 295), (0.50, 0.23, 335), (0.72, 0.20, 355), (0.90, 0.11, 200)),
        (0.04, 0.62), (0.90, 0.12, 345), (0.13, 0.05, 285), ((0.70, 0.25, 345), (0.83, 0.15, 205), (0.83, 0.18, 85)),
        night=True,
    ),
    "ink": Scheme(
        ((0.22, 0.012, 260), (0.42, 0.014, 250), (0.63, 0.014, 230), (0.82, 0.015, 100), (0.95, 0.022, 88)),
        (0.86, 1.0), (0.97, 0.02, 88), (0.25, 0.012, 260), ((0.55, 0.19, 28), (0.70, 0.05, 75), (0.45, 0.04, 240)),
    ),
    "gold": Scheme(
        ((0.18, 0.03, 255), (0.30, 0.05, 235), (0.52, 0.08, 85), (0.76, 0.12, 85), (0.93, 0.07, 92)),
        (0.10, 0.80), (0.94, 0.10, 90), (0.16, 0.03, 255), ((0.78, 0.13, 84), (0.48, 0.09, 180), (0.60, 0.15, 35)),
    ),
    "pastel": Scheme(
        ((0.44, 0.07, 290), (0.66, 0.08, 275), (0.80, 0.07, 340), (0.89, 0.06, 50), (0.97, 0.025, 95)),
        (0.46, 1.0), (0.99, 0.04, 90), (0.50, 0.07, 285), ((0.78, 0.12, 20), (0.86, 0.09, 160), (0.76, 0.10, 255)),
    ),
    "desert": Scheme(
        ((0.27, 0.07, 25), (0.46, 0.12, 38), (0.67, 0.13, 55), (0.82, 0.09, 72), (0.95, 0.04, 85)),
        (0.72, 1.0), (0.98, 0.06, 85), (0.29, 0.08, 22), ((0.58, 0.15, 30), (0.62, 0.09, 195), (0.84, 0.12, 80)),
    ),
    "ember": Scheme(
        ((0.15, 0.04, 15), (0.30, 0.11, 22), (0.52, 0.19, 30), (0.74, 0.18, 55), (0.93, 0.10, 92)),
        (0.04, 0.90), (0.94, 0.12, 85), (0.13, 0.04, 15), ((0.65, 0.22, 33), (0.84, 0.16, 82), (0.45, 0.15, 5)),
    ),
    "rose": Scheme(
        ((0.25, 0.08, 350), (0.43, 0.14, 355), (0.65, 0.16, 2), (0.83, 0.09, 15), (0.96, 0.03, 50)),
        (0.40, 1.0), (0.97, 0.05, 60), (0.24, 0.08, 345), ((0.64, 0.20, 12), (0.85, 0.10, 70), (0.55, 0.10, 160)),
    ),
    "jade": Scheme(
        ((0.22, 0.05, 195), (0.39, 0.08, 185), (0.60, 0.10, 172), (0.81, 0.07, 150), (0.96, 0.03, 100)),
        (0.44, 1.0), (0.97, 0.06, 95), (0.21, 0.05, 200), ((0.66, 0.17, 35), (0.85, 0.12, 88), (0.72, 0.10, 180)),
    ),
    "violet": Scheme(
        ((0.18, 0.08, 290), (0.34, 0.15, 292), (0.55, 0.17, 300), (0.76, 0.12, 320), (0.94, 0.05, 60)),
        (0.12, 0.95), (0.96, 0.06, 70), (0.17, 0.07, 288), ((0.74, 0.17, 340), (0.85, 0.13, 80), (0.68, 0.13, 240)),
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Palette:
    """The colours of one picture."""

    labs: NDArray[np.float64]  # the tones, dark to light
    sky: tuple[float, float]
    glow: Field
    land: NDArray[np.float64]
    accent_labs: NDArray[np.float64]
    night: bool

    def tone(self, place: float) -> Field:
        """A colour between the darkest (0) and the lightest (1)."""
        return colour.single(self.tone_lab(place))

    def tone_lab(self, place: float) -> NDArray[np.float64]:
        at = np.linspace(0.0, 1.0, len(self.labs))
        return np.array([np.interp(place, at, self.labs[:, k]) for k in range(3)])

    def tones(self, first: float = 0.0, last: float = 1.0) -> Field:
        """A ramp through the tones between two places."""
        return colour.ramp(np.stack([self.tone_lab(place) for place in np.linspace(first, last, 9)]))

    def accent(self, number: int) -> Field:
        return colour.single(self.accent_labs[number % len(self.accent_labs)])

    def between(self, first: NDArray[np.float64], second: NDArray[np.float64], share: float) -> Field:
        return colour.single(first + (second - first) * share)

    def aerial(self, near: float) -> Field:
        """Land: the haze of the horizon far away (0), its own colour close by (1)."""
        return self.between(self.tone_lab(self.sky[1] * 0.86), self.land, near)


def palette(rng: Rng, scheme: Scheme, hues: tuple[float, ...], pull: float = 1.0) -> Palette:
    """A scheme turned a little by chance, and drawn to the hues that were asked for, the accents always wholly."""
    turn = float(rng.normal(0.0, 9.0))
    lift = float(rng.normal(0.0, 0.012))

    def own(value: Lch, share: float, place: int = 0) -> Lch:
        lightness, chroma, hue = value[0] + lift, value[1] * float(rng.uniform(0.92, 1.1)), value[2] + turn
        if not hues:
            return lightness, chroma, hue
        return colour.toward((lightness, max(chroma, 0.07 * share), hue), hues[place % len(hues)], share)

    tones = np.stack([colour.lab(own(tone, pull * (0.92 - 0.05 * k))) for k, tone in enumerate(scheme.tones)])
    accents = np.stack(
        [colour.lab(own(each, 0.9 if k < len(hues) else 0.0, k)) for k, each in enumerate(scheme.accents)]
    )
    glow = colour.colour(own(scheme.glow, pull * 0.3))
    return Palette(tones, scheme.sky, glow, colour.lab(own(scheme.land, pull * 0.8)), accents, scheme.night)
