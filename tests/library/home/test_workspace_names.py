"""Workspaces of one name: none is made, and where a backup brought one, nobody has to guess which is meant."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from library.errors import Clash, LibraryError
from library.workspaces import Workspaces
from tests.library.export.test_keeping import device


async def test_name_that_is_taken_is_refused(tmp_path: Path) -> None:
    async with device(tmp_path, 1) as workspaces:
        made = await workspaces.create("Client")
        for again in (workspaces.create(" Client "), workspaces.rename(made.id, "Studio")):
            with pytest.raises(Clash) as refused:
                await again
            assert refused.value.code == "workspace_name_taken"
        assert [each.name for each in workspaces.list()] == ["Studio", "Client"]
        assert (await workspaces.rename(made.id, "Client")).name == "Client"
        assert (await workspaces.rename(made.id, "Client B")).name == "Client B"
        assert (await workspaces.create("Client")).name == "Client"


async def test_of_two_made_at_once_of_one_name_one_is_made(tmp_path: Path) -> None:
    async with device(tmp_path, 1) as workspaces:
        (studio,) = workspaces.list()
        made = await asyncio.gather(
            *(workspaces.create("Client") for _ in range(3)),
            workspaces.rename(studio.id, "Client"),
            return_exceptions=True,
        )
        assert sorted(isinstance(each, LibraryError) for each in made) == [False, True, True, True]
        assert [each.name for each in workspaces.list()].count("Client") == 1


async def with_two(alice: Workspaces, bob: Workspaces, backup: Path) -> list[str]:
    await alice.get("-").care.backup(backup)
    await bob.bring_in(backup)
    return [each.id for each in bob.list() if each.name == "Studio"]


async def test_of_two_that_have_one_name_the_id_is_asked_for(tmp_path: Path) -> None:
    async with device(tmp_path / "alice", 1) as alice, device(tmp_path / "bob", 2) as bob:
        ids = await with_two(alice, bob, tmp_path / "backup")
        assert len(ids) == 2
        with pytest.raises(Clash) as refused:
            bob.get("Studio")
        assert refused.value.code == "ambiguous_workspace"
        named = refused.value.params["ids"].split(", ")
        assert sorted(bob.get(each).id for each in named) == sorted(ids)
        await bob.rename(ids[0], "Client")
        assert bob.get("Studio").id == ids[1]


async def test_of_two_that_have_one_name_each_is_told_of(tmp_path: Path) -> None:
    async with device(tmp_path / "alice", 1) as alice, device(tmp_path / "bob", 2) as bob:
        ids = await with_two(alice, bob, tmp_path / "backup")
        for id in ids:
            bob.get(id).workspace.condition.suspect = "The disk failed."
        told = list(bob.suspects())
        assert sorted(told) == sorted(f"Studio ({id[:12]})" for id in ids)
        bob.get(ids[0]).workspace.condition.suspect = bob.get(ids[1]).workspace.condition.suspect = None
