"""The menu of a picture by the right button and by its key; what a phone has room for."""

from __future__ import annotations

from playwright.sync_api import Browser, expect

from tests.browser.house import Studio, Visit, axe, visiting
from tests.daemonhouse import until


def test_right_button_opens_what_can_be_done_with_the_selection(visit: Visit) -> None:
    page, place = visit.page, visit.studio
    visit.go("pictures?sort=name")
    visit.see(12)
    visit.tiles().nth(0).locator(".picture").click()
    visit.tiles().nth(1).locator(".picture").click(modifiers=["Control"])
    visit.tiles().nth(1).locator(".picture").click(button="right")
    menu = page.get_by_role("menu", name="2 selected")
    expect(menu).to_be_visible()
    assert axe(page) == []
    menu.get_by_role("menuitem", name="Pick", exact=True).click()
    until(lambda: place.find("flag:pick")["total"] == 2)
    visit.tiles().nth(3).locator(".picture").click(button="right")
    menu = page.get_by_role("menu", name="1 selected")
    menu.get_by_role("menuitem", name="Rating").press("ArrowRight")
    page.get_by_role("menuitem", name="4 stars").click()
    until(lambda: place.find("rating:4")["total"] == 1)
    visit.tiles().nth(3).locator(".picture").click(button="right")
    page.get_by_role("menuitem", name="Add to an album").click()
    expect(page.get_by_role("searchbox", name="Find or name an album")).to_be_focused()
    visit.press("Escape")


def test_menu_key_opens_it_where_the_focus_is(visit: Visit) -> None:
    page = visit.page
    visit.go("pictures?sort=name")
    visit.see(12)
    visit.tiles().nth(2).focus()
    visit.press("ContextMenu")
    menu = page.get_by_role("menu")
    expect(menu).to_be_visible()
    expect(menu.get_by_role("menuitem").first).to_be_focused()
    visit.press("Escape")
    expect(menu).to_have_count(0)
    expect(visit.tiles().nth(2)).to_be_focused()
    visit.tiles().nth(2).press("ContextMenu")
    page.get_by_role("menuitem", name="Open").press("Enter")
    page.wait_for_selector(".panel")


def test_several_pictures_are_rated_and_sized_on_a_phone(browser: Browser, studio: Studio) -> None:
    studio.prefer(language="en", theme="light")
    with visiting(browser, studio, at="pictures?sort=name", viewport={"width": 390, "height": 844}) as visit:
        page = visit.page
        for each in (6, 7):
            visit.tiles().nth(each).locator(".pick").check(force=True)
        page.get_by_role("toolbar").get_by_role("button", name="2 stars").click()
        until(lambda: studio.find("rating:2")["total"] == 2)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        wide = "each => each.getBoundingClientRect().width"
        before = visit.tiles().first.evaluate(wide)
        page.get_by_role("slider", name="Size").press("Home")
        until(lambda: page.wait_for_timeout(20) or visit.tiles().first.evaluate(wide) < before - 40)
        places = page.locator(".places > li:visible").all_inner_texts()
        assert [each.split("\n")[0] for each in places] == ["Pictures", "Create", "Queue", "Albums", "More"]
        assert visit.said == []


def test_a_picture_sits_on_its_caption_and_begins_where_it_does(visit: Visit) -> None:
    visit.go("pictures?sort=name")
    visit.see(12)
    for tile in visit.tiles().all()[:6]:
        picture, caption = tile.locator(".mount").bounding_box(), tile.locator(".caption").bounding_box()
        assert picture and caption
        assert abs(picture["x"] - caption["x"]) < 1
        assert abs(picture["y"] + picture["height"] - caption["y"]) < 2


def test_at_the_highest_zoom_more_than_the_bars_is_seen(browser: Browser, studio: Studio) -> None:
    with visiting(browser, studio, at="create", viewport={"width": 320, "height": 256}) as visit:
        foot = visit.page.locator(".composer-foot")
        assert foot.evaluate("each => getComputedStyle(each).position") == "static"
        nav = visit.page.locator(".sidebar").bounding_box()
        assert nav and nav["height"] <= 44
        expect(visit.page.get_by_role("link", name="Albums")).to_be_visible()
