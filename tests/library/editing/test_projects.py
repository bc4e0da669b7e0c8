"""Projects: one name for one project, also where two devices made two of one name at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from library.errors import Clash
from library.models import ProjectChange
from tests.library.house import open_library
from tests.library.studio import Studio, digests, send


async def test_second_one_of_a_name_is_refused(tmp_path: Path) -> None:
    async with open_library(tmp_path) as library:
        made, other = await library.projects.create("a"), await library.projects.create("b")
        await library.projects.edit(made.id, ProjectChange(archived=True))
        for doing in (
            library.projects.create(" a "),
            library.projects.edit(other.id, ProjectChange(name="a", brief="not written")),
            library.projects.duplicate(other.id, "a"),
        ):
            with pytest.raises(Clash) as refused:
                await doing
            assert (refused.value.code, refused.value.params) == ("project_exists", {"name": "a"})
        assert [(each.name, each.brief) for each in await library.projects.list()] == [("b", ""), ("a", "")]
        await library.projects.edit(made.id, ProjectChange(name="c"))
        await library.projects.edit(other.id, ProjectChange(name="a"))


async def test_two_of_a_name_that_were_made_at_once_both_stay(studio: Studio) -> None:
    alice, bob = await studio.pair()
    await send(alice, bob)
    ours, theirs = await alice.projects.create("both"), await bob.projects.create("both")
    await send(alice, bob)
    await send(bob, alice)
    assert {each.id for each in await bob.projects.list()} == {ours.id, theirs.id}
    await bob.projects.edit(ours.id, ProjectChange(name="both", brief="the first"))
    await bob.projects.edit(theirs.id, ProjectChange(name="second"))
    await send(bob, alice)
    assert sorted(each.name for each in await alice.projects.list()) == ["both", "second"]
    assert len(await digests(alice, bob)) == 1
