"""How a picture was made: what stands written in it, read by the first dialect that knows it, within bounds."""

from __future__ import annotations

import math
from typing import NamedTuple

import msgspec
from PIL.ImageFile import ImageFile

from imaging.containers.pngtexts import Texts
from imaging.gathering import clean, gather
from imaging.hidden import revealed
from imaging.inspection import Facts, Lineage, Taken
from imaging.readers import (
    a1111,
    claims,
    comfyui,
    drawthings,
    easydiffusion,
    fooocus,
    general,
    gesso,
    invokeai,
    midjourney,
    novelai,
    secondopinion,
    sidecars,
    swarmui,
    taken,
)
from imaging.written import Written

MAX_TEXT = 64 << 10  # of one parsed field, bytes of UTF-8
MAX_PARAMETERS = 200
MAX_PARAMETERS_BYTES = 64 << 10  # of all of them together
# Foreign JSON first, free text last: Fooocus' and SwarmUI's `parameters` is JSON where A1111's is text.
READERS = (
    comfyui.read,
    fooocus.read,
    novelai.read,
    invokeai.read,
    swarmui.read,
    drawthings.read,
    midjourney.read,
    easydiffusion.read,
    a1111.read,
    secondopinion.read,
    sidecars.read,
)


class Told(NamedTuple):
    """The parsed facts; everything found as JSON, which is the same on every device, None when there is nothing; when a
    camera says that it took the picture; which picture of a library it says that it was made of.
    """

    facts: Facts
    raw: bytes | None
    taken: Taken | None
    lineage: Lineage | None


def read_facts(image: ImageFile, name: str, sidecar: str, credentials: bytes, texts: Texts | None = None) -> Told:
    """What stands written in a picture.

    `name` is the file's name, for what only stands there; `credentials` the bytes of a C2PA manifest; `texts` what a
    PNG holds of them.
    """
    written = gather(image, sidecar, texts)
    raw = msgspec.json.encode(written, order="sorted") if written != Written() else None
    # What Gesso embedded is all that it knew, exactly: nothing is added to it.
    if (own := gesso.read(written)) is not None:
        return Told(bounded(own), raw, taken.read(written), gesso.lineage(written))
    facts = _known(revealed(written)) if raw else None
    if facts is None:
        facts = midjourney.read_name(name) or claims.read(credentials) or Facts()
    return Told(bounded(general.completed(facts, written)), raw, taken.read(written), gesso.lineage(written))


def _known(written: Written) -> Facts | None:
    """Of the first reader that found words; else of the first that knew the tool."""
    first = None
    for read in READERS:
        try:
            facts = read(written)
        # A text that trips its reader up costs what that reader would have found, never the picture.
        except (ValueError, TypeError, KeyError, AttributeError, IndexError, OverflowError, RecursionError):
            continue
        if facts is not None and facts.prompt:
            return facts if first is None or first.tool is None else msgspec.structs.replace(facts, tool=first.tool)
        first = first or facts
    return first


def bounded(facts: Facts) -> Facts:
    """The facts as documents can hold them: valid texts of bounded length, numbers that every reader keeps."""
    parameters = {}
    room = MAX_PARAMETERS_BYTES
    for key, value in list(facts.parameters.items())[:MAX_PARAMETERS]:
        name, kept = _cut(str(key), 200), _number_or_text(value)
        room -= len(str(kept).encode()) + len((name or "").encode())
        if name and kept is not None and kept != "" and room >= 0:
            parameters[name] = kept
    return Facts(
        prompt=_cut(facts.prompt, MAX_TEXT),
        negative=_cut(facts.negative, MAX_TEXT),
        seed=_cut(facts.seed, 200),
        model=_cut(facts.model, 1000),
        tool=_cut(facts.tool, 200),
        parameters=parameters,
    )


def _number_or_text(value: str | int | float) -> str | int | float | None:
    if isinstance(value, str):
        return _cut(value, MAX_PARAMETERS_BYTES // 4)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    # JSON's numbers are exact up to 2^53.
    return value if abs(value) < 1 << 53 else _cut(str(value), 200)


def _cut(text: str | None, most: int) -> str | None:
    if text is None:
        return None
    return clean(text).encode()[:most].decode("utf-8", "ignore").strip() or None
