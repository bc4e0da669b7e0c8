"""What is done alike to all that has a name: albums, saved prompts, saved searches, projects.

`kind` is what the paths of the API call them.
"""

from __future__ import annotations

from typing import Any

from commands.session import Session
from commands.terminal.output import safe, short
from commands.terminal.texts import say
from commands.terminal.timeline import show_entries

Found = dict[str, Any]


def name_line(found: Found) -> str:
    return say("project.archived_name", name=found["name"]) if found["archived"] else str(found["name"])


def place(session: Session, kind: str, found: Found, *more: str) -> str:
    return session.within("/".join((kind, found["id"], *more)))


def change(session: Session, kind: str, found: Found, wish: Found) -> Found:
    edited: Found = session.daemon.patch(place(session, kind, found), wish)
    return edited


def duplicate(session: Session, kind: str, found: Found, name: str, key: str) -> None:
    """Make another one that says the same; `key` says so, as after `create`."""
    made = session.daemon.post(place(session, kind, found, "duplicate"), {"name": name})
    session.confirm_line(made, key, name=safe(made["name"]), id=short(made["id"]))


def remove(session: Session, kind: str, found: Found, key: str, **more: Any) -> None:
    """Delete it; `key` says so, with the action that undo takes."""
    answer = session.daemon.delete(place(session, kind, found))
    session.confirm_line(answer, key, name=safe(found["name"]), action=short(answer["action"] or ""), **more)


def show_history(session: Session, kind: str, found: Found) -> None:
    answer = session.daemon.get(place(session, kind, found, "history"))
    session.answer(answer, lambda: show_entries(answer["entries"]))
