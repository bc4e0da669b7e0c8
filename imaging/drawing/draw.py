"""A picture from prompt, seed and size: the one thing others call. Pure: the same three give the same file."""

from __future__ import annotations

from collections.abc import Callable

from imaging.drawing import choice, figures, finish, media, schemes, weather, words
from imaging.drawing.canvas import Canvas
from imaging.drawing.scene import Scene
from imaging.drawing.styles import (
    blossom,
    city,
    dunes,
    forest,
    geometry,
    glass,
    inkwash,
    nebula,
    rain,
    ridges,
    sea,
    silk,
    strokes,
    waves,
)

SMALLEST, LARGEST = 64, 4096  # of either side, pixels
MOST_PAINTED = 6_000_000  # pixels: larger pictures are painted at this size, enlarged, and grained at their own
LEAST_PAINTED = 512  # of the shorter side: smaller pictures are painted larger and made small

STYLES: dict[str, Callable[[Scene], None]] = {
    "ridges": ridges.paint,
    "sea": sea.paint,
    "city": city.paint,
    "dunes": dunes.paint,
    "nebula": nebula.paint,
    "silk": silk.paint,
    "waves": waves.paint,
    "glass": glass.paint,
    "blossom": blossom.paint,
    "geometry": geometry.paint,
    "rain": rain.paint,
    "forest": forest.paint,
    "inkwash": inkwash.paint,
    "strokes": strokes.paint,
}
HAVE_THEIR_OWN_CREATURES = {"ridges", "forest", "inkwash"}
WITHOUT_CREATURES = {"glass", "geometry", "silk"}
WITHOUT_WEATHER = WITHOUT_CREATURES | {"nebula", "rain"}  # the last brings its own


def draw(prompt: str, seed: int, width: int, height: int) -> bytes:
    """An encoded PNG without metadata. ValueError for a size that is not 64 to 4096 each way."""
    for side in (width, height):
        if not SMALLEST <= side <= LARGEST:
            raise ValueError(f"A picture is {SMALLEST} to {LARGEST} pixels wide and high, not {width} × {height}.")
    theme = words.read(prompt)
    return painted(choice.choose(theme, prompt, seed), theme, prompt, seed, (width, height))


def painted(chosen: choice.Choice, theme: words.Theme, prompt: str, seed: int, size: tuple[int, int]) -> bytes:
    """The picture in a style that was chosen."""
    width, height = size
    rng = choice.chance("picture", prompt, seed)
    palette = schemes.palette(rng, schemes.SCHEMES[chosen.scheme], theme.hues, 0.15 if choice.decided(theme) else 1.0)
    scene = Scene(Canvas(*_painted_size(width, height)), rng, palette, theme.shows, bool(theme.hues))
    STYLES[chosen.style](scene)
    if "lanterns" in theme.shows and chosen.style not in WITHOUT_CREATURES:
        figures.lanterns(scene)
    if chosen.style not in HAVE_THEIR_OWN_CREATURES | WITHOUT_CREATURES:
        figures.lookout(scene)
    if chosen.style not in WITHOUT_WEATHER:
        _weather(scene)
    grain = media.apply(scene, chosen.style, chosen.medium)
    planes = finish.fitted(scene.canvas.planes, width, height)
    return finish.encoded(finish.grained(planes, rng, grain))


def _weather(scene: Scene) -> None:
    if "rain" in scene.wanted:
        weather.rain(scene)
    if "snow" in scene.wanted:
        weather.snowfall(scene)


def _painted_size(width: int, height: int) -> tuple[int, int]:
    """Enlarged by whole numbers only, so that it is made small evenly; reduced as much as it must be."""
    most = (MOST_PAINTED / (width * height)) ** 0.5
    scale = min(most, 1.0) if most < 2 else max(1, min(round(LEAST_PAINTED / min(width, height)), int(most)))
    return max(1, round(width * scale)), max(1, round(height * scale))
