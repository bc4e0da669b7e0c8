"""What is run by hand still loads: measurements, the demo, the first picture; and the demo does what it says."""

from __future__ import annotations

import re
import runpy
import subprocess
import sys

import pytest
from PIL import Image

from tests.tree import ROOT

SCRIPTS = sorted([*(ROOT / "bench").glob("*.py"), *(ROOT / "bench" / "lan").glob("*.py")])


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_every_script_loads(script: object) -> None:
    runpy.run_path(str(script), run_name="loaded")


@pytest.mark.long
@pytest.mark.process
def test_demo_does_every_step_and_makes_a_batch_of_twelve() -> None:
    command = [sys.executable, "-P", str(ROOT / "bench" / "demo.py")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "12 jobs of 4 prompts, free; 3 found by 滿月" in done.stdout, done.stdout
    sheet = re.search(r"on one sheet: (.+\.png)", done.stdout)
    assert sheet is not None, done.stdout
    with Image.open(sheet[1]) as picture:
        assert picture.size == (4 * 332 + 12, 3 * 332 + 12)
        assert all(picture.crop(place).getextrema() != ((24, 24),) * 3 for place in places(picture)), "one is missing"


def places(sheet: Image.Image) -> list[tuple[int, int, int, int]]:
    return [(x, y, x + 320, y + 320) for x in range(12, sheet.width, 332) for y in range(12, sheet.height, 332)]
