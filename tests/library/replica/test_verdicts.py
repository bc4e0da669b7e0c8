"""Which changes count, one situation each: clones, patched clients, removals, and what an entitled writer merged."""

from __future__ import annotations

import hashlib
import random

from hypothesis import given, settings
from hypothesis import strategies as st

from documents.kinds import GENESIS_HEAD, Kind, genesis_objects
from identity.operations import Operation, SeenTip
from library.replica.verdicts import ChangeFacts, ChangeRef, SegmentFacts, Verdicts, judge
from tests.identity.house import Members, member, public

IMAGE, OTHER_IMAGE, THREAD = b"\x01" + b"i" * 15, b"\x01" + b"o" * 15, b"\x02" + b"t" * 15
FIRST = {kind: len(genesis_objects(Kind(kind))) + 1 for kind in (1, 2)}  # number of the first operation after genesis


def digest(*parts: object) -> bytes:
    return hashlib.sha256(repr(parts).encode()).digest()


class Log:
    """Held segments, made one by one; a change has one operation and builds on the genesis unless told otherwise."""

    def __init__(self, members: Members) -> None:
        self.members = members
        self.segments: dict[bytes, SegmentFacts] = {}
        self.changes: dict[ChangeRef, ChangeFacts] = {}
        self._count = 0

    def change(
        self, document: bytes, actor: bytes, *, on: tuple[ChangeRef, ...] = (), seq: int = 1, start: int | None = None
    ) -> ChangeFacts:
        self._count += 1
        after = max([self.changes[ref].last + 1 for ref in on], default=FIRST[document[0]])
        first = after if start is None else start
        deps = tuple(ref.hash for ref in on) or (GENESIS_HEAD[Kind(document[0])],)
        made = ChangeFacts(document, digest("change", self._count), deps, actor, seq, first, first)
        self.changes[ref_of(made)] = made
        return made

    def write(
        self, name: str, *changes: ChangeFacts, after: bytes = b"", auth: list[bytes] | None = None, salt: object = ""
    ) -> bytes:
        """Hold a segment; its hash. `after`: its predecessor; `salt` makes a fork's hash another."""
        seq = self.segments[after].seq + 1 if after else 1
        heads = tuple(self.members.heads() if auth is None else auth)
        hash = digest("segment", name, after, changes, salt)
        self.segments[hash] = SegmentFacts(public(name), incarnation(name), seq, after, heads, changes)
        return hash

    def edit(self, name: str, document: bytes = IMAGE, **where: object) -> tuple[bytes, ChangeRef]:
        """One new change in a segment of its own."""
        change = self.change(document, digest(name, self._count)[:16])
        return self.write(name, change, **where), ref_of(change)  # type: ignore[arg-type]

    def tip(self, hash: bytes) -> SeenTip:
        segment = self.segments[hash]
        return SeenTip(segment.device, segment.incarnation, segment.seq, hash[:8])

    def remove(self, name: str, *seen: bytes) -> Operation:
        return self.members.make("alice", "remove", member(name), seen=map(self.tip, seen))

    def judge(self) -> Verdicts:
        return judge(self.members.workspace, self.members.operations.values(), self.segments)

    def accepted(self, *refs: ChangeRef) -> list[bool]:
        verdicts = self.judge()
        return [ref in verdicts.accepted for ref in refs]


def incarnation(name: str) -> bytes:
    return digest("incarnation", name)[:16]


def ref_of(change: ChangeFacts) -> ChangeRef:
    return ChangeRef(change.document, change.hash)


def test_each_role_writes_what_it_may() -> None:
    log = Log(Members(bob="editor", carol="reviewer", dave="viewer"))
    written = {(name, kind): log.edit(name, kind)[1] for name in ("bob", "carol", "dave") for kind in (IMAGE, THREAD)}
    verdicts = log.judge()
    good = {written["bob", IMAGE], written["bob", THREAD], written["carol", THREAD]}
    assert verdicts.direct == verdicts.accepted == verdicts.applied == good
    assert verdicts.quarantine == set(written.values()) - good


def test_device_that_nobody_let_in_writes_nothing() -> None:
    log = Log(Members())
    _, ref = log.edit("erin")
    assert log.accepted(ref) == [False]


