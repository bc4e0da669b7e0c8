"""Saved prompts: texts with places to fill, in several languages, to make pictures from again."""

from __future__ import annotations

from typing import Any

from commands.collected.named import change, duplicate, name_line, place, remove
from commands.errors import WrongUsage
from commands.finding import find_prompt
from commands.session import Session
from commands.terminal.output import listed, safe, safe_lines, short, show_facts, show_table, when
from commands.terminal.texts import say
from commands.terminal.timeline import show_entries
from commands.verbs import Noun, Words, argument, option

prompt = Noun("prompt")
FIRST = 60  # characters of a text in a list


@prompt.verb("ls", Words("query"), option("--all", "archived", is_flag=True), option("--at", metavar="WHEN"))
def ls(session: Session, query: tuple[str, ...], archived: bool, at: str | None) -> None:
    asked = {"q": " ".join(query), "archived": str(archived).lower(), "at": at}
    answer = session.daemon.get(session.within("prompts"), **asked)

    def show() -> None:
        rows = [
            (short(each["id"]), each["assets"], name_line(each), each["text"][:FIRST]) for each in answer["prompts"]
        ]
        if rows:
            columns = ("column.id", "column.pictures", "column.name", "column.prompt")
            show_table(columns, rows, right=(1,), flexible=(2, 3))
        else:
            session.hint("prompt.none_found" if query else "prompt.none")

    session.answer(answer, show)


@prompt.verb(
    "create",
    argument("name"),
    argument("text"),
    option("--negative", metavar="TEXT"),
    option("--var", "variables", metavar="NAME=VALUE", multiple=True),
    option("--tag", "tags", metavar="TAG", multiple=True),
)
def create(
    session: Session, name: str, text: str, negative: str | None, variables: tuple[str, ...], tags: tuple[str, ...]
) -> None:
    wish: dict[str, Any] = {"name": name, "text": text, "variables": dict(map(filled, variables)), "tags": tags}
    made = session.daemon.post(session.within("prompts"), wish | ({"negative": negative} if negative else {}))
    session.confirm_line(made, "prompt.created", name=safe(made["name"]), id=short(made["id"]))


def filled(given: str) -> tuple[str, str]:
    """A variable and its value."""
    name, sign, value = given.partition("=")
    if not sign:
        raise WrongUsage(say("prompt.no_value", word=safe(given)))
    return name, value


@prompt.verb("show", argument("prompt"), option("--at", metavar="WHEN"))
def show(session: Session, prompt: str, at: str | None) -> None:
    found = find_prompt(session, prompt, at)

    def told() -> None:
        show_facts(
            [
                ("fact.name", name_line(found)),
                ("fact.id", found["id"]),
                ("fact.tags", listed(found["tags"])),
                ("fact.pictures", found["assets"]),
                ("fact.created", when(found["created_at"])),
                *[("fact.variable", f"{name} = {value}") for name, value in found["variables"].items()],
            ]
        )
        texts = [("", found), *sorted(found["variants"].items())]
        for language, said in texts:
            print("\n" + (f"[{language}] " if language else "") + safe_lines(said["text"]))
            if said["negative"]:
                print(say("prompt.negative", text=safe_lines(said["negative"])))
        if found["notes"]:
            print("\n" + safe_lines(found["notes"]))

    session.answer(found, told)


@prompt.verb(
    "edit",
    argument("prompt"),
    option("--name", metavar="NAME"),
    option("--text", metavar="TEXT"),
    option("--negative", metavar="TEXT"),
    option("--notes", metavar="TEXT"),
    option("--language", metavar="LANGUAGE"),
    option("--var", "variables", metavar="NAME=VALUE", multiple=True),
    option("--unset", metavar="NAME", multiple=True),
    option("--tag", "tags", metavar="TAG", multiple=True),
    option("--untag", metavar="TAG", multiple=True),
)
def edit(
    session: Session,
    prompt: str,
    language: str | None,
    variables: tuple[str, ...],
    unset: tuple[str, ...],
    tags: tuple[str, ...],
    untag: tuple[str, ...],
    **texts: str | None,
) -> None:
    said = {field: text for field, text in texts.items() if text is not None}
    values: dict[str, str | None] = {**dict(map(filled, variables)), **dict.fromkeys(unset)}
    found = find_prompt(session, prompt)
    wish: dict[str, Any] = {"variants": {language: variant(found, language, said)}} if language else {}
    wish |= said | {"variables": values, "add_tags": tags, "remove_tags": untag}
    wish = {field: value for field, value in wish.items() if value or field in said}
    if not wish:
        raise WrongUsage(say("prompt.nothing"))
    edited = change(session, "prompts", found, wish)
    session.confirm_line(edited, "prompt.edited", name=safe(edited["name"]))


def variant(found: dict[str, Any], language: str, said: dict[str, str]) -> dict[str, str] | None:
    """A language with what was said of it, taken out of `said`; None: it goes, for its text is empty."""
    before = found["variants"].get(language, {"text": "", "negative": ""})
    whole = {field: said.pop(field, before[field]) for field in ("text", "negative")}
    return whole if whole["text"] else None


@prompt.verb("archive", argument("prompt"), option("--undo", is_flag=True))
def archive(session: Session, prompt: str, undo: bool) -> None:
    edited = change(session, "prompts", find_prompt(session, prompt), {"archived": not undo})
    session.confirm_line(edited, "prompt.unarchived" if undo else "prompt.archived", name=safe(edited["name"]))


@prompt.verb("duplicate", argument("prompt"), argument("name"))
def copy(session: Session, prompt: str, name: str) -> None:
    duplicate(session, "prompts", find_prompt(session, prompt), name, "prompt.created")


@prompt.verb("rm", argument("prompt"))
def rm(session: Session, prompt: str) -> None:
    remove(session, "prompts", find_prompt(session, prompt), "prompt.removed")


@prompt.verb("log", argument("prompt"))
def log(session: Session, prompt: str) -> None:
    answer = session.daemon.get(place(session, "prompts", find_prompt(session, prompt), "history"))
    session.answer(answer, lambda: show_log(answer["entries"]))


def show_log(entries: list[dict[str, Any]]) -> None:
    """What happened, newest first, and what the prompt said after each action that made it say something else."""
    show_entries(entries)
    for entry, older in zip(entries, [*entries[1:], {}], strict=True):
        if entry["text"] is None or texts_of(entry) == texts_of(older):
            continue
        print("\n" + say("prompt.said", when=when(entry["when"]), action=short(entry["action"])))
        print("\n".join(f"  {line}" for text in texts_of(entry) for line in safe_lines(text).split("\n")))


def texts_of(entry: dict[str, Any]) -> list[str]:
    """What a prompt said after an action."""
    negative = [say("prompt.negative", text=entry["negative"])] if entry.get("negative") else []
    return [entry.get("text") or "", *negative]
