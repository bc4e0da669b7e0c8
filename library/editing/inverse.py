"""The inverse of an action on one document, as a new change. Pure but for the draft it writes.

Only what still stands as the action left it is taken back: what somebody changed later stays. Where it settled what
several had set at once, that is open again.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from documents.draft import Draft
from documents.kinds import SCHEMA, Kind, Merge
from library.views.projection import agreed, current_of, disagree, versions_of

Values = Mapping[str, Any]
NUMBERS = ("rating", "deleted", "archived")  # conflict fields whose empty value is 0, not ""


def revert(
    draft: Draft, kind: Kind, before: Values, after: Values, now: int, *, created: bool, leave: Collection[str] = ()
) -> None:
    """Write `before` where the document still says `after`, but for the fields to `leave`. A document that the action
    created goes to the bin, if its kind has one: the settings have not.
    """
    for field, merge in SCHEMA[kind].items():
        if field in leave:
            continue
        if (kind, field) == (Kind.IMAGE, "current"):
            _revert_current(draft, before, after)
        elif merge is Merge.CONFLICT:
            _revert_conflict(draft, field, before.get(field, {}), after.get(field, {}))
        elif (kind, field) == (Kind.IMAGE, "versions"):
            _revert_versions(draft, before.get(field, {}), after.get(field, {}))
        elif created and field == "sources":
            continue  # in the bin it still goes by the name that it came under
        elif merge in (Merge.SET, Merge.ENTRIES):
            _revert_entries(draft, field, before.get(field, {}), after.get(field, {}))
        elif merge is Merge.TEXT:
            _revert_text(draft, field, str(before.get(field) or ""), str(after.get(field) or ""))
    if created and "deleted" in SCHEMA[kind] and not agreed(draft.values("deleted")):
        draft.agree("deleted", now)


def _revert_conflict(draft: Draft, field: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
    old, new, now = agreed(before), agreed(after), draft.values(field)
    if dict(before) == dict(after):
        return
    stands = now == dict(after)
    if disagree(before) and stands:
        draft.reopen(field, before)
    elif stands if disagree(after) else old != new and agreed(now) == new:
        draft.agree(field, (0 if field in NUMBERS else "") if old is None else old)


def _revert_current(draft: Draft, before: Values, after: Values) -> None:
    """A picture keeps a current version: one that the action created goes to the bin instead. Where nobody had chosen
    one, that was the newest.
    """
    chosen, then = before.get("current", {}), after.get("current", {})
    shown, other = current_of(before, versions_of(before)), current_of(after, versions_of(after))
    if disagree(chosen) or disagree(then):
        _revert_conflict(draft, "current", chosen, then)
    elif shown is not None and (other is None or shown.id != other.id):
        _revert_conflict(draft, "current", {"": shown.id}, then)


def _revert_entries(draft: Draft, field: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
    now = draft.values(field)
    for key, value in after.items():
        if key not in before and now.get(key) == value:
            draft.drop_entry(field, key)
    for key, value in before.items():
        if after.get(key) != value and now.get(key) == after.get(key):
            draft.put_entry(field, key, value)


def _revert_versions(draft: Draft, before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
    """What a restore added goes again, unless something builds on it. All others hold bytes of their own and stay; one
    that was taken out comes back.
    """
    restores = {key.partition("/")[0] for key in (*before, *after) if key.endswith("/restored")}
    now = draft.values("versions")
    needed = {value for key, value in now.items() if key.endswith("/parent")} | set(draft.values("current").values())
    old, new = ({k: v for k, v in values.items() if k.partition("/")[0] in restores} for values in (before, after))
    kept = {key: value for key, value in new.items() if key not in old and key.partition("/")[0] in needed}
    taken = {key: value for key, value in before.items() if key not in after}
    _revert_entries(draft, "versions", old | kept | taken, new)


def _revert_text(draft: Draft, field: str, before: str, after: str) -> None:
    if before != after and draft.text(field) == after:
        draft.write_text(field, before)
