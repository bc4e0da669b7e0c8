"""What people do apart from an admin who takes their rights away: quarantine, and a removal, as each page tells it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, expect

from tests.browser import scenes
from tests.browser.house import Studio, Visit, axe, visiting
from tests.browser.sharing.pairing import daemons, let_in, pause
from tests.browser.sharing.test_devices import shot
from tests.daemonhouse import until

PICTURES = 3
MET = 80_000  # ms; the longest pause between two tries to connect


@pytest.fixture(scope="module")
def homes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Studio]]:
    """alice, an admin with pictures; bob, an editor; carol, a viewer: all of one workspace, and connected."""
    folder = tmp_path_factory.mktemp("apart")
    with daemons(folder, "alice", "bob", "carol") as found:
        for file in scenes.gallery(folder / "pictures", PICTURES, share=4):
            found[0].upload(file)
        let_in(found[0], found[1], "Bob")
        let_in(found[0], found[2], "Carol", "viewer")
        for each in found:
            until(lambda each=each: each.find()["total"] == PICTURES)
        yield found


@pytest.fixture
def alice(browser: Browser, homes: list[Studio]) -> Iterator[Visit]:
    with visiting(browser, homes[0], "people") as visit:
        yield visit
        assert visit.said == [] and visit.strangers() == []


def quarantine(visit: Visit) -> Locator:
    return visit.page.locator("section.quarantine")


def ratings(studio: Studio) -> set[int]:
    return {each["rating"] for each in studio.find()["items"]}


def apart(visit: Visit, bob: Studio, rating: int) -> None:
    """Bob rates two pictures while his device meets nobody; alice makes him a viewer; then they meet."""
    pause(bob, True)
    assets = [each["id"] for each in bob.find()["items"][:2]]
    bob.ask("POST", "/w/-/assets/edit", {"assets": assets, "change": {"rating": rating}})
    visit.page.get_by_role("button", name="Role of Bob").click()
    visit.page.get_by_role("menuitemradio", name=re.compile("^viewer")).click()
    visit.notice("Role of Bob: viewer")
    pause(bob, False)
    visit.studio.ask("POST", "/w/-/sync/now", {})


def test_changes_made_apart_wait_for_the_admin_alone_and_count_once_accepted(
    alice: Visit, browser: Browser, homes: list[Studio]
) -> None:
    _, bob, carol = homes
    apart(alice, bob, 4)
    waiting = quarantine(alice)
    expect(waiting).to_contain_text("2 changes by Bob, whose role is viewer", timeout=MET)
    assert ratings(alice.studio) == {0}
    assert axe(alice.page) == []
    shot(alice.page, "quarantine-admin")
    with visiting(browser, carol, "people") as other, visiting(browser, bob, "people") as own:
        until(lambda: carol.ask("GET", "/w/-/quarantine")["quarantine"])
        expect(other.page.get_by_role("button", name="Role of Bob")).to_be_visible()
        expect(quarantine(other)).to_have_count(0)
        expect(quarantine(own)).to_contain_text("2 changes by Bob, whose role is viewer")
        expect(quarantine(own)).to_contain_text("ask an administrator")
        for visit in (own, other):
            expect(visit.page.get_by_role("button", name="Accept")).to_have_count(0)
        assert ratings(bob) == {0}, "what is in quarantine has no effect there either"
        assert axe(own.page) == []
        shot(own.page, "quarantine-own")
        waiting.get_by_role("button", name="Accept").click()
        alice.notice("2 changes by Bob count now")
        expect(waiting).to_have_count(0)
        expect(quarantine(own)).to_have_count(0)
        for each in homes:
            until(lambda each=each: ratings(each) == {0, 4})
        assert own.said == other.said == []


def test_what_is_taken_off_the_list_has_no_effect_anywhere(alice: Visit, homes: list[Studio]) -> None:
    _, bob, _ = homes
    alice.page.get_by_role("button", name="Role of Bob").click()
    alice.page.get_by_role("menuitemradio", name="editor").click()
    until(lambda: bob.ask("GET", "/status")["workspace"]["role"] == "editor")
    apart(alice, bob, 1)
    waiting = quarantine(alice)
    expect(waiting).to_contain_text("2 changes by Bob", timeout=MET)
    waiting.get_by_role("button", name="Take off the list").click()
    alice.notice("2 changes by Bob are off the list")
    expect(waiting).to_have_count(0)
    for each in homes:
        until(lambda each=each: not each.ask("GET", "/w/-/quarantine")["quarantine"])
        assert ratings(each) == {0, 4}


def member(studio: Studio, name: str) -> dict[str, Any]:
    return next(each for each in studio.ask("GET", "/w/-/members")["members"] if each["name"] == name)


def test_a_member_is_removed_and_both_sides_say_what_that_means(
    alice: Visit, browser: Browser, homes: list[Studio], tmp_path: Path
) -> None:
    _, bob, carol = homes
    alice.studio.ask("PATCH", f"/w/-/members/{member(alice.studio, 'Bob')['id']}", {"role": "editor"})
    until(lambda: bob.ask("GET", "/status")["workspace"]["role"] == "editor")
    for each in (alice.studio, carol):
        each.ask("PUT", "/w/-/copies/policy", {"kind": "thumbnails"})
    bob.upload(scenes.paint(tmp_path / "only-bobs.png", 90, size=(64, 48)))
    until(lambda: alice.studio.find("only-bobs")["total"])
    until(lambda: alice.studio.find("only-bobs")["items"][0]["state"] == "elsewhere")
    with visiting(browser, bob, "people") as own:
        alice.page.get_by_role("button", name="Remove: Bob").click()
        sheet = alice.page.get_by_role("dialog", name="Remove Bob?")
        expect(sheet).to_contain_text("What is on the device already stays there.")
        expect(sheet).to_contain_text("everybody who stays gets a new key")
        expect(sheet).to_contain_text("One original")
        expect(sheet).to_contain_text("only-bobs.png")
        assert axe(alice.page) == []
        shot(alice.page, "remove-member")
        sheet.get_by_role("button", name="Remove", exact=True).click()
        alice.notice("Bob was removed.")
        expect(alice.page.get_by_role("button", name="Role of Bob")).to_have_text("no role")
        # He is told so, and by whom; nothing else goes to him any more.
        told = own.page.locator("[data-removed=member]")
        expect(told).to_contain_text(re.compile(r"You were removed from .+ by alice on "), timeout=MET)
        expect(told).to_contain_text("What is on this device stays")
        own.go("devices")
        expect(own.page.locator("[data-standing=connected]")).to_have_count(0)
        assert axe(own.page) == []
        shot(own.page, "removed-own")
        own.go("pictures")
        own.see(PICTURES + 1)
        assert own.said == []
    until(lambda: not bob.ask("GET", "/peers")["connected"])
    until(lambda: member(carol, "Bob")["role"] == "none")
    alice.studio.edit(alice.studio.find()["items"][0]["id"], title="after the removal")
    until(lambda: carol.find("after the removal")["total"] == 1)
    assert bob.find("after the removal")["total"] == 0
