"""`verify`: everything that is stored against what was signed. Reads only; needs no workspace to be open.

Truth proves itself by hashes, signatures, chains and counted rows; views are computed again beside it and compared
(`comparing.py`); blobs are what their names say. Each damage is named with its place and a remedy.
"""

from __future__ import annotations

import hashlib
import os
import shlex
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import NamedTuple

from documents.errors import SegmentRefused
from documents.segment import BlobEntry, OperationEntry, Segment, Tip, decode, signed_part
from identity.errors import OperationRefused
from identity.operations import Operation, decode_operation, operation_message
from library.care.comparing import compare_documents, compare_views, compare_words
from library.care.faults import fault, placed
from library.copies.holders import copies_of
from library.errors import DiskFull
from library.gathering import readable
from library.models import Check, Problem
from library.replica.holding import wanted_by
from library.replica.log import HELD, read_meta
from library.replica.members import KNOWN, Verify, read_operation
from library.rows import damaged_rows, miscounted
from library.schema import STEPS
from library.tasks import Progress, Stopped, no_progress
from library.workspace import DATABASE
from store.blobs import Blobs
from store.database import Connection, barred, beside, ensure_begun, in_memory, is_full
from store.errors import StoreError
from store.files import foreign_hash
from store.migrations import version_of
from store.wal import lost

MOST_SOURCE = 1 << 40  # bytes of a file that might be the lost original
GRACE_NS = 24 * 3600 * 10**9  # a blob without a row that is younger may belong to an import under way
GONE = {"gone": "store.missing", "in_its_place": "store.folder"}
STEP = 256  # things checked between two tellings of progress, at which a task that was cancelled ends
Rebuild = Callable[[Connection, Progress], None]


class Place(NamedTuple):
    """A workspace's folder, its blobs, and what it takes to check them.

    `now` is in ns, for ages only. `in_use`: a daemon writes to it, so SQLite's own log cannot be looked at.
    """

    folder: Path
    blobs: Blobs
    check_signature: Verify
    rebuild: Rebuild
    now: int
    in_use: bool = False


@dataclass
class Known:
    """What the checks have read so far and later ones need."""

    operations: dict[bytes, Operation] = field(default_factory=dict)
    held: dict[bytes, int] = field(default_factory=dict)  # hash of a held segment → its row
    tips: dict[Tip, int] = field(default_factory=dict)
    waiting: list[Segment] = field(default_factory=list)
    named: dict[bytes, tuple[int, str, bool]] = field(default_factory=dict)  # blob → size, type, by this incarnation
    counted: int = 0
    progress: Progress = no_progress

    def count(self) -> None:
        """One more thing is checked; of how many is not known before the blobs."""
        self.counted += 1
        if self.counted % STEP == 0:
            self.progress(0, None, None)


def verify(place: Place, read_data: bool = False, progress: Progress = no_progress) -> Check:
    """Check a workspace's folder; with `read_data` the bytes of every blob too. Blocking."""
    check = _verify(place, read_data, progress)
    folder = readable(place.folder)
    return Check(checked=check.checked, problems=[placed(each, folder) for each in check.problems])


def _verify(place: Place, read_data: bool, progress: Progress) -> Check:
    denied = barred(place.folder / DATABASE)
    if denied:  # what may not be read is no damage
        return Check(checked=0, problems=[fault("store.forbidden", str(file)) for file in denied])
    if (gone := _gone(place.folder / DATABASE)) is not None:
        return Check(checked=0, problems=[gone])
    problems = [] if place.in_use else list(check_log_file(place.folder / DATABASE))
    known = Known(progress=progress)
    try:
        connection = beside(place.folder / DATABASE)
    except Exception as error:  # whatever a damaged file makes SQLite raise, it is this finding
        return Check(checked=0, problems=[*problems, fault("store.unreadable", DATABASE, detail=_told(error))])
    try:
        for check in (check_structure, check_rows, check_operations, check_segments, check_asides, check_references):
            problems += guarded(check, connection, place, known)
        problems += (aged := age(connection))
        truth = not problems
        # Nothing is computed from a damaged log: whatever differed, it would be called wrong, and `rebuild` its remedy.
        of_log = any(each.code.startswith(("segment.", "operation.")) for each in problems)
        for compare in () if of_log or aged else (compare_views, compare_documents, compare_words):
            found = guarded(compare, connection, place, known)
            # Where truth itself is damaged it cannot be computed from, and was named already.
            problems += found if truth else [each for each in found if each.code != "store.unreadable"]
        look = partial(check_blobs, read_data=read_data, progress=progress)
        problems += guarded(look, connection, place, known)
    finally:
        connection.close()
    return Check(checked=known.counted, problems=list({(each.code, each.where): each for each in problems}.values()))