def test_removed_editor_forks_his_chain_below_what_the_removal_had_seen() -> None:
    log = Log(Members(bob="editor"))
    before = log.members.heads()
    honest, last = [], b""
    for _ in range(4):
        last, ref = log.edit("bob", after=last)
        honest.append(ref)
    first = next(hash for hash, segment in log.segments.items() if segment.seq == 1)
    log.remove("bob", last)
    forged = []
    for below in (b"", first):  # the same seq as an honest one, before the seen tip
        forged += [log.edit("bob", OTHER_IMAGE, after=below, auth=before, salt=try_)[1] for try_ in range(8)]
    assert log.accepted(*honest) == [True] * 4
    assert log.accepted(*forged) == [False] * 16


def test_chain_goes_on_after_what_the_removal_had_seen() -> None:
    log = Log(Members(bob="editor"))
    before = log.members.heads()
    seen, early = log.edit("bob")
    log.remove("bob", seen)
    _, late = log.edit("bob", after=seen, auth=before)
    assert log.accepted(early, late) == [True, False]


def test_another_device_that_copies_a_seen_incarnation_gains_nothing() -> None:
    log = Log(Members(bob="editor", carol="editor"))
    before = log.members.heads()
    seen, _ = log.edit("bob")
    log.remove("carol", seen)
    hash, ref = log.edit("carol", auth=before)
    log.segments[hash] = log.segments[hash]._replace(incarnation=incarnation("bob"))
    assert log.accepted(ref) == [False]


def test_honest_clone_of_which_the_remover_saw_one_branch() -> None:
    log = Log(Members(bob="editor"))
    before = log.members.heads()
    one, seen = log.edit("bob", salt="one")
    _, never_seen = log.edit("bob", OTHER_IMAGE, auth=before, salt="two")
    log.remove("bob", one)
    assert log.accepted(seen, never_seen) == [True, False]


def test_removal_that_had_seen_both_branches_of_a_clone_keeps_both() -> None:
    log = Log(Members(bob="editor"))
    one, first = log.edit("bob", salt="one")
    two, second = log.edit("bob", OTHER_IMAGE, salt="two")
    log.remove("bob", one, two)
    assert log.accepted(first, second) == [True, True]


def test_reviewer_smuggles_a_rating_in_with_a_comment() -> None:
    log = Log(Members(bob="reviewer"))
    rating, comment = log.change(IMAGE, b"r" * 16), log.change(THREAD, b"r" * 16)
    hash = log.write("bob", rating, comment)
    reply = log.change(THREAD, b"r" * 16, on=(ref_of(comment),), seq=2)
    log.write("bob", reply, after=hash)
    assert log.accepted(*map(ref_of, (rating, comment, reply))) == [False, True, True]


def test_demoted_admin_keeps_the_unseen_edit_that_an_editor_may_make() -> None:
    log = Log(Members(bob="admin"))
    before = log.members.heads()
    log.members.make("alice", "role", member("bob"), "editor")
    _, ref = log.edit("bob", auth=before)
    assert log.accepted(ref) == [True]
    log.members.make("alice", "role", member("bob"), "reviewer")
    assert log.accepted(ref) == [False]


def test_viewer_with_a_grant_back_dated_by_a_removed_admin() -> None:
    log = Log(Members(bob="admin", carol="viewer"))
    before = log.members.heads()
    log.remove("bob")
    forged = log.members.make("bob", "role", member("carol"), "editor", prev=before)
    _, ref = log.edit("carol", auth=[forged.hash])
    assert log.accepted(ref) == [False]


def test_two_admins_grant_at_once_and_either_grant_gives_the_right() -> None:
    log = Log(Members(bob="admin", carol="viewer"))
    heads = log.members.heads()
    both = [log.members.make(who, "role", member("carol"), "editor", prev=heads) for who in ("alice", "bob")]
    refs = [log.edit("carol", auth=[each.hash])[1] for each in both]
    assert log.accepted(*refs) == [True, True]


def test_same_bytes_in_two_documents_are_judged_apart() -> None:
    log = Log(Members(bob="reviewer"))
    comment = log.change(THREAD, b"b" * 16)
    in_image = comment._replace(document=IMAGE)
    log.write("bob", comment, in_image)
    assert log.accepted(ref_of(comment), ref_of(in_image)) == [True, False]


def test_adoption_does_not_cross_documents_with_the_same_bytes() -> None:
    log = Log(Members(bob="viewer", carol="editor"))
    one = log.change(IMAGE, b"b" * 16)
    two = one._replace(document=OTHER_IMAGE)
    log.write("bob", one, two)
    log.write("carol", log.change(IMAGE, b"c" * 16, on=(ref_of(one),)))
    assert log.accepted(ref_of(one), ref_of(two)) == [True, False]


