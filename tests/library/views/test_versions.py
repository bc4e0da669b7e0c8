"""Versions: restoring one adds one, on every device the same; each is known by the facts of its own file."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from documents.engine import Document
from documents.kinds import Kind
from library.catalog import Library
from library.errors import NotFound
from library.models import AssetDetail
from library.views.projection import current_of, versions_of
from library.views.versions import restore_version
from tests.library.house import open_library, picture

ALICE, BOB = (bytes([number]) * 16 for number in (0xA1, 0xB0))


@pytest.fixture
async def edited(tmp_path: Path) -> AsyncIterator[tuple[Library, str]]:
    """A picture that was edited in place four times, each time from another prompt: five versions."""
    async with open_library(tmp_path / "library") as library:
        asset = ""
        for number in range(1, 6):
            (tmp_path / "cat.png").write_bytes(picture((number, 9, 9)))
            (tmp_path / "cat.txt").write_text(f"cat number{number}", "utf-8")
            asset = (await library.ingest.import_paths([tmp_path / "cat.png"])).assets[0]
        yield library, asset


def told(detail: AssetDetail) -> list[tuple[str, str | None, bool]]:
    return [(version.made, version.prompt, version.current) for version in detail.versions]


async def test_restoring_the_second_of_five_makes_a_sixth(edited: tuple[Library, str]) -> None:
    library, asset = edited
    before = await library.assets.show(asset)
    await library.assets.restore(asset, before.versions[1].id)
    after = await library.assets.show(asset)
    assert len(after.versions) == 6 and [each.id for each in after.versions[:5]] == [
        each.id for each in before.versions
    ]
    sixth = after.versions[5]
    assert sixth.current and sixth.made == "restored"
    assert (sixth.restored, sixth.parent) == (before.versions[1].id, before.versions[4].id)
    assert (after.asset.sha256, after.asset.prompt) == (before.versions[1].sha256, "cat number2")
    assert (await library.care.verify(read_data=True)).problems == []
    await library.assets.restore(asset, before.versions[4].id)
    assert [each.current for each in (await library.assets.show(asset)).versions] == [False] * 6 + [True]


async def test_undo_takes_the_restored_version_away_and_redo_brings_it_again(edited: tuple[Library, str]) -> None:
    library, asset = edited
    before = await library.assets.show(asset)
    await library.assets.restore(asset, before.versions[0].id)
    restored = await library.assets.show(asset)
    undone = await library.history.undo()
    assert (await library.assets.show(asset)).versions == before.versions
    await library.history.redo(undone.action)
    assert (await library.assets.show(asset)).versions == restored.versions


async def test_undone_restore_that_was_worked_on_stays(edited: tuple[Library, str], tmp_path: Path) -> None:
    library, asset = edited
    first = (await library.assets.show(asset)).versions[0].id
    action = (await library.assets.restore(asset, first)).action
    (tmp_path / "cat.png").write_bytes(picture((77, 9, 9)))
    await library.ingest.import_paths([tmp_path / "cat.png"])
    before = await library.assets.show(asset)
    await library.history.undo(action)
    assert (await library.assets.show(asset)).versions == before.versions


async def test_restoring_what_is_shown_changes_nothing(edited: tuple[Library, str]) -> None:
    library, asset = edited
    versions = (await library.assets.show(asset)).versions
    assert (await library.assets.restore(asset, versions[4].id)).action is None
    await library.assets.restore(asset, versions[0].id)
    assert (await library.assets.restore(asset, versions[0].id)).action is None
    with pytest.raises(NotFound):
        await library.assets.restore(asset, "no such version")


async def test_state_that_an_action_left_is_restored_with_its_version(edited: tuple[Library, str]) -> None:
    library, asset = edited
    before = await library.assets.show(asset)
    imports = [each.action for each in before.history if each.intent in ("asset.import", "asset.version")]
    await library.assets.restore(asset, action=imports[-2])
    after = await library.assets.show(asset)
    assert told(after) == [*[(*each[:2], False) for each in told(before)], ("restored", "cat number2", True)]


async def test_each_version_is_known_by_its_own_prompt(edited: tuple[Library, str], tmp_path: Path) -> None:
    library, asset = edited
    assert [each.prompt for each in (await library.assets.show(asset)).versions] == [
        f"cat number{n}" for n in range(1, 6)
    ]
    assert [item.prompt for item in (await library.search.page("number5")).items] == ["cat number5"]
    assert (await library.search.page("number1")).total == 0
    # An editor that leaves no word of how the picture was made changes nothing of that.
    (tmp_path / "cat.png").write_bytes(picture((99, 9, 9)))
    (tmp_path / "cat.txt").unlink()
    await library.ingest.import_paths([tmp_path / "cat.png"])
    assert told(await library.assets.show(asset))[-1] == ("imported", "cat number5", True)


def two_versions() -> Document:
    document = Document.new(Kind.IMAGE)

    def write(draft: Any) -> None:
        for name, parent in (("aa", None), ("bb", "aa"), ("cc", "bb")):
            draft.put_entry("versions", f"{name}/blob", name * 32)
            if parent:
                draft.put_entry("versions", f"{name}/parent", parent)
        draft.agree("current", "cc")

    document.edit(ALICE, write)
    return document


@pytest.mark.parametrize(("alices", "bobs", "count", "candidates"), [("aa", "aa", 4, 1), ("aa", "bb", 5, 2)])
def test_two_devices_restore_at_once(alices: str, bobs: str, count: int, candidates: int) -> None:
    alice = two_versions()
    bob = Document.load(Kind.IMAGE, alice.save())
    changes = [
        alice.edit(ALICE, lambda draft: restore_version(draft, alices, 7)),
        bob.edit(BOB, lambda draft: restore_version(draft, bobs, 9)),
    ]
    read = []
    for order in itertools.permutations(changes):
        both = two_versions()
        for change in order:
            assert change is not None
            both.apply([change])
        read.append(both.read())
    assert read[0] == read[1]
    versions = versions_of(read[0])
    assert len(versions) == count and len(set(read[0]["current"].values())) == candidates
    current = current_of(read[0], versions)
    assert current is not None and current.restored in (alices, bobs) and current.parent == "cc"


def test_choosing_among_two_that_were_restored_at_once_adds_none() -> None:
    document = two_versions()
    bob = Document.load(Kind.IMAGE, document.save())
    document.edit(ALICE, lambda draft: restore_version(draft, "aa", 7))
    change = bob.edit(BOB, lambda draft: restore_version(draft, "bb", 9))
    assert change is not None
    document.apply([change])
    shown = current_of(document.read(), versions_of(document.read()))
    other = next(id for id in document.read()["current"].values() if shown is not None and id != shown.id)
    document.edit(ALICE, lambda draft: restore_version(draft, str(other), 11))
    assert set(document.read()["current"].values()) == {other} and len(versions_of(document.read())) == 5
