"""Folders and files dropped onto the page, as the system hands them over: pictures with the texts beside them."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Route, expect

from tests.browser import scenes
from tests.browser.house import Studio, Visit, axe, named, open_picture
from tests.daemonhouse import gesso, until
from tests.library.intake.saving import drawn, save_again, save_first

PROMPT = "霓虹貓咪海報，下著雨的夜"
WRITTEN = "a dog\nNegative prompt: blurry\nSteps: 20, Sampler: Euler, CFG scale: 7, Seed: 4711"


def drop(visit: Visit, *paths: Path) -> None:
    """Over the page first, again and again as a hand does that is not still, then let go."""
    system = visit.context.new_cdp_session(visit.page)
    veil = visit.page.locator(".drop-veil")
    carried = {"items": [], "files": [str(path) for path in paths], "dragOperationsMask": 1}

    def tell(moment: str) -> None:
        system.send("Input.dispatchDragEvent", {"type": moment, "x": 200, "y": 300, "data": carried})

    def is_over() -> bool:
        tell("dragOver")
        return veil.is_visible()

    tell("dragEnter")
    until(is_over)
    tell("dragOver")
    tell("drop")
    expect(veil).to_have_count(0)
    system.detach()


def tray(visit: Visit) -> Locator:
    return visit.page.locator(".tray")


def card(visit: Visit) -> Locator:
    """Of what was dropped last."""
    return tray(visit).locator(".card").first


def plain(path: Path, seed: int) -> Path:
    """A picture in which nothing stands written."""
    path.parent.mkdir(parents=True, exist_ok=True)
    drawn(seed, seed=31).save(path)
    return path


def test_dropped_folder_comes_in_with_the_texts_beside_its_pictures(
    visit: Visit, studio: Studio, tmp_path: Path
) -> None:
    total = studio.find()["total"]
    folder = tmp_path / "資料夾"
    plain(folder / "cat.png", 0)
    plain(folder / "deep" / "cat.png", 1)
    plain(folder / "deep" / "dog.v2.jpg", 2)
    (folder / "cat.txt").write_bytes(PROMPT.encode("cp950"))
    (folder / "deep" / "dog.v2.txt").write_text(WRITTEN)
    (folder / "deep" / "notes.txt").write_text("notes")
    (folder / "deep" / "read.md").write_text("words")
    drop(visit, folder)
    expect(tray(visit)).to_contain_text("3 pictures imported")
    expect(tray(visit)).to_contain_text("2 other files were passed over (.md and .txt).")
    visit.see(total + 3)
    found = {hashlib.sha256(path.read_bytes()).hexdigest(): path for path in folder.rglob("*.*g")}
    items = [each for each in studio.find()["items"] if each["sha256"] in found]
    prompts = {found[each["sha256"]].relative_to(folder).as_posix(): each["prompt"] for each in items}
    assert prompts == {"cat.png": PROMPT, "deep/cat.png": None, "deep/dog.v2.jpg": "a dog"}
    visit.go("pictures?q=霓虹貓咪海報")
    visit.see(1)
    open_picture(visit, next(each["id"] for each in studio.find(PROMPT)["items"]))
    expect(visit.page.locator(".panel")).to_contain_text(PROMPT)
    open_picture(visit, named(studio, "dog.v2"))
    for words in ("a dog", "blurry", "4711"):
        expect(visit.page.locator(".panel")).to_contain_text(words)


def test_dropped_folder_goes_by_the_rules_of_an_import_from_it(visit: Visit, studio: Studio, tmp_path: Path) -> None:
    total = studio.find()["total"]
    folder = tmp_path / "mixed"
    plain(folder / "good.png", 21)
    plain(folder / "deep" / "good.jpg", 22)
    plain(folder / "deep" / "unnamed.png", 23).rename(folder / "deep" / "unnamed")
    for name in ("half.png.crdownload", "half2.png.part", ".hidden.png", ".cache/thumb.png", "~$good.png", "old.png~"):
        plain(folder / "real.png", 24)
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / "real.png").rename(folder / name)
    for name in ("art.psd", "film.mp4", "film2.MP4", "draw.svg", "LICENSE"):
        (folder / name).write_bytes(b"something else")
    would = json.loads(gesso(studio.home, "--json", "import", "--dry-run", str(folder)).out)
    drop(visit, folder)
    expect(tray(visit)).to_contain_text("3 pictures imported")
    expect(tray(visit)).to_contain_text("5 other files were passed over (.mp4, .psd, and .svg).")
    expect(tray(visit).locator(".failures")).to_have_count(0)
    assert (would["imported"], sum(would["others"].values()), would["failed"]) == (3, 5, [])
    visit.see(total + 3)


def test_upload_whose_answer_was_lost_is_not_called_a_failure(visit: Visit, studio: Studio, tmp_path: Path) -> None:
    total = studio.find()["total"]
    names = ("lost1.png", "lost2.png", "kept.png")
    pictures = [plain(tmp_path / "cut" / name, seed) for seed, name in enumerate(names, 31)]

    def lose(route: Route) -> None:
        if "lost" not in route.request.url:
            route.fallback()
            return
        if "lost1" in route.request.url:
            route.fetch()  # it comes in, and nobody hears of it
        route.abort("connectionreset")

    visit.between("**/uploads?*", lose)
    drop(visit, *pictures)
    expect(tray(visit)).to_contain_text("1 picture imported")
    expect(tray(visit)).to_contain_text("2 pictures may or may not have come in")
    expect(tray(visit).locator(".failures")).to_have_count(0)
    assert axe(visit.page) == []
    assert len(visit.said) == 2 and all("ERR_CONNECTION_RESET" in each for each in visit.said)
    visit.said.clear()
    visit.page.unroute("**/uploads?*")
    visit.see(total + 2)
    drop(visit, *pictures)
    expect(tray(visit)).to_contain_text("2 were here already.")
    expect(tray(visit)).not_to_contain_text("may or may not")
    visit.see(total + 3)


def test_dropped_files_bring_their_texts_and_a_text_alone_is_named(
    visit: Visit, studio: Studio, tmp_path: Path
) -> None:
    picture = plain(tmp_path / "fox.png", 3)
    drop(visit, picture)
    expect(tray(visit)).to_contain_text("1 picture imported")
    text, alone = tmp_path / "fox.txt", tmp_path / "alone.txt"
    text.write_text("a fox in the snow")
    alone.write_text("words")
    drop(visit, text, picture, alone)
    expect(tray(visit)).to_contain_text("1 was here already.")
    reason = "alone.txt This is no PNG, JPEG, WebP, AVIF, GIF or TIFF picture."
    expect(tray(visit).locator(".failures li")).to_have_text([reason])
    assert studio.show(named(studio, "fox"))["asset"]["prompt"] == "a fox in the snow"
    visit.was_refused(422, 1)
    studio.prefer(language="zh-TW")
    drop(visit, alone)
    expect(tray(visit).locator(".failures li")).to_have_text(
        ["alone.txt 不是 PNG、JPEG、WebP、AVIF、GIF 或 TIFF 圖片。"]
    )
    visit.was_refused(422, 1)


def test_dropped_picture_that_looks_like_one_that_is_here_leads_to_the_question(
    visit: Visit, studio: Studio, tmp_path: Path
) -> None:
    save_first(drawn(8), tmp_path / "first.png", 1)
    (older,) = studio.bring_in(tmp_path / "first.png")
    again = save_again(tmp_path / "first.png", tmp_path / "again", 0)
    (tmp_path / "first.png").unlink()
    drop(visit, again)
    expect(tray(visit)).to_contain_text("1 picture imported")
    expect(tray(visit)).to_contain_text("1 of the new looks like one that is here.")
    assert axe(visit.page) == []
    tray(visit).get_by_role("link", name="Look at them").click()
    expect(visit.page.locator(".alike-pair")).to_have_count(1)
    (pair,) = studio.ask("GET", "/w/-/alike")["pairs"]
    assert (pair["newer"]["id"], pair["older"]["id"]) == (named(studio, "again"), older)
    studio.ask("POST", "/w/-/alike/other", {"pairs": [{"newer": pair["newer"]["id"], "older": older}]})


def several(folder: Path, first: int, count: int = 3) -> Path:
    for number in range(count):
        scenes.paint(folder / f"{first + number}.png", first + number, size=(60, 40))
    return folder


def rate(visit: Visit, studio: Studio, stars: int) -> str:
    """The first picture of the gallery, by key; gives its id."""
    asset = str(studio.find()["items"][0]["id"])
    visit.tiles().first.focus()
    visit.press(str(stars))
    until(lambda: studio.show(asset)["asset"]["rating"] == stars)
    return asset


def test_undo_by_key_takes_back_a_drop_and_then_what_was_done_before_it(
    visit: Visit, studio: Studio, tmp_path: Path
) -> None:
    total = studio.find()["total"]
    visit.see(total)
    asset = rate(visit, studio, 4)
    drop(visit, several(tmp_path / "three", 300))
    expect(tray(visit)).to_contain_text("3 pictures imported")
    visit.see(total + 3)
    visit.press("Control+z")
    visit.notice("Undone: import, 3 pictures")
    visit.see(total)
    assert studio.show(asset)["asset"]["rating"] == 4
    visit.press("Control+z")
    visit.notice("Undone: rating")
    until(lambda: studio.show(asset)["asset"]["rating"] == 0)
    visit.press("Control+Shift+z", "Control+Shift+z")
    visit.see(total + 3)
    assert studio.show(asset)["asset"]["rating"] == 4
    visit.press("Control+z", "Control+z")
    visit.see(total)


def test_undo_by_key_passes_over_a_drop_that_changed_nothing(visit: Visit, studio: Studio, tmp_path: Path) -> None:
    folder = several(tmp_path / "known", 310)
    studio.bring_in(folder)
    total = studio.find()["total"]
    visit.see(total)
    asset = rate(visit, studio, 3)
    drop(visit, folder)
    expect(card(visit)).to_contain_text("3 were here already.")
    expect(card(visit).get_by_role("button")).to_have_count(1)  # closes it
    visit.press("Control+z")
    visit.notice("Undone: rating")
    until(lambda: studio.show(asset)["asset"]["rating"] == 0)
    assert studio.find()["total"] == total
    visit.was_refused(404)


def bring_in_by_path(visit: Visit, path: Path) -> None:
    visit.page.get_by_role("button", name="Import", exact=True).first.click()
    dialog = visit.page.get_by_role("dialog", name="Import")
    dialog.get_by_label("Or a path on this computer").fill(str(path))
    dialog.get_by_role("button", name="Import", exact=True).click()


def test_undo_by_key_takes_back_an_import_by_path_and_asks_above_twenty(
    visit: Visit, studio: Studio, tmp_path: Path
) -> None:
    total = studio.find()["total"]
    visit.see(total)
    bring_in_by_path(visit, several(tmp_path / "many", 320, 21))
    expect(tray(visit)).to_contain_text("21 pictures imported")
    visit.press("Control+z")
    dialog = visit.page.get_by_role("dialog", name="Undo all of it?")
    dialog.get_by_role("button", name="Undo (bins 21 pictures)").click()
    visit.notice("Undone: import, 21 pictures")
    visit.see(total)
    visit.was_refused(409, 1)


@pytest.mark.parametrize(
    ("language", "undo", "redo", "undone"), [("en", "Undo", "Redo", "Undone"), ("zh-TW", "復原", "重做", "已復原")]
)
def test_tray_takes_back_what_came_in_and_says_so(
    visit: Visit, studio: Studio, tmp_path: Path, language: str, undo: str, redo: str, undone: str
) -> None:
    total = studio.find()["total"]
    visit.dress(language=language)
    drop(visit, several(tmp_path / "tray", 400 if language == "en" else 410))
    visit.see(total + 3)
    assert axe(visit.page) == []
    card(visit).get_by_role("button", name=undo, exact=True).click()
    expect(card(visit)).to_contain_text(undone)
    visit.see(total)
    assert axe(visit.page) == []
    card(visit).get_by_role("button", name=redo, exact=True).click()
    visit.see(total + 3)
    expect(card(visit)).not_to_contain_text(undone)
    # What is taken back elsewhere is known here too.
    visit.press("Control+z")
    expect(card(visit)).to_contain_text(undone)
    visit.see(total)


@pytest.mark.parametrize(
    ("language", "told", "undo"), [("en", "still under way", "Undo"), ("zh-TW", "匯入仍在進行", "復原")]
)
def test_import_that_is_under_way_is_not_taken_back_by_half(
    visit: Visit, studio: Studio, tmp_path: Path, language: str, told: str, undo: str
) -> None:
    total = studio.find()["total"]
    visit.dress(language=language)
    held: list[Route] = []
    visit.between("**/uploads?*", lambda route: held.append(route))
    drop(visit, several(tmp_path / "slow", 420 if language == "en" else 430))
    until(lambda: visit.page.evaluate("1") and len(held) == 3)
    visit.press("Control+z")
    visit.notice(told)
    for each in held:
        each.continue_()
    visit.see(total + 3)
    expect(card(visit).get_by_role("button", name=undo)).to_be_visible()
    visit.press("Control+z")
    visit.see(total)
