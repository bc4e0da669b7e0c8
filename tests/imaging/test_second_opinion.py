"""What sd-parsers reads of the same files: less than our own readers, never more. docs/metadata.md has the table."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from PIL import Image
from sd_parsers import ParserManager

from tests.imaging.dialects import MODELNAME, NEGATIVE, PICTURES, PROMPT, SEED
from tests.tree import ROOT

ROW = re.compile(r"^\| (.+?) \| (.+?) \|$", re.MULTILINE)
OPEN: list[Image.Image] = []
FIELDS = {"prompt": PROMPT, "negative": NEGATIVE, "seed": str(SEED), "model": MODELNAME}


def parsed(path: Path) -> dict[str, str]:
    """The fields that sd-parsers alone reads from a file."""
    # It remembers texts by the address of a picture: one that is let go lends its texts to the next.
    OPEN.append(Image.open(path))
    with OPEN[-1] as picture:
        found = ParserManager().parse(picture)
    sampler = next(iter(found.samplers), None) if found else None
    if found is None or sampler is None:
        return {"prompt": found.full_prompt, "negative": found.full_negative_prompt} if found else {}
    return {
        "prompt": found.full_prompt,
        "negative": found.full_negative_prompt,
        "seed": str(sampler.parameters.get("seed")),
        "model": re.sub(r".*[\\/]|\.\w+$", "", str(sampler.model.name if sampler.model else "")),
    }


def agreed(path: Path) -> str:
    found = parsed(path)
    right = [field for field, value in FIELDS.items() if found.get(field) == value]
    return "everything" if len(right) == len(FIELDS) else ", ".join(right) or "nothing"


@pytest.mark.parametrize("name", PICTURES)
def test_table_says_what_it_reads_of_each_dialect(tmp_path: Path, name: str) -> None:
    table = dict(ROW.findall((ROOT / "docs" / "metadata.md").read_text("utf-8")))
    assert table.get(name) == agreed(PICTURES[name](tmp_path))
