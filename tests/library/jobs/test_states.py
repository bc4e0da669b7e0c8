"""The rules of an attempt's life, and what the ledger says of many."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from library.jobs.ledger import summed
from library.jobs.models import AttemptId, Cost, JobId
from library.jobs.rows import LedgerEntry
from library.jobs.states import FOLLOWS, UNDER_WAY, may_follow, remedy

ENDS = {state for state, after in FOLLOWS.items() if not after}


def test_every_attempt_can_come_to_an_end_and_none_goes_round() -> None:
    for state in FOLLOWS:
        reached, waiting = set[str](), [state]
        while waiting:
            current = waiting.pop()
            reached.add(current)
            waiting += [each for each in FOLLOWS[current] if each not in reached]  # type: ignore[index]
        assert reached & ENDS
    # What a person decides may bring a lost job back; nothing else ever goes back.
    onward = {state: after - {"accepted", "fetched"} if state == "outcome_unknown" else after
              for state, after in FOLLOWS.items()}  # fmt: skip
    for path in itertools.permutations(onward, 3):
        assert not all(path[(index + 1) % 3] in onward[path[index]] for index in range(3))


@pytest.mark.parametrize("idempotent", [True, False])
@pytest.mark.parametrize("finds", [True, False])
@pytest.mark.parametrize("state", UNDER_WAY)
def test_nothing_that_may_have_arrived_is_sent_again_unless_its_provider_knows_it(
    state: str, idempotent: bool, finds: bool
) -> None:
    found = remedy(state, idempotent=idempotent, finds=finds)  # type: ignore[arg-type]
    if state == "prepared":
        assert found == "again"
    if found == "resend":
        assert state == "sending" and idempotent
    if state == "sending" and not idempotent:
        assert found == ("find" if finds else "ask")


def test_what_has_ended_has_no_remedy() -> None:
    for state in FOLLOWS.keys() - set(UNDER_WAY):
        with pytest.raises(ValueError, match="not under way"):
            remedy(state, idempotent=True, finds=True)  # type: ignore[arg-type]
    assert not may_follow("stored", "sending")


COSTS = st.builds(
    Cost,
    st.none() | st.integers(0, 10**9),
    st.sampled_from(["USD", "EUR"]),
    st.sampled_from(["reported", "price_table", "unknown"]),
)
KINDS = st.sampled_from(["intent", "charge", "release"])


@given(st.lists(st.tuples(KINDS, COSTS)))
def test_a_sum_is_of_charges_only_and_what_nobody_knows_is_never_taken_for_nothing(
    entries: list[tuple[str, Cost]],
) -> None:
    lines = [
        LedgerEntry(AttemptId(b"a"), kind, JobId(b"j"), "p", "m", 0, cost)  # type: ignore[arg-type]
        for kind, cost in entries
    ]
    spent = summed(lines)
    charges = [cost for kind, cost in entries if kind == "charge"]
    assert spent.charges == len(charges)
    assert spent.unpriced == sum(cost.amount is None for cost in charges)
    for currency in ("USD", "EUR"):
        known = sum(cost.amount or 0 for cost in charges if cost.currency == currency)
        assert spent.amounts.get(currency, 0) == known
