"""What happened, and going back: timelines, versions, undo, checkpoints, the library as of a moment."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import click

from commands.care import bring_backup_in
from commands.errors import CommandError, Exit, ProblemAnswered, WrongUsage
from commands.finding import HEX, find_asset, find_listed, find_project, find_version
from commands.imports import absolute
from commands.search import PAGE, find_page, paging, show_found
from commands.session import Session
from commands.terminal.output import safe, short, show_table, when
from commands.terminal.texts import knows, say
from commands.terminal.timeline import described, show_entries
from commands.verbs import Noun, Words, argument, option, verb

MOST = 200
MANY = 20  # pictures that an undo may touch unasked


@verb("log", argument("what", required=False), *paging())
def log(session: Session, what: str | None, limit: int, after: str | None) -> None:
    answer = timeline(session, limit, after) if what is None else history_of(session, what, limit)

    def show() -> None:
        show_entries(answer["entries"])
        if answer.get("next"):
            session.hint("search.more", cursor=answer["next"])

    session.answer(answer, show)


def timeline(session: Session, limit: int, after: str | None) -> dict[str, Any]:
    """The newest actions of the whole workspace."""
    entries: list[dict[str, Any]] = []
    while True:
        page = session.daemon.get(session.within("timeline"), limit=min(MOST, limit - len(entries)), after=after)
        entries, after = entries + page["entries"], page["next"]
        if len(entries) >= limit or not after:
            return {"entries": entries, "next": after}


def history_of(session: Session, what: str, limit: int) -> dict[str, Any]:
    """The actions of one picture, or of one project by name or id."""
    try:
        path = f"projects/{find_project(session, what)['id']}/history"
    except CommandError:
        path = f"assets/{find_asset(session, what)}/history"
    answer = session.daemon.get(session.within(path))
    return {"entries": answer["entries"][:limit]}


@verb(
    "restore",
    argument("asset", required=False),
    option("--version", "version", metavar="VERSION"),
    option("--action", metavar="ACTION"),
    option("--backup", metavar="DIR"),
    option("--incomplete", is_flag=True),
    option("--dry-run", is_flag=True),
)
def restore(
    session: Session,
    asset: str | None,
    version: str | None,
    action: str | None,
    backup: str | None,
    incomplete: bool,
    dry_run: bool,
) -> int:
    if [asset, backup].count(None) != 1 or (asset is not None and [version, action].count(None) != 1):
        raise WrongUsage(say("restore.which"), hint=say("restore.which.hint"))
    if incomplete and backup is None:
        raise WrongUsage(say("restore.incomplete_what"), hint=say("restore.which.hint"))
    if backup is not None:
        return bring_backup_in(session, absolute([backup])[0], incomplete, dry_run)
    if asset is not None:
        restore_asset(session, find_asset(session, asset), version, action, dry_run)
    return Exit.DONE


def restore_asset(session: Session, asset: str, version: str | None, action: str | None, dry_run: bool) -> None:
    path = session.within(f"assets/{asset}")
    detail = session.daemon.get(path)
    wish, name = wanted_state(detail, version, action)
    numbered = {each["id"]: (number, each) for number, each in enumerate(detail["versions"], 1)}
    number, wanted = numbered.get(wish.get("version", ""), (0, {"state": "here"}))
    if dry_run and wanted["state"] == "missing" and not wanted["current"]:
        hint = say("problem.version_gone.hint")
        raise CommandError(say("problem.version_gone", number=number), code="version_gone", hint=hint)
    if dry_run:
        session.confirm_line({"asset": asset, **wish}, "restore.would", name=safe(detail["asset"]["name"]), what=name)
        return
    answer = session.daemon.post(f"{path}/restore", wish)
    made = [each for each in session.daemon.get(f"{path}/history")["entries"] if each["action"] == answer["action"]]
    key = "restore.done" if answer["action"] else "edit.nothing"
    session.confirm_line({**answer, "entries": made}, key, name=safe(detail["asset"]["name"]), what=name, count=0)
    if wanted["state"] == "offline":
        session.hint("restore.offline")


def wanted_state(detail: dict[str, Any], version: str | None, action: str | None) -> tuple[dict[str, str], str]:
    """What the daemon is asked to go back to, and what to call it. A version may be given by its number, oldest 1."""
    if version is not None:
        found, number = find_version(version, detail["versions"])
        return {"version": found}, say("restore.version", number=number, id=short(found))
    found = find_listed(str(action), [(each["action"], "") for each in detail["history"]], "restore.no_action")
    entry = next(each for each in detail["history"] if each["action"] == found)
    return {"action": found}, say("restore.after", text=described(entry["intent"], entry["params"]))


@verb("undo", argument("action", required=False), option("--yes", is_flag=True))
def undo(session: Session, action: str | None, yes: bool) -> None:
    turn(session, "undo", action, yes)


@verb("redo", argument("action", required=False), option("--yes", is_flag=True))
def redo(session: Session, action: str | None, yes: bool) -> None:
    turn(session, "redo", action, yes)


def turn(session: Session, path: str, action: str | None, yes: bool) -> None:
    """Take an action back, or an undo; where that touches many pictures at once, only when the person agrees."""
    if action is not None and not action.strip():  # an empty variable of a script must not mean the latest
        raise WrongUsage(say("usage.missing", name="ACTION"))
    wish = {"action": find_action(session, action) if action else None}
    try:
        answer = session.daemon.post(session.within(path), {**wish, "most": None if yes else MANY})
    except ProblemAnswered as problem:
        if problem.code != "touches_many":
            raise
        intent, count = str(problem.params["intent"]), problem.params["count"]
        text = say(f"deed.{intent}") if knows(f"deed.{intent}") else safe(intent)
        only_new = intent == "asset.import" and "imported" not in problem.params
        key = "undo.ask_import" if path == "undo" and only_new else f"{path}.ask"
        session.ask(say(key, count=count, text=text), yes=False)
        # What was asked about, though something newer came in meanwhile.
        answer = session.daemon.post(session.within(path), {"action": problem.params["action"]})
    params, changed = answer["params"], answer["changed"]
    outcome = "nothing" if not answer["action"] else "partly" if changed < params.get("count", 1) else "done"
    text = described(answer["intent"], params)
    session.confirm_line(answer, f"{path}.{outcome}", text=text, count=changed, action=short(answer["action"] or ""))


def find_action(session: Session, given: str) -> str:
    """The full id of an action named by its beginning, among the latest of the workspace."""
    if len(given) == 32 and HEX.match(given):
        return given
    known = [(each["action"], "") for each in timeline(session, 1000, None)["entries"]]
    return find_listed(given, known, "undo.unknown")


class Checkpoints(Noun):
    """`checkpoint NAME` makes one: whatever is not one of its verbs is a name."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        known = self.get_command(ctx, args[0]) is not None
        return super().resolve_command(ctx, args if known else ["create", *args])


