"""The home: settings, place, rights, private files, what a crash left behind, the port."""

from __future__ import annotations

import contextlib
import hmac
import http.client
import json
import os
import secrets
import socket
from collections.abc import Iterator
from pathlib import Path

import msgspec

from daemon import credentials, lock
from daemon.checks.scene import Finding, Scene
from daemon.homes import Unfit, begun, holds_library, unfit
from daemon.settings import config
from daemon.settings.mistakes import ConfigProblem
from library.home.key import KEY
from library.home.preferences import SETTINGS, Chosen
from library.replica.recovery import RECOVERY
from library.workspace import DATABASE

OTHERS = 0o077
LOGS_TOO_LARGE = 1024 * 1024 * 1024
PATIENCE = 3.0
# What deleting a damaged file costs.
_AFTER_DELETING = {
    "sessions": "Delete it; browsers must be let in again with `gesso ui`.",
    "known": "Delete it: the next start makes a new one.",
    "device": "Delete it: language, theme and the default workspace are to be chosen again.",
}


def settings(scene: Scene) -> Iterator[Finding]:
    yield from map(finding, config.check(scene.paths, scene.environ))


def finding(each: ConfigProblem | Unfit) -> Finding:
    """A problem of the settings or the place as something found."""
    return Finding(each.code, each.what, each.where, each.remedy, dict(each.params))


def place(scene: Scene) -> Iterator[Finding]:
    yield from map(finding, unfit(scene.paths, holds_library, scene.kind_of))


def folders(scene: Scene) -> Iterator[Finding]:
    for folder in dict.fromkeys(scene.paths.folders):
        if not folder.exists():
            continue
        if not folder.is_dir():
            yield Finding(
                "folder.file", "A file stands where a folder should be.", str(folder), "Move it away.",
            )  # fmt: skip
        elif not os.access(folder, os.W_OK | os.X_OK):
            yield Finding(
                "folder.locked", "The folder cannot be written.", str(folder),
                "Give yourself the right to write in it; is the disk mounted read-only?",
            )  # fmt: skip
        elif os.name == "posix" and folder.stat().st_uid != os.getuid():
            yield Finding(
                "folder.owner", "The folder belongs to another user.", str(folder),
                "Start Gesso as that user, or give the folder to this one with `chown -R`.",
            )  # fmt: skip


def rights(scene: Scene) -> Iterator[Finding]:
    if os.name != "posix":
        return
    for path in (*dict.fromkeys(scene.paths.folders), *_private(scene)):
        if path.exists() and path.stat().st_mode & OTHERS:
            yield Finding(
                "rights.open", "Others on this computer can look into it.", str(path),
                f"Run `chmod go-rwx {path}`.", mendable=True,
            )  # fmt: skip


def private_files(scene: Scene) -> Iterator[Finding]:
    for path, prefix, digits in (
        (scene.paths.token, credentials.TOKEN_PREFIX, 64),
        (scene.paths.proof_secret, credentials.PROOF_PREFIX, 64),
        (scene.paths.instance, "", 12),
    ):
        if path.exists() and credentials.well_formed(path, prefix, digits) is None:
            yield Finding(
                f"damaged.{path.name}", f"The file {path.name} is damaged.", str(path),
                "Delete it: the next start makes a new one.", {"file": path.name}, mendable=True,
            )  # fmt: skip
    shapes = (
        (scene.paths.sessions, dict[str, int]),
        (scene.paths.known, dict[str, str | int]),
        (scene.paths.data / SETTINGS, Chosen),
    )
    for path, shape in shapes:
        if path.exists() and not _decodes(path, shape):
            yield Finding(
                f"damaged.{path.stem}", f"The file {path.name} is damaged.", str(path),
                _AFTER_DELETING[path.stem], {"file": path.name}, mendable=True,
            )  # fmt: skip


def leftovers(scene: Scene) -> Iterator[Finding]:
    """What a killed daemon left. While one runs these are its own."""
    if lock.is_held(scene.paths):
        return
    if scene.paths.runtime.exists():
        yield Finding(
            "left.runtime", "The last daemon did not end cleanly.", str(scene.paths.runtime),
            "Nothing is lost. Delete the file, or start Gesso, which does.", mendable=True,
        )  # fmt: skip
    unfinished = [
        *scene.paths.state.glob("*.new"),
        *scene.paths.data.glob("*.new"),
        *scene.paths.state.glob("open.html"),
    ]
    for path in unfinished:
        yield Finding("left.file", "A write was cut off here.", str(path), "Delete the file.", mendable=True)
    for folder in [workspace / "blobs" / "incoming" for workspace in begun(scene.paths.data)]:
        if folder.is_dir() and any(folder.iterdir()):
            yield Finding(
                "left.incoming", "An import was cut off; half-copied pictures lie here.", str(folder),
                "Nothing is lost. Start Gesso, which clears the folder, and import again.",
            )  # fmt: skip


