"""Export presets: what pictures become when they are delivered, and delivering them."""

from __future__ import annotations

import sys
from typing import Any
from urllib.parse import quote

from commands.errors import Exit, WrongUsage
from commands.session import Session
from commands.terminal.output import listed, safe, short, show_facts, show_table
from commands.terminal.output import size as bytes_of
from commands.terminal.texts import say, translated
from commands.verbs import Noun, Number, OneOf, argument, option
from commands.work import follow

preset = Noun("preset")
YES = ("yes", "no")
FIELDS = (
    option("--format", type=OneOf(["original", "keep", "png", "jpeg", "webp", "avif"])),
    option("--quality", type=Number(1, 100), metavar="N"),
    option("--lossless", type=OneOf(YES)),
    option("--size", metavar="SIZE"),
    option("--enlarge", type=OneOf(YES)),
    option("--background", metavar="COLOUR"),
    option("--colour", type=OneOf(["keep", "srgb"])),
    option("--metadata", type=OneOf(["all", "generation", "none"])),
    option("--credentials", type=OneOf(["keep", "refuse", "drop"])),
    option("--pattern", metavar="PATTERN"),
    option("--folders", type=OneOf(["none", "project", "album", "date"])),
)


@preset.verb("ls")
def ls(session: Session) -> None:
    answer = session.daemon.get(session.within("presets"))

    def show() -> None:
        rows = [
            (
                each["id"],
                called(each),
                word("format", each),
                each["size"] or "–",
                word("metadata", each),
                each["pattern"],
            )
            for each in answer["presets"]
        ]
        headings = ("column.id", "column.name", "fact.format", "column.size", "fact.metadata", "fact.pattern")
        show_table(headings, rows, flexible=(1, 5))

    session.answer(answer, show)


@preset.verb("show", argument("preset"))
def show(session: Session, preset: str) -> None:
    found = find(session, preset)
    pairs = [
        ("fact.name", called(found)),
        ("fact.id", found["id"]),
        ("fact.format", word("format", found)),
        ("fact.quality", found["quality"]),
        ("fact.lossless", said(found["lossless"])),
        ("fact.size", found["size"] or "–"),
        (
            "fact.enlarge",
            said(found["enlarge"]) if found["enlarge"] or "x" not in found["size"] else say("preset.stays"),
        ),
        ("fact.background", found["background"]),
        ("fact.colour", word("colour", found)),
        ("fact.metadata", word("metadata", found)),
        ("fact.credentials", word("credentials", found)),
        ("fact.pattern", found["pattern"]),
        ("fact.folders", word("folders", found)),
    ]
    session.answer(found, lambda: show_facts(pairs))


def called(preset: dict[str, Any]) -> str:
    """Its name; a built-in one's in the reader's language."""
    name = str(preset["name"])
    return translated("preset.builtin", preset["id"], {}, name) if preset["builtin"] else name


def word(field: str, preset: dict[str, Any]) -> str:
    """What a field is set to, in the reader's words beside the one that `--FIELD` takes."""
    value = str(preset[field])
    return translated(f"preset.{field}", value, {}, value)


def said(value: bool) -> str:
    return say("preset.yes") if value else say("preset.no")


@preset.verb("create", argument("name"), option("--from", "source", metavar="PRESET"), *FIELDS)
def create(session: Session, name: str, source: str | None, **fields: Any) -> None:
    wish = {"name": name, **given(fields)} | ({"source": source} if source is not None else {})
    made = session.daemon.post(session.within("presets"), wish)
    session.confirm_line(made, "preset.created", name=safe(made["name"]))


@preset.verb("edit", argument("preset"), option("--name", metavar="NAME"), *FIELDS)
def edit(session: Session, preset: str, name: str | None, **fields: Any) -> None:
    wish = given(fields) | ({"name": name} if name is not None else {})
    if not wish:
        raise WrongUsage(say("preset.nothing"))
    edited = session.daemon.patch(place(session, find(session, preset)["id"]), wish)
    session.confirm_line(edited, "preset.edited", name=safe(edited["name"]))


@preset.verb("rm", argument("preset"))
def remove(session: Session, preset: str) -> None:
    found = find(session, preset)
    done = session.daemon.delete(place(session, found["id"]))
    session.confirm_line(done, "preset.removed", name=safe(found["name"]), action=short(done["action"] or ""))


def given(fields: dict[str, Any]) -> dict[str, Any]:
    """The fields that were said, as the daemon takes them."""
    wanted = {name: value for name, value in fields.items() if value is not None}
    return {name: value == "yes" if name in ("lossless", "enlarge") else value for name, value in wanted.items()}


def find(session: Session, word: str) -> dict[str, Any]:
    """A preset by its name or its id."""
    found: dict[str, Any] = session.daemon.get(place(session, word))
    return found


def place(session: Session, word: str) -> str:
    return session.within(f"presets/{quote(word, safe='')}")


def deliver(session: Session, wish: dict[str, Any], path: str) -> int:
    """Export by a preset; what could not be made, or lacks something, is named file by file."""
    answer = follow(session, session.daemon.post(session.within("export"), wish), "export.doing")
    told = {"preset": safe(translated("preset.builtin", answer["preset_id"], {}, answer["preset"])), "path": safe(path)}
    if wish.get("dry_run"):
        session.confirm_line(answer, "export.would_as", count=len(answer["files"]), **told)
    else:
        session.confirm_line(answer, "export.done_as", count=answer["written"], **told)
    if not session.json:
        show_files(answer["files"], bool(wish.get("dry_run")))
    if answer["failed"]:
        session.hint("export.failed", count=len(answer["failed"]))
    for each in answer["failed"]:
        print(f"{short(each['asset'])} {safe(each['name'])}: {safe(reason(each))}", file=sys.stderr)
    return Exit.PARTLY if answer["failed"] else Exit.DONE


def show_files(found: list[dict[str, Any]], dry_run: bool) -> None:
    """Of a dry run a table of all files, else what is not in those that were written."""
    if not dry_run:
        for each in found:
            print(f"{safe(each['file'])}: {lacking(each)}", file=sys.stderr)
        return
    rows = [
        (each["file"], f"{each['width']} × {each['height']}", bytes_of(each["bytes"]), lacking(each)) for each in found
    ]
    if rows:
        show_table(("column.file", "column.size", "column.bytes", "column.lost"), rows, right=(2,), flexible=(0, 3))


def lacking(file: dict[str, Any]) -> str:
    """What of the picture is not in the file, or that it is the picture's own."""
    lost = [translated("export.loss", code, {}, code) for code in file["losses"]]
    lost += [say("export.short", size=file["short_of"])] if file["short_of"] else []
    return listed([*([say("export.untouched")] if file["untouched"] else []), *lost])


def reason(failure: dict[str, Any]) -> str:
    """Why a picture could not be exported."""
    code, english = failure["code"], failure["reason"]
    return translated("export.reason", code, failure, translated("import.reason", code, {}, english))
