"""A device that deleted much at once, on the page: which pictures, what both answers do, and what came of one."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.house import Studio, Visit, fits_at_every_width, visiting
from tests.daemonhouse import running_daemon, until
from tests.library.replica.stopping import stopped_home


@pytest.fixture
def stopped(browser: Browser, tmp_path: Path) -> Iterator[tuple[Visit, str]]:
    """Bob's page, and what alice is called there."""
    with ThreadPoolExecutor(1) as apart:  # the loop of Playwright counts as running here
        name = apart.submit(lambda: asyncio.run(stopped_home(tmp_path / "home", tmp_path))).result()
    with running_daemon(tmp_path / "home") as url:
        studio = Studio(tmp_path / "home", url)
        with visiting(browser, studio) as visit:
            yield visit, name


def test_pictures_are_given_back_from_the_banner(stopped: tuple[Visit, str]) -> None:
    visit, name = stopped
    banner = visit.page.locator("[data-stopped]")
    expect(banner).to_contain_text(f"{name} deleted or replaced 40 pictures within an hour.")
    expect(banner).to_contain_text("on every device")
    expect(banner.locator("img")).to_have_count(8)
    for theme in ("dark", "light"):
        visit.dress(theme=theme)
        fits_at_every_width(visit.page, f"stopped-{theme}")
    banner.get_by_role("button", name="Give them back").click()
    expect(banner).to_have_count(0)
    visit.notice(f"40 pictures are as they were before {name} changed them.")
    assert visit.studio.ask("GET", "/w/-/assets")["total"] == 60
    assert visit.studio.ask("GET", "/w/-/stopped")["stopped"][0]["state"] == "rejected"


def test_it_is_let_through_in_chinese_and_the_pictures_go(stopped: tuple[Visit, str]) -> None:
    visit, name = stopped
    visit.dress("zh-TW")
    banner = visit.page.locator("[data-stopped]")
    expect(banner).to_contain_text(f"{name} 在一小時內刪除或取代了 40 張圖片。")
    banner.get_by_role("button", name="放行").click()
    visit.notice(f"已放行 {name}。")
    expect(banner).to_have_count(0)
    until(lambda: visit.studio.ask("GET", "/w/-/assets")["total"] == 20)
    visit.go("settings")
    visit.page.get_by_role("button", name="還原圖片").click()
    until(lambda: visit.studio.ask("GET", "/w/-/assets")["total"] == 60)
    expect(visit.page.get_by_text("之後已還原")).to_be_visible()
