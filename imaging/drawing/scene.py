"""What a style is given: canvas, chance, colours and what the words want to see."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from imaging.drawing.canvas import Canvas
from imaging.drawing.colour import Field
from imaging.drawing.noise import Rng
from imaging.drawing.schemes import Palette


@dataclass(frozen=True)
class Scene:
    canvas: Canvas
    rng: Rng
    palette: Palette
    wanted: frozenset[str]  # sun, moon, stars, rain, snow, mist, birds, boat, cat, fox …
    hued: bool = False  # a colour was asked for; the first accent has it

    def shows(self, what: str, chance: float = 0.0) -> bool:
        """Whether it was asked for, or comes by chance; always draws the same amount of chance."""
        return bool(self.rng.random() < chance) or what in self.wanted

    def pick(self, low: float, high: float) -> float:
        return float(self.rng.uniform(low, high))

    def grain(self, shape: tuple[int, ...]) -> Field:
        """Chance for every pixel, 0…1; what comes after does not depend on how many there are."""
        return np.random.default_rng(int(self.rng.integers(0, 2**32))).random(shape, np.float32)

    def creature(self, fitting: tuple[str, ...]) -> str | None:
        """The first of these that was asked for."""
        return next((each for each in fitting if each in self.wanted), None)

    def coat(self) -> Field:
        """The colour of a creature: dark, with a glow of the colour that was asked for."""
        dark = self.palette.land * np.array([0.6, 0.8, 0.8])
        return self.palette.between(dark, self.palette.accent_labs[0], 0.45 if self.hued else 0.0)

    @property
    def dark(self) -> bool:
        return self.palette.night or bool(self.wanted & {"moon", "stars"})
