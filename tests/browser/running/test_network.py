"""No network, or no way to one provider: said quietly, what is local goes on, what waits goes on by itself."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from providers.fakes.openai import FakeOpenAI
from tests.browser.house import Studio, Visit, fits_at_every_width, visiting
from tests.daemonhouse import running_daemon, until
from tests.providers.servers import free_port, served, table

SOON = 2.0  # seconds
TURN = """on => {
    Object.defineProperty(navigator, "onLine", { value: on, configurable: true });
    window.dispatchEvent(new Event(on ? "online" : "offline"));
}"""


class Service:
    """A provider's server that is switched off and on, with one bill."""

    def __init__(self) -> None:
        self.port = free_port()
        self.fake = FakeOpenAI(models=("m",))
        self.address = f"http://127.0.0.1:{self.port}/v1"

    @contextmanager
    def on(self) -> Iterator[None]:
        with served(self.fake, port=self.port):
            yield


@pytest.fixture(scope="module")
def service() -> Service:
    return Service()


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, service: Service) -> Iterator[Studio]:
    home = tmp_path_factory.mktemp("network") / "home"
    home.mkdir()
    settings = table("studio", service.address, "openai-compatible", models='["m"]')
    (home / "config.toml").write_text(settings, "utf-8")
    with running_daemon(home) as url:
        yield Studio(home, url)


@pytest.fixture
def visit(browser: Browser, place: Studio) -> Iterator[Visit]:
    place.prefer(language="en", theme="light")
    with visiting(browser, place, at="queue") as visit:
        yield visit
        assert visit.said == []
        assert visit.strangers() == []


def begin(place: Studio, *prompts: str, provider: str = "studio") -> Any:
    size = {"width": 128, "height": 128}
    return place.ask("POST", "/w/-/jobs", {"prompts": prompts, "targets": [{"provider": provider}], **size})


def test_without_a_network_what_is_local_goes_on(visit: Visit, place: Studio) -> None:
    page = visit.page
    told = page.locator("[data-network]")
    expect(told).to_have_count(0)
    cut = time.monotonic()
    page.evaluate(TURN, False)
    expect(told).to_contain_text("No network. The library and everything made on this computer go on")
    assert time.monotonic() - cut < SOON
    for view, name in (("history", "History"), ("settings", "Settings"), ("albums", "Albums")):
        visit.go(view)
        expect(page.get_by_role("heading", level=1, name=name)).to_be_visible()
    visit.go("create")
    page.locator("#create-prompt").fill("a heron without a network")
    page.locator(".generate").click()
    expect(page.locator(".made img").first).to_be_visible(timeout=30_000)
    back = time.monotonic()
    page.evaluate(TURN, True)
    expect(told).to_have_count(0)
    assert time.monotonic() - back < SOON


def test_jobs_wait_for_a_provider_that_is_away_and_go_on_when_it_is_back(
    visit: Visit, place: Studio, service: Service
) -> None:
    page = visit.page
    begin(place, "first", "second", "third")
    told = page.locator("[data-network]")
    expect(told).to_contain_text("studio cannot be reached. Jobs for it wait and go on by themselves")
    rows = page.locator(".job.waiting, .job.queued")
    expect(rows).to_have_count(3)
    for row in rows.all():
        expect(row).to_contain_text("Waiting for the network")
    begin(place, "an owl at home", provider="sketch")
    expect(page.locator(".job.done:has-text('an owl at home')")).to_be_visible(timeout=20_000)
    page.wait_for_timeout(6000)  # by now a job would be tried again only after some seconds
    assert place.ask("GET", "/status")["spend"]["unpriced"] == 0 and service.fake.bill == []
    with service.on():
        back = time.monotonic()
        expect(told).to_have_count(0)
        assert time.monotonic() - back < SOON + 1.0  # a look each second, and the news of it
        expect(page.locator(".job.done:has-text('studio')")).to_have_count(3, timeout=20_000)
    assert len(service.fake.bill) == 3
    until(lambda: not place.ask("GET", "/status")["attention"])


@pytest.mark.parametrize("language", ["en", "zh-TW"])
@pytest.mark.parametrize("theme", ["light", "dark", "contrast"])
def test_what_is_told_is_accessible_and_fits(visit: Visit, place: Studio, language: str, theme: str) -> None:
    page = visit.page
    visit.dress(language=language, theme=theme)
    page.evaluate(TURN, False)
    expect(page.locator("[data-network]")).to_be_visible()
    fits_at_every_width(page, f"network-{language}-{theme}")
