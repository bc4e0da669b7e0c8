"""Export presets."""

from __future__ import annotations

from typing import Annotated

import msgspec

from daemon.api.call import Call
from daemon.api.inputs import Hex16, Strict
from library.export.delivering import Tried
from library.models import Changed
from library.presets import NewPreset, Preset, PresetChange, PresetEdited

PresetId = Annotated[str, msgspec.Meta(min_length=1, max_length=200, description="A preset's id.")]


class Presets(Strict, frozen=True):
    """Export presets, built-in ones first, then by name."""

    presets: list[Preset]


class PresetNew(NewPreset, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A preset to make: as the one that `source` names, else as a new one is, but for what is given."""


class PresetEdit(PresetChange, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """An edit of a preset; absent means untouched."""


class PresetTry(PresetChange, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What a preset would be, as the one that `source` names or a new one but for what is given; `asset`: a picture to
    try it with.
    """

    source: str | None = None
    asset: Hex16 | None = None


async def index(call: Call) -> Presets:
    """All export presets."""
    return Presets(presets=await call.library.presets.list())


async def create(call: Call, body: PresetNew) -> PresetEdited:
    """Make a preset under a name that no other has, perhaps as a copy of one."""
    return await call.library.presets.create(body)


async def attempt(call: Call, body: PresetTry) -> Tried:
    """What one picture would be made into; nothing of it is kept, and a preset that makes no sense is refused."""
    preset = await call.library.presets.drafted(body, body.source)
    return Tried(None, None) if body.asset is None else await call.library.care.tried(preset, body.asset)


async def show(call: Call, id: PresetId) -> Preset:
    """One preset, by its id or its name."""
    return await call.library.presets.show(id)


async def edit(call: Call, id: PresetId, body: PresetEdit) -> PresetEdited:
    """Change a preset; a built-in one is not."""
    return await call.library.presets.edit(id, body)


async def delete(call: Call, id: PresetId) -> Changed:
    """Delete a preset; what was exported with it stays."""
    return await call.library.presets.delete(id)
