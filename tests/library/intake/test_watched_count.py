"""How many pictures a watched folder says that it holds."""

from __future__ import annotations

from pathlib import Path

from library.surroundings import SystemClock
from tests.library.house import open_library, picture
from tests.library.intake.test_watch import followed, has_versions, notices, until


async def test_pictures_that_came_before_their_folder_was_watched_count_with_it(tmp_path: Path) -> None:
    folder, beside = tmp_path / "pictures", tmp_path / "pictures2"
    for seed, place in enumerate((folder, folder / "deep", beside), 1):
        place.mkdir()
        (place / "some.png").write_bytes(picture((seed, seed, seed)))
    async with open_library(tmp_path / "home", clock=SystemClock(), notices=notices) as library:
        await library.ingest.import_paths([folder], reference=True)
        await library.ingest.import_paths([beside])
        added = await library.watch.add(folder, reference=True)
        assert added.assets == 2

        async def counted() -> bool:
            return [(each.assets, each.missing) for each in await library.watch.list()] == [(2, missing)]

        async with followed(library.watch):
            (folder / "some.png").write_bytes(picture((9, 9, 9)))
            missing = 0
            await until(has_versions(library, 1, 1, 2))
            await until(counted)
            (folder / "deep" / "some.png").unlink()
            missing = 1
            await until(counted)
        await library.watch.remove(added.id)
        assert (await library.watch.add(folder)).assets == 2
