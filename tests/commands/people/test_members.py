"""Members, invitations, recovery kits and the quarantine, as one says them on the command line."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest

from tests.commands.house import Library
from tests.daemonhouse import Done


def test_member_is_listed_renamed_and_kept_as_the_only_admin(library: Library) -> None:
    (own,) = library.told("member", "ls")["members"]
    assert own["mine"] and own["role"] == "admin" and len(own["devices"]) == 1
    renamed = library.told("member", "rename", own["id"], "王小明")
    assert renamed["name"] == "王小明"
    assert "王小明" in library.said("member", "ls")
    refused = [
        library.speak("member", "role", "王小明", "viewer", "--json"),
        library.speak("member", "rm", "王小明", "--yes", "--json"),
        library.speak("member", "rm", "nobody", "--yes", "--json"),
    ]
    for done, code in zip(refused, ("last_admin", "own_member", "no_member"), strict=True):
        assert done.code != 0 and code in done.out + done.err


def test_invitation_is_a_text_that_is_listed_and_withdrawn(library: Library) -> None:
    made = library.told("member", "invite", "Ann", "--role", "reviewer", "--hours", "4", "--address", "10.0.0.9:8464")
    assert made["text"].startswith("gesso-invite:") and made["role"] == "reviewer"
    listed = library.told("member", "ls")["invitations"]
    assert [(each["person"], each["state"]) for each in listed if each["id"] == made["id"]] == [("Ann", "open")]
    assert "Ann" in library.said("member", "ls")
    assert "text" not in listed[0]
    library.said("member", "withdraw", made["id"][:8])
    listed = library.told("member", "ls")["invitations"]
    assert [each["state"] for each in listed if each["id"] == made["id"]] == ["withdrawn"]
    assert library.speak("member", "withdraw", "zz").code != 0
    assert library.speak("member", "invite", "Ann", "--hours", "-1").code != 0
    assert library.speak("member", "invite", "Ann", "--role", "owner").code != 0


class Typing:
    """A workspace, spoken to by somebody who also types."""

    def __init__(self, library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
        self._library = library
        self._monkeypatch = monkeypatch

    def speak(self, *words: str, typed: str) -> Done:
        self._monkeypatch.setattr("sys.stdin", io.StringIO(typed))
        return self._library.speak(*words)


def test_recovery_kit_is_printed_once_and_checked_by_its_code(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    typing = Typing(library, monkeypatch)
    paper = library.said("recovery", "kit")
    letters = "".join(line for line in paper.splitlines() if line.startswith("    ")).split()[:9]
    code = "-".join(letters)
    assert len(code) == 44
    good = typing.speak("recovery", "check", typed=code.lower() + "\n")
    assert good.code == 0, good.err
    wrong = typing.speak("recovery", "check", typed=("A" if code[0] != "A" else "B") + code[1:] + "\n")
    assert wrong.code != 0
    first = library.told("recovery", "ls")["kits"]
    made: dict[str, Any] = library.told("recovery", "kit", "--replace", "--yes")
    kits = library.told("recovery", "ls")["kits"]
    assert [each["id"] for each in kits] == [made["id"]] and len(first) >= 1
    assert library.said("recovery", "ls")
    gone = typing.speak("recovery", "check", "--json", typed=code + "\n")
    assert gone.code == 4 and json.loads(gone.out)["state"] == "revoked"
    refused = typing.speak("recovery", "use", typed=made["code"] + "\n")
    assert refused.code != 0
    assert typing.speak("recovery", "check", typed="\n").code == 2


def test_quarantine_of_a_quiet_workspace_is_empty(library: Library) -> None:
    assert library.told("quarantine", "ls")["quarantine"] == []
    assert library.speak("quarantine", "accept", "nobody", "--yes").code == 2
    assert library.speak("quarantine", "discard", "nobody", "--yes").code == 2
