"""One Chromium for the room, one daemon with pictures per file, one browser of its own per test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, expect, sync_playwright

from tests.browser import scenes
from tests.browser.house import PATIENCE_MS, Studio, Visit, launch, visiting, watch
from tests.daemonhouse import running_daemon, until

PICTURES = 12


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker("browser")
            item.add_marker("process")


# Not for the session: while it is open, the loop of Playwright counts as running, and async tests could not run theirs.
@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        chromium = launch(playwright.chromium)
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    """A daemon whose library holds twelve pictures, 00 to 11."""
    folder = tmp_path_factory.mktemp("studio")
    with running_daemon(folder / "home") as url:
        studio = Studio(folder / "home", url)
        for file in scenes.gallery(folder / "pictures", PICTURES, share=4):
            studio.upload(file)
        yield studio


@pytest.fixture(scope="module")
def guest(browser: Browser, studio: Studio) -> Iterator[BrowserContext]:
    """A browser that was let in; its tabs share what they loaded, so that a new one opens at once."""
    with visiting(browser, studio) as visit:
        yield visit.context


@pytest.fixture
def visit(guest: BrowserContext, studio: Studio) -> Iterator[Visit]:
    """A new tab, in English; at the end it must have complained about nothing and asked nobody else."""
    studio.prefer(language="en", theme="light")
    visit = Visit(studio, guest, guest.new_page())
    watch(visit, visit.page)
    visit.page.goto(studio.url)
    visit.page.wait_for_selector("#main")
    yield visit
    assert visit.said == []
    assert visit.strangers() == []
    visit.page.close()


@pytest.fixture(scope="module")
def versions(studio: Studio, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A picture of a watched folder that was edited in place twice: three versions."""
    folder = tmp_path_factory.mktemp("watched")
    scenes.paint(folder / "cat.png", 40, "貓咪海報，霓虹燈", size=(240, 160))
    studio.ask("POST", "/w/-/watched", {"path": str(folder)})
    asset = until(lambda: [item for item in studio.find()["items"] if item["name"] == "cat.png"])[0]["id"]
    for number, edit in enumerate((41, 43), start=2):
        scenes.paint(folder / "cat.png", edit, "貓咪海報，霓虹燈，加強對比", size=(240, 160))
        until(lambda count=number: len(studio.show(asset)["versions"]) == count)
    yield asset