def _gone(database: Path) -> Problem | None:
    """That no file is there, of which SQLite would only say that it cannot open it."""
    try:
        ensure_begun(database)
    except StoreError as error:
        if error.cause in GONE:
            return fault(GONE[error.cause], str(database))
    return None


def _told(error: Exception) -> str:
    """Without the address by which SQLite was asked to open the file."""
    return str(error).partition(": file:")[0]


def guarded(
    check: Callable[[Connection, Place, Known], Iterable[Problem]], connection: Connection, place: Place, known: Known
) -> list[Problem]:
    """What a check finds; that it cannot read what is stored is found too, and no reason to stop."""
    found: list[Problem] = []
    try:
        for each in check(connection, place, known):
            found.append(each)
    except Stopped:
        raise
    except Exception as error:
        if is_full(error):  # of the temporary folder, where views are computed beside
            raise DiskFull("There is no room in the temporary folder to check the library.") from error
        name = getattr(check, "__name__", "blobs").removeprefix("check_").replace("_", " ")
        found.append(fault("store.unreadable", f"{DATABASE}, {name}", detail=f"{type(error).__name__}: {error}"))
    return found


def check_log_file(database: Path) -> Iterator[Problem]:
    """SQLite's own log, which SQLite cuts off at the first damage without a word."""
    found = lost(database)
    if found is not None:
        yield fault("store.log" if found.certain else "store.log_end", f"{database}-wal", frames=found.frames)


def check_structure(connection: Connection, place: Place, known: Known) -> Iterator[Problem]:
    """The file as SQLite sees it, and its tables as we make them."""
    for (line,) in connection.execute("PRAGMA live.integrity_check(20)"):
        if line != "ok":
            yield fault("store.damaged", f"{DATABASE}, {line[:60]}", detail=line)
    version = version_of(connection, "live")
    made = in_memory([statement for step in STEPS[: version or None] for statement in step])
    query = "SELECT type, name, tbl_name, coalesce(sql, '') FROM {}.sqlite_master WHERE name NOT LIKE 'sqlite_stat%'"
    right = set(made.execute(query.format("main")))
    made.close()
    for kind, name, *_ in sorted(right ^ set(connection.execute(query.format("live"))), key=str):
        yield fault("store.schema", f"{DATABASE}, {kind} {name}")


def age(connection: Connection) -> list[Problem]:
    """Another format than this program's: what it makes of the log then cannot be compared."""
    version = version_of(connection, "live")
    if version == len(STEPS):
        return []
    code = "store.older" if 0 < version < len(STEPS) else "store.version"
    return [fault(code, DATABASE, found=version, known=len(STEPS))]


def _tables(connection: Connection) -> set[str]:
    """Those of the library: an older one has not all of them."""
    return {name for (name,) in connection.execute("SELECT name FROM live.sqlite_master WHERE type='table'")}


