"""One daemon for all tests of the command line; every test gets a workspace of its own in it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.commands.house import House, Library
from tests.daemonhouse import running_daemon

NUMBERS = itertools.count(1)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents and "house" in getattr(item, "fixturenames", ()):
            item.add_marker("process")


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A running daemon and a way to speak to it."""
    home = tmp_path_factory.mktemp("house") / "home"
    with running_daemon(home) as url:
        yield House(home, url)


@pytest.fixture
def library(house: House, tmp_path: Path) -> Library:
    """A new workspace with four pictures."""
    name = f"workspace {next(NUMBERS)}"
    assert house.speak("workspace", "new", name).code == 0
    return Library(house, name, tmp_path / "pictures")
