"""Three devices, whatever order their segments come in: one digest, one set of verdicts, nothing lost by the rules."""

from __future__ import annotations

import random
import unicodedata

import msgspec
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from documents.draft import Draft
from documents.errors import SegmentRefused
from documents.segment import ChangeEntry, Segment, UnknownEntry
from tests.histories.house import OTHER_IMAGE, act, agree, hand_over, meet, remove, write
from tests.histories.replica import Edit, Replica, World, Write
from tests.histories.simulation import IMAGES, found, key_of, member_of, note, rate, tag

TAGS = ["cat", "貓", "red/fox"]
# Emoji of several code points, Han, and a letter whose accent is a code point of its own.
WORDS = ["a", "貓咪", "😀", "👩‍👧", "e\u0301", "海報\n"]
SHA = "5f" * 32
DEVICE, PLACE = st.integers(0, 2), st.integers(0, 2**31)


def untag(name: str) -> Write:
    return lambda draft: draft.drop_entry("tags", name)


def prepend(word: str) -> Write:
    return lambda draft: draft.write_text("note", word + draft.text("note"))


def shorten() -> Write:
    return lambda draft: draft.write_text("note", draft.text("note")[1:])


def version(name: str) -> Write:
    def write(draft: Draft) -> None:
        draft.put_entry("versions", f"{name}/blob", name)
        draft.put_entry("versions", f"{name}/parent", SHA)
        draft.agree("current", name)

    return write


def import_file() -> Write:
    """What importing one and the same file writes, on whatever device."""

    def write(draft: Draft) -> None:
        draft.put_entry("versions", f"{SHA}/blob", SHA)
        draft.put_entry("sources", "狐狸.png", True)
        draft.put_absent("prompt", "a red fox 貓 😀")
        draft.put_absent("seed", "18446744073709551615")
        if not draft.values("current"):
            draft.agree("current", SHA)

    return write


EDITS = st.one_of(
    st.builds(tag, st.sampled_from(TAGS)),
    st.builds(untag, st.sampled_from(TAGS)),
    st.builds(rate, st.none() | st.integers(0, 5)),
    st.builds(note, st.sampled_from(WORDS)),
    st.builds(prepend, st.sampled_from(WORDS)),
    st.builds(shorten),
    st.builds(version, st.sampled_from(["aa" * 32, "bb" * 32])),
    st.builds(import_file),
)


class Studio(RuleBasedStateMachine):
    """alice is admin, bob editor, carol viewer; bob's device may be cloned, anybody may be let in, demoted, removed."""

    @initialize(chance=st.integers(0, 1000))
    def begin(self, chance: int) -> None:
        self.devices = found(World(chance), ["admin", "editor", "viewer"])
        self.clones: list[Replica] = []
        self.post: list[tuple[Replica, bytes]] = []

    @rule(device=DEVICE, image=st.sampled_from(IMAGES[:2]), edits=st.lists(EDITS, min_size=1, max_size=3))
    def edit(self, device: int, image: bytes, edits: list[Write]) -> None:
        self.devices[device].edit([Edit(image, each) for each in edits])

    @rule(device=DEVICE, image=st.sampled_from(IMAGES[:2]), edit=EDITS, place=PLACE)
    def forge(self, device: int, image: bytes, edit: Write, place: int) -> None:
        """With old heads and at an old place of the own chain."""
        replica = self.devices[device]
        own = [each for each in replica.held.values() if each.incarnation == replica.incarnation]
        if own:
            old = own[place % len(own)]
            replica.edit([Edit(image, edit)], auth=old.auth, fork=(old.prev, old.seq))

    @rule(device=DEVICE, peer=DEVICE, order=st.randoms(use_true_random=False))
    def post_some(self, device: int, peer: int, order: random.Random) -> None:
        lacking = self.devices[device].lacking(self.devices[peer].vector())
        self.post += [(self.devices[peer], each.raw) for each in lacking for _ in range(order.randint(0, 2))]
        order.shuffle(self.post)

    @rule(count=st.integers(1, 20))
    def deliver(self, count: int) -> None:
        arrived, self.post = self.post[:count], self.post[count:]
        for target, raw in arrived:
            target.receive(raw)

    @rule(device=DEVICE)
    def clone(self, device: int) -> None:
        if len(self.clones) < 2:
            self.clones.append(self.devices[device])
            self.devices[device] = self.devices[device].copy(f"clone {len(self.clones)}")

    @rule(
        whom=st.integers(1, 2),
        kind=st.sampled_from(["remove", "grant", "role"]),
        role=st.sampled_from(["editor", "viewer"]),
    )
    def govern(self, whom: int, kind: str, role: str) -> None:
        alice, subject = self.devices[0], self.devices[whom]
        act(alice, kind, subject.member, None if kind == "remove" else role, about=[] if kind == "grant" else [subject])

    @rule(device=DEVICE, place=PLACE)
    def damage(self, device: int, place: int) -> None:
        """A segment with one bit turned or cut short is refused, and nothing comes of it."""
        replica = self.devices[device]
        raw = sorted(each.raw for each in replica.held.values())[place % len(replica.held)]
        turned = bytearray(raw)
        turned[place % len(raw)] ^= 1 << place % 8
        before = len(replica.held), len(replica.waiting)
        for bad in (bytes(turned), raw[: place % len(raw)]):
            with pytest.raises(SegmentRefused):
                replica.receive(bad)
        assert (len(replica.held), len(replica.waiting)) == before

    def teardown(self) -> None:
        if not hasattr(self, "devices"):
            return
        everybody = [*self.devices, *self.clones]
        for target, raw in self.post:
            target.receive(raw)
        first = agree(*everybody)
        self.newcomer(first)

    def newcomer(self, first: Replica) -> None:
        """Somebody who is handed all of it at once, twice and in any order, comes to the same documents."""
        reader = Replica("reader", key_of(50), member_of(50), first.workspace, World(1))
        raws = [each.raw for each in first.held.values()] * 2
        random.Random(len(raws)).shuffle(raws)
        for raw in raws:
            reader.receive(raw)
        assert reader.digest() == first.digest()
        assert reader.verdicts[1:] == first.verdicts[1:]
        for id, document in first.documents.items():
            assert reader.documents[id].read() == document.read()


