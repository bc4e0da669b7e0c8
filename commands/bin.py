"""Taking pictures out of the library: into the bin, where they stay, and out of it again."""

from __future__ import annotations

import time

from commands.finding import find_assets
from commands.search import paging, show_page
from commands.session import Session
from commands.terminal.output import ago, safe, short, show_table
from commands.terminal.texts import say
from commands.verbs import Noun, assets, option, verb

bin = Noun("bin")


@verb("rm", assets(), option("--yes", is_flag=True), option("--dry-run", is_flag=True))
def rm(session: Session, asset: tuple[str, ...], yes: bool, dry_run: bool) -> None:
    found = find_assets(session, asset)
    if dry_run:
        session.confirm_line({"changed": 0, "would_change": len(found), "assets": found}, "rm.would", count=len(found))
        return
    session.ask(say("rm.ask", count=len(found)), yes=yes)
    answer = session.daemon.post(session.within("assets/bin"), {"assets": found})
    session.confirm_line(answer, "rm.done", count=answer["changed"], first=short(found[0]))


@bin.verb("ls", *paging())
def ls(session: Session, limit: int, after: str | None) -> None:
    page = session.daemon.get(session.within("bin"), limit=limit, after=after)

    def show() -> None:
        rows = [(short(each["id"]), ago(each["binned_at"], time.time()), safe(each["name"])) for each in page["items"]]
        show_table(("column.id", "column.binned", "column.name"), rows)
        show_page(session, page)

    session.answer(page, show)


@bin.verb("restore", assets())
def restore(session: Session, asset: tuple[str, ...]) -> None:
    answer = session.daemon.post(session.within("assets/unbin"), {"assets": find_assets(session, asset)})
    session.confirm_line(answer, "bin.restored", count=answer["changed"])
