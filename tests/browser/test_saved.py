"""Saved searches on the page: saved where one searches, opened by an address, alive, changed, deleted and back."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, expect

from tests.browser import scenes
from tests.browser.house import Studio, Visit, axe, visiting
from tests.daemonhouse import running_daemon, until
from tests.newer import QUERY, save_as_newer


@pytest.fixture(autouse=True)
def no_searches(studio: Studio) -> Iterator[None]:
    yield
    for each in searches(studio):
        studio.ask("DELETE", f"/w/-/searches/{each['id']}")


def searches(studio: Studio) -> list[dict[str, object]]:
    found: list[dict[str, object]] = studio.ask("GET", "/w/-/searches?counted=true")["searches"]
    return found


def save(studio: Studio, name: str, query: str, **more: str) -> str:
    return str(studio.ask("POST", "/w/-/searches", {"name": name, "query": query, **more})["id"])


def shelf(visit: Visit) -> Locator:
    return visit.page.get_by_role("list", name="Searches")


def test_search_is_saved_by_keyboard_and_survives_a_reload(visit: Visit, studio: Studio) -> None:
    visit.page.locator("[data-search]").fill("貓咪 tool:a1111")
    visit.press("Enter")
    visit.see(3)
    visit.page.get_by_role("button", name="Save search").focus()
    visit.press("Enter")
    expect(visit.page.get_by_role("textbox", name="Name")).to_be_focused()
    visit.page.keyboard.type("貓 🐱")
    visit.press("Enter")
    visit.notice("Search “貓 🐱” saved")
    entry = shelf(visit).get_by_role("link", name="貓 🐱")
    expect(entry).to_have_attribute("aria-current", "page")
    expect(entry).to_contain_text("3")
    assert "/search/" in visit.page.url and "q=" not in visit.page.url
    visit.page.reload()
    visit.see(3)
    expect(visit.page).to_have_title("貓 🐱 – Gesso")
    expect(visit.page.locator(".filters .chip")).to_have_count(1)
    assert [(each["name"], each["query"]) for each in searches(studio)] == [("貓 🐱", "貓咪 tool:a1111")]


def test_open_search_and_its_count_follow_what_others_do(visit: Visit, studio: Studio, tmp_path: Path) -> None:
    id = save(studio, "Smart", "tag:smart")
    visit.go(f"search/{id}")
    visit.page.evaluate("window.stays = true")
    entry = shelf(visit).get_by_role("link", name="Smart")
    expect(entry).to_contain_text("0")
    expect(visit.page.get_by_text("Nothing fits yet")).to_be_visible()
    asset = studio.upload(scenes.paint(tmp_path / "smart.png", 61, "smart", size=(64, 48)))
    studio.edit(asset, add_tags=["smart"])
    visit.see(1)
    expect(entry).to_contain_text("1")
    studio.ask("POST", "/w/-/assets/bin", {"assets": [asset]})
    expect(visit.page.get_by_text("Nothing fits yet")).to_be_visible()
    expect(entry).to_contain_text("0")
    studio.ask("PATCH", f"/w/-/searches/{id}", {"name": "Renamed elsewhere", "query": "貓咪"})
    visit.see(3)
    expect(shelf(visit).get_by_role("link", name="Renamed elsewhere")).to_contain_text("3")
    assert visit.page.evaluate("window.stays")


def test_search_is_changed_by_what_is_chosen_now(visit: Visit, studio: Studio) -> None:
    id = save(studio, "Cats", "貓咪")
    visit.go(f"search/{id}")
    visit.see(3)
    visit.page.locator("[data-search]").fill("still life oranges")
    visit.press("Enter")
    visit.see(1)
    visit.page.reload()
    visit.see(1)
    visit.page.get_by_role("button", name="Back to the saved one").click()
    visit.see(3)
    visit.page.locator("[data-search]").fill("still life oranges")
    visit.press("Enter")
    visit.page.locator(".select > button").click()
    visit.page.get_by_role("option", name="Name").click()
    visit.page.get_by_role("button", name="Update with these filters").click()
    visit.notice("“Cats” updated")
    expect(visit.page.get_by_role("button", name="Update with these filters")).to_have_count(0)
    assert [(each["query"], each["sort"]) for each in searches(studio)] == [("still life oranges", "name")]
    visit.page.locator(".notice").last.get_by_role("button", name="Undo").click()
    visit.see(3)


def test_search_that_was_emptied_shows_everything_and_cannot_be_saved_so(visit: Visit, studio: Studio) -> None:
    visit.go(f"search/{save(studio, 'Cats', '貓咪')}")
    visit.see(3)
    visit.page.get_by_role("button", name="Clear the words").click()
    visit.see(studio.find()["total"])
    expect(visit.page.get_by_role("button", name="Back to the saved one")).to_be_visible()
    expect(visit.page.get_by_role("button", name="Update with these filters")).to_have_count(0)


def test_search_is_renamed_coloured_deleted_and_brought_back(visit: Visit, studio: Studio) -> None:
    id = save(studio, "Cats", "貓咪")
    visit.go(f"search/{id}")
    name = visit.page.get_by_role("main").get_by_role("textbox", name="Name")
    name.fill("貓咪們")
    visit.press("Enter")
    expect(shelf(visit).get_by_role("link", name="貓咪們")).to_be_visible()
    visit.page.get_by_role("button", name="Colour").click()
    visit.page.get_by_role("menuitem", name="Teal").click()
    until(lambda: searches(studio)[0]["color"] == "teal")
    visit.page.get_by_role("button", name="Delete search").click()
    visit.notice("no picture went with it")
    assert visit.page.url.endswith("#/searches")
    expect(shelf(visit)).to_have_count(0)
    visit.page.locator(".notice").last.get_by_role("button", name="Undo").click()
    shelf(visit).get_by_role("link", name="貓咪們").click()
    visit.see(3)


def test_shelf_without_projects_draws_no_line(visit: Visit, studio: Studio) -> None:
    projects = studio.ask("GET", "/w/-/projects")
    assert [each for each in projects["projects"] if not each["archived"]] == []
    save(studio, "Cats", "貓咪")
    expect(shelf(visit)).to_be_visible()
    expect(visit.page.locator(".sidebar .shelf")).to_have_count(1)
    project = studio.ask("POST", "/w/-/projects", {"name": "客戶"})["id"]
    expect(visit.page.get_by_role("list", name="Projects").get_by_role("link", name="客戶")).to_be_visible()
    expect(visit.page.locator(".sidebar .shelf")).to_have_count(2)
    studio.ask("PATCH", f"/w/-/projects/{project}", {"archived": True})
    expect(visit.page.locator(".sidebar .shelf")).to_have_count(1)


def test_name_that_is_taken_is_told_and_can_be_mended(visit: Visit, studio: Studio) -> None:
    save(studio, "Cats", "貓咪")
    visit.go("pictures?q=oranges")
    visit.page.get_by_role("button", name="Save search").click()
    visit.page.get_by_role("textbox", name="Name").fill("Cats")
    visit.press("Enter")
    visit.notice("There is a saved search called “Cats” already")
    visit.page.get_by_role("textbox", name="Name").fill("Oranges")
    visit.press("Enter")
    expect(shelf(visit).get_by_role("link", name="Oranges")).to_be_visible()
    visit.was_refused(409)


def test_picture_leads_back_to_the_search_it_was_opened_from(visit: Visit, studio: Studio) -> None:
    id = save(studio, "Cats", "貓咪")
    visit.go(f"search/{id}")
    visit.see(3)
    visit.tiles().first.focus()
    visit.press("Enter")
    expect(visit.page.locator(".picture-page")).to_be_visible()
    visit.press("ArrowRight")
    visit.page.get_by_role("link", name="Back").first.click()
    visit.see(3)
    assert visit.page.url.endswith(f"#/search/{id}")


def test_search_that_was_deleted_elsewhere_says_so(visit: Visit, studio: Studio) -> None:
    id = save(studio, "Cats", "貓咪")
    visit.go(f"search/{id}")
    visit.see(3)
    studio.ask("DELETE", f"/w/-/searches/{id}")
    expect(visit.page.get_by_role("alert")).to_contain_text("This saved search is not here")


def test_search_of_a_newer_program_is_shown_as_it_is_and_not_run(browser: Browser, tmp_path: Path) -> None:
    home = tmp_path / "home"
    with running_daemon(home):
        pass
    id = save_as_newer(home, "tomorrow")
    with running_daemon(home) as url:
        studio = Studio(home, url)
        with visiting(browser, studio) as visit:
            entry = shelf(visit).get_by_role("link", name="tomorrow")
            expect(entry.get_by_role("img", name="This search cannot be read here")).to_be_visible()
            entry.click()
            expect(visit.page.get_by_role("alert")).to_contain_text("There is no filter sharpness: here.")
            expect(visit.page.get_by_role("main").get_by_text(QUERY)).to_be_visible()
            assert axe(visit.page) == []
            visit.page.get_by_role("main").get_by_role("textbox", name="Name").fill("kept")
            visit.press("Enter")
            expect(shelf(visit).get_by_role("link", name="kept")).to_be_visible()
            visit.go("searches")
            expect(visit.page.get_by_role("main").get_by_role("link")).to_contain_text("cannot be read here")
            assert axe(visit.page) == [] and visit.said == []
        assert [(each["id"], each["query"]) for each in searches(studio)] == [(id, QUERY)]


def test_wrong_query_is_told_beside_the_search(visit: Visit) -> None:
    visit.page.locator("[data-search]").fill("ratng:5")
    visit.press("Enter")
    alert = visit.page.get_by_role("alert")
    expect(alert).to_contain_text("There is no filter ratng:. Did you mean rating:?")
    visit.page.locator("[data-search]").fill('"ratng:5"')
    visit.press("Enter")
    expect(alert).to_have_count(0)
    visit.was_refused(422)


@pytest.mark.parametrize(("language", "theme"), [("en", "light"), ("zh-TW", "dark"), ("en", "contrast")])
@pytest.mark.parametrize("width", [390, 1366, 1920])
def test_axe_finds_nothing(visit: Visit, studio: Studio, language: str, theme: str, width: int) -> None:
    visit.page.set_viewport_size({"width": width, "height": 844})
    save(studio, "مفضلة " + "長" * 60, "rating:>=4 " + "x" * 120, color="pink")
    id = save(studio, "Cats", "貓咪", color="teal")
    found = {}
    visit.dress(language, theme)
    for place in ("searches", f"search/{id}", f"search/{id}?q=cat+tool:a1111&sort=name", "pictures?q=cat"):
        visit.go(place)
        visit.page.wait_for_timeout(150)
        found[place] = axe(visit.page)
        across = visit.page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert across <= 0, f"{place} is {across} px too wide"
    visit.page.get_by_role("button", name=re.compile("Save search|儲存搜尋")).click()
    expect(visit.page.get_by_role("dialog")).to_be_visible()
    found["save"] = axe(visit.page)
    assert {place: faults for place, faults in found.items() if faults} == {}
