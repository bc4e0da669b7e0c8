"""Two daemons that meet, without a page in between: one shows a code, the other comes in with it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from tests.browser.house import Studio
from tests.daemonhouse import running_daemon, until


@contextmanager
def daemons(folder: Path, *names: str) -> Iterator[list[Studio]]:
    """A running daemon of each, alone so far, in English and light."""
    with ExitStack() as stack:
        found = [Studio(folder / name, stack.enter_context(running_daemon(folder / name))) for name in names]
        for each in found:
            each.prefer(language="en", theme="light")
        yield found


def let_in(host: Studio, guest: Studio, name: str | None = None, role: str = "editor") -> str:
    """The guest comes into the host's workspace, as a device of the host's member or, with a name, as somebody new, and
    is connected; both are called as their homes are, where they may say so. Gives the guest's device.
    """
    call_as_its_home(host)
    person = None if name is None else {"name": name, "role": role}
    shown = host.ask("POST", "/w/-/pairing", {"person": person})
    guest.ask("POST", "/pair", {"code": shown["code"], "address": shown["addresses"][0]})
    done = until(lambda: (now := host.ask("GET", "/w/-/pairing"))["state"] == "done" and now)
    until(lambda: connected(host, done["device"]) and guest.ask("GET", "/status")["peers"])
    if role in ("admin", "editor"):
        call_as_its_home(guest)
    return str(done["device"])


def call_as_its_home(studio: Studio) -> None:
    own = next(each["id"] for each in devices(studio) if each["own"])
    studio.ask("PATCH", f"/w/-/devices/{own}", {"name": studio.home.name})


def connected(studio: Studio, device: str) -> bool:
    """Whether a device is connected, and has everything of the log that this one has."""
    found = next((each for each in devices(studio) if each["id"] == device), None)
    return found is not None and found["connected"] and not found["behind"] and not found["coming"]


def devices(studio: Studio) -> list[dict[str, Any]]:
    told: list[dict[str, Any]] = studio.ask("GET", "/w/-/devices")["devices"]
    return told


def pause(studio: Studio, paused: bool) -> None:
    studio.ask("PATCH", "/peers", {"paused": paused})
