"""What every provider is: the contract of the adapters, and what their models can do, as data.

An adapter translates one service: its requests, its answers, its errors into the family of errors.py. It keeps no job,
knows no library and decides nothing about money: the runner does, by what the adapter's traits say.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from typing import Literal, Protocol, runtime_checkable

import msgspec

from library.jobs.models import Cost, Price, Request, Scalar

MOST_ANSWERS = 4  # pictures of one request: one is asked for, and some services make a sheet of four
Kind = Literal["cloud", "local"]
Ability = Literal["paint", "speak", "embed"]  # make pictures, answer in words, make vectors of texts


class Sizes(msgspec.Struct, frozen=True, omit_defaults=True):
    """Which sizes a model makes: one of `listed`, or width and height within bounds, multiples of `step`, no more than
    `most_pixels` together and no longer than `most_ratio` to 1. Pixels.
    """

    listed: tuple[tuple[int, int], ...] = ()
    least: int = 64
    most: int = 4096
    step: int = 1
    most_pixels: int = 4096 * 4096
    most_ratio: float = 8.0
    usual: tuple[int, int] = (1024, 1024)


class Option(msgspec.Struct, frozen=True, omit_defaults=True):
    """A setting that only some models have: one of `choices`, or a number within bounds."""

    name: str
    kind: Literal["choice", "number", "whole", "yes_no"]
    usual: Scalar
    choices: tuple[str, ...] = ()
    least: float | None = None
    most: float | None = None


class PriceRow(msgspec.Struct, frozen=True, omit_defaults=True):
    """A line of a price table: what one picture of this size and with these options costs. Without a size, any."""

    price: Price
    size: tuple[int, int] | None = None
    options: dict[str, Scalar] = {}


class Previews(msgspec.Struct, frozen=True, omit_defaults=True):
    """How a model shows its pictures while they are made: `most` so many of each. Where it has an option `previews`,
    they are as many as that says. `price`: of each that is wanted, besides the picture's.
    """

    most: int
    price: Price | None = None


class TokenPrice(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a million tokens of text cost, in micros: those sent, and those that come back."""

    taken: int
    given: int
    currency: str
    as_of: str


class Traits(msgspec.Struct, frozen=True, omit_defaults=True):
    """How a model's service behaves where it matters for money.

    `idempotent`: a second submit with the same token is the same job and the same charge, for `token_seconds` from the
    first (the shortest of the vendors that say it is a day); later it may be a new one, and is not made. `finds`:
    `find` can tell whether a token arrived. `link_seconds`: for how long a link to a picture lives. `cancel`: what can
    still be called off.
    """

    idempotent: bool = False
    token_seconds: float = 86_400.0
    finds: bool = False
    link_seconds: float = 3600.0
    cancel: Literal["none", "queued", "any"] = "none"
    bills_refusals: bool = False


class ModelInfo(msgspec.Struct, frozen=True, omit_defaults=True):
    """One model: what it takes, what it costs, how long it lives (`retires_on`, YYYY-MM-DD; `retired`: it is gone).

    `can`: what it does, None where nobody tells · `tokens`: the price of its text · `seconds`: that a picture
    takes, least and most, as a guess until this device has made some · `previews`: None, it shows none.
    """

    id: str
    title: str
    sizes: Sizes = Sizes()
    seed: bool = False
    negative: bool = False
    formats: tuple[str, ...] = ("png",)
    most_prompt: int = 32_000  # characters
    options: tuple[Option, ...] = ()
    prices: tuple[PriceRow, ...] = ()
    free: bool = False
    traits: Traits = Traits()
    retires_on: str | None = None
    retired: bool = False
    replacement: str | None = None
    can: tuple[Ability, ...] | None = ("paint",)
    tokens: TokenPrice | None = None
    seconds: tuple[float, float] | None = None
    previews: Previews | None = None

    def may(self, what: Ability) -> bool:
        """Whether it does that, as far as is known."""
        return self.can is None or what in self.can


class Health(msgspec.Struct, frozen=True, omit_defaults=True):
    """Whether a provider can be used now; `code`: of the error that says why not."""

    ok: bool
    code: str = ""
    message: str = ""


