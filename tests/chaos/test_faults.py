"""Single faults in database, log and blobs: `verify` names each, or it is shown to be harmless."""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
import string
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from library.schema import BREAKER, COUNTED, JOBS, TRUTH, VIEW_TABLES
from tests.chaos.stored import DATABASE, Stored, copied, damaged, open_rows, state_of, store, verified

SHORT, LONG, BATCH = 300, 10_000, 250
PAGE = 4096


class Fault(NamedTuple):
    """What was done, and what must stand in the place that a finding names (None: any place)."""

    what: str
    place: str | None = None


Damage = Callable[[random.Random, Path], Fault]


@pytest.fixture
async def stored(tmp_path: Path) -> Stored:
    return await store(tmp_path / "made")


def flip(chance: random.Random, data: bytearray, start: int = 0) -> None:
    data[chance.randrange(start, len(data))] ^= 1 << chance.randrange(8)


# ── The file of the database ──


def flip_a_bit(chance: random.Random, folder: Path) -> Fault:
    damaged(folder / DATABASE, lambda data: flip(chance, data))
    return Fault("a bit of the database flipped")


def zero_a_page(chance: random.Random, folder: Path) -> Fault:
    def zero(data: bytearray) -> None:
        start = chance.randrange(len(data) // PAGE) * PAGE
        data[start : start + PAGE] = bytes(PAGE)

    damaged(folder / DATABASE, zero)
    return Fault("a page of the database zeroed")


def zero_a_sector(chance: random.Random, folder: Path) -> Fault:
    def zero(data: bytearray) -> None:
        start = chance.randrange(len(data) // 512) * 512
        data[start : start + 512] = bytes(512)

    damaged(folder / DATABASE, zero)
    return Fault("a sector of the database zeroed")


def cut_the_database(chance: random.Random, folder: Path) -> Fault:
    def cut(data: bytearray) -> None:
        del data[chance.randrange(len(data)) :]

    damaged(folder / DATABASE, cut)
    return Fault("the database cut off")


def swap_pages(chance: random.Random, folder: Path) -> Fault:
    def swap(data: bytearray) -> None:
        one, other = (number * PAGE for number in chance.sample(range(len(data) // PAGE), 2))
        data[one : one + PAGE], data[other : other + PAGE] = data[other : other + PAGE], data[one : one + PAGE]

    damaged(folder / DATABASE, swap)
    return Fault("two pages of the database swapped")


# ── SQLite's log, as a kill leaves it ──


def flip_a_bit_of_the_log(chance: random.Random, folder: Path) -> Fault:
    damaged(folder / f"{DATABASE}-wal", lambda data: flip(chance, data))
    return Fault("a bit of the log flipped")


def cut_the_log(chance: random.Random, folder: Path) -> Fault:
    def cut(data: bytearray) -> None:
        del data[chance.randrange(len(data)) :]

    damaged(folder / f"{DATABASE}-wal", cut)
    return Fault("the log cut off")


def zero_a_sector_of_the_log(chance: random.Random, folder: Path) -> Fault:
    def zero(data: bytearray) -> None:
        start = chance.randrange(len(data) // 512) * 512
        data[start : start + 512] = bytes(512)

    damaged(folder / f"{DATABASE}-wal", zero)
    return Fault("a sector of the log zeroed")


def lose_the_log(chance: random.Random, folder: Path) -> Fault:
    (folder / f"{DATABASE}-wal").unlink()
    return Fault("the log deleted")


# ── Rows, with values that are still plausible ──


def columns(connection: sqlite3.Connection, table: str) -> list[str]:
    return [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]


def plausible(chance: random.Random, value: Any) -> Any:
    """Another value of the same kind."""
    if isinstance(value, bytes) and value:
        changed = bytearray(value)
        flip(chance, changed)
        return bytes(changed)
    if isinstance(value, int):
        return 1 - value if value in (0, 1) else value + chance.choice((-1, 1))
    if isinstance(value, str) and value:
        place = chance.randrange(len(value))
        others = [each for each in string.ascii_lowercase + string.digits if each != value[place]]
        return value[:place] + chance.choice(others) + value[place + 1 :]
    return chance.choice((b"\1" * 8, 1, "x")) if value is None else None if value == "" else b"\1"


def change_a_value(chance: random.Random, folder: Path) -> Fault:
    connection = open_rows(folder)
    table = chance.choice([*COUNTED, "total"] * 2 + list(VIEW_TABLES))
    names = columns(connection, table)
    key = names[0] if table != "words" else "rowid"
    for column in chance.sample(names, len(names)):
        rows = connection.execute(f"SELECT {key}, {column} FROM {table} ORDER BY {', '.join(names)}").fetchall()
        chosen, value = chance.choice(rows)
        try:
            connection.execute(
                f"UPDATE {table} SET {column}=? WHERE rowid IN (SELECT rowid FROM {table} WHERE {key} IS ? LIMIT 1)"
                if table in ("segment", "asset", "words", "shard")
                else f"UPDATE {table} SET {column}=? WHERE {key} IS ? AND {column} IS ?",
                (plausible(chance, value), chosen, value)
                if table not in ("segment", "asset", "words", "shard")
                else (plausible(chance, value), chosen),
            )
        except sqlite3.IntegrityError:
            continue
        connection.close()
        return Fault(f"{table}.{column} changed", None)
    raise AssertionError(f"nothing could be changed in {table}")


def delete_a_row(chance: random.Random, folder: Path) -> Fault:
    connection = open_rows(folder)
    table = chance.choice([*COUNTED, "total"] * 2 + list(VIEW_TABLES))
    if table in COUNTED:
        connection.execute(f"DROP TRIGGER {table}_less")
    names = columns(connection, table)
    rows = connection.execute(f"SELECT {', '.join(names)} FROM {table} ORDER BY {', '.join(names)}").fetchall()
    row = chance.choice(rows)
    where = " AND ".join(f"{name} IS ?" for name in names)
    connection.execute(f"DELETE FROM {table} WHERE {where}", row)
    if table in COUNTED:
        _count_again(connection, table)
    connection.close()
    return Fault(f"a row of {table} deleted", table if table in COUNTED else None)


def _count_again(connection: sqlite3.Connection, table: str) -> None:
    (made,) = [
        statement for statement in (*TRUTH, *JOBS, *BREAKER) if statement.startswith(f"CREATE TRIGGER {table}_less")
    ]
    connection.execute(made)


def swap_values(chance: random.Random, folder: Path) -> Fault:
    """Two rows get each other's value in one column."""
    connection = open_rows(folder)
    pairs = [("segment", "raw"), ("segment", "hash"), ("operation", "raw"), ("blob", "size"), ("source", "hash")]
    pairs += [("source", "document"), ("document", "saved"), ("document", "heads"), ("asset", "sha256")]
    pairs += [("asset", "name"), ("change", "deps"), ("meta", "value"), ("blob", "sum"), ("action", "intent")]
    table, column = chance.choice(pairs)
    (key,) = [columns(connection, table)[0]]
    rows = connection.execute(f"SELECT {key}, {column} FROM {table} GROUP BY {column} ORDER BY 1").fetchall()
    if len(rows) < 2:
        connection.close()
        return change_a_value(chance, folder)
    (one, first), (other, second) = chance.sample(rows, 2)
    connection.execute(f"UPDATE {table} SET {column}=x'00' WHERE {key}=?", (one,))
    connection.execute(f"UPDATE {table} SET {column}=? WHERE {key}=?", (first, other))
    connection.execute(f"UPDATE {table} SET {column}=? WHERE {key}=?", (second, one))
    connection.close()
    return Fault(f"two values of {table}.{column} swapped")


# ── Blobs ──


def a_blob(chance: random.Random, folder: Path) -> Path:
    return chance.choice(sorted(path for path in folder.glob("blobs/??/*") if path.is_file()))


def name_of(path: Path) -> str:
    return path.parent.name + path.name


def flip_a_bit_of_a_blob(chance: random.Random, folder: Path) -> Fault:
    path = a_blob(chance, folder)
    damaged(path, lambda data: flip(chance, data))
    return Fault("a bit of a blob flipped", name_of(path))


def cut_a_blob(chance: random.Random, folder: Path) -> Fault:
    path = a_blob(chance, folder)
    damaged(path, lambda data: data.__delitem__(slice(chance.randrange(len(data)), None)))
    return Fault("a blob cut off", name_of(path))


def lengthen_a_blob(chance: random.Random, folder: Path) -> Fault:
    path = a_blob(chance, folder)
    damaged(path, lambda data: data.extend(b"\0"))
    return Fault("a blob lengthened", name_of(path))


def lose_a_blob(chance: random.Random, folder: Path) -> Fault:
    path = a_blob(chance, folder)
    path.unlink()
    return Fault("a blob deleted", name_of(path))


def swap_blobs(chance: random.Random, folder: Path) -> Fault:
    paths = sorted(path for path in folder.glob("blobs/??/*") if path.is_file())
    one, other = chance.sample(paths, 2)
    first, second = one.read_bytes(), other.read_bytes()
    one.unlink()
    one.write_bytes(second)
    other.unlink()
    other.write_bytes(first)
    return Fault("two blobs swapped", name_of(one))


def leave_an_orphan(chance: random.Random, folder: Path) -> Fault:
    name = chance.randbytes(32).hex()
    path = folder / "blobs" / name[:2] / name[2:]
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"nobody's")
    os.utime(path, (1, 1))
    return Fault("a blob that nobody names", path.name)


def leave_a_stranger(chance: random.Random, folder: Path) -> Fault:
    path = a_blob(chance, folder).with_name("Thumbs.db")
    path.write_bytes(b"x")
    return Fault("a file that is no blob", "Thumbs.db")


DATABASE_FAULTS: list[Damage] = [flip_a_bit, flip_a_bit, zero_a_page, zero_a_sector, cut_the_database, swap_pages]
LOG_FAULTS: list[Damage] = [flip_a_bit_of_the_log, cut_the_log, zero_a_sector_of_the_log, lose_the_log]
ROW_FAULTS: list[Damage] = [change_a_value, change_a_value, change_a_value, delete_a_row, delete_a_row, swap_values]
BLOB_FAULTS: list[Damage] = [
    flip_a_bit_of_a_blob, cut_a_blob, lengthen_a_blob, lose_a_blob, swap_blobs, leave_an_orphan, leave_a_stranger,
]  # fmt: skip


class Copy:
    """A folder to damage, whole again before each fault; making it anew each time would take most of the time."""

    def __init__(self, stored: Stored, folder: Path) -> None:
        self._stored = stored
        self.folder = copied(stored.clean, folder)

    def whole(self, killed: bool) -> Path:
        source = self._stored.killed if killed else self._stored.clean
        for name in (DATABASE, f"{DATABASE}-wal", f"{DATABASE}-shm"):
            (self.folder / name).unlink(missing_ok=True)
            if (source / name).exists():
                shutil.copyfile(source / name, self.folder / name)
        return self.folder

    def renew_blobs(self) -> None:
        shutil.rmtree(self.folder / "blobs")
        copied(self._stored.clean / "blobs", self.folder / "blobs")


def one_fault(stored: Stored, copy: Copy, seed: int) -> tuple[str, bool]:
    """Damage a copy; what was done and whether it was found. What was not found must have changed nothing."""
    chance = random.Random(seed)
    damage = chance.choice(chance.choice((DATABASE_FAULTS, LOG_FAULTS, ROW_FAULTS, ROW_FAULTS, BLOB_FAULTS)))
    folder = copy.whole(damage in LOG_FAULTS)
    fault = damage(chance, folder)
    check = verified(folder)
    for problem in check.problems:
        assert problem.code and problem.what and problem.where and problem.remedy, (seed, fault, problem)
    if not check.problems:
        assert state_of(folder) == stored.state, f"seed {seed}: {fault.what}: not found, and not harmless"
    elif fault.place is not None:
        assert any(fault.place in problem.where for problem in check.problems), (seed, fault, check.problems)
    if damage in BLOB_FAULTS:
        copy.renew_blobs()
    return fault.what, bool(check.problems)


def run(stored: Stored, tmp_path: Path, seeds: range) -> None:
    harmless: Counter[str] = Counter()
    copy = Copy(stored, tmp_path / "copy")
    for seed in seeds:
        what, found = one_fault(stored, copy, seed)
        harmless[what] += not found
    missed = +harmless
    print(f"{len(seeds)} faults, {missed.total()} not found and shown to be harmless: {dict(missed)}")


async def test_sound_library_is_found_sound(stored: Stored, tmp_path: Path) -> None:
    assert verified(stored.clean).problems == []
    killed = copied(stored.killed, tmp_path / "killed")
    assert verified(killed).problems == []
    assert state_of(killed) == stored.state


async def test_every_single_fault_is_named_or_harmless(stored: Stored, tmp_path: Path) -> None:
    run(stored, tmp_path, range(SHORT))


@pytest.mark.long
@pytest.mark.parametrize("start", range(SHORT, LONG + SHORT, BATCH))
async def test_every_single_fault_is_named_or_harmless_many_times(stored: Stored, tmp_path: Path, start: int) -> None:
    run(stored, tmp_path, range(start, start + BATCH))
