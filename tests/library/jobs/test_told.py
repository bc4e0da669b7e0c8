"""What the history tells of pictures that were made."""

from __future__ import annotations

from pathlib import Path

from tests.providers.scripted import Painter
from tests.providers.test_runner import shop


async def test_history_tells_what_was_made_by_its_prompt_and_of_how_many(tmp_path: Path) -> None:
    async with shop(tmp_path, Painter()) as here:
        await here.order("a red cat, 35mm")
        await here.until_quiet()
        await here.order("one", "two", "two")
        await here.until_quiet()
        (several, single), _ = await here.library.history.timeline(2)
        assert (single.params["prompt"], single.params["prompts"]) == ("a red cat, 35mm", 1)
        assert (several.params["prompts"], several.params["count"]) == (2, several.changes)
        for each in (await here.library.search.page("two")).items:
            (own,) = await here.library.history.of(each.id)
            assert (own.params["prompt"], own.params["prompts"]) == ("two", 2)
