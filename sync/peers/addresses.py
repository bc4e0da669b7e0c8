"""Where other devices were reached and where a person says that they are: hints that outlive a restart."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable
from pathlib import Path

import msgspec

from library.errors import Invalid
from store.errors import StoreError
from store.files import Files, write_durably

FILE = "peers.json"
KEPT_REMOVALS = 1000  # devices of which it is remembered that they know of their removal
KEPT = 8  # addresses remembered of a device
_HOST_PORT = re.compile(r"(?:\[(?P<six>[0-9A-Fa-f:.%\w-]+)\]|(?P<host>[^\s:/\[\]]+)):(?P<port>\d{1,5})")
log = logging.getLogger("gesso.addresses")


class Remembered(msgspec.Struct, frozen=True):
    """What is known of one device: addresses, the last good one first, and when it was last heard of."""

    addresses: list[str] = []
    last_seen: int = 0
    name: str = ""


class Book(msgspec.Struct, frozen=True):
    """The file: devices by public key in hexadecimal, addresses that a person gave, whether all is paused, and of which
    removals (operations, by hash) a removed device said that it understood them.
    """

    devices: dict[str, Remembered] = {}
    added: list[str] = []
    paused: bool = False
    understood: dict[str, list[str]] = {}


def split(address: str) -> tuple[str, int]:
    """Host and port of `HOST:PORT` or `[IPv6]:PORT`. Raises Invalid."""
    found = _HOST_PORT.fullmatch(address.strip())
    if found is None or not 0 < int(found["port"]) < 65536:
        message = f"{address[:100]!r} is no address. Write it as HOST:PORT, as the other device shows it."
        raise Invalid(message, [("/address", "is no HOST:PORT")], code="invalid_address", address=address[:100])
    return found["six"] or found["host"], int(found["port"])


def joined(host: str, port: int) -> str:
    """The address as it is written."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _is_address(address: str) -> bool:
    try:
        return bool(split(address)[0])
    except Invalid:
        return False


class Addresses:
    """The file, and what it says. What cannot be written is remembered until the end of the run."""

    def __init__(self, path: Path, files: Files) -> None:
        self._path = path
        self._files = files
        self._book = self._read()
        self._unwritten = False  # whether the last change is kept in memory alone

    def _read(self) -> Book:
        if self._files.facts(self._path) is None:
            return Book()
        try:
            return msgspec.json.decode(self._files.read(self._path), type=Book)
        except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:  # hints: devices are found again
            log.warning("%s cannot be read and is begun anew: %s", self._path.name, error)
            return Book()

    @property
    def paused(self) -> bool:
        return self._book.paused

    @property
    def added(self) -> list[str]:
        """Those that a person gave."""
        return list(self._book.added)

    def of(self, device: bytes) -> Remembered:
        return self._book.devices.get(device.hex(), Remembered())

    def reached(self, device: bytes, address: str, name: str, now: int) -> None:
        """A connection to the device stands; `address` is empty where it came from there, and passed over where it is
        none: other devices say it.
        """
        before = self.of(device)
        address = address if _is_address(address) else ""
        places = [address, *(each for each in before.addresses if each != address)] if address else before.addresses
        self._keep(device, Remembered(places[:KEPT], now, name or before.name))

    def seen(self, device: bytes, now: int) -> None:
        """It was heard of until now."""
        self._keep(device, msgspec.structs.replace(self.of(device), last_seen=now))

    def forget(self, device: bytes) -> None:
        """It is no peer any more."""
        devices = {key: value for key, value in self._book.devices.items() if key != device.hex()}
        self._write(msgspec.structs.replace(self._book, devices=devices))

    def has_understood(self, device: bytes, removal: Iterable[bytes]) -> bool:
        """Whether a removed device knows of it, by the operations that did it."""
        return not set(self._book.understood.get(device.hex(), ())).isdisjoint(each.hex() for each in removal)

    def understood(self, device: bytes, removal: Iterable[bytes]) -> None:
        """It says that it does."""
        if not self.has_understood(device, removal):
            known = {**self._book.understood, device.hex(): [each.hex() for each in removal]}
            self._write(msgspec.structs.replace(self._book, understood=dict(list(known.items())[-KEPT_REMOVALS:])))

    def add(self, address: str) -> None:
        """Raises Invalid for what is no address."""
        clean = joined(*split(address))
        if clean not in self._book.added:
            self._write(msgspec.structs.replace(self._book, added=[*self._book.added, clean]))

    def remove(self, address: str) -> bool:
        """Whether it was there."""
        clean = joined(*split(address))
        if clean not in self._book.added:
            return False
        left = [each for each in self._book.added if each != clean]
        self._write(msgspec.structs.replace(self._book, added=left))
        return True

    def pause(self, paused: bool) -> None:
        self._write(msgspec.structs.replace(self._book, paused=paused))

    def _keep(self, device: bytes, remembered: Remembered) -> None:
        self._write(msgspec.structs.replace(self._book, devices={**self._book.devices, device.hex(): remembered}))

    def _write(self, book: Book) -> None:
        """What cannot be written is kept in memory, and goes with the next change; said once."""
        if book == self._book and not self._unwritten:
            return
        self._book = book
        try:
            write_durably(self._files, self._path, msgspec.json.encode(book))
            self._unwritten = False
        except (StoreError, OSError) as error:
            if not self._unwritten:
                log.warning("%s could not be written: %s", self._path.name, error)
            self._unwritten = True
