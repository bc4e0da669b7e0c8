"""One record for every dialect: prompt, what is unwanted, seed, model, tool, size and steps."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.imaging.dialects import HEIGHT, MODELNAME, NEGATIVE, PICTURES, PROMPT, SEED, STEPS, WIDTH
from tests.imaging.files import facts, raw


def beside(path: Path) -> Path | None:
    text = path.with_suffix(".txt")
    return text if text.exists() else None


@pytest.mark.parametrize("name", PICTURES)
def test_every_dialect_gives_the_same_record(tmp_path: Path, name: str) -> None:
    path = PICTURES[name](tmp_path)
    found = facts(path, beside(path))
    # A `Label: value` a line has no room for a second line of the prompt.
    prompt = PROMPT.replace("\n", " ") if name.endswith("txt") else PROMPT
    assert (found.prompt, found.negative) == (prompt, NEGATIVE)
    assert (found.seed, found.model) == (str(SEED), MODELNAME)
    assert found.tool == name.split()[0]
    size = found.parameters.get("width"), found.parameters.get("height")
    assert (size, found.parameters.get("steps")) == ((WIDTH, HEIGHT), STEPS)


@pytest.mark.parametrize("name", PICTURES)
def test_everything_that_was_written_is_kept_as_it_was(tmp_path: Path, name: str) -> None:
    path = PICTURES[name](tmp_path)
    kept = json.dumps(raw(path, beside(path)), ensure_ascii=False)
    assert "貓咪" in kept or "\\u8c93" in kept
    assert str(SEED) in kept
