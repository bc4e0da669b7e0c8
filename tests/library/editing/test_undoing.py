"""Undos of undos, thousands deep or in a stranger's circle: whether an action is undone is always told."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from library.editing.assets import read_values
from library.editing.standing import undone_of
from library.models import AssetChange
from library.schema import VIEWS
from store.database import Connection, in_memory
from tests.library.house import open_library, picture


@pytest.fixture
def rows() -> Iterator[Connection]:
    connection = in_memory(VIEWS)
    yield connection
    connection.close()


def write(rows: Connection, undoes: Mapping[str, str | None]) -> None:
    """Rows of actions by name, each with the one that it undoes, one after the other."""
    (clock,) = rows.execute("SELECT count(*) FROM action").fetchone()
    rows.executemany(
        "INSERT INTO action(id, rank, clock, hash, time, device, intent, params, changes, undoes)"
        " VALUES(?, 0, ?, x'', 1, x'', 'undo', '{}', 1, ?)",
        [(id.encode(), at, below.encode() if below else None) for at, (id, below) in enumerate(undoes.items(), clock)],
    )


def undone(rows: Connection, *ids: str) -> set[str]:
    """Of the actions asked for together; each asked for alone gives the same."""
    alone = set[bytes]().union(*(undone_of(rows, [id.encode()]) for id in ids))
    together = undone_of(rows, [id.encode() for id in ids])
    assert alone == together
    return {id.decode() for id in together}


@pytest.mark.parametrize("depth", [5_000, 5_001])
def test_undo_and_redo_were_pressed_five_thousand_times(rows: Connection, depth: int) -> None:
    write(rows, {"0": None} | {str(number): str(number - 1) for number in range(1, depth + 1)})
    every = undone_of(rows, [str(number).encode() for number in range(depth + 1)])
    assert every == {str(number).encode() for number in range(depth) if (depth - number) % 2}
    assert undone(rows, "0", "1") == ({"0"} if depth % 2 else {"1"})


def test_two_undid_the_same_and_one_undo_was_taken_back(rows: Connection) -> None:
    write(rows, {"edit": None, "mine": "edit", "yours": "edit"})
    assert undone(rows, "edit", "mine", "yours") == {"edit"}
    write(rows, {"redo": "mine"})
    assert undone(rows, "edit", "mine", "yours", "redo") == {"mine", "yours"}
    write(rows, {"again": "edit"})
    assert undone(rows, "edit", "mine", "yours", "redo", "again") == {"edit", "redo"}
    write(rows, {"undo of an undo": "yours"})
    assert undone(rows, "edit", "mine", "yours", "redo", "again") == {"mine", "yours", "again"}


def test_order_in_which_turns_came_is_nothing_to_whether_an_edit_stands(rows: Connection) -> None:
    undoes = {"edit": None, "mine": "edit", "yours": "edit", "redo": "yours", "redo of another's": "mine"}
    write(rows, undoes)
    states = set()
    for order in itertools.permutations(undoes):
        found = rows.execute("SELECT id, clock, hash, time, device, intent, params, changes, undoes FROM action")
        by_id = {row[0].decode(): row for row in found.fetchall()}
        rows.execute("DELETE FROM action")
        rows.executemany(
            "INSERT INTO action(id, rank, clock, hash, time, device, intent, params, changes, undoes)"
            " VALUES(?, 0, ?, ?, ?, ?, ?, ?, ?, ?)",
            [by_id[id] for id in order],
        )
        states.add(frozenset(undone(rows, *undoes)))
    assert states == {frozenset({"mine", "yours"})}


def test_strangers_circle_of_undos_undoes_nothing(rows: Connection) -> None:
    write(rows, {"a": "c", "b": "a", "c": "b", "self": "self", "edit": None, "undo": "edit"})
    assert undone(rows, "a", "b", "c", "self", "edit") == {"edit"}
    write(rows, {"outside": "b"})
    assert undone(rows, "a", "b", "c", "outside") == set()


async def test_picture_is_shown_after_undo_and_redo_were_pressed_again_and_again(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(picture((1, 2, 3)))
    async with open_library(tmp_path / "studio") as library:
        (id,) = (await library.ingest.import_paths([tmp_path / "a.png"])).assets
        edit = (await library.assets.edit_one(id, AssetChange(rating=3))).action
        last: str | None = edit
        for _ in range(11):
            last = (await library.history.undo(last)).action
        shown = await library.assets.show(id)
        assert shown.asset.rating == 0
        assert [entry.undone for entry in shown.history if entry.action in (edit, last)] == [False, True]


async def test_undo_of_another_edit_chooses_no_version(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(picture((1, 2, 3)))
    async with open_library(tmp_path / "studio") as library:
        (id,) = (await library.ingest.import_paths([tmp_path / "a.png"])).assets
        await library.assets.edit_one(id, AssetChange(add_tags=["cat"]))
        await library.history.undo()
        values = library.workspace.database.read_now(lambda connection: read_values(connection, bytes.fromhex(id)))
        assert (values["current"], values["tags"]) == ({}, {})


async def test_picture_of_an_import_that_was_undone_keeps_its_name_in_the_bin(tmp_path: Path) -> None:
    (tmp_path / "貓.png").write_bytes(picture((1, 2, 3)))
    async with open_library(tmp_path / "studio") as library:
        report = await library.ingest.import_paths([tmp_path / "貓.png"])
        await library.history.undo()
        (binned,) = (await library.search.page("is:binned")).items
        assert (binned.id, binned.name) == (report.assets[0], "貓.png")
        await library.history.redo()
        assert [item.name for item in (await library.search.page()).items] == ["貓.png"]
