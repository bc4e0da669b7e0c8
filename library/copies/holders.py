"""What other devices said that they have: a row per device, and one per blob and device by the first 8 bytes of a hash.

A device tells a journal: what came and went after a stamp. One that begins another journal is listened to anew; what it
said before holds until it has told all. Runs inside a database transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import NamedTuple

from library.views.images import refresh_elsewhere
from store.database import Connection

CUT = 8  # bytes of a hash by which blobs are told


class Presence(NamedTuple):
    """What a device has: up to this stamp of its journal, what came and what went; `more` follows."""

    stamp: int
    have: list[bytes]
    lost: list[bytes]
    more: bool


def claimed(connection: Connection, device: bytes, hashes: Iterable[bytes]) -> None:
    """Who names a blob in its log had it; what its journal says comes later."""
    holder = _holder(connection, device)
    connection.executemany(
        "INSERT OR IGNORE INTO copy(hash, holder, round) VALUES(?, ?, ?)",
        [(hash, holder.number, holder.round) for hash in sorted(hashes)],
    )


class _Holder(NamedTuple):
    """A row of `holder`."""

    number: int
    journal: bytes
    stamp: int
    round: int
    told: int


def _holder(connection: Connection, device: bytes) -> _Holder:
    """A device; a new one has told nothing."""
    columns = ", ".join(_Holder._fields)
    row = connection.execute(f"SELECT {columns} FROM holder WHERE device=?", (device,)).fetchone()
    if row is None:
        row = connection.execute(
            f"INSERT INTO holder(device, journal, stamp, round, told) VALUES(?, x'', 0, 0, 0) RETURNING {columns}",
            (device,),
        ).fetchone()
    return _Holder(*row)


def heard(connection: Connection, device: bytes) -> tuple[bytes, int]:
    """The journal that a device last told of, and up to where."""
    row = connection.execute("SELECT journal, stamp FROM holder WHERE device=?", (device,)).fetchone()
    return (b"", 0) if row is None else (row[0], int(row[1]))


def learn(connection: Connection, device: bytes, journal: bytes, presence: Presence) -> list[bytes]:
    """Take in what a device says of itself; the pictures whose state that changed."""
    before = _holder(connection, device)
    number, stamp, round, told = before.number, before.stamp, before.round, before.told
    if before.journal != journal:
        stamp, round = 0, round + 1
    if presence.stamp < stamp:
        return []  # told twice, and late
    have, lost = sorted({cut(each) for each in presence.have}), sorted({cut(each) for each in presence.lost})
    connection.executemany("DELETE FROM copy WHERE hash=? AND holder=?", [(hash, number) for hash in lost])
    connection.executemany(
        "INSERT INTO copy(hash, holder, round) VALUES(?, ?, ?) ON CONFLICT DO UPDATE SET round=excluded.round"
        " WHERE round<>excluded.round",
        [(hash, number, round) for hash in have],
    )
    gone = bool(lost)
    if told < round and not presence.more:  # what it said before and did not say again
        found = connection.execute("DELETE FROM copy WHERE holder=? AND round<>?", (number, round))
        gone, told = gone or found.rowcount > 0, round
    connection.execute(
        "UPDATE holder SET journal=?, stamp=?, round=?, told=? WHERE number=?",
        (journal, presence.stamp, round, told, number),
    )
    return refresh_elsewhere(connection, bool(have), gone)


def denied(connection: Connection, device: bytes, hashes: Iterable[bytes]) -> list[bytes]:
    """A device has not what it was believed to have; the pictures whose state that changed."""
    holder = _holder(connection, device)
    rows = [(cut(hash), holder.number) for hash in hashes]
    connection.executemany("DELETE FROM copy WHERE hash=? AND holder=?", rows)
    return refresh_elsewhere(connection, False, bool(rows))


def verified(connection: Connection, device: bytes, hashes: Iterable[bytes], time: int) -> None:
    """A device looked at its bytes of these and found them whole."""
    holder = _holder(connection, device)
    connection.executemany(
        "INSERT INTO copy(hash, holder, round, verified) VALUES(?, ?, ?, ?)"
        " ON CONFLICT DO UPDATE SET verified=excluded.verified",
        [(cut(hash), holder.number, holder.round, time) for hash in hashes],
    )


def forget_removed(connection: Connection, is_member: Callable[[bytes], bool]) -> list[bytes]:
    """What devices that may come no more said is worth nothing; the pictures whose state that changed."""
    gone = [
        number for number, device in connection.execute("SELECT number, device FROM holder") if not is_member(device)
    ]
    for number in gone:
        connection.execute("DELETE FROM copy WHERE holder=?", (number,))
        connection.execute("DELETE FROM holder WHERE number=?", (number,))
    return refresh_elsewhere(connection, False, bool(gone))


def cut(hash: bytes) -> bytes:
    """As blobs are told."""
    return hash[:CUT]


def copies_of(connection: Connection, hash: bytes) -> list[tuple[bytes, int | None]]:
    """The devices that have a blob as far as they said, and when each last looked at its bytes for us."""
    return connection.execute(
        "SELECT h.device, c.verified FROM copy AS c JOIN holder AS h ON h.number = c.holder WHERE c.hash=?"
        " ORDER BY h.device",
        (cut(hash),),
    ).fetchall()


def names_of(connection: Connection, hash: bytes, device_name: Callable[[bytes], str]) -> str:
    """What the devices that have a blob are called; empty where none has."""
    return ", ".join(device_name(device) for device, _ in copies_of(connection, hash))


def holders_of(connection: Connection, hashes: Collection[bytes]) -> dict[bytes, list[bytes]]:
    """Device → those of these blobs that it has."""
    found: dict[bytes, list[bytes]] = {}
    for hash in hashes:
        for device, _ in copies_of(connection, hash):
            found.setdefault(device, []).append(hash)
    return found
