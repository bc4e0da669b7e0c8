"""Looking after a library: digest, checks, rebuilding, backups, exports. Checks also work without a daemon."""

from __future__ import annotations

import os
import sys

from commands.collected.presets import deliver, reason
from commands.errors import Exit, WrongUsage
from commands.finding import find_assets
from commands.imports import absolute
from commands.session import Session
from commands.sharing.doctor import compare_peers
from commands.terminal.findings import as_dict, judged, print_finding
from commands.terminal.output import safe, short
from commands.terminal.texts import say
from commands.verbs import argument, option, verb
from commands.work import follow
from daemon import lock

LACKING = ("export.missing", "export.changed")  # findings of what a folder should hold and does not


@verb("digest")
def digest(session: Session) -> None:
    answer = session.daemon.get(session.within("digest"))
    session.answer(answer, lambda: print(answer["digest"]))
    if not session.json:
        session.hint("digest.of", count=answer["documents"], segments=answer["segments"])


@verb("verify", option("--read-data", is_flag=True), option("--fetch", is_flag=True))
def verify(session: Session, read_data: bool, fetch: bool) -> int:
    if fetch or lock.is_held(session.paths):
        wish = {"read_data": read_data, "fetch": fetch}
        return judged(session, follow(session, session.daemon.post(session.within("verify"), wish), "verify.doing"))
    from daemon import doctor

    return judged(session, as_dict(doctor.verify(session.paths, os.environ, read_data)))


@verb("doctor", option("--fix", is_flag=True), option("--peers", is_flag=True), option("--yes", is_flag=True))
def doctor(session: Session, fix: bool, peers: bool, yes: bool) -> int:
    from daemon import doctor

    if peers:
        if fix:
            raise WrongUsage(say("doctor.either"))
        return compare_peers(session)
    if fix:
        session.ask(say("doctor.ask"), yes=yes)
        return judged(session, as_dict(doctor.mend(session.paths, os.environ)))
    if lock.is_held(session.paths):
        return judged(session, session.daemon.get("/api/v1/doctor"))
    return judged(session, as_dict(doctor.examine(session.paths, os.environ)))


@verb("rebuild")
def rebuild(session: Session) -> None:
    answer = follow(session, session.daemon.post(session.within("rebuild")), "rebuild.doing")
    session.confirm_line(answer, "rebuild.done", count=answer["documents"], digest=short(answer["digest"]))


@verb("backup", argument("directory"))
def backup(session: Session, directory: str) -> int:
    path = absolute([directory])[0]
    answer = follow(session, session.daemon.post(session.within("backup"), {"path": path}), "backup.doing")
    session.confirm_line(answer, "backup.done", path=safe(path))
    if answer["damaged"]:
        session.hint("backup.damaged", count=len(answer["damaged"]))
    if answer["absent"]:
        session.hint("backup.absent", count=len(answer["absent"]))
    return Exit.ATTENTION if answer["damaged"] else Exit.PARTLY if answer["absent"] else Exit.DONE


@verb(
    "export",
    argument("directory"),
    argument("asset", nargs=-1),
    option("--query", metavar="QUERY"),
    option("--preset", metavar="PRESET"),
    option("--everything", is_flag=True),
    option("--dry-run", is_flag=True),
)
def export(
    session: Session,
    directory: str,
    asset: tuple[str, ...],
    query: str | None,
    preset: str | None,
    everything: bool,
    dry_run: bool,
) -> int:
    if len([each for each in (asset, query is not None, everything) if each]) > 1:
        raise WrongUsage(say("export.both"))
    if everything and preset is not None:
        raise WrongUsage(say("export.whole_preset"))
    path = absolute([directory])[0]
    if everything:
        return export_everything(session, path, dry_run)
    found = find_assets(session, asset) if asset else None
    wish = {"path": path, **({"assets": found} if found else {}), **({"q": query} if query is not None else {})}
    if preset is not None:
        return deliver(session, {**wish, "preset": preset, "dry_run": dry_run}, path)
    if dry_run:
        count = count_of(session, query or "") if found is None else len(found)
        session.confirm_line({"would_export": count, "path": path}, "export.would", count=count, path=safe(path))
        return Exit.DONE
    answer = follow(session, session.daemon.post(session.within("export"), wish), "export.doing")
    session.confirm_line(answer, "export.done", path=safe(path))
    if answer["failed"]:
        session.hint("export.failed", count=len(answer["failed"]))
    for each in answer["failed"]:
        print(f"{short(each['asset'])} {safe(each['name'])}: {safe(reason(each))}", file=sys.stderr)
    return Exit.PARTLY if answer["failed"] else Exit.DONE


def count_of(session: Session, query: str) -> int:
    """How many pictures a query finds."""
    return int(session.daemon.get(session.within("assets"), q=query, limit=1)["total"])


def export_everything(session: Session, path: str, dry_run: bool) -> int:
    """The whole workspace; what it could not get is named, and decides the exit code."""
    if dry_run:
        count = count_of(session, "") + count_of(session, "is:binned")
        session.confirm_line({"would_export": count, "path": path}, "export.would", count=count, path=safe(path))
        return Exit.DONE
    wish = {"path": path, "everything": True}
    answer = follow(session, session.daemon.post(session.within("export"), wish), "export.doing")
    for problem in answer["problems"]:
        print_finding(problem, sys.stderr)
    session.confirm_line(answer, "export.whole", count=answer["pictures"], path=safe(path))
    codes = {problem["code"] for problem in answer["problems"]}
    if "export.damaged" in codes:
        return Exit.ATTENTION
    return Exit.PARTLY if codes & {"export.offline", "export.gone"} else Exit.DONE


def bring_backup_in(session: Session, path: str, incomplete: bool, dry_run: bool) -> int:
    """A backup or full export becomes a workspace of this device, beside those that are here."""
    wish = {"path": path, "incomplete": incomplete, "dry_run": dry_run}
    answer = follow(session, session.daemon.post("/api/v1/restore", wish), "restore.doing")
    for problem in answer["problems"]:
        print_finding(problem, sys.stderr)
    lacking = any(problem["code"] in LACKING for problem in answer["problems"])
    if dry_run:
        key = "backup.would_not" if lacking else "backup.would"
        session.confirm_line({"path": path, **answer}, key, path=safe(path))
        return Exit.ATTENTION if lacking else Exit.DONE
    key = "restore.put_back" if answer["put_back"] else "restore.brought_in"
    session.confirm_line(answer, key, name=safe(answer["name"]), id=short(answer["id"]))
    if not answer["put_back"]:
        session.hint("restore.use", id=short(answer["id"]))
    return Exit.PARTLY if lacking else Exit.DONE
