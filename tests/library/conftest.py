"""What several tests of the library are given."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

NOBODY = 65_534


@pytest.fixture
def guest() -> Iterator[None]:
    """Not the administrator, whom no mode keeps out, for the length of a test."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(NOBODY)
    yield
    os.seteuid(0)
