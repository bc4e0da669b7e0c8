"""One daemon for all tests of the command line; every test gets a workspace of its own in it."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.commands.house import House, Library, Studio
from tests.daemonhouse import running_daemon

NUMBERS = itertools.count(1)
# Of one adapter: what makes all jobs of a provider wait must not hold up the tests of another.
PAINTERS = ("painter", "crowded", "slow", "locked")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents and {"house", "atelier"} & {*getattr(item, "fixturenames", ())}:
            item.add_marker("process")


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A running daemon and a way to speak to it."""
    home = tmp_path_factory.mktemp("house") / "home"
    with running_daemon(home) as url:
        yield House(home, url)


@pytest.fixture(scope="session")
def atelier(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A running daemon with painters of its own, whose pictures cost money and which misbehave on demand."""
    home = tmp_path_factory.mktemp("atelier") / "home"
    (home / "plugins").mkdir(parents=True)
    shutil.copy(Path(__file__).with_name("making") / "studio.py", home / "plugins" / "studio_painter.py")
    profiles = (f'[providers.{name}]\nadapter = "studio_painter.Painter"\n' for name in PAINTERS)
    (home / "config.toml").write_text("\n".join(profiles))
    with running_daemon(home) as url:
        yield House(home, url)


@pytest.fixture
def studio(atelier: House) -> Studio:
    """A new, empty workspace where pictures are made."""
    name = f"studio {next(NUMBERS)}"
    assert atelier.speak("workspace", "new", name).code == 0
    return Studio(atelier, name)


@pytest.fixture
def library(house: House, tmp_path: Path) -> Library:
    """A new workspace with four pictures."""
    name = f"workspace {next(NUMBERS)}"
    assert house.speak("workspace", "new", name).code == 0
    return Library(house, name, tmp_path / "pictures")
