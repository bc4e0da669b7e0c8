"""Profiles that change while jobs run."""

from __future__ import annotations

import asyncio
import hashlib
from pathlib import Path
from typing import Any

import msgspec
import pytest

from daemon import providing
from daemon.providing import KeyPlace
from daemon.settings.sections import Settings
from library.jobs.models import Request
from library.surroundings import Surroundings
from providers.base import Accepted, Done, Traits
from providers.errors import GenerationFailed, OutcomeUnknown, ResultExpired
from providers.registry import Profile, Providers, Tools
from tests.providers.scripted import Painter, Service
from tests.providers.shop import shop

AROUND = Surroundings()
PLUGIN = """
CLOSED = []

class Painter:
    kind, at_once, leaves_machine = "local", 1, False

    def __init__(self, profile, tools):
        self.name = self.title = profile.name
        self.base_url = profile.base_url
        self.leaves_machine = profile.base_url.startswith("far")
        if profile.base_url == "bad":
            raise OSError("no")

    async def aclose(self):
        CLOSED.append(self.base_url)
"""


def profile(name: str, base_url: str = "", key_env: str = "", **values: Any) -> tuple[Profile, Tools]:
    tools = Tools(AROUND, KeyPlace(key_env, "", {"A": "1", "B": "2"}))
    return Profile(name, "renewed_painter.Painter", base_url=base_url, **values), tools


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


async def test_what_is_open_to_other_machines_is_closed_at_once_whoever_holds_it(tmp_path: Path) -> None:
    (tmp_path / "renewed_painter.py").write_text(PLUGIN)
    async with Providers([profile("a", "far 1"), profile("b", "near")], tmp_path) as providers:
        closed = __import__("renewed_painter").CLOSED
        closed.clear()
        near, before = providers.get("b"), providers.get("a")
        assert before is not None
        providers.asking.switch.set(True)
        with providers.held("a") as held:
            await providers.cut_off()
            assert closed == ["far 1"] and providers.get("b") is near and providers.get("a") is not held
            assert providers.place(before, b"salt"), "who held it still knows where it was"
            await providers.cut_off()
            assert closed == ["far 1", "far 1"], "the one that was made anew"
        await providers.renew([profile("a", "far 2"), profile("b", "near")])
        await providers.renew([profile("a", "far 2"), profile("b", "near")])
        assert closed == ["far 1", "far 1", "far 1"], "none is closed twice"
        assert [each.name for each in providers.all()] == ["a", "b"]


async def test_key_that_comes_from_elsewhere_is_a_change(tmp_path: Path) -> None:
    (tmp_path / "renewed_painter.py").write_text(PLUGIN)
    async with Providers([profile("a", "1", "A")], tmp_path) as providers:
        first: Any = providers.get("a")
        await providers.renew([profile("a", "1", "A")])
        assert providers.get("a") is first
        await providers.renew([profile("a", "1", "B")])
        assert providers.get("a") is not first


async def test_where_a_provider_sends_to_is_its_own_whatever_its_name_stands_for_by_now(tmp_path: Path) -> None:
    (tmp_path / "renewed_painter.py").write_text(PLUGIN)
    async with Providers([profile("a", "1")], tmp_path) as providers:
        with providers.held("a") as held:
            assert held is not None
            before = providers.place(held, b"salt")
            await providers.renew([profile("a", "2")])
            renewed = providers.get("a")
            assert renewed is not None and renewed is not held
            assert providers.place(held, b"salt") == before != providers.place(renewed, b"salt")
            await providers.renew([profile("a", "1")])
            back = providers.get("a")
            assert back is not None and providers.place(back, b"salt") == before != providers.place(back, b"other")


async def test_account_that_a_header_names_is_another_place(tmp_path: Path) -> None:
    (tmp_path / "renewed_painter.py").write_text(PLUGIN)
    some = [profile(name, "1", headers={"Organization": name}) for name in ("a", "b")]
    async with Providers(some, tmp_path) as providers:
        assert len({providers.place(each, b"salt") for each in providers.all()}) == 2


