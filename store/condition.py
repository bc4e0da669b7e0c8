"""Whether what is stored can be trusted.

After a write that the disk failed it cannot, until it was reopened and checked.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

from store.errors import StoreSuspect


class Condition:
    """One per store; database and blobs share it. `remember` is told when it goes bad, to outlive the process."""

    def __init__(self, remember: Callable[[str], None] = lambda why: None) -> None:
        self.suspect: str | None = None
        self._remember = remember

    def check(self) -> None:
        """Raise StoreSuspect while nothing may be written."""
        if self.suspect is not None:
            raise StoreSuspect(self.suspect)

    def doubt(self, why: str) -> None:
        """From now on nothing is written here. The first reason is kept: what follows comes of it."""
        if self.suspect is None:
            self.suspect = why
            self._remember(why)

    def trust(self) -> None:
        """It was reopened and checked."""
        self.suspect = None

    @contextlib.contextmanager
    def writing(self) -> Iterator[None]:
        """Around everything that writes here."""
        self.check()
        try:
            yield
        except StoreSuspect as error:
            self.doubt(str(error))
            raise
