"""A workspace on a real disk for tests: seeded chance, a clock that is set by hand, and workers in this process."""

from __future__ import annotations

import hashlib
import io
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
from PIL import Image

from identity.keys import DeviceKey, verify
from imaging.inspection import Facts, Inspection, InspectJob, Rejection
from library.catalog import Library
from library.events import Bus
from library.export.delivering import Converter
from library.intake.matching import Comparer
from library.intake.run import Inspect
from library.notices import Notices, system_notices
from library.surroundings import Surroundings
from library.tasks import Tasks
from library.workspace import Workspace
from library.workspaces import Workspaces
from store.files import DiskFiles, Files


class HandClock:
    """Stands still until a test moves it."""

    def __init__(self, now: int = 1_790_000_000_000) -> None:
        self.time = now

    def now(self) -> int:
        return self.time

    def elapsed(self) -> float:
        return self.time / 1000

    async def sleep(self, seconds: float) -> None:
        self.time += round(seconds * 1000)


def picture(color: tuple[int, int, int], size: tuple[int, int] = (64, 48)) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", size, color).save(file, "PNG")
    return file.getvalue()


async def look(jobs: Sequence[InspectJob]) -> list[Inspection | Rejection]:
    """Looks at pictures in this process; a `.txt` beside a picture is its prompt."""
    return [look_at(job) for job in jobs]


def look_at(job: InspectJob) -> Inspection | Rejection:
    data = job.path.read_bytes()
    if not data:
        return Rejection("empty", "The file is empty.")
    try:
        image = Image.open(io.BytesIO(data))
        image.load()
    except Exception:
        return Rejection("not_a_picture", "The file is not a picture.")
    if job.copy_to is not None:
        job.copy_to.write_bytes(data)
    small = io.BytesIO()
    image.resize((8, 8)).save(small, "WEBP", method=0)
    prompt = (job.sidecar.read_text() or None) if job.sidecar else None
    return Inspection(
        sha256=hashlib.sha256(data).digest(),
        size=len(data),
        media_type=f"image/{(image.format or '').lower()}",
        width=image.width,
        height=image.height,
        frames=1,
        thumbnail=small.getvalue(),
        facts=Facts(prompt=prompt, tool="a1111" if prompt else None),
        raw=msgspec.json.encode({"sidecar": prompt}) if prompt else None,
        credentials=False,
    )


def first_operation(key: DeviceKey, nonce: bytes = b"n" * 16) -> tuple[bytes, bytes]:
    """A create operation as the format defines it: (hash, signed bytes). Another nonce begins another workspace."""
    body = msgspec.msgpack.encode([1, b"", "create", b"m" * 16, None, [], [], key.public, 0, nonce])
    return hashlib.sha256(body).digest(), body + key.sign(b"gesso member 1\0" + body)


@asynccontextmanager
async def open_library(
    folder: Path,
    seed: int = 1,
    clock: HandClock | None = None,
    inspect: Inspect = look,
    files: Files | None = None,
    notices: Notices = system_notices,
    comparer: Comparer | None = None,
    converter: Converter | None = None,
) -> AsyncIterator[Library]:
    """The library in `folder`, made there the first time."""
    chance = random.Random(seed)
    key = DeviceKey.generate(random.Random(99))
    surroundings = Surroundings(clock=clock or HandClock(), random=chance, files=files or DiskFiles(), notices=notices)
    async with Workspace(folder, key, surroundings, Bus()) as workspace:
        if not hasattr(workspace, "log"):
            await workspace.found(lambda nonce: first_operation(key), "Studio")
        yield Library(workspace, inspect, verify, lambda device: device.hex()[:8], comparer, converter)


@asynccontextmanager
async def device(home: Path, seed: int, files: Files | None = None) -> AsyncIterator[Workspaces]:
    """A device with its workspaces, one of them made there the first time."""
    chance, bus = random.Random(seed), Bus()
    surroundings = Surroundings(clock=HandClock(), random=chance, files=files or DiskFiles())
    async with Workspaces(home, surroundings, look, bus, Tasks(bus, chance), f"device{seed}") as opened:
        yield opened


def pictures(folder: Path, count: int) -> list[Path]:
    """Fill a folder with small pictures, every one different."""
    folder.mkdir(exist_ok=True, parents=True)
    for at in range(count):
        (folder / f"{at:04}.png").write_bytes(picture((at % 256, at // 256, 7), (8, 6)))
    return sorted(folder.iterdir())
