"""What one writes while others write, and what reaches further than the picture that is looked at."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Locator, Route, expect

from tests.browser import scenes
from tests.browser.house import Studio, Visit, axe
from tests.daemonhouse import until

MANY = 21


@pytest.fixture(scope="module")
def series(studio: Studio, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[str]]:
    """The ids of many pictures that came in together."""
    folder = tmp_path_factory.mktemp("series")
    yield studio.bring_in(*(scenes.paint(folder / f"s{n:02}.png", 200 + n, size=(48, 32)) for n in range(MANY)))


def note(visit: Visit, asset: str) -> Locator:
    visit.go(f"picture/{asset}")
    box = visit.page.get_by_role("textbox", name="Note")
    box.wait_for()
    return box


def test_note_that_is_being_written_keeps_what_another_writes(visit: Visit, studio: Studio) -> None:
    asset = studio.find()["items"][0]["id"]
    studio.edit(asset, note="招牌")
    box = note(visit, asset)
    expect(box).to_have_value("招牌")
    under_way: list[Route] = []
    visit.between("**/texts", lambda route: under_way.append(route))
    visit.press("m", "End")
    visit.page.keyboard.type("再亮一點")
    studio.edit(asset, note="左邊招牌")
    studio.edit(asset, rating=4)  # told after the note, and seen: the note was heard of too
    expect(visit.page.get_by_role("button", name="4 stars")).to_have_attribute("aria-pressed", "true")
    expect(box).to_have_value("招牌再亮一點")
    visit.page.unroute("**/texts")
    for each in under_way:
        each.continue_()
    visit.press("Control+Enter")
    until(lambda: studio.show(asset)["note"] == "左邊招牌再亮一點")
    expect(box).to_have_value("左邊招牌再亮一點")


def test_note_that_is_open_takes_in_what_another_writes(visit: Visit, studio: Studio) -> None:
    asset = studio.find()["items"][1]["id"]
    box = note(visit, asset)
    box.focus()
    studio.edit(asset, note="from elsewhere")
    expect(box).to_have_value("from elsewhere")
    visit.press("Control+End")
    visit.page.keyboard.type("!")
    visit.press("Control+Enter")
    until(lambda: studio.show(asset)["note"] == "from elsewhere!")


def test_letters_that_could_not_be_saved_stay(visit: Visit, studio: Studio) -> None:
    asset = studio.find()["items"][2]["id"]
    box = note(visit, asset)
    visit.between("**/texts", lambda route: route.abort("connectionrefused"))
    box.fill("not lost")
    box.press("Control+Enter")
    visit.notice("The connection to Gesso broke")
    expect(box).to_have_value("not lost")
    visit.page.unroute("**/texts")
    visit.said.clear()
    until(lambda: studio.show(asset)["note"] == "not lost")


def test_letters_are_saved_when_one_goes_back(visit: Visit, studio: Studio) -> None:
    first, second = (item["id"] for item in studio.find()["items"][3:5])
    box = note(visit, first)
    note(visit, second)
    visit.page.go_back()
    expect(visit.page).to_have_url(re.compile(first))
    box.fill("on the first")
    visit.page.go_forward()
    expect(visit.page).to_have_url(re.compile(second))
    until(lambda: studio.show(first)["note"] == "on the first")
    assert studio.show(second)["note"] == ""


def test_brief_that_two_write_at_once(visit: Visit, studio: Studio) -> None:
    project = studio.ask("POST", "/w/-/projects", {"name": "夜市"})["id"]
    studio.ask("PATCH", f"/w/-/projects/{project}", {"brief": "warm light"})
    visit.go(f"project/{project}")
    brief = visit.page.get_by_role("textbox", name="Brief")
    expect(brief).to_have_value("warm light")
    brief.focus()
    visit.press("Control+End")
    visit.page.keyboard.type(", rain")
    studio.ask("PATCH", f"/w/-/projects/{project}", {"brief": "very warm light"})
    brief.blur()
    until(lambda: studio.ask("GET", f"/w/-/projects/{project}")["brief"] == "very warm light, rain")
    expect(brief).to_have_value("very warm light, rain")


def test_undo_beside_one_picture_says_how_many_it_takes_back(visit: Visit, studio: Studio, series: list[str]) -> None:
    total = studio.find()["total"]
    visit.go(f"picture/{series[0]}")
    undo = visit.page.get_by_role("button", name=f"Undo (bins {MANY} pictures)")
    undo.click()
    dialog = visit.page.get_by_role("dialog", name="Undo all of it?")
    expect(dialog).to_contain_text(f"touched {MANY} pictures")
    expect(dialog.get_by_role("button", name="Cancel")).to_be_focused()
    assert axe(visit.page) == []
    visit.press("Enter")
    expect(dialog).to_have_count(0)
    assert studio.find()["total"] == total
    undo.click()
    dialog.get_by_role("button", name=f"Undo (bins {MANY} pictures)").click()
    visit.notice(f"Undone: import, {MANY} pictures")
    until(lambda: studio.find()["total"] == total - MANY)
    visit.page.locator(".notice").last.get_by_role("button", name="Redo").click()
    visit.notice("Done again")
    until(lambda: studio.find()["total"] == total)


def test_undo_of_a_few_is_done_at_once_and_says_so(visit: Visit, studio: Studio, series: list[str]) -> None:
    studio.ask("POST", "/w/-/assets/edit", {"assets": series[:3], "change": {"rating": 2}})
    visit.go(f"picture/{series[1]}")
    visit.page.get_by_role("button", name="Undo (3 pictures)").click()
    visit.notice("Undone: rating, 3 pictures")
    until(lambda: [studio.show(each)["asset"]["rating"] for each in series[:3]] == [0, 0, 0])


def test_undo_of_several_by_keyboard_says_how_many_and_history_tells_it_truly(
    visit: Visit, studio: Studio, series: list[str]
) -> None:
    visit.go("pictures?q=in:s0")
    visit.see(10)
    visit.tiles().first.focus()
    visit.press("Control+a", "3")
    until(lambda: studio.find("in:s0 rating:3")["total"] == 10)
    visit.press("Control+z")
    visit.notice("Undone: rating, 10 pictures")
    visit.page.locator(".notice").last.get_by_role("button", name="Redo").click()
    visit.notice("Done again: rating, 10 pictures")
    until(lambda: studio.find("in:s0 rating:3")["total"] == 10)
    visit.go("history")
    entries = visit.page.locator(".timeline .what")
    expect(entries.nth(0)).to_have_text("Done again (10): rating")
    expect(entries.nth(1)).to_contain_text("Undone (10): rating")
    visit.press("Control+z")
    visit.notice("Undone: rating, 10 pictures")
    until(lambda: studio.find("in:s0 rating:3")["total"] == 0)


def test_undo_of_many_by_keyboard_is_asked_for_too(visit: Visit, studio: Studio, series: list[str]) -> None:
    studio.ask("POST", "/w/-/assets/edit", {"assets": series, "change": {"add_tags": ["series"]}})
    visit.go("pictures?q=tag:series")
    visit.see(MANY)
    visit.tiles().first.focus()
    visit.press("Control+a", "4")
    until(lambda: studio.find("tag:series rating:4")["total"] == MANY)
    visit.press("Control+z")
    dialog = visit.page.get_by_role("dialog", name="Undo all of it?")
    expect(dialog).to_contain_text(f"touched {MANY} pictures")
    expect(dialog).to_contain_text(f"Rating of {MANY} pictures: 4")
    expect(dialog.get_by_role("button", name="Cancel")).to_be_focused()
    visit.press("Enter")
    expect(dialog).to_have_count(0)
    assert studio.find("tag:series rating:4")["total"] == MANY
    visit.press("Control+z")
    dialog.get_by_role("button", name=f"Undo ({MANY} pictures)").click()
    visit.notice(f"Undone: rating, {MANY} pictures")
    until(lambda: studio.find("tag:series rating:4")["total"] == 0)
    visit.was_refused(409)  # that it was not done unasked


def test_undo_of_many_from_the_history_is_asked_for_too(visit: Visit, studio: Studio, series: list[str]) -> None:
    studio.ask("POST", "/w/-/assets/edit", {"assets": series, "change": {"flag": "pick"}})
    visit.go("history")
    entry = visit.page.get_by_role("listitem").filter(has_text=f"Flag of {MANY} pictures").first
    entry.get_by_role("button", name="Undo").click()
    dialog = visit.page.get_by_role("dialog", name="Undo all of it?")
    expect(dialog).to_contain_text(f"Flag of {MANY} pictures: Pick")
    dialog.get_by_role("button", name="Undo").click()
    until(lambda: studio.find("flag:pick")["total"] == 0)


def test_undo_and_redo_above_the_history_are_of_what_was_done_anywhere_here(
    visit: Visit, studio: Studio, series: list[str]
) -> None:
    studio.ask("POST", "/w/-/assets/edit", {"assets": series[:2], "change": {"rating": 5}})
    visit.go("history")
    bar = visit.page.locator(".history header")
    visit.press("Control+z")
    visit.notice("Nothing left to undo in this tab")
    assert studio.find("rating:5")["total"] == 2
    bar.get_by_role("button", name="Undo").click()
    visit.notice("Undone: rating, 2 pictures")
    until(lambda: studio.find("rating:5")["total"] == 0)
    bar.get_by_role("button", name="Redo").click()
    visit.notice("Done again: rating, 2 pictures")
    until(lambda: studio.find("rating:5")["total"] == 2)
    visit.press("Control+z")  # what was done again in this tab is this tab's
    until(lambda: studio.find("rating:5")["total"] == 0)
    studio.ask("POST", "/w/-/assets/edit", {"assets": series, "change": {"rating": 1}})
    bar.get_by_role("button", name="Redo").click()
    visit.notice("Nothing was undone on this device since its last edit or import")
    bar.get_by_role("button", name="Undo").click()
    dialog = visit.page.get_by_role("dialog", name="Undo all of it?")
    expect(dialog).to_contain_text(f"Rating of {MANY} pictures: 1")
    dialog.get_by_role("button", name="Undo").click()
    until(lambda: studio.find("rating:1")["total"] == 0)
    visit.was_refused(409, times=2)


def test_key_of_undo_passes_over_what_was_taken_back_elsewhere(visit: Visit, studio: Studio, series: list[str]) -> None:
    visit.go(f"picture/{series[3]}")
    visit.page.get_by_role("button", name="4 stars").wait_for()
    visit.press("4")
    until(lambda: studio.show(series[3])["asset"]["rating"] == 4)
    visit.press("p")
    until(lambda: studio.show(series[3])["asset"]["flag"] == "pick")
    studio.ask("POST", "/w/-/undo", {})
    until(lambda: studio.show(series[3])["asset"]["flag"] is None)
    visit.press("Control+z")
    visit.notice("Undone: rating")
    until(lambda: studio.show(series[3])["asset"]["rating"] == 0)
    visit.was_refused(409)


def test_colours_are_given_to_many_and_found_by(visit: Visit, studio: Studio, series: list[str]) -> None:
    studio.edit(series[0], flag="reject")
    visit.go("pictures?q=in:s0")
    visit.see(10)
    visit.tiles().first.focus()
    visit.press("Control+a")
    bar = visit.page.get_by_role("toolbar", name="Selected pictures")
    bar.get_by_role("button", name="Label").press("Enter")
    visit.page.get_by_role("menuitem", name="Purple").click()
    until(lambda: studio.find("label:purple")["total"] == 10)
    visit.press("Escape")
    visit.go("pictures")
    for facet, value, found in (("Label", "Purple", 10), ("Flag", "Reject", 1)):
        visit.page.get_by_role("button", name=facet, exact=True).click()
        choice = visit.page.get_by_role("dialog").get_by_role("button", name=value)
        expect(choice).to_contain_text(str(found))
        assert axe(visit.page) == []
        choice.click()
        visit.press("Escape")
        visit.see(found)
    visit.page.get_by_role("button", name="Remove filter: Flag Reject").click()
    visit.see(10)
    visit.tiles().first.focus()
    visit.press("Control+a")
    bar.get_by_role("button", name="Label").click()
    visit.page.get_by_role("menuitem", name="No label").click()
    until(lambda: studio.find("label:purple")["total"] == 0)


@pytest.mark.parametrize("language", ["en", "zh-TW"])
def test_all_that_can_be_done_with_many_fits_on_a_phone(
    visit: Visit, studio: Studio, series: list[str], language: str
) -> None:
    visit.dress(language)
    visit.page.set_viewport_size({"width": 390, "height": 844})
    visit.go("pictures?q=in:s1")
    visit.see(10)
    visit.tiles().first.focus()
    visit.press("Control+a")
    buttons = visit.page.locator(".bulk button:visible")
    expect(buttons).to_have_count(15)  # five of them stars
    boxes = [box for each in buttons.all() if (box := each.bounding_box())]
    assert all(box["x"] >= 0 and box["x"] + box["width"] <= 390 and box["width"] >= 24 for box in boxes), boxes
    assert axe(visit.page) == []


def test_version_that_comes_from_an_older_one_says_so(visit: Visit, studio: Studio, tmp_path: Path) -> None:
    file, copy = tmp_path / "cat.png", tmp_path / "copy.png"
    for path, number in ((file, 40), (file, 41), (copy, 41), (file, 43), (copy, 44), (copy, 45)):
        scenes.paint(path, number, "貓咪海報", size=(240, 160))
        (asset,) = studio.bring_in(path)
    studio.edit(asset, rating=4)
    visit.go(f"picture/{asset}")
    strip = visit.page.get_by_role("group", name="Versions")
    expect(strip.get_by_role("button")).to_have_text(["1", "2", "3", "4 · from 2copy.png", "5 · currentcopy.png"])
    before = studio.show(asset)["versions"]
    strip.get_by_role("button").nth(2).click()
    visit.page.get_by_role("button", name="Restore").click()
    expect(strip.get_by_role("button").nth(5)).to_have_text("6 = 3 · current")
    after = studio.show(asset)["versions"]
    assert [each["sha256"] for each in after] == [*(each["sha256"] for each in before), before[2]["sha256"]]
    visit.go("pictures")
    expect(visit.tile("cat.png, 6 versions")).to_be_visible()
    for smaller in ("", "-----"):  # then the stars are a number too
        visit.press(*smaller)
        assert axe(visit.page) == []


def test_picture_that_says_nothing_of_how_it_was_made(visit: Visit, studio: Studio, tmp_path: Path) -> None:
    Image.new("RGB", (30, 20), (90, 20, 20)).save(tmp_path / "plain.png")
    visit.go(f"picture/{studio.upload(tmp_path / 'plain.png')}")
    expect(visit.page.locator(".panel")).to_contain_text("The file says nothing of it.")


def test_checkpoint_of_a_name_that_there_is_is_refused(visit: Visit, studio: Studio) -> None:
    studio.ask("POST", "/w/-/checkpoints", {"name": "提案"})
    visit.go("history")
    visit.page.get_by_role("button", name="New checkpoint").click()
    visit.page.get_by_role("dialog").get_by_role("textbox").fill("提案")
    visit.press("Enter")
    visit.notice("There is a checkpoint 提案 already")
    visit.was_refused(409)


def test_names_are_written_from_right_to_left_where_they_are(visit: Visit, studio: Studio) -> None:
    project = studio.ask("POST", "/w/-/projects", {"name": "ملصق (1) الصيف!"})["id"]
    asset = studio.find()["items"][5]["id"]
    studio.edit(asset, title="قطة في المطر (2)!", add_projects=[project])
    visit.go(f"picture/{asset}")
    direction = "each => getComputedStyle(each).direction"
    assert visit.page.get_by_role("heading", level=1).evaluate(direction) == "rtl"
    assert visit.page.get_by_role("textbox", name="Title").evaluate(direction) == "rtl"
    assert visit.page.locator(".chip bdi", has_text="ملصق").evaluate(direction) == "rtl"
    assert visit.page.locator(".shelf span", has_text="ملصق").evaluate(direction) == "rtl"
    visit.go(f"project/{project}")
    assert visit.page.get_by_role("textbox", name="Name").evaluate(direction) == "rtl"
    assert visit.page.locator(".caption .name").evaluate(direction) == "rtl"
