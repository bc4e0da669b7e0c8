"""Starting with the computer: install, remove, and say how the service of this home is. Works without a daemon."""

from __future__ import annotations

import os
import shlex
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from commands.errors import Exit
from commands.life import halt
from commands.session import Session
from commands.terminal.output import ago, safe, show_facts
from commands.terminal.texts import say
from commands.verbs import Noun, option

if TYPE_CHECKING:
    from daemon.service.service import Plan, Service, Standing

service = Noun("service")
DRY, YES = option("--dry-run", is_flag=True), option("--yes", is_flag=True)


def of(session: Session) -> Service:
    """The service of the session's home."""
    from daemon.service import here
    from daemon.service.service import Service

    return Service(session.paths, here.machine(os.environ))


@service.verb("install", DRY, YES)
def install(session: Session, dry_run: bool, yes: bool) -> None:
    mine = of(session)
    if dry_run:
        plan = mine.preview()
        session.answer({**told(plan), "changed": False}, lambda: show_plan(plan))
        return
    if mine.whose() in ("edited", "foreign"):
        session.ask(say("service.replace", place=safe(str(mine.place))), yes=yes)
    plan = mine.install()
    key = "service.same" if not plan.changes else "service.later" if "by_hand" in plan.warnings else "service.installed"
    session.confirm_line({**told(plan), "changed": plan.changes}, key, name=plan.name)
    warn(session, plan)


def told(plan: Plan) -> dict[str, Any]:
    commands = [list(step.words) for step in plan.steps]
    names = {"name": plan.name, "place": plan.place, "text": plan.text}
    return {**names, "commands": commands, "warnings": plan.warnings}


def show_plan(plan: Plan) -> None:
    """What would be written and called, exactly; ready to be put there by hand."""
    print(f"# {safe(plan.place)}")
    print(plan.text)
    for step in plan.steps:
        print(f"$ {safe(shlex.join(step.words))}")


def warn(session: Session, plan: Plan) -> None:
    for code in plan.warnings:
        session.hint(f"service.warning.{code}", name=plan.name)


@service.verb("uninstall", DRY, YES)
def uninstall(session: Session, dry_run: bool, yes: bool) -> None:
    mine = of(session)
    if dry_run:
        steps = [list(step.words) for step in mine.removal()]
        document = {"name": mine.name, "place": str(mine.place), "removed": False, "commands": steps}
        session.answer(document, lambda: show_removal(mine.name, mine.place, steps))
        return
    if mine.whose() == "edited":
        session.ask(say("service.remove_edited", place=safe(str(mine.place))), yes=yes)
    if mine.manager.kills and mine.standing().started_by == "service":
        halt(session)
    removed = mine.remove()
    key = "service.removed" if removed else "service.absent"
    session.confirm_line({"name": mine.name, "removed": removed}, key, name=mine.name)


def show_removal(name: str, place: Path, steps: list[list[str]]) -> None:
    if not steps:
        print(say("service.absent", name=name))
        return
    for words in steps:
        print(f"$ {safe(shlex.join(words))}")
    print(say("service.would_remove", place=safe(str(place))))


@service.verb("status")
def status(session: Session) -> int:
    found = of(session).standing()
    session.answer({name: getattr(found, name) for name in found.__struct_fields__}, lambda: show_standing(found))
    return Exit.ATTENTION if found.installed and (found.failed or not found.program_there) else Exit.DONE


def show_standing(found: Standing) -> None:
    if not found.installed:
        key = "service.foreign" if found.foreign else "service.absent"
        print(say(key, name=found.name, place=safe(found.place)))
    else:
        show_facts([("service.fact.name", found.name), ("service.fact.place", found.place)])
        for key in remarks(found):
            print(say(key, program=safe(found.program or "")))
    if found.manager is not None:
        print(say("service.unreachable", why=safe(found.manager)))
    if found.started_by and found.since is not None:
        since = ago(found.since, time.time())
        key = "service.runs_service" if found.started_by == "service" else "service.runs_hand"
        print(say(key, url=found.url, pid=found.pid, since=since))
    else:
        print(say("service.nobody"))


def remarks(found: Standing) -> Iterator[str]:
    """What is to be said of an installed service, by key."""
    if found.manager is None:
        yield "service.on" if found.enabled else "service.off"
    if found.failed:
        yield "service.failed"
    if found.edited:
        yield "service.edited"
    if not found.program_there:
        yield "service.gone"
