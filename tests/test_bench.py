"""What is run by hand still loads: measurements, the demo, the first picture."""

from __future__ import annotations

import runpy

import pytest

from tests.tree import ROOT

SCRIPTS = sorted([*(ROOT / "bench").glob("*.py"), *(ROOT / "bench" / "lan").glob("*.py")])


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_every_script_loads(script: object) -> None:
    runpy.run_path(str(script), run_name="loaded")
