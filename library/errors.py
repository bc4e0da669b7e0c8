"""What can go wrong in a library, by what the caller does next.

Every error has a `code` that readers translate, `params` for the translation, an English sentence and a hint.
"""

from __future__ import annotations

import errno
from collections.abc import Sequence
from typing import Any


class LibraryError(Exception):
    """Base of the family."""

    code = "failed"
    hint = ""

    def __init__(self, message: str, *, code: str | None = None, hint: str = "", **params: Any) -> None:
        super().__init__(message)
        self.code = code or type(self).code
        self.hint = hint or type(self).hint
        self.params = params
        self.report: Any = None  # what there is to tell besides, of work that takes long


class NotFound(LibraryError):
    """There is no such thing here."""

    code = "not_found"
    hint = "Check the id; `gesso search` and `gesso project ls` show what there is."


# JSON pointer and sentence; of what readers translate one by one also its code and parameters.
Told = tuple[str, str] | tuple[str, str, str, dict[str, str]]


class Invalid(LibraryError):
    """The input is wrong: ask the user. `problems` are all that is wrong with it."""

    code = "invalid"

    def __init__(
        self,
        message: str,
        problems: Sequence[Told] = (),
        *,
        code: str | None = None,
        hint: str = "",
        **params: Any,
    ) -> None:
        super().__init__(message, code=code, hint=hint, **params)
        self.problems = list(problems)


class NoCursor(Invalid):
    """What should say where a list goes on does not."""

    code = "invalid.cursor"

    def __init__(self, problem: str = "not a cursor") -> None:
        super().__init__("That is not a cursor of this list.", [("/after", problem)])


class Clash(LibraryError):
    """The present state forbids it."""

    code = "clash"


class ReadOnly(LibraryError):
    """This device may not change that, or does not understand it well enough to."""

    code = "read_only"


class DiskFull(LibraryError):
    """No room: nothing was changed, reading goes on."""

    code = "disk_full"
    hint = "Free some space on the disk that holds the library, then try again."


class Suspect(LibraryError):
    """The disk failed a write: nothing is written until what is stored was reopened and checked. Reading goes on."""

    code = "store_suspect"
    hint = "Gesso checks the library by itself and goes on when it is whole; `gesso status` says how it stands."


class Damaged(LibraryError):
    """Stored bytes are not what was written."""

    code = "damaged"
    hint = "Run `gesso verify` to see what is damaged and how to mend it."


class LogDamaged(Damaged):
    """Nothing is made from a log whose bytes are not what was signed; what was made from it before stays."""

    code = "log_damaged"

    def __init__(self) -> None:
        super().__init__(
            "The library's log is damaged, so nothing was made from it. What was made before is as it was."
        )


class Closed(LibraryError):
    """A workspace of this device could not be opened. Its folder was left as it is; the others work."""

    code = "workspace_damaged"
    hint = (
        "`gesso verify` names the damage; nothing was changed. `gesso restore --backup DIR` brings the workspace back "
        "from a backup, and sets the damaged folder aside."
    )


def of_system(error: OSError) -> dict[str, Any]:
    """The reason that the system gives, in its English, and its name (ENOENT) for translation."""
    return {"reason": str(error.strerror or error), "system": errno.errorcode.get(error.errno or 0, "")}
