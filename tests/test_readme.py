"""What the README tells a stranger to type first, typed: it makes pictures, takes some in and finds them."""

from __future__ import annotations

import json
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bench.first_picture import MAKES, commands, environ
from tests.library.house import picture
from tests.tree import ROOT

pytestmark = pytest.mark.process
READMES = ("README.md", "README.zh-TW.md")
# Done before there are tests.
BEFORE = ["make setup"]


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "home"
    typed(tmp_path / "home", ".venv/bin/gesso stop")


def typed(home: Path, command: str) -> subprocess.CompletedProcess[str]:
    """As it stands in the README; only that the environment is there already is taken for granted."""
    command = command.replace("make ", "make -o setup ")
    return subprocess.run(
        ["bash", "-c", command], cwd=ROOT, env=environ(home), capture_output=True, text=True, timeout=120, check=False
    )


def told(home: Path, *words: str) -> Any:
    return json.loads(typed(home, shlex.join([".venv/bin/gesso", "--json", *words])).stdout)


@pytest.mark.parametrize("readme", READMES)
def test_first_commands_lead_to_pictures(home: Path, tmp_path: Path, readme: str) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "貓咪.png").write_bytes(picture((7, 8, 9)))
    said = commands(ROOT / readme)
    assert said[: len(BEFORE)] == BEFORE
    for command in said[len(BEFORE) :]:
        own = command.replace("FOLDER", str(tmp_path / "mine")).replace("資料夾", str(tmp_path / "mine"))
        done = typed(home, own)
        assert done.returncode == 0, f"{own}: {done.stdout}{done.stderr}"
        if "gesso search" in own:  # what was just made, and nothing else, is what a newcomer sees
            assert told(home, *shlex.split(own)[1:])["total"] == 4, own
    (makes,) = [shlex.split(command) for command in said if MAKES in command]
    made = told(home, "search", "tool:sketch")["items"]
    assert len(made) == int(makes[makes.index("--count") + 1])
    assert {told(home, "show", each["id"])["prompt"] for each in made} == {makes[makes.index("gen") + 1]}
    assert told(home, "search", "貓咪")["total"] == 1


def test_both_readmes_say_the_same_commands() -> None:
    first, second = ([shlex.split(each)[:2] for each in commands(ROOT / readme)] for readme in READMES)
    assert first == second
