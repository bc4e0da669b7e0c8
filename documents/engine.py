"""The one home of the CRDT library: a loaded document, how it takes changes and how it is written.

automerge 1.0.0rc1 has gaps, filled here: changes go in wrapped as a sync message; it drops a damaged change in
silence, so the heads are checked afterwards; it panics with a BaseException, which never leaves this module; it cannot
load what it saved when a stranger's change was encoded oddly, so a save that is not simply the changes is tried first.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from automerge import core

from documents.ancestry import Ancestry
from documents.change import ZERO_ACTOR, ChangeHeader, check_kind, read_header
from documents.columns import uleb
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


def _receive(into: Any, count: int, framed: bytes) -> None:
    """Hands over changes, each after its length, as a sync message that carries nothing else."""
    message = b"\x42\0\0\0" + uleb(count) + framed
    into.receive_sync_message(core.SyncState(), core.Message.decode(message))


class _border:
    """Turns whatever the library raises into DocumentDamaged. Its panics are BaseExceptions of a private class."""

    __slots__ = ("_what",)

    def __init__(self, what: str) -> None:
        self._what = what

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: object) -> None:
        if error is None:
            return
        if isinstance(error, Exception):
            raise DocumentDamaged(f"{self._what}: {error}") from error
        if type(error).__name__ == "PanicException":
            raise DocumentDamaged(f"{self._what}: the CRDT library panicked: {error}") from error


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

    def text_is_plain(self, at: bytes) -> bool:
        """Whether every element is one code point, so that indexes mean the same to us and to the library."""
        length: int = self._inner.length(at)
        return length == len(self._inner.text(at)) == len(self._inner.values(at))

    def clear_text(self, at: bytes) -> None:
        for _ in range(len(self._inner.values(at))):
            self._inner.delete(at, 0)

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
        _receive(self.pristine, 1, uleb(len(GENESIS[kind])) + GENESIS[kind])
        made = genesis_objects(kind)
        names = sorted(name for name, _ in made)
        self.objects: dict[str, bytes] = dict(zip(names, _object_ids(self.pristine), strict=True))
        fields = SCHEMA[kind]
        self.scalars = frozenset(name for name, merge in fields.items() if merge is Merge.SCALAR)
        # (number as changes name it, name, id) of each
        named = [(number, name, text) for number, (name, text) in enumerate(made, 1) if name in fields]
        self.maps = [(number, name, self.objects[name]) for number, name, text in named if not text]
        self.texts = [(number, name, self.objects[name]) for number, name, text in named if text]


_SHAPES = {kind: _Shape(kind) for kind in Kind}


class Document:
    """One document in memory. Not thread-safe. After DocumentDamaged (but for ChangeBroken) drop the object."""

    __slots__ = ("_ancestry", "_core", "_count", "_proven", "_sent", "_shape", "_written", "kind", "made")

    def __init__(self, kind: Kind, loaded: Any, sent: bytes | None, count: int) -> None:
        self.kind = kind
        self._shape = _SHAPES[kind]
        self._core = loaded  # never written to: every write goes to a fork that takes its place when all went well
        self._ancestry: Ancestry | None = None
        self._sent = sent  # the changes as they came, each after its length; None once saved in the library's form
        self._count = count
        self._proven = True  # whether the library is known to load what it would save
        self._written: set[int] | None = None  # numbers of the objects that hold anything; None: not known
        self.made: ChangeHeader | None = None  # of the change that the last edit made

    @classmethod
    def new(cls, kind: Kind) -> Document:
        """A document with its genesis and nothing else."""
        document = cls(kind, _SHAPES[kind].pristine, b"", 0)
        document._written = set()
        return document

    @classmethod
    def begun(cls, kind: Kind, change: bytes, header: ChangeHeader) -> Document | None:
        """The genesis and the one change that builds on nothing else; None when `apply` has to say what is wrong."""
        shape = _SHAPES[kind]
        if header.deps != (shape.head,) or header.seq != 1 or header.start <= len(shape.objects):
            return None
        check_kind(header, kind)
        framed = _framed([change])
        try:
            with _border("change cannot be applied"):
                loaded = shape.pristine.fork()
                _receive(loaded, 1, framed)
                if loaded.get_heads() != [header.hash]:
                    return None
        except DocumentDamaged:
            return None
        document = cls(kind, loaded, framed, 1)
        document._proven, document._written = False, set(header.maps | header.texts)
        return document

    @classmethod
    def load(cls, kind: Kind, saved: bytes) -> Document:
        """What `save` gave. Raises DocumentDamaged when the bytes do not give the heads they name."""
        start = 9 + 32 * int.from_bytes(saved[1:5], "big")
        count = int.from_bytes(saved[5:9], "big")
        heads = tuple([saved[i : i + 32] for i in range(9, min(start, len(saved)), 32)])
        with _border("saved document cannot be loaded"):
            if saved[:1] == _AS_CHANGES:
                sent = saved[start:]
                loaded = _SHAPES[kind].pristine.fork()
                if count:
                    _receive(loaded, count, sent)
                document = cls(kind, loaded, sent, count)
                document._proven = False
            elif saved[:1] == _AS_LIBRARY:
                loaded = core.Document.load(saved[start:])
                document = cls(kind, loaded, None, count)
                if loaded.get_changes([])[0].hash != GENESIS_HEAD[kind]:
                    raise DocumentDamaged(f"saved document is no {kind.name.lower()}")
            else:
                raise DocumentDamaged("not the bytes of a saved document")
            if document.heads() != heads:
                raise DocumentDamaged("saved document has other heads than it names")
        return document

    def save(self) -> bytes:
        """Bytes for `load`: an accelerator of this device, not the same on every device; never sent, never hashed."""
        heads = self.heads()
        frame = len(heads).to_bytes(4, "big") + self._count.to_bytes(4, "big") + b"".join(heads)
        if self._sent is not None and self._count <= _FEW_CHANGES and len(self._sent) <= _FEW_BYTES:
            return _AS_CHANGES + frame + self._sent
        with _border("document cannot be saved"):
            packed: bytes = self._core.save()
        if self._proven or _loads_to(packed, heads):
            self._proven = True
            return _AS_LIBRARY + frame + packed
        sent = self._sent if self._sent is not None else _framed(self.changes())
        return _AS_CHANGES + frame + sent

    def heads(self) -> tuple[bytes, ...]:
        """Hashes of the changes nothing builds on, sorted; the genesis alone when nothing else was applied."""
        return tuple(sorted(self._core.get_heads()))

    def is_genesis(self) -> bool:
        """Whether nothing but the genesis was applied: such a document has no line in the digest."""
        heads: list[bytes] = self._core.get_heads()
        return heads == [self._shape.head]

    def changes(self) -> list[bytes]:
        """Every applied change but the genesis, each after those it builds on."""
        with _border("document's history cannot be read"):
            return [change.bytes for change in self._core.get_changes([self._shape.head])]

    def apply(self, changes: Sequence[bytes], headers: Sequence[ChangeHeader] | None = None) -> None:
        """Applies changes given in any order; repeats are harmless.

        `headers` are what `read_header` gave for each, when the caller has read them already. What cannot be applied
        is left out and everything else stays applied: DependencyMissing when other changes must come first,
        ChangeBroken when the engine cannot take a change. ChangeVoid is raised before anything is applied.
        """
        if headers is None:
            headers = [read_header(change) for change in changes]
        for header in headers:
            check_kind(header, self.kind)
        ancestry = self._ancestry or self._look()
        fresh: dict[bytes, ChangeHeader] = {}
        chunks: dict[bytes, bytes] = {}
        for header, change in zip(headers, changes, strict=True):
            if header.hash not in ancestry.last:
                fresh[header.hash] = header
                chunks[header.hash] = change
        if not fresh:
            return
        batch = [(fresh[change], chunks[change]) for change in ancestry.order(fresh)]
        broken = [] if not batch or self._take(ancestry, batch) else self._take_singly(ancestry, batch)
        if broken or len(batch) < len(fresh):
            raise _left_out(ancestry, fresh, broken)

    def edit(self, actor: bytes, write: Callable[[Draft], None]) -> bytes | None:
        """Runs `write` on a draft and gives the one change it made, or None when it changed nothing.

        All or nothing: when `write` raises, or the change would be too large (ChangeTooLarge), the document is as it
        was. Raises SchemaNewer for a document that a newer program gave another meaning.
        """
        self._check_schema()
        ancestry = self._ancestry or self._look()
        failure: Exception | None = None
        with _border("document cannot be edited"):
            work = self._core.fork()
            work.set_actor(actor)
            with work.transaction() as transaction:
                try:
                    write(Draft(_Transaction(transaction), actor.hex(), self._shape.objects, SCHEMA[self.kind]))
                except Exception as error:  # an open transaction would end the process: close it, then raise
                    failure = error
            made = work.get_changes(self._core.get_heads())
        if failure is not None:
            raise failure
        if not made:
            return None
        change: bytes = made[0].bytes
        try:
            header = read_header(change)
        except ChangeVoid as void:
            raise ChangeTooLarge(f"this edit makes a change of {len(change)} bytes; split it or shorten it") from void
        self._become(work, ancestry, [(header, change)])
        self.made = header
        return change

    def read(self, heads: Sequence[bytes] | None = None) -> dict[str, Any]:
        """Every field by name, now or at old heads.

        Conflict fields are {writer: value}, sets {member: True}, entries {key: value}, texts str; scalars only when
        they have a value. Values are None, bool, int, float, str or bytes as their writer chose: check what you use.
        Raises DependencyMissing for heads the document does not have.
        """
        at = None
        if heads is not None:
            ancestry = self._ancestry or self._look()
            unknown = [head for head in heads if head not in ancestry.last]
            if unknown:
                raise DependencyMissing(unknown, [])
            at = list(heads)
        with _border("document cannot be read"):
            return _extract(self._core, self._shape, self._written, at)

    def _check_schema(self) -> None:
        if self._written is not None and 0 not in self._written:
            return  # nothing was ever written at the root
        with _border("document cannot be read"):
            found = _Transaction(self._core).get(None, "schema")
        if found is not None and isinstance(found[0], int) and found[0] > SCHEMA_VERSION:
            raise SchemaNewer(f"the document has schema {found[0]}; this program edits up to {SCHEMA_VERSION}: upgrade")

    def _look(self) -> Ancestry:
        ancestry = Ancestry(self._shape.head, len(self._shape.objects))
        if not self.is_genesis():
            with _border("document's history cannot be read"):
                for change in self._core.get_changes([self._shape.head]):
                    ancestry.note(change.hash, change.actor_id, change.seq, change.max_op)
        self._ancestry = ancestry
        return ancestry

    def _take(self, ancestry: Ancestry, batch: Sequence[tuple[ChangeHeader, bytes]]) -> bool:
        """Applies changes whose dependencies are there, all or none; False when the library did not take them."""
        heads = set(self._core.get_heads())
        heads.update([header.hash for header, _ in batch])
        for header, _ in batch:
            heads.difference_update(header.deps)
        try:
            with _border("changes cannot be applied"):
                work = self._core.fork()
                _receive(work, len(batch), _framed([change for _, change in batch]))
                if set(work.get_heads()) != heads:
                    return False
        except DocumentDamaged:
            return False
        self._become(work, ancestry, batch)
        self._proven = False
        return True

    def _take_singly(self, ancestry: Ancestry, batch: Sequence[tuple[ChangeHeader, bytes]]) -> list[bytes]:
        """Applies what can be applied of a batch that failed as a whole; gives the hashes the library cannot take."""
        if len(batch) == 1:
            return [batch[0][0].hash]
        return [
            header.hash
            for header, change in batch
            if ancestry.ready(header) and not self._take(ancestry, [(header, change)])
        ]

    def _become(self, work: Any, ancestry: Ancestry, batch: Sequence[tuple[ChangeHeader, bytes]]) -> None:
        self._core = work
        for header, _ in batch:
            ancestry.add(header)
            if self._written is not None:
                self._written |= header.maps | header.texts
        self._count += len(batch)
        if self._sent is not None:
            self._sent += _framed([change for _, change in batch])


def _framed(changes: Sequence[bytes]) -> bytes:
    return b"".join([uleb(len(change)) + change for change in changes])


def _left_out(
    ancestry: Ancestry, fresh: Mapping[bytes, ChangeHeader], broken: Sequence[bytes]
) -> DependencyMissing | ChangeBroken:
    waiting = [change for change in fresh if change not in ancestry.last and change not in broken]
    missing = {dep for change in waiting for dep in fresh[change].deps if dep not in ancestry.last and dep not in fresh}
    return ChangeBroken(broken, waiting, missing) if broken else DependencyMissing(missing, waiting)


def _loads_to(packed: bytes, heads: Sequence[bytes]) -> bool:
    try:
        with _border("saved document cannot be loaded"):
            return sorted(core.Document.load(packed).get_heads()) == list(heads)
    except DocumentDamaged:
        return False


def _extract(source: Any, shape: _Shape, written: set[int] | None, heads: list[bytes] | None) -> dict[str, Any]:
    """Every field; what is not in `written` is known to be empty and not asked for."""
    scalars = shape.scalars
    found = {name: value for name, value in _items(source, core.ROOT, heads).items() if name in scalars}
    for number, name, where in shape.maps:
        found[name] = _items(source, where, heads) if written is None or number in written else {}
    for number, name, where in shape.texts:
        found[name] = source.text(where, heads) if written is None or number in written else ""
    return found
