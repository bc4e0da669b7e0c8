"""A daemon with the built-in provider and a paid one of the person's own, and browsers where one creates."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.browser.house import Studio, Visit, visiting
from tests.browser.making.orders import jobs
from tests.daemonhouse import running_daemon
from tests.providers import atelier


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    """A daemon with the built-in provider and one of the person's own."""
    home = tmp_path_factory.mktemp("create") / "home"
    (home / "plugins").mkdir(parents=True)
    shutil.copy(atelier.__file__, home / "plugins" / "studio_atelier.py")
    (home / "config.toml").write_text('[providers.atelier]\nadapter = "studio_atelier.Atelier"\n', "utf-8")
    with running_daemon(home) as url:
        yield Studio(home, url)


@pytest.fixture
def visit(browser: Browser, place: Studio) -> Iterator[Visit]:
    """A new person's browser where one creates, the queue empty and going."""
    place.prefer(language="en", theme="light")
    place.ask("POST", "/w/-/jobs/pause", {"paused": False})
    going = [each for each in jobs(place) if each["state"] != "running"]
    for each in going:
        if each["state"] == "unknown":
            place.ask("POST", f"/w/-/jobs/{each['id']}/resolve", {"charged": False})
    if left := [each["id"] for each in going if each["state"] != "unknown"]:
        place.ask("POST", "/w/-/jobs/cancel", {"ids": left})
    with visiting(browser, place, at="create", wait="#main") as visit:
        visit.page.wait_for_selector("#create-prompt")
        yield visit
        assert visit.said == []
        assert visit.strangers() == []
