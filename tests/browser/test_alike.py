"""Pictures that look the same, on the page: asked about two by two, answered, taken back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, expect

from tests.browser.house import Studio, Visit, axe, visiting
from tests.daemonhouse import running_daemon, until
from tests.library.intake.saving import drawn, save_again, save_first


@pytest.fixture
def doubled(browser: Browser, tmp_path: Path) -> Iterator[Visit]:
    """Three pictures whose files are there, saved again beside them."""
    home, folder = tmp_path / "home", tmp_path / "pictures"
    for number in range(3):
        save_first(drawn(number), folder / f"{number}.png", 1)
    with running_daemon(home) as url:
        studio = Studio(home, url)
        bring_in(studio, folder, 3)
        for number in range(3):
            save_again(folder / f"{number}.png", folder / "again" / f"again {number}", number)
        first = studio.ask("GET", "/w/-/assets?q=0.png")["items"][0]["id"]
        studio.ask("PATCH", f"/w/-/assets/{first}", {"rating": 4, "add_tags": ["客戶"]})
        with visiting(browser, studio) as visit:
            visit.see(3)
            expect(visit.page.get_by_role("link", name="Alike")).to_have_count(0)
            bring_in(studio, folder, 6)
            yield visit


def bring_in(studio: Studio, folder: Path, total: int) -> None:
    studio.ask("POST", "/w/-/imports", {"paths": [str(folder)]})
    until(lambda: studio.ask("GET", "/w/-/assets")["total"] == total)


def pairs(visit: Visit) -> Locator:
    return visit.page.locator(".alike-pair")


def test_pictures_that_look_the_same_are_asked_about_and_answered(doubled: Visit) -> None:
    page, studio = doubled.page, doubled.studio
    link = page.get_by_role("link", name="Alike")
    expect(link).to_contain_text("3")  # it came by itself
    link.click()
    expect(pairs(doubled)).to_have_count(3)
    expect(page).to_have_title("Alike – Gesso")
    assert axe(page) == []
    pair = pairs(doubled).filter(has_text="0.png")
    expect(pair).to_contain_text("客戶")
    pair.get_by_role("button", name="The same picture").click()
    doubled.notice("“again 0.webp” is a version now")
    expect(pairs(doubled)).to_have_count(2)
    assert studio.ask("GET", "/w/-/assets?q=0.png")["items"][0]["versions"] == 2
    page.locator(".notice").last.get_by_role("button", name="Undo").click()
    expect(pairs(doubled)).to_have_count(3)
    other = pairs(doubled).filter(has_text="1.png").get_by_role("button", name="Different pictures")
    other.focus()
    doubled.press("Enter")
    doubled.notice("“again 1.jpg” stays a picture of its own")
    expect(pairs(doubled)).to_have_count(2)
    page.reload()
    expect(pairs(doubled)).to_have_count(2)
    assert studio.ask("GET", "/w/-/assets")["total"] == 6


def test_summary_of_an_import_tells_what_was_found_again_and_what_looks_the_same(
    doubled: Visit, tmp_path: Path
) -> None:
    page, folder = doubled.page, tmp_path / "pictures"
    tray = page.get_by_role("complementary", name="Work under way")
    expect(tray).to_contain_text("3 of the new look like ones that are here.")
    expect(tray).not_to_contain_text("found again")
    tray.get_by_role("link", name="Look at them").click()
    expect(pairs(doubled)).to_have_count(3)
    save_first(drawn(7), folder / "gone.png", 1)
    bring_in(doubled.studio, folder, 7)
    save_again(folder / "gone.png", folder / "again" / "found", 7)
    (folder / "gone.png").unlink()
    doubled.studio.bring_in(folder)
    expect(tray.locator(".card").filter(has_text="1 found again.")).to_have_count(1)


def test_what_the_older_picture_keeps_and_what_came_to_it_is_told(doubled: Visit) -> None:
    studio = doubled.studio
    names = ("0.png", "again%200.webp")
    older, newer = [studio.ask("GET", f"/w/-/assets?q={name}")["items"][0]["id"] for name in names]
    studio.ask("PATCH", f"/w/-/assets/{older}", {"title": "Dusk", "note": "older"})
    studio.ask("PATCH", f"/w/-/assets/{newer}", {"title": "Dawn", "note": "newer", "rating": 2, "label": "blue"})
    doubled.go("alike")
    pairs(doubled).filter(has_text="Dusk").get_by_role("button", name="The same picture").click()
    doubled.notice(
        "“Dawn” is a version now; the older picture keeps its own title and rating;"
        " both notes stand there, one after the other"
    )
    shown = studio.ask("GET", f"/w/-/assets/{older}")
    assert (shown["note"], shown["asset"]["label"]) == ("older\n\nnewer", "blue")
    doubled.page.locator(".notice").last.get_by_role("button", name="Undo").click()
    expect(pairs(doubled)).to_have_count(3)
    shown = studio.ask("GET", f"/w/-/assets/{older}")
    assert (shown["note"], shown["asset"]["label"], shown["asset"]["versions"]) == ("older", None, 1)


def test_after_an_answer_by_keyboard_the_next_pair_has_the_focus(doubled: Visit) -> None:
    page = doubled.page
    doubled.go("alike")
    expect(pairs(doubled)).to_have_count(3)
    pairs(doubled).nth(1).get_by_role("button", name="Different pictures").focus()
    names = [each.get_attribute("aria-label") for each in pairs(doubled).all()]
    doubled.press("Enter")
    expect(pairs(doubled)).to_have_count(2)
    assert pairs(doubled).nth(1).get_attribute("aria-label") == names[2]
    expect(pairs(doubled).nth(1).get_by_role("button").first).to_be_focused()
    doubled.press("Enter")  # the last of the list: the one before it is next
    expect(pairs(doubled)).to_have_count(1)
    expect(pairs(doubled).get_by_role("button").first).to_be_focused()
    doubled.press("Tab", "Enter")
    expect(pairs(doubled)).to_have_count(0)
    expect(page.get_by_role("heading", level=1)).to_be_focused()


def test_settings_tell_of_them_quietly_and_lead_there(doubled: Visit) -> None:
    page = doubled.page
    doubled.go("settings")
    notice = page.locator(".settings .banner").filter(has_text="look like ones which are here already: 3.")
    expect(notice).to_be_visible()
    expect(notice).not_to_contain_class("bad")
    expect(notice).not_to_contain_text("gesso alike")
    assert axe(page) == []
    notice.get_by_role("link", name="Look at them").click()
    expect(pairs(doubled)).to_have_count(3)


def test_nothing_is_wider_than_a_phone(doubled: Visit) -> None:
    doubled.page.set_viewport_size({"width": 390, "height": 844})
    doubled.go("alike")
    expect(pairs(doubled)).to_have_count(3)
    assert doubled.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    doubled.dress("zh-TW", "dark")
    expect(doubled.page.get_by_role("heading", name="看起來相同的圖片")).to_be_visible()
    assert axe(doubled.page) == []
