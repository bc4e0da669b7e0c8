"""What is remembered of where devices are, on a disk that has no room."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from store.errors import StoreFull
from store.files import DiskFiles
from sync.peers.addresses import Addresses

BOB = b"b" * 32


class LittleDisk(DiskFiles):
    full = False
    writes = 0

    def write(self, path: Path, data: bytes) -> None:
        self.writes += 1
        if self.full:
            raise StoreFull("no room")
        super().write(path, data)


def test_what_has_no_room_is_said_once_and_kept_with_the_next_change(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    disk = LittleDisk()
    addresses = Addresses(tmp_path / "peers.json", disk)
    disk.full = True
    with caplog.at_level(logging.WARNING):
        for minute in range(5):
            addresses.reached(BOB, "10.0.0.2:22067", "bob", minute)
        assert len(caplog.records) == 1
    assert addresses.of(BOB).addresses == ["10.0.0.2:22067"]
    disk.full = False
    addresses.reached(BOB, "10.0.0.2:22067", "bob", 4)
    assert Addresses(tmp_path / "peers.json", disk).of(BOB).addresses == ["10.0.0.2:22067"]
    writes = disk.writes
    addresses.reached(BOB, "10.0.0.2:22067", "bob", 4)
    addresses.pause(False)
    assert disk.writes == writes, "what is known already is not written again"