def logs(scene: Scene) -> Iterator[Finding]:
    if not scene.paths.logs.is_dir():
        return
    size = sum(path.stat().st_size for path in scene.paths.logs.iterdir() if path.is_file())
    if size > LOGS_TOO_LARGE:
        mib = str(size // 1024**2)
        yield Finding(
            "logs.large", f"The logs take {mib} MiB.", str(scene.paths.logs),
            "Lower [log] file_bytes and files, and delete old ones.", {"mib": mib},
        )  # fmt: skip
    if scene.paths.log_file.is_dir():
        yield Finding(
            "logs.folder", "A folder stands where the log file should be.", str(scene.paths.log_file), "Move it away."
        )


def daemon(scene: Scene) -> Iterator[Finding]:
    """Whether who should answer on the port does."""
    running = lock.find(scene.paths)
    if running is not None:
        yield from _asked(scene, running.port)
    elif lock.is_held(scene.paths):
        yield Finding(
            "daemon.unready", "A daemon holds this home but is not ready.", str(scene.paths.lock),
            "Wait a moment. If it stays so, end the process and look into the log.",
        )  # fmt: skip
    else:
        yield from _port_free(config.read(scene.paths, scene.environ).settings.daemon.port)


def _asked(scene: Scene, port: int) -> Iterator[Finding]:
    where, challenge = f"127.0.0.1:{port}", secrets.token_bytes(credentials.CHALLENGE_BYTES)
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    try:
        line.request("GET", f"/api/v1/proof?challenge={challenge.hex()}")
        proof = str(json.loads(line.getresponse().read(65_536)).get("proof", ""))
        expected = credentials.prove(credentials.proof_secret(scene.paths), challenge, port).hex()
    except (OSError, http.client.HTTPException, ValueError, AttributeError):
        yield Finding(
            "daemon.silent", "The daemon does not answer.", where,
            "Stop it with `gesso stop`, or end the process; then start it and look into the log.",
        )  # fmt: skip
        return
    finally:
        line.close()
    if not hmac.compare_digest(proof.encode(), expected.encode()):
        yield Finding(
            "daemon.squatter", "Another program answers in the place of the daemon.", where,
            "Do not open the page. Find out which program listens there, end it, and restart Gesso.",
        )  # fmt: skip


def _port_free(port: int) -> Iterator[Finding]:
    if 0 < port < 1024 and os.name == "posix" and os.getuid() != 0:
        yield Finding(
            "port.privileged", f"Only the administrator may listen on port {port}.", f"127.0.0.1:{port}",
            "Set [daemon] port to a number from 1024.", {"port": str(port)},
        )  # fmt: skip
        return
    with contextlib.closing(socket.socket()) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind(("127.0.0.1", port))
        except OSError:
            yield Finding(
                "port.taken", f"Another program has port {port}.", f"127.0.0.1:{port}",
                "Gesso will take the next free one. To keep this one, end the other program.", {"port": str(port)},
            )  # fmt: skip


def mend(finding: Finding) -> None:
    """Carry out the remedy of a mendable finding of this file."""
    path = Path(finding.where)
    if finding.code == "rights.open":
        path.chmod(path.stat().st_mode & ~OTHERS & 0o7777)
    else:
        path.unlink(missing_ok=True)


def _private(scene: Scene) -> Iterator[Path]:
    paths = scene.paths
    yield from (paths.token, paths.proof_secret, paths.instance, paths.sessions, paths.lock, paths.runtime, paths.known)
    yield from (paths.data / KEY, paths.data / SETTINGS)
    for name in (DATABASE, RECOVERY):
        yield from paths.data.glob(f"workspaces/*/{name}")


def _decodes(path: Path, shape: object) -> bool:
    try:
        msgspec.json.decode(path.read_bytes(), type=shape)
    except (OSError, msgspec.MsgspecError):
        return False
    return True


CHECKS = (settings, place, folders, rights, private_files, leftovers, logs, daemon)
