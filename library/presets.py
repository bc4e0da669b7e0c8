"""Export presets as plain data: what is made of a picture that is delivered, and the ones that every workspace has."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

import msgspec

from library.models import Model

Format = Literal["original", "keep", "png", "jpeg", "webp", "avif"]
Colour = Literal["keep", "srgb"]
Metadata = Literal["all", "generation", "none"]
Credentials = Literal["keep", "refuse", "drop"]
Folders = Literal["none", "project", "album", "date"]
LONGEST = re.compile(r"[1-9]\d{0,5}")
PERCENT = re.compile(r"(\d{1,4}(?:\.\d{1,3})?)%")
EXACT = re.compile(r"([1-9]\d{0,5})[x×]([1-9]\d{0,5})")
PRESET = "preset/"  # begins the keys of presets among the settings' `more`


class Choices(Model, frozen=True, kw_only=True):
    """What is made of a picture. `format` "original" is its bytes, "keep" its own format. `size`: the longer edge
    (`2048`), a part (`50%`), exactly so large (`1080x1350`), or empty; nothing is made larger without `enlarge`.
    `credentials`: what becomes of a picture with Content Credentials, which no new file can keep: "keep" copies it as
    it is. `pattern` is what files are called (docs/export.md), `folders` what they are sorted by.
    """

    format: Format = "keep"
    quality: int = 90
    lossless: bool = False
    size: str = ""
    enlarge: bool = False
    background: str = "#ffffff"
    colour: Colour = "keep"
    metadata: Metadata = "generation"
    credentials: Credentials = "keep"
    pattern: str = "{name}"
    folders: Folders = "none"


class Preset(Choices, frozen=True, kw_only=True):
    """A preset; a built-in one can be copied, and neither changed nor deleted."""

    id: str
    name: str
    builtin: bool = False


class PresetEdited(Preset, frozen=True, kw_only=True):
    """A preset after an edit; `action` is what undo takes, None where nothing changed."""

    action: str | None


class PresetChange(Model, frozen=True, kw_only=True, omit_defaults=True):
    """An edit of a preset; absent means untouched."""

    name: str | msgspec.UnsetType = msgspec.UNSET
    format: Format | msgspec.UnsetType = msgspec.UNSET
    quality: int | msgspec.UnsetType = msgspec.UNSET
    lossless: bool | msgspec.UnsetType = msgspec.UNSET
    size: str | msgspec.UnsetType = msgspec.UNSET
    enlarge: bool | msgspec.UnsetType = msgspec.UNSET
    background: str | msgspec.UnsetType = msgspec.UNSET
    colour: Colour | msgspec.UnsetType = msgspec.UNSET
    metadata: Metadata | msgspec.UnsetType = msgspec.UNSET
    credentials: Credentials | msgspec.UnsetType = msgspec.UNSET
    pattern: str | msgspec.UnsetType = msgspec.UNSET
    folders: Folders | msgspec.UnsetType = msgspec.UNSET


class NewPreset(PresetChange, frozen=True, kw_only=True, omit_defaults=True):
    """A preset to make: as the one that `source` names, else as a new one is, but for what is given."""

    name: str
    source: str | None = None


BUILT_IN = (
    Preset(
        id="web",
        name="Web 2048",
        builtin=True,
        format="jpeg",
        quality=85,
        size="2048",
        colour="srgb",
        metadata="none",
        credentials="drop",
    ),
    Preset(id="client", name="Client PNG", builtin=True, format="png"),
    Preset(id="original", name="Original", builtin=True, format="original", metadata="all"),
)


class Size(NamedTuple):
    """How large a picture becomes; all None: as it is."""

    longest: int | None = None
    percent: float | None = None
    exact: tuple[int, int] | None = None


def size_of(text: str) -> Size | None:
    """What a size says; None for what is none."""
    if not text:
        return Size()
    if LONGEST.fullmatch(text):
        return Size(longest=int(text))
    if (part := PERCENT.fullmatch(text)) and float(part[1]) > 0:
        return Size(percent=float(part[1]))
    if exact := EXACT.fullmatch(text):
        return Size(exact=(int(exact[1]), int(exact[2])))
    return None


def background_of(text: str) -> tuple[int, int, int] | None:
    """The red, green and blue of a colour like #ffffff; None for what is none."""
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", text):
        return None
    return int(text[1:3], 16), int(text[3:5], 16), int(text[5:7], 16)


def presets_of(values: Mapping[str, Any]) -> list[Preset]:
    """The presets that the workspace's settings hold, by name; what another program wrote and makes no sense is as in a
    new preset. One without a name or a format is none: it was deleted while somebody changed it.
    """
    entries: dict[str, dict[str, Any]] = {}
    for key, value in values.get("more", {}).items():
        id, _, field = key.removeprefix(PRESET).partition("/")
        if key.startswith(PRESET) and id and field:
            entries.setdefault(id, {})[field] = value
    found = [_preset(id, entry) for id, entry in entries.items() if entry.get("name") and entry.get("format")]
    return sorted((each for each in found if each is not None), key=lambda preset: (preset.name.casefold(), preset.id))


def _preset(id: str, entry: Mapping[str, Any]) -> Preset | None:
    if not isinstance(entry["name"], str):
        return None
    fitting = {
        field: entry[field] for field in Choices.__struct_fields__ if field in entry and _fits(field, entry[field])
    }
    return Preset(id=id, name=entry["name"], **fitting)


def _fits(field: str, value: Any) -> bool:
    try:
        msgspec.convert({field: value}, Choices, strict=True)
    except msgspec.ValidationError:
        return False
    match field:
        case "quality":
            return bool(1 <= value <= 100)
        case "size":
            return size_of(value) is not None
        case "background":
            return background_of(value) is not None
        case _:
            return True
