"""Every field of every kind, by the rule that the schema gives it: three devices edit apart and come to one."""

from __future__ import annotations

import random
from collections.abc import Iterator
from functools import partial
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from documents.draft import Draft
from documents.kinds import SCHEMA, Kind, Merge
from tests.documents.apart import Device, come_to_one

DEVICES = 3
COMMON = "0123"  # letters and keys that all have seen
LETTERS = ("ab貓", "cd咪", "ef😀")  # of each device its own, so that one sees what became of them
KEYS = ("common", "one", "two/place")
GONE = object()


class Step(NamedTuple):
    """A device writes into one field, whatever way that merges; or hands some of what it knows to another."""

    device: int
    field: int
    value: int
    key: int
    other: int
    drops: bool = False
    sends: bool = False


def steps(most: int, sends: st.SearchStrategy[bool]) -> st.SearchStrategy[list[Step]]:
    number = st.integers(0, 20)
    device = st.integers(0, DEVICES - 1)
    step = st.builds(Step, device, number, st.integers(0, 3), st.integers(0, 2), device, st.booleans(), sends)
    return st.lists(step, max_size=most)


def fields_of(kind: Kind) -> list[tuple[str, Merge]]:
    """All but `schema`, which only a newer program writes, and after which this one edits nothing."""
    return sorted((name, merge) for name, merge in SCHEMA[kind].items() if name != "schema")


def flat(kind: Kind, read: dict[str, Any]) -> Iterator[tuple[tuple[str, str], Any]]:
    """Every value of a document by its field and key; of what people may disagree about, what they say."""
    for field, merge in fields_of(kind):
        if merge in (Merge.SET, Merge.ENTRIES):
            yield from (((field, key), value) for key, value in read[field].items())
        else:
            yield (field, ""), [*read[field].values()] if merge is Merge.CONFLICT else read[field]


class Alone:
    """What a document must hold whose steps come one after the other, and what of it they changed."""

    def __init__(self, kind: Kind, read: dict[str, Any]) -> None:
        self.fields = fields_of(kind)
        self.values = dict(flat(kind, read))
        self.changed: set[tuple[str, str]] = set()

    def write(self, step: Step) -> None:
        field, merge = self.fields[step.field % len(self.fields)]
        place = (field, key_of(field, step) if merge in (Merge.SET, Merge.ENTRIES) else "")
        held = self.values.pop(place, GONE)
        value: Any = step.value
        if merge is Merge.CONFLICT:
            value = [step.value or None]
        elif merge is Merge.TEXT:
            value = spliced(held, step)
        elif merge is not Merge.SCALAR and step.drops:
            value = GONE
        elif merge is Merge.SET:
            value = True
        self.changed |= {place} if value != held else set()
        self.values |= {} if value is GONE else {place: value}


def spliced(text: str, step: Step) -> str:
    at = step.key * 2
    return text[:at] + LETTERS[step.device][step.value % 3] + text[at + step.drops :]


def key_of(field: str, step: Step) -> str:
    return KEYS[step.key].replace("/", "-" if field == "sources" else "/")


def write(draft: Draft, step: Step, fields: list[tuple[str, Merge]]) -> None:
    field, merge = fields[step.field % len(fields)]
    if merge is Merge.CONFLICT:
        draft.agree(field, step.value or None)
    elif merge is Merge.SCALAR:
        draft.put(field, step.value)
    elif merge is Merge.TEXT:
        draft.write_text(field, spliced(draft.text(field), step))
    elif step.drops:
        draft.drop_entry(field, key_of(field, step))
    else:
        draft.put_entry(field, key_of(field, step), True if merge is Merge.SET else step.value)


def fill(draft: Draft, kind: Kind) -> None:
    """Something in every field, as all have seen it."""
    for field, merge in fields_of(kind):
        if merge is Merge.CONFLICT:
            draft.agree(field, 1)
        elif merge is Merge.SCALAR:
            draft.put(field, 1)
        elif merge is Merge.TEXT:
            draft.write_text(field, COMMON)
        else:
            draft.put_entry(field, KEYS[0], True if merge is Merge.SET else 1)


def begun(kind: Kind) -> list[Device]:
    """Three devices that know a document with something in every field."""
    devices = [Device(number, kind) for number in range(DEVICES)]
    first = devices[0].document.edit(devices[0].actor, lambda draft: fill(draft, kind))
    assert first is not None
    for device in devices:
        device.receive([first])
    devices[0].run = 1
    return devices


@pytest.mark.parametrize("kind", Kind)
@settings(max_examples=30, deadline=None)
@given(steps(30, st.sampled_from([False, False, False, True])), st.randoms(use_true_random=False))
def test_changes_in_any_order_give_one_document(kind: Kind, steps: list[Step], order: random.Random) -> None:
    devices = begun(kind)
    for step in steps:
        if step.sends:
            known = list(devices[step.device].held)
            devices[step.other].receive(order.sample(known, order.randint(0, len(known))))
        else:
            devices[step.device].edit(partial(write, step=step, fields=fields_of(kind)))
    come_to_one(devices, order)


@pytest.mark.parametrize("kind", Kind)
@settings(max_examples=30, deadline=None)
@given(steps(40, st.just(False)))
def test_every_field_merges_as_the_schema_says(kind: Kind, steps: list[Step]) -> None:
    """The devices edit apart and meet once; what must come of it follows from what each had, by the rule alone."""
    devices = begun(kind)
    before = devices[0].document.read()
    alone = [Alone(kind, before) for _ in devices]
    for step in steps:
        devices[step.device].edit(partial(write, step=step, fields=fields_of(kind)))
        alone[step.device].write(step)
    apart = [device.document.read() for device in devices]
    assert [dict(flat(kind, read)) for read in apart] == [each.values for each in alone]
    every = [change for device in devices for change in device.held]
    for device in devices:
        device.receive(every)
    merged = devices[0].document.read()
    for field, merge in fields_of(kind):
        told = before[field], [read[field] for read in apart], merged[field]
        writers = [number for number in range(DEVICES) if (field, "") in alone[number].changed]
        if merge is Merge.CONFLICT:
            check_conflict(*told)
        elif merge is Merge.TEXT:
            check_text(*told)
        elif merge is Merge.SCALAR:
            check_one(*told, writers)
        else:
            for key in {key for read in (*apart, merged) for key in read[field]} | before[field].keys():
                writers = [number for number in range(DEVICES) if (field, key) in alone[number].changed]
                had, *each, became = (read[field].get(key, GONE) for read in (before, *apart, merged))
                check_one(had, each, became, writers)


def check_one(before: Any, apart: list[Any], merged: Any, writers: list[int]) -> None:
    """Of one value: what somebody wrote stands, also against a removal; else it is gone if anybody removed it."""
    written = [apart[number] for number in writers if apart[number] is not GONE]
    assert merged in (written or ([GONE] if writers else [before]))


def check_conflict(before: dict[str, Any], apart: list[dict[str, Any]], merged: dict[str, Any]) -> None:
    """Everybody who chose a value of their own finds it; what all had seen is gone once anybody chose another."""
    own = {writer: value for read in apart for writer, value in read.items() if writer not in before}
    assert merged == (own or before)


def check_text(before: str, apart: list[str], merged: str) -> None:
    """Everybody's own letters stay, in their order; what all had seen stays unless anybody took it away."""
    for read, letters in zip(apart, LETTERS, strict=True):
        assert kept(merged, letters) == kept(read, letters)
    assert kept(merged, COMMON) == "".join(letter for letter in before if all(letter in read for read in apart))


def kept(text: str, letters: str) -> str:
    return "".join(letter for letter in text if letter in letters)
