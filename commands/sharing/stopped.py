"""Devices that deleted or replaced too much at once: let through what they wrote, or give the pictures back."""

from __future__ import annotations

from typing import Any

from commands.errors import CommandError
from commands.finding import find_listed
from commands.session import Session
from commands.terminal.output import listed, safe, short, show_table, when
from commands.terminal.texts import say
from commands.verbs import Noun, argument

stopped = Noun("stopped")
WHICH = argument("stop", required=False)


@stopped.verb("ls")
def ls(session: Session) -> None:
    found = session.daemon.get(session.within("stopped"))

    def show() -> None:
        if not found["stopped"]:
            session.hint("stopped.none")
            return
        rows = [
            (
                short(each["id"]),
                safe(each["name"]),
                say(f"stopped.state.{each['state']}"),
                str(each["pictures"]),
                when(each["since"]),
            )
            for each in found["stopped"]
        ]
        show_table(
            ("column.id", "column.device", "column.state", "column.pictures", "column.when"), rows, flexible=(1,)
        )
        for each in found["stopped"]:
            if each["state"] == "asking":
                names = listed(safe(one["name"]) for one in each["samples"])
                session.hint("stopped.ask", name=safe(each["name"]), count=each["passed"], pictures=names)

    session.answer(found, show)


@stopped.verb("approve", WHICH)
def approve(session: Session, stop: str | None) -> None:
    _decide(session, stop, "approve")


@stopped.verb("reject", WHICH)
def reject(session: Session, stop: str | None) -> None:
    _decide(session, stop, "reject")


@stopped.verb("revert", WHICH)
def revert(session: Session, stop: str | None) -> None:
    _decide(session, stop, "revert")


def _decide(session: Session, stop: str | None, decision: str) -> None:
    """Of the only one there is, or of one by its id or its device's name."""
    state = "approved" if decision == "revert" else "asking"
    every = session.daemon.get(session.within("stopped"))["stopped"]
    fitting = [each for each in every if each["state"] == state]
    one = _meant(fitting, every, stop)
    answer = session.daemon.post(session.within("stopped"), {"id": one["id"], "decision": decision})
    key = "stopped.approved" if decision == "approve" else "stopped.restored"
    session.confirm_line(answer, key, name=safe(one["name"]), count=answer["restored"])


def _meant(fitting: list[dict[str, Any]], every: list[dict[str, Any]], stop: str | None) -> dict[str, Any]:
    if stop is None:
        if len(fitting) == 1:
            return fitting[0]
        key = "stopped.several" if fitting else "stopped.none_such"
        raise CommandError(say(key), code="ambiguous" if fitting else "not_found", hint=say("stopped.which"))
    by_name = [(each["id"], each["name"]) for each in fitting]
    if not any(name == stop for _, name in by_name):
        by_name = [(each["id"], each["name"]) for each in every]  # of one that was decided the daemon says so
    id = find_listed(stop, by_name, "stopped.no_such", say("stopped.which"))
    return next(each for each in every if each["id"] == id)
