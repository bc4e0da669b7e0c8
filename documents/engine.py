"""The one home of the CRDT library: a loaded document, how it takes changes and how it is written.

automerge 1.0.0rc1 has gaps, filled here: changes go in wrapped as a sync message; it drops a damaged change in
silence, so the heads are checked afterwards; it panics with a BaseException, which never leaves this module; it cannot
load what it saved when a stranger's change was encoded oddly, so a save that is not simply the changes is tried first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from automerge import core

from documents.change import ZERO_ACTOR, ChangeHeader, read_header, uleb
from documents.draft import Draft, Scalar
from documents.errors import (
    ChangeBroken,
    ChangeTooLarge,
    ChangeVoid,
    DependencyMissing,
    DocumentDamaged,
    SchemaNewer,
)
from documents.kinds import GENESIS, GENESIS_HEAD, SCHEMA, SCHEMA_VERSION, Kind, Merge, genesis_objects

__all__ = ["Document", "Draft"]

_AS_CHANGES, _AS_LIBRARY = b"\x01", b"\x02"  # first byte of saved bytes
_FEW_CHANGES = 64
_FEW_BYTES = 32 * 1024


def _message(changes: Sequence[bytes]) -> bytes:
    """A sync message that carries only changes: no heads, no needs, no filter."""
    return b"\x42\0\0\0" + uleb(len(changes)) + b"".join([uleb(len(c)) + c for c in changes])


@contextmanager
def _border(what: str) -> Iterator[None]:
    """Turns whatever the library raises into DocumentDamaged. Its panics are BaseExceptions of a private class."""
    try:
        yield
    except Exception as error:
        raise DocumentDamaged(f"{what}: {error}") from error
    except BaseException as error:
        if type(error).__name__ != "PanicException":
            raise
        raise DocumentDamaged(f"{what}: the CRDT library panicked: {error}") from error


class _Transaction:
    """The library's transaction behind `draft.Transaction`: picks the scalar types, hides what is no scalar."""

    __slots__ = ("_inner",)

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    def items(self, at: bytes) -> dict[str, Any]:
        return _items(self._inner, at, None)

    def get(self, at: bytes | None, key: str) -> tuple[Scalar] | None:
        found = self._inner.get(core.ROOT if at is None else at, key)
        if found is None or type(found[0]) is not tuple:
            return None
        value = found[0][1]
        return (bytes(value) if type(value) is list else value,)

    def put(self, at: bytes | None, key: str, value: Scalar) -> None:
        self._inner.put(core.ROOT if at is None else at, key, _scalar_type(value), value)

    def delete(self, at: bytes, key: str) -> None:
        self._inner.delete(at, key)

    def text(self, at: bytes) -> str:
        found: str = self._inner.text(at)
        return found

    def insert(self, at: bytes, index: int, letter: str) -> None:
        self._inner.insert(at, index, core.ScalarType.Str, letter)

    def remove(self, at: bytes, index: int) -> None:
        self._inner.delete(at, index)


def _scalar_type(value: Scalar) -> Any:
    if value is None:
        return core.ScalarType.Null
    if isinstance(value, bool):  # before int: True is an int
        return core.ScalarType.Boolean
    if isinstance(value, int):
        return core.ScalarType.Int
    if isinstance(value, float):
        return core.ScalarType.F64
    return core.ScalarType.Str if isinstance(value, str) else core.ScalarType.Bytes


def _items(source: Any, where: bytes, heads: list[bytes] | None) -> dict[str, Any]:
    """The scalars of a map. The library gives bytes as lists of integers."""
    keys = source.keys(where, heads)
    if not keys:
        return {}
    return {
        key: value[1] if type(value[1]) is not list else bytes(value[1])
        for key, (value, _) in zip(keys, source.values(where, heads), strict=True)
        if type(value) is tuple
    }


def _object_ids(pristine: Any) -> list[bytes]:
    return [where for _, where in pristine.values(core.ROOT)]


class _Shape:
    """What is the same for all documents of a kind: an untouched document to fork, and where its objects are."""

    def __init__(self, kind: Kind) -> None:
        self.head = GENESIS_HEAD[kind]
        self.pristine = core.Document(ZERO_ACTOR)
        self.pristine.receive_sync_message(core.SyncState(), core.Message.decode(_message([GENESIS[kind]])))
        names = sorted(name for name, _ in genesis_objects(kind))
        self.objects = dict(zip(names, _object_ids(self.pristine), strict=True))
        fields = SCHEMA[kind]
        self.scalars = frozenset(name for name, merge in fields.items() if merge is Merge.SCALAR)
        self.texts = [(name, self.objects[name]) for name, merge in fields.items() if merge is Merge.TEXT]
        self.maps = [
            (name, self.objects[name]) for name, merge in fields.items() if merge not in (Merge.SCALAR, Merge.TEXT)
        ]
        self.last = len(self.objects)


_SHAPES = {kind: _Shape(kind) for kind in Kind}


