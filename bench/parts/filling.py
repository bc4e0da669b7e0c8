"""A library of many pictures made quickly: documents are appended, no file is looked at and no blob written."""

from __future__ import annotations

import hashlib
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from documents.draft import Draft
from documents.kinds import Kind, derived_id
from imaging.inspection import Facts, Inspection, Rejection
from library.catalog import Library
from library.events import Bus
from library.intake.arrivals import write_version
from library.intake.run import Inspect
from library.surroundings import Surroundings
from library.tasks import Tasks
from library.workspace import Plan
from library.workspaces import Workspaces

GROUP = 200
SYLLABLES = ("ka", "lo", "mi", "ten", "sur", "vel", "dra", "nor", "qui", "bel", "fo", "gra", "hin", "jas", "pel", "rum")
HAN = "貓海報山水城市夜晚人像墨霓虹燈街老紅色光影花鳥雨雪雲森林河橋塔窗書茶船月日星風火土金木石玉玻璃"
TAGS = ("draft", "client", "final", "海報", "print", "web")
MINUTE = 60_000  # ms
BEGUN = 1_700_000_000_000  # when the first picture was made, ms since 1970
LENGTH = 350  # characters of a prompt
SIGNS = {"♥": 50, "🎉": 300, "++": 1000}  # one picture in how many has it at the end of its prompt


def vocabulary() -> list[str]:
    """4,000 words, Latin and Chinese in turns, the common ones first."""
    chance = random.Random(7)
    latin = ["".join(chance.choices(SYLLABLES, k=chance.randint(2, 4))) for _ in range(2600)]
    han = ["".join(chance.choices(HAN, k=2)) for _ in range(2600)]
    both = [word for pair in zip(dict.fromkeys(latin), dict.fromkeys(han), strict=False) for word in pair]
    return both[:4000]


WORDS = vocabulary()
# As in any language: the word in place n is used 1/n times as often as the first.
WEIGHTS = [1 / place for place in range(1, len(WORDS) + 1)]


def prompt(chance: random.Random) -> str:
    """A prompt of LENGTH characters."""
    return ", ".join(chance.choices(WORDS, WEIGHTS, k=70))[:LENGTH]


async def nothing(jobs: object) -> list[Inspection | Rejection]:
    """Looks at no picture."""
    return []


@asynccontextmanager
async def opened(data: Path, inspect: Inspect = nothing) -> AsyncIterator[Library]:
    """The default workspace in a data folder; without `inspect` nothing can be imported into it."""
    surroundings, bus = Surroundings(), Bus()
    tasks = Tasks(bus, surroundings.random)
    async with Workspaces(data, surroundings, inspect, bus, tasks) as workspaces:
        yield workspaces.get("-")


def seen(number: int, chance: random.Random) -> Inspection:
    """What would have been found in picture `number`."""
    said = prompt(chance) + "".join(f" {sign}" for sign, every in SIGNS.items() if number % every == 0)
    facts = Facts(prompt=said, seed=str(number), model=f"model{number % 9}", tool=["a1111", "comfyui"][number % 2])
    sha256 = hashlib.sha256(b"%d" % number).digest()
    return Inspection(sha256, 1000, "image/png", 1024, 768, 1, b"", facts, None, False)


async def fill(library: Library, count: int, begun: int = BEGUN, apart: int = MINUTE) -> None:
    """Append `count` pictures made one after the other, some of them tagged."""
    chance = random.Random(1)
    for start in range(0, count, GROUP):
        edits = []
        for number in range(start, min(start + GROUP, count)):
            inspection = seen(number, chance)

            def write(draft: Draft, inspection: Inspection = inspection, number: int = number) -> None:
                write_version(draft, inspection, [], begun + number * apart, name=f"{number}.png")
                draft.put_entry("sources", f"{number}.png", True)
                if number % 5 == 0:
                    draft.put_entry("tags", TAGS[number % len(TAGS)], True)
                if number % 7 == 0:
                    draft.agree("rating", number % 5 + 1)

            edits.append((derived_id(Kind.IMAGE, library.workspace.id, inspection.sha256), write))
        await library.workspace.append(Plan("asset.import", {"count": len(edits), "name": "bench"}, edits))


def percentile(values: list[float], part: float = 0.95) -> float:
    """The value that `part` of the values do not exceed."""
    return sorted(values)[min(len(values) - 1, int(len(values) * part))]
