"""One edit of a document under way: the writes that each field's way of merging allows, and the limits of values."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Protocol

from documents.diff import merged, text_edits
from documents.errors import ValueRefused
from documents.kinds import BASE_NAMES, Merge

MAX_VALUE = 64 * 1024  # bytes of UTF-8 in one value, key or text
MAX_INTEGER = 2**53 - 1  # what JavaScript can hold

Scalar = None | bool | int | float | str | bytes


class Transaction(Protocol):
    """What a draft needs of the engine. `at` is an object of the genesis; None is the root."""

    def items(self, at: bytes) -> dict[str, Any]: ...
    def get(self, at: bytes | None, key: str) -> tuple[Scalar] | None: ...
    def put(self, at: bytes | None, key: str, value: Scalar) -> None: ...
    def delete(self, at: bytes, key: str) -> None: ...
    def text(self, at: bytes) -> str: ...
    def text_is_plain(self, at: bytes) -> bool: ...
    def clear_text(self, at: bytes) -> None: ...
    def insert(self, at: bytes, index: int, letter: str) -> None: ...
    def remove(self, at: bytes, index: int) -> None: ...


class Draft:
    """The open edit handed to `Document.edit`'s function. Every write that changes nothing makes no operation.

    Raises ValueRefused for a value no document may hold, KeyError for a field the kind does not have in that way.
    """

    __slots__ = ("_fields", "_objects", "_transaction", "writer")

    def __init__(
        self, transaction: Transaction, writer: str, objects: Mapping[str, bytes], fields: Mapping[str, Merge]
    ) -> None:
        self.writer = writer
        self._transaction = transaction
        self._objects = objects
        self._fields = fields

    def values(self, field: str) -> dict[str, Any]:
        """A conflict map {writer: value}, a set {member: True} or entries {key: value}."""
        return self._transaction.items(self._map(field, Merge.CONFLICT, Merge.SET, Merge.ENTRIES))

    def scalar(self, field: str) -> Any:
        """The value of a root scalar; None when it has none."""
        self._expect(field, Merge.SCALAR)
        found = self._transaction.get(None, field)
        return None if found is None else found[0]

    def text(self, field: str) -> str:
        """A text as it stands."""
        self._expect(field, Merge.TEXT)
        return self._transaction.text(self._objects[field])

    def put(self, field: str, value: Scalar) -> None:
        """Sets a root scalar."""
        self._expect(field, Merge.SCALAR)
        if not _same(self._transaction.get(None, field), value):
            self._transaction.put(None, field, checked(field, value))

    def put_absent(self, field: str, value: Scalar) -> None:
        """Sets a root scalar only if it has no value yet: what an import does, so that it never undoes an edit."""
        self._expect(field, Merge.SCALAR)
        if self._transaction.get(None, field) is None:
            self._transaction.put(None, field, checked(field, value))

    def put_entry(self, field: str, key: str, value: Scalar) -> None:
        """Sets a key of a set or of entries."""
        where = self._map(field, Merge.SET, Merge.ENTRIES)
        if self._fields[field] is Merge.SET and value is not True:
            raise ValueRefused(field, "the members of a set have the value true")
        if not key:
            raise ValueRefused(field, "a member or key cannot be empty")
        if field in BASE_NAMES and "/" in key:
            raise ValueRefused(field, f"{key!r} is a path; documents hold file names only")
        if not _same(self._transaction.get(where, key), value):
            self._transaction.put(where, str(checked(field, key)), checked(field, value))

    def drop_entry(self, field: str, key: str) -> None:
        """Removes a key of a set or of entries, as far as this device has seen it."""
        where = self._map(field, Merge.SET, Merge.ENTRIES)
        if self._transaction.get(where, key) is not None:
            self._transaction.delete(where, key)

    def agree(self, field: str, value: Scalar) -> None:
        """Sets a conflict field for everybody: puts the own key and removes the keys seen. None clears it."""
        where = self._map(field, Merge.CONFLICT)
        seen = self._transaction.items(where)
        if len(seen) == 1 and all(_equal(held, value) for held in seen.values()):
            return
        if not seen and value is None:
            return
        if not _same((seen[self.writer],) if self.writer in seen else None, value):
            self._transaction.put(where, self.writer, checked(field, value))
        for other in seen:
            if other != self.writer:
                self._transaction.delete(where, other)

    def reopen(self, field: str, candidates: Mapping[str, Scalar]) -> None:
        """Takes an agreement on a conflict field back: the values stand in their order again, under keys of this
        writer's own that end with whose each was.
        """
        where = self._map(field, Merge.CONFLICT)
        values = sorted(candidates.items())
        wanted = {
            f"{self.writer}~{at:04}~{whose.rpartition('~')[2]}": value for at, (whose, value) in enumerate(values)
        }
        seen = self._transaction.items(where)
        for key in sorted(seen.keys() - wanted.keys()):
            self._transaction.delete(where, key)
        for key, value in wanted.items():
            if not _same((seen[key],) if key in seen else None, value):
                self._transaction.put(where, key, checked(field, value))

    def write_text(self, field: str, text: str, base: str | None = None, *, beside: bool = False) -> None:
        """Makes a text read `text` by the fewest insertions and removals, one code point each.

        `base` is the text as whoever wrote `text` had read it: what others put in since then stays; `beside`: `merged`.
        """
        self._expect(field, Merge.TEXT)
        if base is not None:
            text = merged(base, text, self.text(field), beside=beside)
        checked(field, text)
        where = self._objects[field]
        if self._transaction.text_is_plain(where):
            held = self._transaction.text(where)
        else:  # a stranger's elements of several letters or none shift every index: start afresh
            self._transaction.clear_text(where)
            held = ""
        for index, removed, inserted in text_edits(held, text):
            # Behind what was removed the library looks for the place of each letter: that costs the square of both.
            for offset, letter in enumerate(inserted):
                self._transaction.insert(where, index + offset, letter)
            for _ in range(removed):
                self._transaction.remove(where, index + len(inserted))

    def _expect(self, field: str, *merges: Merge) -> None:
        if self._fields[field] not in merges:
            raise KeyError(f"{field} is a field that merges as {self._fields[field]}")

    def _map(self, field: str, *merges: Merge) -> bytes:
        self._expect(field, *merges)
        return self._objects[field]


def checked(field: str, value: Scalar) -> Scalar:
    """The value, if a document may hold it. Raises ValueRefused."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        if not -MAX_INTEGER <= value <= MAX_INTEGER:
            raise ValueRefused(field, f"{value} is beyond 2^53 - 1; write it as text")
        return value
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ValueRefused(field, f"{value} is not a number other programs can read")
        return value
    if isinstance(value, str):
        try:
            size = len(value.encode())
        except UnicodeEncodeError as error:
            raise ValueRefused(field, "the text holds half of a character") from error
    elif isinstance(value, bytes):
        size = len(value)
    else:
        raise ValueRefused(field, f"a {type(value).__name__} cannot be a value")
    if size > MAX_VALUE:
        raise ValueRefused(field, f"{size} bytes, {MAX_VALUE} allowed; keep longer things in a file or a document")
    return value


def _same(held: tuple[Scalar] | None, value: Scalar) -> bool:
    return held is not None and _equal(held[0], value)


def _equal(held: Scalar, value: Scalar) -> bool:
    # True == 1 and 1 == 1.0 in Python, but they are different values in a document.
    return type(held) is type(value) and held == value
