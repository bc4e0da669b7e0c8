"""`doctor --peers` in words: every reason has a sentence and what to do, in both languages."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import Any, get_args

import pytest

from commands.session import Session, Wishes
from commands.sharing.doctor import compare_peers, reason, remedy, show_peers
from commands.terminal.texts import catalogue
from library.replica.unapplied import State
from tests.commands.house import House, variables_set
from tests.daemonhouse import environ
from tests.tree import ROOT

LANGUAGES = {"en": "en_US.UTF-8", "zh-TW": "zh_TW.UTF-8"}


def codes() -> set[str]:
    """All that a comparison may come to."""
    source = (ROOT / "library" / "care" / "differing.py").read_text("utf-8")
    found = set(re.findall(r'Difference\(\s*"([a-z.]+)"', source))
    told = {"waiting.segment", "waiting.operation"}  # these are told by what they wait for
    return set(found) | (set(get_args(State)) - told) | {"documents", "documents.damaged"}


def difference(code: str, side: str | None = "here", has: bool | None = None) -> dict[str, Any]:
    since = 1_790_000_000_000
    return {
        "code": code, "side": side, "device": "mac", "whom": "book", "number": 3, "since": since, "has": has,
        "detail": "7–9",
    }  # fmt: skip


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_reason_has_a_sentence_and_a_remedy(language: str) -> None:
    assert {"segments", "waits.stopped", "stopped", "void", "blobs.nowhere", "fork", "workspace"} <= codes()
    texts = catalogue(language)
    for code in codes():
        assert {f"peers.why.{code}", f"peers.do.{code}"} <= texts.keys(), code
    with variables_set(environ(LANG=LANGUAGES[language])):
        for code in codes():
            for side in ("here", "there", None):
                for has in (True, False, None):
                    told = difference(code, side, has)
                    assert "{" not in reason(told, "studio") + remedy(told, "studio")


def test_what_waits_says_where_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    with variables_set(environ(LANG="en_US.UTF-8")):
        there = reason(difference("segments", "there"), "studio")
        assert there.startswith("Segments of mac are missing on studio: 3 (number 7–9 of its log)")
        assert remedy(difference("waits.segment", "here", True), "studio").startswith("It is on studio, and comes")
        assert "book itself" in remedy(difference("waits.segment", "here", False), "studio")
        assert "It is here" in remedy(difference("waits.segment", "there", True), "studio")
        peers = [
            {"name": "studio", "heard": 1_790_000_000_000, "described": True, "differences": [difference("void")]},
            {"name": "old\x1b[31m", "heard": 5, "described": False, "differences": []},
        ]
        show_peers(Session(Wishes()), peers)
    said = capsys.readouterr().out
    assert "studio, heard of last 2026-" in said and "→ They are kept and passed on." in said
    assert "has not said how it stands" in said and "\x1b" not in said


class Answering(Session):
    """A session whose daemon answers this."""

    def __init__(self, answer: Any) -> None:
        super().__init__(Wishes())
        self.__dict__["daemon"] = SimpleNamespace(get=lambda path, **query: answer)


@pytest.mark.parametrize(("found", "code"), [([], 0), ([difference("fork", None)], 4)])
def test_a_difference_wants_attention(found: list[Any], code: int, capsys: pytest.CaptureFixture[str]) -> None:
    peer = {"name": "studio", "heard": 5, "described": True, "differences": found}
    with variables_set(environ(LANG="en_US.UTF-8")):
        assert compare_peers(Answering({"peers": [peer]})) == code
    assert ("differs:" in capsys.readouterr().out) == bool(found)


@pytest.mark.process
def test_without_any_peer_nothing_differs(house: House) -> None:
    done = house.speak("doctor", "--peers")
    assert (done.code, done.out) == (0, "") and "No other device" in done.err
    assert "沒有聽過其他裝置" in house.speak("doctor", "--peers", LANG="zh_TW.UTF-8").err
    assert house.speak("doctor", "--peers", "--json").json == {"peers": []}
    assert house.speak("doctor", "--peers", "--fix", "--yes").code == 2
