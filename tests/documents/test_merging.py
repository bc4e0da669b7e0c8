"""Three devices edit one picture and hand each other changes late, twice and out of order: all come to the same."""

from __future__ import annotations

import random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from documents.draft import Draft
from documents.engine import Document
from documents.kinds import Kind
from tests.documents.apart import Device, come_to_one

TAGS = ["cat", "貓", "red/fox"]
LETTERS = st.text(alphabet="ab 貓咪😀👩‍👧e\u0301\n", max_size=8)
DEVICE = st.integers(0, 2)
NAMES = ("alice", "bob", "carol")

Step = tuple[Any, ...]
STEP = st.one_of(
    st.tuples(st.just("tag"), DEVICE, st.sampled_from(TAGS)),
    st.tuples(st.just("untag"), DEVICE, st.sampled_from(TAGS)),
    st.tuples(st.just("rate"), DEVICE, st.none() | st.integers(0, 5)),
    st.tuples(st.just("note"), DEVICE, LETTERS, st.integers(0, 12), st.integers(0, 4)),
    st.tuples(st.just("version"), DEVICE, st.sampled_from(["aa", "bb"])),
    st.tuples(st.just("prompt"), DEVICE, LETTERS),
    st.tuples(st.just("import"), DEVICE, LETTERS),
    st.tuples(st.just("send"), DEVICE, DEVICE, st.integers(0, 2**31)),
    st.tuples(st.just("restart"), DEVICE),
    st.tuples(st.just("reload"), DEVICE),
)


def write(draft: Draft, step: Step) -> None:
    what, _, value, *rest = step
    if what == "tag":
        draft.put_entry("tags", value, True)
    elif what == "untag":
        draft.drop_entry("tags", value)
    elif what == "rate":
        draft.agree("rating", value)
    elif what == "note":
        text = draft.text("note")
        draft.write_text("note", text[: rest[0]] + value + text[rest[0] + rest[1] :])
    elif what == "version":
        draft.put_entry("versions", f"{value}/blob", value)
        draft.put_entry("versions", f"{value}/at", len(draft.values("versions")))
        draft.agree("current", value)
    elif what == "prompt":
        draft.put("prompt", value)
    else:
        draft.put_absent("prompt", value)
        draft.put_entry("sources", "fox.png", True)
        if "first/name" not in draft.values("versions"):
            draft.put_entry("versions", "first/name", f"{value}.png")


def carry_out(devices: list[Device], step: Step) -> None:
    device = devices[step[1]]
    if step[0] == "send":
        some = random.Random(step[3])
        known = list(device.held)
        devices[step[2]].receive(some.sample(known, some.randint(0, len(known))))
    elif step[0] == "restart":
        device.run += 1
    elif step[0] == "reload":
        device.document = Document.load(Kind.IMAGE, device.document.save())
    else:
        device.edit(lambda draft: write(draft, step))


@settings(max_examples=150, deadline=None)
@given(st.lists(STEP, max_size=40), st.randoms(use_true_random=False))
def test_changes_in_any_order_with_repeats_and_delays_give_one_document(
    steps: list[Step], order: random.Random
) -> None:
    devices = [Device(number, Kind.IMAGE) for number in range(3)]
    for step in steps:
        carry_out(devices, step)
    come_to_one(devices, order)


@settings(max_examples=100, deadline=None)
@given(st.lists(STEP.filter(lambda step: step[0] not in ("send", "restart")), max_size=20))
def test_concurrent_edits_survive_by_the_documented_rule(steps: list[Step]) -> None:
    """All start from one picture, edit apart, then meet once: the outcome is computed here from the rules alone."""
    first = Device(0, Kind.IMAGE)
    first.edit(lambda draft: write(draft, ("tag", 0, "cat")))
    first.edit(lambda draft: write(draft, ("rate", 0, 1)))
    first.run += 1
    devices = [first, Device(1, Kind.IMAGE), Device(2, Kind.IMAGE)]
    for device in devices[1:]:
        device.receive(list(first.held))
    for step in steps:
        carry_out(devices, step)
    apart = [device.document.read() for device in devices]
    every = [change for device in devices for change in device.held]
    for device in devices:
        device.receive(every)
    merged = first.document.read()
    _check_tags(steps, merged["tags"])
    _check_conflict(apart, merged["rating"])
    for version in {step[2] for step in steps if step[0] == "version"}:
        assert merged["versions"][f"{version}/blob"] == version
    written = {step[2] for step in steps if step[0] in ("prompt", "import")}
    assert merged.get("prompt", None) in written or not written
    for read in apart:
        for letter in set(read["note"]):
            assert merged["note"].count(letter) >= read["note"].count(letter), "nobody's letters are lost"


def _check_tags(steps: list[Step], tags: dict[str, Any]) -> None:
    """A tag is there when somebody added it and did not take it away, or nobody took away the one all had seen."""
    for tag in TAGS:
        there = False
        untouched = tag == "cat"
        for device in range(3):
            mine = [step[0] for step in steps if step[1] == device and step[0] in ("tag", "untag") and step[2] == tag]
            has, own = tag == "cat", False
            for what in mine:
                if what == "tag" and not has:
                    has, own = True, True
                elif what == "untag":
                    has, own, untouched = False, False, False
            there |= own
        assert (tag in tags) == (there or untouched), tag


def _check_conflict(apart: list[dict[str, Any]], merged: dict[str, Any]) -> None:
    """Everybody who chose a value of their own finds it; what all had seen is gone once anybody chose another."""
    before = {bytes([1] * 15 + [0]).hex(): 1}
    own = {writer: value for read in apart for writer, value in read["rating"].items() if writer not in before}
    assert merged == (own or before)
