"""What long work looks like while it runs: one moving line on a terminal, nothing elsewhere."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING, Self

from commands.terminal.layout import one_line
from commands.terminal.output import safe
from commands.terminal.texts import say

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID


class Bar:
    """A context manager; `show` may be called as often as one likes."""

    def __init__(self, what: str, *, visible: bool) -> None:
        self._what = what
        self._visible = visible
        self._progress: Progress | None = None
        self._line: TaskID | None = None

    def __enter__(self) -> Self:
        if self._visible:
            self._progress = _progress()
            self._progress.start()
            self._line = self._progress.add_task(say(self._what), total=None, detail="")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._progress is not None:
            self._progress.stop()

    def show(self, done: int, total: int | None, detail: str | None) -> None:
        if self._progress is not None and self._line is not None:
            shown = one_line(safe(detail or ""), 40)
            self._progress.update(self._line, completed=done, total=total, detail=shown)


def _progress() -> Progress:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[detail]}", markup=False, style="dim"),
    )
    return Progress(*columns, console=Console(stderr=True, highlight=False), transient=True)