checkpoint = Checkpoints("checkpoint")


@checkpoint.verb("create", argument("name"))
def create(session: Session, name: str) -> None:
    made = session.daemon.post(session.within("checkpoints"), {"name": name})
    latest = timeline(session, 1, None)["entries"]
    session.confirm_line({**made, "entries": latest}, "checkpoint.created", name=safe(name), when=when(made["when"]))


@checkpoint.verb("ls")
def ls(session: Session) -> None:
    answer = session.daemon.get(session.within("checkpoints"))

    def show() -> None:
        rows = [(short(each["id"]), when(each["when"]), each["who"], each["name"]) for each in answer["checkpoints"]]
        if rows:
            show_table(("column.id", "column.when", "column.who", "column.name"), rows)
        else:
            session.hint("checkpoint.none")

    session.answer(answer, show)


@verb("at", argument("when"), Words("query"), *paging())
def at(session: Session, when: str, query: tuple[str, ...], limit: int, after: str | None) -> None:
    page = find_page(session, " ".join(query), sort="newest", at=when, limit=limit, after=after)
    document = {"when": when, **page, "entries": actions_until(session, when)} if session.json else {}
    session.answer(document, lambda: show_found(session, page))


def actions_until(session: Session, moment: str) -> list[dict[str, Any]]:
    """The latest actions before a moment, newest first."""
    known = session.daemon.get(session.within("checkpoints"))["checkpoints"]
    named = [each["when"] for each in known if moment in (each["name"], each["id"])]
    limit = named[0] if named else milliseconds(moment)
    after: str | None = None
    found: list[dict[str, Any]] = []
    while len(found) < PAGE:
        page = session.daemon.get(session.within("timeline"), limit=MOST, after=after)
        found += [entry for entry in page["entries"] if entry["when"] <= limit]
        after = page["next"]
        if after is None:
            break
    return found[:PAGE]


def milliseconds(moment: str) -> int:
    """A time as people write it, in this machine's zone unless it says its own. The daemon has accepted it already."""
    return int(datetime.fromisoformat(moment).timestamp() * 1000)
