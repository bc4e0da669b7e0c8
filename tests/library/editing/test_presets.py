"""Export presets: made, copied, changed, deleted, undone; on two devices at once; and what no preset may say."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from documents.kinds import Kind, derived_id
from library.catalog import Library
from library.errors import Clash, Invalid, LibraryError, NotFound
from library.presets import BUILT_IN, NewPreset, PresetChange, presets_of
from library.workspace import Plan
from tests.library.house import device, open_library
from tests.library.studio import Studio, digests, send


@pytest.fixture
async def library(tmp_path: Path) -> AsyncIterator[Library]:
    async with open_library(tmp_path / "home") as opened:
        yield opened


async def test_preset_is_made_copied_changed_deleted_and_undone(library: Library) -> None:
    presets = library.presets
    made = await presets.create(NewPreset(name="海報", source="web", size="1080x1350", pattern="{title}_{n:03}"))
    assert (made.format, made.quality, made.metadata, made.size, made.builtin) == (
        "jpeg",
        85,
        "none",
        "1080x1350",
        False,
    )
    plain = await presets.create(NewPreset(name="Plain"))
    assert (plain.format, plain.metadata, plain.credentials, plain.pattern) == ("keep", "generation", "keep", "{name}")
    assert [each.name for each in await presets.list()] == ["Web 2048", "Client PNG", "Original", "Plain", "海報"]
    edited = await presets.edit(made.id, PresetChange(name="Poster", quality=70, folders="album"))
    assert (await presets.show("Poster")) == (await presets.show(made.id))
    assert (edited.quality, edited.folders, edited.size) == (70, "album", "1080x1350")
    assert edited.action is not None
    await library.history.undo(edited.action)
    assert (await presets.show(made.id)).name == "海報" and (await presets.show(made.id)).quality == 85
    deleted = await presets.delete(made.id)
    with pytest.raises(NotFound):
        await presets.show(made.id)
    assert deleted.action is not None
    await library.history.undo(deleted.action)
    assert (await presets.show("海報")).pattern == "{title}_{n:03}"
    intents = [each.intent for each in (await library.history.timeline())[0]][:5]
    assert intents == ["undo", "preset.delete", "undo", "preset.edit", "preset.create"]


async def test_built_in_ones_are_copied_and_never_destroyed(library: Library) -> None:
    for preset in BUILT_IN:
        for work in (library.presets.delete(preset.id), library.presets.edit(preset.id, PresetChange(quality=1))):
            with pytest.raises(Clash) as refused:
                await work
            assert refused.value.code == "preset_builtin"
        for name in (preset.name, preset.id):
            with pytest.raises(Clash):
                await library.presets.create(NewPreset(name=name))
        copy = await library.presets.create(NewPreset(name=f"My {preset.name}", source=preset.name))
        assert (copy.format, copy.size, copy.metadata) == (preset.format, preset.size, preset.metadata)
    assert (await library.presets.list())[:3] == list(BUILT_IN)


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"pattern": "{name.__class__}"}, "preset_field"),
        ({"pattern": "{nmae}"}, "preset_field"),
        ({"pattern": "{name}\t"}, "preset_pattern_unseen"),
        ({"pattern": "{name}\u202egpj"}, "preset_pattern_unseen"),
        ({"pattern": "{}"}, "preset_field"),
        ({"pattern": "{n:99999999}"}, "preset_field"),
        ({"pattern": "{n:-3}"}, "preset_field"),
        ({"pattern": "{name:03}"}, "preset_field"),
        ({"pattern": "{name!r}"}, "preset_field"),
        ({"pattern": "{name"}, "preset_pattern_brace"),
        ({"pattern": "a}b"}, "preset_pattern_brace"),
        ({"pattern": "../{name}"}, "preset_pattern_folder"),
        ({"pattern": "a\\{name}"}, "preset_pattern_folder"),
        ({"pattern": "  "}, "preset_pattern_length"),
        ({"pattern": "x" * 201}, "preset_pattern_length"),
        ({"pattern": "貓" * 4000}, "too_long"),
        ({"quality": 0}, "preset_quality"),
        ({"quality": 101}, "preset_quality"),
        ({"size": "0"}, "preset_size"),
        ({"size": "0%"}, "preset_size"),
        ({"size": "12x"}, "preset_size"),
        ({"size": "9999999"}, "preset_size"),
        ({"background": "white"}, "preset_background"),
        ({"format": "original", "metadata": "none"}, "preset_original"),
        ({"format": "original", "metadata": "all", "size": "5%"}, "preset_original"),
        ({"name": " "}, "no_name"),
    ],
)
async def test_what_makes_no_sense_is_refused_and_nothing_is_kept(
    library: Library, fields: dict[str, Any], code: str
) -> None:
    with pytest.raises(Invalid) as refused:
        await library.presets.create(NewPreset(**{"name": "mine", **fields}))
    assert refused.value.code == code
    assert [each.builtin for each in await library.presets.list()] == [True] * 3


async def test_two_devices_change_presets_at_once(tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        alice, bob = await Studio(tmp_path, stack).pair()
        made = await alice.presets.create(NewPreset(name="Poster", size="2048"))
        gone = await alice.presets.create(NewPreset(name="Gone"))
        await send(alice, bob)
        await alice.presets.edit(made.id, PresetChange(quality=70, size="50%"))
        await bob.presets.edit(made.id, PresetChange(format="webp", size="100x100"))
        await alice.presets.delete(gone.id)
        await bob.presets.edit(gone.id, PresetChange(quality=5))
        await alice.presets.create(NewPreset(name="Same"))
        await bob.presets.create(NewPreset(name="Same"))
        await send(alice, bob)
        await send(bob, alice)
        assert len(await digests(alice, bob)) == 1
        one, other = await alice.presets.list(), await bob.presets.list()
        assert one == other and [each.name for each in one[3:]] == ["Poster", "Same", "Same"]
        poster = await alice.presets.show("Poster")
        assert (poster.quality, poster.format) == (70, "webp") and poster.size in ("50%", "100x100")
        with pytest.raises(Clash) as several:
            await alice.presets.show("Same")
        assert several.value.code == "presets_alike" and one[4].id in str(several.value)


async def test_who_may_only_read_makes_none(tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        alice, bob = await Studio(tmp_path, stack).pair("viewer")
        await alice.presets.create(NewPreset(name="Poster"))
        await send(alice, bob)
        assert (await bob.presets.show("Poster")).format == "keep"
        with pytest.raises(LibraryError) as refused:
            await bob.presets.create(NewPreset(name="Mine"))
        assert refused.value.code == "no_right"


async def test_full_export_tells_them_and_brings_them_back(tmp_path: Path) -> None:
    async with device(tmp_path / "alice", 1) as alice, device(tmp_path / "bob", 2) as bob:
        made = await alice.get("-").presets.create(NewPreset(name="Poster", size="50%"))
        await alice.get("-").everything.export(tmp_path / "out")
        about = json.loads((tmp_path / "out" / "workspace.json").read_text())
        assert [(each["name"], each["size"]) for each in about["presets"]] == [("Poster", "50%")]
        restored = bob.get((await bob.bring_in(tmp_path / "out")).id)
        assert (await restored.presets.show("Poster")).id == made.id


async def test_what_others_wrote_and_makes_no_sense_is_as_in_a_new_preset(library: Library) -> None:
    settings = derived_id(Kind.SETTINGS, library.workspace.id)
    fields = {
        "name": "X",
        "format": "jpeg",
        "quality": 900,
        "size": "huge",
        "lossless": 3,
        "metadata": "most",
        "new": 1,
    }

    def write(draft: Any) -> None:
        for field, value in fields.items():
            draft.put_entry("more", f"preset/0011/{field}", value)
        draft.put_entry("more", "preset/0022/name", "half")
        draft.put_entry("more", "preset/", "nothing")
        draft.put_entry("more", "preset/0033/name", 7)
        draft.put_entry("more", "preset/0033/format", "png")

    await library.workspace.append(Plan("test", {}, [(settings, write)]))
    (found,) = [each for each in await library.presets.list() if not each.builtin]
    assert (found.id, found.format, found.quality, found.size, found.metadata) == ("0011", "jpeg", 90, "", "generation")
    assert presets_of({}) == []
