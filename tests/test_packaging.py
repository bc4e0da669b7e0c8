"""The wheel: what is in it, and that none is made without the page."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from tests.test_names import names
from tests.tree import ROOT, write

pytestmark = pytest.mark.process


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A copy of what is shipped, without a built page."""
    for name in ("pyproject.toml", "hatch_build.py", "README.md", "LICENSE", "cli.py"):
        shutil.copy(ROOT / name, tmp_path / name)
    for name in sorted(names() - {"cli", "web", "tests"}):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def test_every_extra_is_for_something_that_is_here() -> None:
    """A feature that imports none of them yet has no extra: what one installs must do something."""
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]
    assert set(declared) == {"dev", "openai"}


def build(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", "made"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_wheel_holds_program_texts_and_page(source: Path) -> None:
    write(source, "web/dist/index.html", "<!doctype html>")
    done = build(source)
    assert done.returncode == 0, done.stderr
    with zipfile.ZipFile(next((source / "made").glob("*.whl"))) as wheel:
        held = set(wheel.namelist())
    assert {"cli.py", "commands/text/zh-TW.json", "commands/text/en.json", "web/dist/index.html"} <= held
    assert {name.split("/")[0] for name in held if ".dist-info" not in name} == {*names() - {"tests", "cli"}, "cli.py"}


def test_wheel_without_the_page_is_refused(source: Path) -> None:
    done = build(source)
    assert done.returncode != 0
    assert "build the page first" in done.stderr
