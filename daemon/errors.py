"""What can go wrong with the daemon itself, and what every error looks like over HTTP."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from library.errors import Clash, Closed, Damaged, DiskFull, Invalid, LibraryError, NotFound, ReadOnly, Suspect, Told
from store.errors import BlobMissing, StoreBusy, StoreDamaged, StoreError, StoreFull, StoreSuspect


class DaemonError(Exception):
    """Base of the family; the message says what happened, to what, and what to do. The code is for translation."""

    code = "daemon"

    def __init__(self, message: str, **params: Any) -> None:
        super().__init__(message)
        self.params = params


class ConfigProblems(DaemonError):
    """The settings are wrong; `problems` names everything at once."""

    code = "config"

    def __init__(self, problems: Sequence[Any]) -> None:
        super().__init__("The settings are wrong:\n" + "\n".join(f"  {problem}" for problem in problems))
        self.problems = list(problems)


class AlreadyRunning(DaemonError):
    """Another daemon holds this home."""

    code = "home_held"

    def __init__(self, home: str, pid: int | None, url: str | None) -> None:
        who = f"pid {pid} at {url}" if pid and url else "it is just starting or stopping"
        super().__init__(f"Gesso already runs for {home}: {who}. Use it, or stop it with `gesso stop`.", home=home)
        self.pid = pid
        self.url = url


class NoLibrary(DaemonError):
    """Nothing was begun in this home yet, so there is nothing to look after."""

    code = "no_library"

    def __init__(self, data: str) -> None:
        super().__init__(f"There is no library in {data} yet, so nothing was checked.", data=data)


class UnfitHome(DaemonError):
    """The library must not live here, or what was here before is gone; `found` names every reason."""

    def __init__(self, found: Sequence[Any]) -> None:
        super().__init__("\n".join(f"{each.what} ({each.where}) {each.remedy}" for each in found))
        self.found = list(found)


class PortTaken(DaemonError):
    """No port could be bound."""

    code = "no_port"


class Fatal(DaemonError):
    """A service cannot go on and restarting it would not help: the daemon stops."""


class Refused(Exception):
    """An answer that is an error: what `application/problem+json` will say."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        hint: str = "",
        errors: Sequence[Told] = (),
        params: dict[str, Any] | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.hint = hint
        self.errors = list(errors)
        self.params = params or {}
        self.headers = headers or {}


class Shown(NamedTuple):
    """How a class of library errors is answered."""

    status: int
    title: str


# The first that fits; a subclass stands before its base.
ANSWERS: tuple[tuple[type[LibraryError], Shown], ...] = (
    (NotFound, Shown(404, "There is no such thing")),
    (Invalid, Shown(422, "The input is wrong")),
    (Clash, Shown(409, "The present state forbids it")),
    (ReadOnly, Shown(403, "Not allowed here")),
    (DiskFull, Shown(507, "The disk is full")),
    (Suspect, Shown(503, "Not now")),
    (Closed, Shown(409, "The workspace cannot be opened")),
    (Damaged, Shown(409, "Stored bytes are damaged")),
    (LibraryError, Shown(409, "It could not be done")),
)
TITLES = {
    400: "The request is malformed",
    401: "Not let in",
    403: "Refused",
    404: "There is no such thing",
    405: "This cannot be done with it",
    408: "The request took too long",
    409: "The present state forbids it",
    411: "The length is missing",
    413: "The request is too large",
    415: "The content type is wrong",
    416: "There is no such range",
    421: "Wrong address",
    422: "The input is wrong",
    431: "The headers are too large",
    500: "Gesso failed",
    502: "The provider failed",
    503: "Not now",
    507: "The disk is full",
}


def refusal_of_store(error: StoreError) -> Refused:
    """A mechanism's error that came through as it was."""
    if isinstance(error, StoreFull):
        return Refused(507, "disk_full", str(error), hint=DiskFull.hint, params=dict(error.params))
    if isinstance(error, StoreSuspect):
        return Refused(503, "store_suspect", str(error), hint=Suspect.hint)
    if isinstance(error, StoreBusy):
        return Refused(503, "busy", str(error), hint="Try again in a moment.")
    if isinstance(error, StoreDamaged):
        return Refused(409, Damaged.code, str(error), hint=Damaged.hint)
    if isinstance(error, BlobMissing):
        return Refused(404, "missing", str(error), hint="Run `gesso verify`.")
    return Refused(500, "store", str(error), hint="Run `gesso doctor`.")


def refusal_of(error: LibraryError) -> Refused:
    """A library error as an HTTP answer."""
    shown = next(shown for kind, shown in ANSWERS if isinstance(error, kind))
    errors: Sequence[Told] = error.problems if isinstance(error, Invalid) else ()
    return Refused(shown.status, error.code, str(error), hint=error.hint, errors=errors, params=error.params)
