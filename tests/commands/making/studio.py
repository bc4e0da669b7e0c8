"""A plugin as a studio may write it: lies in a home's plugin folder and does what the words of a prompt say."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
from PIL import Image

from library.jobs.models import Price, Request
from providers.base import Accepted, Answer, Cancelled, Done, Health, ModelInfo, Option, PriceRow, Running, Sizes
from providers.errors import AuthError, ContentRefused, GenerationFailed, OutcomeUnknown, RateLimited

SIZES = Sizes(listed=((64, 64), (128, 64)), usual=(64, 64))
PRICES = (PriceRow(Price(40_000, "USD", "2026-11-01")),)


def _prices() -> dict[str, Any]:
    place = Path(__file__).with_name("prices.json")
    return json.loads(place.read_text()) if place.exists() else {}


def _as_of_now(model: ModelInfo) -> ModelInfo:
    amount = _prices().get(model.id)
    if amount is None:
        return model
    rows = () if amount < 0 else (PriceRow(Price(amount, "USD", "2026-11-29")),)
    return msgspec.structs.replace(model, free=False, prices=rows)


class Painter:
    """One colour for each prompt. `oil` costs 4 cents, the price of `ink` is not known, `chalk` is free and slow, and
    `fresco` is gone. prices.json beside this file, where there is one, says otherwise: millionths by model, less than
    none for a price that nobody knows, null for a model that is gone.
    """

    title = "Studio painter"
    kind = "local"
    leaves_machine = False

    def __init__(self, profile: Any, tools: Any) -> None:
        self.name = profile.name
        self.at_once = profile.at_once or 2
        self._tools = tools

    async def check(self) -> Health:
        if self.name == "locked":
            raise AuthError("No key.")
        return Health(True)

    async def models(self) -> Sequence[ModelInfo]:
        return [_as_of_now(each) for each in self._models() if _prices().get(each.id, 0) is not None]

    def _models(self) -> list[ModelInfo]:
        quality = Option("quality", "choice", "low", choices=("low", "high"))
        return [
            ModelInfo("oil", "Oil", SIZES, seed=True, negative=True, options=(quality,), prices=PRICES),
            ModelInfo("ink", "Ink", SIZES, retires_on="2027-03-31", replacement="oil"),
            ModelInfo("chalk", "Chalk", SIZES, free=True),
            ModelInfo("fresco", "Fresco", SIZES, prices=PRICES, retires_on="2020-01-31", replacement="oil"),
        ]

    async def submit(self, request: Request, token: str) -> Done | Accepted:
        if request.model == "chalk":
            await asyncio.sleep(60)
        if "forbidden" in request.prompt:
            raise ContentRefused("Not this.")
        if "broken" in request.prompt:
            raise GenerationFailed("The brush broke.")
        if "lost" in request.prompt:
            raise OutcomeUnknown("The connection broke.")
        if "crowd" in request.prompt:
            raise RateLimited("Too many.", retry_after=3600)
        data = io.BytesIO()
        shade = (sum(request.prompt.encode()) % 256, (request.seed or 0) % 256, 90)
        Image.new("RGB", (request.width, request.height), shade).save(data, "PNG")
        return Done((Answer(data.getvalue(), seed=request.seed),))

    async def poll(self, handle: bytes) -> Running | Done:
        return Running()

    async def fetch(self, answer: Answer) -> AsyncIterator[bytes]:
        yield answer.data or b""

    async def cancel(self, handle: bytes) -> Cancelled:
        return "unsupported"

    async def find(self, token: str) -> Done | Accepted | None:
        return None

    async def aclose(self) -> None:
        return None
