"""What was written without the right to, and waits for an admin's word."""

from __future__ import annotations

from commands.errors import WrongUsage
from commands.session import Session
from commands.terminal.output import listed, safe, short, when
from commands.terminal.texts import say
from commands.verbs import Noun, argument, option

quarantine = Noun("quarantine")


@quarantine.verb("ls")
def ls(session: Session) -> None:
    answer = session.daemon.get(session.within("quarantine"))

    def show() -> None:
        if not answer["quarantine"]:
            session.hint("quarantine.none")
        for each in answer["quarantine"]:
            who = safe(each["person"] or each["device_name"])
            facts = {"who": who, "device": safe(each["device_name"]), "role": say(f"word.{each['role']}")}
            print(say(f"quarantine.{each['reason']}", count=each["changes"], **facts))
            print(f"  {short(each['device'])} · {when(each['since'])} – {when(each['until'])}")
            if each["documents"]:
                print(f"  {listed(safe(name) for name in each['documents'])}")

    session.answer(answer, show)


@quarantine.verb("accept", argument("device"), option("--yes", is_flag=True))
def accept(session: Session, device: str, yes: bool) -> None:
    decide(session, device, "accept", yes)


@quarantine.verb("discard", argument("device"), option("--yes", is_flag=True))
def discard(session: Session, device: str, yes: bool) -> None:
    decide(session, device, "discard", yes)


def decide(session: Session, device: str, decision: str, yes: bool) -> None:
    waiting = session.daemon.get(session.within("quarantine"))["quarantine"]
    meant = [
        each for each in waiting if device and (each["device"].startswith(device) or each["device_name"] == device)
    ]
    if len(meant) != 1:
        raise WrongUsage(say("quarantine.which" if meant else "quarantine.not_there", device=safe(device)))
    facts = {"count": meant[0]["changes"], "who": safe(meant[0]["person"] or meant[0]["device_name"])}
    session.ask(say(f"quarantine.{decision}.ask", **facts), yes=yes)
    wish = {"device": meant[0]["device"], "decision": decision}
    answer = session.daemon.post(session.within("quarantine"), wish)
    session.confirm_line(answer, f"quarantine.{decision}.done", **facts)
