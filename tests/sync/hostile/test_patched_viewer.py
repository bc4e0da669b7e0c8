"""A viewer with a changed program signs whatever he likes: no device applies any of it, and the others go on."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path
from typing import Any

import pytest

from documents.segment import ChangeEntry, decode
from library.albums import NewAlbum
from library.copies.named import DOUBTED
from library.models import AssetChange
from library.prompts import NewPrompt
from library.replica.shelf import read_shards
from store.database import Connection
from sync.messages import Log, Taken
from tests.library.members import member, operate
from tests.sync.hostile.house import HOST, Rogue, goes_on, on_the_lan
from tests.sync.hostile.lying import Liar, Target
from tests.sync.house import Device, Studio, equal, studio, until

SHORT, LONG, PIECE = 1_000, 10_000, 50
RED, BLUE, GREEN = (255, 0, 0), (0, 0, 255), (0, 255, 0)
# Whatever a page or a command shows, or that decides what is kept and fetched.
SHOWN = (
    "SELECT id, heads FROM document",
    "SELECT id, rank, time, device, intent, params, changes FROM action WHERE rank = 0",
    "SELECT id, sha256, title, rating, tags, binned_at, versions FROM asset",
    f"SELECT hash, size, here FROM blob WHERE hash NOT IN (SELECT hash FROM lacking WHERE rank = {DOUBTED})",
    *(f"SELECT * FROM {table}" for table in ("project", "album", "placed", "prompt", "search", "tag", "version")),
)


async def shown(device: Device) -> dict[str, Any]:
    def work(connection: Connection) -> dict[str, Any]:
        rows = {query: sorted(map(repr, connection.execute(query).fetchall())) for query in SHOWN}
        return {**rows, "shards": read_shards(connection)}

    workspace = device.library.workspace
    standing = workspace.members.rule.decision.standing
    roles = {each: (standing.owner_of(each), standing.role_of(each)) for each in sorted(standing.devices)}
    return {**await workspace.database.read(work), "roles": roles, "recovery": sorted(standing.recovery)}


async def accepted_of(device: Device, key: bytes) -> list[Any]:
    """Changes in the segments of a device that are not in quarantine; how many there are in all."""
    query = "SELECT coalesce(sum(c.state <> 0), 0), count(*) FROM change AS c JOIN segment AS s ON s.id = c.segment"
    return await device.library.workspace.database.read(
        lambda connection: list(connection.execute(f"{query} WHERE s.device=?", (key,)).fetchone())
    )


async def furnish(house: Studio) -> tuple[Device, Device, Device, Target]:
    """alice and carol who may write, bob who might once, and what he knows of the library."""
    alice, bob, carol = await house.trio()
    library = alice.library
    assets = await alice.bring_in(RED, BLUE)
    project = await library.projects.create("p")
    album = await library.albums.create(NewAlbum(name="a"))
    prompt = await library.prompts.create(NewPrompt(name="n", text="t"))
    await library.albums.add(album.id, assets)
    action = (await library.assets.edit_one(assets[0], AssetChange(rating=3))).action
    before = list(library.workspace.members.heads)
    await operate(library.workspace, "role", member("bob"), "viewer")
    house.connect(alice, bob)
    house.connect(alice, carol)
    await equal(alice, bob, carol)
    for each in (alice, bob, carol):
        await each.stop()

    def known(connection: Connection) -> tuple[list[bytes], list[bytes], list[ChangeEntry]]:
        blobs = [hash for (hash,) in connection.execute("SELECT hash FROM blob ORDER BY hash")]
        actions = [id for (id,) in connection.execute("SELECT id FROM action ORDER BY clock, hash")]
        raws = [raw for (raw,) in connection.execute("SELECT raw FROM segment ORDER BY id")]
        foreign = [entry for raw in raws for entry in decode(raw).entries if isinstance(entry, ChangeEntry)]
        return blobs, actions, foreign

    blobs, actions, foreign = await bob.library.workspace.database.read(known)
    documents = [bytes.fromhex(each) for each in (*assets, project.id, album.id, prompt.id)]
    assert action and bytes.fromhex(action) in actions
    return alice, bob, carol, Target(documents, actions, blobs, [alice.key, carol.key], before, foreign)


async def lie(folder: Path, number: int) -> None:
    chance = random.Random(23)
    async with studio(folder) as house:
        alice, bob, carol, target = await furnish(house)
        before = await shown(alice)
        assert await shown(carol) == before
        liar = Liar(bob.library, "bob", chance, target)
        async with on_the_lan(alice, carol) as (port, _):
            carol.sync.add(f"{HOST}:{port.port}")
            id, rogue, logs = alice.library.workspace.id, Rogue(bob.library.workspace.key, alice, port.port), 0
            await rogue.connect()
            while len(liar.signed) < number:
                raws = [liar.next().raw for _ in range(min(PIECE, number - len(liar.signed)))]
                chance.shuffle(raws)
                logs += 1
                await rogue.say(Log(id, logs, [liar.operate() for _ in range(2)], raws, False))
                await rogue.hears(lambda message, taken=Taken(id, logs): message == taken)
            assert rogue.connections == 1 and len(liar.used) == 7
            for each in (alice, carol):
                await until(lambda each=each: not _missing(each, liar), 60)
                accepted, written = await accepted_of(each, bob.key)
                assert accepted == 0 and written > number / 3
                assert await shown(each) == before
            (asset,) = await alice.bring_in(GREEN)  # the others go on, also on what he wanted to change
            for each, rating in ((alice, 4), (carol, 5)):
                for id in target.documents[:2]:
                    await each.library.assets.edit_one(id.hex(), AssetChange(rating=rating))
                await _in_step(alice, carol)
            assert (await alice.library.assets.show(target.documents[0].hex())).asset.rating == 5
            assert goes_on(alice) and goes_on(carol) and (await carol.library.assets.show(asset)).asset.state == "here"
            assert await accepted_of(alice, bob.key) == await accepted_of(carol, bob.key) == [0, written]
            await rogue.hang_up()
        print(f"{number} segments and {2 * logs} operations: 0 of {written} changes accepted")
        for each in (alice, carol):
            assert (await each.library.care.verify()).problems == []


async def _in_step(*devices: Device) -> None:
    """Until they hold the same, and all that is wanted."""
    async with asyncio.timeout(60):
        while True:
            digests = {await each.digest() for each in devices}
            if len(digests) == 1 and not any([await each.library.copies.wanted() for each in devices]):
                return
            await asyncio.sleep(0.02)


def _missing(device: Device, liar: Liar) -> set[bytes]:
    """His segments that a device has not."""
    rows = device.library.workspace.database.read_now(lambda c: c.execute("SELECT hash FROM segment").fetchall())
    return {each.hash for each in liar.signed} - {hash for (hash,) in rows}


@pytest.mark.timeout(300)
async def test_viewer_who_signs_all_the_same_changes_nothing(tmp_path: Path) -> None:
    await lie(tmp_path, SHORT)


@pytest.mark.long
@pytest.mark.timeout(3600)
async def test_ten_thousand_segments_of_a_viewer(tmp_path: Path) -> None:
    await lie(tmp_path, LONG)
