"""What two devices set differently at once, on the page: side by side, and settled with the keyboard alone."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, expect

from documents.kinds import Kind, derived_id
from library.albums import AlbumChange
from library.catalog import Library
from library.models import AssetChange, ProjectChange, SavedSearchChange
from library.prompts import PromptChange
from library.workspace import Plan
from tests.browser import scenes
from tests.browser.house import Studio, Visit, axe, fits_at_every_width
from tests.daemonhouse import until
from tests.elsewhere import Elsewhere


def listed(studio: Studio) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = studio.ask("GET", "/w/-/conflicts?limit=200")["items"]
    return found


@pytest.fixture
def bob(studio: Studio, tmp_path: Path) -> Iterator[Elsewhere]:
    """Another device, up to date; at the end nothing is in conflict any more."""
    device = Elsewhere(tmp_path, studio.ask)
    device.catch_up()
    yield device
    while found := listed(studio):
        for each in found:
            wish = {"document": each["document"], "field": each["field"], "value": each["choices"][0]["value"]}
            studio.ask("POST", "/w/-/conflicts/resolve", wish)


def cards(visit: Visit) -> Locator:
    return visit.page.locator(".conflict")


def torn(studio: Studio, bob: Elsewhere, first: int, count: int) -> list[str]:
    """So many pictures that alice and bob rated and titled differently."""
    assets = [str(item["id"]) for item in studio.find()["items"][first : first + count]]
    studio.ask("POST", "/w/-/assets/edit", {"assets": assets, "change": {"rating": 2, "title": "alice's"}})
    bob.edit(lambda library: library.assets.edit(assets, AssetChange(rating=5, title="鮑伯的標題")))
    bob.meet()
    return assets


def test_conflicts_that_come_are_seen_and_settled_with_the_keyboard_alone(
    visit: Visit, studio: Studio, bob: Elsewhere
) -> None:
    expect(visit.page.locator(".sidebar").get_by_role("link", name="Conflicts")).to_have_count(0)
    first, second = torn(studio, bob, 0, 2)
    link = visit.page.locator(".sidebar").get_by_role("link", name="Conflicts")
    expect(link).to_contain_text("4")
    marked = visit.page.locator("[role=gridcell][aria-label*='Two people set this at once']")
    expect(marked).to_have_count(2)
    expect(marked.locator(".caption > svg")).to_have_count(2)
    expect(visit.page.locator(".caption > svg")).to_have_count(2)  # no other has a sign
    visit.go("conflicts")
    expect(cards(visit)).to_have_count(4)
    assert axe(visit.page) == []
    visit.press("ArrowDown")
    choice = cards(visit).first.locator(".claim")
    expect(choice.first).to_be_focused()
    expect(choice.first).to_contain_text("in use")
    visit.press("ArrowRight")
    expect(choice.nth(1)).to_be_focused()
    visit.press("ArrowDown", "ArrowDown", "ArrowUp", "ArrowUp")
    expect(choice.nth(1)).to_be_focused()
    before = listed(studio)
    visit.press("2")
    visit.notice(f"Settled: {before[0]['field'].capitalize()} of")
    expect(cards(visit)).to_have_count(3)
    until(lambda: len(listed(studio)) == 3)
    value = studio.show(before[0]["document"])["asset"][before[0]["field"]]
    assert value == before[0]["choices"][1]["value"]
    expect(cards(visit).first.locator(".claim").first).to_be_focused()
    visit.press("Control+z")
    expect(cards(visit)).to_have_count(4)
    until(lambda: len(listed(studio)) == 4)
    assert listed(studio) == before
    visit.press("ArrowUp", "Enter")
    until(lambda: len(listed(studio)) == 3)
    for left in (2, 1, 0):
        visit.press("1")
        expect(cards(visit)).to_have_count(left)
    expect(visit.page.get_by_role("heading", name="Nothing is set differently")).to_be_visible()
    expect(visit.page.get_by_role("heading", level=1)).to_be_focused()
    visit.go("pictures")
    expect(link).to_have_count(0)
    expect(visit.tiles()).to_have_count(12)
    expect(marked).to_have_count(0)
    assert {first, second} == {each["document"] for each in before}


def test_a_pictures_panel_shows_the_values_and_takes_one(visit: Visit, studio: Studio, bob: Elsewhere) -> None:
    asset = studio.find()["items"][4]["id"]
    visit.go(f"picture/{asset}")
    visit.page.wait_for_selector(".panel")
    studio.edit(asset, rating=1, flag="pick", label="red")
    bob.edit(lambda library: library.assets.edit_one(asset, AssetChange(rating=4, flag="reject", label="blue")))
    bob.meet()
    section = visit.page.locator("section.conflicts")
    expect(section.locator(".claim")).to_have_count(6)
    assert axe(visit.page) == []
    section.get_by_role("button", name="4 stars").click()
    until(lambda: studio.show(asset)["asset"]["rating"] == 4)
    section.get_by_role("button", name="Reject").click()
    section.get_by_role("button", name="Blue").click()
    expect(section).to_have_count(0)
    visit.page.locator(".timeline").get_by_text("Settled, Flag of").first.wait_for()
    expect(visit.page.locator(".timeline")).to_contain_text("4 stars (also set: 1 star)")


def test_another_title_is_typed_right_there(visit: Visit, studio: Studio, bob: Elsewhere) -> None:
    (asset,) = torn(studio, bob, 6, 1)
    visit.go("conflicts")
    cards(visit).filter(has_text="Title").get_by_role("button", name="Another …").press("Enter")
    visit.page.get_by_role("dialog").get_by_role("textbox").fill("第三個標題")
    visit.press("Enter")
    until(lambda: studio.show(asset)["asset"]["title"] == "第三個標題")
    expect(cards(visit)).to_have_count(1)
    entry = studio.show(asset)["history"][0]
    assert set(entry["params"]["others"]) == {"alice's", "鮑伯的標題"}


def test_what_was_settled_elsewhere_meanwhile_is_said(visit: Visit, studio: Studio, bob: Elsewhere) -> None:
    (asset,) = torn(studio, bob, 3, 1)
    visit.go("conflicts")
    expect(cards(visit)).to_have_count(2)
    visit.between("**/conflicts?*", lambda route: None)  # the news reach this page too late
    wish = {"document": asset, "field": "rating", "value": 5}
    studio.ask("POST", "/w/-/conflicts/resolve", wish)
    cards(visit).filter(has_text="Rating").get_by_role("button", name="2 stars").click()
    visit.notice("That was settled meanwhile")
    visit.page.unroute("**/conflicts?*")
    expect(cards(visit)).to_have_count(1)
    assert studio.show(asset)["asset"]["rating"] == 5
    visit.was_refused(409, 1)


async def everything(library: Library, ids: dict[str, str], theme: str) -> None:
    """What bob sets of everything that has a name."""
    pictures = {"parent": ids["one"], "cover": ids["bob's"]}
    await library.projects.edit(ids["projects"], ProjectChange(name=f"秋季企劃 {theme}", color="teal"))
    await library.albums.edit(ids["albums"], AlbumChange(name="精選", color="pink", **pictures))
    query = SavedSearchChange(name=f"Best cats {theme}", query="cat rating:>=4", sort="name")
    await library.searches.edit(ids["searches"], query)
    await library.prompts.edit(ids["prompts"], PromptChange(name=f"夜市 {theme}"))
    rename = (derived_id(Kind.SETTINGS, library.workspace.id), lambda draft: draft.agree("name", f"北區 {theme}"))
    await library.workspace.append(Plan("workspace.rename", {}, [rename]))
    await library.assets.edit_one(ids["bob's"], AssetChange(rating=3, label="purple", title=f"貓 {theme}"))


@pytest.mark.parametrize(("theme", "language"), [("light", "en"), ("dark", "zh-TW"), ("contrast", "en")])
def test_everything_is_seen_as_one_would_see_it_at_every_width(
    visit: Visit, studio: Studio, tmp_path: Path, theme: str, language: str
) -> None:
    file = tmp_path / "cat.png"
    for number in range(3):
        scenes.paint(file, 60 + len(theme) * 3 + number, size=(240, 160))
        (asset,) = studio.bring_in(file)
    ids = {
        noun: studio.ask("POST", f"/w/-/{noun}", {"name": f"{theme} {noun}", **more})["id"]
        for noun, more in (("projects", {}), ("albums", {}), ("searches", {"query": "dog"}), ("prompts", {}))
    }
    ids |= {name: studio.ask("POST", "/w/-/albums", {"name": f"{theme} {name}"})["id"] for name in ("one", "two")}
    ids |= {"bob's": asset, "alice's": studio.find()["items"][3]["id"]}
    versions = studio.show(asset)["versions"]
    bob = Elsewhere(tmp_path, studio.ask)
    bob.catch_up()
    for noun, change in (
        ("projects", {"name": f"Autumn {theme}", "color": "red"}),
        ("albums", {"name": f"Best {theme}", "color": "grey", "parent": ids["two"], "cover": ids["alice's"]}),
        ("searches", {"name": f"Dogs {theme}", "query": "dog rating:5", "sort": "rating"}),
        ("prompts", {"name": f"Night market {theme}"}),
    ):
        studio.ask("PATCH", f"/w/-/{noun}/{ids[noun]}", change)
    studio.ask("PATCH", "/workspaces/-", {"name": f"North {theme}"})
    studio.edit(asset, rating=5, label="green", title=theme)
    studio.ask("POST", f"/w/-/assets/{asset}/restore", {"version": versions[0]["id"]})
    bob.edit(lambda library: everything(library, ids, theme))
    choose = (bytes.fromhex(asset), lambda draft: draft.agree("current", versions[1]["id"]))
    bob.edit(lambda library: library.workspace.append(Plan("asset.restore", {"number": 2}, [choose])))
    bob.meet()
    visit.page.reload()
    visit.dress(language, theme)
    visit.go("conflicts")
    found = listed(studio)
    expect(cards(visit)).to_have_count(len(found))
    assert {(each["kind"], each["field"]) for each in found} >= {
        ("workspace", "name"), ("project", "color"), ("album", "parent"), ("album", "cover"), ("search", "query"),
        ("search", "sort"), ("prompt", "name"), ("asset", "current"), ("asset", "label"), ("asset", "rating"),
    }  # fmt: skip
    fits_at_every_width(visit.page, f"conflicts-{theme}")
    for noun in ("project", "album", "search", "prompt"):
        plural = {"search": "searches"}.get(noun, f"{noun}s")
        visit.go(f"{noun}/{ids[plural]}")
        expect(visit.page.locator(".disputed")).to_be_visible()
        assert axe(visit.page) == []
    for each in found:
        wish = {"document": each["document"], "field": each["field"], "value": each["choices"][0]["value"]}
        studio.ask("POST", "/w/-/conflicts/resolve", wish)


def test_many_conflicts_come_by_pages(visit: Visit, studio: Studio, tmp_path: Path) -> None:
    folder = tmp_path / "many"
    assets = studio.bring_in(*(scenes.paint(folder / f"m{n:03}.png", 300 + n, size=(24, 16)) for n in range(60)))
    bob = Elsewhere(tmp_path, studio.ask)
    bob.catch_up()
    studio.ask("POST", "/w/-/assets/edit", {"assets": assets, "change": {"rating": 2, "title": "a", "label": "red"}})
    bob.edit(lambda library: library.assets.edit(assets, AssetChange(rating=5, title="b", label="blue")))
    bob.meet()
    visit.go("conflicts")
    expect(visit.page.locator(".sidebar").get_by_role("link", name="Conflicts")).to_contain_text("180")
    expect(cards(visit)).to_have_count(50)
    visit.press("End")
    expect(cards(visit)).to_have_count(100)
    visit.page.get_by_role("button", name="Show more").click()
    expect(cards(visit)).to_have_count(150)
    visit.press("End")
    expect(cards(visit)).to_have_count(180)
    visit.press("End", "1")
    expect(cards(visit)).to_have_count(179)
    studio.ask("POST", "/w/-/assets/edit", {"assets": assets, "change": {"rating": 2, "title": "a", "label": "red"}})
    expect(cards(visit)).to_have_count(0)


def test_a_thousand_open_at_once_and_are_settled_one_by_one_or_all_together(
    visit: Visit, studio: Studio, tmp_path: Path
) -> None:
    folder = tmp_path / "thousand"
    for number in range(500):
        scenes.paint(folder / f"t{number:03}.png", 1000 + number, size=(24, 16))
    assets = studio.bring_in(folder)
    bob = Elsewhere(tmp_path, studio.ask)
    bob.catch_up()
    studio.ask("POST", "/w/-/assets/edit", {"assets": assets, "change": {"rating": 2, "title": "a"}})
    bob.edit(lambda library: library.assets.edit(assets, AssetChange(rating=5, title="b")))
    bob.meet()
    expect(visit.page.locator(".sidebar").get_by_role("link", name="Conflicts")).to_contain_text("1,000")
    visit.asked.clear()
    visit.go("conflicts")
    expect(cards(visit)).to_have_count(50)
    assert len([url for url in visit.asked if "/conflicts?" in url]) == 1, "what is out of sight is not asked for"
    visit.press("ArrowDown", "2")
    expect(visit.page.locator("header .quiet")).to_contain_text("999")
    for count in (100, 150, 200):
        visit.press("End")
        expect(cards(visit)).to_have_count(count)
    drawn = "() => { window.drawn = new Set(); new MutationObserver((all) => { for (const each of all) { const card ="
    drawn += " each.target.parentElement?.closest('.conflict'); if (card) window.drawn.add(card); } })"
    drawn += (
        ".observe(document.querySelector('.conflict-list'), { subtree: true, childList: true, characterData: true }); }"
    )
    visit.page.evaluate(drawn)
    visit.press("1")
    expect(visit.page.locator("header .quiet")).to_contain_text("998")
    assert visit.page.evaluate("window.drawn.size") == 0, "the others are not drawn anew"
    visit.page.get_by_role("button", name="Settle all at once").click()
    sheet = visit.page.get_by_role("dialog", name="Settle all at once")
    expect(sheet.get_by_role("radio")).to_have_count(3)
    expect(sheet).to_contain_text("It set 998 of them.")
    assert axe(visit.page) == []
    if shots := os.environ.get("GESSO_SHOTS"):
        visit.page.screenshot(path=f"{shots}/conflicts-all.png")
    own = next(each["name"] for each in studio.ask("GET", "/w/-/devices")["devices"] if each["own"])
    sheet.locator("label", has_text="It set 998 of them.").filter(has_not_text=f"“{own}”").click()
    sheet.get_by_role("button", name="Settle 998").click()
    visit.notice("998 conflicts are settled.")
    expect(visit.page.get_by_role("heading", name="Nothing is set differently")).to_be_visible()
    assert {(each["rating"], each["title"]) for each in studio.find("rating:5")["items"]} == {(5, "b")}
    assert listed(studio) == []
    visit.go("history")
    expect(visit.page.locator(".timeline li").first).to_contain_text("998 conflicts settled")
