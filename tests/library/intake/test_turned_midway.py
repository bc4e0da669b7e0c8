"""Imports that are undone, or done again, before they have ended: what still comes is an action of its own."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from imaging.inspection import Inspection, InspectJob, Rejection
from library.catalog import Library
from library.editing.standing import open_for_parts
from library.errors import Clash
from library.intake import ingest
from library.models import Entry, ImportReport
from store.database import Connection
from tests.library.house import look, open_library, picture, pictures
from tests.library.intake.test_called_off import settled
from tests.library.studio import Studio, digests, send

GROUP = 4


class Gate:
    """Looks at a group of pictures once it is let through."""

    def __init__(self) -> None:
        self._free = asyncio.Semaphore(0)

    def let(self, groups: int) -> None:
        for _ in range(groups):
            self._free.release()

    async def look(self, jobs: Sequence[InspectJob]) -> list[Inspection | Rejection]:
        await self._free.acquire()
        return await look(jobs)


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Gate:
    monkeypatch.setattr(ingest, "GROUP", GROUP)
    return Gate()


@pytest.fixture
async def library(tmp_path: Path, gate: Gate) -> AsyncIterator[Library]:
    async with open_library(tmp_path / "home", inspect=gate.look) as opened:
        yield opened


class Importing:
    """An import of some groups of new pictures under way, that goes on group by group."""

    def __init__(self, library: Library, gate: Gate, folder: Path, count: int) -> None:
        self.library = library
        self.gate = gate
        self.came = 0
        pictures(folder, count)
        self.task = asyncio.create_task(library.ingest.import_paths([folder]))

    async def bring(self, groups: int = 1) -> None:
        self.came += groups
        self.gate.let(groups)
        async with asyncio.timeout(20):
            await settled(self.library, self.came)

    async def end(self) -> ImportReport:
        self.gate.let(99)
        async with asyncio.timeout(20):
            return await self.task


async def told(library: Library) -> list[tuple[str, int, bool]]:
    """What the timeline says, oldest first, without the workspace's beginning."""
    entries = (await library.history.timeline(200))[0]
    return [(each.intent, each.params["count"], each.undone) for each in reversed(entries) if "count" in each.params]


async def shown(library: Library) -> int:
    return (await library.search.page("")).total


async def refusal(library: Library, turn: str) -> str:
    with pytest.raises(Clash) as refused:
        await getattr(library.history, turn)()
    return refused.value.code


async def imports(library: Library) -> list[Entry]:
    entries = (await library.history.timeline(200))[0]
    return [each for each in reversed(entries) if each.intent == "asset.import"]


async def test_what_comes_after_an_undo_is_one_action_that_undo_takes_back(
    library: Library, gate: Gate, tmp_path: Path
) -> None:
    running = Importing(library, gate, tmp_path / "in", 7 * GROUP)
    await running.bring(2)
    assert (await library.history.undo()).changed == 2 * GROUP
    report = await running.end()
    assert (report.imported, report.failed) == (7 * GROUP, [])
    timeline = [("asset.import", 8, True), ("undo", 8, False), ("asset.import", 20, False)]
    assert await told(library) == timeline
    assert await shown(library) == 20
    assert (await library.history.undo()).changed == 20
    assert await shown(library) == 0
    assert await refusal(library, "undo") == "nothing_to_undo"
    assert (await library.history.redo()).changed == 20
    assert await shown(library) == 20
    # What the import brought by itself was no edit that ends what is done again.
    assert (await library.history.redo()).changed == 8
    assert await shown(library) == 28
    assert not any(each.undone for each in await imports(library))


async def test_undone_again_and_again_each_undo_ends_an_action(library: Library, gate: Gate, tmp_path: Path) -> None:
    running = Importing(library, gate, tmp_path / "in", 5 * GROUP)
    for _ in range(3):
        await running.bring()
        assert (await library.history.undo()).changed == GROUP
    await running.end()
    assert [(each.params["count"], each.undone) for each in await imports(library)] == [
        (4, True),
        (4, True),
        (4, True),
        (8, False),
    ]
    assert await shown(library) == 8
    for _ in range(3):
        assert (await library.history.redo()).changed == GROUP
    assert await shown(library) == 20
    # Undo goes back over all of it: what was done again, the latest first, and what was never undone.
    for left in (16, 12, 8, 0):
        await library.history.undo()
        assert await shown(library) == left


async def test_undone_and_done_again_under_way_the_rest_is_an_action_of_its_own(
    library: Library, gate: Gate, tmp_path: Path
) -> None:
    running = Importing(library, gate, tmp_path / "in", 6 * GROUP)
    await running.bring(2)
    await library.history.undo()
    await running.bring()
    assert (await library.history.redo()).changed == 8  # though a group has come since
    await running.end()
    assert await told(library) == [
        ("asset.import", 8, False),
        ("undo", 8, True),
        ("asset.import", 16, False),
        ("redo", 8, False),
    ]
    assert await shown(library) == 24
    for left in (16, 0):
        await library.history.undo()
        assert await shown(library) == left