class Answer(msgspec.Struct, frozen=True, omit_defaults=True):
    """One picture that was made: its bytes, or the place they can be fetched from once more (a link, a name)."""

    data: bytes | None = None
    place: str = ""
    seed: int | None = None
    told: dict[str, Scalar] = {}


class Done(msgspec.Struct, frozen=True, omit_defaults=True):
    """The job is carried out. `cost`: as the provider says; None: it says nothing. `more`: pictures that came besides
    and are not among the answers, of which at most MOST_ANSWERS are taken. `lost`: pictures that should have come with
    them and did not, withheld or broken; `why`: in the provider's words.
    """

    answers: tuple[Answer, ...]
    cost: Cost | None = None
    more: int = 0
    lost: int = 0
    why: str = ""


class Accepted(msgspec.Struct, frozen=True, omit_defaults=True):
    """The job was taken. `handle`: all that is needed to ask for it after a restart, as JSON."""

    handle: bytes
    cost: Cost | None = None


class Preview(msgspec.Struct, frozen=True):
    """A picture as far as it is, to be shown and forgotten: a PNG, JPEG, WebP, AVIF, GIF or TIFF of at most 16 MiB, as
    its bytes say.
    """

    data: bytes


class Running(msgspec.Struct, frozen=True, omit_defaults=True):
    """Not done yet. `progress`: 0 … 1, None where it is not told; `wait`: seconds until asking again makes sense;
    `preview`: how the picture looks by now.
    """

    progress: float | None = None
    wait: float = 1.0
    preview: Preview | None = None


Show = Callable[[Preview], None]


# `billed`: called off, and it may stand on the bill all the same.
Cancelled = Literal["cancelled", "billed", "too_late", "unsupported"]


class Provider(Protocol):
    """One configured provider. Methods raise errors of errors.py and nothing else, and are cancelled safely.

    Nothing is tried again in here: a client library's own retries are off.
    """

    name: str  # the profile's name in the settings
    title: str
    kind: Kind
    at_once: int  # most requests in flight

    @property
    def leaves_machine(self) -> bool:
        """Whether prompts are sent to another machine."""
        ...

    async def check(self) -> Health:
        """Whether it is there and takes the key. Costs nothing."""
        ...

    async def models(self) -> Sequence[ModelInfo]:
        """What it offers now. Asks no paid place; a list that cannot be had is the last one known."""
        ...

    async def submit(self, request: Request, token: str) -> Done | Accepted:
        """Ask for one picture. `token` names this attempt, the same for a repeated submit."""
        ...

    async def poll(self, handle: bytes) -> Running | Done:
        """How an accepted job stands. Raises when it failed; Unreachable and RateLimited mean: ask again."""
        ...

    def fetch(self, answer: Answer) -> AsyncIterator[bytes]:
        """The bytes of a picture, in pieces. ResultExpired when they are no more."""
        ...

    async def cancel(self, handle: bytes) -> Cancelled:
        """Call off an accepted job, where that is possible."""
        ...

    async def find(self, token: str) -> Done | Accepted | None:
        """What became of a submit whose answer was lost; None: it never arrived. Only where the traits say `finds`."""
        ...

    async def aclose(self) -> None: ...


@runtime_checkable
class Paced(Protocol):
    """A provider whose service takes only so many requests within a minute; 0: nobody says so. Gesso begins no more,
    instead of being told “later”.
    """

    per_minute: int


def per_minute_of(provider: Provider) -> int:
    """Most requests that it takes within a minute; 0: nobody says so."""
    return max(0, provider.per_minute) if isinstance(provider, Paced) else 0


@runtime_checkable
class Shows(Protocol):
    """A provider that can show how a picture looks while its request is on its way. One whose jobs are asked for says
    it in `Running`.
    """

    async def submit_shown(self, request: Request, token: str, show: Show) -> Done | Accepted:
        """As `submit`, with `show` called whenever there is a preview, on the loop that runs this: it returns at once,
        raises nothing, and leaves out what comes too fast. A preview that cannot be read is no reason to fail.
        """
        ...
