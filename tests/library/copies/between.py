"""What a connection between two devices does, for tests: blobs over, and what each has."""

from __future__ import annotations

from collections.abc import Sequence

from library.catalog import Library
from tests.library.house import pictures
from tests.library.studio import Studio, send


async def paired(studio: Studio, count: int = 3) -> tuple[Library, Library]:
    """alice with pictures, and bob who knows of them."""
    alice, bob = await studio.pair()
    await alice.ingest.import_paths(pictures(studio.folder / "pictures", count))
    await send(alice, bob)
    return alice, bob


async def fetch(source: Library, target: Library, piece: int = 50) -> int:
    """Bring over what `target` wants and `source` has, the small ones whole; how many came."""
    count = 0
    while wanted := await target.copies.wanted():
        there = {each.hash: await source.copies.read(each.hash, 0, each.size) for each in wanted}
        found = [each for each in wanted if there[each.hash] is not None]
        if not found:
            break
        came = await target.copies.put([there[each.hash] or b"" for each in found if each.small])
        for each in found:
            while not each.small and (begun := target.copies.begun(each.hash)) < each.size:
                await target.copies.write(each.hash, begun, await source.copies.read(each.hash, begun, piece) or b"")
        large = [each.hash for each in found if not each.small]
        assert not await target.copies.finish(large)
        count += len(came) + len(large)
    return count


async def tell(source: Library, target: Library, most: int = 50_000) -> None:
    """Let one device say to another what it has."""
    device = source.workspace.device
    more = True
    while more:
        journal, stamp = await target.copies.heard(device)
        presence = await source.copies.since(stamp if journal == source.copies.journal else 0, most)
        await target.copies.learn(device, source.copies.journal, presence)
        more = presence.more


async def tell_all(libraries: Sequence[Library]) -> None:
    for source in libraries:
        for target in libraries:
            if source is not target:
                await tell(source, target)


def connect(libraries: Sequence[Library]) -> None:
    """Let each ask the others, as long as they live."""
    by_device = {each.workspace.device: each for each in libraries}

    async def ask(device: bytes, hashes: list[bytes]) -> list[bool]:
        return [await by_device[device].copies.may_go(hash) for hash in hashes]

    for each in libraries:
        each.evicting.ask = ask


def states(library: Library) -> list[str]:
    """Of all pictures, by their ids."""
    query = "SELECT state FROM asset ORDER BY id"
    return library.workspace.database.read_now(lambda connection: [s for (s,) in connection.execute(query)])


def originals(library: Library, whole: bool = True) -> set[bytes]:
    """Originals that lie in a library that says so; `whole`: with the bytes that they should have."""
    query = "SELECT DISTINCT hash FROM version JOIN blob USING (hash) WHERE here=1"
    told = library.workspace.database.read_now(lambda connection: [hash for (hash,) in connection.execute(query)])
    blobs = library.workspace.blobs
    return {hash for hash in told if blobs.has(hash) and (not whole or blobs.check(hash))}
