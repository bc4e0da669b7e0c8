"""What a folder is gathered by, here and on the page, which sees dropped folders before the daemon does."""

from __future__ import annotations

import json

from imaging.formats import MAGIC
from library import gathering
from tests.tree import ROOT


def test_page_gathers_dropped_folders_by_the_same_rules() -> None:
    rules = json.loads((ROOT / "web" / "src" / "state" / "gathering.json").read_text("utf-8"))
    assert rules == {
        "suffixes": sorted(gathering.SUFFIXES),
        "sidecar": gathering.SIDECAR,
        "unfinished": list(gathering.UNFINISHED),
        "hidden": list(gathering.HIDDEN),
        "of_systems": list(gathering.OF_SYSTEMS),
        "magic": "|".join(MAGIC.values()),
    }
