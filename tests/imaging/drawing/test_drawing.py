"""A picture from prompt, seed and size: the same three give the same file, at every size, whatever the prompt is."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from imaging.drawing.choice import SUITING
from imaging.drawing.draw import LARGEST, MOST_PAINTED, SMALLEST, STYLES, draw
from imaging.drawing.draw import _painted_size as painted_size
from imaging.drawing.schemes import SCHEMES
from tests.imaging.drawing.pictures import apart, drawn, entropy, in_style, opened, pixels

ROOT = Path(__file__).resolve().parents[3]
CORNERS = [(64, 64), (65, 191), (192, 64), (333, 111), (127, 381), (200, 150)]
HOSTILE = [
    "", " ",
    "\0\x01\x1b[31m", "a" * 32_000, "山" * 32_000, "\ud800 lone \udfff", "🐈‍⬛🌃", "-" * 5_000, "‮drawkcab", "ﬀ\n\r\t"
]  # fmt: skip


def test_the_same_prompt_seed_and_size_give_the_same_bytes() -> None:
    for prompt in ("a quiet harbour at dawn, watercolor", "霓虹貓咪", "nothing known"):
        assert draw(prompt, 7, 120, 90) == draw(prompt, 7, 120, 90)


@pytest.mark.process
def test_another_process_draws_the_same_bytes() -> None:
    code = (
        "import hashlib; from imaging.drawing.draw import draw;"
        "print(hashlib.sha256(draw('山 mountain', 3, 96, 128)).hexdigest())"
    )
    said = [
        subprocess.run(
            [sys.executable, "-c", code], cwd=ROOT, env={"PYTHONHASHSEED": seed}, capture_output=True, check=True
        )
        for seed in ("1", "2")
    ]
    here = hashlib.sha256(draw("山 mountain", 3, 96, 128)).hexdigest()
    assert [each.stdout.decode().strip() for each in said] == [here, here]


def test_chance_is_nobody_elses() -> None:
    np.random.seed(1)
    before = np.random.get_state()[1].tolist()  # type: ignore[index, union-attr]
    first = draw("city", 1, 64, 64)
    assert np.random.get_state()[1].tolist() == before  # type: ignore[index, union-attr]
    np.random.seed(2)
    assert draw("city", 1, 64, 64) == first


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize(("width", "height"), CORNERS)
def test_every_style_at_every_shape(style: str, width: int, height: int) -> None:
    picture = in_style(style, width, height, "fox crane cabin lanterns boat rain snow aurora moon")
    assert picture.shape == (height, width, 3)
    assert picture.std() > 12
    assert entropy(picture) > 4


@pytest.mark.parametrize("medium", ["watercolour", "oil"])
def test_every_medium(medium: str) -> None:
    plain = in_style("ridges", 128, 96)
    assert apart(plain, in_style("ridges", 128, 96, medium=medium)) > 1


def test_a_larger_picture_is_the_same_composition() -> None:
    for style in set(STYLES) - {"strokes"}:  # a brush leaves other strokes at another size
        small, large = in_style(style, 512, 512), in_style(style, 768, 768)
        assert apart(small, large) < 9, style


def test_the_file_is_a_png_without_metadata() -> None:
    image = opened(draw("sea", 1, 100, 70))
    assert (image.format, image.mode, image.size, image.info) == ("PNG", "RGB", (100, 70), {})


@pytest.mark.parametrize("prompt", HOSTILE, ids=range(len(HOSTILE)))
def test_any_text_gives_a_picture(prompt: str) -> None:
    assert pixels(draw(prompt, 1, 64, 64)).std() > 8


@pytest.mark.parametrize("seed", [0, -1, 2**63, 2**200])
def test_any_seed_gives_a_picture(seed: int) -> None:
    assert pixels(draw("forest", seed, 64, 64)).std() > 8


@pytest.mark.parametrize("size", [(63, 512), (512, 63), (4097, 512), (512, 4097), (0, 0), (-512, 512)])
def test_a_size_out_of_bounds_is_refused(size: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="64 to 4096"):
        draw("sea", 1, *size)


def test_what_is_painted_is_bounded() -> None:
    for width in (SMALLEST, 100, 511, 512, 1000, 2048, LARGEST):
        for height in (SMALLEST, 333, 1024, LARGEST):
            across, down = painted_size(width, height)
            assert across * down <= MOST_PAINTED * 1.001
            assert abs(across / down / (width / height) - 1) < 0.05


def test_nothing_is_flat_or_mush() -> None:
    """Two hundred prompts that nobody chose, each with its own seed."""
    words = (
        "stone",
        "ruler",
        "velvet",
        "noon",
        "花",
        "遠方",
        "7",
        "city",
        "ink",
        "quantum",
        "red",
        "雨",
        "map",
        "silk",
        "oak",
    )
    for number in range(200):
        prompt = " ".join(words[(number * step + step) % len(words)] for step in range(1, 2 + number % 4)) + str(number)
        picture = drawn(prompt, number, 64, 64)
        assert picture.std() > 8, prompt
        assert entropy(picture) > 3.6, prompt
        # Neighbours are alike: it is a picture, not noise.
        rough = np.abs(np.diff(picture.mean(axis=2), axis=1)).mean()
        assert rough < picture.std() * 1.2, prompt


def test_every_style_has_schemes_that_exist() -> None:
    assert set(SUITING) == set(STYLES)
    assert {scheme for schemes in SUITING.values() for scheme in schemes} <= set(SCHEMES)
