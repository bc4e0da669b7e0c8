"""The offline switch: this device speaks to no other machine, or to others again."""

from __future__ import annotations

from commands.errors import WrongUsage
from commands.session import Session
from commands.terminal.texts import say
from commands.verbs import argument, verb

STATES = {"on": True, "off": False}


@verb("offline", argument("state", required=False))
def offline(session: Session, state: str | None) -> None:
    if state is not None and state not in STATES:
        raise WrongUsage(say("offline.which"))
    if state is None:
        answer = {"on": session.daemon.get("/api/v1/status", workspace=session.workspace)["offline"]}
    else:
        answer = session.daemon.post("/api/v1/offline", {"on": STATES[state]})
    session.confirm_line(answer, "offline.on" if answer["on"] else "offline.off")
