"""The library as of a moment is what its changes until then make of it, however it is computed."""

from __future__ import annotations

import random
from collections.abc import Callable, Collection, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import msgspec
import pytest

from documents.engine import Document
from documents.kinds import Kind
from documents.segment import Tip, decode
from library.care.comparing import COMPARED
from library.catalog import Library
from library.editing.assets import read_values
from library.errors import LibraryError
from library.models import AssetChange, NewSavedSearch, ProjectChange, SavedSearchChange
from library.replica.log import APPLIED, split_hashes
from library.replica.shelf import PROJECTIONS
from library.schema import COPIES, TRUTH, VIEWS
from library.views.past import Later, beyond, rows_as_of, signed_after
from library.views.search import Search
from store.database import Connection, in_memory
from tests.library.house import picture
from tests.library.studio import Studio, send

QUERIES = (
    "",
    "neon",
    "neon -貓",
    "貓咪",
    "tag:t1",
    "rating:>=3",
    "is:binned",
    "tag:t0 cat",
    "-neon",
    "is:conflict",
    "🎉",
    "-++",
)
TEXTS = ("neon cat", "貓咪海報", "a quiet harbour", "neon 貓 street", "cat and dog", "貓🎉 C++")
VIEWED = ("asset", "combo", "shown", "version", "tag", "member", "project", "search", "different", "signs", "words")


def until(connection: Connection, limit: int) -> set[int]:
    """Segments signed by then whose causes were too: every one is read."""
    included, tips, hashes = set[int](), set[Tip](), {b""}
    rows = connection.execute("SELECT id, hash, time, prev, raw FROM segment WHERE state=1 ORDER BY id")
    for row, hash, time, prev, raw in rows:
        segment = decode(raw)
        if time <= limit and prev in hashes and all(dep in tips for dep in segment.deps):
            included.add(row)
            hashes.add(hash)
            tips.add(segment.tip)
    return included


def closure(connection: Connection, tips: Collection[Tip]) -> set[int]:
    """The segments that the tips name and everything they build on, back to the first."""
    segments = {row: decode(raw) for row, raw in connection.execute("SELECT id, raw FROM segment WHERE state=1")}
    named = {segment.tip: row for row, segment in segments.items()}
    included, wanted = set[int](), list(tips)
    while wanted:
        row = named.get(wanted.pop())
        if row is not None and row not in included:
            included.add(row)
            wanted += segments[row].deps
            if segments[row].seq > 1:
                wanted.append(Tip(segments[row].incarnation, segments[row].seq - 1, segments[row].prev[:8]))
    return included


def projected(connection: Connection, segments: Collection[int]) -> Connection:
    """Every document anew from its changes in these segments, in the order that they have now."""
    past = in_memory([*TRUTH, *COPIES, *VIEWS])
    for table in ("blob", "reference", "copy"):
        rows = connection.execute(f"SELECT * FROM {table}").fetchall()
        if rows:
            past.executemany(f"INSERT INTO {table} VALUES({', '.join('?' * len(rows[0]))})", rows)
    changes: dict[bytes, list[tuple[bytes, bool]]] = {}
    for id, hash, segment in connection.execute("SELECT document, hash, segment FROM change WHERE state=?", (APPLIED,)):
        changes.setdefault(id, []).append((hash, segment in segments))
    order = dict(connection.execute("SELECT id, row FROM asset"))
    for id, made in sorted(changes.items(), key=lambda item: (order.get(item[0], 1 << 62), item[0])):
        then = [hash for hash, included in made if included]
        if then:
            (saved,) = connection.execute("SELECT saved FROM document WHERE id=?", (id,)).fetchone()
            if (project := PROJECTIONS.get(Kind(id[0]))) is not None:
                project(past, id, Document.load(Kind(id[0]), saved).read(then))
            past.execute("INSERT INTO document(id, heads, saved) VALUES(?, ?, ?)", (id, b"".join(then), saved))
    return past


