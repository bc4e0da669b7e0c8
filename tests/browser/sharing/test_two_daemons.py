"""Two daemons of one workspace with a browser each; what they have reaches the other by backups, now and then."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, expect

from tests.browser.house import Studio, Visit, visiting
from tests.daemonhouse import running_daemon, until

NUMBERS = itertools.count(1)


@pytest.fixture(scope="module")
def other(studio: Studio, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    """A second daemon, of the same workspace."""
    folder = tmp_path_factory.mktemp("other")
    with running_daemon(folder / "home") as url:
        second = Studio(folder / "home", url)
        hand_over(studio, second, folder)
        shared = studio.ask("GET", "/status")["workspace"]["id"]
        second.ask("PATCH", f"/workspaces/{shared}", {"default": True})
        yield second


def hand_over(source: Studio, target: Studio, folder: Path) -> None:
    """Everything that one has reaches the other; where that has it all, nothing does."""
    path = folder / f"backup{next(NUMBERS)}"
    assert finished(source, source.ask("POST", "/w/-/backup", {"path": str(path)}))["state"] == "done"
    done = finished(target, target.ask("POST", "/restore", {"path": str(path), "incomplete": True}))
    assert done["state"] == "done" or done["code"] == "workspace_exists", done


def finished(studio: Studio, task: Any) -> Any:
    return until(lambda: (now := studio.ask("GET", f"/tasks/{task['id']}"))["state"] != "running" and now)


def meet(one: Studio, two: Studio, folder: Path) -> None:
    hand_over(one, two, folder)
    hand_over(two, one, folder)


def prompt_field(visit: Visit, prompt: str) -> Locator:
    visit.go(f"prompt/{prompt}")
    field = visit.page.locator("#create-prompt")
    field.wait_for()
    field.focus()
    return field


def test_two_type_in_one_prompt_on_two_daemons_live_and_apart(
    browser: Browser, visit: Visit, studio: Studio, other: Studio, tmp_path: Path
) -> None:
    prompt = studio.ask("POST", "/w/-/prompts", {"name": "Two daemons", "text": "a street"})["id"]
    meet(studio, other, tmp_path)
    with visiting(browser, other) as bob:
        fields = [(visit, prompt_field(visit, prompt)), (bob, prompt_field(bob, prompt))]
        visit.press("Control+End")
        bob.press("Control+Home")
        for mine, theirs in ((" at night", "雨後，"), (", neon", "俯瞰，"), (" 🌃", "廣角，")):
            visit.page.keyboard.type(mine)
            bob.page.keyboard.type(theirs)
            until(lambda mine=mine: mine in studio.ask("GET", f"/w/-/prompts/{prompt}")["text"])
            until(lambda theirs=theirs: theirs in other.ask("GET", f"/w/-/prompts/{prompt}")["text"])
            meet(studio, other, tmp_path)
        for _, field in fields:
            expect(field).to_have_value("雨後，俯瞰，廣角，a street at night, neon 🌃")
        # An hour apart: long texts at the same place, and then both are there.
        words = ["Rain on the asphalt. Every sign is lit. ", "柏油路積水，每一塊招牌都亮著。"]
        for (each, _), said in zip(fields, words, strict=True):
            each.press("Control+Home")
            each.page.keyboard.type(said)
        until(lambda: words[0] in studio.ask("GET", f"/w/-/prompts/{prompt}")["text"])
        until(lambda: words[1] in other.ask("GET", f"/w/-/prompts/{prompt}")["text"])
        meet(studio, other, tmp_path)
        text = studio.ask("GET", f"/w/-/prompts/{prompt}")["text"]
        assert all(said in text for said in words), text
        assert text == other.ask("GET", f"/w/-/prompts/{prompt}")["text"]
        for _, field in fields:
            expect(field).to_have_value(text)
        assert studio.ask("GET", "/w/-/digest") == other.ask("GET", "/w/-/digest")
        visit.press("Control+z")  # one's own last words alone
        until(lambda: words[0] not in studio.ask("GET", f"/w/-/prompts/{prompt}")["text"])
        assert words[1] in studio.ask("GET", f"/w/-/prompts/{prompt}")["text"]
        assert bob.said == []
