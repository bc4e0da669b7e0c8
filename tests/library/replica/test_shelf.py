"""How many documents are in memory, whatever the library holds."""

from __future__ import annotations

import gc

from bench.parts.filling import GROUP, fill
from documents.engine import Document
from library.catalog import Library
from library.models import AssetChange
from library.replica.shelf import LOADED

PICTURES = 2000
AT_WORK = 3  # an edit's own, and what it reads beside


def in_memory() -> int:
    return sum(isinstance(each, Document) for each in gc.get_objects())


async def test_only_the_documents_used_last_are_held(library: Library) -> None:
    gc.collect()
    left = in_memory()  # by other tests
    await fill(library, PICTURES)
    assert in_memory() - left <= LOADED + GROUP, "an action's own beside the ones used last"
    _, ids = await library.search.ids()
    assert len(ids) == PICTURES
    most = 0
    for number, id in enumerate(ids[::3]):
        await library.assets.edit_one(id, AssetChange(title=f"title {number}"))
        if number % 50 == 0:
            most = max(most, in_memory() - left)
    assert LOADED // 2 < most <= LOADED + AT_WORK
    gc.collect()
    assert in_memory() - left <= LOADED + AT_WORK
