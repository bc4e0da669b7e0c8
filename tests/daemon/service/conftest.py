from __future__ import annotations

from pathlib import Path

import pytest

from tests.daemon.service.stage import Stage


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stage:
    made = Stage(tmp_path / "stage")
    monkeypatch.setenv("PATH", made.path)
    return made
