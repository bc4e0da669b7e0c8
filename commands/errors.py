"""How a command can end badly, by what the caller of the command does next: the exit code."""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum
from typing import Any

from commands.terminal.texts import say, translated


class Exit(IntEnum):
    """The program's exit codes; scripts rely on them."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    NO_DAEMON = 3
    ATTENTION = 4
    PARTLY = 5
    INTERRUPTED = 130  # what shells expect after Ctrl-C


class CommandError(Exception):
    """Ends the command with a sentence for the person, a code for scripts and perhaps a hint."""

    exit = Exit.FAILED

    def __init__(
        self,
        message: str,
        *,
        code: str = "failed",
        hint: str = "",
        exit: Exit | None = None,
        problems: Sequence[dict[str, Any]] = (),
    ) -> None:
        super().__init__(message)
        self.code = code
        self.hint = hint
        self.problems = problems  # what was found, one by one
        self.exit = exit if exit is not None else type(self).exit

    def as_json(self) -> dict[str, Any]:
        """What --json prints instead of the answer."""
        found = {"problems": list(self.problems)} if self.problems else {}
        return {"error": {"code": self.code, "message": str(self), "hint": self.hint, **found}}


class WrongUsage(CommandError):
    """The words typed make no command, or not one that can be meant."""

    exit = Exit.USAGE

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message, code="usage", hint=hint)


class NoDaemon(CommandError):
    """Nothing to talk to, or nothing that proves to be ours."""

    exit = Exit.NO_DAEMON


class ProblemAnswered(CommandError):
    """The daemon said no; `status` and `params` are as it sent them."""

    def __init__(self, message: str, *, code: str, hint: str, status: int, params: dict[str, Any]) -> None:
        super().__init__(message, code=code, hint=hint, exit=exit_of(code))
        self.status = status
        self.params = params


# Codes after which a person must look: not a failed command but something found.
CLOSED = {"workspace_damaged", "workspace_newer", "workspace_unreadable", "workspace_twice", "default_gone"}
# It is the words typed that are wrong, not what they met.
WRONG = {
    *("invalid", "bad_query", "no_query", "no_name", "no_tag", "too_long", "reserved_name", "not_absolute"),
    *("no_variable_name", "no_language", "not_in_album", "preset_field", "preset_pattern_brace"),
    *("preset_pattern_folder", "preset_pattern_length", "preset_size", "preset_background", "preset_quality"),
    *("preset_original", "preset_pattern_unseen"),
}
DAMAGED = {"damaged", "log_damaged", "log_damaged_here", *CLOSED}
ATTENTION = {"conflict", "disk_full", "export_full", "store_suspect", *DAMAGED}


def exit_of(code: str) -> Exit:
    """How a command ends that was answered with this code, or one of its family."""
    if code.partition(".")[0] in WRONG:
        return Exit.USAGE
    return Exit.ATTENTION if code in ATTENTION else Exit.FAILED


def told(error: Exception) -> CommandError | None:
    """What the daemon's own code raised while it ran in this process; None for what it did not mean to raise."""
    from daemon.errors import ConfigProblems, DaemonError, UnfitHome

    hint = getattr(error, "hint", None)
    if isinstance(hint, str):  # an error of the library, which this layer does not import
        code = str(getattr(error, "code", "failed"))
        params = getattr(error, "params", {})
        message = translated("problem", code, params, str(error))
        hint = translated("problem", code, params, hint, ".hint")
        exit = Exit.ATTENTION if code in ATTENTION else Exit.FAILED  # no words were typed that could be wrong
        return CommandError(message, code=code, hint=hint, exit=exit)
    if isinstance(error, UnfitHome):
        return CommandError("\n".join(map(_reason, error.found)), code=error.code)
    if isinstance(error, ConfigProblems):
        return CommandError(
            say("problem.config"), code=error.code, problems=[each._asdict() for each in error.problems]
        )
    if isinstance(error, DaemonError):
        message = translated("problem", error.code, error.params, str(error))
        hint = translated("problem", error.code, error.params, "", ".hint")
        return CommandError(message, code=error.code, hint=hint)
    return None


def _reason(unfit: Any) -> str:
    """Why a home must not be used, and what to do."""
    what = translated("finding", unfit.code, unfit.params, unfit.what)
    return f"{what} ({unfit.where}) {translated('finding', unfit.code, unfit.params, unfit.remedy, '.remedy')}"


def defect(error: Exception) -> CommandError:
    """A mistake of ours."""
    message = say("ended.bug", error=f"{type(error).__name__}: {error}")
    return CommandError(message, code="defect", hint=say("ended.bug.hint"))