class History:
    """Two devices with clocks of their own, and what happened to them."""

    def __init__(self, studio: Studio, chance: random.Random, folder: Path) -> None:
        self.studio, self.chance, self.folder = studio, chance, folder
        self.alice, self.bob = studio.members["alice"], studio.members["bob"]
        self.assets: list[str] = []
        self.projects: list[str] = []
        self.moments: list[int] = []
        self.number = 0

    async def step(self) -> None:
        who = self.chance.choice((self.alice, self.alice, self.bob))
        clock: Any = who.workspace.surroundings.clock
        clock.time += self.chance.randint(-20_000, 100_000)
        self.moments.append(clock.time + self.chance.randint(-1, 1))
        try:
            await self.chance.choice(
                (
                    self.bring_in,
                    self.rate,
                    self.rate,
                    self.write,
                    self.bin,
                    self.project,
                    self.save,
                    self.exchange,
                    self.undo,
                )
            )(who)
        except LibraryError:
            self.number += 1  # a picture that one has not met, nothing to undo: another step

    async def bring_in(self, who: Library) -> None:
        self.number += 1
        path = self.folder / f"{self.chance.randint(0, 9)}.png"
        path.write_bytes(picture((self.number % 256, self.chance.randint(0, 255), 7), (8, 8)))
        path.with_suffix(".txt").write_text(self.chance.choice(TEXTS))
        self.assets += (await who.ingest.import_paths([path])).assets

    async def rate(self, who: Library) -> None:
        some = self.chance.sample(self.assets, min(len(self.assets), self.chance.randint(1, 3)))
        tag = [f"t{self.chance.randint(0, 2)}"]
        wish = AssetChange(rating=self.chance.randint(0, 5), add_tags=tag) if some else AssetChange()
        await who.assets.edit(some, wish if self.chance.random() < 0.7 else AssetChange(remove_tags=tag))

    async def write(self, who: Library) -> None:
        asset = self.chance.choice(self.assets or [""])
        await who.assets.edit_one(asset, AssetChange(title=self.chance.choice(TEXTS), note=self.chance.choice(TEXTS)))

    async def bin(self, who: Library) -> None:
        await self.chance.choice((who.assets.bin, who.assets.unbin))(self.assets[-1:])

    async def project(self, who: Library) -> None:
        if self.chance.random() < 0.4 or not self.projects:
            self.projects.append((await who.projects.create(self.chance.choice(TEXTS))).id)
        project = self.chance.choice(self.projects)
        await who.projects.edit(project, ProjectChange(brief=self.chance.choice(TEXTS)))
        await who.assets.edit(self.assets[-2:], AssetChange(add_projects=[project]))

    async def save(self, who: Library) -> None:
        found = await who.searches.list()
        if not found or self.chance.random() < 0.4:
            query = self.chance.choice(QUERIES[1:])
            await who.searches.create(NewSavedSearch(name=f"search {self.number} {query}", query=query))
        elif self.chance.random() < 0.3:
            await who.searches.delete(self.chance.choice(found).id)
        else:
            change = SavedSearchChange(query=self.chance.choice(QUERIES[1:]), sort="name")
            await who.searches.edit(self.chance.choice(found).id, change)

    async def exchange(self, who: Library) -> None:
        other = self.bob if who is self.alice else self.alice
        await send(who, other)

    async def undo(self, who: Library) -> None:
        if self.chance.random() < 0.5:
            await who.checkpoints.create(f"c{self.number}-{self.chance.random()}")
        else:
            await who.history.undo()


def viewed(connection: Connection) -> dict[str, Any]:
    rows = {name: sorted(connection.execute(COMPARED[name].format(db="main")).fetchall(), key=repr) for name in VIEWED}
    documents = connection.execute("SELECT id, heads FROM document").fetchall()
    known = {bytes(id): read_values(connection, id) for id, _ in documents if id[0] in PROJECTIONS}
    assert all(split_hashes(heads) for _, heads in documents)
    return {**rows, "documents": known}


async def found(connection: Connection) -> list[Any]:
    """What a person would see, in its order."""

    async def past(work: Callable[[Connection], Any], at: str, words: bool, documents: bool) -> Any:
        return work(connection)

    search = Search(None, past, lambda: 0)  # type: ignore[arg-type]
    pages = [await search.page(q, sort, at="x") for q in QUERIES for sort in (None, "newest", "name", "rating", "size")]
    return [*pages, *[await search.facets(q, at="x") for q in QUERIES]]


async def moments_of(history: History) -> Iterator[tuple[set[int], Later]]:
    """Every moment to try: which segments belonged to it, told in two ways."""
    read = history.alice.workspace.database.read
    settings = history.alice.checkpoints._settings
    told: list[tuple[set[int], Later]] = []
    for limit in history.chance.sample(history.moments, 5):
        told.append((await read(lambda c, limit=limit: until(c, limit)), signed_after(limit)))
    entries = (await read(lambda connection: read_values(connection, settings))).get("checkpoints", {})
    for key, value in list(entries.items()):
        if key.endswith("/vector"):
            tips = [Tip(bytes.fromhex(a), b, bytes.fromhex(c)) for a, b, c in msgspec.json.decode(value)]
            told.append((await read(lambda c, tips=tips: closure(c, tips)), beyond(tips)))
    return iter(told)


async def compare(folder: Path, seed: int, steps: int) -> int:
    """Play a history, and compare every moment of it; how many there were."""
    chance = random.Random(seed)
    async with AsyncExitStack() as stack:
        studio = Studio(folder, stack)
        await send(*(await studio.pair(seed=seed + 1)))
        history = History(studio, chance, folder)
        for _ in range(steps):
            await history.step()
        await history.exchange(history.bob)
        database, count = history.alice.workspace.database, 0
        for included, later in await moments_of(history):
            right = await database.read(lambda connection, included=included: projected(connection, included))
            with_words = rows_as_of(database.path, later, True, True)
            without = rows_as_of(database.path, later, False, False)
            assert viewed(with_words) == viewed(right)
            assert await found(with_words) == await found(right)
            fewer = {name: viewed(without)[name] for name in ("words", "signs", "documents")}
            assert viewed(without) == {**viewed(right), **fewer}
            assert fewer["documents"].items() <= viewed(right)["documents"].items()
            count += 1
            for each in (right, with_words, without):
                each.close()
        return count


@pytest.mark.parametrize("seed", range(6))
async def test_moment_of_a_random_history_is_what_its_changes_make_of_it(tmp_path: Path, seed: int) -> None:
    assert await compare(tmp_path, seed, 40) >= 5


@pytest.mark.long
@pytest.mark.parametrize("seed", range(100, 400))
async def test_moments_of_many_random_histories(tmp_path: Path, seed: int) -> None:
    await compare(tmp_path, seed, 60)
