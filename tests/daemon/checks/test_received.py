"""`doctor` says what came in and has no effect: of whom, why, and what to do; with a daemon and without."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from daemon.checks.received import SAID
from documents.segment import ChangeEntry
from identity.keys import DeviceKey, verify
from library.models import AssetChange
from library.replica.receiving import receive
from tests.commands.house import speak
from tests.daemonhouse import running_daemon
from tests.library.patched import Patched
from tests.library.studio import Studio, segments


class Home:
    """A home whose workspace has met bob, an editor, and carol, a viewer."""

    def __init__(self, path: Path, alice: DeviceKey, bob: bytes, carol: bytes) -> None:
        self.path, self.bob, self.carol = path, bob.hex()[:8], carol.hex()[:8]
        (path / "data" / "device.key").write_text(alice.to_bytes().hex() + "\n")
        (path / "data" / "device.key").chmod(0o600)

    def found(self, **variables: str) -> dict[str, dict[str, Any]]:
        """What `doctor` finds of what came in, by its code."""
        done = speak(self.path, "doctor", "--json", **variables)
        return {each["code"]: each for each in done.json["problems"] if each["code"] in SAID}


@pytest.fixture
async def home(tmp_path: Path) -> AsyncIterator[Home]:
    folder = tmp_path / "home" / "data" / "workspaces"
    folder.mkdir(parents=True)
    async with AsyncExitStack() as stack:
        studio = Studio(folder, stack)
        alice = await studio.device("alice", 1)
        studio.folder = tmp_path / "elsewhere"
        studio.folder.mkdir()
        bob, carol = await studio.device("bob", 2), await studio.device("carol", 3)
        asset = await studio.share(bob="editor", carol="viewer")
        for rating in (1, 2, 3):
            await bob.assets.edit_one(asset, AssetChange(rating=rating))
        void = Patched(bob).sign([ChangeEntry(bytes.fromhex(asset), b"rubbish")])
        forged = Patched(carol).write((bytes.fromhex(asset), lambda draft: draft.agree("rating", 5)))
        late = (await segments(bob))[-2:]
        received = await receive(alice.workspace, [*late, void.raw, forged.raw], verify)
        assert (received.held, received.waiting) == (2, 2)
        made = Home(tmp_path / "home", alice.workspace.key, bob.workspace.device, carol.workspace.device)
    yield made


def test_what_waits_is_in_quarantine_or_void_is_named(home: Home) -> None:
    found = home.found()
    assert set(found) == {"waiting.segment", "quarantine", "void"}
    waiting = found["waiting.segment"]
    since = "2026-09-21 14:13 UTC"
    assert waiting["params"] == {"device": home.bob, "whom": home.bob, "count": "2", "since": since}
    assert waiting["where"].endswith("/workspaces/alice")
    assert found["quarantine"]["params"]["device"] == home.carol
    assert found["quarantine"]["params"]["role"] == "viewer"
    assert (found["void"]["params"]["reason"], found["void"]["params"]["count"]) == ("damaged", "1")


def test_people_read_it_in_their_language(home: Home) -> None:
    english, chinese = speak(home.path, "doctor").out, speak(home.path, "doctor", LANG="zh_TW.UTF-8").out
    assert f"Segments of {home.bob} wait for segments of {home.bob} that have not come: 2" in english
    assert "Its role today: viewer" in english and "gesso restore --backup DIR" in english
    assert f"{home.carol} 沒有權利做的變更已隔離：1 個" in chinese and "它現在的角色：檢視者" in chinese


@pytest.mark.process
def test_running_daemon_says_the_same(home: Home) -> None:
    before = {code: (each["where"], each["params"]) for code, each in home.found().items()}
    with running_daemon(home.path):
        assert {code: (each["where"], each["params"]) for code, each in home.found().items()} == before
