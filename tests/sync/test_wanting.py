"""What a person does at a device can make originals wanted there: they come while the connection stands."""

from __future__ import annotations

from pathlib import Path

from library.copies.models import Policy
from library.models import AssetChange
from tests.sync.house import equal, studio, until

RED, GREEN = (255, 0, 0), (0, 255, 0)


async def test_original_comes_when_its_picture_is_taken_out_of_the_bin(tmp_path: Path) -> None:
    async with studio(tmp_path) as house:
        alice, bob = await house.device("alice"), await house.device("bob")
        red, green = await alice.bring_in(RED, GREEN)
        await alice.library.assets.bin([red])
        house.connect(alice, bob)
        await until(lambda: bob.library.workspace.blobs.has(_of(alice, green)))
        await until(lambda: alice.sync.session(bob.key) and bob.sync.session(alice.key))
        assert not bob.library.workspace.blobs.has(_of(alice, red))
        await bob.library.assets.unbin([red])
        await equal(alice, bob)


async def test_original_comes_when_its_picture_is_put_into_a_project_that_is_kept_here(tmp_path: Path) -> None:
    async with studio(tmp_path) as house:
        alice, bob = await house.device("alice"), await house.device("bob")
        (red,) = await alice.bring_in(RED)
        await bob.library.keeping.set_policy(Policy(kind="thumbnails"))
        house.connect(alice, bob)
        await until(lambda: bob.lacks() == 1)
        project = (await bob.library.projects.create("Neon")).id
        await bob.library.keeping.set_policy(Policy(kind="everything"), project)
        await bob.library.assets.edit_one(red, AssetChange(add_projects=[project]))
        await equal(alice, bob)


def _of(device: object, asset: str) -> bytes:
    query = "SELECT v.hash FROM version AS v JOIN asset AS a ON a.row = v.row WHERE a.id=?"
    hash: bytes = device.library.workspace.database.read_now(  # type: ignore[attr-defined]
        lambda connection: connection.execute(query, (bytes.fromhex(asset),)).fetchone()[0]
    )
    return hash
