"""What a segment waits for, and what a peer lacks, with forks, gaps and vectors nobody holds."""

from __future__ import annotations

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from documents.delivery import Want, missing, needs
from documents.segment import Segment, Tip
from tests.documents.logs import Log, segment

ALICE, BOB = 1, 2


def chain(length: int, device: int = ALICE, incarnation: int = ALICE, after: Segment | None = None) -> list[Segment]:
    made: list[Segment] = []
    for _ in range(length):
        after = segment(device, incarnation, after)
        made.append(after)
    return made


def wants(each: Segment, log: Log, operations: frozenset[bytes] = frozenset()) -> list[Want]:
    return missing(each, log.held, log.clock_of, operations.__contains__)


def lacking(theirs: set[Tip], log: Log) -> list[bytes]:
    return [each.hash for each in needs(theirs, log.tips(), log.find, log.held)]


def test_first_segment_waits_for_nothing() -> None:
    assert wants(segment(ALICE, ALICE, None), Log()) == []


def test_segment_waits_for_its_predecessor_its_dependencies_and_its_operations() -> None:
    first, second = chain(2)
    dep, head = segment(BOB, BOB, None).tip, b"h" * 32
    third = segment(ALICE, ALICE, second, deps=[dep], auth=[head])
    assert wants(third, Log([first])) == [
        Want("prev", second.hash),
        Want("dep", dep.hash8, dep),
        Want("operation", head),
    ]
    assert wants(third, Log([first, second, segment(BOB, BOB, None)]), frozenset([head])) == []


def test_segment_on_another_devices_log_will_never_be_held() -> None:
    first = segment(ALICE, ALICE, None)
    for stranger in (segment(BOB, ALICE, first), segment(ALICE, BOB, first)):
        assert wants(stranger, Log([first])) == [Want("broken", stranger.hash)]


def test_clock_ahead_of_what_a_segment_goes_on_from_will_never_be_held() -> None:
    assert wants(segment(ALICE, ALICE, None, clock=1), Log()) == []
    ahead = segment(ALICE, ALICE, None, clock=2)
    assert wants(ahead, Log()) == [Want("broken", ahead.hash)]
    first = segment(ALICE, ALICE, None, clock=1)
    assert wants(segment(ALICE, ALICE, first, clock=2), Log([first])) == []
    ahead = segment(ALICE, ALICE, first, clock=2**53 - 1)
    assert wants(ahead, Log([first])) == [Want("broken", ahead.hash)]


def test_clock_may_be_one_above_the_highest_of_all_that_is_gone_on_from() -> None:
    first, low = segment(ALICE, ALICE, None, clock=1), segment(BOB, BOB, None, clock=1)
    high = segment(BOB, BOB, low, clock=2)
    log = Log([first, low, high])
    assert wants(segment(ALICE, ALICE, first, deps=[high.tip], clock=3), log) == []
    ahead = segment(ALICE, ALICE, first, deps=[high.tip], clock=4)
    assert wants(ahead, log) == [Want("broken", high.tip.hash8, high.tip)]
    # What is not here yet may have any clock.
    assert wants(ahead, Log([first])) == [Want("dep", high.tip.hash8, high.tip)]


def test_segment_that_skips_a_number_will_never_be_held() -> None:
    first, second = chain(2)
    skipped = segment(ALICE, ALICE, segment(ALICE, ALICE, second))
    forged = msgspec.structs.replace(skipped, prev=first.hash)
    assert wants(forged, Log([first])) == [Want("broken", forged.hash)]


def test_peer_with_an_empty_vector_gets_everything_in_order() -> None:
    log = Log(chain(5) + chain(3, BOB, BOB))
    sent = lacking(set(), log)
    assert len(sent) == 8
    seen = Log()
    for each in sent:
        assert wants(log.segments[each], seen) == []
        seen.segments[each] = log.segments[each]


def test_peer_that_is_ahead_gets_nothing_of_that_log() -> None:
    whole = chain(6)
    log = Log(whole[:3])
    assert lacking({whole[5].tip}, log) == []
    assert lacking({whole[1].tip}, log) == [whole[2].hash]


def test_peer_on_another_branch_gets_ours() -> None:
    trunk = chain(3)
    ours, theirs = segment(ALICE, ALICE, trunk[2], run=1), segment(ALICE, ALICE, trunk[2], run=2)
    longer = chain(2, after=ours)
    log = Log([*trunk, ours, *longer])
    assert lacking({theirs.tip}, log) == [each.hash for each in (*trunk, ours, *longer)], "an unknown tip below ours"
    log.segments[theirs.hash] = theirs
    assert lacking({theirs.tip}, log) == [each.hash for each in (ours, *longer)]


def test_cost_is_what_is_given_and_not_the_length_of_the_log() -> None:
    log = Log(chain(400))
    by_tip = {each.tip: each for each in log.segments.values()}
    asked: list[bytes] = []

    def held(hash: bytes) -> Segment | None:
        asked.append(hash)
        return log.held(hash)

    newest = sorted(log.segments.values(), key=lambda each: each.seq)
    sent = needs({newest[-4].tip}, {newest[-1].tip}, by_tip.get, held)
    assert [each.hash for each in sent] == [each.hash for each in newest[-3:]]
    assert len(asked) < 10


@st.composite
def forests(draw: st.DrawFn) -> tuple[Log, set[Tip]]:
    """A log with forks in two incarnations, and a peer's vector: some of its segments, some we do not hold."""
    every: list[Segment] = []
    for device in (ALICE, BOB):
        own: list[Segment | None] = [None]
        for run in range(draw(st.integers(0, 9))):
            each = segment(device, device, draw(st.sampled_from(own)), run=run)
            own.append(each)
            every.append(each)
    ours = {each.hash: each for each in every if draw(st.integers(0, 4)) > 0}
    held = Log()
    for each in every:  # with every ancestor, as held segments are
        if each.hash in ours and (not each.prev or each.prev in held.segments):
            held.segments[each.hash] = each
    theirs = {each.tip for each in every if draw(st.booleans())}
    return held, theirs


@given(forests())
def test_peer_lacks_exactly_what_is_no_ancestor_of_a_tip_of_its(given_: tuple[Log, set[Tip]]) -> None:
    log, theirs = given_
    known = log.ancestors(theirs)
    expected: set[bytes] = set()
    for incarnation in {each.incarnation for each in log.segments.values()}:
        own = [each for each in log.segments.values() if each.incarnation == incarnation]
        unknown = [tip.seq for tip in theirs if tip.incarnation == incarnation and log.find(tip) is None]
        if not unknown or min(unknown) <= max(each.seq for each in own):
            expected |= {each.hash for each in own if each.hash not in known}
    sent = lacking(theirs, log)
    assert sorted(sent) == sorted(expected)
    seqs = [(log.segments[each].incarnation, log.segments[each].seq) for each in sent]
    assert seqs == sorted(seqs)
