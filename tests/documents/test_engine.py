"""Our engine under the contract, and what the CRDT library does wrong by itself."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from documents.change import read_header
from documents.engine import Document
from documents.errors import ChangeBroken, ChangeVoid, DependencyMissing, DocumentDamaged
from documents.kinds import Kind
from tests.contracts.engine import ALICE, BOB, CAROL, EngineContract
from tests.documents import chunks


class TestEngine(EngineContract):
    Document = Document


def broken() -> bytes:
    """No rule makes it void, but the library drops it without a word: its text is not UTF-8."""
    return chunks.frame(chunks.body(BOB, chunks.put(value=b"\xff")))


def odd() -> bytes:
    """The library takes it, but encodes it differently when it saves, and then cannot load what it saved."""
    return chunks.frame(chunks.body(BOB, chunks.put(meta=0, value=b"") | {chunks.VALUE: b""}))


def test_change_the_library_drops_in_silence_is_named_and_the_rest_is_applied() -> None:
    document = Document.new(Kind.IMAGE)
    good = Document.new(Kind.IMAGE).edit(ALICE, lambda d: d.agree("rating", 3))
    assert good is not None
    on_it = chunks.frame(chunks.body(CAROL, chunks.put(), deps=[read_header(broken()).hash], start=20))
    with pytest.raises(ChangeBroken) as raised:
        document.apply([on_it, broken(), good])
    assert raised.value.changes == (read_header(broken()).hash,)
    assert raised.value.waiting == (read_header(on_it).hash,)
    assert document.read()["rating"] == {ALICE.hex(): 3}
    assert document.edit(CAROL, lambda d: d.agree("rating", 4)) is not None


def test_change_that_makes_the_library_panic_leaves_the_document_usable() -> None:
    far = {chunks.ELEMENT_ACTOR: chunks.run(1, 0), chunks.ELEMENT: chunks.sleb(-1) + chunks.sleb(2**40)}
    change = chunks.frame(chunks.body(BOB, chunks.letters(1) | far, others=[chunks.ZERO]))
    document = Document.new(Kind.IMAGE)
    with pytest.raises(ChangeBroken):
        document.apply([change])
    assert document.is_genesis()
    assert document.edit(ALICE, lambda d: d.write_text("note", "still here")) is not None
    assert document.read()["note"] == "still here"


@pytest.mark.parametrize("early", [True, False])
def test_oddly_encoded_change_survives_saving_however_long_the_history(early: bool) -> None:
    document = Document.new(Kind.IMAGE)
    if early:
        document.apply([odd()])
    for number in range(100):
        document.edit(ALICE, lambda d, n=number: d.agree("rating", n))
        document = Document.load(Kind.IMAGE, document.save())
    document.apply([odd()])
    document = Document.load(Kind.IMAGE, document.save())
    assert document.read()["rating"] == {ALICE.hex(): 99}
    assert read_header(odd()).hash in {read_header(change).hash for change in document.changes()}


@pytest.mark.parametrize("changes", [1, 100])
def test_document_saved_as_another_kind_is_damaged(changes: int) -> None:
    document = Document.new(Kind.IMAGE)
    for number in range(changes):
        document.edit(ALICE, lambda d, n=number: d.agree("rating", n))
    with pytest.raises(DocumentDamaged):
        Document.load(Kind.SETTINGS, document.save())


def test_text_of_a_strangers_odd_elements_can_be_rewritten() -> None:
    """A word as one element, and an empty one, shift every index after them."""
    cells = chunks.letters(2)
    cells[chunks.META] = chunks.sleb(-2) + bytes([0x06]) + bytes([5 << 4 | 6])
    cells[chunks.VALUE] = b"hello"
    document = Document.new(Kind.IMAGE)
    document.apply([chunks.frame(chunks.body(BOB, cells, others=[chunks.ZERO]))])
    assert document.read()["note"] == "hello"
    document.edit(ALICE, lambda d: d.write_text("note", "hello 貓"))
    assert document.read()["note"] == "hello 貓"
    document.edit(ALICE, lambda d: d.write_text("note", "hell 貓"))
    assert Document.load(Kind.IMAGE, document.save()).read()["note"] == "hell 貓"


def test_object_hidden_under_its_name_is_still_read_and_written() -> None:
    hide = chunks.frame(chunks.body(BOB, chunks.put(key="tags")))
    document = Document.new(Kind.IMAGE)
    document.apply([hide])
    document.edit(ALICE, lambda d: d.put_entry("tags", "cat", True))
    assert document.read()["tags"] == {"cat": True}


def mutants(good: bytes, random: random.Random, count: int) -> Iterator[bytes]:
    """A change's body with one to three bytes changed, lost or added, under a right checksum."""
    for _ in range(count):
        body = bytearray(good)
        for _ in range(random.choice([1, 1, 2, 3])):
            at = random.randrange(33, len(body))
            body[at : at + random.choice([0, 1, 1, 1])] = random.randbytes(random.choice([0, 1, 1, 1]))
        yield chunks.frame(bytes(body))


def test_mutated_changes_are_void_or_broken_or_read_alike_everywhere() -> None:
    cells = chunks.letters(12)
    cells[chunks.KEY] = chunks.nulls(12)
    good = chunks.body(BOB, cells, others=[chunks.ZERO])
    verdicts = {"applied": 0, "left out": 0, "void": 0}
    for mutant in mutants(good, random.Random(11), 1500):
        document = Document.new(Kind.IMAGE)
        try:
            document.apply([mutant])
            verdicts["applied"] += 1
        except ChangeVoid:
            verdicts["void"] += 1
        except (ChangeBroken, DependencyMissing):
            verdicts["left out"] += 1
        twin = Document.load(Kind.IMAGE, document.save())
        edit = document.edit(ALICE, lambda d: (d.write_text("note", "new"), d.agree("rating", 1)))
        assert edit is not None
        twin.apply([edit])
        assert twin.read() == document.read()
        assert twin.heads() == document.heads()
    assert min(verdicts.values()) > 20, verdicts


def test_document_begun_by_one_change_is_the_one_it_is_applied_to() -> None:
    cells = chunks.letters(12)
    cells[chunks.KEY] = chunks.nulls(12)
    good = chunks.body(BOB, cells, others=[chunks.ZERO])
    made = Document.new(Kind.IMAGE).edit(ALICE, lambda d: (d.write_text("note", "貓 🐈"), d.agree("rating", 3)))
    assert made is not None
    begun = left = 0
    for change in [made, broken(), odd(), *mutants(good, random.Random(12), 1500)]:
        document = Document.new(Kind.IMAGE)
        try:
            header = read_header(change, Kind.IMAGE)
        except ChangeVoid:
            continue
        try:
            document.apply([change])
        except (ChangeBroken, DependencyMissing):
            assert Document.begun(Kind.IMAGE, change, header) is None
            left += 1
            continue
        quick = Document.begun(Kind.IMAGE, change, header)
        assert quick is not None
        assert (quick.heads(), quick.save(), quick.read()) == (document.heads(), document.save(), document.read())
        edits = [
            each.edit(CAROL, lambda d: (d.write_text("note", "new"), d.agree("rating", 1)))
            for each in (quick, document)
        ]
        assert edits[0] == edits[1] is not None
        assert quick.read() == document.read()
        begun += 1
    assert begun > 20 and left > 20
