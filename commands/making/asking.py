"""Asking a model something in words: the answer as it comes, or as one document."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

from commands.errors import CommandError, Exit
from commands.making.words import money, range_of
from commands.session import Session, print_json
from commands.terminal.output import safe_lines
from commands.terminal.texts import say, translated
from commands.verbs import argument, option, verb

STDIN = "-"
CUT = {"length": "ask.stop.length", "content": "ask.stop.content"}  # why an answer is not whole
DOUBTFUL = ("provider.unknown", "provider.answer")  # whether it was carried out is not known


@verb(
    "ask",
    argument("text"),
    option("--provider", metavar="NAME", default=""),
    option("--model", metavar="MODEL", default=""),
    option("--system", metavar="TEXT", default=""),
    option("--dry-run", is_flag=True),
)
def ask(session: Session, text: str, dry_run: bool, **given: str) -> int:
    said = sys.stdin.read() if text == STDIN else text
    question = {"text": said, **given}
    if dry_run:
        quote = session.daemon.post(session.within("ask/estimate"), question)
        session.answer(quote, lambda: print(quoted(quote)))
        return Exit.DONE
    answer: dict[str, Any] = {}
    spoken: list[str] = []
    try:
        for line in answered(session, question):
            if "engine" in line:
                answer = line
            else:
                spoken.append(line["text"])
                show_piece(session, line["text"])
    except CommandError as error:
        raise doubted(session, error, begun=bool(spoken)) from error
    if session.json:
        print_json({**answer, "text": "".join(spoken)})
        return Exit.DONE
    if spoken and not spoken[-1].endswith("\n"):
        print()
    remark(session, answer, bool("".join(spoken).strip()))
    return Exit.DONE


def quoted(quote: dict[str, Any]) -> str:
    price = quote["price"]
    key = "ask.quote.as_of" if price["as_of"] else "ask.quote"
    return say(key, engine=quote["engine"], model=quote["model"], cost=range_of(price), day=price["as_of"])


def answered(session: Session, question: dict[str, str]) -> Iterator[dict[str, Any]]:
    """The lines of an answer; where it broke off, raises why."""
    for line in session.daemon.lines(session.within("ask/stream"), question):
        if "error" in line:
            error = line["error"]
            raise CommandError(
                translated("problem", error["code"], error["params"], error["message"]), code=error["code"]
            )
        yield line


def show_piece(session: Session, text: str) -> None:
    """On a terminal nothing of it acts there; into a file or another program it goes as it is."""
    if session.json:
        return
    if sys.stdout.isatty():
        text = safe_lines(text.replace("\r", "").replace("\t", "    "))
    print(text, end="", flush=True)


def doubted(session: Session, error: CommandError, begun: bool) -> CommandError:
    """The same, with what to do about a call that may have been paid."""
    if begun and not session.json:
        print()
    if error.code not in DOUBTFUL:
        return error
    session.daemon.hang_up()  # what is left of the answer is not read
    count = len(session.daemon.get(session.within("calls"))["calls"])
    if not count:
        return error
    return CommandError(str(error), code=error.code, hint=say("gen.decide", count=count), exit=Exit.ATTENTION)


def remark(session: Session, answer: dict[str, Any], spoke: bool) -> None:
    """What stands beside an answer: that it is not whole, and what it cost."""
    if not spoke:
        session.hint("ask.silent")
    if answer["stop"] in CUT:
        session.hint(CUT[answer["stop"]])
    cost = answer["cost"]
    if cost["basis"] != "free":
        amount = say("money.unknown") if cost["amount"] is None else money(cost["amount"], cost["currency"])
        session.hint("ask.cost", cost=amount)
