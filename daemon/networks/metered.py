"""Whether what goes over this machine's network costs by the byte: the system is asked, by a program of its own.

Linux: NetworkManager, over D-Bus. Windows: what it is set to, or a SIM card says. macOS tells no program of the command
line, so there, as where nobody answers, it is not known.
"""

from __future__ import annotations

import asyncio
import os
import re
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from sync.allowance.rules import Metered

SECONDS = 10.0  # that an answer may take: PowerShell begins slowly
MOST = 4096  # bytes of an answer; more is none
_MANAGER = "org.freedesktop.NetworkManager"
_PATH = "/org/freedesktop/NetworkManager"
_COST = (
    "$profile = [Windows.Networking.Connectivity.NetworkInformation,Windows.Networking.Connectivity,"
    "ContentType=WindowsRuntime]::GetInternetConnectionProfile(); "
    "if ($profile) { [string]$profile.GetConnectionCost().NetworkCostType }"
)
# By platform, what is asked; the next one where there is no answer that can be read.
QUESTIONS: dict[str, tuple[tuple[str, ...], ...]] = {
    "linux": (
        ("busctl", "--system", "--auto-start=no", "get-property", _MANAGER, _PATH, _MANAGER, "Metered"),
        (
            *("dbus-send", "--system", "--print-reply=literal", f"--dest={_MANAGER}", _PATH),
            *("org.freedesktop.DBus.Properties.Get", f"string:{_MANAGER}", "string:Metered"),
        ),
    ),
    "win32": (("powershell.exe", "-NoProfile", "-NonInteractive", "-Command", _COST),),
}
# NetworkManager: yes, no, and what it guesses (a telephone says of itself that it is one) · Windows: kinds of cost.
ANSWERS: dict[str, Metered] = {
    "1": "yes",
    "2": "no",
    "3": "yes",
    "4": "no",
    "fixed": "yes",
    "variable": "yes",
    "unrestricted": "no",
}


def understood(said: str) -> Metered:
    """What a program's answer means: "u 4", "variant       uint32 4", "Unrestricted"."""
    found = re.fullmatch(r"(?:u |variant +uint32 )?([0-9]|[A-Za-z]+)", said.strip())
    return "unknown" if found is None else ANSWERS.get(found[1].lower(), "unknown")


async def ask(platform: str = sys.platform, seconds: float = SECONDS) -> Metered:
    """Whether the network is metered; "unknown" where nobody says so in time. Raises nothing."""
    for words in QUESTIONS.get(platform, ()):
        answer = understood(await printed(words, seconds))
        if answer != "unknown":
            return answer
    return "unknown"


async def printed(words: Sequence[str], seconds: float) -> str:
    """What a program prints; nothing of one that is not there, fails, takes too long or prints too much. It is over
    then, with what it began.
    """
    environ = {**os.environ, "LC_ALL": "C"}
    try:
        process = await asyncio.create_subprocess_exec(
            *words,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env=environ,
            **_apart(),
        )
    except (OSError, ValueError):
        return ""
    try:
        async with asyncio.timeout(seconds):
            said = await _read(process)
            code = await process.wait() if len(said) <= MOST else 1
        return said.decode("utf-8", "replace") if code == 0 else ""
    except TimeoutError:
        return ""
    finally:
        await _end(process)


def _apart() -> dict[str, Any]:
    """Ended as a whole, and without a window."""
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NO_WINDOW}
    return {"start_new_session": True}


async def _read(process: asyncio.subprocess.Process) -> bytes:
    assert process.stdout is not None
    said = b""
    while len(said) <= MOST and (more := await process.stdout.read(MOST + 1)):
        said += more
    return said


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        with suppress(ProcessLookupError):
            if sys.platform == "win32":
                process.kill()
            else:
                os.killpg(process.pid, signal.SIGKILL)
        await process.wait()
