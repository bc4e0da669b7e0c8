"""Long work of the daemon, followed to its end: progress meanwhile, Ctrl-C asks it to stop."""

from __future__ import annotations

import time
from typing import Any

from commands.errors import CommandError, Exit, exit_of
from commands.session import Session
from commands.terminal.progress import Bar
from commands.terminal.texts import say, translated

QUICK, SLOW = 0.02, 0.25  # seconds between looks: short work ends at once, long work is not disturbed
GROWTH = 1.5


def follow(session: Session, task: dict[str, Any], what: str) -> Any:
    """The result of a task; raises CommandError when it failed or was stopped. `what` is a key, said beside the bar."""
    with Bar(what, visible=session.watched) as bar:
        try:
            ended = _wait(session, task, bar)
        except KeyboardInterrupt:
            session.daemon.delete(f"/api/v1/tasks/{task['id']}")
            ended = _wait(session, task, bar)
    if ended["state"] == "failed":
        raise failed(ended)
    if ended["state"] == "cancelled":
        raise CommandError(say("work.cancelled"), code="cancelled", exit=Exit.INTERRUPTED)
    return ended["result"]


def failed(task: dict[str, Any]) -> CommandError:
    """How a task ended badly, in the person's language where its code is known, with what it found."""
    code, english, params = task["code"] or "failed", task["error"] or say("work.failed"), task.get("params") or {}
    message = english if code == "failed" else translated("problem", code, params, english)
    hint = translated("problem", code, params, "", ".hint")
    found = task["result"].get("problems", ()) if isinstance(task["result"], dict) else ()
    return CommandError(message, code=code, hint=hint, exit=exit_of(code), problems=found)


def _wait(session: Session, task: dict[str, Any], bar: Bar) -> dict[str, Any]:
    pause = QUICK
    while task["state"] == "running":
        time.sleep(pause)
        pause = min(SLOW, pause * GROWTH)
        task = session.daemon.get(f"/api/v1/tasks/{task['id']}")
        bar.show(task["done"], task["total"], task["detail"])
    return task
