"""Somebody who works at a device: imports, edits, projects, bin, undo, checkpoints, in an order that chance gives."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Awaitable, Callable

from library.errors import LibraryError
from library.models import AssetChange, Changed, ProjectChange, Version
from library.workspace import translated
from store.errors import StoreError
from tests.simulation.machine import Machine

WORDS = ("貓", "海報", "neon", "fox", "draft", "終稿", "sky")
Deed = Callable[["Person"], Awaitable[str | None]]


class Person:
    """Acts on one machine; what was acknowledged is written down there."""

    def __init__(self, machine: Machine, number: int) -> None:
        self.machine = machine
        self.number = number
        self.chance = machine.chance

    async def act(self) -> None:
        """One thing, chosen by chance. A refusal is an answer too; anything else that goes wrong is a bug."""
        (deed,) = self.chance.choices(DEEDS, WEIGHTS)
        try:
            action = await deed(self)
        except (LibraryError, StoreError) as error:
            known = translated(error) if isinstance(error, StoreError) else error
            if known.code == "store":
                raise
            self.machine.world.note(self.machine.name, deed.__name__, "refused", known.code)
            return
        if action is not None:
            self.machine.done.append(action)
        self.machine.world.note(self.machine.name, deed.__name__, action)

    async def _assets(self, most: int) -> list[str]:
        page = await self.machine.library.search.page("", limit=200)
        ids = sorted(each.id for each in page.items)
        return self.chance.sample(ids, min(len(ids), self.chance.randint(1, most)))

    async def _project(self) -> str | None:
        projects = await self.machine.library.projects.list()
        return self.chance.choice(sorted(each.id for each in projects)) if projects else None

    async def bring_in(self) -> str | None:
        """New pictures, some that others have too, some over a file that was imported before."""
        machine = self.machine
        paths = []
        for _ in range(self.chance.randint(1, 3)):
            path = machine.pictures / f"{self.number}-{self.chance.randint(0, 12)}.png"
            machine.put_picture(path, b"picture %d" % self.chance.randint(0, 60))
            paths.append(path)
        written = {path: machine.disk.read(path) for path in paths}
        report = await machine.library.ingest.import_paths(paths)
        shown = {version.sha256 for asset in report.assets for version in await self._versions(asset)}
        taken = {hash: data for data in written.values() if (hash := hashlib.sha256(data).digest()).hex() in shown}
        machine.stored |= taken
        if not report.failed:
            assert len(taken) == len(set(written.values()))
            return None
        # Edited files of a group settle before its new ones. Of the last: the role was taken away meanwhile.
        assert {bad.code for bad in report.failed} <= {"disk_full", "store_suspect", "no_right"}, report
        assert len(taken) <= len(written) - len({bad.path for bad in report.failed}), report
        machine.world.note(machine.name, "not taken", sorted({bad.code for bad in report.failed}))
        return None

    async def _versions(self, asset: str) -> list[Version]:
        return (await self.machine.library.assets.show(asset)).versions

    async def edit(self) -> str | None:
        assets = await self._assets(4)
        if not assets:
            return None
        told: Changed = await self.machine.library.assets.edit(assets, some_change(self.chance))
        return told.action

    async def sort(self) -> str | None:
        assets, project = await self._assets(5), await self._project()
        if not assets or project is None:
            return None
        change = AssetChange(add_projects=[project])
        if self.chance.random() < 0.3:
            change = AssetChange(remove_projects=[project])
        return (await self.machine.library.assets.edit(assets, change)).action

    async def bin(self) -> str | None:
        assets = await self._assets(2)
        return (await self.machine.library.assets.bin(assets)).action if assets else None

    async def unbin(self) -> str | None:
        page = await self.machine.library.search.page("is:binned", limit=200)
        ids = sorted(each.id for each in page.items)
        return (await self.machine.library.assets.unbin([self.chance.choice(ids)])).action if ids else None

    async def choose_version(self) -> str | None:
        for asset in await self._assets(5):
            versions = await self._versions(asset)
            if len(versions) > 1:
                return (await self.machine.library.assets.restore(asset, self.chance.choice(versions).id)).action
        return None

    async def begin_project(self) -> str | None:
        await self.machine.library.projects.create(self.chance.choice(WORDS))
        return None

    async def edit_project(self) -> str | None:
        project = await self._project()
        if project is not None:
            name, brief = self.chance.choice(WORDS), " ".join(self.chance.sample(WORDS, 3))
            change = self.chance.choice(
                (ProjectChange(name=name), ProjectChange(brief=brief), ProjectChange(color="red"))
            )
            await self.machine.library.projects.edit(project, change)
        return None

    async def duplicate_project(self) -> str | None:
        project = await self._project()
        if project is not None:
            await self.machine.library.projects.duplicate(project, self.chance.choice(WORDS))
        return None

    async def restore_project(self) -> str | None:
        project, moments = await self._project(), await self.machine.library.checkpoints.list()
        if project is None or not moments:
            return None
        moment = self.chance.choice(sorted(each.id for each in moments))
        return (await self.machine.library.projects.restore(project, moment)).action

    async def checkpoint(self) -> str | None:
        await self.machine.library.checkpoints.create(self.chance.choice(WORDS))
        return None

    async def undo(self) -> str | None:
        return (await self.machine.library.history.undo()).action

    async def redo(self) -> str | None:
        return (await self.machine.library.history.redo()).action

    async def rebuild(self) -> str | None:
        before = (await self.machine.library.care.digest()).segments
        told = await self.machine.library.care.rebuild()
        assert told.segments >= before
        return None


def some_change(chance: random.Random) -> AssetChange:
    return chance.choice(
        (
            AssetChange(title=chance.choice(WORDS)),
            AssetChange(title=None),
            AssetChange(rating=chance.randint(0, 5)),
            AssetChange(flag=chance.choice(("pick", "reject", None))),
            AssetChange(label=chance.choice(("red", "blue", None))),
            AssetChange(note=" ".join(chance.choices(WORDS, k=3))),
            AssetChange(add_tags=[chance.choice(WORDS)]),
            AssetChange(remove_tags=[chance.choice(WORDS)]),
        )
    )


DEEDS: tuple[Deed, ...] = (
    Person.bring_in, Person.edit, Person.sort, Person.bin, Person.unbin, Person.choose_version, Person.begin_project,
    Person.edit_project, Person.duplicate_project, Person.restore_project, Person.checkpoint, Person.undo, Person.redo,
    Person.rebuild,
)  # fmt: skip
WEIGHTS = (10, 20, 6, 3, 2, 3, 2, 4, 1, 2, 2, 5, 2, 1)
