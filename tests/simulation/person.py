"""Somebody who works at a device: imports, edits, projects, bin, undo, checkpoints, and what is kept there of
originals, in an order that chance gives.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Awaitable, Callable, Mapping

from library.copies.keeping import copies_needed
from library.copies.models import Evicted, Policy
from library.errors import LibraryError
from library.models import AssetChange, Changed, ProjectChange, Version
from library.replica.breaker import FEW
from library.workspace import translated
from store.errors import StoreError
from tests.simulation.machine import Machine

WORDS = ("貓", "海報", "neon", "fox", "draft", "終稿", "sky")
SIZES = (0, 0, 0, 0, 0, 0, 5_000, 70_000, 300_000, 600_000)  # bytes of a picture at least, by its number
Deed = Callable[["Person"], Awaitable[str | None]]


class Wrong(AssertionError):
    """A promise does not hold."""


class Person:
    """Acts on one machine; what was acknowledged is written down there."""

    def __init__(self, machine: Machine, number: int, machines: Mapping[str, Machine]) -> None:
        self.machine = machine
        self.number = number
        self.machines = machines
        self.chance = machine.chance

    async def act(self, edits: bool) -> None:
        """One thing, chosen by chance; with no right to edit, something that concerns this device alone."""
        (deed,) = self.chance.choices(DEEDS, WEIGHTS) if edits else self.chance.choices(KEEPING, KEEPING_WEIGHTS)
        await self.do(deed)

    async def do(self, deed: Deed) -> None:
        """Do this. A refusal is an answer too; anything else that goes wrong is a bug."""
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
            machine.put_picture(path, picture(self.chance.randint(0, 60)))
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

    async def bin_many(self) -> str | None:
        """So many that the others ask."""
        page = await self.machine.library.search.page("", limit=200)
        ids = sorted(each.id for each in page.items)
        return (await self.machine.library.assets.bin(ids)).action if len(ids) > FEW else None

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

    # What is kept here

    async def choose_policy(self) -> str | None:
        kind = self.chance.choice(("everything", "everything", "recent", "thumbnails"))
        project = await self._project() if self.chance.random() < 0.3 else None
        self.machine.keeps_all = False
        await self.machine.library.keeping.set_policy(Policy(kind=kind, days=self.chance.choice((1, 400))), project)
        return None

    async def choose_copies(self) -> str | None:
        return (await self.machine.library.keeping.set_copies(self.chance.randint(1, 2))).action

    async def choose_quota(self) -> str | None:
        await self.machine.library.keeping.set_quota(self.chance.choice((None, None, 100_000, 1_000_000)))
        self.machine.keeps_all = False
        return None

    async def pin(self) -> str | None:
        assets = await self._assets(2)
        if assets and self.chance.random() < 0.7:
            await self.machine.library.keeping.pin(assets)
        elif assets:
            await self.machine.library.keeping.unpin(assets)
        return None

    async def open(self) -> str | None:
        """Look at pictures, whose originals may be elsewhere."""
        for asset in await self._assets(3):
            await self.machine.library.copies.want_now(bytes.fromhex((await self._versions(asset))[0].sha256))
        return None

    async def evict(self) -> str | None:
        """Let originals go; each that went must lie whole on as many other devices as are needed, at that moment."""
        await self._evict(await self._assets(12))
        return None

    async def clear_up(self, number: int) -> str | None:
        """Let go what the others let go in the same moment: of the pictures that all have, the same for all."""
        page = await self.machine.library.search.page("", limit=200)
        ids = sorted(each.id for each in page.items)
        shared = random.Random(f"{self.machine.world.seed} {number}")
        await self._evict([id for id in ids if shared.random() < 0.4])
        return None

    async def _evict(self, assets: list[str]) -> None:
        if assets:
            mine = {bytes.fromhex(each.sha256) for asset in assets for each in await self._versions(asset)}
            await self._let_go(mine, lambda: self.machine.library.evicting.evict(assets))

    async def trim(self) -> str | None:
        page = await self.machine.library.search.page("", limit=200)
        mine = {bytes.fromhex(each.sha256) for item in page.items for each in await self._versions(item.id)}
        await self._let_go(mine | self.machine.stored.keys(), self.machine.library.evicting.trim)
        return None

    async def _let_go(self, hashes: set[bytes], work: Callable[[], Awaitable[Evicted]]) -> None:
        machine = self.machine
        here = sorted(hash for hash in hashes if machine.keeps(hash))
        machine.let_go |= hashes
        needed = await self._needed()
        done = await work()
        needed = min(needed, await self._needed())  # the setting may come in between
        gone = [hash for hash in here if not machine.keeps(hash)]
        machine.world.note(machine.name, "let go", len(gone), done.blobs, done.kept_count)
        for hash in gone:
            others = [each.name for each in self.machines.values() if each is not machine and each.has(hash)]
            if len(others) < needed:
                raise Wrong(f"{machine.name} let {hash.hex()[:12]} go, of which {needed} others must have it: {others}")

    async def _needed(self) -> int:
        """On how many other devices an original must lie, as this one knows it."""
        workspace = self.machine.library.workspace
        return await workspace.database.read(lambda connection: copies_needed(connection, workspace.id))

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


def picture(number: int) -> bytes:
    """The bytes of a picture: its number, and as much more as its size asks for."""
    begin = b"picture %d" % number
    return begin + random.Random(number).randbytes(SIZES[number % len(SIZES)])


KEEPING: tuple[Deed, ...] = (
    Person.choose_policy, Person.choose_quota, Person.pin, Person.open, Person.evict, Person.trim, Person.rebuild,
)  # fmt: skip
KEEPING_WEIGHTS = (2, 1, 2, 4, 6, 1, 1)
DEEDS: tuple[Deed, ...] = (
    Person.bring_in, Person.edit, Person.sort, Person.bin, Person.bin_many, Person.unbin, Person.choose_version,
    Person.begin_project,
    Person.edit_project, Person.duplicate_project, Person.restore_project, Person.checkpoint, Person.undo, Person.redo,
    Person.choose_copies, *KEEPING,
)  # fmt: skip
WEIGHTS = (20, 15, 6, 3, 3, 2, 3, 2, 4, 1, 2, 2, 5, 2, 1, *KEEPING_WEIGHTS)
