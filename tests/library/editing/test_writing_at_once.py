"""Two people write one text at once: whoever saves later had read it before the other wrote."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from library.errors import Invalid
from library.models import AssetChange, ProjectChange
from tests.library.house import open_library, picture

LETTERS = {"mine": "MN雨", "theirs": "TU雪"}


async def test_note_was_open_while_another_wrote_into_it(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(picture((1, 2, 3)))
    async with open_library(tmp_path / "studio") as library:
        (id,) = (await library.ingest.import_paths([tmp_path / "a.png"])).assets
        await library.assets.edit_one(id, AssetChange(note="招牌"))
        await library.assets.edit_one(id, AssetChange(note="招牌再亮一點"))
        mine = AssetChange(note="左邊招牌", note_was="招牌")
        edit = await library.assets.edit_one(id, mine)
        assert (await library.assets.show(id)).note == "左邊招牌再亮一點"
        await library.history.undo(edit.action)
        assert (await library.assets.show(id)).note == "招牌再亮一點"


async def test_note_is_written_as_a_whole_by_who_had_not_read_it(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(picture((1, 2, 3)))
    async with open_library(tmp_path / "studio") as library:
        (id,) = (await library.ingest.import_paths([tmp_path / "a.png"])).assets
        await library.assets.edit_one(id, AssetChange(note="old"))
        await library.assets.edit_one(id, AssetChange(note="new"))
        assert (await library.assets.show(id)).note == "new"
        with pytest.raises(Invalid, match="note_was"):
            await library.assets.edit_one(id, AssetChange(note_was="new", rating=3))


async def test_brief_was_open_while_another_wrote_into_it(tmp_path: Path) -> None:
    async with open_library(tmp_path / "studio") as library:
        id = (await library.projects.create("夜市")).id
        await library.projects.edit(id, ProjectChange(brief="warm light"))
        await library.projects.edit(id, ProjectChange(brief="warm light, rain"))
        edited = await library.projects.edit(id, ProjectChange(brief="very warm light", brief_was="warm light"))
        assert edited.brief == "very warm light, rain"
        with pytest.raises(Invalid, match="brief_was"):
            await library.projects.edit(id, ProjectChange(brief_was="x", archived=True))


async def test_what_both_wrote_is_too_long_together(tmp_path: Path) -> None:
    async with open_library(tmp_path / "studio") as library:
        id = (await library.projects.create("long")).id
        await library.projects.edit(id, ProjectChange(brief="a" * 40_000))
        with pytest.raises(Invalid) as refused:
            await library.projects.edit(id, ProjectChange(brief="b" * 40_000, brief_was=""))
        assert refused.value.code == "too_long"
        assert (await library.projects.show(id)).brief == "a" * 40_000


@pytest.mark.parametrize("seed", range(12))
async def test_two_go_on_writing_from_what_they_had_read(tmp_path: Path, seed: int) -> None:
    """Each saves at random, from the text as it was when they last looked; no letter that was put in is lost."""
    chance = random.Random(seed)
    async with open_library(tmp_path / "studio") as library:
        id = (await library.projects.create("both")).id
        await library.projects.edit(id, ProjectChange(brief="ab貓 \n" * 4))
        read = dict.fromkeys(LETTERS, (await library.projects.show(id)).brief)
        put_in = dict.fromkeys(LETTERS, 0)
        for _ in range(30):
            who = chance.choice([*LETTERS])
            place = chance.randint(0, len(read[who]))
            words = "".join(chance.choices(LETTERS[who], k=chance.randint(1, 6)))
            put_in[who] += len(words)
            text = read[who][:place] + words + read[who][place:]
            edited = await library.projects.edit(id, ProjectChange(brief=text, brief_was=read[who]))
            read[who] = edited.brief
        found = (await library.projects.show(id)).brief
        assert {who: sum(found.count(letter) for letter in LETTERS[who]) for who in LETTERS} == put_in
