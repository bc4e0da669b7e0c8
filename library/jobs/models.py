"""Jobs as plain data: what is asked of a provider, how it stands, what it may cost and did cost.

Amounts of money are whole millionths of a currency's unit ("micros"): 45_000 of USD are 4.5 cents. An amount that is
not known is None, never 0. Credits that a provider counts in are whole millionths too, and stand beside the money that
they came to on that day.
"""

from __future__ import annotations

from typing import Literal, NewType

import msgspec

MICROS = 1_000_000
JobId = NewType("JobId", bytes)  # 16 bytes
BatchId = NewType("BatchId", bytes)
AttemptId = NewType("AttemptId", bytes)  # also the token that a provider may take as an idempotency key

JobState = Literal["queued", "waiting", "running", "unknown", "done", "failed", "cancelled"]
WAITING: tuple[JobState, ...] = ("queued", "waiting")
OPEN: tuple[JobState, ...] = ("queued", "waiting", "running", "unknown")  # the others have ended
# prepared: claimed, nothing sent · sending: the request may have left · accepted: the provider gave a handle · fetched:
# the outputs are on this disk · stored: they are in the library. The other three ended without pictures.
AttemptState = Literal[
    "prepared", "sending", "accepted", "fetched", "stored", "refused", "failed_before_send", "outcome_unknown"
]
Scalar = str | int | float | bool
MOST_SEED = 2**63 - 1
PREVIEWS = "previews"  # the option that says how many are wanted while a picture is made
MOST_TOLD = 4000  # characters of an error that are kept


class Request(msgspec.Struct, frozen=True, omit_defaults=True):
    """One picture that is wanted of one model. Sizes in pixels; `seed` 0 … 2⁶³−1, None: the provider picks one.

    `options`: what only some models take, by the names of their capabilities.
    """

    model: str
    prompt: str
    negative: str = ""
    width: int = 1024
    height: int = 1024
    seed: int | None = None
    format: str = "png"
    options: dict[str, Scalar] = {}


class Price(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a picture costs by a price table, as it stood on a day (`as_of`, YYYY-MM-DD). `most`: where it depends on
    what is only known afterwards. Of one in `credits` the amount is None where nobody knows what they cost.
    """

    amount: int | None
    currency: str
    as_of: str
    most: int | None = None
    credits: int | None = None


class Estimate(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a job may cost: nothing, what a price table says, or nobody knows."""

    basis: Literal["free", "price_table", "unknown"]
    least: int | None = None
    most: int | None = None
    currency: str = ""
    as_of: str = ""
    credits: int | None = None


class Cost(msgspec.Struct, frozen=True, omit_defaults=True):
    """What an attempt cost. `basis`: the provider said the amount (`reported`), or how much it used, at the prices of
    that day (`usage`), a price table says what such a picture costs, or a person decided what was unknown.
    """

    amount: int | None
    currency: str
    basis: Literal["reported", "usage", "price_table", "decided", "free", "unknown"]
    credits: int | None = None


class Failure(msgspec.Struct, frozen=True, omit_defaults=True):
    """Why a job did not end well, for readers in any language: `code` and `params`; `message` is English."""

    code: str
    message: str
    params: dict[str, str] = {}


def failure_of(error: Exception) -> Failure:
    """An error with a code and values, as a row can hold it, whatever an adapter put into them."""
    code, params = getattr(error, "code", None), getattr(error, "params", None)
    values = params if isinstance(params, dict) else {}
    told = {_text(name): _text(value) for name, value in values.items()}
    return Failure(_text(code) if isinstance(code, str) else "provider", _text(error), told)


def told_of_several(kept: int, more: int, lost: int, why: str) -> Failure | None:
    """What is said of a request that several pictures came of: how many are kept, how many are left out (`more`), and
    how many did not come (`lost`), for the reason of `why`. All may have been paid for.
    """
    came = kept + more + lost
    params = {"kept": str(kept), "more": str(more), "came": str(came)}
    if not lost:
        message = f"The provider gave {came} pictures for one that was asked for; the first {kept} were taken."
        return Failure("job.more_pictures", message, params) if more else None
    message = f"Of {came} pictures {lost} did not come ({why}). Taken: {kept}."
    params |= {"lost": str(lost), "why": _text(why)}
    if not more:
        return Failure("job.lost_pictures", message, params)
    return Failure("job.lost_and_more_pictures", f"{message} Left out: {more}.", params)


def _text(value: object) -> str:
    return str(value).encode("utf-8", "replace").decode()[:MOST_TOLD]


class Output(msgspec.Struct, frozen=True, omit_defaults=True):
    """A picture that a provider made and that lies on this disk: its file's name in the attempt's folder, and what the
    provider says of it.
    """

    file: str
    sha256: bytes
    seed: int | None = None
    told: dict[str, Scalar] = {}


class Job(msgspec.Struct, frozen=True):
    """One request to one provider. Times in milliseconds since 1970; `place` orders the queue after `priority`."""

    id: JobId
    batch: BatchId
    number: int  # in its batch, from 0
    provider: str  # the profile's name in the settings
    request: Request
    state: JobState
    created_at: int
    place: int
    priority: int = 0
    reason: str = ""  # of waiting: rate, network, busy
    not_before: int = 0
    tries: int = 0
    estimate: Estimate | None = None
    cost: Cost | None = None  # of all its attempts together
    failure: Failure | None = None
    assets: tuple[bytes, ...] = ()
    ended_at: int | None = None
    project: bytes | None = None
    prompt: bytes | None = None  # the saved prompt it was made from
    tags: tuple[str, ...] = ()
    row: str = ""  # key of the row of a batch file
    incarnation: bytes = b""  # of the log that it was begun with; another one's jobs are not run
    called_off: bool = False  # while it ran: it is not begun again


class Attempt(msgspec.Struct, frozen=True):
    """One try at a job: its state is written before what it names is done."""

    id: AttemptId
    job: JobId
    number: int
    state: AttemptState
    begun_at: int
    handle: bytes | None = None  # JSON, the provider's own
    outputs: tuple[Output, ...] = ()
    cost: Cost | None = None
    failure: Failure | None = None
    ended_at: int | None = None
    sent_to: str = ""  # where it was sent, as a digest: what stands there now may know nothing of it
    keyed: bool = False  # whether its token went along, so that it may be sent again
    came: bool = False  # something of it came back, and be it a preview: it got there, and may be charged
    estimate: Estimate | None = None  # by the prices at which it was sent, where they are not those it was begun at
