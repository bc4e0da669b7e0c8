"""A provider of a person's own, as it lies in the plugin folder: paid, with sizes and options of its own, and moody.

A test copies this file there. What a prompt says decides what becomes of it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

import msgspec
from PIL import Image

from library.jobs.models import Cost, Price, Request
from providers.base import Accepted, Answer, Cancelled, Done, Health, Kind, ModelInfo, Option, PriceRow, Running, Sizes
from providers.errors import AuthError, ContentRefused, OutcomeUnknown, RateLimited, ResultExpired
from providers.registry import Profile, Tools

CENT = 10_000
OIL = ModelInfo(
    "oil",
    "Oil",
    Sizes(listed=((512, 512), (768, 512)), usual=(512, 512)),
    negative=True,
    options=(Option("quality", "choice", "low", ("low", "high")),),
    prices=(PriceRow(Price(4 * CENT, "USD", "2026-11-01", 5 * CENT)),),
)
DEARER = msgspec.structs.replace(OIL, prices=(PriceRow(Price(400 * CENT, "USD", "2026-11-29", 500 * CENT)),))
ETCHING = ModelInfo("etching", "Etching", OIL.sizes, prices=OIL.prices, retires_on="2020-01-31", replacement="oil")


class Atelier:
    """Paints one colour. "lost": the answer is lost, "told": after it accepted and said that it costs 7 cents;
    "forbidden": refused; "crowded": later; "slow": takes a second; "spoilt": what it gives is no picture. A file
    `dearer` beside this one makes oil a hundred times as dear.
    """

    kind: Kind = "cloud"
    leaves_machine = True
    title = "Atelier"

    def __init__(self, profile: Profile, tools: Tools) -> None:
        self.name = profile.name
        self.at_once = profile.at_once or 1
        self._clock = tools.surroundings.clock

    async def check(self) -> Health:
        return Health(True)

    async def models(self) -> Sequence[ModelInfo]:
        soon = f"{datetime.fromtimestamp(self._clock.now() / 1000, UTC) + timedelta(days=30):%Y-%m-%d}"
        oil = DEARER if Path(__file__).with_name("dearer").exists() else OIL
        return (oil, msgspec.structs.replace(OIL, id="ink", title="Ink", retires_on=soon, replacement="oil"), ETCHING)

    async def submit(self, request: Request, token: str) -> Done | Accepted:
        if "lost" in request.prompt:
            raise OutcomeUnknown("The connection broke.")
        if "told" in request.prompt:
            return Accepted(b"told", Cost(7 * CENT, "USD", "reported"))
        if "forbidden" in request.prompt:
            raise ContentRefused("Your prompt was flagged: no umbrellas.")
        if "crowded" in request.prompt:
            raise RateLimited("Too many.", retry_after=600)
        if "spoilt" in request.prompt:
            return Done((Answer(b"no picture at all"),))
        await asyncio.sleep(1.0 if "slow" in request.prompt else 0.0)
        out = BytesIO()
        Image.new("RGB", (request.width, request.height), "teal").save(out, "PNG")
        return Done((Answer(out.getvalue()),))

    async def poll(self, handle: bytes) -> Running | Done:
        raise AuthError("The key is refused.")

    async def fetch(self, answer: Answer) -> AsyncIterator[bytes]:
        raise ResultExpired("It gives its pictures at once.")
        yield b""

    async def cancel(self, handle: bytes) -> Cancelled:
        return "unsupported"

    async def find(self, token: str) -> Done | Accepted | None:
        return None

    async def aclose(self) -> None:
        return None
