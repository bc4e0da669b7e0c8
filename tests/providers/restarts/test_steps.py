"""Orders that are as large as they may be are looked at in steps, and what is too large is refused at once."""

from __future__ import annotations

import random
from pathlib import Path

from providers.ordering import STEP, Common, Target, Wish, ordered
from tests.providers.scripted import Painter
from tests.providers.shop import shop


async def test_others_have_a_turn_while_an_order_is_looked_at(tmp_path: Path) -> None:
    turns = []

    async def rest() -> None:
        turns.append(len(turns))

    async with shop(tmp_path, Painter()) as here:
        common = Common(targets=(Target("painter"),))
        some = [Wish(f"row {number}", "", common) for number in range(10 * STEP)]
        order = await ordered(some, here.providers, random.Random(1), rest)
        assert (len(order.wanted), len(turns)) == (10 * STEP, 20)


async def test_others_have_a_turn_between_the_pictures_of_one_prompt(tmp_path: Path) -> None:
    turns = []

    async def rest() -> None:
        turns.append(len(turns))

    async with shop(tmp_path, Painter()) as here:
        wish = Wish("a fox", "", Common(targets=(Target("painter"),), count=10 * STEP))
        order = await ordered([wish], here.providers, random.Random(1), rest)
        assert (len(order.wanted), len(turns)) == (10 * STEP, 10)


async def test_settings_that_a_model_lacks_are_left_out_in_time_that_grows_with_their_number(tmp_path: Path) -> None:
    async with shop(tmp_path, Painter()) as here:
        options = {f"setting {number}": 1 for number in range(20_000)}  # squared this would take minutes
        common = Common(targets=(Target("painter"), Target("painter", "oil")), options=options)
        order = await ordered([Wish("x", "", common)], here.providers, random.Random(1))
        assert (len(order.wanted), len(order.left_out)) == (2, 40_000)
