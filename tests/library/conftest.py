"""What several tests of the library are given."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from library.catalog import Library
from tests.library.house import open_library
from tests.library.studio import Studio

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
async def library(tmp_path: Path) -> AsyncIterator[Library]:
    """With nothing in it."""
    async with open_library(tmp_path / "library") as opened:
        yield opened


@pytest.fixture
async def studio(tmp_path: Path) -> AsyncIterator[Studio]:
    async with AsyncExitStack() as stack:
        yield Studio(tmp_path, stack)
