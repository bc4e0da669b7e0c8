"""What is in one workspace comes into another: everything that a person made, once, and nothing is written over."""

from __future__ import annotations

from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from library.errors import Invalid
from library.home.moving import move
from library.models import AssetChange, ProjectChange
from tests.library.house import device, pictures


async def test_pictures_projects_and_what_was_said_of_them_come_along(tmp_path: Path) -> None:
    async with device(tmp_path / "home", 1) as workspaces:
        source = workspaces.get("-")
        target = workspaces.get((await workspaces.create("Studio 2")).id)
        assets = (await source.ingest.import_paths(pictures(tmp_path / "pictures", 3))).assets
        project = await source.projects.create("海報")
        await source.projects.edit(project.id, ProjectChange(brief="neon, loud"))
        await source.assets.edit(assets, AssetChange(rating=4, add_tags=["貓"], add_projects=[project.id]))
        await source.assets.edit_one(assets[0], AssetChange(title="One", note="for the client"))
        moved = await move(source, target)
        assert (moved.pictures, moved.missing) == (3, 0)
        found = await target.search.page("project:" + project.id)
        assert found.total == 3 and {each.rating for each in found.items} == {4}
        assert {each.id for each in found.items}.isdisjoint(assets)  # they are that workspace's own
        (one,) = (each for each in found.items if each.title == "One")
        shown = await target.assets.show(one.id)
        assert shown.note == "for the client" and shown.asset.tags == ["貓"]
        assert target.blob(one.sha256).path.read_bytes() == source.blob(one.sha256).path.read_bytes()
        assert (await target.projects.list())[0].brief == "neon, loud"
        assert (await target.care.verify(read_data=True)).problems == []


async def test_moving_again_changes_nothing_and_writes_over_nothing(tmp_path: Path) -> None:
    async with device(tmp_path / "home", 1) as workspaces:
        source = workspaces.get("-")
        target = workspaces.get((await workspaces.create("Studio 2")).id)
        (asset,) = (await source.ingest.import_paths(pictures(tmp_path / "pictures", 1))).assets
        await source.assets.edit_one(asset, AssetChange(rating=2))
        await move(source, target)
        (there,) = (await target.search.page("")).items
        await target.assets.edit_one(there.id, AssetChange(rating=5))
        before = (await target.care.digest()).digest
        again = await move(source, target)
        assert (again.documents, again.action) == (0, None)
        assert (await target.care.digest()).digest == before
        assert (await target.assets.show(there.id)).asset.rating == 5


async def test_original_that_is_gone_is_counted_and_the_rest_comes(tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        workspaces = await stack.enter_async_context(device(tmp_path / "home", 1))
        source = workspaces.get("-")
        target = workspaces.get((await workspaces.create("Studio 2")).id)
        paths = pictures(tmp_path / "pictures", 2)
        await source.ingest.import_paths(paths, reference=True)
        paths[0].unlink()
        moved = await move(source, target)
        assert (moved.pictures, moved.missing) == (2, 1)
        assert (await target.search.page("")).total == 2


async def test_workspace_is_not_brought_into_itself(tmp_path: Path) -> None:
    async with device(tmp_path / "home", 1) as workspaces:
        library = workspaces.get("-")
        with pytest.raises(Invalid):
            await move(library, library)