class Document:
    """One document in memory. Not thread-safe. After DocumentDamaged (but for ChangeBroken) drop the object."""

    __slots__ = ("_core", "_known", "_shape", "kind")

    def __init__(self, kind: Kind, loaded: Any) -> None:
        self.kind = kind
        self._core = loaded
        self._shape = _SHAPES[kind]
        self._known: _Known | None = None

    @classmethod
    def new(cls, kind: Kind) -> Document:
        """A document with its genesis and nothing else."""
        return cls(kind, _SHAPES[kind].pristine)  # writes go to a fork

    @classmethod
    def load(cls, kind: Kind, saved: bytes) -> Document:
        """What `save` gave. Raises DocumentDamaged when the bytes do not give the heads they name."""
        start = 5 + 32 * int.from_bytes(saved[1:5], "big")
        heads = [saved[i : i + 32] for i in range(5, min(start, len(saved)), 32)]
        with _border("saved document cannot be loaded"):
            if saved[:1] == _AS_CHANGES:
                loaded = _SHAPES[kind].pristine.fork()
                loaded.receive_sync_message(core.SyncState(), core.Message.decode(saved[start:]))
            elif saved[:1] == _AS_LIBRARY:
                loaded = core.Document.load(saved[start:])
            else:
                raise DocumentDamaged("not the bytes of a saved document")
            if sorted(loaded.get_heads()) != heads:
                raise DocumentDamaged("saved document has other heads than it names")
        return cls(kind, loaded)

    def save(self) -> bytes:
        """Bytes for `load`: an accelerator of this device, not the same on every device; never sent, never hashed."""
        with _border("document cannot be saved"):
            heads = self.heads()
            changes = self.changes()
            frame = len(heads).to_bytes(4, "big") + b"".join(heads)
            if len(changes) > _FEW_CHANGES or sum(map(len, changes)) > _FEW_BYTES:
                packed: bytes = self._core.save()
                if _loads_to(packed, heads):
                    return _AS_LIBRARY + frame + packed
            return _AS_CHANGES + frame + _message(changes)

    def heads(self) -> tuple[bytes, ...]:
        """Hashes of the changes nothing builds on, sorted; the genesis alone when nothing else was applied."""
        return tuple(sorted(self._core.get_heads()))

    def is_genesis(self) -> bool:
        """Whether nothing but the genesis was applied: such a document has no line in the digest."""
        heads: list[bytes] = self._core.get_heads()
        return heads == [self._shape.head]

    def changes(self) -> list[bytes]:
        """Every applied change but the genesis, each after those it builds on."""
        return [change.bytes for change in self._core.get_changes([self._shape.head])]

    def apply(self, changes: Sequence[bytes], headers: Sequence[ChangeHeader] | None = None) -> None:
        """Applies changes given in any order; repeats are harmless.

        `headers` are what `read_header` gave for each, when the caller has read them already. What cannot be applied
        is left out and everything else stays applied: DependencyMissing when other changes must come first,
        ChangeBroken when the engine cannot take a change. ChangeVoid is raised before anything is applied.
        """
        if headers is None:
            headers = [read_header(change) for change in changes]
        known = self._known or self._look()
        fresh: dict[bytes, tuple[ChangeHeader, bytes]] = {}
        for header, change in zip(headers, changes, strict=True):
            if header.hash not in known.last:
                fresh[header.hash] = header, change
        if not fresh:
            return
        ready, waiting = known.order(fresh)
        broken: list[bytes] = []
        if ready and not self._take(known, [fresh[h] for h in ready]):
            broken = self._take_singly(known, [fresh[h] for h in ready])
        if broken or waiting:
            raise _left_out(known, fresh, broken)

    def edit(self, actor: bytes, write: Callable[[Draft], None]) -> bytes | None:
        """Runs `write` on a draft and gives the one change it made, or None when it changed nothing.

        All or nothing: when `write` raises, or the change would be too large (ChangeTooLarge), the document is as it
        was. Raises SchemaNewer for a document that a newer program gave another meaning.
        """
        self._check_schema()
        before: list[bytes] = self._core.get_heads()
        with _border("document cannot be edited"):
            work = self._core.fork()
            work.set_actor(actor)
        failure: Exception | None = None
        with _border("document cannot be edited"), work.transaction() as transaction:
            try:
                write(Draft(_Transaction(transaction), actor.hex(), self._shape.objects, SCHEMA[self.kind]))
            except Exception as error:  # ours or the library's: leave the transaction in order, then raise it
                failure = error
        if failure is not None:
            raise failure
        made = work.get_changes(before)
        if not made:
            return None
        change: bytes = made[0].bytes
        try:
            header = read_header(change)
        except ChangeVoid as void:
            raise ChangeTooLarge(f"this edit makes a change of {len(change)} bytes; split it or shorten it") from void
        self._core = work
        if self._known is not None:
            self._known.add(header)
        return change

    def read(self, heads: Sequence[bytes] | None = None) -> dict[str, Any]:
        """Every field by name, now or at old heads.

        Conflict fields are {writer: value}, sets {member: True}, entries {key: value}, texts str; scalars only when
        they have a value. Values are None, bool, int, float, str or bytes as their writer chose: check what you use.
        """
        at = None if heads is None else self._checked(heads)
        with _border("document cannot be read"):
            return _extract(self._core, self._shape, at)

    def _checked(self, heads: Sequence[bytes]) -> list[bytes]:
        known = self._known or self._look()
        for head in heads:
            if head not in known.last:
                raise DependencyMissing([head], [])
        return list(heads)

    def _check_schema(self) -> None:
        found = self._core.get(core.ROOT, "schema")
        if found is None or not isinstance(found[0], tuple):
            return
        value = found[0][1]
        if isinstance(value, int) and value > SCHEMA_VERSION:
            raise SchemaNewer(
                f"the document has schema {value}, this program knows {SCHEMA_VERSION}: upgrade to edit it"
            )

    def _look(self) -> _Known:
        known = _Known(self._shape.head, self._shape.last)
        if not self.is_genesis():
            with _border("document's history cannot be read"):
                for change in self._core.get_changes([self._shape.head]):
                    known.note(change.hash, change.actor_id, change.seq, change.max_op)
        self._known = known
        return known

    def _take(self, known: _Known, batch: Sequence[tuple[ChangeHeader, bytes]]) -> bool:
        """Applies changes whose dependencies are there, all or none; False when the library did not take them."""
        heads = set(self._core.get_heads())
        heads.update(header.hash for header, _ in batch)
        for header, _ in batch:
            heads.difference_update(header.deps)
        work = self._core.fork()
        try:
            with _border("changes cannot be applied"):
                work.receive_sync_message(core.SyncState(), core.Message.decode(_message([c for _, c in batch])))
                if set(work.get_heads()) != heads:
                    return False
        except DocumentDamaged:
            return False
        self._core = work
        for header, _ in batch:
            known.add(header)
        return True

    def _take_singly(self, known: _Known, batch: Sequence[tuple[ChangeHeader, bytes]]) -> list[bytes]:
        """Applies what can be applied of a batch that failed as a whole; gives the hashes the library cannot take."""
        broken: list[bytes] = []
        for header, change in batch:
            if known.ready(header) and not self._take(known, [(header, change)]):
                broken.append(header.hash)
        return broken


