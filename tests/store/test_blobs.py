"""Blobs through power cuts at every operation: what was acknowledged is there, whole, whoever put it there first."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from store.blobs import INCOMING, Blobs
from store.errors import StoreDamaged, StoreSuspect
from tests.simulation.disk import MemoryDisk, PowerCut

ROOT = Path("/home/blobs")
DATA = [b"picture one", b"picture two", b"picture three" * 50]


def opened(disk: MemoryDisk) -> Blobs:
    blobs = Blobs(ROOT, disk, random.Random(1))
    blobs.prepare()
    return blobs


def fresh_disk() -> MemoryDisk:
    disk = MemoryDisk(lambda: 0)
    disk.make_folder(ROOT.parent)
    disk.sync_folders([Path("/")])
    return disk


def cut_at(disk: MemoryDisk, moment: int) -> None:
    """The power goes at the operation of this number, counted from now."""
    last = disk.operations + moment
    disk.fault = lambda operation, path: PowerCut() if disk.operations >= last else None


def moments() -> Iterator[int]:
    yield from range(1, 60)


@pytest.mark.parametrize("seed", range(10))
def test_power_goes_at_any_operation_of_a_put(seed: int) -> None:
    chance = random.Random(seed)
    reached_the_end = False
    for moment in moments():
        disk = fresh_disk()
        cut_at(disk, moment)
        acknowledged: list[bytes] = []
        try:
            blobs = opened(disk)
            for data in DATA:
                acknowledged += blobs.put([data])
        except PowerCut:
            pass
        else:
            reached_the_end = True
        disk.fault = lambda operation, path: None
        disk.cut_power(chance)
        after = opened(disk)
        assert all(hashlib.sha256(after.read(hash)).digest() == hash for hash in acknowledged), moment
        assert disk.names(ROOT / INCOMING) == []
    assert reached_the_end


@pytest.mark.parametrize("seed", range(20))
def test_a_blob_that_a_killed_daemon_had_named_is_made_durable_by_the_next_import(seed: int) -> None:
    disk = fresh_disk()
    disk.fault = lambda operation, path: PowerCut() if operation == "sync folder" and path.parent == ROOT else None
    with pytest.raises(PowerCut):
        opened(disk).put(DATA)
    disk.fault, disk.off = lambda operation, path: None, False  # only the daemon was killed
    hashes = opened(disk).put(DATA)
    disk.cut_power(random.Random(seed))
    assert [opened(disk).read(hash) for hash in hashes] == DATA


@pytest.mark.parametrize("seed", range(20))
def test_a_sync_that_failed_is_not_believed_the_second_time(seed: int) -> None:
    disk = fresh_disk()
    blobs = opened(disk)
    failing = [OSError(5, "Input/output error")]
    disk.fault = lambda operation, path: failing.pop() if operation == "sync" and failing else None
    for _ in range(2):  # the second is not even tried
        with pytest.raises(StoreSuspect):
            blobs.put(DATA)
    hashes = opened(disk).put(DATA)
    disk.cut_power(random.Random(seed))
    assert [opened(disk).read(hash) for hash in hashes] == DATA


def test_a_blob_with_other_bytes_than_its_name_says_is_not_given_out() -> None:
    disk = fresh_disk()
    blobs = opened(disk)
    (hash,) = blobs.put([DATA[0]])
    disk.write(blobs.place(hash), b"picture 0ne")
    assert not blobs.check(hash)
    with pytest.raises(StoreDamaged):
        blobs.read(hash)
