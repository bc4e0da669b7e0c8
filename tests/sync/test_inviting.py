"""People come in by invitations, at a door that is open while there are any: once, as whom they were invited."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.daemonhouse import gesso, running_daemon, until

pytestmark = pytest.mark.process


@pytest.fixture
def homes(tmp_path: Path) -> Iterator[tuple[Path, Path]]:
    with running_daemon(tmp_path / "alice"), running_daemon(tmp_path / "bob"):
        yield tmp_path / "alice", tmp_path / "bob"


def told(home: Path, *words: str) -> Any:
    done = gesso(home, "--json", *words)
    assert done.code == 0, done
    return done.json


def refused(home: Path, text: str) -> str:
    """Why nobody comes in by this text."""
    done = gesso(home, "--json", "pair", text)
    assert done.code != 0, done
    return str(done.json["error"]["code"])


def test_invited_person_comes_in_once_with_the_role(homes: tuple[Path, Path]) -> None:
    alice, bob = homes
    text = told(alice, "member", "invite", "Bob 小博", "--role", "viewer")["text"]
    joined = told(bob, "pair", text)
    assert joined["name"] == "Studio" and len(joined["fingerprint"]) == 14
    until(lambda: told(bob, "digest")["digest"] == told(alice, "digest")["digest"])
    assert told(bob, "status")["workspace"]["role"] == "viewer"
    assert {each["name"] for each in told(alice, "member", "ls")["members"]} >= {"Bob 小博"}
    assert refused(bob, text) == "invitation_not_open"


def test_withdrawn_and_forged_invitations_let_nobody_in(homes: tuple[Path, Path]) -> None:
    alice, bob = homes
    kept = told(alice, "member", "invite", "Carol")
    gone = told(alice, "member", "invite", "Bob")
    told(alice, "member", "withdraw", gone["id"])
    assert refused(bob, gone["text"]) == "invitation_not_open"
    assert refused(bob, kept["text"][:-4] + "AAAA") == "no_invitation"
    assert told(bob, "status")["workspace"]["role"] == "admin"  # of its own
    assert len(told(alice, "member", "ls")["members"]) == 1
