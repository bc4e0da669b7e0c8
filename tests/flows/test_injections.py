"""What a model is told and what it says is text: a hundred tries to make it act change nothing and cost nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from commands.terminal.output import safe_lines
from providers.fakes.openai import FakeOpenAI
from tests.commands.house import speak
from tests.daemon.process import Process
from tests.flows.house import W, home_with, told
from tests.flows.injections import INJECTIONS, says
from tests.providers.servers import own_and_paid, served

pytestmark = pytest.mark.process
PATHS = ("jobs", "calls", "albums", "prompts", "devices", "members", "timeline", "bin", "spend", "pairing", "watched")


def state_of(daemon: Process, paid: FakeOpenAI) -> dict[str, Any]:
    """All that an action would change."""
    found = {path: daemon.ask("GET", f"{W}/{path}") for path in PATHS}
    assert {status for status, _ in found.values()} == {200}, found
    return {
        **found,
        "digest": told(daemon, "digest"),
        "settings": (daemon.home / "config.toml").read_bytes(),
        "home": sorted(str(each.relative_to(daemon.home)) for each in (daemon.home / "config").rglob("*")),
        "asked": list(paid.asked),
        "bill": list(paid.bill),
        "library": told(daemon, "status")["library"],
        "limit": told(daemon, "budget"),
    }


def test_a_hundred_injections_by_every_way_to_a_model_do_nothing_and_cost_nothing(tmp_path: Path) -> None:
    own, paid = FakeOpenAI(models=["qwen3-8b"], told={"qwen3-8b": {"type": "llm"}}), FakeOpenAI()
    with served(own, paid) as addresses, Process(home_with(tmp_path, own_and_paid(*addresses))) as daemon:
        told(daemon, "gen", "a fox", "--count", "2", "--wait", "--provider", "sketch")
        before = state_of(daemon, paid)
        assert before["library"]["assets"] == 2
        for text in INJECTIONS:
            own.script.add(says(text), says(text), says(text))
            status, answer = daemon.ask("POST", f"{W}/ask", {"text": text, "system": text})
            assert (status, answer["text"], answer["cost"]["basis"]) == (200, text, "free"), answer
            assert told(daemon, "ask", text, "--system", text)["text"] == text
            done = speak(daemon.home, "ask", text)
            assert done.code == 0 and done.out.rstrip("\n") == text.rstrip("\n"), "a file gets it as it is"
            assert "\x1b" not in safe_lines(text), "and a terminal shows it"
        assert state_of(daemon, paid) == before
        assert len(own.asked) == 3 * len(INJECTIONS) and {each.path for each in own.asked} == {"/v1/chat/completions"}
        assert all(set(each.body) <= {"model", "messages", "stream", "stream_options"} for each in own.asked), (
            "no model is offered a tool"
        )
