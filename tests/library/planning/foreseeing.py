"""What a device would give another, taken in for real, and whether a rehearsal left anything behind."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

from identity.keys import verify
from library.catalog import Library
from library.pipeline import grouped
from library.planning.offers import Question, answer
from library.planning.rehearsal import (
    GROUP,
    GROUP_BYTES,
    Gift,
    Rehearsed,
    fates_of,
    quarantined_of,
    rehearse,
)
from library.replica.receiving import receive
from store.database import Connection


async def question(library: Library, source: Library) -> Question:
    workspace = library.workspace
    journal, stamp = await library.copies.heard(source.workspace.device)
    return Question(list(workspace.members.heads), sorted(workspace.log.durable.tips), journal, stamp)


async def ask(library: Library, *sources: Library) -> list[Gift]:
    """What each of these would give."""
    return [
        Gift(source.workspace.device, await answer(source.workspace, await question(library, source)))
        for source in sources
    ]


async def rehearsed(library: Library, gifts: Sequence[Gift]) -> Rehearsed:
    """A dry run that must leave nothing behind."""
    async with untouched(library):
        return await rehearse(library.workspace, gifts, verify, library.copies.asked)


async def take(library: Library, gifts: Sequence[Gift]) -> None:
    """The same for real, as an exchange does it."""
    for _, offered in gifts:
        await library.stops.hear(offered.tips)
        operations = offered.operations
        for group in list(grouped([len(raw) for raw in offered.segments], GROUP, GROUP_BYTES)) or [range(0)]:
            await receive(library.workspace, offered.segments[group.start : group.stop], verify, operations)
            operations = []
    for device, offered in gifts:
        await library.copies.learn(device, offered.journal, offered.presence)


class Came(NamedTuple):
    """What is so, of what a rehearsal said."""

    rows: dict[bytes, bytes]
    fates: dict[bytes, Any]
    quarantined: frozenset[bytes]


async def came(library: Library, plan: Rehearsed, before: dict[bytes, bytes]) -> Came:
    """How documents changed since these heads, and where the segments of the plan ended."""

    def work(connection: Connection) -> Came:
        now = heads(connection)
        changed = {id: now.get(id, b"") for id in now.keys() | before.keys() if now.get(id) != before.get(id)}
        fates = fates_of(connection, plan.fates)
        held = [hash for hash, fate in fates.items() if fate == "held"]
        return Came(changed, dict(fates), frozenset(quarantined_of(connection, held)))

    return await library.workspace.database.read(work)


def heads(connection: Connection) -> dict[bytes, bytes]:
    return dict(connection.execute("SELECT id, heads FROM document").fetchall())


async def all_heads(library: Library) -> dict[bytes, bytes]:
    return await library.workspace.database.read(heads)


def foreseen(plan: Rehearsed) -> Came:
    return Came({each.id: each.heads for each in plan.documents}, dict(plan.fates), plan.quarantined)


@asynccontextmanager
async def untouched(library: Library, *, alone: bool = True) -> AsyncIterator[None]:
    """Whatever is done within leaves no trace: in no table, not in memory, and nobody hears of it. Not `alone`: what
    connects devices runs beside it, and draws by chance when it tries again.
    """
    workspace = library.workspace
    before = await _everything(library)
    with workspace.grown.heard() as grown, workspace.lacks.heard() as lacks, workspace.bus.bell() as news:
        yield
        assert not (grown.is_set() or lacks.is_set() or news.is_set())
    after = await _everything(library)
    if not alone:
        del before["chance"], after["chance"]
    assert after == before


async def _everything(library: Library) -> dict[str, Any]:
    workspace = library.workspace

    def tables(connection: Connection) -> dict[str, str]:
        names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type='table'")]
        return {
            name: hashlib.sha256(repr(connection.execute(f'SELECT * FROM "{name}"').fetchall()).encode()).hexdigest()
            for name in sorted(names)
        }

    await asyncio.sleep(0)
    return {
        **await workspace.database.read(tables),
        "commits": workspace.database.commits,
        "position": repr(workspace.log.position),
        "durable": repr(workspace.log.durable),
        "operations": sorted(workspace.members.operations),
        "heads": workspace.members.heads,
        "shelf": list(workspace.shelf._loaded),
        "chance": workspace.surroundings.random.getstate(),
        "news": workspace.bus.last,
    }
