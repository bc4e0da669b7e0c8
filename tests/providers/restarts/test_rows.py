"""What a picture of a row is known by when its sheet is sent again: what is asked for, in whatever words."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import msgspec

from library.jobs.models import Request, Scalar
from library.jobs.queue import Wanted
from providers.base import ModelInfo, Option, Sizes
from providers.ordering import Common, Target, Wish, ordered
from tests.providers.scripted import Painter
from tests.providers.shop import Shop, shop

QUALITY = Option("quality", "choice", "low", choices=("low", "high"))
GUIDANCE = Option("guidance", "number", 4, least=0, most=9)


@dataclass
class Studio(Painter):
    """Makes PNG and WebP, with settings."""

    async def models(self) -> Sequence[ModelInfo]:
        return [
            ModelInfo(
                "oil", "Oil", Sizes(least=8, most=4096), formats=("png", "webp"), seed=True, options=(QUALITY, GUIDANCE)
            )
        ]


def heard(value: Any) -> Any:
    """The same value as it comes over a connection."""
    return msgspec.json.decode(msgspec.json.encode(value))


async def wanted(here: Shop, **said: Any) -> Wanted:
    common = Common(targets=(Target("painter"),), **said)
    (found,) = (await ordered([Wish("a fox", "", common, 2, "k")], here.providers, random.Random(1))).wanted
    return found


async def test_what_is_usual_is_as_unsaid(tmp_path: Path) -> None:
    async with shop(tmp_path, Studio()) as here:
        plain = await wanted(here)
        for said in (
            {"format": "png"},
            {"width": 1024, "height": 1024},
            {"options": {"quality": "low"}},
            {"options": {"guidance": 4.0, "quality": "low"}},
        ):
            assert (await wanted(here, **heard(said))).row == plain.row, said
        for other in ({"format": "webp"}, {"options": {"quality": "high"}}, {"options": {"guidance": 0}}):
            assert plain.row not in (await wanted(here, **heard(other))).lines, other


async def test_equal_settings_are_one_line(tmp_path: Path) -> None:
    async with shop(tmp_path, Studio()) as here:
        some = ({"guidance": 7, "quality": "high"}, {"quality": "high", "guidance": 7.0}, {"guidance": 7.5})
        first, same, other = [(await wanted(here, options=heard(each))).row for each in some]
        assert first == same != other


async def test_rows_of_earlier_libraries_stay_known(tmp_path: Path) -> None:
    """Another line would be another picture to pay. A format that was said was told apart from the usual one."""
    settings: list[dict[str, Scalar]] = [{}, {"quality": "low"}, {"quality": "high", "guidance": 4}, {"guidance": 7.0}]
    async with shop(tmp_path, Studio()) as here:
        for options, format, size in product(settings, ("", "png", "webp"), (0, 1024, 64)):
            found = await wanted(here, options=options, format=heard(format), width=size, height=size)
            side = heard(size or 1024)
            request = Request("oil", "a fox", width=side, height=side, format=heard(format) or "png", options=options)
            line = hashlib.sha256(msgspec.json.encode(("k", "painter", request, 0), order="sorted")).hexdigest()[:32]
            assert line in found.lines, (options, format, size)


async def test_row_that_an_earlier_version_began_is_not_begun_again(tmp_path: Path) -> None:
    async with shop(tmp_path, Studio()) as here:
        queue = here.library.queue
        now = await wanted(here, format=heard("png"))
        old = now._replace(row=now.former[0], former=())
        assert (await queue.enqueue([old], once=True)).count == 1
        assert (await queue.enqueue([now], once=True)).count == 0
        assert (await queue.enqueue([now._replace(row="another", former=())], once=True)).count == 1


async def test_what_was_drawn_with_a_given_seed_is_known_by_its_old_line(tmp_path: Path) -> None:
    async with shop(tmp_path, Studio()) as here:
        common = Common(targets=(Target("painter"),), seed=7)
        wishes = [
            Wish(prompt, "", common, 2, "k-drawn-hash-1", drawn=f"hash {number}", former="k-drawn-1")
            for number, prompt in enumerate(("a red fox", "a blue fox"))
        ]
        red, blue = (await ordered(wishes, here.providers, random.Random(1))).wanted
        request = Request("oil", "a red fox", width=heard(1024), height=heard(1024), seed=7)
        old = ("k-drawn-1", "painter", request, 0)
        assert red.row != blue.row
        assert hashlib.sha256(msgspec.json.encode(old, order="sorted")).hexdigest()[:32] in set(red.lines) - {
            *blue.lines
        }
