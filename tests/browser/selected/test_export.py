"""Pictures exported from the page: as a preset says, into a zip file or a folder, and what was left out told."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, Locator, expect

from tests.browser import scenes
from tests.browser.house import Studio, Visit, axe, named, open_picture, visiting


@pytest.fixture(autouse=True)
def as_it_was(visit: Visit, studio: Studio) -> Iterator[None]:
    visit.page.evaluate("localStorage.clear()")
    yield
    for each in studio.ask("GET", "/w/-/presets")["presets"]:
        if not each["builtin"]:
            studio.ask("DELETE", f"/w/-/presets/{each['id']}")


def dialog(visit: Visit) -> Locator:
    return visit.page.get_by_role("dialog")


def choose(visit: Visit, name: str) -> None:
    dialog(visit).locator("label.preset-choice", has_text=name).click()


def tray(visit: Visit) -> Locator:
    return visit.page.get_by_role("complementary", name="Work under way")


def into_folder(visit: Visit, folder: Path) -> None:
    dialog(visit).get_by_text("A folder on the computer").click()
    dialog(visit).get_by_role("textbox", name="Folder on this computer").fill(str(folder))


def begin(visit: Visit) -> None:
    dialog(visit).get_by_role("button", name=re.compile("^Export ")).click()
    expect(dialog(visit)).to_have_count(0)


def test_selection_is_saved_as_a_zip_file(visit: Visit, studio: Studio, tmp_path: Path) -> None:
    visit.select("00", "01")
    visit.press("e")
    expect(dialog(visit)).to_contain_text("Export 2 pictures")
    with visit.page.expect_download() as saved:
        begin(visit)
    assert re.fullmatch(r"Web 2048 \d{4}-\d\d-\d\d\.zip", saved.value.suggested_filename)
    saved.value.save_as(tmp_path / "out.zip")
    with zipfile.ZipFile(tmp_path / "out.zip") as archive:
        assert [name[:2] for name in archive.namelist()] == ["00", "01"] and archive.testzip() is None
        assert all(name.endswith(".jpg") for name in archive.namelist())
    expect(tray(visit)).to_contain_text("2 pictures exported")
    with visit.page.expect_download() as again:
        tray(visit).get_by_role("link", name="Save the zip file").click()
    assert again.value.suggested_filename == saved.value.suggested_filename
    expect(visit.page.get_by_role("toolbar", name="Selected pictures")).to_contain_text("2 selected")


def test_some_that_cannot_be_made_are_named_with_the_reason(visit: Visit, studio: Studio, tmp_path: Path) -> None:
    kept = scenes.paint(tmp_path / "in" / "gone.png", 88, "一隻貓", size=(240, 160))
    (gone,) = studio.bring_in(tmp_path / "in", reference=True)
    visit.select("00", "gone")
    kept.unlink()
    visit.press("e")
    choose(visit, "Client PNG")
    into_folder(visit, tmp_path / "out")
    assert axe(visit.page) == []
    begin(visit)
    expect(tray(visit)).to_contain_text("Only 1 of 2 pictures exported")
    expect(tray(visit)).to_contain_text("gone.png its original is not on this device now")
    expect(tray(visit)).to_contain_text(str(tmp_path / "out"))
    assert [path.suffix for path in (tmp_path / "out").iterdir()] == [".png"]
    studio.ask("POST", "/w/-/assets/bin", {"assets": [gone]})


def test_place_that_is_no_folder_is_refused_where_it_stands(visit: Visit, studio: Studio, tmp_path: Path) -> None:
    visit.select("00")
    visit.press("e")
    into_folder(visit, Path("pictures/out"))
    dialog(visit).get_by_role("button", name="Export 1 picture").click()
    field = dialog(visit).get_by_role("textbox", name="Folder on this computer")
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(dialog(visit).locator(".field-error")).to_contain_text("absolute")
    field.fill(str(tmp_path / "out"))
    expect(dialog(visit).locator(".field-error")).to_have_count(0)
    choose(visit, "As they are, with texts")
    begin(visit)
    expect(tray(visit)).to_contain_text("1 picture exported")
    assert sorted(path.suffix for path in (tmp_path / "out").iterdir()) == [".json", ".png"]
    visit.was_refused(422)


def test_preset_is_made_with_an_example_and_faults_where_they_stand(visit: Visit, studio: Studio) -> None:
    visit.go("settings")
    visit.page.get_by_role("button", name="New preset").click()
    form = dialog(visit)
    example = form.get_by_role("status")
    expect(example).to_contain_text(".png")
    form.get_by_role("textbox", name="Name", exact=True).fill("客戶 Client")
    form.get_by_text("JPEG", exact=True).click()
    expect(example).to_contain_text(".jpg")
    form.get_by_role("textbox", name="Size").fill("100px")
    expect(form.locator(".field-error")).to_have_text(re.compile("“100px” is no size"))
    expect(form.get_by_role("textbox", name="Size")).to_have_attribute("aria-invalid", "true")
    form.get_by_role("textbox", name="Size").fill("100x80")
    expect(example).to_contain_text("100 × 80")
    form.get_by_role("textbox", name="Size").fill("10000x8000")
    expect(example).to_contain_text("smaller than 10000x8000: the picture has fewer pixels")
    form.get_by_role("textbox", name="Size").fill("100x80")
    expect(example).to_contain_text("100 × 80")
    expect(example).not_to_contain_text("smaller than")
    name = form.get_by_role("textbox", name="File name")
    name.fill("out/")
    expect(form.locator(".field-error")).to_contain_text("folders are chosen")
    name.fill("")
    form.get_by_role("button", name="{date}").click()
    form.get_by_role("button", name="{n:03}").click()
    expect(name).to_have_value("{date}{n:03}")
    expect(example).to_contain_text(re.compile(r"\d{4}-\d\d-\d\d001\.jpg"))
    form.get_by_role("textbox", name="Name", exact=True).fill("Original")
    form.get_by_role("button", name="Save").click()
    expect(form.locator(".field-error")).to_contain_text("already")
    form.get_by_role("textbox", name="Name", exact=True).fill("客戶 Client")
    assert axe(visit.page) == []
    form.get_by_role("button", name="Save").click()
    row = visit.page.get_by_role("listitem").filter(has_text="客戶 Client")
    expect(row).to_contain_text("JPEG · quality 90 · 100x80 px, smaller where a picture has fewer")
    (made,) = [each for each in studio.ask("GET", "/w/-/presets")["presets"] if not each["builtin"]]
    assert (made["size"], made["pattern"], made["format"]) == ("100x80", "{date}{n:03}", "jpeg")
    assert {each[-len("409 (Conflict)") :] for each in visit.said if "409" in each} == {"409 (Conflict)"}
    visit.said.clear()  # of the faults, as a browser tells them


def test_preset_is_copied_changed_deleted_and_brought_back(visit: Visit, studio: Studio) -> None:
    visit.go("settings")
    visit.page.get_by_role("button", name="Copy Web 2048").click()
    expect(dialog(visit).get_by_role("textbox", name="Name", exact=True)).to_have_value("Web 2048 2")
    dialog(visit).get_by_role("button", name="Save").click()
    visit.page.get_by_role("button", name="Edit Web 2048 2").click()
    dialog(visit).get_by_role("textbox", name="Size").fill("50%")
    dialog(visit).get_by_role("button", name="Save").click()
    row = visit.page.get_by_role("listitem").filter(has_text="Web 2048 2")
    expect(row).to_contain_text("50%")
    row.get_by_role("button", name="Delete").click()
    visit.notice("Export preset “Web 2048 2” deleted")
    expect(row).to_have_count(0)
    visit.page.locator(".notice").last.get_by_role("button", name="Undo").click()
    expect(row).to_contain_text("50%")
    assert visit.page.get_by_role("button", name="Delete Original").count() == 0


def test_preset_of_any_format_is_named_and_changed(visit: Visit, studio: Studio) -> None:
    names = {"keep": "Its own", "png": "PNG", "jpeg": "JPEG", "webp": "WebP", "avif": "AVIF"}
    for format in names:
        studio.ask("POST", "/w/-/presets", {"name": f"As {format}", "format": format})
    visit.go("settings")
    for format, name in names.items():
        row = visit.page.get_by_role("listitem").filter(has_text=f"As {format}")
        expect(row).to_contain_text(f"{name} · quality 90" if format in ("jpeg", "webp", "avif") else name)
    visit.page.get_by_role("button", name="Edit As avif").click()
    form = dialog(visit)
    expect(form.get_by_role("radio", name="AVIF", exact=True)).to_be_checked()
    expect(form.get_by_role("status")).to_contain_text(".avif")
    form.get_by_role("textbox", name="Quality").fill("60")
    form.get_by_role("button", name="Save").click()
    expect(visit.page.get_by_role("listitem").filter(has_text="As avif")).to_contain_text("AVIF · quality 60")


def test_preset_made_in_the_export_is_taken_at_once_and_remembered(
    visit: Visit, studio: Studio, tmp_path: Path
) -> None:
    open_picture(visit, named(studio, "00"))
    visit.press("e")
    into_folder(visit, tmp_path / "out")
    dialog(visit).get_by_role("button", name="New preset").click()
    dialog(visit).get_by_role("textbox", name="Name", exact=True).fill("Small")
    dialog(visit).get_by_role("textbox", name="Size").fill("64")
    dialog(visit).get_by_role("button", name="Save").click()
    expect(dialog(visit).get_by_role("radio", name="Small")).to_be_checked()
    begin(visit)
    expect(tray(visit)).to_contain_text("1 picture exported")
    (made,) = (tmp_path / "out").iterdir()
    with Image.open(made) as image:
        assert max(image.size) == 64
    visit.page.reload()
    visit.page.wait_for_selector(".panel")
    visit.page.get_by_role("button", name="Export", exact=True).click()
    expect(dialog(visit).get_by_role("radio", name="Small")).to_be_checked()
    expect(dialog(visit).get_by_role("textbox", name="Folder on this computer")).to_have_value(str(tmp_path / "out"))
    visit.press("Escape")


def test_album_goes_out_in_its_own_order(visit: Visit, studio: Studio, tmp_path: Path) -> None:
    studio.ask(
        "POST",
        "/w/-/presets",
        {"name": "Numbered", "pattern": "{n:02} {name}", "format": "original", "metadata": "all"},
    )
    album = studio.ask("POST", "/w/-/albums", {"name": "順序"})["id"]
    ids = [named(studio, name) for name in ("03", "01", "02")]
    studio.ask("POST", f"/w/-/albums/{album}/add", {"assets": ids})
    visit.go(f"album/{album}")
    visit.see(3)
    visit.page.get_by_role("button", name="More for this album").click()
    visit.page.get_by_role("menuitem", name="Export this album").click()
    into_folder(visit, tmp_path / "out")
    choose(visit, "Numbered")
    begin(visit)
    expect(tray(visit)).to_contain_text("3 pictures exported")
    assert [path.name[:5] for path in sorted((tmp_path / "out").iterdir())] == ["01 03", "02 01", "03 02"]
    studio.ask("DELETE", f"/w/-/albums/{album}")


@pytest.mark.parametrize("width", [320, 390, 1920])
def test_dialogs_fit_at_any_width(browser: Browser, studio: Studio, width: int) -> None:
    studio.ask("POST", "/w/-/presets", {"name": "長" * 30 + "W" * 60, "format": "webp"})
    with visiting(browser, studio, viewport={"width": width, "height": 800}) as visit:
        visit.go("pictures?sort=name")
        visit.tiles().first.focus()
        visit.press("e")
        fits = (
            "[...document.querySelectorAll('[role=dialog], .sheet')].every(one => one.scrollWidth <= one.clientWidth)"
        )
        expect(dialog(visit).get_by_role("radio")).to_have_count(6)
        assert visit.page.evaluate(fits)
        # On a phone the card is drawn around a preset with what can be done with it, else around the preset alone.
        edges = "(row) => [row, row.querySelector('.preset-choice')].map((one) => getComputedStyle(one).borderTopWidth)"
        around = visit.page.locator(".preset-list > .row").first.evaluate(edges)
        assert around == (["1px", "0px"] if width < 760 else ["0px", "1px"])
        dialog(visit).get_by_role("button", name=re.compile("^Edit ")).click()
        expect(dialog(visit).get_by_role("status")).to_contain_text(".webp")
        assert visit.page.evaluate(fits)
        assert axe(visit.page) == []


def test_escape_closes_what_is_on_top_and_what_was_typed_is_there_again(visit: Visit) -> None:
    visit.select("00")
    visit.press("e")
    dialog(visit).get_by_role("button", name="New preset").click()
    name = dialog(visit).get_by_role("textbox", name="Name", exact=True)
    expect(name).to_be_focused()
    name.fill("Poster")
    visit.press("Escape")
    expect(dialog(visit)).to_contain_text("Export 1 picture")
    dialog(visit).get_by_role("button", name="New preset").click()
    expect(name).to_have_value("Poster")
    dialog(visit).get_by_role("button", name="Cancel").click()
    dialog(visit).get_by_role("button", name="New preset").click()
    expect(name).to_have_value("")
    visit.press("Escape")
    expect(dialog(visit).get_by_role("button", name="New preset")).to_be_focused()
    visit.press("Escape")
    expect(dialog(visit)).to_have_count(0)
