"""Many conflicts settled at once: one action, and nothing that nobody looked at."""

from __future__ import annotations

import pytest

from library.editing.conflicts import Wish
from library.errors import Invalid
from library.models import AssetChange
from tests.library.editing.test_conflicts import all_of, meet
from tests.library.studio import Studio, digests


async def test_many_are_settled_as_one_action_and_what_changed_meanwhile_is_passed_over(studio: Studio) -> None:
    alice, bob, _ = await studio.trio()
    asset = await studio.share("editor", "editor")
    for library, rating, title in ((alice, 4, "hers"), (bob, 2, "his")):
        await library.assets.edit_one(
            asset, AssetChange(rating=rating, title=title, label="red" if rating == 4 else "blue")
        )
    await meet(alice, bob)
    wishes = [
        Wish(each.document, each.field, each.choices[1].value, [choice.value for choice in each.choices])
        for each in await all_of(alice)
    ]
    assert [each.field for each in wishes] == ["label", "rating", "title"]
    await alice.conflicts.resolve(asset, "label", "green")
    done = await alice.conflicts.resolve_many(wishes)
    assert (done.settled, done.passed_over, done.changed) == (2, 1, 1)
    assert await all_of(alice) == []
    shown = (await alice.assets.show(asset)).asset
    assert (shown.rating, shown.title, shown.label) == (wishes[1].value, wishes[2].value, "green")
    assert done.action is not None
    await alice.history.undo(done.action)
    assert [each.field for each in await all_of(alice)] == ["rating", "title"]
    again = await alice.conflicts.resolve_many(wishes[:1])
    assert (again.settled, again.passed_over, again.changed, again.action) == (0, 1, 0, None)
    with pytest.raises(Invalid):
        await alice.conflicts.resolve_many([wishes[1]._replace(value=5)])
    await meet(alice, bob)
    assert len(await digests(alice, bob)) == 1
