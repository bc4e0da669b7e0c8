"""Adapters outside the tree: the documented one under the contract and in the queue, ones that cannot be used, and ones
that tell what cannot be.
"""

from __future__ import annotations

import asyncio
import random
import re
import sys
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest
from aiohttp import web

from library.jobs.models import Cost, Estimate, Price, Request
from library.jobs.queue import Wanted
from providers.base import Done, ModelInfo, PriceRow, Provider
from providers.fakes.pictures import painted
from providers.ordering import Common, Target, Wish, ordered
from providers.registry import Profile, Providers
from tests.contracts.provider import Open, OverHttpContract
from tests.providers.house import KEY, tools
from tests.providers.scripted import Painter
from tests.providers.servers import free_port
from tests.providers.shop import CENT, shop
from tests.tree import ROOT

PAGE = ROOT / "docs" / "add-a-provider.md"


def documented() -> str:
    (code,) = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    return str(code)


@pytest.fixture
def folder(tmp_path: Path) -> AsyncIterator[Path]:
    """A plugin folder; what was imported from it is forgotten afterwards."""
    before = set(sys.modules)
    place = tmp_path / "plugins"
    place.mkdir()
    (place / "render.py").write_text(documented())
    yield place  # type: ignore[misc]
    for name in set(sys.modules) - before:
        if str(getattr(sys.modules[name], "__file__", "")).startswith(str(place)):
            del sys.modules[name]


class RenderServer:
    """The server that the documented plugin speaks to."""

    def __init__(self) -> None:
        self.jobs: dict[str, dict[str, Any]] = {}
        self.charges = 0
        self.next: list[str] = []

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[str]:
        app = web.Application()
        app.router.add_get("/health", self._health)
        app.router.add_post("/jobs", self._take)
        app.router.add_get("/jobs/{id}", self._tell)
        app.router.add_get("/pictures/{id}", self._give)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        try:
            yield f"http://127.0.0.1:{runner.addresses[0][1]}"
        finally:
            await runner.cleanup()

    async def _health(self, request: web.Request) -> web.Response:
        return web.Response()

    async def _take(self, request: web.Request) -> web.StreamResponse:
        assert request.headers["Authorization"] == f"Bearer {KEY}"
        body, token = await request.json(), request.headers["Idempotency-Key"]
        fault = self.next.pop(0) if self.next else ""
        if fault == "refuse":
            return web.Response(status=451)
        if token not in self.jobs:
            self.charges += 1
            self.jobs[token] = {**body, "number": self.charges, "asked": 0}
        if fault == "slow":
            await asyncio.sleep(1)
        if fault == "drop":
            assert request.transport is not None
            request.transport.abort()
        return web.json_response({"id": token})

    async def _tell(self, request: web.Request) -> web.Response:
        job = self.jobs[request.match_info["id"]]
        job["asked"] += 1
        if job["asked"] < 3:
            return web.json_response({"state": "running", "progress": job["asked"] / 3})
        picture = f"/pictures/{request.match_info['id']}"
        return web.json_response({"state": "done", "picture": picture, "seed": job["seed"] or 7, "micros": 2 * CENT})

    async def _give(self, request: web.Request) -> web.Response:
        return web.Response(body=painted(self.jobs[request.match_info["id"]]["number"]))


@asynccontextmanager
async def plugged(folder: Path, base_url: str) -> AsyncIterator[Provider]:
    profile = Profile("studio", "render.Render", base_url=base_url)
    async with Providers([(profile, tools())], folder) as providers:
        assert providers.broken == []
        provider = providers.get("studio")
        assert provider is not None
        yield provider


class TestDocumentedPlugin(OverHttpContract):
    @pytest.fixture(autouse=True)
    def _plugins(self, folder: Path) -> None:
        self.folder = folder

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[Open]:
        server = RenderServer()
        async with server.serving() as url, plugged(self.folder, url) as provider:
            yield Open(provider, lambda: server.charges, server.next.append, KEY)

    def away(self) -> AbstractAsyncContextManager[Provider]:
        return plugged(self.folder, f"http://127.0.0.1:{free_port()}")


def test_documented_plugin_is_short() -> None:
    assert len([line for line in documented().splitlines() if line.strip()]) <= 60


async def test_a_plugins_jobs_run_beside_all_others_and_their_cost_is_told(tmp_path: Path, folder: Path) -> None:
    server = RenderServer()
    server.next = ["drop"]
    async with server.serving() as url, plugged(folder, url) as provider, shop(tmp_path, provider) as here:
        wanted = [
            Wanted("studio", Request("clay", f"{number}", seed=number), Estimate("unknown")) for number in range(4)
        ]
        await here.library.queue.enqueue(wanted)
        jobs = await here.until_quiet()
        assert {job.state for job in jobs} == {"done"}
        assert (server.charges, here.spent()) == (4, {"USD": 8 * CENT})


BROKEN = {
    "no such file": ("absent.Painter", "", "ModuleNotFoundError"),
    "no such class": ("half.Painter", "class Other: ...\n", "AttributeError"),
    "does not parse": ("half.Painter", "class Painter(:\n", "SyntaxError"),
    "raises": ("half.Painter", "raise RuntimeError('boom')\n", "boom"),
    "ends the program": ("half.Painter", "import sys\nsys.exit(3)\n", "SystemExit"),
    "does not begin": ("half.Painter", "class Painter:\n    def __init__(self, *_): raise OSError('no')\n", "no"),
    "takes nothing": ("half.Painter", "class Painter: ...\n", "TypeError"),
    "no path": ("painter", "", "there is no adapter"),
}


