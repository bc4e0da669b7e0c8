"""Recovery kits: a code on paper that opens the workspace again when every device is lost."""

from __future__ import annotations

import sys

from commands.errors import WrongUsage
from commands.session import Session
from commands.terminal.output import safe, short, show_table, when
from commands.terminal.texts import say
from commands.verbs import Noun, option

recovery = Noun("recovery")
WIDTH = 60


@recovery.verb("ls")
def ls(session: Session) -> None:
    answer = session.daemon.get(session.within("recovery"))

    def show() -> None:
        rows = [
            (short(each["id"]), when(each["made"]) if each["made"] else "", each["person"]) for each in answer["kits"]
        ]
        if rows:
            show_table(("column.id", "column.made", "column.name"), rows)
        else:
            session.hint("recovery.none")

    session.answer(answer, show)


@recovery.verb("kit", option("--replace", is_flag=True), option("--yes", is_flag=True))
def kit(session: Session, replace: bool, yes: bool) -> None:
    if replace:
        session.ask(say("recovery.replace.ask"), yes=yes)
    made = session.daemon.post(session.within("recovery"), {"replace": replace})
    listed = session.daemon.get("/api/v1/workspaces")["workspaces"]
    meant = [each for each in listed if session.workspace in (each["id"], each["name"])]
    meant = meant or [each for each in listed if each["default"]] or listed

    def show() -> None:
        facts = {"workspace": safe(meant[0]["name"]), "id": meant[0]["id"], "person": safe(made["person"])}
        groups = made["code"].split("-")
        lines = [" ".join(groups[at : at + 3]) for at in range(0, len(groups), 3)]
        print("─" * WIDTH)
        print(say("recovery.paper.title"))
        print("─" * WIDTH)
        print(say("recovery.paper.facts", **facts, made=when(made["made"])))
        print()
        for line in lines:
            print(f"    {line}")
        print()
        print(say("recovery.paper.what"))
        print("─" * WIDTH)
        session.hint("recovery.once")

    session.answer({**made, "workspace": meant[0]["id"]}, show)


@recovery.verb("check")
def check(session: Session) -> int:
    answer = session.daemon.post(session.within("recovery/check"), {"code": ask_code(session)})
    good = answer["state"] == "good" and answer["keys"] == answer["of"]
    key = "partly" if answer["state"] == "good" and not good else answer["state"]
    facts = {"person": safe(answer["person"] or ""), "role": say(f"word.{answer['role']}"), "keys": answer["keys"]}
    session.confirm_line(answer, f"recovery.check.{key}", **facts, of=answer["of"])
    return 0 if good else 4


@recovery.verb("use")
def use(session: Session) -> None:
    answer = session.daemon.post(session.within("recovery/use"), {"code": ask_code(session)})
    session.confirm_line(answer, "recovery.used")


def ask_code(session: Session) -> str:
    """Never a word of the command line: other programs of the machine read those."""
    if sys.stdin.isatty():
        print(say("recovery.ask"), end=" ", file=sys.stderr, flush=True)
    code = sys.stdin.readline().strip()
    if not code:
        raise WrongUsage(say("recovery.no_code"))
    return code
