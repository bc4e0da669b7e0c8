"""What may follow what in the life of a job's attempt, and what a restart makes of one that was under way. Pure."""

from __future__ import annotations

from typing import Literal

import msgspec

from library.jobs.models import Attempt, AttemptState, JobState

FOLLOWS: dict[AttemptState, frozenset[AttemptState]] = {
    "prepared": frozenset({"sending", "failed_before_send"}),
    "sending": frozenset({"accepted", "fetched", "refused", "failed_before_send", "outcome_unknown"}),
    "accepted": frozenset({"fetched", "refused", "outcome_unknown"}),
    "fetched": frozenset({"stored", "refused"}),  # refused: what was fetched is no picture
    # A person decides: it was made after all and comes to light, or it was not.
    "outcome_unknown": frozenset({"accepted", "fetched", "refused"}),
    "stored": frozenset(),
    "refused": frozenset(),
    "failed_before_send": frozenset(),
}
UNDER_WAY: tuple[AttemptState, ...] = ("prepared", "sending", "accepted", "fetched")


def moved(attempt: Attempt, state: AttemptState, **values: object) -> Attempt:
    """The attempt a step further, which must be one that may follow."""
    if not may_follow(attempt.state, state):
        raise AssertionError(f"an attempt that is {attempt.state} cannot become {state}")
    return msgspec.structs.replace(attempt, state=state, **values)


# What to do with an attempt that a stop or a crash cut off.
Remedy = Literal["again", "resend", "find", "poll", "store", "ask"]


def may_follow(before: AttemptState, after: AttemptState) -> bool:
    return after in FOLLOWS[before]


def remedy(state: AttemptState, *, idempotent: bool, finds: bool) -> Remedy:
    """What is safe: nothing is sent a second time unless the provider knows it by its token.

    `again`: nothing was sent, so the job waits its turn once more · `ask`: only a person can say.
    """
    if state == "prepared":
        return "again"
    if state == "sending":
        return "resend" if idempotent else "find" if finds else "ask"
    if state == "accepted":
        return "poll"
    if state == "fetched":
        return "store"
    raise ValueError(f"an attempt that is {state} is not under way")


def may_cancel(state: JobState) -> bool:
    return state in ("queued", "waiting", "running")


def may_retry(state: JobState) -> bool:
    """Anything that ended without its picture. An unknown outcome must be decided first: it may have been paid."""
    return state in ("failed", "cancelled")