@pytest.mark.parametrize(("adapter", "code", "why"), BROKEN.values(), ids=BROKEN.keys())
async def test_a_plugin_that_cannot_be_used_is_told_and_the_others_go_on(
    folder: Path, adapter: str, code: str, why: str
) -> None:
    (folder / "half.py").write_text(code)
    good, bad = Profile("good", "render.Render", base_url="http://127.0.0.1:1"), Profile("bad", adapter)
    async with Providers([(bad, tools()), (good, tools())], folder) as providers:
        assert [each.name for each in providers.all()] == ["good"]
        (broken,) = providers.broken
        assert broken.profile.name == "bad" and why in broken.why
    sys.modules.pop("half", None)


async def test_a_plugin_that_does_not_close_keeps_no_other_open(folder: Path) -> None:
    (folder / "half.py").write_text(
        documented()
        .replace("class Render", "class Painter")
        .replace("        pass\n", "        raise OSError('stuck')\n")
    )
    (folder / "closing.py").write_text(
        "CLOSED = []\n" + documented().replace("        pass\n", "        CLOSED.append(1)\n")
    )
    profiles = [(Profile("a", "half.Painter"), tools()), (Profile("b", "closing.Render"), tools())]
    async with Providers(profiles, folder) as providers:
        assert len(providers.all()) == 2
    assert sys.modules["closing"].CLOSED == [1]


async def test_a_plugin_hides_nothing_of_ours_and_its_folder_is_searched_for_plugins_only(folder: Path) -> None:
    (folder / "providers.py").write_text("raise RuntimeError('ours is hidden')\n")
    (folder / "msgspec.py").write_text("raise RuntimeError('ours is hidden')\n")
    async with Providers([(Profile("studio", "render.Render"), tools())], folder) as providers:
        assert providers.broken == []
    assert str(folder) not in sys.path


@pytest.mark.parametrize(
    "cost",
    [
        Cost(10**30, "USD", "reported"),
        Cost(2**62, "USD", "reported"),
        Cost(5, "$ " * 1000, "reported"),
        Cost(None, "", "unknown", 10**30),
    ],
    ids=["long", "large", "currency", "credits"],
)
async def test_picture_comes_whatever_is_told_of_its_cost(tmp_path: Path, cost: Cost) -> None:
    async with shop(tmp_path, Painter(cost=cost)) as here:
        await here.order("x", "y")
        jobs = await here.until_quiet()
        assert [(job.state, job.cost) for job in jobs] == [("done", Cost(4 * CENT, "USD", "price_table"))] * 2
        assert (here.spent(), here.open()) == ({"USD": 8 * CENT}, 0)


async def test_currencies_are_known_however_they_are_written(tmp_path: Path) -> None:
    async with shop(tmp_path, Painter(cost=Cost(5, "usd", "reported"))) as here:
        await here.order("x")
        await here.until_quiet()
        assert here.spent() == {"USD": 5}


@pytest.mark.parametrize(
    "said",
    [
        {"seed": 10**30},
        {"told": {"a": 10**30, "b": float("nan")}},
        {"told": {"a": "x" * 5_000_000, "b" * 5_000_000: 1}},
        {"told": {f"{number}": number for number in range(100_000)}},
    ],
    ids=["seed", "numbers", "long", "many"],
)
async def test_picture_comes_whatever_is_said_beside_it(tmp_path: Path, said: dict[str, Any]) -> None:
    painter = Painter()
    done = painter._done
    painter._done = lambda token: Done((msgspec.structs.replace(done(token).answers[0], **said),))  # type: ignore[method-assign]
    async with shop(tmp_path, painter) as here:
        await here.order("x")
        (job,) = await here.until_quiet()
        assert (job.state, len(job.assets)) == ("done", 1)


@pytest.mark.parametrize(
    "change",
    [
        {"prices": (PriceRow(Price(0.04, "USD", "2026-11-01")),)},  # type: ignore[arg-type]
        {"prices": (PriceRow(Price(-4 * CENT, "USD", "2026-11-01")),)},
        {"prices": (PriceRow(Price(5 * CENT, "USD", "2026-11-01", 4 * CENT)),)},
        {"prices": (PriceRow(Price(2**62, "USD", "2026-11-01")),)},
        {"prices": (PriceRow(Price(4 * CENT, "", "2026-11-01")),)},
        {"id": 7},
        {"formats": ()},
    ],
    ids=["float", "negative", "reversed", "large", "currency", "id", "formats"],
)
async def test_order_of_a_model_that_no_row_can_hold_begins_nothing(tmp_path: Path, change: dict[str, Any]) -> None:
    painter, models = Painter(), Painter().models

    async def told() -> list[ModelInfo]:
        return [msgspec.structs.replace(each, **change) for each in await models()]

    painter.models = told  # type: ignore[method-assign]
    async with shop(tmp_path, painter, Painter("other")) as here:
        common = Common((Target("painter"), Target("other")), width=64, height=64)
        order = await ordered([Wish("x", "", common)], here.providers, random.Random(1))
        assert [each.provider for each in order.wanted] == ["other"]
        assert ["adapter" in each.sentence for each in order.problems] == [True]
        await here.library.queue.enqueue(order.wanted)
        assert [job.state for job in await here.until_quiet()] == ["done"]
