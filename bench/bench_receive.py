"""Segments of another device, one image document each, received in groups: beside verifying their signatures alone.

Prompts have 350 characters; holding, judging, applying, saving, rows and search words are all in it. Target: at least
3,000 documents a second. COUNT sets how many (20,000).
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import random
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.parts.filling import prompt
from daemon.processes import Processes
from documents.engine import Document
from documents.kinds import Kind, derived_id
from documents.segment import BlobEntry, ChangeEntry, Segment, actor_of, encode, signed_part
from identity.keys import DeviceKey, verify
from identity.operations import encode_operation
from imaging.inspection import Facts, Inspection
from library.events import Bus
from library.intake.arrivals import write_version
from library.replica.preparing import prepare
from library.replica.receiving import receive_log
from library.surroundings import Surroundings
from library.workspace import Workspace

COUNT = int(os.environ.get("COUNT", "20000"))


def write_log(key: DeviceKey, workspace: bytes, head: bytes) -> list[bytes]:
    """COUNT segments of one device, each with one new picture and its blobs."""
    chance = random.Random(1)
    incarnation, run = chance.randbytes(16), chance.randbytes(16)
    actor = actor_of(key.public, incarnation, run)
    raws: list[bytes] = []
    last: Segment | None = None
    for number in range(COUNT):
        facts = Facts(prompt=prompt(chance), seed=str(number), model=f"model{number % 9}", tool="a1111")
        sha256 = hashlib.sha256(b"%d" % number).digest()
        seen = Inspection(sha256, 1000, "image/png", 1024, 768, 1, b"", facts, None, False)
        id = derived_id(Kind.IMAGE, workspace, sha256)
        change = Document.new(Kind.IMAGE).edit(actor, lambda draft, seen=seen: write_version(draft, seen, [], 1))  # type: ignore[misc]
        assert change is not None
        last = encode(
            workspace=workspace,
            device=key.public,
            incarnation=incarnation,
            run=run,
            seq=number + 1,
            prev=last.hash if last else b"",
            deps=(),
            auth=(head,),
            clock=number + 1,
            time=1_700_000_000_000 + number,
            action=chance.randbytes(16),
            intent="asset.import",
            params={"count": 1, "name": f"{number}.png"},
            entries=[ChangeEntry(id, change), BlobEntry(sha256, 1000, "image/png", "original")],
            sign=key.sign,
        )
        raws.append(last.raw)
    return raws


async def take(raws: list[bytes], operation: bytes, workspace: bytes) -> float:
    processes = Processes()
    surroundings = Surroundings(in_process=processes.call)
    async with processes:
        await processes.call(prepare, raws[:1], workspace, verify)  # it is started before the clock runs
        with tempfile.TemporaryDirectory() as folder:
            async with Workspace(Path(folder), DeviceKey.generate(random.Random(2)), surroundings, Bus()) as place:
                await place.join(workspace)
                begun = time.perf_counter()
                received = await receive_log(place, raws, verify, [operation])
                assert received.held == len(received.changed) == len(raws) and not received.refused
                return time.perf_counter() - begun


def verify_alone(raws: list[bytes], public: bytes) -> float:
    begun = time.perf_counter()
    for raw in raws:
        assert verify(public, signed_part(raw), raw[-64:])
    return time.perf_counter() - begun


def main() -> None:
    key = DeviceKey.generate(random.Random(1))
    create = encode_operation(
        workspace=b"", kind="create", subject=b"m" * 16, author=key.public, nonce=b"n" * 16, sign=key.sign
    )
    raws = write_log(key, create.hash, create.hash)
    ours, alone = [], []
    for _ in range(3):
        alone.append(verify_alone(raws, key.public))
        ours.append(asyncio.run(take(raws, create.raw, create.hash)))
    spent, reference = statistics.median(ours), statistics.median(alone)
    print(
        f"received        {COUNT / spent:8,.0f} documents a second   (target 3,000)   {spent / COUNT * 1e6:.0f} µs each"
    )
    print(f"verified alone  {COUNT / reference:8,.0f} a second")
    print(f"without it      {COUNT / (spent - reference):8,.0f} documents a second")


if __name__ == "__main__":
    main()
