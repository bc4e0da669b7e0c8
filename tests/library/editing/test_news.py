"""News after every change: of the kind of the document that changed, with its own id, so that a page fetches it."""

from __future__ import annotations

from pathlib import Path

from library.catalog import Library
from library.models import AssetChange, ProjectChange
from tests.library.house import picture
from tests.library.studio import Studio, send


class Reader:
    """Reads a library's news from now on."""

    def __init__(self, library: Library) -> None:
        self._bus = library.workspace.bus
        self._seen = self._bus.last

    def since(self) -> list[tuple[str, str]]:
        """What came since it was last asked: kinds and subjects."""
        events = self._bus.since(self._seen) or []
        self._seen = self._bus.last
        return [(event.kind, event.subject) for event in events]


async def bring(library: Library, folder: Path, count: int) -> list[str]:
    for index in range(count):
        (folder / f"{index}.png").write_bytes(picture((index, 2, 3)))
    return (await library.ingest.import_paths([folder / f"{index}.png" for index in range(count)])).assets


async def test_checkpoint_that_is_made_or_taken_back_is_news_of_the_workspace(library: Library) -> None:
    reader = Reader(library)
    await library.checkpoints.create("before the show")
    assert reader.since() == [("workspace.changed", library.id)]
    await library.history.undo()
    assert reader.since() == [("workspace.changed", library.id)]


async def test_undoing_a_projects_edit_is_news_of_the_project(library: Library) -> None:
    project = await library.projects.create("Spring")
    await library.projects.edit(project.id, ProjectChange(name="Summer"))
    reader = Reader(library)
    await library.history.undo()
    assert reader.since() == [("project.changed", project.id)]
    await library.history.redo()
    assert reader.since() == [("project.changed", project.id)]


async def test_restoring_a_project_is_news_of_the_pictures_and_of_the_project_if_it_changed(
    library: Library, tmp_path: Path
) -> None:
    assets = await bring(library, tmp_path, 2)
    project = await library.projects.create("Spring")
    await library.checkpoints.create("empty")
    await library.assets.edit(assets[:1], AssetChange(add_projects=[project.id]))
    reader = Reader(library)
    await library.projects.restore(project.id, "empty")
    assert reader.since() == [("asset.changed", assets[0])]
    await library.assets.edit(assets, AssetChange(add_projects=[project.id]))
    await library.projects.edit(project.id, ProjectChange(name="Summer"))
    reader.since()
    await library.projects.restore(project.id, "empty")
    assert reader.since() == [("asset.changed", "*"), ("project.changed", project.id)]


async def test_checkpoint_made_elsewhere_is_news_when_it_comes_in(studio: Studio) -> None:
    alice, bob = await studio.pair()
    await send(alice, bob)
    reader = Reader(bob)
    await alice.checkpoints.create("before the show")
    await send(alice, bob)
    assert reader.since() == [("workspace.changed", bob.id)]
