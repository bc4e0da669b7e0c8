"""From what a person types to ids: the beginning of an asset's id, a project's name, an action's beginning."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from commands.errors import CommandError, WrongUsage
from commands.session import Session
from commands.terminal.output import listed, safe, short
from commands.terminal.texts import say

HEX = re.compile(r"[0-9a-f]+\Z")
ID_DIGITS = 32
LEAST_DIGITS = 4
SHOWN = 5


def find_assets(session: Session, given: Iterable[str]) -> list[str]:
    """The full ids of the pictures that are meant, each once; raises CommandError for one that is not found."""
    return list(dict.fromkeys(find_asset(session, word) for word in given))


def find_asset(session: Session, given: str) -> str:
    """The full id of one picture, also of one in the bin."""
    word = given.strip().lower()
    if not HEX.match(word) or not LEAST_DIGITS <= len(word) <= ID_DIGITS:
        raise WrongUsage(say("find.no_id", word=safe(given)), hint=say("find.no_id.hint"))
    if len(word) == ID_DIGITS:
        return word
    for query in (f"id:{word}", f"id:{word} is:binned"):
        page = session.daemon.get(session.within("assets"), q=query, limit=SHOWN)
        if page["items"]:
            return _only(word, [(item["id"], item["name"]) for item in page["items"]], page["total"])
    raise CommandError(say("find.no_asset", word=word), code="not_found", hint=say("find.no_asset.hint"))


def find_project(session: Session, given: str) -> dict[str, Any]:
    """A project by its name, its id or the beginning of it."""
    projects = session.daemon.get(session.within("projects"))["projects"]
    return _meant(given, projects, "find.no_project", hint=say("find.no_project.hint"))


def find_saved(session: Session, given: str) -> dict[str, Any]:
    """A saved search by its name, its id or the beginning of it."""
    return _meant(given, session.daemon.get(session.within("searches"))["searches"], "find.no_search")


def find_job(given: str) -> str:
    """A job's id or its beginning as the daemon takes it, which finds the job."""
    word = given.strip().lower()
    if not HEX.match(word) or not LEAST_DIGITS <= len(word) <= ID_DIGITS:
        raise WrongUsage(say("find.no_job", word=safe(given)), hint=say("find.no_job.hint"))
    return word


def find_album(session: Session, given: str, at: str | None = None) -> dict[str, Any]:
    """An album by its name, its path from the top, its id or the beginning of it."""
    albums: list[dict[str, Any]] = session.daemon.get(session.within("albums"), at=at)["albums"]
    paths: dict[str | None, str] = {None: ""}
    for each in albums:  # each stands behind the one it lies in
        paths[each["id"]] = f"{paths[each['parent']]}/{each['name']}".removeprefix("/")
    named = [each for each in albums if given in (each["name"], paths[each["id"]])]
    wanted = find_listed(
        given, [(each["id"], given if each in named else each["name"]) for each in albums], "find.no_album"
    )
    return next(each for each in albums if each["id"] == wanted)


def find_prompt(session: Session, given: str, at: str | None = None) -> dict[str, Any]:
    """A saved prompt by its name, its id or the beginning of it."""
    return _meant(given, session.daemon.get(session.within("prompts"), at=at)["prompts"], "find.no_prompt")


def find_version(given: str, versions: Sequence[dict[str, Any]]) -> tuple[str, str]:
    """(id, number) of a version by its number, oldest 1, or the beginning of its id."""
    known = [(each["id"], str(number)) for number, each in enumerate(versions, 1)]
    found = find_listed(given, known, "restore.no_version")
    return found, dict(known)[found]


def _meant(given: str, known: Sequence[dict[str, Any]], key: str, hint: str = "") -> dict[str, Any]:
    """One that has an `id` and a `name`, by either."""
    wanted = find_listed(given, [(each["id"], each["name"]) for each in known], key, hint)
    return next(each for each in known if each["id"] == wanted)


def find_listed(given: str, known: Sequence[tuple[str, str]], key: str, hint: str = "") -> str:
    """One of a short list of (id, name) by name or the beginning of the id; `key` says that there is none."""
    found = [each for each in known if each[1] == given]
    found = found or [each for each in known if len(given) >= LEAST_DIGITS and each[0].startswith(given.lower())]
    if not found:
        raise CommandError(say(key, word=safe(given)), code="not_found", hint=hint)
    return _only(given, found, len(found))


def _only(word: str, found: Sequence[tuple[str, str]], total: int) -> str:
    if total == 1:
        return found[0][0]
    names = listed(f"{short(identity)} ({safe(name)})" for identity, name in found[:SHOWN])
    raise CommandError(
        say("find.several", word=safe(word), total=total, names=names), code="ambiguous", hint=say("find.several.hint")
    )
