"""A process that asks three questions in words and is killed at a step of its event loop, as told by its arguments."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncGenerator
from contextlib import aclosing
from pathlib import Path

from identity.keys import DeviceKey, verify
from library.catalog import Library
from library.events import Bus
from library.jobs.models import Cost
from library.surroundings import Surroundings
from library.workspace import MARK, Workspace
from providers.base import ModelInfo
from providers.limits import Limits
from providers.words.calling import Calling, Voice
from providers.words.talking import End, Message, Piece, Question, Tokens
from tests.library.house import first_operation, look
from tests.providers.killed import Counting, Only, serve
from tests.providers.scripted import CENT, Painter

QUESTIONS = ("a red fox", "紅色的狐狸", "a 🦊 at dawn")
KEY = DeviceKey.generate(random.Random(99))


class Speaker(Painter):
    """Answers in three pieces; its bill is a file: what stands in it was charged, whoever was killed since."""

    def __init__(self, bill: Path) -> None:
        super().__init__()
        self._file = bill

    async def speak(self, question: Question, token: str) -> AsyncGenerator[Piece | End]:
        await asyncio.sleep(0)  # on its way
        with self._file.open("a") as file:
            file.write(f"{token}\n")
        for word in ("It", " is", " red."):
            await asyncio.sleep(0)
            yield Piece(word)
        await asyncio.sleep(0)
        yield End("end", question.model, Tokens(3, 3), Cost(CENT, "USD", "usage"))


async def ask_all(folder: Path, seed: int, loop: Counting) -> None:
    around = Surroundings(random=random.Random(seed))
    speaker = Speaker(folder / "bill")
    async with Workspace(folder / "library", KEY, around, Bus()) as workspace:
        if not (folder / "library" / MARK).exists():
            await workspace.found(lambda nonce: first_operation(KEY), "Studio")
        library = Library(workspace, look, verify, lambda device: device.hex()[:8])
        calling = Calling(Only(speaker), Limits(around.clock.elapsed))
        voice = Voice(speaker, ModelInfo("oil", "Oil", can=("speak",)))
        loop.counts = True
        print("begun", flush=True)
        for text in QUESTIONS:
            async with aclosing(calling.ask(library.calls, voice, Question("oil", (Message("user", text),)))) as answer:
                said = [each async for each in answer]
            assert isinstance(said[-1], End)
            print(f"answered {text}", flush=True)
        print(f"quiet {loop.steps}", flush=True)


def live(folder: str, seed: int, last: int) -> None:
    """One life of the process."""
    loop = Counting(last)
    asyncio.set_event_loop(loop)
    loop.run_until_complete(ask_all(Path(folder), seed, loop))


if __name__ == "__main__":
    serve(live)
