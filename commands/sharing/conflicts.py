"""What several devices set differently at once: listed with all values, settled on one of them or another."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from commands.errors import CommandError, Exit, WrongUsage
from commands.finding import HEX, LEAST_DIGITS, find_album, find_asset, find_version
from commands.session import Session
from commands.terminal.conflicts import called, in_words
from commands.terminal.output import listed, safe, short, show_table, when
from commands.terminal.texts import knows, say
from commands.verbs import Noun, Number, argument, option

conflicts = Noun("conflicts")
PAGE = 200  # conflicts that the daemon names at once
Conflict = dict[str, Any]
YES = {"yes": True, "no": False}


@conflicts.verb(
    "ls", option("-n", "--limit", metavar="N", type=Number(1, PAGE), default=50), option("--after", metavar="CURSOR")
)
def ls(session: Session, limit: int, after: str | None) -> int:
    found = session.daemon.get(session.within("conflicts"), limit=limit, after=after)

    def show() -> None:
        rows = [row for each in found["items"] for row in rows_of(each)]
        if not rows:
            session.hint("conflicts.none")
            return
        columns = ("id", "name", "field", "number", "value", "who", "when", "current")
        show_table([f"column.{name}" for name in columns], rows, right=(3,), flexible=(1, 4))
        if found["next"]:
            session.hint("conflicts.more", count=found["total"] - len(found["items"]), cursor=found["next"])

    session.answer(found, show)
    return Exit.ATTENTION if found["total"] else Exit.DONE


def rows_of(conflict: Conflict) -> Iterator[tuple[Any, ...]]:
    """A line for each value; what all of them are about stands in the first one."""
    head = (short(conflict["document"]), called(conflict["kind"], conflict["name"]), field_word(conflict["field"]))
    for number, choice in enumerate(conflict["choices"], 1):
        who = listed(safe(each["device"]) for each in choice["by"])
        last = max(each["when"] for each in choice["by"])
        shown = say("conflicts.shown") if choice["shown"] else ""
        value = in_words(conflict["field"], said(choice))
        yield (*(head if number == 1 else ("", "", "")), number, value, who, when(last), shown)


def said(choice: dict[str, Any]) -> Any:
    """A value as people know it: the number of a version, the name of what it stands for."""
    known = (choice[each] for each in ("number", "name") if choice[each] is not None)
    return next(known, choice["value"])


def field_word(field: str) -> str:
    return say(f"conflicts.field.{field}") if knows(f"conflicts.field.{field}") else safe(field)


@conflicts.verb(
    "resolve",
    argument("thing"),
    argument("field", required=False),
    option("--take", metavar="NUMBER", type=Number(1, PAGE)),
    option("--value", metavar="VALUE"),
)
def resolve(session: Session, thing: str, field: str | None, take: int | None, value: str | None) -> None:
    if (take is None) == (value is None):
        raise WrongUsage(say("conflicts.which_value"))
    conflict = meant(session, thing, field)
    choices = conflict["choices"]
    if take is not None and take > len(choices):
        raise WrongUsage(say("conflicts.no_number", number=take, most=len(choices)))
    wanted = choices[take - 1]["value"] if take is not None else read(session, conflict, str(value))
    wish = {
        "document": conflict["document"],
        "field": conflict["field"],
        "value": wanted,
        "seen": [each["value"] for each in choices],
    }
    answer = session.daemon.post(session.within("conflicts/resolve"), wish)
    name = called(conflict["kind"], conflict["name"])
    session.confirm_line(answer, "conflicts.settled", name=name, field=field_word(conflict["field"]))


def meant(session: Session, thing: str, field: str | None) -> Conflict:
    """The conflict of a thing that is named by its id, the beginning of it, or its name."""
    word = thing.strip()
    digits = word.lower() if HEX.match(word.lower()) and len(word) >= LEAST_DIGITS else None
    every = [each for each in all_conflicts(session) if field is None or each["field"] == field]
    found = [each for each in every if each["name"] == word or (digits and each["document"].startswith(digits))]
    if not found:
        raise CommandError(say("conflicts.not_found", word=safe(word)), code="not_found", hint=say("conflicts.see"))
    if len(found) > 1:
        names = listed(f"{short(each['document'])} {safe(each['name'])}: {each['field']}" for each in found[:5])
        raise CommandError(say("find.several", word=safe(word), total=len(found), names=names), code="ambiguous",
                           hint=say("conflicts.name_field"))  # fmt: skip
    return found[0]


def all_conflicts(session: Session) -> Iterator[Conflict]:
    after: str | None = None
    while True:
        page = session.daemon.get(session.within("conflicts"), limit=PAGE, after=after)
        yield from page["items"]
        after = page["next"]
        if after is None:
            return


def read(session: Session, conflict: Conflict, value: str) -> Any:
    """A value as a person types it, as the daemon takes it."""
    field = conflict["field"]
    if field in ("rating", "copies"):
        if not value.isascii() or not value.isdigit():
            raise WrongUsage(say("conflicts.no_value", field=field_word(field), value=safe(value)))
        return int(value)
    if field == "archived":
        if value not in YES:
            raise WrongUsage(say("conflicts.no_value", field=field_word(field), value=safe(value)))
        return YES[value]
    if value in ("", "none") and field not in ("title", "name", "query"):
        return None
    if field == "current":
        versions = session.daemon.get(session.within(f"assets/{conflict['document']}"))["versions"]
        return find_version(value, versions)[0]
    if field == "cover":
        return find_asset(session, value)
    return find_album(session, value)["id"] if field == "parent" else value
