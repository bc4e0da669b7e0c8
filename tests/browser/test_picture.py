"""One picture: zooming, editing, versions, timeline, the bin, and taking everything back."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from PIL import Image, PngImagePlugin
from playwright.sync_api import Browser, Route, expect

from imaging.embed import embed
from imaging.inspection import Facts, Lineage
from tests.browser import scenes
from tests.browser.house import Studio, Visit, axe, named, open_picture, visiting
from tests.daemonhouse import gesso, until


def test_double_click_opens_and_arrows_go_on(visit: Visit) -> None:
    visit.go("pictures?sort=name")
    visit.tile("02").locator(".picture").dblclick()
    heading = visit.page.get_by_role("heading", level=1)
    expect(heading).to_contain_text("02-")
    expect(visit.page.locator(".bar .nums")).to_have_text("3 / 12")
    visit.press("ArrowRight")
    expect(heading).to_contain_text("03-")
    visit.page.get_by_role("button", name="Previous").click()
    expect(heading).to_contain_text("02-")
    visit.press("Escape")
    visit.see(12)


def test_zoom_by_keys_wheel_and_buttons(visit: Visit, studio: Studio) -> None:
    open_picture(visit, named(studio, "00"))
    picture, scale = visit.page.locator(".stage img"), visit.page.locator(".zoom-bar .scale")
    expect(picture).to_be_visible()
    fitted = picture.bounding_box()
    expect(scale).to_have_text("100%")
    visit.press("z")
    expect(scale).to_have_text("100%")
    visit.page.mouse.move(500, 300)
    visit.page.mouse.wheel(0, -400)
    expect(scale).to_have_text("272%")
    visit.page.get_by_role("button", name="Zoom in").click()
    expect(scale).to_have_text("381%")
    visit.page.mouse.move(500, 300)
    before = picture.bounding_box()
    visit.page.mouse.down()
    visit.page.mouse.move(560, 340, steps=3)
    visit.page.mouse.up()
    assert before
    until(lambda: (after := picture.bounding_box()) and round(after["x"] - before["x"]) == 60)
    visit.press("z")
    until(lambda: picture.bounding_box() == fitted)
    visit.page.set_viewport_size({"width": 700, "height": 330})  # too small for all of it
    expect(scale).not_to_have_text("100%")
    until(lambda: (box := picture.bounding_box()) and scale.inner_text() == f"{box['width'] / 240:.0%}")
    visit.page.get_by_role("button", name="Zoom 100 %").click()
    expect(scale).to_have_text("100%")
    visit.page.get_by_role("button", name="Fit").click()
    expect(scale).not_to_have_text("100%")


def test_edits_are_kept_and_taken_back_by_keys(visit: Visit, studio: Studio) -> None:
    asset = named(studio, "01")
    open_picture(visit, asset)
    title = visit.page.get_by_role("textbox", name="Title")
    title.fill("霓虹貓咪 Neon cat")
    title.press("Enter")
    expect(visit.page.get_by_role("heading", level=1)).to_have_text("霓虹貓咪 Neon cat")
    expect(visit.page).to_have_title("霓虹貓咪 Neon cat – Gesso")
    visit.press("4", "p", "6")
    expect(visit.page.get_by_role("button", name="4 stars")).to_have_attribute("aria-pressed", "true")
    expect(visit.page.get_by_role("button", name="Pick")).to_have_attribute("aria-pressed", "true")
    expect(visit.page.get_by_role("button", name="Red")).to_have_attribute("aria-pressed", "true")
    visit.press("t")
    visit.page.get_by_role("textbox").last.fill("final, 夜景、海報")
    visit.press("Enter")
    expect(visit.page.locator(".panel .tags").first).to_contain_text("夜景")
    visit.press("m")
    visit.page.keyboard.type("招牌再亮一點")
    visit.press("Control+Enter")
    until(lambda: studio.show(asset)["note"] == "招牌再亮一點")
    shown = studio.show(asset)["asset"]
    assert (shown["title"], shown["rating"], shown["flag"], shown["label"]) == ("霓虹貓咪 Neon cat", 4, "pick", "red")
    assert sorted(shown["tags"]) == ["final", "夜景", "海報"]
    for _ in range(6):
        count = visit.page.locator(".notice").count()
        visit.press("Control+z")
        visit.notice("Undone")
        visit.page.locator(".notice").last.get_by_role("button", name="Close").click()
        expect(visit.page.locator(".notice")).to_have_count(count)
    until(lambda: studio.show(asset)["asset"]["title"] is None)
    assert studio.show(asset)["note"] == ""
    visit.press("Control+Shift+z")
    until(lambda: studio.show(asset)["asset"]["title"] == "霓虹貓咪 Neon cat")


def test_undo_before_an_edit_was_answered_takes_that_one_back(visit: Visit, studio: Studio) -> None:
    asset = named(studio, "10")
    open_picture(visit, asset)
    visit.press("2")
    until(lambda: studio.show(asset)["asset"]["rating"] == 2)
    held: list[Route] = []
    visit.between(
        "**/assets/*", lambda route: held.append(route) if route.request.method == "PATCH" else route.continue_()
    )
    visit.press("p", "Control+z", "Control+z")
    until(lambda: visit.page.wait_for_timeout(20) or held)
    held[0].continue_()
    visit.notice("Undone")
    until(lambda: visit.page.wait_for_timeout(20) or studio.show(asset)["asset"]["rating"] == 0)
    assert studio.show(asset)["asset"]["flag"] is None
    assert [each["intent"] for each in studio.show(asset)["history"][:2]] == ["undo", "undo"]
    visit.page.unroute("**/assets/*")


def test_enter_that_composes_a_character_does_not_save(visit: Visit, studio: Studio) -> None:
    asset = named(studio, "02")
    open_picture(visit, asset)
    title = visit.page.get_by_role("textbox", name="Title")
    title.fill("ㄇㄠ")
    title.dispatch_event("keydown", {"key": "Enter", "isComposing": True, "keyCode": 229})
    expect(title).to_be_focused()
    title.press("Escape")
    title.blur()
    assert studio.show(asset)["asset"]["title"] is None


def test_keys_do_nothing_while_writing(visit: Visit, studio: Studio) -> None:
    asset = named(studio, "03")
    open_picture(visit, asset)
    visit.page.get_by_role("textbox", name="Note").fill("")
    visit.page.keyboard.type("5 x p 1?/")
    visit.press("Control+Enter")
    until(lambda: studio.show(asset)["note"] == "5 x p 1?/")
    shown = studio.show(asset)["asset"]
    assert (shown["rating"], shown["flag"]) == (0, None)
    expect(visit.page.get_by_role("dialog")).to_have_count(0)


def test_tags_that_are_known_are_offered(visit: Visit, studio: Studio) -> None:
    studio.edit(named(studio, "04"), add_tags=["霓虹燈", "poster"])
    asset = named(studio, "05")
    open_picture(visit, asset)
    visit.press("t")
    visit.page.get_by_role("textbox").last.fill("霓")
    visit.page.get_by_role("dialog").get_by_role("button", name="霓虹燈").click()
    visit.page.get_by_role("dialog").get_by_role("button", name="Save").click()
    until(lambda: studio.show(asset)["asset"]["tags"] == ["霓虹燈"])


def test_version_whose_original_is_gone_says_so_in_place_of_restore(
    visit: Visit, studio: Studio, tmp_path: Path
) -> None:
    for number in (77, 78):
        scenes.paint(tmp_path / "kept.png", number, "一隻貓", size=(240, 160))
        (asset,) = studio.bring_in(tmp_path, reference=True)
    open_picture(visit, asset)
    visit.press("[")
    first = visit.page.locator(".strip-item").first
    expect(first).to_contain_text("Gone, cannot be restored")
    expect(first.get_by_role("button", name="Restore")).to_have_count(0)


def test_versions_are_compared_and_restored_as_a_new_change(visit: Visit, studio: Studio, versions: str) -> None:
    open_picture(visit, versions)
    expect(visit.page.locator(".strip-item")).to_have_count(3)
    visit.press("[", "[")
    expect(visit.page.locator(".strip-picture[data-selected]")).to_contain_text("1")
    visit.press("c")
    table = visit.page.get_by_role("region", name="Differences")
    expect(table).to_contain_text("加強對比")
    expect(table.get_by_role("row", name=re.compile("^Seed"))).to_contain_text(str(1_000_003 * 44))
    slider = visit.page.get_by_role("slider", name="Slider")
    slider.focus()
    visit.press("ArrowRight", "ArrowRight")
    expect(slider).to_have_value("52")
    for mode in ("Side by side", "Difference"):
        visit.page.get_by_role("radio", name=mode).click()
        expect(visit.page.locator(".compare img")).to_have_count(2)
    visit.press("c")
    before = [each["id"] for each in studio.show(versions)["versions"]]
    visit.page.locator(".strip-item").first.get_by_role("button", name="Restore").click()
    visit.notice("Version restored")
    expect(visit.page.locator(".strip-picture[data-selected]")).to_have_text("4 = 1 · current")
    after = studio.show(versions)["versions"]
    assert [each["id"] for each in after[:3]] == before and after[3]["sha256"] == before[0] and after[3]["current"]
    visit.press("Control+z")
    expect(visit.page.locator(".strip-item")).to_have_count(3)
    until(lambda: studio.show(versions)["versions"][2]["current"])


def test_sizes_that_round_to_the_same_are_told_by_the_byte(visit: Visit, studio: Studio, tmp_path: Path) -> None:
    for pad, color in ((10_000, (90, 20, 20)), (10_007, (20, 90, 20))):
        info = PngImagePlugin.PngInfo()
        info.add_text("pad", "x" * pad)
        Image.new("RGB", (30, 20), color).save(tmp_path / "pad.png", pnginfo=info)
        (asset,) = studio.bring_in(tmp_path / "pad.png")
    old, new = (each["bytes"] for each in studio.show(asset)["versions"])
    open_picture(visit, asset)
    visit.press("c")
    sizes = visit.page.get_by_role("region", name="Differences").get_by_role("row", name=re.compile("^File size"))
    expect(sizes.get_by_role("cell")).to_have_text([f"{old:,} bytes", f"{new:,} bytes"])


def test_version_whose_file_has_another_name_says_so(
    visit: Visit, studio: Studio, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("named")
    scenes.paint(folder / "fox.png", 50, "狐狸", size=(240, 160))
    (asset,) = studio.bring_in(folder / "fox.png")
    (folder / "a copy under a name so long that it is cut.png").write_bytes((folder / "fox.png").read_bytes())
    studio.bring_in(folder)
    scenes.paint(folder / "a copy under a name so long that it is cut.png", 51, "狐狸", size=(240, 160))
    studio.bring_in(folder)
    open_picture(visit, asset)
    expect(visit.page.get_by_role("heading", level=1)).to_have_text("fox.png")
    expect(visit.page.locator(".strip-item").first).to_have_text("1")
    expect(visit.page.locator(".strip-item").last).to_contain_text("a copy under")
    panel = visit.page.get_by_role("complementary", name="Information")
    expect(panel.locator(".fact").filter(has_text="File")).to_contain_text("a copy under")
    visit.press("[")
    expect(panel.locator(".fact").filter(has_text="File")).to_contain_text("fox.png")


def test_each_version_shows_how_it_was_made(visit: Visit, versions: str) -> None:
    open_picture(visit, versions)
    panel = visit.page.get_by_role("complementary", name="Information")
    expect(panel).to_contain_text("貓咪海報，霓虹燈，加強對比")
    expect(panel).to_contain_text(str(1_000_003 * 44))
    visit.press("[", "[")
    expect(panel).to_contain_text("How it was made · Version 1")
    expect(panel).not_to_contain_text("加強對比")
    expect(panel).to_contain_text(str(1_000_003 * 41))


def test_timeline_tells_and_takes_back_one_action(visit: Visit, studio: Studio) -> None:
    asset = named(studio, "06")
    studio.edit(asset, rating=2)
    studio.edit(asset, add_tags=["一", "二"])
    visit.go("history")
    entry = visit.page.get_by_role("listitem").filter(has_text="Rating: 2").first
    expect(entry.locator(".small-picture img")).to_be_visible()
    entry.get_by_role("button", name="Undo").click()
    visit.notice("Undone")
    until(lambda: studio.show(asset)["asset"]["rating"] == 0)
    assert studio.show(asset)["asset"]["tags"] == ["一", "二"]
    expect(visit.page.get_by_role("listitem").filter(has_text="Rating: 2").first).to_contain_text("undone")
    created = visit.page.get_by_role("listitem").filter(has_text="Workspace created")
    expect(created.get_by_role("button", name="Undo")).to_have_count(0)


def test_library_as_of_a_checkpoint_is_only_looked_at(visit: Visit, studio: Studio) -> None:
    asset = named(studio, "07")
    studio.edit(asset, rating=5)
    visit.go("history")
    visit.page.get_by_role("button", name="New checkpoint").click()
    visit.page.get_by_role("textbox").fill("第一次提案 First pitch")
    visit.press("Enter")
    visit.page.get_by_role("link", name="第一次提案 First pitch").wait_for()
    studio.edit(asset, rating=1)
    visit.page.get_by_role("link", name="第一次提案 First pitch").click()
    expect(visit.page.get_by_role("status").filter(has_text="The library as of")).to_be_visible()
    expect(visit.tile("07")).to_have_attribute("aria-label", re.compile("5 stars"))
    visit.tile("07").focus()
    visit.press("3", "Delete")
    visit.page.get_by_role("button", name="Back to now").click()
    expect(visit.tile("07")).to_have_attribute("aria-label", re.compile("1 star"))
    assert studio.show(asset)["asset"]["rating"] == 1


def test_bin_and_undo_from_a_picture(visit: Visit, studio: Studio) -> None:
    asset = named(studio, "08")
    visit.go("pictures?sort=name&q=study")
    visit.tile("07").focus()
    open_picture(visit, asset)
    visit.press("Delete")
    visit.notice("1 picture moved to the bin")
    assert studio.show(asset)["asset"]["binned_at"]
    visit.press("Control+z")
    until(lambda: studio.show(asset)["asset"]["binned_at"] is None)


def test_bin_of_many_is_one_undo(visit: Visit, studio: Studio) -> None:
    total = studio.find()["total"]
    visit.see(total)
    visit.tiles().first.focus()
    visit.press("Control+a", "Delete")
    visit.notice(f"{total} pictures moved to the bin")
    visit.see(0)
    visit.page.locator(".notice").last.get_by_role("button", name="Undo").click()
    visit.see(total)
    visit.tiles().first.focus()
    visit.press("Control+a", "Delete")
    visit.see(0)
    visit.go("bin")
    visit.see(total)
    visit.tiles().first.focus()
    visit.press("Control+a")
    visit.page.get_by_role("toolbar").get_by_role("button", name="Restore").click()
    visit.see(0)
    assert studio.find()["total"] == total


def test_edit_of_many_is_one_undo(visit: Visit, studio: Studio) -> None:
    visit.see(studio.find()["total"])
    visit.tiles().first.focus()
    visit.press("Control+a", "t")
    visit.page.get_by_role("dialog").get_by_role("textbox").fill("批次")
    visit.press("Enter")
    until(lambda: studio.find("tag:批次")["total"] == studio.find()["total"])
    expect(visit.page.locator(".notice").last.get_by_role("button", name="Undo")).to_be_visible()
    visit.press("Escape", "Control+z")
    until(lambda: studio.find("tag:批次")["total"] == 0)


def test_picture_that_left_the_list_neither_skips_nor_repeats(visit: Visit, studio: Studio) -> None:
    for name in ("09", "10", "11"):
        studio.edit(named(studio, name), add_tags=["keep"])
    visit.go("pictures?q=tag:keep&sort=name")
    visit.see(3)
    visit.tile("10").locator(".picture").dblclick()
    expect(visit.page.locator(".bar .nums")).to_have_text("2 / 3")
    visit.page.get_by_role("button", name="Remove tag keep").click()
    expect(visit.page.locator(".bar .nums")).to_have_text("no longer in this list")
    visit.press("ArrowRight")
    expect(visit.page.get_by_role("heading", level=1)).to_contain_text("11-")
    expect(visit.page.locator(".bar .nums")).to_have_text("2 / 2")
    visit.press("ArrowLeft")
    expect(visit.page.get_by_role("heading", level=1)).to_contain_text("09-")


def test_project_from_brief_to_what_it_was(visit: Visit, studio: Studio) -> None:
    visit.go("projects")
    visit.page.get_by_role("button", name="New project").click()
    visit.page.get_by_role("textbox").fill("夏季活動主視覺")
    visit.press("Enter")
    visit.page.get_by_text("No pictures in this project yet").wait_for()
    brief = visit.page.get_by_role("textbox", name="Brief")
    brief.fill("三張：夜景、海邊、山")
    brief.press("Control+Enter")
    visit.page.get_by_role("button", name="Colour").click()
    visit.page.get_by_role("menuitem", name="Teal").click()
    project = next(each for each in studio.ask("GET", "/w/-/projects")["projects"] if each["name"] == "夏季活動主視覺")
    until(lambda: studio.ask("GET", f"/w/-/projects/{project['id']}")["color"] == "teal")
    studio.edit(named(studio, "09"), add_projects=[project["id"]])
    visit.see(1)
    visit.page.get_by_role("button", name="Duplicate").click()
    visit.page.get_by_role("dialog").get_by_role("textbox").fill("第二案")
    visit.press("Enter")
    expect(visit.page.get_by_role("textbox", name="Name")).to_have_value("第二案")
    visit.see(1)
    visit.page.get_by_role("button", name="Archive").click()
    expect(visit.page.locator(".shelf")).not_to_contain_text("第二案")
    visit.go(f"project/{project['id']}")
    visit.page.get_by_role("button", name="History").click()
    visit.page.get_by_role("button", name="See this moment").last.click()
    visit.page.get_by_role("button", name="Restore").click()
    visit.notice("Project restored")
    until(lambda: studio.ask("GET", f"/w/-/projects/{project['id']}")["brief"] == "")


def test_picture_whose_bytes_are_gone_says_so(browser: Browser, studio: Studio) -> None:
    item = next(item for item in studio.find()["items"] if item["name"].startswith("00-"))
    for file in studio.home.rglob(f"*{item['sha256'][4:]}*"):
        file.unlink()
    with visiting(browser, studio, at=f"picture/{item['id']}") as visit:
        expect(visit.page.locator(".canvas .banner")).to_contain_text("file is gone from the library")
        expect(visit.page.locator(".canvas img").first).to_have_js_property("complete", True)
        expect(visit.page.locator(".copies li").first).to_contain_text("Missing")
        expect(visit.page.get_by_role("textbox", name="Note")).to_be_visible()
        visit.go("pictures?sort=name")
        expect(visit.tile("00")).to_have_attribute("aria-label", re.compile(", Missing"))
        expect(visit.tile("00").locator(".presence[data-at=missing]")).to_have_attribute("title", "Missing")
        expect(visit.tile("01").locator(".presence")).to_have_count(0)


def test_defect_in_one_view_leaves_the_others_standing(browser: Browser, studio: Studio) -> None:
    with visiting(browser, studio) as visit:
        visit.between("**/assets/01*", lambda route: route.fulfill(json={}))
        visit.go(f"picture/{named(studio, '05')}")
        expect(visit.page.get_by_role("heading", name="Something on this page failed")).to_be_visible()
        visit.page.get_by_role("link", name="Settings").click()
        expect(visit.page.get_by_role("heading", name="Watched folders")).to_be_visible()


def test_picture_that_does_not_exist_says_so(browser: Browser, studio: Studio) -> None:
    with visiting(browser, studio, at=f"picture/01{'0' * 30}") as visit:
        expect(visit.page.get_by_role("alert")).to_contain_text("There is no picture")
        visit.page.get_by_role("link", name="Back").click()
        visit.see(studio.find()["total"])


def test_export_that_came_back_leads_to_what_it_was_made_of(visit: Visit, studio: Studio, tmp_path: Path) -> None:
    source = named(studio, "03")
    done = gesso(studio.home, "export", str(tmp_path / "out"), source, "--preset", "client")
    assert done.code == 0, done
    (file,) = (tmp_path / "out").glob("*.png")
    (back,) = studio.bring_in(file)
    open_picture(visit, back)
    made_of = visit.page.get_by_role("complementary", name="Information").locator(".made-of")
    expect(made_of).to_contain_text("Made of")
    link = made_of.get_by_role("link")
    expect(link).to_have_accessible_name(studio.show(source)["asset"]["name"])
    assert axe(visit.page) == []
    link.focus()
    visit.press("Enter")
    expect(visit.page.get_by_role("heading", level=1)).to_contain_text("03-")
    expect(visit.page.locator(".made-of")).to_have_count(0)
    studio.ask("POST", "/w/-/assets/bin", {"assets": [source]})
    open_picture(visit, back)
    visit.page.reload()
    expect(made_of).to_contain_text("in the bin")
    studio.ask("POST", "/w/-/assets/unbin", {"assets": [source]})
    studio.ask("POST", "/w/-/assets/bin", {"assets": [back]})
    strange = tmp_path / "strange.png"
    strange.write_bytes(embed(file.read_bytes(), Facts(prompt="elsewhere"), lineage=Lineage(bytes(16), bytes(16))).data)
    (away,) = studio.bring_in(strange)
    open_picture(visit, away)
    expect(made_of).to_contain_text("A picture that is not in this library")
    expect(made_of.get_by_role("link")).to_have_count(0)
    studio.ask("POST", "/w/-/assets/bin", {"assets": [away]})
