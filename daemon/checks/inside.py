"""What checks read in a workspace's database, and how devices are called."""

from __future__ import annotations

import contextlib
import platform
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import msgspec

from daemon.checks.scene import Scene
from identity.keys import DeviceKey
from library.home.key import KEY
from library.home.preferences import SETTINGS, Chosen
from library.replica.log import read_meta, read_position
from library.replica.members import Members
from library.schema import STEPS
from library.workspace import DATABASE
from store.database import Connection, connect
from store.errors import StoreDamaged
from store.migrations import version_of

T = TypeVar("T")


def workspaces(scene: Scene) -> list[Path]:
    """The folders of all workspaces, also of those that were not made to their end."""
    return sorted(path for path in scene.paths.data.glob("workspaces/*") if path.is_dir())


def asked(folder: Path, question: Callable[[Connection], T]) -> T | None:
    """What the database of a workspace answers; None for one that cannot be read, or not by this program."""
    try:
        with contextlib.closing(connect(folder / DATABASE, read_only=True)) as connection:
            return question(connection) if version_of(connection) == len(STEPS) else None
    except Exception:  # whatever damage makes of rows; the database's own check and `verify` name it
        return None


def load(connection: Connection) -> Members:
    """Read what a start needs of a workspace; raises anything for rows that are not what was written."""
    id = read_meta(connection, "workspace")
    if id is None:
        raise StoreDamaged("it does not say which workspace it is of")
    members = Members(id)
    members.load(connection)
    read_position(connection, bytes(16))
    return members


def own_key(scene: Scene) -> DeviceKey | None:
    """The key by which this device signs; None when there is none, or none that can be read."""
    with contextlib.suppress(ValueError, OSError):
        return DeviceKey.from_bytes(bytes.fromhex((scene.paths.data / KEY).read_bytes().decode("ascii")))
    return None


def name_of(scene: Scene, device: bytes) -> str:
    """As the timeline calls it: this one by its name, others by the beginning of their keys."""
    key = own_key(scene)
    if key is None or key.public != device:
        return device.hex()[:8]
    with contextlib.suppress(OSError, msgspec.MsgspecError):
        chosen = msgspec.json.decode((scene.paths.data / SETTINGS).read_bytes(), type=Chosen)
        if chosen.device_name:
            return chosen.device_name
    return platform.node() or device.hex()[:8]
