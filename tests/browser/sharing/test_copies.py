"""Where originals are among several devices: signs, words, pinning and letting go."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from library.copies import holders
from library.copies.holders import Presence
from library.copies.named import LET_GO, ORIGINAL
from library.rows import put
from library.views.images import refresh_states
from tests.browser import scenes
from tests.browser.house import Studio, Visit, axe, named, open_picture, visiting
from tests.daemonhouse import running_daemon, until

SHOTS = os.environ.get("GESSO_SHOTS")


def spread(database: Path) -> None:
    """As after a while with another device: it has all but the last two; the first three are not here."""
    connection = sqlite3.connect(database, isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")
    (device,) = connection.execute("SELECT device FROM segment ORDER BY id LIMIT 1").fetchone()
    rows = connection.execute("SELECT name, sha256 FROM asset ORDER BY name").fetchall()
    hashes = [hash for _, hash in rows]
    holders.learn(connection, device, b"j" * 16, Presence(1, hashes[:-2], [], False))
    for number, hash in enumerate(hashes[:3]):
        size, kind = connection.execute("SELECT size, media_type FROM blob WHERE hash=?", (hash,)).fetchone()
        put(connection, "blob", hash, size, kind, 0)
        rank = ORIGINAL if number == 0 else LET_GO
        connection.execute("INSERT INTO lacking(hash, size, rank) VALUES(?, ?, ?)", (hash, size, rank))
    refresh_states(connection, hashes)
    connection.execute("COMMIT")
    connection.close()


def ended(studio: Studio, task: Any) -> Any:
    """What a task has come to."""

    def now() -> Any:
        told = studio.ask("GET", f"/tasks/{task['id']}")
        return told if told["state"] == "done" else None

    return until(now)["result"]


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    """A daemon of the second device of a workspace with six pictures, 00 to 05."""
    folder = tmp_path_factory.mktemp("two")
    with running_daemon(folder / "alice") as url:
        alice = Studio(folder / "alice", url)
        for file in scenes.gallery(folder / "pictures", 6, share=4):
            alice.upload(file)
        ended(alice, alice.ask("POST", "/w/-/backup", {"path": str(folder / "backup")}))
    with running_daemon(folder / "bob") as url:
        bob = Studio(folder / "bob", url)
        made = ended(bob, bob.ask("POST", "/restore", {"path": str(folder / "backup")}))
        place = next(each for each in bob.ask("GET", "/workspaces")["workspaces"] if each["id"] == made["id"])
        bob.ask("PATCH", f"/workspaces/{made['id']}", {"default": True})
    spread(Path(place["folder"]) / "library.sqlite")
    with running_daemon(folder / "bob") as url:
        yield Studio(folder / "bob", url)


def test_every_tile_tells_where_its_original_is(visit: Visit) -> None:
    visit.go("pictures?sort=name")
    visit.see(6)
    for name, sign in (("00", "Coming"), ("01", "On another device"), ("02", "On another device"), ("04", "Only copy")):
        expect(visit.tile(name).locator(".presence")).to_have_attribute("title", sign)
    expect(visit.tile("03").locator(".presence")).to_have_count(0)
    assert "Only copy" in (visit.tile("05").get_attribute("aria-label") or "")
    assert axe(visit.page) == []
    if SHOTS:
        visit.page.screenshot(path=f"{SHOTS}/copies-tiles.png")


def test_panel_says_it_in_words_and_pins(visit: Visit, studio: Studio) -> None:
    open_picture(visit, named(studio, "01"))
    kept = visit.page.locator(".kept")
    expect(kept).to_contain_text("On another device")
    expect(kept.get_by_role("button", name="Let originals go")).to_have_count(0)
    expect(visit.page.locator(".copies")).to_contain_text("There, as it said")
    expect(visit.page.locator(".banner")).to_contain_text("The original is on another device")
    kept.get_by_role("button", name="Pin: keep originals here").click()
    visit.notice("Pinned: its original comes here and stays")
    expect(kept).to_contain_text("Pinned to this device")
    expect(kept).to_contain_text("Coming from another device")
    if SHOTS:
        visit.page.screenshot(path=f"{SHOTS}/copies-panel.png")
    kept.get_by_role("button", name="Unpin").click()
    visit.notice("Unpinned")
    expect(kept).to_contain_text("Kept on this device")


def test_what_this_device_keeps_is_chosen_in_the_settings(visit: Visit, studio: Studio) -> None:
    visit.go("settings")
    heading = visit.page.get_by_role("heading", name="Originals on this device")
    section = visit.page.locator("section section", has=heading)
    expect(section).to_contain_text("Originals take up")
    visit.between("**/copies/policy", lambda route: None if route.request.method == "GET" else route.continue_())
    section.get_by_text("Small pictures, and pinned originals").click()
    until(lambda: studio.ask("GET", "/w/-/copies/policy")["default"]["kind"] == "thumbnails")
    if SHOTS:
        section.scroll_into_view_if_needed()
        visit.page.screenshot(path=f"{SHOTS}/copies-settings.png")
    section.get_by_text("All originals").click()
    until(lambda: studio.ask("GET", "/w/-/copies/policy")["default"]["kind"] == "everything")
    visit.page.unroute("**/copies/policy")
    expect(section.get_by_role("radio", name="All originals")).to_be_checked()


def test_a_project_is_pinned_whole(visit: Visit, studio: Studio) -> None:
    project = studio.ask("POST", "/w/-/projects", {"name": "Client"})["id"]
    visit.go(f"project/{project}")
    visit.page.get_by_role("button", name="Pin: keep originals here").click()
    until(lambda: studio.ask("GET", "/w/-/copies/policy")["pinned"] == [project])
    visit.page.get_by_role("button", name="Unpin").click()
    until(lambda: studio.ask("GET", "/w/-/copies/policy")["pinned"] == [])


def test_opening_an_original_that_is_away_says_who_has_it(studio: Studio) -> None:
    (item,) = [each for each in studio.find()["items"] if each["name"].startswith("01")]
    with pytest.raises(AssertionError, match="elsewhere") as refused:
        studio.ask("GET", f"/w/-/blobs/{item['sha256']}")
    (copy,) = [each for each in studio.show(item["id"])["copies"] if each["device"]]
    assert f'"devices":"{copy["where"]}"' in str(refused.value).replace(" ", "")


def test_letting_go_says_why_originals_stay(visit: Visit) -> None:
    visit.go("pictures?sort=name")
    visit.tile("04").locator(".picture").click(button="right")
    visit.page.get_by_role("menuitem", name="Originals on this device").click()
    visit.page.get_by_role("menuitem", name="Let originals go").click()
    card = visit.page.locator(".card", has_text="Letting originals go")
    expect(card).to_contain_text("The original of 1 picture stays here")
    expect(card).to_contain_text("no other device has it")
    if SHOTS:
        visit.page.screenshot(path=f"{SHOTS}/copies-let-go.png")
    card.get_by_role("button", name="Close").click()


@pytest.mark.parametrize(("language", "theme", "width"), [("zh-TW", "dark", 390), ("zh-TW", "contrast", 1280)])
def test_it_reads_well_in_other_languages_themes_and_sizes(
    browser: Browser, studio: Studio, language: str, theme: str, width: int
) -> None:
    studio.prefer(language=language, theme=theme)
    with visiting(browser, studio, viewport={"width": width, "height": 800}) as visit:
        visit.go("pictures?sort=name")
        visit.see(6)
        expect(visit.tile("04").locator(".presence")).to_have_attribute("title", "唯一副本")
        assert axe(visit.page) == []
        if SHOTS:
            visit.page.screenshot(path=f"{SHOTS}/copies-{theme}-{width}.png")
    studio.prefer(language="en", theme="light")


def test_a_workspace_of_one_device_shows_nothing_of_it(browser: Browser, tmp_path: Path) -> None:
    with running_daemon(tmp_path / "home") as url:
        studio = Studio(tmp_path / "home", url)
        for file in scenes.gallery(tmp_path / "pictures", 2):
            studio.upload(file)
        with visiting(browser, studio) as visit:
            visit.go("pictures")
            visit.see(2)
            expect(visit.page.locator(".presence")).to_have_count(0)
            visit.tiles().first.locator(".picture").click(button="right")
            expect(visit.page.get_by_role("menuitem", name="Export")).to_be_visible()
            expect(visit.page.get_by_role("menuitem", name="Originals on this device")).to_have_count(0)
