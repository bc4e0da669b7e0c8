"""Words choose and colour, in two languages alike; the rest of a prompt counts by chance."""

from __future__ import annotations

import itertools
import statistics

import numpy as np
import pytest

from imaging.drawing.canvas import Canvas
from imaging.drawing.choice import chance, choose
from imaging.drawing.draw import STYLES
from imaging.drawing.scene import Scene
from imaging.drawing.schemes import SCHEMES, palette
from imaging.drawing.sky import moon
from imaging.drawing.vocabulary import CHINESE, ENGLISH, LINES
from imaging.drawing.words import read
from tests.imaging.drawing.pictures import apart, drawn

SEEDS = range(6)


def styles(prompt: str, seeds: range = range(20)) -> set[str]:
    return {choose(read(prompt), prompt, seed).style for seed in seeds}


@pytest.mark.parametrize(("english", "chinese"), [(line[0].split()[0], line[1].split()[0]) for line in LINES])
def test_both_languages_ask_for_the_same(english: str, chinese: str) -> None:
    one, other = read(english), read(chinese)
    assert one == other
    if one.styles:
        assert [choose(one, english, seed).style for seed in SEEDS] == [
            choose(other, chinese, seed).style for seed in SEEDS
        ]


@pytest.mark.parametrize(
    ("prompt", "wanted"),
    [
        ("a mountain", {"ridges"}), ("高山", {"ridges"}), ("the ocean", {"sea"}), ("大海", {"sea"}),
        ("a city at night", {"city"}), ("城市夜景", {"city"}), ("flowers", {"blossom"}), ("花", {"blossom"}),
        ("misty forest", {"forest"}), ("森林", {"forest"}), ("rain", {"rain"}), ("水墨山水", {"inkwash"}),
        ("stained glass window of a mountain", {"glass"}), ("bauhaus poster", {"geometry"}), ("galaxies", {"nebula"}),
        ("neon cat on a rainy street", {"rain"}), ("a red fox in a snowy forest at night", {"forest"}),
        ("silk", {"silk"}), ("the great wave", {"waves"}), ("oil painting, impressionist", {"strokes"}),
    ],
)  # fmt: skip
def test_words_choose_the_style(prompt: str, wanted: set[str]) -> None:
    assert styles(prompt) == wanted


def test_words_combine() -> None:
    theme = read("a red fox in a snowy forest at night, watercolor")
    assert {"fox", "snow", "stars"} <= theme.shows
    assert (theme.hues, theme.medium) == ((25.0,), "watercolour")
    assert read("雪夜森林裡的紅狐狸，水彩").shows == theme.shows
    assert {choose(theme, "", seed).scheme for seed in range(30)} == {"night", "winter"}


def test_the_longest_word_counts_and_plurals_do() -> None:
    assert "lanterns" in read("夜市").shows
    assert read("粉紅").hues == (355.0,)
    assert read("mountains") == read("mountain")
    assert read("butterflies") == read("butterfly")
    assert read("wolves") == read("wolf")
    assert read("stained glass").styles == read("stained-glass").styles
    assert read("scattered starlings") == read("")


def test_a_colour_colours() -> None:
    for word, channel in (("red", 0), ("green", 1), ("blue", 2), ("紅", 0), ("綠", 1), ("藍", 2)):
        for place in ("mountains", "sea", "forest"):
            shares = [drawn(f"{word} {place}", seed).mean(axis=(0, 1)) for seed in range(4)]
            assert int(np.argmax(np.mean(shares, axis=0))) == channel, (word, place)


def test_night_is_dark_and_day_is_not() -> None:
    night, day = (np.mean([drawn(f"sea, {time}", seed).mean() for seed in SEEDS]) for time in ("midnight", "noon"))
    assert night + 40 < day


def test_things_are_to_be_seen() -> None:
    for thing in ("cat", "whale", "lantern", "snow", "boat", "aurora", "village"):
        theme, bare = f"mountains and sea, {thing}", "mountains and sea"
        assert read(theme).shows - read(bare).shows, thing


def lit(prompt: str, seed: int) -> float:
    """How much of the moon's disc is lit."""
    scene = Scene(Canvas(96, 96), chance("moon", seed), palette(chance(0), SCHEMES["night"], ()), read(prompt).shows)
    moon(scene, 0.5, 0.5, 0.4)
    away = np.hypot(*(np.indices((96, 96)) - 47.5)) / 96
    face = scene.canvas.planes[0][away < 0.4]
    return float((face > face.max() * 0.65).mean())


@pytest.mark.parametrize(("full", "thin"), [("full moon", "crescent moon"), ("滿月", "新月")])
def test_the_moon_is_as_full_as_it_is_said_to_be(full: str, thin: str) -> None:
    assert min(lit(full, seed) for seed in range(12)) > 0.9
    assert max(lit(thin, seed) for seed in range(12)) < 0.8
    either = [lit("moon", seed) for seed in range(12)]
    assert min(either) < 0.8 and max(either) > 0.9, "nothing is said of it"


@pytest.mark.parametrize(
    "prompt", ["mountains at dusk", "貓", "abstract geometric", "silk", "utterly unknown zzyx", "stained glass"]
)
def test_other_seeds_give_other_compositions(prompt: str) -> None:
    pictures = [drawn(prompt, seed) for seed in range(8)]
    distances = [apart(one, other) for one, other in itertools.combinations(pictures, 2)]
    assert min(distances) > 6
    assert statistics.median(distances) > 14


def test_other_prompts_give_other_pictures() -> None:
    prompts = (
        "mountain",
        "sea",
        "city at night",
        "flower",
        "forest",
        "neon rain",
        "水墨",
        "stained glass",
        "galaxy",
        "silk",
        "bauhaus",
    )
    pictures = [drawn(prompt) for prompt in prompts]
    distances = [apart(one, other) for one, other in itertools.combinations(pictures, 2)]
    assert min(distances) > 14
    assert statistics.median(distances) > 40


def test_unknown_words_choose_too_and_keep_their_choice() -> None:
    assert len(styles("grumbletwist")) == 1
    assert len({style for number in range(80) for style in styles(f"grumbletwist{number}", range(1))}) == len(STYLES)
    assert apart(drawn("grumbletwist mountain"), drawn("fizzlewick mountain")) > 6


def test_the_vocabulary_speaks_of_what_exists() -> None:
    for word, meaning in {**ENGLISH, **CHINESE}.items():
        assert {style for style, _ in meaning.styles} <= set(STYLES), word
        assert {scheme for scheme, _ in meaning.schemes} <= set(SCHEMES), word
        assert meaning.medium in (None, "watercolour", "oil"), word


def test_no_word_stands_in_two_lines() -> None:
    for column in (0, 1):
        words = [word for line in LINES for word in line[column].split()]
        assert sorted({word for word in words if words.count(word) > 1}) == []
