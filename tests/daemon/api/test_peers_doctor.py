"""Why devices differ, over HTTP: by what peers said of themselves last."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from library.care.differing import Heard, describe
from library.catalog import Library
from library.models import AssetChange
from tests.daemon.house import running
from tests.library.replica.stopping import pass_on, shoot
from tests.library.studio import Studio

PATH = "/api/v1/w/-/peers/doctor"


@pytest.fixture
async def studio(tmp_path: Path) -> AsyncIterator[Studio]:
    async with AsyncExitStack() as stack:
        yield Studio(tmp_path, stack)


async def test_each_peer_is_compared_with_what_it_said(studio: Studio, tmp_path: Path) -> None:
    alice, bob = await studio.pair()
    await pass_on(alice, bob)
    (asset,) = await shoot(alice, 1)
    await pass_on(alice, bob)
    await alice.assets.edit_one(asset, AssetChange(rating=3))
    said = Heard(alice.workspace.device, 1_790_000_000_000, await describe(alice.workspace))
    silent = Heard(b"s" * 32, 5, None)
    heard: dict[str, list[Heard]] = {bob.id: [said, silent]}
    workspaces = SimpleNamespace(get=lambda name: bob)
    async with running(tmp_path / "home", workspaces=workspaces) as server:
        assert (await server.call("GET", PATH)).json == {"peers": []}, "nobody was heard"

        async def told(library: Library) -> list[Heard]:
            return heard[library.id]

        server.house.others = server.house.others._replace(sync=cast(Any, SimpleNamespace(heard=told)))
        first, second = (await server.call("GET", PATH)).json["peers"]
        assert (first["device"], first["heard"], first["described"]) == (said.device.hex(), said.when, True)
        missing, documents, blobs = first["differences"]
        assert (missing["code"], missing["side"], missing["device"]) == ("segments", "here", said.device.hex()[:8])
        assert (missing["number"], missing["detail"]) == (1, str(alice.workspace.log.position.seq))
        assert (documents["code"], documents["number"]) == ("documents", 1)
        assert (blobs["code"], blobs["has"]) == ("blobs.nowhere", False)
        assert (second["described"], second["differences"]) == (False, [])
        assert (await server.call("GET", PATH + "?x=1")).status in (400, 422)
