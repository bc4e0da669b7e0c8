"""What an exchange would do and what came of it, and why devices differ: asked on the page, answered in words."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Route, expect

from tests.browser import scenes
from tests.browser.house import Studio, Visit, fits_at_every_width, still, visiting
from tests.browser.sharing.pairing import daemons, let_in, pause
from tests.browser.sharing.test_devices import shot
from tests.daemonhouse import until

PICTURES = 3


@pytest.fixture(scope="module")
def homes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Studio]]:
    """alice and bob, of one workspace with three pictures that both have."""
    folder = tmp_path_factory.mktemp("planned")
    with daemons(folder, "alice", "bob") as (alice, bob):
        for file in scenes.gallery(folder / "pictures", PICTURES, share=4):
            alice.upload(file)
        let_in(alice, bob)
        until(lambda: bob.find("state:here")["total"] == PICTURES)
        yield [alice, bob]


@pytest.fixture
def bob(browser: Browser, homes: list[Studio]) -> Iterator[Visit]:
    with visiting(browser, homes[1], "devices") as visit:
        visit.page.locator(".device").first.wait_for()
        yield visit
        assert visit.said == [] and visit.strangers() == []


def section(visit: Visit) -> Locator:
    return visit.page.locator("section").filter(has=visit.page.get_by_role("heading", name="Are the devices in step?"))


def ask(visit: Visit, question: str) -> Locator:
    section(visit).get_by_role("button", name=question).click()
    return section(visit)


def test_nothing_is_asked_of_others_until_a_person_does(bob: Visit) -> None:
    still(bob.page)
    assert not [url for url in bob.asked if "/sync/" in url or "/doctor" in url]
    plan = ask(bob, "What would an exchange do?").locator(".plan")
    expect(plan.locator("[data-asked=asked]")).to_contain_text("Nothing would come from there. Nothing would go there.")
    expect(plan).to_contain_text("No picture and nothing else would change here.")
    expect(plan).to_contain_text("Every original that is here stays here")


def test_what_is_planned_while_paused_comes_when_the_exchange_goes_on(
    bob: Visit, homes: list[Studio], tmp_path: Path
) -> None:
    alice = homes[0]
    pause(bob.studio, True)
    changed, binned = (each["id"] for each in alice.find()["items"][:2])
    alice.edit(changed, rating=4)
    alice.ask("POST", "/w/-/assets/bin", {"assets": [binned]})
    alice.upload(scenes.paint(tmp_path / "new-one.png", 70, size=(64, 48)))
    bob.studio.ask("POST", "/w/-/projects", {"name": "Only here"})
    plan = ask(bob, "What would an exchange do?").locator(".plan")
    expect(plan.locator("[data-asked=asked]")).to_contain_text("3 changes would come from there")
    expect(plan.locator("[data-asked=asked]")).to_contain_text("1 change would go there")
    expect(plan.locator("[data-fate=added]")).to_contain_text("1 picture would be added")
    expect(plan.locator("[data-fate=added]")).to_contain_text("new-one.png")
    expect(plan.locator("[data-fate=changed] a")).to_have_attribute("href", f"#/picture/{changed}")
    expect(plan.locator("[data-fate=binned]")).to_contain_text("1 picture would go into the bin")
    expect(plan).to_contain_text("1 original would be fetched")
    expect(plan).to_contain_text("The exchange is paused on this device")
    assert bob.studio.find()["total"] == PICTURES, "nothing is changed by asking"
    fits_at_every_width(bob.page, "plan-paused")
    bob.page.set_viewport_size({"width": 1366, "height": 768})
    plan.get_by_role("button", name="Let the exchange go on").click()
    expect(plan.locator("[data-receipt=equal]")).to_contain_text("things that were planned are here", timeout=80_000)
    assert not bob.studio.ask("GET", "/peers")["paused"]
    assert bob.studio.find()["total"] == PICTURES and bob.studio.show(changed)["asset"]["rating"] == 4
    shot(bob.page, "plan-receipt")


def test_what_came_otherwise_is_named_with_why(bob: Visit, homes: list[Studio], tmp_path: Path) -> None:
    alice = homes[0]
    pause(bob.studio, True)
    first = alice.find()["items"][0]["id"]
    alice.edit(first, title="as planned")
    plan = ask(bob, "What would an exchange do?").locator(".plan")
    expect(plan.locator("[data-fate=changed]")).to_be_visible()
    alice.edit(first, title="and then otherwise")
    plan.get_by_role("button", name="Let the exchange go on").click()
    receipt = plan.locator("[data-receipt=different]")
    expect(receipt).to_contain_text("0 of 1 are here as planned, 1 is not:", timeout=80_000)
    expect(receipt).to_contain_text("something else happened to it meanwhile")
    expect(receipt).to_contain_text("1 further change came besides")


def test_devices_that_cannot_say_are_told_of_and_offline_nothing_is_offered(bob: Visit, homes: list[Studio]) -> None:
    def older(route: Route) -> None:
        made = route.fetch().json()
        route.fulfill(json={**made, "devices": [{**each, "state": "older"} for each in made["devices"]]})

    bob.between("**/sync/plan", older)
    plan = ask(bob, "What would an exchange do?").locator(".plan")
    expect(plan.locator("[data-asked=older]")).to_contain_text("alice It runs an older Gesso")
    bob.page.unroute("**/sync/plan")
    bob.studio.ask("POST", "/offline", {"on": True})
    plan.get_by_role("button", name="Ask again").click()
    expect(plan.locator("[data-asked=away]")).to_contain_text("It was not reached")
    expect(plan).to_contain_text("Gesso is offline")
    expect(plan.get_by_role("button")).to_have_count(1)
    expect(plan.locator("[data-fate]")).to_have_count(0)
    bob.studio.ask("POST", "/offline", {"on": False})
    until(lambda: bob.studio.ask("GET", "/status")["peers"][0]["connected"], 80)


def test_why_devices_differ_is_said_with_what_to_do(bob: Visit, homes: list[Studio]) -> None:
    alice, asset = homes[0], homes[0].find()["items"][0]["id"]
    until(lambda: not compared(bob.studio)["differences"], 60)
    expect(ask(bob, "Why do devices differ?").locator("[data-compared=same]")).to_contain_text(
        "“alice”: nothing differs."
    )
    pause(alice, True)
    bob.studio.edit(asset, rating=2)
    found = ask(bob, "Why do devices differ?").locator("[data-compared=differs]")
    reason = found.locator("[data-difference=segments]")
    expect(reason).to_contain_text("Changes made on “bob” are missing on “alice”: 1")
    expect(reason).to_contain_text("They come by themselves while both devices are connected.")
    expect(found.locator("[data-difference=documents]")).to_contain_text("Because of that")
    expect(found).to_contain_text("Heard of last")
    fits_at_every_width(bob.page, "differ")
    bob.dress("zh-TW", "dark")
    expect(bob.page.locator("[data-difference=segments]")).to_contain_text("「alice」缺少在「bob」上做的變更：1 筆")
    fits_at_every_width(bob.page, "differ-zh-TW")
    pause(alice, False)
    bob.dress("en", "light")


def compared(studio: Studio) -> dict[str, Any]:
    told: dict[str, Any] = studio.ask("GET", "/w/-/peers/doctor")["peers"][0]
    return told
