"""Projects: one name for one project, also where two devices made two of one name at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from library.errors import Clash, Invalid
from library.models import Making, Project, ProjectChange
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


OIL = Making(provider="studio", model="oil")


async def test_making_is_kept_duplicated_undone_and_brought_back(tmp_path: Path) -> None:
    async with open_library(tmp_path) as library:
        made = await library.projects.create("a")
        assert made.making is None
        await library.checkpoints.create("before")
        assert (await library.projects.edit(made.id, ProjectChange(making=OIL))).making == OIL
        assert (await library.projects.duplicate(made.id, "b")).making == OIL
        await library.projects.edit(made.id, ProjectChange(brief="other"))
        await library.projects.edit(made.id, ProjectChange(making=Making(provider="studio")))
        assert (await library.projects.show(made.id)).making == Making(provider="studio", model="")
        await library.history.undo()
        assert (await library.projects.show(made.id)).making == OIL
        assert (await library.projects.edit(made.id, ProjectChange(making=None))).making is None
        await library.history.undo()
        assert (await library.projects.show(made.id)).making == OIL
        entry = (await library.projects.history(made.id))[-2]
        assert (entry.intent, entry.params["fields"]) == ("project.edit", ["making"])
        await library.projects.restore(made.id, "before")
        assert (await library.projects.show(made.id)).making is None
        with pytest.raises(Invalid):
            await library.projects.edit(made.id, ProjectChange(making=Making(provider="  ", model="oil")))
        assert (await library.care.verify()).problems == []


async def test_of_two_makings_written_at_once_one_stays_whole(studio: Studio) -> None:
    """One of them keeps the model, the other the provider: what comes of both must not be a third."""
    alice, bob = await studio.pair()
    made = await alice.projects.create("both")
    await alice.projects.edit(made.id, ProjectChange(making=OIL))
    await send(alice, bob)
    await alice.projects.edit(made.id, ProjectChange(making=Making(provider="studio", model="ink")))
    await bob.projects.edit(made.id, ProjectChange(making=Making(provider="cloud", model="oil")))
    await send(alice, bob)
    await send(bob, alice)
    found: list[Project] = [await each.projects.show(made.id) for each in (alice, bob)]
    assert found[0].making == found[1].making
    assert found[0].making in (Making(provider="studio", model="ink"), Making(provider="cloud", model="oil"))
    assert len(await digests(alice, bob)) == 1