def check_rows(connection: Connection, place: Place, known: Known) -> Iterator[Problem]:
    """Rows against their hashes and their number."""
    version = version_of(connection, "live")
    since = None if version >= len(STEPS) else _tables(connection)  # an older library need not have every table
    for table, key in damaged_rows(connection, since):
        yield fault("row.damaged", f"{table} {key}")
    for table, count in miscounted(connection, since):
        yield fault("rows.missing" if count > 0 else "rows.extra", f"table {table}", count=abs(count))
    for key in ("workspace", "incarnation"):
        if read_meta(connection, key) is None:
            yield fault("meta.missing", f"meta {key}")


def check_operations(connection: Connection, place: Place, known: Known) -> Iterator[Problem]:
    """The membership log: each operation, whether it counts, and that the first one names the workspace."""
    states = {}
    for hash, state, raw in connection.execute("SELECT hash, state, raw FROM operation"):
        where = f"operation {hash.hex()[:16]}"
        try:
            operation = decode_operation(raw)
        except OperationRefused as error:
            yield fault("operation.damaged", where, detail=error)
            continue
        if operation.hash != hash or not place.check_signature(operation.author, operation_message(raw), raw[-64:]):
            yield fault("operation.damaged", where, detail="its hash or signature is wrong")
        known.operations[operation.hash] = operation
        states[operation.hash] = state
    for hash, operation in known.operations.items():
        counts = all(states.get(each) == KNOWN for each in operation.prev)
        if states[hash] != int(counts):
            yield fault("operation.state", f"operation {hash.hex()[:16]}")
    workspace = read_meta(connection, "workspace")
    first = known.operations.get(workspace or b"")
    if known.operations and (first is None or first.kind != "create"):
        yield fault("meta.workspace", "meta workspace")


def check_segments(connection: Connection, place: Place, known: Known) -> Iterator[Problem]:
    """The log: each segment's bytes, row and signature, and that what it builds on stands before it."""
    own, workspace = read_meta(connection, "incarnation"), read_meta(connection, "workspace")
    columns = "id, state, hash, device, incarnation, run, seq, prev, auth, clock, time, action, intent, raw"
    for row, state, *told, raw in connection.execute(f"SELECT {columns} FROM segment ORDER BY id"):
        known.count()
        where = f"segment {told[0].hex()[:16]}"
        try:
            segment = decode(raw)
        except SegmentRefused as error:
            yield fault("segment.unreadable", where, detail=error)
            continue
        if told != _columns(segment) or segment.workspace != workspace or state not in (0, HELD):
            yield fault("segment.row", where)
        if not place.check_signature(segment.device, signed_part(raw), raw[-64:]):
            yield fault("segment.signature", where)
        if state != HELD:
            known.waiting.append(segment)
            continue
        if not _has_causes(segment, known):
            yield fault("segment.chain", where)
        known.held[segment.hash] = known.tips[segment.tip] = row
        yield from _check_entries(segment, known, segment.incarnation == own, place.check_signature)
    for segment in known.waiting:
        if _has_causes(segment, known) and not wanted_by(connection, segment, known.operations):
            yield fault("segment.waiting", f"segment {segment.hash.hex()[:16]}")


def check_asides(connection: Connection, place: Place, known: Known) -> Iterator[Problem]:
    """What is put aside of devices that the breaker stopped: held or waiting it is not."""
    there = "aside" in _tables(connection)
    rows = connection.execute("SELECT hash, device, raw FROM aside ORDER BY id") if there else ()
    for hash, device, raw in rows:
        known.count()
        where = f"segment {hash.hex()[:16]}"
        try:
            segment = decode(raw)
        except SegmentRefused as error:
            yield fault("segment.unreadable", where, detail=error)
            continue
        if (segment.hash, segment.device) != (hash, device):
            yield fault("segment.row", where)
        if not place.check_signature(segment.device, signed_part(raw), raw[-64:]):
            yield fault("segment.signature", where)


def _columns(segment: Segment) -> list[object]:
    return [
        *(segment.hash, segment.device, segment.incarnation, segment.run, segment.seq, segment.prev),
        *(b"".join(segment.auth), segment.clock, segment.time, segment.action, segment.intent),
    ]


