"""Albums on the page: made, filled by key and by drag, put in order, nested, deleted and back."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Locator, Route, expect

from tests.browser.house import Studio, Visit, axe
from tests.daemonhouse import until


@pytest.fixture(autouse=True)
def no_albums(studio: Studio) -> Iterator[None]:
    yield
    for each in albums(studio):
        studio.ask("DELETE", f"/w/-/albums/{each['id']}")


def albums(studio: Studio) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = studio.ask("GET", "/w/-/albums")["albums"]
    return found


def make(studio: Studio, name: str, count: int = 0, **more: Any) -> str:
    """An album with the first pictures by name."""
    id = str(studio.ask("POST", "/w/-/albums", {"name": name, **more})["id"])
    if count:
        items = sorted(studio.find()["items"], key=lambda item: item["name"])
        studio.ask("POST", f"/w/-/albums/{id}/add", {"assets": [item["id"] for item in items[:count]]})
    return id


def order(studio: Studio, album: str) -> list[str]:
    return [item["name"][:2] for item in studio.ask("GET", f"/w/-/albums/{album}/assets")["items"]]


def comes(studio: Studio, album: str, *names: str) -> None:
    """Until its pictures stand so."""
    until(lambda: order(studio, album) == list(names))


def shelf(visit: Visit) -> Locator:
    return visit.page.get_by_role("navigation").get_by_role("list", name="Albums").first


def written(visit: Visit, name: str) -> None:
    field = visit.page.get_by_role("dialog").get_by_role("searchbox")
    expect(field).to_be_focused()
    visit.page.keyboard.type(name)


def test_album_is_made_from_a_selection_by_key_and_taken_back(visit: Visit, studio: Studio) -> None:
    visit.go("pictures?sort=name")
    visit.tile("00").focus()
    visit.press("Control+Space", "ArrowRight", "Control+Space", "a")
    written(visit, "精選 Best")
    visit.press("ArrowDown", "Enter")
    visit.notice("2 pictures added to the album “精選 Best”")
    entry = shelf(visit).get_by_role("link", name="精選 Best")
    expect(entry).to_contain_text("2")
    expect(entry.locator("img")).to_be_visible()
    visit.page.locator("#main").focus()
    visit.press("Control+z")
    expect(entry).to_contain_text("0")
    visit.press("Control+Shift+z")
    expect(entry).to_contain_text("2")
    entry.click()
    visit.see(2)
    expect(visit.page).to_have_title("精選 Best – Gesso")


def test_pictures_are_dropped_on_an_album_and_found_by_it(visit: Visit, studio: Studio) -> None:
    album = make(studio, "封面")
    visit.go("pictures?sort=name")
    visit.tile("03").locator(".picture").drag_to(shelf(visit).get_by_role("link", name="封面"))
    visit.notice("1 picture added to the album “封面”")
    comes(studio, album, "03")
    visit.page.get_by_role("button", name="Album", exact=True).click()
    visit.page.get_by_role("dialog").get_by_role("button", name="封面").click()
    visit.press("Escape")
    visit.see(1)
    expect(visit.page.get_by_role("button", name="Remove filter: Album 封面")).to_be_visible()


def test_order_is_changed_by_keys_one_and_several(visit: Visit, studio: Studio) -> None:
    album = make(studio, "順序", 5)
    visit.go(f"album/{album}")
    visit.see(5)
    visit.tile("01").focus()
    visit.press("Alt+ArrowRight", "Alt+ArrowRight")
    comes(studio, album, "00", "02", "03", "01", "04")
    expect(visit.tile("01")).to_be_focused()
    expect(visit.tile("01")).to_have_attribute("data-index", "3")
    expect(visit.page.get_by_role("status").filter(has_text="Moved to place 4 of 5")).to_have_count(1)
    visit.press("Alt+Home")
    comes(studio, album, "01", "00", "02", "03", "04")
    expect(visit.tile("01")).to_have_attribute("data-index", "0")
    visit.press("Control+Space", "ArrowRight", "Control+Space", "Alt+End")
    comes(studio, album, "02", "03", "04", "01", "00")
    visit.press("Control+z")
    comes(studio, album, "01", "00", "02", "03", "04")


def test_order_is_changed_by_dragging(visit: Visit, studio: Studio) -> None:
    album = make(studio, "拖曳", 4)
    visit.go(f"album/{album}")
    visit.see(4)
    place = visit.tile("03").bounding_box()
    assert place is not None
    near = {"x": place["width"] * 0.9, "y": 60}
    visit.tile("00").locator(".picture").drag_to(visit.tile("03"), target_position=near)  # type: ignore[arg-type]
    comes(studio, album, "01", "02", "03", "00")
    expect(visit.tile("00")).to_have_attribute("data-index", "3")
    visit.tile("03").locator(".picture").drag_to(visit.tile("01"), target_position={"x": 6, "y": 60})
    comes(studio, album, "03", "01", "02", "00")


def test_other_order_and_words_leave_the_own_order_alone(visit: Visit, studio: Studio) -> None:
    album = make(studio, "別的順序", 3)
    visit.go(f"album/{album}?sort=name")
    visit.see(3)
    visit.tile("02").focus()
    visit.press("Alt+ArrowLeft")
    visit.page.wait_for_timeout(200)
    assert order(studio, album) == ["00", "01", "02"]
    visit.go(f"album/{album}?q=貓咪")
    visit.see(studio.find(f"album:{album} 貓咪")["total"])


def test_picture_is_taken_out_and_stays_in_the_library(visit: Visit, studio: Studio) -> None:
    album, total = make(studio, "Loose", 3), studio.find()["total"]
    visit.go(f"album/{album}")
    visit.tile("01").locator(".picture").click()
    visit.page.get_by_role("button", name="Use as the album's cover").click()
    visit.notice("Cover of “Loose” changed")
    visit.page.get_by_role("button", name="Take out of the album").click()
    visit.notice("it stays in the library")
    visit.see(2)
    assert studio.find()["total"] == total
    visit.press("Control+z")
    visit.see(3)


def test_picture_tells_its_albums_and_leads_back_to_one(visit: Visit, studio: Studio) -> None:
    album = make(studio, "面板", 2)
    make(studio, "Other")
    visit.go(f"album/{album}")
    visit.tile("01").focus()
    visit.press("Enter")
    heading = visit.page.get_by_role("heading", name="Albums")
    chips = visit.page.locator(".panel section", has=heading).locator(".chip a")
    expect(chips).to_have_text(["面板"])
    visit.press("a")
    written(visit, "Oth")
    visit.press("Enter")
    expect(chips).to_have_text(["Other", "面板"])
    visit.page.get_by_role("button", name="Take out of the album Other").click()
    expect(chips).to_have_text(["面板"])
    visit.page.locator("#main").focus()
    visit.press("ArrowLeft")
    expect(visit.page.get_by_role("heading", level=1)).to_contain_text("00-")
    visit.press("Escape")
    visit.see(2)
    assert visit.page.url.endswith(f"#/album/{album}")


def test_albums_are_nested_moved_folded_and_follow_others(visit: Visit, studio: Studio) -> None:
    top = make(studio, "客戶")
    visit.go(f"album/{top}")
    visit.page.get_by_role("button", name="More for this album").click()
    visit.page.get_by_role("menuitem", name="New album in this one").click()
    visit.page.get_by_role("dialog").get_by_role("textbox").fill("夜市")
    visit.press("Enter")
    expect(visit.page).to_have_title("夜市 – Gesso")
    inner = shelf(visit).get_by_role("listitem").filter(has_text="客戶").get_by_role("listitem")
    expect(inner.get_by_role("link", name="夜市")).to_have_attribute("aria-current", "page")
    visit.page.get_by_role("navigation", name="Where the album stands").get_by_role("link", name="客戶").click()
    shelf(visit).get_by_role("button", name="Albums in 客戶").click()
    expect(inner).to_have_count(0)
    visit.page.reload()
    expect(shelf(visit).get_by_role("button", name="Albums in 客戶")).to_have_attribute("aria-expanded", "false")
    shelf(visit).get_by_role("link", name="客戶").focus()
    visit.press("ArrowRight")
    expect(inner).to_have_count(1)
    inner.get_by_role("link").click()
    visit.page.get_by_role("button", name="More for this album").click()
    visit.page.get_by_role("menuitem", name="Put into another album").click()
    visit.page.get_by_role("menuitem", name="To the top").click()
    expect(inner).to_have_count(0)
    studio.ask("PATCH", f"/w/-/albums/{top}", {"name": "Renamed elsewhere", "color": "teal"})
    expect(shelf(visit).get_by_role("link", name="Renamed elsewhere")).to_be_visible()
    shelf(visit).get_by_role("link", name="夜市").drag_to(shelf(visit).get_by_role("link", name="Renamed elsewhere"))
    until(lambda: [each["depth"] for each in albums(studio)] == [0, 1])


def test_album_is_named_coloured_deleted_and_brought_back(visit: Visit, studio: Studio) -> None:
    album, total = make(studio, "Old", 3), studio.find()["total"]
    make(studio, "Inner", parent=album)
    visit.go(f"album/{album}")
    visit.page.get_by_role("main").get_by_role("textbox", name="Name").fill("新的")
    visit.press("Enter")
    expect(shelf(visit).get_by_role("link", name="新的")).to_be_visible()
    visit.page.get_by_role("button", name="Colour").click()
    visit.page.get_by_role("menuitem", name="Teal").click()
    until(lambda: "teal" in [each["color"] for each in albums(studio)])
    delete(visit)
    visit.notice("Album “新的” deleted; its 3 pictures stay in the library. The album in it stands at the top now.")
    assert visit.page.url.endswith("#/albums") and studio.find()["total"] == total
    expect(shelf(visit).get_by_role("link")).to_have_count(1)
    visit.page.locator("#main").focus()
    visit.press("Control+z")
    shelf(visit).get_by_role("link", name="新的").click()
    visit.see(3)


def delete(visit: Visit) -> None:
    visit.page.get_by_role("button", name="More for this album").click()
    visit.page.get_by_role("menuitem", name="Delete album").click()


def test_deleted_album_whose_news_comes_before_the_answer_is_not_asked_for(visit: Visit, studio: Studio) -> None:
    visit.go(f"album/{make(studio, 'Slow', 3)}")
    visit.see(3)

    def slowly(route: Route) -> None:
        answer = route.fetch()
        time.sleep(1)  # long enough for what news of an album make the page ask
        route.fulfill(response=answer)

    visit.between("**/albums/*", slowly)
    delete(visit)
    visit.notice("Album “Slow” deleted")
    assert visit.page.url.endswith("#/albums")


def test_album_that_cannot_be_deleted_is_shown_again(visit: Visit, studio: Studio) -> None:
    album = make(studio, "Kept", 2)
    visit.go(f"album/{album}")
    visit.see(2)
    refusal = {"code": "disk_full", "title": "The disk is full.", "detail": "", "status": 507}
    visit.between("**/albums/*", lambda route: route.fulfill(status=507, json=refusal))
    delete(visit)
    visit.notice("disk is full")
    assert visit.page.url.endswith(f"#/album/{album}")
    visit.see(2)
    visit.page.unroute("**/albums/*")
    visit.was_refused(507)


def test_keyboard_goes_on_in_an_album_that_was_made_by_it(visit: Visit) -> None:
    visit.go("albums")
    visit.page.get_by_role("button", name="New album").press("Enter")
    visit.page.get_by_role("dialog").get_by_role("textbox").fill("By keys")
    visit.press("Enter")
    expect(visit.page).to_have_url(re.compile("#/album/"))
    expect(visit.page.locator("#main")).to_be_focused()


def test_name_that_is_taken_beside_it_is_refused_in_words(visit: Visit, studio: Studio) -> None:
    make(studio, "Twice")
    visit.go("albums")
    visit.page.get_by_role("button", name="New album").click()
    visit.page.get_by_role("dialog").get_by_role("textbox").fill("Twice")
    visit.press("Enter")
    visit.notice("There is an album called “Twice” there already")
    visit.was_refused(409)


@pytest.mark.parametrize(("language", "theme"), [("en", "light"), ("zh-TW", "dark"), ("en", "contrast")])
@pytest.mark.parametrize("width", [390, 1366, 1920])
def test_axe_finds_nothing(visit: Visit, studio: Studio, language: str, theme: str, width: int) -> None:
    visit.page.set_viewport_size({"width": width, "height": 844})
    full = make(studio, "夏季活動主視覺 " + "Summer" * 14, 6, color="orange")
    studio.ask("PATCH", f"/w/-/albums/{full}", {"notes": "給客戶看的\n" + "長" * 200})
    empty = make(studio, "مفضلة " + "長" * 40, parent=full, color="pink")
    make(studio, "Deeper", 2, parent=empty)
    visit.dress(language, theme)
    found = {}

    def look(place: str) -> None:
        found[place] = axe(visit.page)
        across = visit.page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert across <= 0, f"{place} is {across} px too wide"

    for place in ("albums", f"album/{full}", f"album/{empty}"):
        visit.go(place)
        look(place)
    visit.page.get_by_role("button", name=re.compile("More for this album|這本相簿的其他動作")).click()
    look("menu")
    visit.page.get_by_role("menuitem", name=re.compile("Put into|移到")).click()
    look("place")
    visit.press("Escape")
    visit.go(f"album/{full}")
    visit.see(6)
    visit.tiles().first.focus()
    visit.press("Control+Space")
    look("selected")
    visit.press("a")
    look("picker")
    assert {place: faults for place, faults in found.items() if faults} == {}
