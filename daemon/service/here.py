"""The real machine: who the person is, which program is installed, and the one gate to programs of the system."""

from __future__ import annotations

import getpass
import os
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from daemon.paths import Paths
from daemon.service.errors import NoProgram
from daemon.service.unit import Concern, Machine, Ran, Wanted

PATIENCE = 180.0  # seconds: systemd answers when the daemon is ready, and a migration may come first
MISSING, LATE = 127, 124  # as shells say it
# A shell that moved these opens another library than a service that knows nothing of it.
MOVED = ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME")
TEMPORARY = ("/tmp", "/var/tmp", "/private/tmp", "/dev/shm")
ROOT = Path(__file__).parents[2]


def machine(environ: Mapping[str, str]) -> Machine:
    """This machine and this person."""
    uid = os.getuid() if sys.platform != "win32" else 0
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # a number that has no name, as in a container
        user = str(uid)
    if sys.platform == "win32" and environ.get("USERDOMAIN"):
        user = f"{environ['USERDOMAIN']}\\{user}"
    folder = Path(environ.get("HOME") or "~").expanduser()
    return Machine(sys.platform, folder, environ, uid, user, run)


def run(words: Sequence[str]) -> Ran:
    """Call a program of the system to its end; one that is not there ends as a shell would say it."""
    environ = {**os.environ, "LC_ALL": "C"}  # what it prints is read by a program
    try:
        done = subprocess.run(
            words, stdin=subprocess.DEVNULL, capture_output=True, env=environ, timeout=PATIENCE, check=False
        )
    except FileNotFoundError:
        return Ran(MISSING, "", f"{words[0]} is not there")
    except PermissionError as error:
        return Ran(MISSING, "", str(error))
    except subprocess.TimeoutExpired:
        return Ran(LATE, "", f"no answer within {PATIENCE:.0f} seconds")
    return Ran(done.returncode, _decoded(done.stdout), _decoded(done.stderr))


def wanted(paths: Paths, environ: Mapping[str, str]) -> Wanted:
    """What a service of this home must start: the program of this very environment."""
    moved = {} if paths.home else {name: environ[name] for name in MOVED if environ.get(name, "").startswith("/")}
    home = str(paths.home) if paths.home else None
    return Wanted(command(), home, moved, str(paths.service_log))


def command() -> tuple[str, ...]:
    """The console script; on Windows the Python that opens no window."""
    if sys.platform == "win32":
        return (str(Path(sys.executable).with_name("pythonw.exe")), "-P", "-m", "cli")
    schemes = (sysconfig.get_default_scheme(), sysconfig.get_preferred_scheme("user"))
    places = [Path(sysconfig.get_path("scripts", scheme)) / "gesso" for scheme in schemes]
    for place in places:
        if place.is_file():
            return (str(place),)
    raise NoProgram(str(places[0]))


def vanishing(program: Path, environ: Mapping[str, str], root: Path = ROOT) -> Concern | None:
    """Why the program may be gone one day, from where it lies; None when nothing speaks for it."""
    cache = environ.get("XDG_CACHE_HOME") or str(Path(environ.get("HOME") or "~").expanduser() / ".cache")
    if any(program.is_relative_to(folder) for folder in (tempfile.gettempdir(), *TEMPORARY)):
        return "vanishing.temporary"
    if program.is_relative_to(cache) or any(part.lower() in ("caches", ".cache") for part in program.parts):
        return "vanishing.cache"
    return "vanishing.clone" if (root / ".git").exists() and program.is_relative_to(root) else None


def _decoded(output: bytes) -> str:
    """What a program printed; some on Windows print UTF-16."""
    if output.startswith((b"\xff\xfe", b"\xfe\xff")):
        return output.decode("utf-16", "replace")
    return output.decode("utf-8", "replace")
