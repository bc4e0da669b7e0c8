"""What devices and people are called, as the workspace's settings say: taken anew whenever those changed.

Kept in memory, because lists and histories ask inside their own transactions, on whatever thread these run.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from documents.errors import DocumentDamaged
from documents.kinds import Kind, derived_id
from library.replica.shelf import loaded
from library.values import is_number, is_text, unseen
from store.database import Connection

DEVICE, MEMBER = "device/", "member/"  # of keys in `more`: `device/<hex>/name`, `device/<hex>/at`
MOST_NAME = 200
Named = dict[str, dict[str, Any]]  # by hexadecimal id: what is said of it, by field


class Names:
    """Names and times of devices and members, by their ids in hexadecimal digits."""

    def __init__(self) -> None:
        self.devices: Named = {}
        self.members: Named = {}
        self._heads: bytes | None = None

    def follow(self, connection: Connection, workspace: bytes) -> None:
        """Read the settings if they changed since they were last read."""
        self.take(self.read(connection, workspace))

    def read(self, connection: Connection, workspace: bytes) -> tuple[bytes | None, Named, Named] | None:
        """What `take` takes once the transaction is at its end, or None where nothing changed."""
        settings = derived_id(Kind.SETTINGS, workspace)
        row = connection.execute("SELECT heads FROM document WHERE id=?", (settings,)).fetchone()
        heads = None if row is None else bytes(row[0])
        if heads == self._heads:
            return None
        try:
            more: Mapping[str, Any] = {} if heads is None else loaded(connection, settings).read().get("more", {})
        except DocumentDamaged:
            return None  # the check of the library tells of it
        return heads, _named(more, DEVICE), _named(more, MEMBER)

    def take(self, read: tuple[bytes | None, Named, Named] | None) -> None:
        """Go by what was read from now on."""
        if read is not None:
            self._heads, self.devices, self.members = read


def _named(more: Mapping[str, Any], prefix: str) -> Named:
    """The entries below a prefix; what another program wrote and makes no sense is left out."""
    found: Named = {}
    for key, value in more.items():
        id, _, field = key.removeprefix(prefix).partition("/")
        if key.startswith(prefix) and id and FITS.get(field, _never)(value):
            found.setdefault(id, {})[field] = value
    return found


def _is_name(value: object) -> bool:
    return is_text(value) and 0 < len(str(value).encode("utf-8", "replace")) <= MOST_NAME and not unseen(str(value))


def _never(value: object) -> bool:
    return False


FITS = {"name": _is_name, "at": is_number}
