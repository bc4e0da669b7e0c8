"""What several tests of the library are given."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator

import pytest

from imaging.pool import Pool

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


@pytest.fixture
async def pool() -> AsyncIterator[Pool]:
    """Real workers, which look at pictures and compare them."""
    async with Pool(2) as opened:
        yield opened
