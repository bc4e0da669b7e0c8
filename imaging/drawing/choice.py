"""Which style, scheme and medium a picture gets: by its theme where that says so, else by the hash of its words."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from imaging.drawing.noise import Rng
from imaging.drawing.words import Theme

# Every style with the schemes that suit it, the best first.
SUITING: dict[str, tuple[str, ...]] = {
    "ridges": (
        "dusk",
        "dawn",
        "day",
        "night",
        "autumn",
        "winter",
        "pastel",
        "ember",
        "rose",
        "desert",
        "forest",
        "violet",
    ),
    "sea": ("dusk", "ocean", "dawn", "night", "summer", "pastel", "ember", "rose", "violet"),
    "city": ("dusk", "neon", "night", "dawn", "violet", "ember", "rose", "pastel", "gold"),
    "dunes": ("desert", "dusk", "night", "ember", "dawn", "rose", "autumn", "violet", "pastel"),
    "nebula": ("violet", "night", "ember", "ocean", "neon", "aurora", "rose"),
    "silk": ("rose", "jade", "ocean", "gold", "violet", "ember", "dusk", "desert", "summer", "pastel"),
    "waves": ("ocean", "dusk", "night", "jade", "dawn", "desert", "pastel", "winter", "gold", "rose"),
    "glass": ("dusk", "jade", "ocean", "violet", "summer", "autumn", "ember", "forest", "rose"),
    "blossom": ("spring", "ink", "dusk", "night", "rose", "jade", "dawn", "pastel", "gold"),
    "geometry": ("desert", "jade", "pastel", "gold", "autumn", "ocean", "rose", "summer", "ink", "violet"),
    "rain": ("neon", "night", "ember", "violet", "ocean"),
    "forest": ("forest", "autumn", "dawn", "night", "winter", "summer", "jade", "violet", "dusk"),
    "inkwash": ("ink", "jade", "winter", "dawn", "desert"),
    "strokes": ("night", "dusk", "ocean", "violet", "autumn", "summer", "ember", "aurora"),
}
DECIDED = 2.0  # the weight from which a scheme was asked for; below it only lies near
ENOUGH = 0.7  # of the heaviest weight, to be chosen at times


@dataclass(frozen=True)
class Choice:
    style: str
    scheme: str
    medium: str | None


def chance(*parts: str | int) -> Rng:
    """A generator of these parts alone; lone surrogates count as themselves."""
    text = "\x1f".join(str(part) for part in parts)
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
    return np.random.Generator(np.random.PCG64(int.from_bytes(digest, "big")))


def choose(theme: Theme, prompt: str, seed: int) -> Choice:
    # What the words mean decides, not how they are spelled: another language gets the same style.
    meant = chance("style", repr(theme), seed)
    style = _one(meant, _heaviest(theme.styles)) if theme.styles else _one(chance("style", prompt), tuple(SUITING))
    suiting = SUITING[style]
    spoken = tuple(suiting[int(number)] for number in chance("scheme", prompt).permutation(len(suiting))[:3])
    asked = _heaviest(theme.schemes) if theme.schemes else ()
    return Choice(style, _one(meant, asked if decided(theme) else asked * 2 + spoken), theme.medium)


def decided(theme: Theme) -> bool:
    """Whether a scheme was asked for, not only brought along by a place or a creature."""
    return max((weight for _, weight in theme.schemes), default=0.0) >= DECIDED


def _heaviest(weights: Sequence[tuple[str, float]]) -> tuple[str, ...]:
    most = max(weight for _, weight in weights)
    return tuple(name for name, weight in weights if weight >= most * ENOUGH)


def _one(rng: Rng, names: Sequence[str]) -> str:
    return names[int(rng.integers(0, len(names)))]