def _has_causes(segment: Segment, known: Known) -> bool:
    """Whether all that a segment builds on was read before it: the log is computed from in this order."""
    before = segment.seq == 1 or segment.prev in known.held
    return (
        before
        and all(dep in known.tips for dep in segment.deps)
        and all(head in known.operations for head in segment.auth)
    )


def _check_entries(segment: Segment, known: Known, own: bool, check_signature: Verify) -> Iterator[Problem]:
    for entry in segment.entries:
        if isinstance(entry, BlobEntry):
            before = known.named.get(entry.sha256)
            if own or before is None or not before[2]:  # others' word takes nothing away from one's own
                known.named[entry.sha256] = (entry.size, entry.media_type, own)
        elif isinstance(entry, OperationEntry):
            hash = hashlib.sha256(entry.raw[:-64]).digest()
            if hash not in known.operations and read_operation(entry.raw, check_signature):
                yield fault("operation.missing", f"operation {hash.hex()[:16]}")


def check_references(connection: Connection, place: Place, known: Known) -> Iterator[Problem]:
    """Rows of this device's disks against each other and against the log."""
    rows = {hash: (size, here) for hash, size, here in connection.execute("SELECT hash, size, here FROM blob")}
    for hash, (size, _, own) in known.named.items():
        found = rows.get(hash)
        # Bytes that others name may lie here without a row: an import that failed may have left them. What others say
        # of the size of a blob is a hint.
        if (found is None and own) or (found is not None and own and found[0] != size):
            yield fault("blob.row", f"blob {hash.hex()}")
    kept = set(connection.execute("SELECT path, hash FROM reference"))
    away = connection.execute("SELECT hash FROM live.lacking") if "lacking" in _tables(connection) else ()
    lacking = {hash for (hash,) in away}
    for path, hash in connection.execute("SELECT path, hash FROM source"):
        if hash not in rows:
            yield fault("blob.row", f"blob {hash.hex()}")
        elif not rows[hash][1] and (path, hash) not in kept and hash not in lacking:
            yield fault("reference.missing", os.fsdecode(path))


def check_blobs(
    connection: Connection, place: Place, known: Known, read_data: bool, progress: Progress
) -> Iterator[Problem]:
    """Files against their names, and that every file is one that somebody needs."""
    rows = connection.execute("SELECT hash, size, here FROM blob ORDER BY hash").fetchall()
    here = [(hash, size) for hash, size, present in rows if present]
    for number, (hash, size) in enumerate(here):
        known.counted += 1
        if place.blobs.size(hash) != size or (read_data and not place.blobs.check(hash)):
            yield _bad_blob(connection, place, hash)
        if number % STEP == 0:
            progress(number, len(here), None)
    needed = {hash for hash, *_ in rows} | known.named.keys()
    for path in place.blobs.strangers():
        yield fault("blob.foreign", str(path))
    for hash in place.blobs.all():
        written = None if hash in needed else place.blobs.written_ns(hash)
        if written is not None and place.now - written > GRACE_NS:
            yield fault("blob.orphan", str(place.blobs.place(hash)))


def _bad_blob(connection: Connection, place: Place, hash: bytes) -> Problem:
    sources = connection.execute(
        "SELECT path FROM source WHERE hash=? AND instr(path, x'00') = 0 ORDER BY path", (hash,)
    ).fetchall()
    for (path,) in sources:
        if foreign_hash(Path(os.fsdecode(path)), MOST_SOURCE) == hash:
            target = place.blobs.place(hash)
            names = {"source": shlex.quote(os.fsdecode(path)), "target": shlex.quote(str(target))}
            return fault("blob.copy", f"blob {hash.hex()}", **names)
    if "copy" in _tables(connection) and (others := copies_of(connection, hash)):
        return fault("blob.elsewhere", f"blob {hash.hex()}", count=len(others))
    return fault("blob.damaged" if place.blobs.has(hash) else "blob.missing", f"blob {hash.hex()}")
