"""Which workspaces this device has, open or not: what each is called, which one a name means, which is the default."""

from __future__ import annotations

from collections.abc import Callable
from typing import NoReturn

from library.catalog import Library
from library.editing.actions import clean_name
from library.errors import Clash, Closed, Invalid, NotFound
from library.home.closed import Shut, default_gone
from library.home.preferences import Preferences
from library.models import WorkspaceInfo

DEFAULT = "-"  # a name that no workspace may have
MOST_NAME = 200
SHORT_ID = 12  # characters of an id that tell it from others


class Roster:
    """The open ones by id, in the order in which they were opened, and the closed ones."""

    def __init__(self, preferences: Preferences) -> None:
        self.open: dict[str, Library] = {}
        self.closed: list[Shut] = []
        self._preferences = preferences

    def default(self) -> Library | None:
        """The one that `-` means; None when that one is not open: another must not be taken for it."""
        chosen = self._preferences.get().default
        if chosen or not all(each.id for each in self.closed):
            return self.open.get(chosen)
        return next(iter(self.open.values()), None)

    def default_gone(self) -> Closed | None:
        """What to tell where the default workspace's folder is no more; None where it is there, open or not."""
        chosen = self._preferences.get().default
        here = not chosen or chosen in self.open or any(each.id in (chosen, "") for each in self.closed)
        return None if here else default_gone(chosen)

    def get(self, name: str) -> Library:
        """By id, unique beginning of it, name, or `-` for the default one; Closed for one that could not be opened."""
        if name == DEFAULT:
            chosen = self.default()
            return chosen if chosen is not None else self._refuse(self._preferences.get().default)
        if name in self.open:
            return self.open[name]
        found = [library for library in self.open.values() if library.name() == name]
        if not found and len(name) >= 4:
            found = [library for id, library in self.open.items() if id.startswith(name)]
        if len(found) > 1:
            ids = ", ".join(library.id[:SHORT_ID] for library in found)
            message = f"Several workspaces are called {name!r}. Name the one that is meant by its id: {ids}."
            raise Clash(message, code="ambiguous_workspace", name=name, ids=ids)
        if not found and any(each.is_called(name) for each in self.closed):
            self._refuse(name)
        if not found:
            raise NotFound(f"There is no workspace {name[:60]!r}.", code="no_workspace", name=name[:60])
        return found[0]

    def _refuse(self, name: str) -> NoReturn:
        """Raise the problem of the closed one that is meant; of the default one the id may not be readable."""
        gone = self.default_gone()
        if gone is not None and name == self._preferences.get().default:
            raise gone
        raise next((each for each in self.closed if each.is_called(name)), self.closed[0]).error()

    def called(self, library: Library) -> str:
        """A workspace's name; with its id where another has the same."""
        name = library.name()
        alone = sum(each.name() == name for each in self.open.values()) == 1
        return name if alone else f"{name} ({library.id[:SHORT_ID]})"

    def told(self, library: Library) -> WorkspaceInfo:
        return library.info(library is self.default())

    def counted(self, count: Callable[[Library], int]) -> dict[str, tuple[str, int]]:
        """Workspaces in which there is something to count, by id: what each is called, and how many."""
        counts = ((library, count(library)) for library in self.open.values())
        return {library.id: (self.called(library), number) for library, number in counts if number}

    def free(self, name: str, own: Library | None = None) -> str:
        """A name as it is written; Clash where another one has it. A backup may bring one that is taken: it stays."""
        clean = _clean(name)
        if any(library is not own and library.name() == clean for library in self.open.values()):
            message = f"There is a workspace called “{clean}” already."
            hint = "Choose another name, or give that one another with `gesso workspace rename`."
            raise Clash(message, code="workspace_name_taken", hint=hint, name=clean)
        return clean


def _clean(name: str) -> str:
    clean = clean_name(name, "A workspace needs a name.", MOST_NAME)
    if clean == DEFAULT:
        message = f"A workspace cannot be called {clean}: that means the default one."
        raise Invalid(message, [("/name", "means the default one")], code="reserved_name", name=clean)
    return clean