def test_same_change_in_a_segment_with_right_and_in_one_without_counts() -> None:
    log = Log(Members(bob="viewer", carol="editor"))
    change = log.change(IMAGE, b"b" * 16)
    log.write("bob", change)
    assert log.accepted(ref_of(change)) == [False]
    log.write("carol", change)
    assert log.accepted(ref_of(change)) == [True]


def test_unaware_editor_builds_on_a_removed_members_edits_and_adopts_them_all() -> None:
    log = Log(Members(bob="editor", carol="editor"))
    before = log.members.heads()
    log.remove("bob")
    first = log.change(IMAGE, b"b" * 16)
    second = log.change(IMAGE, b"b" * 16, on=(ref_of(first),), seq=2)
    beside = log.change(IMAGE, b"d" * 16)
    log.write("bob", first, second, beside, auth=before)
    merged = log.change(IMAGE, b"c" * 16, on=(ref_of(second),))
    log.write("carol", merged, auth=before)
    assert log.accepted(*map(ref_of, (first, second, merged, beside))) == [True, True, True, False]
    verdicts = log.judge()
    assert verdicts.direct == {ref_of(merged)}
    assert verdicts.applied == verdicts.accepted


def test_adoption_by_someone_without_right_adopts_nothing() -> None:
    log = Log(Members(bob="viewer", carol="viewer"))
    first = log.change(IMAGE, b"b" * 16)
    second = log.change(IMAGE, b"c" * 16, on=(ref_of(first),))
    log.write("bob", first)
    log.write("carol", second)
    assert log.accepted(ref_of(first), ref_of(second)) == [False, False]


def test_admin_accepts_a_segment_and_what_it_builds_on_comes_with_it() -> None:
    log = Log(Members(bob="viewer"))
    first = log.change(IMAGE, b"b" * 16)
    second = log.change(IMAGE, b"b" * 16, on=(ref_of(first),), seq=2)
    other = log.change(IMAGE, b"e" * 16)
    start = log.write("bob", first)
    last = log.write("bob", second, after=start)
    log.write("bob", other, after=last)
    log.members.make("alice", "accept", public("bob"), [last])
    assert log.accepted(*map(ref_of, (first, second, other))) == [True, True, False]


def test_discarded_segment_is_only_hidden() -> None:
    log = Log(Members(bob="viewer", carol="editor"))
    bad, refused = log.edit("bob")
    good, right = log.edit("carol")
    log.members.make("alice", "discard", public("bob"), sorted([bad, good]))
    assert log.judge().hidden == {bad, good}
    assert log.accepted(refused, right) == [False, True]


def test_machine_resumed_twice_writes_one_actor_and_seq_twice() -> None:
    log = Log(Members(bob="editor", carol="editor"))
    one, two = (log.change(IMAGE, b"b" * 16) for _ in range(2))
    smaller, larger = sorted(map(ref_of, (one, two)))
    log.write("bob", one)
    log.write("bob", two)
    on_both = [log.change(IMAGE, b"%d" % n * 16, on=(ref,)) for n, ref in enumerate((smaller, larger))]
    log.write("carol", *on_both)
    verdicts = log.judge()
    assert verdicts.displaced == {larger}
    assert verdicts.applied == {smaller, ref_of(on_both[0])}
    assert verdicts.accepted == {smaller, larger, *map(ref_of, on_both)}


def test_one_actor_and_seq_in_two_documents_displaces_nothing() -> None:
    log = Log(Members(bob="editor"))
    log.write("bob", log.change(IMAGE, b"b" * 16), log.change(OTHER_IMAGE, b"b" * 16))
    assert log.judge().displaced == frozenset()
    assert len(log.judge().applied) == 2


def test_refused_change_does_not_displace_an_accepted_one() -> None:
    log = Log(Members(bob="editor", carol="viewer"))
    changes = sorted((log.change(IMAGE, b"b" * 16) for _ in range(2)), key=ref_of)
    log.write("carol", changes[0])
    log.write("bob", changes[1])
    assert log.judge().applied == {ref_of(changes[1])}


