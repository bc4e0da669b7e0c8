"""Coming in, seeing pictures, finding them, selecting them."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.house import Studio, Visit, axe, visiting


def selected(visit: Visit) -> list[str]:
    names = visit.page.locator("[role=gridcell][aria-selected=true] .name").all_inner_texts()
    return sorted(name[:2] for name in names)


def test_launch_code_lets_in_and_leaves_the_address(visit: Visit) -> None:
    visit.see(12)
    assert "code=" not in visit.page.url
    expect(visit.tiles()).to_have_count(12)
    expect(visit.page).to_have_title("Pictures – Gesso")


def test_reload_stays_signed_in(visit: Visit) -> None:
    visit.page.reload()
    visit.see(12)


@pytest.mark.parametrize("place", ["pictures/%E0%A4%A", "search/%ZZ", "nowhere", "picture", "picture/01"])
def test_address_that_leads_nowhere_says_so_and_leads_back(visit: Visit, studio: Studio, place: str) -> None:
    visit.page.goto(f"{studio.url}/#/{place}")
    visit.page.reload()
    expect(visit.page.get_by_role("heading", name="There is nothing at this address")).to_be_visible()
    expect(visit.page).to_have_title("There is nothing at this address – Gesso")
    assert axe(visit.page) == []
    studio.prefer(language="zh-TW")
    expect(visit.page.get_by_role("heading", name="這個網址沒有內容")).to_be_visible()
    visit.page.get_by_role("alert").get_by_role("link", name="圖片").click()
    visit.see(12)
    expect(visit.page).to_have_title("圖片 – Gesso")


def test_order_that_there_is_not_is_the_usual_one(visit: Visit) -> None:
    visit.go("pictures?sort=zz")
    visit.see(12)
    expect(visit.page.get_by_role("button", name="Newest first")).to_be_visible()


def test_launch_code_works_once(browser: Browser, studio: Studio) -> None:
    address = studio.launch_address()
    first, second = browser.new_context(), browser.new_context()
    try:
        for context, place in ((first, "#main"), (second, ".alone")):
            page = context.new_page()
            page.goto(address)
            page.wait_for_selector(place)
        assert "gesso ui" in page.inner_text(".alone")
    finally:
        first.close()
        second.close()


def test_search_follows_the_writing(visit: Visit) -> None:
    visit.page.locator("[data-search]").press_sequentially("貓咪")
    visit.see(3)
    assert "q=" in visit.page.url
    expect(visit.page.locator("[data-search]")).to_be_focused()
    visit.page.locator("[data-search]").fill("still life oranges")
    visit.see(1)
    visit.page.get_by_role("button", name="Clear the words").click()
    visit.see(12)


def test_nothing_is_searched_in_the_middle_of_composing(visit: Visit) -> None:
    field = visit.page.locator("[data-search]")
    field.dispatch_event("compositionstart")
    field.fill("ㄇㄠ")
    visit.page.wait_for_timeout(400)
    assert "q=" not in visit.page.url
    field.fill("貓咪")
    field.dispatch_event("compositionend")
    visit.see(3)


def test_facets_become_chips_and_the_address(visit: Visit, studio: Studio) -> None:
    for item in studio.find("貓咪")["items"][:2]:
        studio.edit(item["id"], add_tags=["夜 景"], rating=4)
    visit.page.get_by_role("button", name="Tag", exact=True).click()
    visit.page.get_by_role("button", name="夜 景 2").click()
    visit.press("Escape")
    visit.see(2)
    visit.page.get_by_role("button", name="Rating", exact=True).click()
    visit.page.get_by_role("button", name="4 stars 2").click()
    visit.press("Escape")
    visit.page.reload()
    visit.see(2)
    assert visit.page.locator(".filters .chip").count() == 2
    visit.page.get_by_role("button", name=re.compile("Remove filter: Tag")).click()
    visit.page.get_by_role("button", name=re.compile("Remove filter: Rating")).click()
    visit.see(12)
    visit.page.go_back()
    visit.see(2)


def test_query_of_the_address_is_the_query_of_the_command_line(visit: Visit, studio: Studio) -> None:
    query = 'prompt -貓咪 tool:a1111 model:"墨韻-v2"'.removeprefix("prompt ")
    visit.page.locator("[data-search]").fill(query)
    visit.press("Enter")
    visit.see(studio.find(query)["total"])
    assert visit.page.locator(".filters .chip").count() == 2


def test_unreadable_query_is_told_and_can_be_left(browser: Browser, studio: Studio) -> None:
    with visiting(browser, studio, at="pictures?q=rating:x") as visit:
        expect(visit.page.get_by_role("alert")).to_contain_text("rating:")
        visit.page.get_by_role("button", name=re.compile("Remove filter")).click()
        visit.see(12)
        visit.go("pictures?q=rating:x neon flag:up")
        expect(visit.page.get_by_role("alert")).to_contain_text("not “x”. flag: takes one of pick, reject, none")
        visit.page.get_by_role("alert").get_by_role("button", name="Clear the search").click()
        visit.see(12)


def test_filter_that_was_meant_is_one_press_away(browser: Browser, studio: Studio) -> None:
    with visiting(browser, studio, at="pictures?q=raitng:>=0 貓咪") as visit:
        alert = visit.page.get_by_role("alert")
        expect(alert).to_contain_text("Did you mean rating:?")
        assert axe(visit.page) == []
        alert.get_by_role("button", name="Search for rating:>=0 貓咪").click()
        visit.see(3)
        expect(visit.page.get_by_role("button", name="Remove filter: Rating >=0")).to_be_visible()


@pytest.mark.parametrize(
    ("language", "all_of", "told", "instead"),
    [
        ("en", "All of this must fit: “00”, “OR”, “01”, and “type:png”.", "There is no “or”", "Search for 01 type:png"),
        ("zh-TW", "必須全部符合", "搜尋沒有「或」的用法", "改為搜尋 01 type:png"),
    ],
)
def test_search_that_finds_nothing_says_how_it_was_read(
    visit: Visit, language: str, all_of: str, told: str, instead: str
) -> None:
    page = visit.page
    visit.dress(language=language)
    visit.go("pictures?q=00 OR 01 type:png")
    expect(page.locator(".empty")).to_contain_text(all_of)
    expect(page.locator(".empty")).to_contain_text(told)
    assert axe(page) == []
    page.get_by_role("button", name=instead).click()
    visit.see(1)
    visit.go("pictures?q=nowhere")
    expect(page.locator(".empty h2")).to_be_visible()
    expect(page.locator(".empty p")).to_have_count(0)


def test_order_and_size_are_kept(visit: Visit) -> None:
    visit.page.locator(".select > button").click()
    visit.page.get_by_role("option", name="Name").click()
    expect(visit.tiles().first).to_have_attribute("aria-label", re.compile("^00-"))
    columns = int(visit.page.locator("[role=grid]").get_attribute("aria-colcount") or 0)
    visit.tiles().first.focus()
    visit.press("+", "+")
    expect(visit.page.locator("[role=grid]")).not_to_have_attribute("aria-colcount", str(columns))
    visit.page.reload()
    expect(visit.tiles().first).to_have_attribute("aria-label", re.compile("^00-"))
    expect(visit.page.locator("[role=grid]")).not_to_have_attribute("aria-colcount", str(columns))
    visit.page.evaluate("localStorage.removeItem('gesso.tile')")


def test_selection_by_mouse(visit: Visit) -> None:
    visit.go("pictures?sort=name")
    picture: Any = lambda name: visit.tile(name).locator(".picture")  # noqa: E731
    picture("01").click()
    picture("04").click(modifiers=["Shift"])
    assert selected(visit) == ["01", "02", "03", "04"]
    picture("02").click(modifiers=["Shift"])
    assert selected(visit) == ["01", "02"]
    picture("06").click(modifiers=["Control"])
    assert selected(visit) == ["01", "02", "06"]
    visit.tile("08").hover()
    visit.tile("08").locator(".pick").click()
    assert selected(visit) == ["01", "02", "06", "08"]
    expect(visit.page.get_by_role("toolbar")).to_contain_text("4 selected")
    visit.page.get_by_role("button", name="Clear the selection").click()
    assert selected(visit) == []


def test_box_drawn_with_the_mouse_selects(visit: Visit) -> None:
    visit.go("pictures?sort=name")
    first, last = (visit.tile(name).bounding_box() for name in ("00", "02"))
    assert first is not None and last is not None
    visit.page.mouse.move(first["x"] - 6, first["y"] - 6)
    visit.page.mouse.down()
    visit.page.mouse.move(last["x"] + 60, last["y"] + 60, steps=4)
    visit.page.mouse.up()
    expect(visit.page.get_by_role("toolbar")).to_contain_text("3 selected")
    assert selected(visit) == ["00", "01", "02"]


def test_selection_by_keys(visit: Visit) -> None:
    visit.go("pictures?sort=name")
    visit.tile("00").focus()
    visit.press("ArrowRight", "Shift+ArrowRight", "Shift+ArrowRight")
    assert selected(visit) == ["01", "02", "03"]
    visit.press("Shift+ArrowLeft")
    assert selected(visit) == ["01", "02"]
    visit.press("End", "Control+Space")
    assert selected(visit) == ["01", "02", "11"]
    visit.press("Control+a")
    expect(visit.page.get_by_role("toolbar")).to_contain_text("12 selected")
    visit.press("Escape")
    assert selected(visit) == []


def test_quick_look_goes_on_and_comes_back(visit: Visit) -> None:
    visit.go("pictures?sort=name")
    visit.tile("03").locator(".picture").click()
    visit.press("Space")
    look = visit.page.get_by_role("dialog")
    expect(look).to_contain_text("4 / 12")
    visit.press("ArrowRight", "5")
    expect(look).to_contain_text("5 / 12")
    expect(look.get_by_role("button", name="5 stars")).to_have_attribute("aria-pressed", "true")
    visit.press("Escape")
    expect(look).to_have_count(0)
    expect(visit.tile("04")).to_be_focused()


def test_coming_back_from_a_picture_leads_to_it(visit: Visit) -> None:
    visit.page.set_viewport_size({"width": 700, "height": 420})
    visit.go("pictures?sort=name")
    visit.tile("00").focus()
    visit.press("End", "Enter")
    expect(visit.page.get_by_role("heading", level=1)).to_contain_text("11-")
    visit.press("ArrowLeft")
    expect(visit.page.get_by_role("heading", level=1)).to_contain_text("10-")
    visit.press("Escape")
    expect(visit.tile("10")).to_be_in_viewport()
    expect(visit.tile("10")).to_be_focused()


def test_drag_onto_a_project_adds(visit: Visit, studio: Studio) -> None:
    project = studio.ask("POST", "/w/-/projects", {"name": "封面 Covers"})["id"]
    shelf = visit.page.locator(".shelf").get_by_role("link", name="封面")
    visit.go("pictures?sort=name")
    visit.tile("00").locator(".picture").drag_to(shelf)
    visit.notice("封面 Covers")
    assert studio.find(f"project:{project}")["total"] == 1


def test_import_of_what_is_here_says_so_in_a_line_of_its_own(visit: Visit, studio: Studio, tmp_path: Path) -> None:
    for item in studio.find()["items"][:2]:
        answer = visit.page.request.get(f"{studio.url}/api/v1/w/-/blobs/{item['sha256']}")
        (tmp_path / item["name"]).write_bytes(answer.body())
    studio.ask("POST", "/w/-/imports", {"paths": [str(tmp_path)]})
    card = visit.page.get_by_role("complementary", name="Work under way").locator(".card")
    expect(card.locator("p")).to_have_text(["Done", "0 pictures imported", "2 were here already."])


DRAGGED = """picture => {
    const data = new DataTransfer();
    picture.dispatchEvent(new DragEvent("dragstart", { bubbles: true, cancelable: true, dataTransfer: data }));
    return Object.fromEntries(data.types.map(type => [type, data.getData(type)]));
}"""


def dragged(visit: Visit, name: str) -> dict[str, str]:
    """What goes with a picture that is dragged away: kind → content, kinds in small letters as browsers hold them."""
    return dict(visit.tile(name).locator(".picture").evaluate(DRAGGED))


def test_picture_dragged_out_brings_its_file(visit: Visit, studio: Studio) -> None:
    item = studio.find("in:02")["items"][0]
    visit.go("pictures?sort=name")
    visit.see(12)
    carried = dragged(visit, "02")
    assert carried["text/x-gesso"] == item["id"]
    media, name, address = carried["downloadurl"].split(":", 2)
    assert (media, name) == ("image/png", item["name"])
    answer = visit.page.request.get(address)
    assert hashlib.sha256(answer.body()).hexdigest() == item["sha256"]
    assert quote(item["name"]) in answer.headers["content-disposition"]


def test_title_with_a_colon_is_dragged_out_as_a_file(visit: Visit, studio: Studio) -> None:
    item = studio.find("in:03")["items"][0]
    studio.edit(item["id"], title="海報: final 1:2")
    visit.go("pictures?sort=oldest&q=in:03")
    visit.see(1)
    media, name, address = dragged(visit, "海報")["downloadurl"].split(":", 2)
    assert (media, name) == ("image/png", "海報- final 1-2")
    assert hashlib.sha256(visit.page.request.get(address).body()).hexdigest() == item["sha256"]
    studio.edit(item["id"], title=None)


def test_selection_dragged_out_takes_all_along_and_the_file_of_the_one_that_is_held(
    visit: Visit, studio: Studio
) -> None:
    ids = {item["name"][:2]: item["id"] for item in studio.find()["items"]}
    visit.go("pictures?sort=name")
    visit.tile("04").locator(".picture").click()
    visit.tile("06").locator(".picture").click(modifiers=["Shift"])
    carried = dragged(visit, "05")
    assert set(carried["text/x-gesso"].split(" ")) == {ids[name] for name in ("04", "05", "06")}
    assert carried["downloadurl"].split(":")[1].startswith("05-")
    assert dragged(visit, "08")["text/x-gesso"] == ids["08"]  # not selected: it goes alone
