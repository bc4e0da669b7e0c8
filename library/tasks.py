"""Long work under way: imports, rebuilds, checks. Each has a resource to watch and can be cancelled."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any, Literal, get_args

import msgspec

from library.errors import Clash, LibraryError, NotFound
from library.events import Bus
from library.gathering import readable
from library.models import Model
from library.workspace import translated
from store.errors import StoreError

Kind = Literal["move", "import", "rebuild", "verify", "backup", "restore", "export", "evict"]
Progress = Callable[[int, int | None, str | None], None]
Work = Callable[[Progress], Awaitable[Any]]
KEPT = 100
KINDS: tuple[str, ...] = get_args(Kind)
log = logging.getLogger("gesso.tasks")


class Task(Model, frozen=True, kw_only=True):
    """Long work under way: an import, a rebuild, a verify, a backup."""

    id: str
    kind: Kind
    state: Literal["running", "done", "failed", "cancelled"]
    done: int
    total: int | None
    detail: str | None  # what it is at now
    result: Any  # the kind's report once done; of failed work what else there is to tell, mostly nothing
    error: str | None
    code: str | None  # of the error, for translation
    params: dict[str, str] = msgspec.field(default_factory=dict)
    action: str | None = None  # of an import, what undo takes; there is no such action where nothing was changed


class Stopped(Exception):
    """Raised in the thread that tells its progress when the task was cancelled: it cannot be stopped otherwise."""


def no_progress(done: int, total: int | None, detail: str | None) -> None:
    """Progress that nobody watches."""


class Tasks:
    """The long work of one daemon. `run` must be running for tasks to proceed."""

    def __init__(self, bus: Bus, random: random.Random) -> None:
        self.bus = bus
        self._random = random
        self._tasks: dict[str, Task] = {}
        self._running: dict[str, asyncio.Task[None]] = {}
        self._waiting: asyncio.Queue[tuple[str, Work]] = asyncio.Queue()
        self._filled: dict[Path, str] = {}  # folders that tasks write into, and which

    def start(self, kind: Kind, work: Work, fills: Path | None = None, action: bytes | None = None) -> Task:
        """`fills`: the folder that the work writes into, links followed; Clash while another task does. `action`: what
        the work does is this action of a timeline.
        """
        if fills is not None:
            self._check_free(fills)
        task = Task(
            id=self._random.randbytes(8).hex(),
            kind=kind,
            state="running",
            done=0,
            total=None,
            detail=None,
            result=None,
            error=None,
            code=None,
            action=None if action is None else action.hex(),
        )
        self._tasks[task.id] = task
        if fills is not None:
            self._filled[fills] = task.id
        self._forget_old()
        self._waiting.put_nowait((task.id, work))
        self._announce(task)
        return task

    def _check_free(self, folder: Path) -> None:
        self._filled = {path: id for path, id in self._filled.items() if self._is_running(id)}
        if folder not in self._filled:
            return
        kind, place = self._tasks[self._filled[folder]].kind, readable(folder)
        if kind == "backup":
            message = f"A backup into {place} is under way. Wait until it has ended, or take another folder."
            raise Clash(message, code="backup_under_way", path=place)
        message = f"An export into {place} is under way. Wait until it has ended, or take another folder."
        raise Clash(message, code="export_under_way", path=place)

    def _is_running(self, id: str) -> bool:
        return id in self._tasks and self._tasks[id].state == "running"

    def get(self, id: str) -> Task:
        if id not in self._tasks:
            message = f"There is no task {id}; the last {KEPT} are kept until the daemon stops."
            raise NotFound(message, code="no_task", id=id, most=KEPT)
        return self._tasks[id]

    def list(self) -> list[Task]:
        return list(self._tasks.values())

    def cancel(self, id: str) -> Task:
        """Ask a task to stop; what it had finished stays. It is cancelled once its thread has ended too."""
        task = self.get(id)
        if id in self._running:
            self._running[id].cancel()
        elif task.state == "running":
            self._change(id, state="cancelled")
        return self.get(id)

    async def run(self) -> None:
        async with asyncio.TaskGroup() as group:
            while True:
                id, work = await self._waiting.get()
                if self._tasks[id].state == "running":
                    self._running[id] = group.create_task(self._work(id, work), name=f"task {id}")
                    self._running[id].add_done_callback(partial(self._end, id))

    async def _work(self, id: str, work: Work) -> None:
        loop, task = asyncio.get_running_loop(), asyncio.current_task()

        def progress(done: int, total: int | None, detail: str | None) -> None:
            change = partial(self._change, id, done=done, total=total, detail=detail)
            if _is_on_a_loop():
                change()
                return
            loop.call_soon_threadsafe(change)  # told from a thread: tasks and bus belong to the loop
            if task is not None and task.cancelling():
                raise Stopped

        try:
            result = await work(progress)
            self._change(id, state="done", result=msgspec.to_builtins(result))
        except LibraryError as error:
            self._fail(id, error)
        except StoreError as error:
            self._fail(id, translated(error))
        except Exception as error:
            log.exception("a %s task failed", self._tasks[id].kind)
            self._change(id, state="failed", error=f"{type(error).__name__}: {error}")

    def _end(self, id: str, _: asyncio.Task[None]) -> None:
        """Not told by the work itself, which may be cancelled before its first step."""
        del self._running[id]
        if self._is_running(id):
            self._change(id, state="cancelled")

    def _fail(self, id: str, error: LibraryError) -> None:
        params = {name: str(value) for name, value in error.params.items()}
        report = msgspec.to_builtins(error.report)
        self._change(id, state="failed", error=str(error), code=error.code, params=params, result=report)

    def _change(self, id: str, **values: Any) -> None:
        self._tasks[id] = msgspec.structs.replace(self._tasks[id], **values)
        self._announce(self._tasks[id])

    def _announce(self, task: Task) -> None:
        self.bus.publish("task.changed", task.id, "")

    def _forget_old(self) -> None:
        over = [id for id, task in self._tasks.items() if task.state != "running"]
        for id in over[: max(0, len(self._tasks) - KEPT)]:
            del self._tasks[id]


def _is_on_a_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