def test_change_waits_for_its_dependency_its_predecessor_and_rising_numbers() -> None:
    log = Log(Members(bob="editor"))
    start = FIRST[1]
    unknown = ChangeRef(IMAGE, digest("nowhere"))
    log.changes[unknown] = ChangeFacts(IMAGE, unknown.hash, (), b"u" * 16, 1, start, start)
    orphan = log.change(IMAGE, b"a" * 16, on=(unknown,))
    after_orphan = log.change(IMAGE, b"k" * 16, on=(ref_of(orphan),))
    second_without_first = log.change(IMAGE, b"b" * 16, seq=2)
    low = log.change(IMAGE, b"d" * 16, start=start - 1)
    first = log.change(IMAGE, b"e" * 16)
    not_rising = log.change(IMAGE, b"f" * 16, on=(ref_of(first),), start=start)
    own_not_rising = log.change(IMAGE, b"e" * 16, seq=2, start=start)
    log.write("bob", orphan, after_orphan, second_without_first, low, first, not_rising, own_not_rising)
    verdicts = log.judge()
    assert verdicts.applied == {ref_of(first)}
    assert len(verdicts.accepted) == 7


def test_document_of_an_unknown_kind_is_judged_and_not_applied() -> None:
    log = Log(Members(bob="editor", carol="reviewer"))
    later = ChangeFacts(b"\x4d" + b"x" * 15, digest("later"), (digest("its genesis"),), b"b" * 16, 1, 5, 5)
    by_reviewer = later._replace(hash=digest("by reviewer"))
    log.write("bob", later)
    log.write("carol", by_reviewer)
    assert log.accepted(ref_of(later), ref_of(by_reviewer)) == [True, False]
    assert log.judge().applied == frozenset()


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["alice", "bob", "carol", "dave", "erin"]),
        st.sampled_from([IMAGE, OTHER_IMAGE, THREAD]),
        st.sampled_from(["edit", "edit", "edit", "fork", "remove", "role"]),
        st.integers(0, 30),
    ),
    max_size=14,
)


def _history(steps: list[tuple[str, bytes, str, int]]) -> Log:
    log = Log(Members(bob="admin", carol="editor", dave="reviewer", erin="viewer"))
    tips: dict[str, bytes] = {}
    for name, document, action, pick in steps:
        operations = list(log.members.operations)
        if action in ("remove", "role"):
            seen = [log.tip(hash) for each, hash in tips.items() if each == name]
            by = ("alice", "bob", "carol")[pick % 3]
            prev = None if pick % 2 else [operations[pick % len(operations)]]
            log.members.make(by, action, member(name), "reviewer" if action == "role" else None, prev=prev, seen=seen)
            continue
        held = sorted(ref for ref in log.changes if ref.document == document)
        on = (held[pick % len(held)],) if held and pick % 4 else ()
        change = log.change(document, digest(name, pick % 2)[:16], on=on, seq=1 + pick % 2)
        auth = [operations[pick % len(operations)]] if pick % 3 == 0 else None
        after = b"" if action == "fork" else tips.get(name, b"")
        tips[name] = log.write(name, change, after=after, auth=auth)
    return log


@settings(deadline=None)  # the machine may be busy
@given(STEPS, st.randoms(use_true_random=False))
def test_any_order_of_arrival_gives_one_verdict(
    steps: list[tuple[str, bytes, str, int]], chance: random.Random
) -> None:
    log = _history(steps)
    operations, segments = list(log.members.operations.values()), list(log.segments.items())
    chance.shuffle(operations)
    chance.shuffle(segments)
    one, other = log.judge(), judge(log.members.workspace, operations, dict(segments))
    assert one[1:] == other[1:]
    assert one.decision.entitled == other.decision.entitled


@settings(deadline=None)
@given(STEPS)
def test_verdicts_are_consistent(steps: list[tuple[str, bytes, str, int]]) -> None:
    log = _history(steps)
    verdicts = log.judge()
    assert verdicts.direct <= verdicts.accepted
    assert verdicts.applied <= verdicts.accepted - verdicts.displaced
    assert not verdicts.accepted & verdicts.quarantine
    assert verdicts.accepted | verdicts.quarantine == log.changes.keys()
    for ref in verdicts.accepted - verdicts.direct:
        assert any(ref.hash in log.changes[other].deps for other in verdicts.accepted if other[0] == ref[0])
    for ref in verdicts.accepted:
        deps = {ChangeRef(ref.document, dep) for dep in log.changes[ref].deps}
        assert deps & log.changes.keys() <= verdicts.accepted
