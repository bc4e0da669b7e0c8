"""Ten thousand pictures come to a device that was just let in: small ones first, and the grid is used meanwhile."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser import scenes
from tests.browser.house import Studio, Visit, visiting
from tests.browser.sharing.pairing import let_in
from tests.browser.sharing.test_devices import shot
from tests.browser.test_many import filled
from tests.daemonhouse import running_daemon, until

pytestmark = [pytest.mark.long, pytest.mark.timeout(290)]

MANY = 10_000
WEIGHT = 4_000  # bytes behind each picture, so that originals weigh more than small pictures
LIMIT = 500_000  # bytes a second that go out: originals are still coming when the rest is here
SCROLL = "share => { const box = document.querySelector('.grid-scroll'); box.scrollTop = share * box.scrollHeight; }"


def heavy(folder: Path) -> Path:
    chance = random.Random(9)
    for number in range(MANY):
        file = scenes.paint(folder / f"{number:05}.png", number, f"picture {number}", size=(24, 16))
        file.write_bytes(file.read_bytes() + chance.randbytes(WEIGHT))
    return folder


@pytest.fixture(scope="module")
def homes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Studio, Studio]]:
    """alice, who has them all, and bob, who has nothing and is alone."""
    folder = tmp_path_factory.mktemp("newcomer")
    with (
        running_daemon(folder / "alice", GESSO_SYNC_UPLOAD_LIMIT=str(LIMIT)) as hers,
        running_daemon(folder / "bob") as his,
    ):
        alice, bob = Studio(folder / "alice", hers), Studio(folder / "bob", his)
        path = str(heavy(folder / "pictures"))
        task = alice.ask("POST", "/w/-/imports", {"paths": [path], "reference": True})["id"]
        until(lambda: alice.ask("GET", f"/tasks/{task}")["state"] == "done", 200)
        assert alice.find()["total"] == MANY
        yield alice, bob


@pytest.fixture
def visit(browser: Browser, homes: tuple[Studio, Studio]) -> Iterator[Visit]:
    """Bob's page, from before he is let in."""
    homes[1].prefer(language="en", theme="light")
    with visiting(browser, homes[1], "pictures?sort=name") as visit:
        yield visit


def test_small_pictures_come_first_and_the_grid_is_used_meanwhile(visit: Visit, homes: tuple[Studio, Studio]) -> None:
    alice, bob = homes
    let_in(alice, bob, "Bob")
    expect(visit.page.locator("[role=gridcell] img").first).to_be_visible()
    first = bob.ask("GET", "/w/-/copies/incoming")
    assert first["originals"] < MANY, "the first pictures do not wait for the others"
    until(lambda: bob.find()["total"] == MANY, 120)
    until(lambda: bob.ask("GET", "/w/-/copies/incoming")["small"] == 0, 120)
    told = bob.ask("GET", "/w/-/copies/incoming")
    print(f"when all small pictures were here: {told}")
    assert told["of"] == MANY and told["originals"] < MANY / 4, "originals wait for the small ones"
    expect(visit.page.locator(".total")).to_have_text("10,000 pictures")
    for share in (0.5, 1.0, 0.25, 0.0):
        visit.page.evaluate(SCROLL, share)
        until(lambda: filled(visit))
    shot(visit.page, "newcomer")
    visit.tiles().first.focus()
    visit.press("End")
    last = visit.page.locator(f'[data-index="{MANY - 1}"]')
    expect(last).to_be_focused()
    expect(last).to_have_attribute("aria-label", "09999.png, picture 10,000 of 10,000")
    visit.press("5")
    until(lambda: bob.find("rating:5")["total"] == 1)
    until(lambda: alice.find("rating:5")["total"] == 1)
    away = bob.find("state:elsewhere")["items"][-1]
    visit.go(f"picture/{away['id']}")
    until(lambda: bob.show(away["id"])["asset"]["state"] == "here")
    left = bob.ask("GET", "/w/-/copies/incoming")
    assert left["originals"] < MANY, "the one that was opened came before the others"
    visit.go("devices")
    expect(visit.page.locator("[data-incoming]")).to_contain_text("/ 10,000")
    # What was not here when its tile came into sight was not found, and asked for again when it came.
    assert all("404" in each for each in visit.said)
