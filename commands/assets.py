"""One picture or several: show, and every edit of what people say about them."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from commands.errors import CommandError, WrongUsage
from commands.finding import find_asset, find_assets
from commands.session import Session
from commands.sharing.copies import show_copies
from commands.terminal.output import listed, safe, safe_lines, short, show_facts, show_table, size, stars, when
from commands.terminal.texts import knows, reason, say
from commands.terminal.timeline import show_entries
from commands.verbs import Number, OneOf, Verb, argument, assets, option, verb

FLAGS = ("pick", "reject", "none")
LABELS = ("red", "yellow", "green", "blue", "purple", "none")
LONGEST_FACT = 200
ENTRIES_SHOWN = 10


@verb("show", argument("asset"), option("--at", metavar="WHEN"))
def show(session: Session, asset: str, at: str | None) -> None:
    found = find_asset(session, asset)
    detail = session.daemon.get(session.within(f"assets/{found}"), at=at)
    session.answer(flattened(detail), lambda: show_detail(detail))


def flattened(detail: dict[str, Any]) -> dict[str, Any]:
    """One document per picture: what lists show of it, then what only this verb shows."""
    rest = {name: value for name, value in detail.items() if name not in ("asset", "conflicts")}
    return {**detail["asset"], **rest, "candidates": detail["conflicts"]}


def show_detail(detail: dict[str, Any]) -> None:
    asset = detail["asset"]
    show_facts(
        [
            ("fact.name", asset["name"]),
            ("fact.id", asset["id"]),
            ("fact.picture", picture_line(asset)),
            ("fact.state", state_word(asset)),
            ("fact.rating", stars(asset["rating"])),
            ("fact.flag", say(f"word.{asset['flag']}") if asset["flag"] else None),
            ("fact.label", say(f"word.{asset['label']}") if asset["label"] else None),
            ("fact.tags", listed(asset["tags"])),
            ("fact.tool", asset["tool"]),
            ("fact.model", asset["model"]),
            ("fact.seed", asset["seed"]),
            ("fact.created", when(asset["created_at"])),
            ("fact.sources", listed(detail["sources"])),
            *(("fact.made_of", origin_line(each)) for each in detail["made_of"]),
        ]
    )
    for key, text in (
        ("fact.prompt", asset["prompt"]),
        ("fact.negative", asset["negative"]),
        ("fact.note", detail["note"]),
    ):
        show_text(key, text)
    show_conflicts(detail["conflicts"])
    show_parameters(detail["facts"])
    show_versions(detail["versions"])
    if detail["copies"]:
        heading("heading.copies")
        show_copies(detail["copies"])
    if detail["history"]:
        heading("heading.history")
        show_entries(detail["history"][:ENTRIES_SHOWN])


def origin_line(origin: dict[str, Any]) -> str:
    """A picture that this one says it was made of, which may be anywhere."""
    id = short(origin["id"])
    if origin["name"] is None:
        return say("made_of.away", id=id)
    return say("made_of.binned" if origin["binned"] else "made_of.here", name=safe(origin["name"]), id=id)


def picture_line(asset: dict[str, Any]) -> str:
    return f"{asset['width']} × {asset['height']}, {asset['media_type'].removeprefix('image/')}, {size(asset['bytes'])}"


def state_word(asset: dict[str, Any]) -> str:
    told = asset.get("sync") or asset["state"]
    state = say(f"word.{told}") if knows(f"word.{told}") else told
    return say("word.binned", state=state, when=when(asset["binned_at"])) if asset["binned_at"] else state


def heading(key: str) -> None:
    print(f"\n{say(key)}")


def show_text(key: str, text: str | None) -> None:
    if text:
        heading(key)
        print("\n".join(f"  {line}" for line in safe_lines(text).split("\n")))


def show_conflicts(conflicts: dict[str, list[dict[str, Any]]]) -> None:
    if conflicts:
        heading("heading.conflicts")
        rows = [
            (field, each["value"], each["device"], when(each["when"]))
            for field in conflicts
            for each in conflicts[field]
        ]
        show_table(("column.field", "column.value", "column.device", "column.when"), rows)


def show_parameters(facts: dict[str, Any]) -> None:
    if facts:
        heading("heading.facts")
        for name, value in facts.items():
            label, text = say(f"parameter.{name}") if knows(f"parameter.{name}") else safe(str(name)), safe(str(value))
            print(f"  {label}: {text if len(text) <= LONGEST_FACT else text[:LONGEST_FACT] + '…'}")


def show_versions(versions: Sequence[dict[str, Any]]) -> None:
    numbers = {version["id"]: number for number, version in enumerate(versions, 1)}
    heading("heading.versions")
    columns = ["current", "number", "version", "picture", "when", "state"]
    rows = [version_row(each, numbers) for each in versions]
    if len({each["name"] for each in versions}) > 1:
        columns.append("name")
        rows = [(*row, each["name"] or "") for row, each in zip(rows, versions, strict=True)]
    show_table([f"column.{name}" for name in columns], rows, right=(1,))


def version_row(version: dict[str, Any], numbers: Mapping[str, int]) -> tuple[Any, ...]:
    mark = "●" if version["current"] else ""
    made, state = when(version["created_at"]), state_word({**version, "binned_at": None})
    number, parent = numbers[version["id"]], numbers.get(version["parent"] or "")
    if version["restored"] in numbers:
        state = say("version.restored", state=state, number=numbers[version["restored"]])
    elif parent is not None and parent != number - 1:
        state = say("version.from", state=state, number=parent)
    return mark, number, short(version["id"]), picture_line(version), made, state


def change(session: Session, given: Sequence[str], what: dict[str, Any], key: str, **params: Any) -> None:
    """Edit the pictures that are meant as one action, and say so under `key`."""
    found = find_assets(session, given)
    if len(found) == 1:
        answer = session.daemon.patch(session.within(f"assets/{found[0]}"), what)
        changed = 1 if answer["action"] else 0
    else:
        answer = session.daemon.post(session.within("assets/edit"), {"assets": found, "change": what})
        changed = answer["changed"]
    key = key if answer["action"] else "edit.nothing"
    session.confirm_line(answer, key, **params, count=changed)


class TagVerb(Verb):
    """After the picture, `+word` puts a tag on and `-word` takes it off, so a dash there begins no short option."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        kept, given, taken = split_tags(args)
        ctx.meta["tags"] = (given, taken)
        return super().parse_args(ctx, kept)


