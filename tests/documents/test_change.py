"""Headers as properties: they agree with the CRDT library, and no bytes at all make the reader stumble."""

from __future__ import annotations

import time

import pytest
from automerge import core
from hypothesis import given
from hypothesis import strategies as st

from documents.change import MAX_OPERATIONS, read_header
from documents.columns import read_sleb, read_uleb, uleb
from documents.engine import Document
from documents.errors import ChangeTooLarge, ChangeVoid
from documents.kinds import GENESIS, Kind
from tests.documents import chunks

ACTOR = bytes(range(16))


@given(st.integers(0, 2**64 - 1))
def test_unsigned_numbers_come_back(number: int) -> None:
    assert read_uleb(uleb(number), 0) == (number, len(uleb(number)))


@given(st.integers(-(2**63), 2**63 - 1))
def test_signed_numbers_come_back(number: int) -> None:
    assert read_sleb(chunks.sleb(number), 0) == (number, len(chunks.sleb(number)))


@pytest.mark.parametrize("padded", [b"\x80\x00", b"\xff\x80\x00", b"\x80" * 10 + b"\x01"])
def test_padded_and_endless_numbers_are_damage(padded: bytes) -> None:
    with pytest.raises(ValueError, match="number"):
        read_uleb(padded, 0)


@pytest.mark.parametrize("padded", [b"\x80\x00", b"\xff\x7f", b"\x80" * 10 + b"\x01"])
def test_padded_and_endless_signed_numbers_are_damage(padded: bytes) -> None:
    with pytest.raises(ValueError, match="number"):
        read_sleb(padded, 0)


@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(["put", "drop", "rate", "note", "prompt"])), min_size=1)
)
def test_header_says_what_the_library_says(writes: list[tuple[str, str]]) -> None:
    document = Document.new(Kind.IMAGE)
    edits = {
        "put": lambda d, w: d.put_entry("tags", w, True),
        "drop": lambda d, w: d.drop_entry("tags", w),
        "rate": lambda d, w: d.agree("rating", ord(w)),
        "note": lambda d, w: d.write_text("note", w * 7 + d.text("note")[3:]),
        "prompt": lambda d, w: d.put("prompt", w * 400),
    }
    for writer, what in writes:
        document.edit(writer.encode() * 16, lambda d, w=writer, e=what: edits[e](d, w))
    plain = core.Document(ACTOR)
    frames = [GENESIS[Kind.IMAGE], *document.changes()]
    message = b"\x42\0\0\0" + uleb(len(frames)) + b"".join(uleb(len(each)) + each for each in frames)
    plain.receive_sync_message(core.SyncState(), core.Message.decode(message))
    told = {each.hash: each for each in plain.get_changes([])}
    for change in document.changes():
        header = read_header(change, Kind.IMAGE)
        library = told[header.hash]
        assert sorted(header.deps) == sorted(library.deps)
        assert (header.actor, header.seq, header.start) == (library.actor_id, library.seq, library.start_op)
        assert (header.last, header.operations) == (library.max_op, len(library))


@given(st.binary(max_size=400))
def test_any_bytes_are_void_or_read(data: bytes) -> None:
    for change in (data, chunks.frame(data), chunks.frame(data, deflate=True)):
        try:
            read_header(change)
        except ChangeVoid:
            pass


@given(st.dictionaries(st.integers(0, 0x100), st.binary(max_size=12)))
def test_any_columns_are_void_or_read_in_no_time(cells: dict[int, bytes]) -> None:
    began = time.process_time()
    try:
        read_header(chunks.frame(chunks.body(ACTOR, chunks.put() | cells, others=[chunks.ZERO])))
    except ChangeVoid:
        pass
    assert time.process_time() - began < 0.5


def test_as_many_operations_as_a_change_may_have() -> None:
    letters = chunks.body(ACTOR, chunks.letters(MAX_OPERATIONS), others=[chunks.ZERO])
    document = Document.new(Kind.IMAGE)
    document.apply([chunks.frame(letters, deflate=True)])
    assert document.read()["note"] == "x" * MAX_OPERATIONS
    with pytest.raises(ChangeTooLarge):
        document.edit(bytes([9]) * 16, lambda d: [d.put_entry("more", str(n), n) for n in range(MAX_OPERATIONS + 1)])
