"""What any engine of documents must do: everything the library relies on, said without naming a CRDT library."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from documents.change import read_header
from documents.draft import Draft
from documents.engine import Document
from documents.errors import ChangeTooLarge, ChangeVoid, DependencyMissing, DocumentDamaged, SchemaNewer, ValueRefused
from documents.kinds import GENESIS_HEAD, SCHEMA, Kind, Merge
from tests.documents import chunks

ALICE, BOB, CAROL = bytes([0xA1]) * 16, bytes([0xB0]) * 16, bytes([0xCA]) * 16


class EngineContract:
    """Subclass with the engine's document class as `Document`."""

    Document: type[Document]

    def image(self, *changes: bytes) -> Document:
        document = self.Document.new(Kind.IMAGE)
        document.apply(changes)
        return document

    def tagged(self) -> tuple[Document, bytes]:
        document = self.image()
        change = document.edit(ALICE, lambda d: d.put_entry("tags", "cat", True))
        assert change is not None
        return document, change

    def split(self, document: Document) -> Document:
        """The same document on another device."""
        return self.Document.load(document.kind, document.save())

    def merge(self, *documents: Document) -> dict[str, Any]:
        """What all of them read when each has the others' changes."""
        every = [change for document in documents for change in document.changes()]
        for document in documents:
            document.apply(every)
        read = [document.read() for document in documents]
        assert all(each == read[0] for each in read)
        assert len({document.heads() for document in documents}) == 1
        return read[0]

    # -- new, load, save

    @pytest.mark.parametrize("kind", list(Kind))
    def test_new_document_holds_its_genesis_and_nothing_else(self, kind: Kind) -> None:
        document = self.Document.new(kind)
        assert document.heads() == (GENESIS_HEAD[kind],)
        assert document.is_genesis()
        assert document.changes() == []
        empty = {field: "" if merge is Merge.TEXT else {} for field, merge in SCHEMA[kind].items()}
        scalars = {field for field, merge in SCHEMA[kind].items() if merge is Merge.SCALAR}
        assert document.read() == {field: value for field, value in empty.items() if field not in scalars}

    @pytest.mark.parametrize("kind", list(Kind))
    def test_every_field_of_every_kind_can_be_written(self, kind: Kind) -> None:
        def write(draft: Draft) -> None:
            for field, merge in SCHEMA[kind].items():
                if field == "schema":
                    continue
                if merge is Merge.CONFLICT:
                    draft.agree(field, "new")
                elif merge is Merge.SCALAR:
                    draft.put(field, "new")
                elif merge is Merge.TEXT:
                    draft.write_text(field, "new")
                else:
                    draft.put_entry(field, "new", True)

        document = self.Document.new(kind)
        change = document.edit(ALICE, write)
        assert change is not None
        twin = self.Document.new(kind)
        twin.apply([change])
        assert twin.read() == document.read()
        assert twin.read(document.heads()) == document.read()
        assert all(value for value in document.read().values())

    def test_saved_document_is_the_same_after_loading(self) -> None:
        document, _ = self.tagged()
        loaded = self.split(document)
        assert (loaded.heads(), loaded.read(), loaded.changes()) == (
            document.heads(),
            document.read(),
            document.changes(),
        )
        assert self.split(self.image()).is_genesis()

    def test_long_history_is_the_same_after_loading(self) -> None:
        document = self.image()
        for number in range(150):
            document.edit([ALICE, BOB, CAROL][number % 3], lambda d, n=number: d.agree("rating", n))
        loaded = self.split(document)
        assert loaded.heads() == document.heads()
        assert len(loaded.changes()) == 150
        loaded.edit(ALICE, lambda d: d.agree("rating", -1))
        assert self.split(loaded).read()["rating"] == {ALICE.hex(): -1}

    @pytest.mark.parametrize("changes", [1, 150])
    def test_saved_bytes_cut_or_flipped_are_never_another_document(self, changes: int) -> None:
        document = self.image()
        for number in range(changes):
            document.edit(ALICE, lambda d, n=number: d.agree("rating", n))
        saved, read = document.save(), document.read()
        for at in range(0, len(saved), 1 if changes == 1 else 37):
            for spoilt in (saved[:at], saved[:at] + bytes([saved[at] ^ 0x10]) + saved[at + 1 :]):
                try:
                    loaded = self.Document.load(Kind.IMAGE, spoilt)
                except DocumentDamaged:
                    continue
                assert loaded.heads() == document.heads()
                assert loaded.read() == read

    # -- applying

    def test_repeated_changes_are_harmless(self) -> None:
        document, change = self.tagged()
        heads = document.heads()
        document.apply([change, change])
        document.apply([change])
        assert document.heads() == heads
        assert len(document.changes()) == 1

    def test_changes_in_any_order_within_one_call(self) -> None:
        document, first = self.tagged()
        second = document.edit(BOB, lambda d: d.put_entry("tags", "dog", True))
        third = document.edit(ALICE, lambda d: d.drop_entry("tags", "cat"))
        assert second and third
        assert self.image(third, first, second).read()["tags"] == {"dog": True}

    def test_change_before_what_it_builds_on_is_left_out_and_named(self) -> None:
        document, first = self.tagged()
        second = document.edit(BOB, lambda d: d.put_entry("tags", "dog", True))
        assert second is not None
        late = self.image()
        with pytest.raises(DependencyMissing) as missing:
            late.apply([second])
        assert missing.value.missing == (read_header(first).hash,)
        assert missing.value.waiting == (read_header(second).hash,)
        assert late.is_genesis()
        late.apply([first])
        late.apply([second])
        assert late.heads() == document.heads()

    def test_what_can_be_applied_is_applied_beside_what_waits(self) -> None:
        document, _ = self.tagged()
        second = document.edit(BOB, lambda d: d.put_entry("tags", "dog", True))
        other = self.image().edit(CAROL, lambda d: d.agree("rating", 5))
        assert second and other
        late = self.image()
        with pytest.raises(DependencyMissing):
            late.apply([second, other])
        assert late.read()["rating"] == {CAROL.hex(): 5}

    def test_void_change_touches_nothing(self) -> None:
        document, _ = self.tagged()
        note = self.image().edit(BOB, lambda d: d.write_text("note", "hi"))
        assert note is not None
        counter = chunks.frame(chunks.body(BOB, chunks.put(meta=1 << 4 | 8, value=b"\5")))
        with pytest.raises(ChangeVoid):
            document.apply([counter])
        with pytest.raises(ChangeVoid):
            self.Document.new(Kind.SETTINGS).apply([note])
        assert document.read()["tags"] == {"cat": True}

    def test_second_change_of_an_actor_waits_for_its_first_in_either_order(self) -> None:
        """Automerge takes them as they come and then refuses the first: replicas would differ by order."""
        first = chunks.frame(chunks.body(ALICE, chunks.put(value=b"a")))
        second = chunks.frame(chunks.body(ALICE, chunks.put(value=b"b"), seq=2, start=20))
        forward, backward = self.image(first, second), self.image()
        with pytest.raises(DependencyMissing):
            backward.apply([second])
        backward.apply([first])
        backward.apply([second])
        assert forward.heads() == backward.heads()
        assert forward.read() == backward.read()

    def test_change_with_numbers_not_above_its_dependencies_never_applies(self) -> None:
        first = chunks.frame(chunks.body(ALICE, chunks.put(value=b"a")))
        again = chunks.body(BOB, chunks.put(value=b"b"), deps=[read_header(first).hash], start=19)
        document = self.image(first)
        with pytest.raises(DependencyMissing) as missing:
            document.apply([chunks.frame(again)])
        assert missing.value.missing == ()
        assert document.read()["prompt"] == "a"

    def test_actor_used_twice_never_has_two_changes_of_one_number(self) -> None:
        one = self.image().edit(ALICE, lambda d: d.agree("rating", 1))
        two = self.image().edit(ALICE, lambda d: d.agree("rating", 2))
        assert one and two
        document = self.image(one)
        with pytest.raises(DependencyMissing) as missing:
            document.apply([two])
        assert missing.value.waiting == (read_header(two).hash,)
        assert document.read()["rating"] == {ALICE.hex(): 1}

    # -- editing

    def test_edit_that_changes_nothing_makes_no_change(self) -> None:
        document, _ = self.tagged()
        document.edit(ALICE, lambda d: (d.agree("rating", 3), d.put("prompt", "fox"), d.write_text("note", "hi")))
        count = len(document.changes())

        def same(draft: Draft) -> None:
            draft.put_entry("tags", "cat", True)
            draft.drop_entry("tags", "dog")
            draft.agree("rating", 3)
            draft.agree("title", None)
            draft.put("prompt", "fox")
            draft.put_absent("prompt", "another fox")
            draft.write_text("note", "hi")

        assert document.edit(BOB, same) is None
        assert len(document.changes()) == count

    def test_edit_that_fails_leaves_the_document_as_it_was(self) -> None:
        document, _ = self.tagged()
        before = document.heads(), document.read(), document.save()

        def fail(draft: Draft) -> None:
            draft.put_entry("tags", "dog", True)
            raise KeyError("no such project")

        with pytest.raises(KeyError, match="no such project"):
            document.edit(ALICE, fail)
        assert (document.heads(), document.read(), document.save()) == before
        assert document.edit(ALICE, lambda d: d.put_entry("tags", "dog", True)) is not None

    def test_edit_too_large_for_one_change_leaves_the_document_as_it_was(self) -> None:
        document, _ = self.tagged()
        before = document.heads()

        def much(draft: Draft) -> None:
            for number in range(70_000):
                draft.put_entry("more", f"{number}", number)

        with pytest.raises(ChangeTooLarge):
            document.edit(ALICE, much)
        assert document.heads() == before

    def test_change_says_who_wrote_it_and_no_time(self) -> None:
        document, first = self.tagged()
        second = document.edit(ALICE, lambda d: d.agree("rating", 3))
        assert second is not None
        header = read_header(second)
        assert (header.actor, header.seq) == (ALICE, 2)
        assert header.deps == (read_header(first).hash,)
        assert second == self.split(self.image(first)).edit(ALICE, lambda d: d.agree("rating", 3)), "equal bytes again"

    @pytest.mark.parametrize(
        "value", ["x" * 65_537, "貓" * 21_846, 2**53, -(2**53), float("nan"), float("inf"), "\ud83d"]
    )
    def test_value_no_document_may_hold_is_refused(self, value: Any) -> None:
        document, _ = self.tagged()
        with pytest.raises(ValueRefused):
            document.edit(ALICE, lambda d: d.put("prompt", value))
        assert "prompt" not in document.read()

    def test_key_or_text_no_document_may_hold_is_refused(self) -> None:
        document, _ = self.tagged()
        with pytest.raises(ValueRefused):
            document.edit(ALICE, lambda d: d.write_text("note", "x" * 65_537))
        with pytest.raises(ValueRefused):
            document.edit(ALICE, lambda d: d.put_entry("tags", "x" * 65_537, True))
        with pytest.raises(ValueRefused):
            document.edit(ALICE, lambda d: d.put_entry("tags", "cat", 1))
        with pytest.raises(ValueRefused):
            document.edit(ALICE, lambda d: d.put_entry("tags", "", True))

    def test_source_is_a_name_and_never_a_path(self) -> None:
        document, _ = self.tagged()
        with pytest.raises(ValueRefused, match="path"):
            document.edit(ALICE, lambda d: d.put_entry("sources", "/home/alice/fox.png", True))

    def test_values_keep_their_types(self) -> None:
        values = [None, True, False, 0, 1, -1, 2**53 - 1, 1.0, 0.5, "", "1", "貓😀", b"", b"\xff\0"]
        document, _ = self.tagged()
        document.edit(ALICE, lambda d: [d.put_entry("more", f"{i:02}", value) for i, value in enumerate(values)])
        read = list(self.split(document).read()["more"].values())
        assert [(type(value), value) for value in read] == [(type(value), value) for value in values]
        assert document.edit(ALICE, lambda d: d.put_entry("more", "01", 1)) is not None, "true is not 1"

    def test_document_of_a_newer_meaning_is_read_and_not_edited(self) -> None:
        document, _ = self.tagged()
        document.edit(ALICE, lambda d: d.put("schema", 2))
        assert document.read()["tags"] == {"cat": True}
        with pytest.raises(SchemaNewer):
            document.edit(ALICE, lambda d: d.put_entry("tags", "dog", True))

    def test_unknown_field_is_the_programs_mistake(self) -> None:
        document, _ = self.tagged()
        writes: Sequence[Any] = (
            lambda d: d.put("no such field", 1),
            lambda d: d.put("tags", 1),
            lambda d: d.put_entry("rating", "x", 1),
            lambda d: d.agree("tags", 1),
            lambda d: d.write_text("title", "x"),
            lambda d: d.scalar("note"),
            lambda d: d.values("note"),
        )
        for write in writes:
            with pytest.raises(KeyError):
                document.edit(ALICE, write)

    # -- merging

    def test_add_of_a_tag_survives_a_concurrent_removal(self) -> None:
        alice, _ = self.tagged()
        bob = self.split(alice)
        alice.edit(ALICE, lambda d: d.drop_entry("tags", "cat"))
        alice.edit(ALICE, lambda d: d.put_entry("tags", "cat", True))
        bob.edit(BOB, lambda d: (d.drop_entry("tags", "cat"), d.put_entry("tags", "狗", True)))
        assert self.merge(alice, bob)["tags"] == {"cat": True, "狗": True}

    def test_removal_everybody_has_seen_stays(self) -> None:
        alice, _ = self.tagged()
        alice.edit(ALICE, lambda d: d.drop_entry("tags", "cat"))
        bob = self.split(alice)
        bob.edit(BOB, lambda d: d.put_entry("tags", "dog", True))
        assert self.merge(alice, bob)["tags"] == {"dog": True}

    def test_concurrent_ratings_both_stay_until_one_write_resolves_them(self) -> None:
        alice, _ = self.tagged()
        alice.edit(ALICE, lambda d: d.agree("rating", 1))
        bob, carol = self.split(alice), self.split(alice)
        alice.edit(ALICE, lambda d: d.agree("rating", 3))
        bob.edit(BOB, lambda d: d.agree("rating", 5))
        carol.edit(CAROL, lambda d: d.agree("rating", None))
        ratings = {ALICE.hex(): 3, BOB.hex(): 5, CAROL.hex(): None}
        assert self.merge(alice, bob, carol)["rating"] == ratings
        carol.edit(CAROL, lambda d: d.agree("rating", 4))
        assert self.merge(alice, bob, carol)["rating"] == {CAROL.hex(): 4}

    def test_same_rating_given_twice_is_settled_by_the_next_write(self) -> None:
        alice, _ = self.tagged()
        bob = self.split(alice)
        alice.edit(ALICE, lambda d: d.agree("rating", 4))
        bob.edit(BOB, lambda d: d.agree("rating", 4))
        assert self.merge(alice, bob)["rating"] == {ALICE.hex(): 4, BOB.hex(): 4}
        assert bob.edit(BOB, lambda d: d.agree("rating", 4)) is not None
        assert self.merge(alice, bob)["rating"] == {BOB.hex(): 4}

    def test_notes_typed_at_once_keep_everybodys_letters(self) -> None:
        alice, _ = self.tagged()
        alice.edit(ALICE, lambda d: d.write_text("note", "貓在雪地 👩‍👩‍👧 ok"))
        bob = self.split(alice)
        alice.edit(ALICE, lambda d: d.write_text("note", "紅貓在雪地 👩‍👩‍👧 ok"))
        bob.edit(BOB, lambda d: d.write_text("note", "貓在雪地上 👩‍👩‍👧 very ok 😀"))
        assert self.merge(alice, bob)["note"] == "紅貓在雪地上 👩‍👩‍👧 very ok 😀"

    def test_versions_made_at_once_are_both_there(self) -> None:
        alice, _ = self.tagged()
        bob = self.split(alice)
        for document, actor, version in ((alice, ALICE, "aa"), (bob, BOB, "bb")):
            document.edit(
                actor, lambda d, v=version: (d.put_entry("versions", f"{v}/blob", v * 32), d.agree("current", v))
            )
        merged = self.merge(alice, bob)
        assert merged["versions"] == {"aa/blob": "aa" * 32, "bb/blob": "bb" * 32}
        assert merged["current"] == {ALICE.hex(): "aa", BOB.hex(): "bb"}

    def test_same_file_imported_on_two_devices_is_one_asset_with_unmangled_facts(self) -> None:
        def imported(draft: Draft) -> None:
            draft.put_absent("prompt", "a red fox 貓 😀")
            draft.put_absent("seed", "18446744073709551615")
            draft.put_entry("sources", "fox.png", True)
            draft.put_entry("versions", "aa/blob", "aa" * 32)
            draft.agree("current", "aa")

        alice, bob = self.image(), self.image()
        alice.edit(ALICE, imported)
        bob.edit(BOB, imported)
        merged = self.merge(alice, bob)
        assert (merged["prompt"], merged["seed"]) == ("a red fox 貓 😀", "18446744073709551615")
        assert merged["sources"] == {"fox.png": True}
        assert merged["versions"] == {"aa/blob": "aa" * 32}
        assert set(merged["current"].values()) == {"aa"}

    def test_import_again_never_undoes_an_edit(self) -> None:
        document, _ = self.tagged()
        document.edit(ALICE, lambda d: d.put_absent("prompt", "fox"))
        document.edit(BOB, lambda d: d.put("prompt", "a better fox"))
        assert document.edit(CAROL, lambda d: d.put_absent("prompt", "fox")) is None

    # -- reading the past

    def test_document_reads_as_it_was_at_old_heads(self) -> None:
        document, _ = self.tagged()
        heads = document.heads()
        document.edit(BOB, lambda d: (d.drop_entry("tags", "cat"), d.put("prompt", "x"), d.write_text("note", "貓")))
        assert document.read(heads)["tags"] == {"cat": True}
        assert document.read(heads)["note"] == ""
        assert "prompt" not in document.read(heads)
        assert document.read([GENESIS_HEAD[Kind.IMAGE]]) == self.image().read()

    def test_heads_it_does_not_have_are_named(self) -> None:
        document, _ = self.tagged()
        with pytest.raises(DependencyMissing) as missing:
            document.read([bytes(32)])
        assert missing.value.missing == (bytes(32),)
