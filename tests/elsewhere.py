"""Another device of a running daemon's workspace: it begins from a backup, edits apart, and its backup is brought in.

That way its segments arrive at the daemon while it runs, as from a peer.
"""

from __future__ import annotations

import asyncio
import itertools
import random
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from library.catalog import Library
from library.events import Bus
from library.surroundings import Surroundings
from library.tasks import Tasks
from library.workspaces import Workspaces
from tests.daemonhouse import until
from tests.library.house import look

Ask = Callable[[str, str, Any], Any]
Edit = Callable[[Library], Awaitable[Any]]
SEEDS = itertools.count(1)


class Elsewhere:
    """bob's device; `ask` speaks to alice's daemon: a method, a path below /api/v1, a body."""

    def __init__(self, folder: Path, ask: Ask, workspace: str = "-") -> None:
        self._folder = folder
        self._ask = ask
        self._workspace = workspace
        self._seed = next(SEEDS)
        self._id = ""
        self._numbers = itertools.count(1)

    def catch_up(self) -> None:
        """Take everything that alice's daemon has."""
        path = self._path("alice")
        self._finish(self._ask("POST", f"/w/{self._workspace}/backup", {"path": str(path)}))
        self._id = self._on_bob(lambda workspaces: workspaces.bring_in(path)).id

    def edit(self, *edits: Edit) -> None:
        """Do these apart: alice's daemon hears nothing of it yet."""

        async def work(workspaces: Workspaces) -> None:
            for edit in edits:
                await edit(workspaces.get(self._id))

        self._on_bob(work)

    def meet(self) -> None:
        """Give alice's daemon everything that bob has."""
        path = self._path("bob")
        self._on_bob(lambda workspaces: workspaces.get(self._id).care.backup(path))
        self._finish(self._ask("POST", "/restore", {"path": str(path), "incomplete": True}))

    def _path(self, whose: str) -> Path:
        return self._folder / f"{whose}{next(self._numbers)}"

    def _finish(self, task: Any) -> None:
        done = until(lambda: (now := self._ask("GET", f"/tasks/{task['id']}", None))["state"] != "running" and now)
        assert done["state"] == "done", done

    def _on_bob(self, work: Callable[[Workspaces], Awaitable[Any]]) -> Any:
        """In a thread of its own: the test's may run a loop already."""

        async def run() -> Any:
            chance, bus = random.Random(self._seed * 1000 + next(self._numbers)), Bus()
            home = self._folder / "bob's"
            around = Surroundings(random=chance)
            async with Workspaces(home, around, look, bus, Tasks(bus, chance), "bob") as workspaces:
                return await work(workspaces)

        with ThreadPoolExecutor(1) as thread:
            return thread.submit(asyncio.run, run()).result()
