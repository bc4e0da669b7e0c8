"""Pictures by the hundred, and devices that delete or replace them."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path

from documents.draft import Draft
from documents.kinds import Kind, derived_id
from identity.keys import verify
from imaging.inspection import Facts, Inspection
from library.catalog import Library
from library.intake.arrivals import write_version
from library.models import LibraryCounts
from library.replica.offering import offer, vector
from library.replica.receiving import Received, receive
from library.workspace import Plan
from tests.library.house import pictures
from tests.library.studio import Studio


async def shoot(library: Library, count: int, name: str = "") -> list[str]:
    """Import so many pictures, whose bytes are nowhere."""
    edits = []
    for number in range(count):
        sha256 = hashlib.sha256(f"{name} {number}".encode()).digest()
        seen = Inspection(sha256, 9, "image/png", 4, 3, 1, b"", Facts(), None, False)
        id = derived_id(Kind.IMAGE, library.workspace.id, sha256)
        edits.append((id, lambda draft, seen=seen: write_version(draft, seen, [], 1)))
    await library.workspace.append(Plan("asset.import", {"count": count}, edits))
    return [id.hex() for id, _ in edits]


async def replace(library: Library, assets: Sequence[str], salt: str = "new") -> None:
    """Put other bytes in the place of what these pictures show."""
    edits = [(bytes.fromhex(asset), replacer(asset, salt)) for asset in assets]
    await library.workspace.append(Plan("asset.version", {"count": len(edits)}, edits))


def replacer(asset: str, salt: str):  # type: ignore[no-untyped-def]
    sha256 = hashlib.sha256(f"{asset} {salt}".encode()).digest()
    seen = Inspection(sha256, 9, "image/png", 4, 3, 1, b"", Facts(), None, False)

    def write(draft: Draft) -> None:
        write_version(draft, seen, [], 2)
        draft.agree("current", sha256.hex())

    return write


async def bin_singly(library: Library, assets: Sequence[str]) -> None:
    for asset in assets:
        await library.assets.bin([asset])


async def pass_on(source: Library, target: Library) -> Received:
    """Everything that the target lacks, as a peer gives it."""
    offered = await offer(source.workspace, await vector(target.workspace), most=1 << 30)
    return await receive(target.workspace, offered.segments, verify, offered.operations)


async def settle_all(chance: random.Random, *libraries: Library) -> None:
    """Exchange and decide by chance until nobody is asked any more and nothing moves."""
    for _ in range(12):
        moved = 0
        for source in libraries:
            for target in libraries:
                if source is not target:
                    moved += (await pass_on(source, target)).held
        for library in libraries:
            for each in await library.stops.list():
                if each.state == "asking":
                    moved += 1
                    await (library.stops.approve if chance.random() < 0.5 else library.stops.reject)(each.id)
        if not moved:
            return
    raise AssertionError("it does not come to rest")


async def counts(library: Library) -> tuple[int, int]:
    """Pictures outside the bin, and in it."""
    told: LibraryCounts = await library.counts()
    return told.assets, told.binned


async def stopped_home(home: Path, elsewhere: Path, count: int = 60, binned: int = 40) -> str:
    """Make the home of bob, who has met a deletion of alice's; what she is called there. Both have the pictures."""
    folder = home / "data" / "workspaces"
    folder.mkdir(parents=True)
    paths = pictures(elsewhere / "pictures", count)
    async with AsyncExitStack() as stack:
        studio = Studio(elsewhere, stack)
        alice = await studio.device("alice", 1)
        studio.folder = folder
        bob = await studio.device("bob", 2)
        await studio.admit("bob", "editor")
        await pass_on(alice, bob)
        assets = (await alice.ingest.import_paths(paths)).assets
        await pass_on(alice, bob)
        await bob.ingest.import_paths(paths)
        await alice.assets.bin(assets[:binned])
        assert (await pass_on(alice, bob)).stopped > 0
        (home / "data" / "device.key").write_text(bob.workspace.key.to_bytes().hex() + "\n")
        (home / "data" / "device.key").chmod(0o600)
        return alice.workspace.device.hex()[:8]
