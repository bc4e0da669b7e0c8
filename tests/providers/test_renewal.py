"""Profiles that change while jobs run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from daemon.providing import KeyPlace
from library.surroundings import Surroundings
from providers.registry import Profile, Providers, Tools

AROUND = Surroundings()
PLUGIN = """
CLOSED = []

class Painter:
    kind, at_once, leaves_machine = "local", 1, False

    def __init__(self, profile, tools):
        self.name = self.title = profile.name
        self.base_url = profile.base_url
        if profile.base_url == "bad":
            raise OSError("no")

    async def aclose(self):
        CLOSED.append(self.base_url)
"""


def profile(name: str, base_url: str = "", key_env: str = "") -> tuple[Profile, Tools]:
    tools = Tools(AROUND, KeyPlace(key_env, "", {"A": "1", "B": "2"}))
    return Profile(name, "renewed_painter.Painter", base_url=base_url), tools


async def test_only_what_changed_is_opened_anew_and_what_a_job_holds_stays_open(tmp_path: Path) -> None:
    (tmp_path / "renewed_painter.py").write_text(PLUGIN)
    async with Providers([profile("a", "1"), profile("b", "1"), profile("c", "bad")], tmp_path) as providers:
        closed = __import__("renewed_painter").CLOSED
        a, b = providers.get("a"), providers.get("b")
        with providers.held("b") as held:
            await providers.renew([profile("b", "2"), profile("a", "1"), profile("c", "3")])
            assert providers.get("a") is a and held is b and providers.get("b") is not b
            assert [each.name for each in providers.all()] == ["b", "a", "c"] and providers.broken == []
            await providers.renew([profile("a", "1")])
            assert closed == [] and providers.get("b") is None, "a job has it"
        await providers.renew([profile("a", "1")])
        assert sorted(closed) == ["1", "2", "3"], "what nobody holds is closed by and by"
    assert sorted(closed) == ["1", "1", "2", "3"]


async def test_key_that_comes_from_elsewhere_is_a_change(tmp_path: Path) -> None:
    (tmp_path / "renewed_painter.py").write_text(PLUGIN)
    async with Providers([profile("a", "1", "A")], tmp_path) as providers:
        first: Any = providers.get("a")
        await providers.renew([profile("a", "1", "A")])
        assert providers.get("a") is first
        await providers.renew([profile("a", "1", "B")])
        assert providers.get("a") is not first


async def test_profile_that_broke_is_told_and_the_others_go_on(tmp_path: Path) -> None:
    (tmp_path / "renewed_painter.py").write_text(PLUGIN)
    async with Providers([profile("a", "1")], tmp_path) as providers:
        await providers.renew([profile("a", "bad"), profile("b", "1")])
        assert [each.name for each in providers.all()] == ["b"]
        assert [(each.profile.name, each.why) for each in providers.broken] == [("a", "OSError: no")]
