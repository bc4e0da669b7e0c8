"""Each condition of the role rule once dropped or turned round: the places are listed in weaker_rules.json."""

from __future__ import annotations

import json
from pathlib import Path

from tests.histories.pieces import Alteration


def read() -> dict[str, Alteration]:
    rows = json.loads(Path(__file__).with_suffix(".json").read_text("utf-8"))
    return {row["weaker"]: Alteration(row["module"], row["instead of"], row["it says"]) for row in rows}


WEAKER = read()
