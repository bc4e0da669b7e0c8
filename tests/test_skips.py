"""The rule of conftest.py: what does not run in CI has failed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.tree import ROOT, write

pytestmark = pytest.mark.process

SKIPS = {
    "by mark": "import pytest\n@pytest.mark.skip(reason='no cat')\ndef test_it() -> None: ...\n",
    "while running": "import pytest\ndef test_it() -> None:\n    pytest.skip('no cat')\n",
    "the whole file": "import pytest\npytest.skip('no cat', allow_module_level=True)\n",
    "as expected failure": "import pytest\n@pytest.mark.xfail(reason='no cat')\ndef test_it():\n    assert False\n",
}


def run(folder: Path, ci: str) -> subprocess.CompletedProcess[str]:
    write(folder, "conftest.py", (ROOT / "tests" / "conftest.py").read_text("utf-8"))
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(folder), str(folder)]
    environ = {**os.environ, "CI": ci, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}  # the rule needs none
    return subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("text", SKIPS.values(), ids=SKIPS.keys())
def test_skip_in_ci_fails(tmp_path: Path, text: str) -> None:
    write(tmp_path, "test_planted.py", text)
    done = run(tmp_path, ci="1")
    assert done.returncode != 0, done.stdout
    assert "no cat" in done.stdout


def test_skip_on_a_developers_machine_is_only_shown(tmp_path: Path) -> None:
    write(tmp_path, "test_planted.py", "def test_other() -> None: ...\n" + SKIPS["while running"])
    assert run(tmp_path, ci="").returncode == 0