async def test_how_a_provider_is_asked_says_nothing_of_where(tmp_path: Path) -> None:
    """What is under way when somebody changes how long is waited for a picture is no other account's."""
    (tmp_path / "renewed_painter.py").write_text(PLUGIN)
    some = [profile("a", "1"), profile("b", "1", options={"timeout": 60.0, "seconds": 9.0})]
    async with Providers(some, tmp_path) as providers:
        one, other = providers.all()
        place = providers.place(one, b"salt")
        assert place == providers.place(other, b"salt") and providers.is_at(other, b"salt", place)
        said = ("renewed_painter.Painter", "1", {"timeout": 60.0, "seconds": 9.0}, ("", {}))
        earlier = hashlib.sha256(b"salt" + msgspec.json.encode(said, order="sorted")).hexdigest()[:32]
        assert providers.is_at(other, b"salt", earlier) and not providers.is_at(one, b"salt", earlier)
        assert not providers.is_at(one, b"salt", "")


async def test_another_account_that_knows_nothing_of_a_request_does_not_make_it_be_sent_again(tmp_path: Path) -> None:
    painter = Painter(faults=["drop"], traits=Traits(finds=True))
    async with shop(tmp_path, painter, place="a") as here:

        async def found(token: str) -> Done | Accepted | None:
            here.providers.places["painter"] = "b"  # its key was changed
            return None

        painter.find = found  # type: ignore[method-assign]
        await here.order("x")
        (job,) = await here.until_quiet()
        assert (job.state, painter.bill.total(), here.open()) == ("unknown", 1, 1)


async def test_request_is_not_sent_again_to_another_account(tmp_path: Path) -> None:
    painter = Painter(faults=["drop"], traits=Traits(idempotent=True))
    submit = painter.submit
    async with shop(tmp_path, painter, place="a") as here:

        async def submitted(request: Request, token: str) -> Done | Accepted:
            try:
                return await submit(request, token)
            except OutcomeUnknown:
                here.providers.places["painter"] = "b"
                raise

        painter.submit = submitted  # type: ignore[method-assign]
        await here.order("x")
        (job,) = await here.until_quiet()
        assert (job.state, len(painter.submits), here.open()) == ("unknown", 1, 1)


@pytest.mark.parametrize("error", [GenerationFailed("no such job"), ResultExpired("gone")], ids=repr)
async def test_what_another_account_says_of_a_job_does_not_end_it(tmp_path: Path, error: Exception) -> None:
    painter = Painter(traits=Service(delivery="job"), poll_faults=[None, error])
    async with shop(tmp_path, painter, place="a") as here:
        await here.order("x")
        await here.until(lambda: painter.polled > 0)
        here.providers.places["painter"] = "b"
        (job,) = await here.until_quiet()
        assert (job.state, painter.bill.total(), here.open()) == ("unknown", 1, 1)


async def test_job_whose_key_was_renewed_while_it_ran_comes_all_the_same(tmp_path: Path) -> None:
    painter = Painter(traits=Service(delivery="job"))
    async with shop(tmp_path, painter, place="a") as here:
        await here.order("x")
        await here.until(lambda: painter.polled > 0)
        here.providers.places["painter"] = "b"
        assert [job.state for job in await here.until_quiet()] == ["done"]


async def test_profile_that_broke_is_told_and_the_others_go_on(tmp_path: Path) -> None:
    (tmp_path / "renewed_painter.py").write_text(PLUGIN)
    async with Providers([profile("a", "1")], tmp_path) as providers:
        await providers.renew([profile("a", "bad"), profile("b", "1")])
        assert [each.name for each in providers.all()] == ["b"]
        assert [(each.profile.name, each.why) for each in providers.broken] == [("a", "OSError: no")]


async def test_adapter_whose_import_hangs_holds_up_no_order_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(providing, "SETTLE_SECONDS", 0.1)
    hangs = asyncio.Event()

    class Hanging(Providers):
        async def renew(self, profiles: object) -> None:
            await hangs.wait()

    renewal = providing.Renewal(Hanging([]), {}, AROUND, lambda: None)
    running = asyncio.create_task(renewal.run())
    renewal.ask(Settings())
    async with asyncio.timeout(5):
        await renewal.settled()
    hangs.set()
    await asyncio.sleep(0)
    async with asyncio.timeout(5):
        await renewal.settled()
    running.cancel()
