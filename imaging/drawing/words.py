"""What a prompt asks for, found word by word in the vocabulary; the rest of it counts by chance alone."""

from __future__ import annotations

import re
from dataclasses import dataclass

from imaging.drawing.vocabulary import CHINESE, ENGLISH, Meaning

READ = 8_000  # characters; what stands behind still counts toward chance
_WORD = re.compile(r"[a-z]+(?:-[a-z]+)*")
# The longest first, so that 月光 is not taken for 月 alone.
_CHINESE = re.compile("|".join(sorted(map(re.escape, CHINESE), key=lambda word: (-len(word), word))))
_NOT_PLURAL = {"glass", "bus", "grass", "moss"}


@dataclass(frozen=True)
class Theme:
    """Weights of styles and schemes, hues in their order, things to be seen, and how to paint."""

    styles: tuple[tuple[str, float], ...]
    schemes: tuple[tuple[str, float], ...]
    hues: tuple[float, ...]
    shows: frozenset[str]
    medium: str | None


def read(prompt: str) -> Theme:
    styles: dict[str, float] = {}
    schemes: dict[str, float] = {}
    found = _meanings(prompt[:READ])
    for meaning in found:
        for style, weight in meaning.styles:
            styles[style] = styles.get(style, 0.0) + weight
        for scheme, weight in meaning.schemes:
            schemes[scheme] = schemes.get(scheme, 0.0) + weight
    hues = tuple(dict.fromkeys(meaning.hue for meaning in found if meaning.hue is not None))
    shows = frozenset(thing for meaning in found for thing in meaning.shows)
    medium = next((meaning.medium for meaning in found if meaning.medium), None)
    return Theme(tuple(sorted(styles.items())), tuple(sorted(schemes.items())), hues[:3], shows, medium)


def _meanings(prompt: str) -> list[Meaning]:
    """Each once, in the order of the prompt."""
    text = prompt.lower()
    places: list[tuple[int, Meaning]] = [(match.start(), CHINESE[match.group()]) for match in _CHINESE.finditer(text)]
    for match in _WORD.finditer(text):
        if (known := _english(match.group())) is not None:
            places.append((match.start(), known))
            continue
        parts = (_english(part) for part in match.group().split("-"))
        places += [(match.start(), part) for part in parts if part is not None]
    places += [(text.index(phrase), ENGLISH[phrase.replace(" ", "-")]) for phrase in _phrases(text)]
    return list(dict.fromkeys(meaning for _, meaning in sorted(places, key=lambda place: place[0])))


def _phrases(text: str) -> list[str]:
    return [phrase for word in ENGLISH if "-" in word and (phrase := word.replace("-", " ")) in text]


def _english(word: str) -> Meaning | None:
    """Also in the plural."""
    if word in ENGLISH or word in _NOT_PLURAL:
        return ENGLISH.get(word)
    for ending, other in (("ies", "y"), ("ves", "f"), ("es", ""), ("s", "")):
        if word.endswith(ending) and (single := word.removesuffix(ending) + other) in ENGLISH:
            return ENGLISH[single]
    return None