TestStudio = Studio.TestCase
TestStudio.settings = settings(
    max_examples=40, stateful_step_count=25, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)


def test_one_file_imported_on_two_devices_is_one_picture() -> None:
    alice, bob = found(World(1), ["admin", "editor"])
    for each in (alice, bob):
        each.edit([Edit(IMAGES[0], import_file())])
    alice.edit([Edit(IMAGES[0], note("貓"))])
    bob.edit([Edit(IMAGES[0], note("e\u0301"))])
    read = agree(alice, bob).documents[IMAGES[0]].read()
    assert read["prompt"] == "a red fox 貓 😀"
    assert read["sources"] == {"狐狸.png": True}
    assert read["versions"] == {f"{SHA}/blob": SHA}
    assert set(read["current"].values()) == {SHA}
    assert sorted(read["note"]) == sorted("貓e\u0301")
    assert "\u00e9" in unicodedata.normalize("NFC", read["note"]), "an accent stays with its letter"


def test_segment_of_another_workspace_is_refused() -> None:
    alice, _ = found(World(1), ["admin", "editor"])
    stranger, _ = found(World(2), ["admin", "editor"])
    foreign = write(stranger)
    with pytest.raises(SegmentRefused, match="foreign"):
        alice.receive(foreign.raw)
    assert foreign.hash not in alice.held and foreign.hash not in alice.waiting


class OlderProgram(Replica):
    """A program to which this version of segments, or the type of change entries, is still unknown."""

    knows_version = True

    def read(self, raw: bytes) -> Segment:
        segment = super().read(raw)
        if not self.knows_version:
            return msgspec.structs.replace(segment, understood=False, entries=())
        entries = [
            UnknownEntry(1, msgspec.msgpack.encode(each)) if isinstance(each, ChangeEntry) else each
            for each in segment.entries
        ]
        return msgspec.structs.replace(segment, entries=tuple(entries))

    def upgrade(self) -> None:
        """Everything held is read again."""
        self.held = {hash: self.world.segment(each.raw) for hash, each in self.held.items()}
        self.world.facts.clear()
        for segment in self.held.values():
            for each in segment.entries:
                if not isinstance(each, (ChangeEntry, UnknownEntry)):
                    self.take_operation(each.raw)  # type: ignore[union-attr]
        self.dirty = True


@pytest.mark.parametrize("knows_version", [True, False])
def test_older_program_holds_passes_on_and_after_an_upgrade_applies(knows_version: bool) -> None:
    alice, bob = found(World(1), ["admin", "editor"])
    older = OlderProgram("older", key_of(50), member_of(50), alice.workspace, World(2))
    older.knows_version = knows_version
    write(bob, value=4)
    remove(alice, bob)
    late = write(bob, OTHER_IMAGE)
    meet(alice, bob)
    hand_over(alice, older)
    assert older.held.keys() == alice.held.keys() and not older.waiting
    assert older.rule().decision.entitled == alice.rule().decision.entitled
    older.settle()
    assert not older.documents, "nothing is applied that is not understood"
    carol = Replica("carol", key_of(51), member_of(51), alice.workspace, World(3))
    hand_over(older, carol)
    assert carol.digest() == alice.digest(), "it passes on what it does not understand, byte for byte"
    older.upgrade()
    assert older.digest() == alice.digest()
    assert older.verdicts[1:] == alice.verdicts[1:]
    assert late.hash in older.held and older.verdicts.quarantine