async def test_edit_after_the_undo_of_an_import_ends_what_is_done_again(
    library: Library, gate: Gate, tmp_path: Path
) -> None:
    running = Importing(library, gate, tmp_path / "in", 3 * GROUP)
    await running.bring()
    await library.history.undo()
    await library.projects.create("Spring")
    await running.end()
    assert await refusal(library, "redo") == "nothing_to_redo"


async def test_picture_that_is_here_comes_again_after_the_undo(library: Library, gate: Gate, tmp_path: Path) -> None:
    """A file of the rest has the bytes of one that was undone: it is told with the rest, and undone with it."""
    folder = tmp_path / "in"
    first = pictures(folder, 2 * GROUP)[0]
    (folder / "again.png").write_bytes(first.read_bytes())
    running = Importing(library, gate, folder, 0)
    await running.bring()
    await library.history.undo()
    report = await running.end()
    assert (report.imported, report.duplicates) == (2 * GROUP, 1)
    before, after = await imports(library)
    assert (before.params["count"], before.undone) == (GROUP, True)
    assert (after.params, after.undone) == ({"name": "0004.png", "count": 5, "imported": 4, "duplicates": 1}, False)
    assert await shown(library) == 5
    assert (await library.history.undo()).changed == 5
    assert await shown(library) == 0


async def drop(library: Library, name: str, red: int, action: bytes) -> str:
    with library.ingest.upload_place(100) as place:
        place.write_bytes(picture((red, 0, 0)))
        return str((await library.ingest.upload(place, name, action=action))["asset"])


async def test_drop_that_is_undone_under_way(library: Library, gate: Gate) -> None:
    gate.let(9)
    action = b"1" * 16
    for number in range(3):
        await drop(library, f"{number}.png", number, action)
    assert (await library.history.undo(action.hex())).changed == 3
    await asyncio.gather(*(drop(library, f"{number}.png", number, action) for number in range(3, 9)))
    before, after = await imports(library)
    assert (before.action, before.params["count"], before.undone) == (action.hex(), 3, True)
    assert (after.params["count"], after.undone, await shown(library)) == (6, False, 6)
    assert (await library.history.undo(after.action)).changed == 6
    assert await shown(library) == 0


@pytest.mark.parametrize("first", ["group", "undo"])
async def test_undo_at_the_moment_in_which_a_group_settles(
    library: Library, gate: Gate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, first: str
) -> None:
    """Both wait for the one writer, in either order."""
    running = Importing(library, gate, tmp_path / "in", 3 * GROUP)
    await running.bring()
    database, busy = library.workspace.database, threading.Event()
    waiting: asyncio.Queue[str] = asyncio.Queue()
    write = library.workspace.write

    async def hold() -> None:
        await database.outside(lambda _: busy.wait(20))

    holding = asyncio.create_task(hold())
    undoing: asyncio.Task[object] | None = None

    async def group_waits() -> None:
        gate.let(1)
        await waiting.get()

    async def undo_waits() -> None:
        nonlocal undoing
        undoing = asyncio.create_task(library.history.undo())
        await waiting.get()

    async def noted(*given: object) -> object:
        waiting.put_nowait("")
        return await write(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(library.workspace, "write", noted)
    for wait in (group_waits, undo_waits) if first == "group" else (undo_waits, group_waits):
        async with asyncio.timeout(20):
            await wait()
    busy.set()
    await holding
    assert undoing is not None
    await undoing
    await running.end()
    taken = 8 if first == "group" else 4
    assert [(each.params["count"], each.undone) for each in await imports(library)] == [
        (taken, True),
        (12 - taken, False),
    ]
    assert await shown(library) == 12 - taken
    assert (await library.history.undo()).changed == 12 - taken
    assert await shown(library) == 0


async def test_rebuilt_and_on_another_device_it_is_told_alike(
    studio: Studio, gate: Gate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice, bob = await studio.pair()
    monkeypatch.setattr(alice.ingest, "_means", alice.ingest._means._replace(inspect=gate.look))
    running = Importing(alice, gate, tmp_path / "in", 5 * GROUP)
    await running.bring(2)
    await send(alice, bob)
    # Undone by somebody else: the same once that has come here.
    undone = await bob.history.undo((await imports(bob))[0].action)
    assert undone.changed == 8
    await send(bob, alice)
    await running.end()
    await send(alice, bob)
    timeline = await told(alice)
    assert timeline == [("asset.import", 8, True), ("undo", 8, False), ("asset.import", 12, False)]
    assert await told(bob) == timeline
    assert [each.action for each in await imports(alice)] == [each.action for each in await imports(bob)]
    assert len(await digests(alice, bob)) == 1
    for library in (alice, bob):
        await library.care.rebuild()
        assert await told(library) == timeline
        assert (await library.care.verify()).problems == []
    assert (await alice.history.undo()).changed == 12
    assert await shown(alice) == 0


async def test_open_action_is_looked_up_by_an_index(library: Library) -> None:
    """Once for each group, however long the history is."""
    asked: list[str] = []

    def plan(connection: Connection) -> list[str]:
        connection.set_trace_callback(asked.append)
        open_for_parts(connection, b"1" * 16)
        connection.set_trace_callback(None)
        return [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {asked[0]}")]

    steps = library.workspace.database.read_now(plan)
    assert len(asked) == 1
    assert any("action_undoes (undoes=?)" in step for step in steps)
