"""What a batch file comes to: its rows make a picture each, and what stands beside it unused is told."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.house import Studio, Visit, axe, fits_at_every_width
from tests.browser.making.orders import write
from tests.daemonhouse import gesso

FIELD = "#create-prompt"
TOLD = ".sheet-part > .note-line, .sheet-part > .bad-text"  # of the file as a whole
NAMES = {"en": "Pictures per row", "zh-TW": "每列張數"}


def sheet(folder: Path, *lines: str) -> Path:
    file = folder / "rows.csv"
    file.write_text("\n".join(lines) + "\n", "utf-8")
    return file


@pytest.mark.parametrize(
    ("language", "made", "summed"),
    [("en", "Generate 3 pictures", "2 rows × 4 = 8 pictures"), ("zh-TW", "生成 3 張", "2 列 × 4 = 8 張圖片")],
)
def test_rows_make_a_picture_each_as_the_command_line_has_it(
    visit: Visit, place: Studio, tmp_path: Path, language: str, made: str, summed: str
) -> None:
    page = visit.page
    visit.dress(language=language)
    file = sheet(tmp_path, "prompt,thing", "a red lantern,", "a {{thing}} lantern,blue", '"a {jade|teal} lantern",')
    page.locator("[data-sheet]").set_input_files(file)
    expect(page.locator(".generate")).to_contain_text("4")
    quote = gesso(place.home, "--json", "gen", "--from", str(file), "--dry-run").json["quote"]
    assert quote["jobs"] == 4
    file = sheet(tmp_path, "prompt,count", "a red lantern,2", "a blue lantern,")
    page.locator("[data-sheet]").set_input_files(file)
    expect(page.locator(".generate")).to_have_text(made)
    field = page.get_by_role("textbox", name=NAMES[language], exact=True)
    expect(field).to_have_value("1")
    expect(page.locator("[data-sum]")).to_contain_text("3")
    file = sheet(tmp_path, "prompt", "a red lantern", "a blue lantern")
    page.locator("[data-sheet]").set_input_files(file)
    expect(page.locator(".generate")).to_contain_text("2")
    expect(page.locator("[data-sum]")).to_have_count(0)
    field.fill("4")
    field.press("Tab")
    expect(page.locator("[data-sum]")).to_have_text(summed)
    expect(page.locator(".generate")).to_contain_text("8")
    # Without the file it is the number of before, for one prompt.
    page.locator(".sheet-part .icon-button").first.click()
    expect(field).to_have_count(0)
    expect(page.locator(".stepper input").first).to_have_value("4")


@pytest.mark.parametrize(("language", "told"), [("en", "this one is not used"), ("zh-TW", "這裡的文字不會用到")])
def test_prompt_that_no_row_takes_is_told_and_has_no_fields(
    visit: Visit, tmp_path: Path, language: str, told: str
) -> None:
    page = visit.page
    visit.dress(language=language)
    page.locator("[data-sheet]").set_input_files(sheet(tmp_path, "prompt", "a red lantern", "a blue lantern"))
    expect(page.locator(".sheet-table tbody tr")).to_have_count(2)
    write(page, "typed beside it {{nope}}")
    expect(page.locator("[data-unused]")).to_contain_text(told)
    expect(page.locator(".variables")).to_have_count(0)
    expect(page.locator(".generate")).to_be_enabled()
    assert axe(page) == []
    # A row without one takes it, and lacks what it wants: that can be filled in.
    file = sheet(tmp_path, "prompt,seed", "a red lantern,1", ",2")
    page.locator("[data-sheet]").set_input_files(file)
    expect(page.locator("[data-unused]")).to_have_count(0)
    page.locator(".variables input").fill("here")
    expect(page.locator(".sheet-table tr.bad")).to_have_count(0)
    expect(page.locator(".generate")).to_contain_text("2")
    page.locator(".sheet-part .icon-button").first.click()
    page.locator(FIELD).fill("")


@pytest.mark.parametrize(
    ("language", "held", "told", "idle"),
    [
        ("en", "nothing of the file is made", "no place for thing", "Not used: thing"),
        ("zh-TW", "整個檔案都不會開始", "不會代入「thing」", "未用到：thing"),
    ],
)
def test_column_that_no_prompt_uses_is_not_shown_as_if_it_were_used(
    visit: Visit, tmp_path: Path, language: str, held: str, told: str, idle: str
) -> None:
    page = visit.page
    visit.dress(language=language)
    page.locator("[data-sheet]").set_input_files(
        sheet(
            tmp_path,
            "prompt,thing,mood",
            '"a {thing} lantern in {{mood}} light",red,dim',
            '"a {{ MOOD }} sea",,calm',
            '"a {{thing}} moon",blue,',
        )
    )
    rows = page.locator(".sheet-table tbody tr")
    bad = page.locator(".sheet-table tr.bad")
    expect(bad).to_have_count(1)
    expect(bad.locator("th")).to_have_text("2")
    expect(bad).to_contain_text(told)
    expect(bad).to_contain_text("{{thing}}")
    expect(rows.nth(1)).to_contain_text(re.compile("mood[:：] ?calm"))
    expect(page.locator("[data-held]")).to_contain_text(held)
    expect(page.locator("[data-unused-columns]")).to_have_count(0)
    expect(page.locator(".generate")).to_be_disabled()
    assert axe(page) == []
    fits_at_every_width(page, f"unused-column-{language}")
    page.locator("[data-sheet]").set_input_files(sheet(tmp_path, "prompt,thing", '"a {{thing}} lantern",red'))
    expect(rows.nth(0)).to_contain_text(re.compile("thing[:：] ?red"))
    expect(page.locator(TOLD)).to_have_count(0)
    page.locator("[data-sheet]").set_input_files(sheet(tmp_path, "prompt,thing", '"a lantern",red'))
    expect(rows.nth(0)).to_contain_text(idle)
    expect(page.locator(TOLD)).to_contain_text("{{thing}}")
    expect(page.locator(".generate")).to_be_enabled()
    page.locator(".sheet-part .icon-button").first.click()
