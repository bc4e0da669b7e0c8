"""The device's own key as it lies in its home: made the first time, read ever after."""

from __future__ import annotations

import random as chance
from pathlib import Path

from identity.keys import DeviceKey
from library.errors import Invalid, of_system
from library.gathering import readable
from store.files import Files, write_durably

KEY = "device.key"


def read_key(path: Path, files: Files, random: chance.Random) -> DeviceKey:
    """The device's key; made the first time, mode 0600. A damaged file is never replaced silently."""
    if files.facts(path) is None and not files.is_link(path):  # a link may lead to a drive that is away
        key = DeviceKey.generate(random)
        write_durably(files, path, key.to_bytes().hex().encode() + b"\n")
        return key
    try:
        return DeviceKey.from_bytes(bytes.fromhex(files.read(path).decode("ascii")))
    except OSError as error:
        message = f"{path} cannot be read: {error.strerror}. This device signs with it: give yourself the right to."
        raise Invalid(message, code="key_unreadable", path=readable(path), **of_system(error)) from error
    except ValueError as error:
        message = f"{path} is not a device key. Bring it back from a backup; this device signs with it."
        raise Invalid(message, code="key_damaged", path=readable(path)) from error