def split_tags(args: Sequence[str]) -> tuple[list[str], list[str], list[str]]:
    """(other words, tags to put on, tags to take off). Before the first asset a dash begins an option as everywhere."""
    kept: list[str] = []
    signed: list[str] = []
    named = value_due = False
    for word in args:
        if (
            value_due
            or word.startswith("--")
            or not word.startswith(("+", "-"))
            or (word.startswith("-") and not named)
        ):
            named = named or not (value_due or word.startswith("-"))
            value_due = not value_due and word in ("--home", "--workspace", "--add", "--remove")
            kept.append(word)
        elif word in ("-", "+"):
            raise WrongUsage(say("tag.no_word"))
        else:
            signed.append(word)
    return kept, [word[1:] for word in signed if word[0] == "+"], [word[1:] for word in signed if word[0] == "-"]


def put_tags(session: Session, asset: tuple[str, ...], add: tuple[str, ...], remove: tuple[str, ...]) -> None:
    given, taken = click.get_current_context().meta["tags"]
    given, taken = [*add, *given], [*remove, *taken]
    if not given and not taken:
        raise WrongUsage(say("tag.nothing"), hint=say("tag.nothing.hint"))
    change(session, asset, {"add_tags": given, "remove_tags": taken}, "edit.tagged")


tag = TagVerb(
    "tag",
    put_tags,
    [
        assets(),
        option("--add", metavar="TAG", multiple=True),
        option("--remove", metavar="TAG", multiple=True),
    ],
)


@verb("rate", assets(), argument("stars", type=Number(0, 5)))
def rate(session: Session, asset: tuple[str, ...], stars: int) -> None:
    change(session, asset, {"rating": stars}, "edit.rated")


@verb("title", argument("asset"), argument("text"))
def title(session: Session, asset: str, text: str) -> None:
    change(session, [asset], {"title": text or None}, "edit.titled")


@verb("flag", assets(), argument("flag", type=OneOf(FLAGS)))
def flag(session: Session, asset: tuple[str, ...], flag: str) -> None:
    change(session, asset, {"flag": None if flag == "none" else flag}, "edit.flagged")


@verb("label", assets(), argument("color", type=OneOf(LABELS)))
def label(session: Session, asset: tuple[str, ...], color: str) -> None:
    change(session, asset, {"label": None if color == "none" else color}, "edit.labelled")


@verb("note", argument("asset"), argument("text", required=False), option("--file", "file", metavar="FILE"))
def note(session: Session, asset: str, text: str | None, file: str | None) -> None:
    if text is not None and file is not None:
        raise WrongUsage(say("note.both"))
    if file is not None:
        text = read_text(file)
    if text is not None:
        change(session, [asset], {"note": text}, "edit.noted")
        return
    detail = session.daemon.get(session.within(f"assets/{find_asset(session, asset)}"))
    session.answer({"asset": detail["asset"]["id"], "note": detail["note"]}, lambda: print(safe_lines(detail["note"])))


def read_text(file: str) -> str:
    """A note's text from a file, or from stdin for `-`."""
    try:
        data = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise CommandError(say("note.not_text", file=safe(file)), code="not_text") from error
    except OSError as error:
        raise CommandError(say("note.unreadable", file=safe(file), reason=reason(error)), code="unreadable") from error