class _Known:
    """Which changes a document has: enough to tell whether another may be applied."""

    __slots__ = ("last", "tops")

    def __init__(self, genesis: bytes, operations: int) -> None:
        self.last: dict[bytes, int] = {genesis: operations}  # number of the last operation, by change
        self.tops: dict[bytes, tuple[int, int]] = {}  # (seq, number of the last operation), by actor

    def add(self, header: ChangeHeader) -> None:
        self.note(header.hash, header.actor, header.seq, header.last)

    def note(self, change: bytes, actor: bytes, seq: int, last: int) -> None:
        self.last[change] = last
        self.tops[actor] = seq, last

    def ready(self, header: ChangeHeader) -> bool:
        """The rule in docs/format.md: what it builds on is here, it is its actor's next, its numbers are above theirs.

        The library asks for the first only, and replicas then differ by the order of arrival.
        """
        last = self.last
        for dep in header.deps:
            if last.get(dep, header.start) >= header.start:
                return False
        seq, number = self.tops.get(header.actor, (0, 0))
        return header.seq == seq + 1 and header.start > number

    def order(self, fresh: Mapping[bytes, tuple[ChangeHeader, bytes]]) -> tuple[list[bytes], list[bytes]]:
        """(hashes that can be applied, in an order in which they can; the rest)."""
        if len(fresh) == 1:
            for only, (header, _) in fresh.items():
                return ([only], []) if self.ready(header) else ([], [only])
        trial = _Known(b"", 0)
        trial.last, trial.tops = dict(self.last), dict(self.tops)
        ready: list[bytes] = []
        left = sorted(fresh, key=lambda h: (fresh[h][0].start, h))  # a change's numbers are above its dependencies'
        for change in left:
            header = fresh[change][0]
            if trial.ready(header):
                trial.add(header)
                ready.append(change)
        done = set(ready)
        return ready, [change for change in left if change not in done]


def _left_out(
    known: _Known, fresh: Mapping[bytes, tuple[ChangeHeader, bytes]], broken: Sequence[bytes]
) -> DependencyMissing | ChangeBroken:
    waiting = [h for h in fresh if h not in known.last and h not in broken]
    missing = {dep for h in waiting for dep in fresh[h][0].deps if dep not in known.last and dep not in fresh}
    return ChangeBroken(broken, waiting, missing) if broken else DependencyMissing(missing, waiting)


def _loads_to(packed: bytes, heads: Sequence[bytes]) -> bool:
    try:
        with _border("saved document cannot be loaded"):
            return sorted(core.Document.load(packed).get_heads()) == list(heads)
    except DocumentDamaged:
        return False


def _extract(source: Any, shape: _Shape, heads: list[bytes] | None) -> dict[str, Any]:
    scalars = shape.scalars
    found = {name: value for name, value in _items(source, core.ROOT, heads).items() if name in scalars}
    for name, where in shape.maps:
        found[name] = _items(source, where, heads)
    for name, where in shape.texts:
        found[name] = source.text(where, heads)
    return found
