"""Looking after a library: digest, checks, rebuilding, backups, exports. Checks also work without a daemon."""

from __future__ import annotations

import os

from commands.errors import CommandError, Exit, WrongUsage
from commands.finding import find_assets
from commands.findings import as_dict, judged
from commands.imports import absolute
from commands.session import Session
from commands.terminal.output import safe, short
from commands.terminal.texts import say
from commands.verbs import argument, option, verb
from commands.work import follow
from daemon import lock


@verb("digest")
def digest(session: Session) -> None:
    answer = session.daemon.get(session.within("digest"))
    session.answer(answer, lambda: print(answer["digest"]))
    if not session.json:
        session.hint("digest.of", count=answer["documents"], segments=answer["segments"])


@verb("verify", option("--read-data", is_flag=True))
def verify(session: Session, read_data: bool) -> int:
    if lock.is_held(session.paths):
        wish = {"read_data": read_data}
        return judged(session, follow(session, session.daemon.post(session.within("verify"), wish), "verify.doing"))
    from daemon import doctor

    return judged(session, as_dict(doctor.verify(session.paths, os.environ, read_data)))


@verb("doctor", option("--fix", is_flag=True), option("--yes", is_flag=True))
def doctor(session: Session, fix: bool, yes: bool) -> int:
    from daemon import doctor

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
    return Exit.ATTENTION if answer["damaged"] else Exit.DONE


@verb(
    "export",
    argument("directory"),
    argument("asset", nargs=-1),
    option("--query", metavar="QUERY"),
    option("--dry-run", is_flag=True),
)
def export(session: Session, directory: str, asset: tuple[str, ...], query: str | None, dry_run: bool) -> None:
    if asset and query is not None:
        raise WrongUsage(say("export.both"))
    path = absolute([directory])[0]
    found = find_assets(session, asset) if asset else None
    if dry_run:
        page = session.daemon.get(session.within("assets"), q=query or "", limit=1)
        count = page["total"] if found is None else len(found)
        session.confirm_line({"would_export": count, "path": path}, "export.would", count=count, path=safe(path))
        return
    wish = {"path": path, **({"assets": found} if found else {}), **({"q": query} if query is not None else {})}
    answer = follow(session, session.daemon.post(session.within("export"), wish), "export.doing")
    session.confirm_line(answer, "export.done", path=safe(path))


def bring_backup_in(session: Session, path: str, dry_run: bool) -> None:
    """A backup becomes a workspace of this device, beside those that are here."""
    if dry_run:
        known = os.path.isdir(path)  # noqa: PTH112
        if not known:
            raise CommandError(say("backup.absent", path=safe(path)), code="not_found")
        session.confirm_line({"path": path}, "backup.would", path=safe(path))
        return
    made = follow(session, session.daemon.post("/api/v1/restore", {"path": path}), "restore.doing")
    session.confirm_line(made, "restore.brought_in", name=safe(made["name"]), id=short(made["id"]))
