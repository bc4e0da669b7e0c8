"""Versions: restoring one adds one, on every device the same; each is known by the facts of its own file."""

from __future__ import annotations

import itertools
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from documents.engine import Document
from documents.kinds import Kind
from library.catalog import Library
from library.errors import NotFound
from library.models import AssetDetail
from library.views.projection import current_of, versions_of
from library.views.versions import restore_version
from tests.library.house import HandClock, open_library, picture

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
    for shade in (1, 77):  # the restored bytes, laid where the file is, and edited there
        (tmp_path / "cat.png").write_bytes(picture((shade, 9, 9)))
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


async def edit(library: Library, file: Path, shade: int) -> None:
    """A minute later, by an editor that leaves no word of how the picture was made."""
    clock = library.workspace.surroundings.clock
    assert isinstance(clock, HandClock)
    clock.time += 60_000
    file.write_bytes(picture((shade, 9, 9)))
    file.with_suffix(".txt").unlink(missing_ok=True)
    await library.ingest.import_paths([file])


async def test_file_that_a_restore_left_as_it_was_is_edited_on(edited: tuple[Library, str], tmp_path: Path) -> None:
    """The edit comes from what the file held, not from what was restored; the list grows at its end."""
    library, asset = edited
    before = (await library.assets.show(asset)).versions
    await library.assets.restore(asset, before[1].id)
    await edit(library, tmp_path / "cat.png", 77)
    sixth, seventh = (await library.assets.show(asset)).versions[5:]
    assert (sixth.restored, sixth.parent) == (before[1].id, before[4].id)
    assert (seventh.parent, seventh.current, seventh.prompt) == (before[4].id, True, "cat number5")


async def test_older_version_was_laid_back_into_the_file_and_edited(
    edited: tuple[Library, str], tmp_path: Path
) -> None:
    library, asset = edited
    before = (await library.assets.show(asset)).versions
    await edit(library, tmp_path / "cat.png", 2)
    await edit(library, tmp_path / "cat.png", 77)
    restored, branch = (await library.assets.show(asset)).versions[5:]
    assert (restored.made, restored.restored) == ("restored", before[1].id)
    assert (branch.parent, branch.prompt) == (restored.id, "cat number2")


async def test_copy_of_an_older_version_is_edited_elsewhere_and_the_branch_is_restored_over(
    tmp_path: Path,
) -> None:
    """Five versions of which the last two come from the second; restoring the third adds a sixth and loses none."""
    clock = HandClock()
    async with open_library(tmp_path / "library", clock=clock) as library:
        cat, copy = tmp_path / "cat.png", tmp_path / "copy.png"
        for file, shade in ((cat, 1), (cat, 2), (copy, 2), (cat, 3), (copy, 14), (copy, 15)):
            clock.time += 60_000
            file.write_bytes(picture((shade, 9, 9)))
            os.utime(file, (clock.time / 1000, clock.time / 1000))
            (asset,) = (await library.ingest.import_paths([file])).assets
        before = await library.assets.show(asset)
        ids = [each.id for each in before.versions]
        assert [each.parent for each in before.versions] == [None, ids[0], ids[1], ids[1], ids[3]]
        await library.assets.restore(asset, ids[2])
        after = await library.assets.show(asset)
        assert after.versions[:5] == [msgspec.structs.replace(each, current=False) for each in before.versions]
        assert (after.versions[5].restored, after.versions[5].parent) == (ids[2], ids[4])
        assert after.asset.sha256 == before.versions[2].sha256


def shown(*versions: tuple[str, str, int]) -> str:
    """The order in which versions of these ids, parents and times are listed."""
    values: dict[str, Any] = {}
    for id, parent, at in versions:
        values |= {f"{id}/blob": "ab" * 32, f"{id}/at": at} | ({f"{id}/parent": parent} if parent else {})
    return "".join(each.id for each in versions_of({"versions": values}))


@pytest.mark.parametrize(
    ("versions", "order"),
    [
        ([("a", "", 1), ("b", "a", 2), ("c", "b", 3), ("d", "a", 4)], "abcd"),
        ([("a", "", 1), ("d", "a", 2), ("b", "a", 3), ("c", "b", 4)], "adbc"),
        ([("a", "", 9), ("b", "a", 5), ("c", "b", 1)], "abc"),
        ([("a", "", 9), ("x", "elsewhere", 3), ("b", "a", 1)], "xab"),
        ([("a", "c", 3), ("b", "a", 2), ("c", "b", 1), ("d", "d", 0)], "dcab"),
        ([("a", "", 1), ("c", "a", 2), ("b", "a", 2)], "abc"),
    ],
    ids=["late branch", "early branch", "wrong times", "parent that is not known", "circles", "same time"],
)
def test_order_of_versions(versions: list[tuple[str, str, int]], order: str) -> None:
    for each in itertools.permutations(versions):
        assert shown(*each) == order


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
