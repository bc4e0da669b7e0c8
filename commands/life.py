"""The daemon's life as people see it: up, start, stop, restart, status, and the page."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from commands.client import prove
from commands.errors import CommandError, Exit, WrongUsage
from commands.making.words import OPEN, money, month_line, open_lines
from commands.session import Session
from commands.sharing.limits import limit_lines
from commands.terminal.findings import print_finding
from commands.terminal.output import listed, safe, short, show_facts, size
from commands.terminal.texts import say, translated
from commands.verbs import Number, option, verb
from daemon import lock
from daemon.lock import Running

PORT = option("--port", metavar="N", type=Number(0, 65535))
READY_SECONDS = 120.0  # a migration of a large library may come first
STOP_SECONDS = 60.0
LOOK = 0.05
TAIL = 20  # lines of what a daemon said before it gave up


@verb("up", PORT, option("--open", "open_page", is_flag=True), option("--offline", is_flag=True))
def up(session: Session, port: int | None, open_page: bool, offline: bool) -> int:
    if session.json:
        raise WrongUsage(say("up.no_json"), hint=say("up.no_json.hint"))
    running = lock.find(session.paths)
    if running is not None:
        raise CommandError(who_runs(running), code="already_running", hint=say("life.already.hint"))
    from daemon.app import run

    run(
        session.paths,
        os.environ,
        port=port,
        ready=lambda url: print(f"gesso is ready at {url}", flush=True),
        open_page=open_page,
        offline=offline,
    )
    return Exit.DONE


@verb("start", PORT, option("--open", "open_page", is_flag=True), option("--offline", is_flag=True))
def start(session: Session, port: int | None, open_page: bool, offline: bool) -> None:
    running = lock.find(session.paths)
    if running is None:
        running = launch(session, port, offline)
        session.confirm_line(address(running), "life.started", url=running.url, pid=running.pid)
    else:
        session.answer(address(running), lambda: print(who_runs(running)))
    if open_page:
        open_browser(session)


def address(running: Running) -> dict[str, Any]:
    return {"url": running.url, "pid": running.pid}


def who_runs(running: Running) -> str:
    return say("life.already", pid=running.pid, url=running.url)


def launch(session: Session, port: int | None, offline: bool) -> Running:
    """A daemon of its own, apart from this terminal; returns when it answers and has proven to be ours."""
    ensure_settings(session)
    words = [sys.executable, "-P", "-m", "cli", "up"]
    words += ["--port", str(port)] * (port is not None) + ["--offline"] * offline
    environ = {**os.environ, **({"GESSO_HOME": str(session.paths.home)} if session.paths.home else {})}
    said = session.paths.logs / "start.log"
    said.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with said.open("wb") as output:
        said.chmod(0o600)
        # Its home is the working folder: it must not keep somebody's mount busy.
        child = subprocess.Popen(
            words, stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=environ, cwd=said.parent, **apart()
        )
    return wait_until_ready(session, child, said)


def ensure_settings(session: Session) -> None:
    """With wrong settings no daemon starts: say so before one is tried, or the running one stopped."""
    from daemon.settings.config import load

    load(session.paths, os.environ)


def apart() -> dict[str, Any]:
    """What makes a process outlive the terminal that began it."""
    if sys.platform == "win32":
        return {"creationflags": subprocess.DETACHED_PROCESS | subprocess.CREATE_NEW_PROCESS_GROUP}
    return {"start_new_session": True}


def wait_until_ready(session: Session, child: subprocess.Popen[bytes], said: Path) -> Running:
    until = time.monotonic() + READY_SECONDS
    while time.monotonic() < until:
        running = lock.find(session.paths)
        if running is not None:
            prove(session.paths, running.port)
            return running
        if child.poll() is not None:
            raise CommandError(
                say("life.gave_up", said=tail(said)), code="gave_up", exit=Exit.FAILED, hint=say("life.gave_up.hint")
            )
        time.sleep(LOOK)
    raise CommandError(say("life.slow", seconds=int(READY_SECONDS), file=safe(str(said))), code="slow")


def tail(file: Path) -> str:
    """The last lines that a daemon wrote."""
    lines = file.read_text("utf-8", "replace").splitlines()[-TAIL:]
    return "\n".join(f"  {safe(line)}" for line in lines)


@verb("stop")
def stop(session: Session) -> None:
    pid = halt(session)
    session.confirm_line({"stopped": True, "pid": pid}, "life.stopped", pid=pid)


def halt(session: Session) -> int:
    """Ask the daemon to stop and wait until its home is free; returns what its pid was."""
    daemon = session.daemon
    stopping = daemon.post("/api/v1/stop")
    if stopping["awaited"]:
        session.hint("life.settling", count=stopping["awaited"], seconds=int(stopping["seconds"]))
    until = time.monotonic() + STOP_SECONDS
    while lock.is_held(session.paths):
        if time.monotonic() > until:
            raise CommandError(say("life.stuck", pid=daemon.pid, seconds=int(STOP_SECONDS)), code="stuck")
        time.sleep(LOOK)
    return daemon.pid


@verb("restart", PORT, option("--offline", is_flag=True))
def restart(session: Session, port: int | None, offline: bool) -> None:
    ensure_settings(session)
    if lock.is_held(session.paths):
        halt(session)
    running = launch(session, port, offline)
    session.confirm_line(address(running), "life.started", url=running.url, pid=running.pid)


@verb("status")
def status(session: Session) -> int:
    found = session.daemon.get("/api/v1/status", workspace=session.workspace)
    session.answer(found, lambda: show_status(found))
    return Exit.DONE


def show_status(found: dict[str, Any]) -> None:
    workspace, library = found["workspace"], found["library"]
    counts = say("status.counts", count=library["assets"], blobs=library["blobs"], size=size(library["bytes"]))
    show_facts(
        [
            ("status.gesso", say("status.runs", version=found["version"], url=found["url"])),
            ("status.home", found["home"]),
            ("status.workspace", say("status.is", name=safe(workspace["name"]), role=say(f"word.{workspace['role']}"))),
            ("status.device", short(workspace["device"])),
            ("status.library", counts),
            ("status.network", say("status.is_offline") if found["offline"] else ""),
            ("status.exchange", " ".join(limit_lines(found["limits"])) if found["peers"] else ""),
            ("status.offline", library["offline"] or ""),
            ("status.bin", library.get("binned") or ""),
            ("status.queue", queue_line(found["queue"])),
            ("status.spent", spend_line(found["spend"])),
            ("status.limit", listed(map(month_line, found["months"]))),
            ("status.digest", short(found["digest"])),
        ]
    )
    for line in found["attention"]:
        print(f"! {safe(translated('attention', line['code'], line['params'], line['text']))}")
        for problem in line.get("problems", ()):
            print_finding(problem)
    if not found["attention"]:
        print(say("status.well"))


def queue_line(queue: dict[str, int]) -> str:
    """How many jobs are in which state that is not over; empty when nothing waits."""
    return listed(
        say("status.jobs", count=queue[state], state=say(f"job.state.{state}")) for state in OPEN if queue[state]
    )


def spend_line(spend: dict[str, Any]) -> str:
    """Today and this month, each currency by itself; empty when nothing was spent."""
    several = [{key: spend[key] for key in ("today", "month", "currency")}, *spend["others"]]
    parts = [
        say(
            "status.spending",
            today=money(each["today"], each["currency"]),
            month=money(each["month"], each["currency"]),
        )
        for each in several
        if each["month"]
    ]
    if spend["unpriced"]:
        parts.append(say("status.unpriced", count=spend["unpriced"]))
    return listed([*parts, *open_lines(spend)])


@verb("ui", option("--print", "shown", is_flag=True))
def ui(session: Session, shown: bool) -> None:
    if shown:
        url = launch_url(session)
        session.answer({"url": url}, lambda: print(url))
    else:
        session.answer({"url": session.daemon.url}, lambda: None)
        open_browser(session)


def launch_url(session: Session) -> str:
    """An address that lets one browser in, once, within a minute."""
    return str(session.daemon.post("/api/v1/launch")["url"])


def open_browser(session: Session) -> None:
    """The daemon has proven itself before a browser is sent anywhere, and no argument shows the launch code.

    Where there is no browser, as over ssh, the person gets the address.
    """
    from daemon.launching import open_page

    url = launch_url(session)
    if open_page(session.paths, url):
        session.hint("ui.opened", url=session.daemon.url)
    elif not session.json:
        print(say("ui.address", url=url))
