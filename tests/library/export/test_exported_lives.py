"""Whatever people did to a library, its full export gives it back: random lives, exported, lived on, exported again."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from library.catalog import Library
from library.errors import Clash, LibraryError
from library.models import AssetChange, ProjectChange
from tests.library.export.test_everything import assert_same, files_of
from tests.library.house import device, picture

WORDS = (
    *("貓", "neon", "\u202eevil", "a/b", "CON", "..", "海報 🐈\u200d⬛", "tail. ", "Ünïcode", "line\nbreak"),
    *("x" * 300, "貓" * 120, "~$a"),
)


class Person:
    """Does at random what people do to a library."""

    def __init__(self, library: Library, folder: Path, chance: random.Random) -> None:
        self.library, self.folder, self.chance = library, folder, chance
        self.assets: list[str] = []
        self.projects: list[str] = []
        (folder / "kept").mkdir(parents=True)

    def fresh(self) -> bytes:
        color = self.chance.randrange(256), self.chance.randrange(256), self.chance.randrange(256)
        return picture(color, (self.chance.randrange(1, 40), self.chance.randrange(1, 40)))

    async def bring(self) -> None:
        reference = self.chance.random() < 0.3
        folder = self.folder / "kept" if reference else self.folder
        place = folder / f"{self.chance.choice(('cat', 'CAT', 'Katze', '貓'))}{self.chance.randrange(4)}.png"
        place.write_bytes(self.fresh())
        report = await self.library.ingest.import_paths([place], reference=reference)
        self.assets += [id for id in report.assets if id not in self.assets]

    async def edit(self) -> None:
        some = self.chance.sample(self.assets, min(3, len(self.assets)))
        word = self.chance.choice(WORDS)
        changes = [
            AssetChange(title=word),
            AssetChange(note=word),
            AssetChange(rating=3),
            AssetChange(add_tags=[word[:40]]),
        ]
        if self.projects:
            changes.append(AssetChange(add_projects=[self.chance.choice(self.projects)]))
        await self.library.assets.edit(some, self.chance.choice(changes))

    async def bin(self) -> None:
        await self.library.assets.bin([self.chance.choice(self.assets)])

    async def project(self) -> None:
        made = await self.library.projects.create(self.chance.choice(WORDS))
        await self.library.projects.edit(made.id, ProjectChange(brief="給客戶", archived=self.chance.random() < 0.5))
        self.projects.append(made.id)

    async def undo(self) -> None:
        try:
            await self.library.history.undo()
        except Clash:
            return

    async def older(self) -> None:
        id = self.chance.choice(self.assets)
        try:
            detail = await self.library.assets.show(id)
        except LibraryError:  # its import was undone
            return
        await self.library.assets.restore(id, version=self.chance.choice(detail.versions).id)

    async def moment(self) -> None:
        await self.library.checkpoints.create(self.chance.choice(WORDS))

    async def live(self, days: int) -> None:
        await self.bring()
        rare = [self.bin, self.project, self.undo, self.older, self.moment]
        deeds = [self.bring, self.bring, self.edit, self.edit, *rare]
        for _ in range(days):
            try:
                await self.chance.choice(deeds)()
            except LibraryError as error:
                assert error.code in (
                    *("no_image", "too_long", "checkpoint_exists", "project_exists"),
                    *("invalid.unseen", "invalid.unseen_name"),
                ), error


async def a_life(folder: Path, seed: int) -> None:
    """Live, export, live on, export into the same folder, take both in: always the same workspace."""
    chance = random.Random(seed)
    async with device(folder / "alice", seed) as here, device(folder / "bob", seed + 1) as bob:
        library = here.get("-")
        person = Person(library, folder / "files", chance)
        for _ in range(3):
            await person.live(12)
            told = await library.everything.export(folder / "out")
            assert {problem.code for problem in told.problems} <= {"export.gone"}  # changed where it was kept in place
            async with device(folder / "carol" / str(chance.random()), seed + 2) as carol:
                restored = carol.get((await carol.bring_in(folder / "out")).id)
                await assert_same(library, restored)
        restored = bob.get((await bob.bring_in(folder / "out")).id)
        await restored.everything.export(folder / "again")
        if not told.problems:
            assert files_of(folder / "again").keys() == files_of(folder / "out").keys()
        names = {name.casefold() for name in files_of(folder / "out")}
        assert len(names) == len(files_of(folder / "out"))
        assert not any(set(name) & set('<>:"\\|?*\n\u202e') for name in names)
        assert all(len(part.encode()) <= 255 for name in names for part in name.split("/"))


@pytest.mark.parametrize("seed", range(4))
async def test_any_library_comes_back_as_it_was(tmp_path: Path, seed: int) -> None:
    await a_life(tmp_path, 10 * seed)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(100, 140))
async def test_very_many_libraries_come_back_as_they_were(tmp_path: Path, seed: int) -> None:
    await a_life(tmp_path, 10 * seed)
