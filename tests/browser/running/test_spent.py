"""What is under way and what was spent, in the frame of every view: as the ledger, and the provider's bill, have it."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from providers.fakes.openai import FakeOpenAI
from tests.browser.house import Studio, Visit, axe, visiting
from tests.browser.running.test_network import Service
from tests.daemonhouse import running_daemon, until

MODEL = "gpt-image-2"


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    service = Service()
    service.fake = FakeOpenAI()
    with service.on():
        yield service


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, service: Service) -> Iterator[Studio]:
    home = tmp_path_factory.mktemp("spent") / "home"
    home.mkdir()
    address = f"http://127.0.0.1:{service.port}/v1"
    (home / "config.toml").write_text(f'[providers.studio]\nadapter = "openai"\nbase_url = "{address}"\n', "utf-8")
    with running_daemon(home) as url:
        yield Studio(home, url)


@pytest.fixture
def visit(browser: Browser, place: Studio) -> Iterator[Visit]:
    place.prefer(language="en", theme="light")
    with visiting(browser, place) as visit:
        yield visit
        assert visit.said == []
        assert visit.strangers() == []


def micros(text: str) -> int:
    """`$0.123456 today` in millionths."""
    found = re.search(r"\$([\d,]+)\.(\d+)", text)
    assert found, text
    return int(found[1].replace(",", "")) * 1_000_000 + int(found[2].ljust(6, "0"))


def ask(place: Studio, *prompts: str) -> None:
    order = {"prompts": prompts, "targets": [{"provider": "studio", "model": MODEL}]}
    place.ask("POST", "/w/-/jobs", order)


def ended(place: Studio) -> bool:
    queue = place.ask("GET", "/status")["queue"]
    return not (queue["queued"] or queue["waiting"] or queue["running"])


def shown(page: Page) -> list[int]:
    return [micros(each) for each in page.locator("[data-badge] [data-spent]").all_inner_texts()]


def test_badge_equals_the_bill_to_the_millionth(visit: Visit, place: Studio, service: Service) -> None:
    page = visit.page
    expect(page.locator("[data-badge]")).to_have_count(0)
    for prompts in (("a heron",), ("an owl " * 40, "a tern", "a grebe " * 17)):
        ask(place, *prompts)
        until(lambda: ended(place))
        billed = service.fake.billed
        assert billed > 0 and billed % 10_000, "an even number of cents would show nothing"
        until(lambda billed=billed: page.wait_for_timeout(50) or shown(page) == [billed, billed])
        assert round(place.ask("GET", "/status")["spend"]["month"] * 1_000_000) == billed
    visit.go("queue")
    expect(page.locator("[data-spend]")).to_contain_text("today")
    assert micros(page.locator("[data-spend]").inner_text()) == service.fake.billed


def test_badge_counts_what_waits_and_what_is_to_be_decided(visit: Visit, place: Studio, service: Service) -> None:
    page = visit.page
    place.ask("POST", "/w/-/jobs/pause", {"paused": True})
    ask(place, "waits", "waits too")
    expect(page.locator("[data-going]")).to_have_text("2 waiting")
    waiting = [each["id"] for each in place.ask("GET", "/w/-/jobs")["jobs"]]
    place.ask("POST", "/w/-/jobs/cancel", {"ids": waiting})
    place.ask("POST", "/w/-/jobs/pause", {"paused": False})
    expect(page.locator("[data-going]")).to_have_count(0)
    page.locator("[data-badge]").click()
    expect(page.get_by_role("heading", level=1, name="Queue")).to_be_visible()


def test_outcomes_are_seen_everywhere_and_decided_by_keys_alone(visit: Visit, place: Studio, service: Service) -> None:
    from providers.fakes.faults import Fault

    page = visit.page
    before = service.fake.billed
    service.fake.script.add(*[Fault("drop")] * 3)
    ask(place, "lost one", "lost two", "lost three")
    until(lambda: place.ask("GET", "/status")["queue"]["unknown"] == 3)
    told = page.locator("[data-undecided]")
    for view in ("pictures", "create", "settings"):
        visit.go(view)
        expect(told).to_contain_text("3 outcomes to decide")
    expect(page.locator("[data-going]")).to_have_text("3 outcomes to decide")
    page.set_viewport_size({"width": 390, "height": 800})
    expect(told).to_be_in_viewport(ratio=1)
    page.set_viewport_size({"width": 1280, "height": 800})
    visit.go("pictures")
    page.locator("#main").focus()
    page.evaluate("document.activeElement.blur()")
    visit.press("q")
    asked = page.locator(".unknown-job")
    expect(asked).to_have_count(3)
    expect(asked.first).to_be_focused()
    expect(told).to_have_count(0)
    assert axe(page) == []
    if folder := os.environ.get("GESSO_SHOTS"):
        page.screenshot(path=f"{Path(folder)}/undecided.png")
    visit.press("y")
    expect(asked).to_have_count(2)
    expect(asked.first).to_be_focused()
    visit.press("n")
    expect(asked).to_have_count(1)
    expect(asked.first).to_be_focused()
    visit.press("l")
    expect(asked).to_have_count(0)
    page.get_by_role("button", name="Ask about them now").press("Enter")
    asked.first.focus()
    visit.press("n")
    until(lambda: place.ask("GET", "/status")["queue"]["unknown"] == 0)
    ends = place.ask("GET", "/w/-/jobs?ended=true&limit=20")["jobs"]
    codes = sorted(each["error"]["code"] for each in ends if each["prompt"].startswith("lost"))
    assert codes == ["job.decided_charged", "job.decided_free", "job.decided_free"]
    assert service.fake.billed > before  # what the fake took for them is its own affair


@pytest.mark.parametrize("language", ["en", "zh-TW"])
@pytest.mark.parametrize("theme", ["light", "dark", "contrast"])
def test_badge_is_accessible_and_fits(visit: Visit, place: Studio, language: str, theme: str) -> None:
    page = visit.page
    place.prefer(language=language, theme=theme)
    expect(page.locator("html")).to_have_attribute("lang", language)
    expect(page.locator("html")).to_have_attribute("data-theme", theme)
    expect(page.locator("[data-badge]")).to_be_visible()
    for width in (390, 1280, 1920):
        page.set_viewport_size({"width": width, "height": 800})
        page.wait_for_timeout(300)
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        assert axe(page) == []
        if folder := os.environ.get("GESSO_SHOTS"):
            page.screenshot(path=f"{Path(folder)}/badge-{language}-{theme}-{width}.png")
