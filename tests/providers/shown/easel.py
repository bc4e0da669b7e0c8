"""A provider of a person's own that shows its pictures while it makes them, as it lies in the plugin folder.

A test copies this file there, and then says by files beside it how far it may go: `shown N` for the N-th preview,
`done` for the picture. What it makes is drawn by the built-in provider, at first in a few large pieces.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from io import BytesIO
from pathlib import Path

from PIL import Image

from imaging.drawing.draw import draw
from library.jobs.models import Price, Request
from providers.base import (
    Accepted,
    Answer,
    Cancelled,
    Done,
    Health,
    Kind,
    ModelInfo,
    Option,
    Preview,
    Previews,
    PriceRow,
    Running,
    Show,
    Sizes,
)
from providers.errors import ContentRefused, ResultExpired, Unsupported
from providers.registry import Profile, Tools

PIECES = (6, 24, 120)  # of a preview, on its longer side
OIL = ModelInfo(
    "oil",
    "Oil on an easel",
    Sizes(listed=((768, 512), (512, 512), (512, 768)), usual=(768, 512)),
    options=(Option("previews", "whole", 0, least=0, most=3),),
    prices=(PriceRow(Price(40_000, "USD", "2026-11-01")),),
    previews=Previews(3, Price(3_000, "USD", "2026-11-01")),
)


class Easel:
    """Shows as many previews as are asked for. "forbidden": refused in the end."""

    kind: Kind = "cloud"
    leaves_machine = True
    title = "Easel"

    def __init__(self, profile: Profile, tools: Tools) -> None:
        self.name = profile.name
        self.at_once = 4

    async def check(self) -> Health:
        return Health(True)

    async def models(self) -> Sequence[ModelInfo]:
        return (OIL,)

    async def submit(self, request: Request, token: str) -> Done | Accepted:
        return await self.submit_shown(request, token, lambda preview: None)

    async def submit_shown(self, request: Request, token: str, show: Show) -> Done | Accepted:
        whole = draw(request.prompt, int(token[:8], 16), request.width, request.height)
        with Image.open(BytesIO(whole)) as image:
            for number in range(int(request.options.get("previews", 0))):
                await told(f"shown {number + 1}")
                show(Preview(coarse(image, PIECES[number])))
        await told("done")
        if "forbidden" in request.prompt:
            raise ContentRefused("Your prompt was flagged: no umbrellas.")
        return Done((Answer(whole),))

    async def poll(self, handle: bytes) -> Running | Done:
        raise Unsupported("It answers at once.")

    async def fetch(self, answer: Answer) -> AsyncIterator[bytes]:
        raise ResultExpired("It gives its pictures at once.")
        yield b""

    async def cancel(self, handle: bytes) -> Cancelled:
        return "unsupported"

    async def find(self, token: str) -> Done | Accepted | None:
        return None

    async def aclose(self) -> None:
        return None


async def told(name: str) -> None:
    while not Path(__file__).with_name(name).exists():  # noqa: ASYNC110
        await asyncio.sleep(0.02)


def coarse(image: Image.Image, pieces: int) -> bytes:
    scale = pieces / max(image.size)
    small = image.convert("RGB").resize((max(1, round(image.width * scale)), max(1, round(image.height * scale))))
    out = BytesIO()
    small.resize(image.size, Image.Resampling.BICUBIC).save(out, "PNG")
    return out.getvalue()
