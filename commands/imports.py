"""Pictures coming in: imports by hand, and watched folders."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote_from_bytes

from commands.errors import Exit, WrongUsage
from commands.finding import find_listed, find_project
from commands.session import Session
from commands.terminal.output import safe, short, show_table
from commands.terminal.texts import knows, say, translated
from commands.terminal.timeline import parts_of_import
from commands.verbs import Noun, argument, option, verb
from commands.work import follow

watch = Noun("watch")
MOST_ENDINGS = 5  # told of what was passed over
EXPORT = "gesso-export.json"  # what makes a folder a full export


@verb(
    "import",
    argument("path", nargs=-1, required=True),
    option("--reference", is_flag=True),
    option("--project", metavar="PROJECT"),
    option("--dry-run", is_flag=True),
)
def bring_in(session: Session, path: tuple[str, ...], reference: bool, project: str | None, dry_run: bool) -> int:
    wish = {
        "paths": absolute(path),
        "reference": reference,
        "project": find_project(session, project)["id"] if project else None,
        "dry_run": dry_run,
    }
    for place in path:
        if os.path.exists(os.path.join(os.path.expanduser(place), EXPORT)):  # noqa: PTH110, PTH111, PTH118
            session.hint("import.export", path=safe(place))
    report = follow(session, session.daemon.post(session.within("imports"), wish), "import.doing")
    session.answer(report, lambda: show_report(session, report, dry_run))
    for failure in report["failed"]:
        print(failure_line(failure), file=sys.stderr)
    return Exit.PARTLY if report["failed"] else Exit.DONE


def absolute(paths: Sequence[str]) -> list[str]:
    """Paths that mean the same to the daemon, which runs elsewhere; links are left for it to judge."""
    if not all(paths):  # of a variable that is not set: it would mean the folder that one happens to stand in
        raise WrongUsage(say("usage.empty_path"))
    return [_told(os.path.abspath(os.path.expanduser(path))) for path in paths]  # noqa: PTH100, PTH111


def _told(path: str) -> str:
    """The path as JSON can hold it: a name may be bytes that are no text, and goes as a file's URL then."""
    data = os.fsencode(path)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return "file://" + quote_from_bytes(data)


def show_report(session: Session, report: dict[str, Any], dry_run: bool) -> None:
    if session.quiet:
        return
    parts = parts_of_import(report)
    parts += [say("import.failed", count=len(report["failed"]))] if report["failed"] else []
    key = "import.would" if dry_run else "import.done"
    text = say("word.comma").join(parts) if parts else say("import.nothing")
    print(say(key, text=text, seconds=f"{report['seconds']:.1f}"))
    if report["alike"]:
        session.hint("import.alike", count=report["alike"])
    if others := report["others"]:
        names = say("word.comma").join([ending for ending in others if ending][:MOST_ENDINGS])
        key = "import.others.named" if names else "import.others"
        session.hint(key, count=sum(others.values()), endings=names)


def failure_line(failure: dict[str, Any]) -> str:
    """One file that was not imported, and why, on one line whatever its name holds."""
    reason = translated("import.reason", str(failure.get("code")), failure.get("params", {}), failure["reason"])
    return f"{safe(failure['path'])}: {safe(reason)}"


@watch.verb("add", argument("path"), option("--reference", is_flag=True))
def add(session: Session, path: str, reference: bool) -> None:
    added = session.daemon.post(session.within("watched"), {"path": absolute([path])[0], "reference": reference})
    session.confirm_line(added, "watch.added", path=safe(added["path"]))


@watch.verb("ls")
def ls(session: Session) -> None:
    answer = session.daemon.get(session.within("watched"))

    def show() -> None:
        rows = [
            (short(each["id"]), say(f"word.{each['mode']}"), state_of(each), each["assets"], each["path"])
            for each in answer["watched"]
        ]
        if rows:
            show_table(("column.id", "column.mode", "column.state", "column.pictures", "column.path"), rows, right=(3,))
        else:
            session.hint("watch.none")

    session.answer(answer, show)
    for each in answer["watched"]:
        if each["missing"]:
            session.hint("watch.missing", count=each["missing"], path=safe(each["path"]))
        show_failures(session, each)


def show_failures(session: Session, watched: dict[str, Any]) -> None:
    """What lies in a watched folder and could not be imported, beside the answer."""
    if not watched["failures"]:
        return
    session.hint("watch.failed", count=watched["failures"], path=safe(watched["path"]))
    for failure in watched["failed"]:
        print(failure_line(failure), file=sys.stderr)
    if (more := watched["failures"] - len(watched["failed"])) > 0:
        session.hint("watch.failed.more", count=more)


def state_of(watched: dict[str, Any]) -> str:
    key = f"word.{watched['state']}"
    word = say(key) if knows(key) else str(watched["state"])
    key = f"watch.why.{watched['detail']}"
    why = say(key) if knows(key) else watched["detail"]
    return f"{word} ({why})" if why else word


@watch.verb("rm", argument("folder"))
def rm(session: Session, folder: str) -> None:
    known = session.daemon.get(session.within("watched"))["watched"]
    names = [(each["id"], each["path"]) for each in known]
    path = absolute([folder])[0]
    given = path if any(name == path for _, name in names) else folder
    wanted = find_listed(given, names, "watch.unknown")
    session.daemon.delete(session.within(f"watched/{wanted}"))
    session.confirm_line({"removed": wanted}, "watch.removed", path=safe(dict(names)[wanted]))
