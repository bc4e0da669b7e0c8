"""Versions of a picture: how each was made, and the one that a restore adds. Reading them: projection.py."""

from __future__ import annotations

import msgspec

from documents.draft import Draft
from documents.kinds import restored_id
from imaging.inspection import Facts
from library.errors import NotFound
from library.gathering import file_name
from library.values import IMAGE_CONFLICTS, IMAGE_TEXTS, Values
from library.views.projection import VersionValues, agreed, current_of, disagree, first_name, versions_of

BROUGHT_BACK = ("blob", "type", "size", "width", "height", "recipe", "thumb", "facts", "name")


def as_made(values: Values, version: VersionValues, versions: list[VersionValues]) -> Values:
    """An image's values with how this version was made: what its file told; else what that of the version it came from
    told; else what the first told, as the values say already.
    """
    known = {each.id: each for each in versions}
    seen: set[str] = set()
    of: VersionValues | None = version
    while of is not None and of.id not in seen:
        if of.own:
            return {name: value for name, value in values.items() if name not in IMAGE_TEXTS} | of.own
        seen.add(of.id)
        of = known.get(of.restored or "") or known.get(of.parent or "")
    return values


def texts_of(facts: Facts) -> list[tuple[str, str]]:
    """What a file told of how it was made, as documents hold it."""
    told = {name: getattr(facts, name) for name in IMAGE_TEXTS if name != "parameters"}
    if facts.parameters:
        told["parameters"] = msgspec.json.encode(facts.parameters, order="sorted").decode()
    return [(name, text) for name, text in told.items() if text is not None]


def keep_name(draft: Draft) -> None:
    """Write down what a picture is called that came before names were written: a further one might sort before it."""
    versions = versions_of({"versions": draft.values("versions")})
    name = first_name({"sources": draft.values("sources")}, versions)
    if versions and versions[0].name is None and name:
        draft.put_entry("versions", f"{versions[0].id}/name", file_name(name))


def restore_version(draft: Draft, id: str, now: int) -> None:
    """Bring a version back as a new one on top of the current one: nothing is lost, the list says what happened.
    Where several are current at once, one of them is simply chosen; what is current already stays as it is.
    """
    entries = _entries(draft)
    versions = versions_of(entries)
    wanted = next((version for version in versions if version.id == id), None)
    current = current_of(entries, versions)
    if wanted is None or current is None:
        raise NotFound(f"That picture has no version {id[:12]!r}.", code="no_version", version=id[:64])
    if disagree(entries["current"]) and id in entries["current"].values():
        draft.agree("current", id)
    elif wanted.blob != current.blob:
        draft.agree("current", _add(draft, wanted, current, now))


def restore_current(draft: Draft, then: Values, now: int) -> None:
    """Bring back what was current, where something else is."""
    wanted = current_of(then, versions_of(then))
    if wanted is None:
        return
    entries = _entries(draft)
    # A restore that was undone has left the list; the bytes it showed have not.
    fitting = sorted(
        (version for version in versions_of(entries) if version.blob == wanted.blob),
        key=lambda version: version.id != wanted.id,
    )
    if fitting and agreed(entries["current"]) != wanted.id:
        restore_version(draft, fitting[0].id, now)


def _entries(draft: Draft) -> Values:
    fits = IMAGE_CONFLICTS["current"]
    current = {writer: value for writer, value in draft.values("current").items() if fits(value)}
    return {"versions": draft.values("versions"), "current": current}


def _add(draft: Draft, wanted: VersionValues, current: VersionValues, now: int) -> str:
    new = restored_id(current.id, wanted.id)
    held = draft.values("versions")
    copied = {field: held.get(f"{wanted.id}/{field}") for field in BROUGHT_BACK}
    own = {"made": "restored", "restored": wanted.id, "parent": current.id, "at": now}
    for field, value in (copied | own).items():
        if value is not None and f"{new}/{field}" not in held:
            draft.put_entry("versions", f"{new}/{field}", value)
    return new
