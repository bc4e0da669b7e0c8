"""Workspaces of this device: each is a library of its own."""

from __future__ import annotations

from collections import Counter
from typing import Any
from urllib.parse import quote

from commands.session import Session
from commands.terminal.output import safe, short, show_table
from commands.terminal.texts import say, translated
from commands.verbs import Noun, argument, option

workspace = Noun("workspace")
PATH = "/api/v1/workspaces"


@workspace.verb("ls")
def ls(session: Session) -> None:
    answer = session.daemon.get(PATH)

    def show() -> None:
        rows = [
            (
                "●" if each["default"] else "",
                short(each["id"]),
                short(each["device"]),
                say(f"word.{each['role']}"),
                each["name"],
            )
            for each in answer["workspaces"]
        ]
        show_table([f"column.{name}" for name in ("current", "id", "device", "role", "name")], rows)
        names = Counter(each["name"] for each in answer["workspaces"])
        for name in (name for name, count in names.items() if count > 1):
            session.hint("workspace.namesakes", name=safe(name))
        for each in answer["closed"]:
            told = {**each, **each["params"]}
            print(f"! {safe(translated('problem', each['code'], told, each['what']))}")
            print(f"  → {safe(translated('problem', each['code'], told, each['hint'], '.hint'))}")

    session.answer(answer, show)


@workspace.verb("new", argument("name"), option("--use", is_flag=True))
def new(session: Session, name: str, use: bool) -> None:
    made = session.daemon.post(PATH, {"name": name})
    if use:
        made = session.daemon.patch(f"{PATH}/{made['id']}", {"default": True})
    session.confirm_line(made, "workspace.created", name=safe(name), id=short(made["id"]))


@workspace.verb("use", argument("name"))
def use(session: Session, name: str) -> None:
    edited = change(session, name, {"default": True})
    session.confirm_line(edited, "workspace.used", name=safe(edited["name"]))


@workspace.verb("rename", argument("name"), argument("to"))
def rename(session: Session, name: str, to: str) -> None:
    edited = change(session, name, {"name": to})
    session.confirm_line(edited, "workspace.renamed", name=safe(edited["name"]))


def change(session: Session, name: str, wish: dict[str, Any]) -> dict[str, Any]:
    answer: dict[str, Any] = session.daemon.patch(f"{PATH}/{quote(name, safe='')}", wish)
    return answer
