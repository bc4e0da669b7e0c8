"""Members of the workspace: who is here, in what role, who is invited, and who goes."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from commands.session import Session
from commands.terminal.output import safe, short, show_table, when
from commands.terminal.texts import say
from commands.verbs import Noun, OneOf, argument, option

member = Noun("member")
ROLES = ("admin", "editor", "reviewer", "viewer")


@member.verb("ls")
def ls(session: Session) -> None:
    answer = session.daemon.get(session.within("members"))
    answer["invitations"] = session.daemon.get(session.within("invitations"))["invitations"]

    def show() -> None:
        rows = [
            (
                "●" if each["mine"] else "",
                short(each["id"]),
                say(f"word.{each['role']}"),
                when(each["since"]) if each["since"] else "",
                each["added_by_name"] or "",
                sum(not device["revoked"] for device in each["devices"]),
                each["name"],
            )
            for each in answer["members"]
        ]
        names = ("current", "id", "role", "since", "by", "devices", "name")
        show_table([f"column.{name}" for name in names], rows, right=(5,))
        waiting = [each for each in answer["invitations"] if each["state"] == "open"]
        if waiting:
            print()
        for each in waiting:
            role, until = say(f"word.{each['role']}"), when(each["expires"])
            print(say("member.invited.open", name=safe(each["person"]), role=role, until=until, id=short(each["id"])))

    session.answer(answer, show)


@member.verb("role", argument("member"), argument("role", type=OneOf(ROLES)))
def role(session: Session, member: str, role: str) -> None:
    edited = session.daemon.patch(place(session, member), {"role": role})
    session.confirm_line(edited, "member.role", name=safe(edited["name"]), role=say(f"word.{role}"))


@member.verb("rename", argument("member"), argument("name"))
def rename(session: Session, member: str, name: str) -> None:
    edited = session.daemon.patch(place(session, member), {"name": name})
    session.confirm_line(edited, "member.renamed", name=safe(edited["name"]))


@member.verb("rm", argument("member"), option("--yes", is_flag=True))
def rm(session: Session, member: str, yes: bool) -> None:
    found = session.daemon.get(place(session, member))
    name, only = safe(found["name"]), session.daemon.get(place(session, found["id"]) + "/only")["originals"]
    warning = [say("member.only_sure", name=name, count=only)] if only else []
    count = sum(not each["revoked"] for each in found["devices"])
    session.ask("\n".join([*warning, say("member.rm.ask", name=name, count=count)]), yes=yes)
    answer = session.daemon.delete(place(session, found["id"]))
    session.confirm_line(answer, "member.removed", name=name)
    if (lost := answer["only_there"])["originals"]:
        named = ", ".join(map(safe, lost["pictures"]))
        session.hint("member.only_there", name=name, count=lost["originals"], names=named)


@member.verb(
    "invite",
    argument("name"),
    option("--role", metavar="ROLE", type=OneOf(ROLES), default="editor"),
    option("--hours", metavar="N", type=float, default=48.0),
    option("--address", metavar="HOST:PORT", multiple=True),
)
def invite(session: Session, name: str, role: str, hours: float, address: tuple[str, ...]) -> None:
    wish = {"name": name, "role": role, "hours": hours, "addresses": list(address)}
    made = session.daemon.post(session.within("invitations"), wish)

    def show() -> None:
        session.hint("member.invited", name=safe(name), role=say(f"word.{role}"), until=when(made["expires"]))
        print(made["text"])

    session.answer(made, show)


@member.verb("withdraw", argument("invitation"))
def withdraw(session: Session, invitation: str) -> None:
    listed = session.daemon.get(session.within("invitations"))["invitations"]
    meant = [each for each in listed if invitation and each["id"].startswith(invitation)]
    id = meant[0]["id"] if len(meant) == 1 else invitation
    answer = session.daemon.delete(session.within(f"invitations/{quote(id, safe='')}"))
    session.confirm_line(answer or {"withdrawn": id}, "member.withdrawn")


def place(session: Session, member: str) -> Any:
    return session.within(f"members/{quote(member, safe='')}")
