"""docs/format.md says what the code does: its tables are the constants."""

from __future__ import annotations

import re

import pytest

from documents.change import MAX_CHANGE, MAX_INFLATED, MAX_OPERATIONS
from documents.draft import MAX_VALUE
from documents.kinds import GENESIS, GENESIS_HEAD, SCHEMA, Kind, Merge
from documents.segment import MAX_SEGMENT
from identity.operations import KINDS
from sync import fetching, messages
from sync.peers import base, pairing
from tests.tree import ROOT

PAGE = (ROOT / "docs" / "format.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("kind", list(Kind))
def test_page_holds_the_genesis(kind: Kind) -> None:
    block = re.search(
        rf"\*\*{int(kind)} {kind.name.lower()}\*\*.*?`([0-9a-f]{{64}})`\s+```\s+([0-9a-f\s]+)```", PAGE, re.S
    )
    assert block is not None
    assert block[1] == GENESIS_HEAD[kind].hex()
    assert "".join(block[2].split()) == GENESIS[kind].hex()


@pytest.mark.parametrize("kind", list(Kind))
def test_page_lists_every_field_under_its_way_of_merging(kind: Kind) -> None:
    row = re.search(rf"^\| {kind.name.lower()} \|(.*)\|$", PAGE, re.M)
    assert row is not None
    for cell, merge in zip(
        row[1].split("|"), (Merge.CONFLICT, Merge.SET, Merge.ENTRIES, Merge.TEXT, Merge.SCALAR), strict=True
    ):
        names = [name for name, way in SCHEMA[kind].items() if way is merge and name not in ("schema", "more")]
        assert cell.split() == (names or ["–"])


@pytest.mark.parametrize("limit", [MAX_CHANGE, MAX_INFLATED, MAX_OPERATIONS, MAX_VALUE, MAX_SEGMENT])
def test_page_names_every_limit(limit: int) -> None:
    assert f"{limit:,}" in PAGE


def test_page_describes_every_kind_of_operation() -> None:
    rows = re.findall(
        r"^\| ((?:`[a-z-]+`(?:, )?)+) \|", PAGE.split("## The role rule")[1].split("## Document ids")[0], re.M
    )
    named = [kind for row in rows for kind in re.findall(r"`([a-z-]+)`", row)]
    assert sorted(named) == sorted(KINDS)


def test_every_file_of_vectors_is_listed() -> None:
    files = {path.name for path in (ROOT / "tests" / "vectors").glob("*.json")}
    assert files <= set(re.findall(r"`(\w+\.json)`", PAGE))


def test_page_describes_every_message_between_devices_with_its_fields() -> None:
    page = PAGE.split("## On the wire")[1].split("## Limits")[0]
    rows = {
        name: cells
        for row in re.findall(r"^\| (`.*)\|$", page, re.M)
        for name, cells in zip(
            re.findall(r"`([a-z ]+)`", row.split("|")[0]), row.split("|")[1].split(" · "), strict=True
        )
    }
    asks = {"kept": "may go", "described": "describe"}  # the answer's row names what differs
    for kind in messages.KINDS:
        name = str(kind.__struct_config__.tag)
        fields = 2 if name in asks else 0
        depth = re.sub(r"[\[(][^\])]*[\])]+", "x", rows[name])
        assert fields + len(depth.split(",")) == len(kind.__struct_fields__), name
    for limit in (base.MAX_FRAME, messages.MOST, pairing.MOST, pairing.MOST_ADMISSION, fetching.SMALL):
        assert f"{limit:,}" in page
