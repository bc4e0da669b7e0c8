"""What this device remembers of its user and its workspaces: one small file, replaced whole."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from library.errors import Invalid
from library.gathering import readable
from store.files import Files, write_durably

SETTINGS = "device.json"


class Chosen(msgspec.Struct, frozen=True):
    """Language (None: the browser's), theme, the default workspace's id, how this device is called, the ids of
    workspaces in which nothing was ever done and whose folders go at the next start, and whether it speaks to no other
    machine.
    """

    language: str | None = None
    theme: str = "system"
    default: str = ""
    device_name: str = ""
    dropped: tuple[str, ...] = ()
    offline: bool = False


class Preferences:
    """The file and what it says."""

    def __init__(self, path: Path, files: Files) -> None:
        self._path = path
        self._files = files
        self._chosen = Chosen()

    def get(self) -> Chosen:
        return self._chosen

    def set(self, **values: Any) -> None:
        """Change some of them, durably."""
        chosen = msgspec.structs.replace(self._chosen, **values)
        write_durably(self._files, self._path, msgspec.json.encode(chosen))
        self._chosen = chosen

    def read(self) -> None:
        """Read the file; one that is not there leaves the defaults."""
        if self._files.facts(self._path) is None:
            return
        try:
            self._chosen = msgspec.json.decode(self._files.read(self._path), type=Chosen)
        except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
            message = f"{self._path} cannot be read: {error}. Remove it to start with the defaults."
            raise Invalid(message, code="preferences", path=readable(self._path), reason=str(error)) from error
