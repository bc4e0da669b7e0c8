"""Export presets: made, copied, changed, deleted. They stand in the settings: they sync and can be undone."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from documents.draft import Draft
from documents.kinds import Kind, derived_id
from library.editing.actions import clean_name, clean_text
from library.editing.assets import read_values
from library.editing.news import carry_out
from library.errors import Clash, Invalid, NotFound
from library.export.naming import MOST_PATTERN, pattern_of
from library.models import Changed
from library.presets import (
    BUILT_IN,
    PRESET,
    Choices,
    NewPreset,
    Preset,
    PresetChange,
    PresetEdited,
    background_of,
    presets_of,
    size_of,
)
from library.values import unseen
from library.workspace import Edit, Edits, Workspace
from store.database import Connection

UNSET = msgspec.UNSET
MOST_NAME = 200
FIELDS = Choices.__struct_fields__
Known = list[Preset]


class Presets:
    """The export presets of one workspace."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    @property
    def _settings(self) -> bytes:
        return derived_id(Kind.SETTINGS, self._workspace.id)

    async def list(self) -> Known:
        """The built-in ones first, then by name."""
        return await self._workspace.database.read(self._all)

    def _all(self, connection: Connection) -> Known:
        return [*BUILT_IN, *presets_of(read_values(connection, self._settings))]

    async def show(self, word: str) -> Preset:
        """The one that has this id, else this name."""
        return await self._workspace.database.read(lambda connection: _find(self._all(connection), word))

    async def create(self, new: NewPreset) -> PresetEdited:
        id = self._workspace.surroundings.random.randbytes(8).hex()
        name = _name(new.name)

        def edits(connection: Connection) -> list[Edit]:
            known = self._all(connection)
            _refuse_second(known, id, name)
            source = Preset(id=id, name=name) if new.source is None else _find(known, new.source)
            made = _changed(msgspec.structs.replace(source, id=id, builtin=False), new, name)
            return [self._writer(made, FIELDS)]

        return await self._carry_out("preset.create", {"name": name}, id, edits)

    async def edit(self, id: str, change: PresetChange) -> PresetEdited:
        fields = [field for field in FIELDS if getattr(change, field) is not UNSET]
        params: dict[str, Any] = {"fields": [*(["name"] if change.name is not UNSET else []), *fields]}

        def edits(connection: Connection) -> list[Edit]:
            known = self._all(connection)
            before = _own(known, id)
            name = before.name if change.name is UNSET else _name(change.name)
            if name != before.name:
                _refuse_second(known, id, name)
            params["name"] = name
            return [self._writer(_changed(before, change, name), fields)]

        return await self._carry_out("preset.edit", params, id, edits)

    async def drafted(self, change: PresetChange, source: str | None) -> Preset:
        """One as it would be after a change, of another or of a new one; nothing is kept."""
        before = Preset(id="", name="") if source is None else await self.show(source)
        return _changed(before, change, before.name)

    async def delete(self, id: str) -> Changed:
        """What was exported with it stays."""
        params: dict[str, Any] = {}

        def edits(connection: Connection) -> list[Edit]:
            params["name"] = _own(self._all(connection), id).name

            def write(draft: Draft) -> None:
                for key in draft.values("more"):
                    if key.startswith(f"{PRESET}{id}/"):
                        draft.drop_entry("more", key)

            return [(self._settings, write)]

        return await carry_out(self._workspace, "preset.delete", params, edits)

    def _writer(self, preset: Preset, fields: Iterable[str]) -> Edit:
        """Writes its name and these fields, each by itself: what others change at once stays."""

        def write(draft: Draft) -> None:
            for field in ("name", *fields):
                draft.put_entry("more", f"{PRESET}{preset.id}/{field}", getattr(preset, field))

        return self._settings, write

    async def _carry_out(self, intent: str, params: dict[str, Any], id: str, edits: Edits) -> PresetEdited:
        changed = await carry_out(self._workspace, intent, params, edits)
        return PresetEdited(**msgspec.structs.asdict(await self.show(id)), action=changed.action)


def _find(known: Known, word: str) -> Preset:
    found = [each for each in known if each.id == word] or [each for each in known if each.name == word]
    if not found:
        raise NotFound(f"There is no export preset {word[:60]}.", code="no_preset", preset=word[:60])
    if len(found) > 1:
        ids = ", ".join(each.id for each in found)
        message = f"Several export presets are called “{word[:60]}”: {ids}."
        raise Clash(message, code="presets_alike", preset=word[:60], ids=ids)
    return found[0]


def _own(known: Known, id: str) -> Preset:
    found = next((each for each in known if each.id == id), None)
    if found is None:
        raise NotFound(f"There is no export preset {id[:60]}.", code="no_preset", preset=id[:60])
    if found.builtin:
        message = f"“{found.name}” is built in: it can be copied, and neither changed nor deleted."
        raise Clash(message, code="preset_builtin", name=found.name)
    return found


def _refuse_second(known: Known, id: str, name: str) -> None:
    """Two of one name could not be told apart; made on two devices at once, both stay."""
    if any(name in (each.id, each.name) for each in known if each.id != id):
        raise Clash(f"There is an export preset called “{name}” already.", code="preset_exists", name=name)


def _name(name: str) -> str:
    return clean_name(name, "An export preset needs a name.", MOST_NAME)


def _changed(before: Preset, change: PresetChange, name: str) -> Preset:
    """The preset after the change; Invalid where that makes no sense."""
    given = {field: value for field in FIELDS if (value := getattr(change, field)) is not UNSET}
    if "pattern" in given:
        given["pattern"] = clean_text(given["pattern"], "/pattern", 4 * MOST_PATTERN)
        if sign := unseen(given["pattern"]):
            message = f"A pattern names files and holds nothing that cannot be seen: {sign}."
            raise Invalid(message, [("/pattern", "makes no name")], code="preset_pattern_unseen", sign=sign)
    made = msgspec.structs.replace(before, name=name, **given)
    pattern_of(made.pattern)
    if not 1 <= made.quality <= 100:
        raise Invalid("Quality is 1 to 100.", [("/quality", "is 1 to 100")], code="preset_quality")
    if size_of(made.size) is None:
        message = f"{made.size[:40]} is no size; write it like 2048, 50% or 1080x1350."
        raise Invalid(message, [("/size", "is no size")], code="preset_size", word=made.size[:40])
    if background_of(made.background) is None:
        message = f"{made.background[:40]} is no colour; write it like #ffffff."
        raise Invalid(message, [("/background", "is no colour")], code="preset_background", word=made.background[:40])
    if made.format == "original" and (made.size or made.colour != "keep" or made.metadata != "all"):
        message = "“original” delivers a picture's own bytes: it takes no size and no sRGB, and all metadata."
        raise Invalid(message, [("/format", "is the original")], code="preset_original")
    return made
