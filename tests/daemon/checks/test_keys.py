"""The files that prove who is who: each that is gone, unreadable, damaged, wrong or open to others is named."""

from __future__ import annotations

import os
import random
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from identity.keys import DeviceKey
from identity.recovery import RecoveryKey
from library.events import Bus
from library.replica.recovery import encode_recovery
from library.surroundings import Surroundings
from library.tasks import Tasks
from library.workspaces import Workspaces
from tests.commands.house import speak
from tests.daemonhouse import gesso, running_daemon
from tests.library.house import look, picture


class Home:
    """A home with one workspace that has one picture."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.data = path / "data"
        self.key = self.data / "device.key"
        (self.recovery,) = self.data.glob("workspaces/*/recovery.key")

    def found(self) -> list[str]:
        """Codes of what `doctor` finds about keys and rights."""
        codes = [each["code"] for each in speak(self.path, "doctor", "--json").json["problems"]]
        return [code for code in codes if code.startswith(("key", "recovery", "member", "rights", "damaged"))]


@pytest.fixture
async def home(tmp_path: Path) -> AsyncIterator[Home]:
    before = os.umask(0o077)
    surroundings = Surroundings(random=random.Random(5))
    (tmp_path / "a.png").write_bytes(picture((1, 2, 3)))
    folder = tmp_path / "home" / "data"
    folder.mkdir(parents=True)
    bus = Bus()
    async with Workspaces(folder, surroundings, look, bus, Tasks(bus, surroundings.random)) as workspaces:
        await workspaces.get("-").ingest.import_paths([tmp_path / "a.png"])
        workspaces.preferences.set(theme="dark")
    yield Home(tmp_path / "home")
    os.umask(before)


def as_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


FAULTS: dict[str, tuple[list[str], Callable[[Home], object]]] = {
    "sound": ([], lambda home: None),
    "key is gone": (["key.missing"], lambda home: home.key.unlink()),
    "key cannot be read": (["key.unreadable"], lambda home: as_folder(home.key)),
    "key leads nowhere": (["key.unreadable"], lambda home: (home.key.unlink(), home.key.symlink_to("nowhere"))),
    "key is cut off": (["key.damaged"], lambda home: home.key.write_text("00ff")),
    "key is open to others": (["rights.open"], lambda home: home.key.chmod(0o640)),
    "recovery key is open to others": (["rights.open"], lambda home: home.recovery.chmod(0o644)),
    "recovery key is gone": (["recovery.missing"], lambda home: home.recovery.unlink()),
    "recovery key cannot be read": (["recovery.unreadable"], lambda home: as_folder(home.recovery)),
    "recovery key is damaged": (["recovery.damaged"], lambda home: home.recovery.write_bytes(b"\xff" * 65)),
    "recovery key is another's": (
        ["recovery.wrong"],
        lambda home: home.recovery.write_bytes(encode_recovery(RecoveryKey.generate(random.Random(9)))),
    ),
    "key is another's": (
        [],  # the recovery key lets it in
        lambda home: home.key.write_text(DeviceKey.generate(random.Random(9)).to_bytes().hex()),
    ),
    "both are another's": (
        ["recovery.wrong", "member.none"],
        lambda home: (
            home.key.write_text(DeviceKey.generate(random.Random(9)).to_bytes().hex()),
            home.recovery.write_bytes(encode_recovery(RecoveryKey.generate(random.Random(9)))),
        ),
    ),
    "preferences are damaged": (["damaged.device"], lambda home: (home.data / "device.json").write_text("{")),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_fault_of_a_key_is_named(home: Home, fault: str) -> None:
    codes, damage = FAULTS[fault]
    damage(home)
    assert home.found() == codes


@pytest.mark.process
def test_device_that_lost_both_keys_shows_everything_and_comes_in_again_with_the_recovery_key(home: Home) -> None:
    kept = home.recovery.read_bytes()
    home.key.unlink()
    home.recovery.unlink()
    with running_daemon(home.path):
        assert home.found() == ["member.none"]
        (item,) = speak(home.path, "search", "--json").json["items"]
        assert speak(home.path, "rate", item["id"], "3").code == 1
    home.recovery.write_bytes(kept)
    with running_daemon(home.path):
        assert home.found() == []
        assert speak(home.path, "rate", item["id"], "3").code == 0


@pytest.mark.parametrize("fault", ["key cannot be read", "key leads nowhere"])
@pytest.mark.process
def test_daemon_says_which_key_it_cannot_read_and_makes_no_other(home: Home, fault: str) -> None:
    FAULTS[fault][1](home)
    done = gesso(home.path, "up", "--port", "0")
    assert done.code == 1 and "device.key cannot be read" in done.err and "Traceback" not in done.err
    assert not home.key.is_file()


@pytest.mark.parametrize("damage", [lambda path: path.write_bytes(b"\xff\xfe"), as_folder])
@pytest.mark.process
def test_daemon_says_that_preferences_cannot_be_read(home: Home, damage: Callable[[Path], object]) -> None:
    damage(home.data / "device.json")
    done = gesso(home.path, "up", "--port", "0")
    assert done.code == 1 and "device.json cannot be read" in done.err and "Traceback" not in done.err


def test_mending_takes_rights_away_and_damaged_preferences_and_nothing_else(home: Home) -> None:
    home.recovery.chmod(0o644)
    (home.data / "device.json").write_text("{")
    before = home.recovery.read_bytes()
    speak(home.path, "doctor", "--fix", "--yes")
    assert home.found() == []
    assert home.recovery.read_bytes() == before
