"""The built-in provider: draws by rules from the words, the seed and the size. It is no diffusion model and says so.

It needs no model, no key and no network, costs nothing, and the same request gives the same bytes.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Sequence

from imaging.drawing.draw import LARGEST, SMALLEST, draw
from imaging.embed import embed
from imaging.inspection import Facts
from library.jobs.models import Request
from providers.base import Accepted, Answer, Cancelled, Done, Health, Kind, ModelInfo, Running, Sizes, Traits
from providers.errors import ResultExpired, Unsupported
from providers.registry import Profile, Tools

TOOL = "sketch"
MODEL = "sketch-1"  # a later way to draw gets a name of its own: the same request must go on giving the same picture
MODELS = (
    ModelInfo(
        id=MODEL,
        title="Sketch",
        sizes=Sizes(least=SMALLEST, most=LARGEST),
        seed=True,
        free=True,
        traits=Traits(idempotent=True, finds=False),
    ),
)


class Sketch:
    """Draws in other processes, one picture a core."""

    kind: Kind = "local"
    leaves_machine = False

    def __init__(self, profile: Profile, tools: Tools) -> None:
        self.name = profile.name
        self.title = "Sketch"
        self.at_once = profile.at_once or max(1, min(4, (os.cpu_count() or 2) - 1))
        self._in_process = tools.surroundings.in_process

    async def check(self) -> Health:
        return Health(True)

    async def models(self) -> Sequence[ModelInfo]:
        return MODELS

    async def submit(self, request: Request, token: str) -> Done | Accepted:
        seed = request.seed or 0
        data = await self._in_process(sketched, request.prompt, seed, request.width, request.height)
        return Done((Answer(data, seed=seed, told={"tool": TOOL}),))

    async def poll(self, handle: bytes) -> Running | Done:
        raise Unsupported("Sketch answers at once.")

    async def fetch(self, answer: Answer) -> AsyncIterator[bytes]:
        raise ResultExpired("Sketch gives its pictures at once.")
        yield b""

    async def cancel(self, handle: bytes) -> Cancelled:
        return "unsupported"

    async def find(self, token: str) -> Done | Accepted | None:
        return None

    async def aclose(self) -> None:
        return None


def sketched(prompt: str, seed: int, width: int, height: int) -> bytes:
    """A PNG that says how it was made."""
    facts = Facts(prompt=prompt, seed=str(seed), model=MODEL, tool=TOOL, parameters={"width": width, "height": height})
    return embed(draw(prompt, seed, width, height), facts).data
