from __future__ import annotations

import pytest

from tests.histories.situations import SITUATIONS, House


@pytest.mark.parametrize("name", SITUATIONS)
def test_situation(name: str) -> None:
    SITUATIONS[name](House())
