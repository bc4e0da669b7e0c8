"""What goes on: news as it happens, and the daemon's log."""

from __future__ import annotations

import json
import time
from collections import deque
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from commands.errors import CommandError
from commands.session import Session
from commands.terminal.output import safe
from commands.terminal.texts import say
from commands.verbs import Number, option, verb

LOOK = 0.3
LINES = 50


@verb("events", option("-f", "--follow", "follow", is_flag=True))
def events(session: Session, follow: bool) -> None:
    """Following, every event is a JSON document on a line of its own, as programs read them best."""
    if follow:
        for _, event in session.daemon.follow():
            if event is not None:
                print(as_line(event), flush=True)
        return
    past = recent(session)
    session.answer({"events": past}, lambda: print_lines(as_line(event) for event in past))


def recent(session: Session) -> list[dict[str, Any]]:
    """What the daemon still remembers: a stream resumed from its beginning, up to where it is now."""
    now, _ = next(iter(session.daemon.news()))
    session.daemon.hang_up()
    run, _, last = now.rpartition("-")
    found: list[dict[str, Any]] = []
    if last == "0":
        return found
    for place, event in session.daemon.news(f"{run}-0"):
        found += [event] if event is not None else []
        if int(place.rpartition("-")[2]) >= int(last):
            break
    session.daemon.hang_up()
    return found


def as_line(event: dict[str, Any]) -> str:
    return json.dumps(event, ensure_ascii=False)


def print_lines(lines: Iterable[str]) -> None:
    for line in lines:
        print(line)


@verb(
    "logs",
    option("-f", "--follow", "follow", is_flag=True),
    option("-n", "--lines", "lines", metavar="N", type=Number(0), default=LINES),
)
def logs(session: Session, follow: bool, lines: int) -> None:
    file = session.paths.log_file
    if not file.exists():
        raise CommandError(say("logs.none", file=safe(str(file))), code="not_found", hint=say("logs.none.hint"))
    with file.open(encoding="utf-8", errors="replace") as text:
        last = [line.rstrip("\n") for line in deque(text, lines)]
        place = text.tell()
    session.answer({"file": str(file), "lines": last}, lambda: print_lines(map(safe, last)))
    for line in grown(file, place) if follow and not session.json else ():
        print(safe(line), flush=True)


def grown(file: Path, place: int) -> Iterator[str]:
    """Lines as they are added; a log that was put aside goes on in its successor."""
    while True:
        time.sleep(LOOK)
        if not file.exists():
            continue
        if file.stat().st_size < place:
            place = 0
        with file.open("rb") as data:
            data.seek(place)
            whole, newline, _ = data.read().rpartition(b"\n")
        place += len(whole) + len(newline)
        yield from whole.decode("utf-8", "replace").splitlines()
