"""What goes into the draft: a whole batch again, dropped files by their kind, places to fill, rows with problems."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser import scenes
from tests.browser.house import Studio, Visit, axe
from tests.browser.making.orders import begin, choose, comes, jobs, write
from tests.browser.test_dropped import drop
from tests.daemonhouse import until

FIELD = "#create-prompt"


@pytest.mark.parametrize("language", ["en", "zh-TW"])
def test_a_batch_is_used_again_as_a_whole(visit: Visit, place: Studio, tmp_path: Path, language: str) -> None:
    page = visit.page
    order = {"negative": "rain", "count": 2, "options": {"quality": "high"}, "tags": ["series"], "format": "png"}
    prompts = [f"a teal {each} {language}" for each in ("jug", "bowl", "cup")]
    place.ask("POST", "/w/-/jobs/pause", {"paused": True})
    begin(place, *prompts, provider="atelier", **order, width=768, height=512)
    sheet = tmp_path / "other.csv"
    sheet.write_text("prompt\nnothing of this\n", "utf-8")
    page.locator("[data-sheet]").set_input_files(sheet)
    write(page, "an older draft", 9)
    visit.dress(language=language)
    name = {"en": "Reuse this prompt", "zh-TW": "重用這個提示詞"}[language]
    page.locator(".batch", has_text=prompts[0]).get_by_role("button", name=name).click()
    expect(page.locator(".sheet-table tbody tr")).to_have_count(3)
    for at, prompt in enumerate(prompts):
        expect(page.locator(".sheet-table tbody tr").nth(at)).to_contain_text(prompt)
    expect(page.locator(FIELD)).to_have_value("")
    before = {each["id"] for each in jobs(place)}
    page.locator(".generate").click()
    fresh = until(lambda: page.wait_for_timeout(20) or [each for each in jobs(place) if each["id"] not in before])
    expect(page.locator(".batch").first.locator(f"[data-made='{fresh[0]['id']}']")).to_be_visible()
    kept = ("prompt", "negative", "width", "height", "options", "tags", "model")
    was = [each for each in jobs(place) if each["id"] in before and each["prompt"] in prompts]
    assert sorted([json.dumps([each[name] for name in kept]) for each in fresh]) == sorted(
        [json.dumps([each[name] for name in kept]) for each in was]
    )


def test_a_batch_of_one_prompt_leaves_nothing_of_the_draft_before(visit: Visit, place: Studio, tmp_path: Path) -> None:
    page = visit.page
    begin(place, "a plain jug", count=3)
    sheet = tmp_path / "other.csv"
    sheet.write_text("prompt\nnothing of this\n", "utf-8")
    page.locator("[data-sheet]").set_input_files(sheet)
    choose(page, "Oil")
    page.get_by_label("Negative prompt").fill("an older one")
    page.locator(".batch", has_text="a plain jug").first.get_by_role("button", name="Reuse this prompt").click()
    expect(page.locator(FIELD)).to_have_value("a plain jug")
    expect(page.locator(".sheet-part")).to_have_count(0)
    expect(page.get_by_role("textbox", name="Pictures")).to_have_value("3")
    expect(page.locator(".sizes .nums")).to_have_text("128 × 128")
    choose(page, "Oil")
    expect(page.get_by_label("Negative prompt")).to_have_value("")


def test_dropped_files_go_where_their_kind_belongs(visit: Visit, place: Studio, tmp_path: Path) -> None:
    page = visit.page
    picture = scenes.paint(tmp_path / "dropped.png", 3, size=(120, 80))
    sheet, other = tmp_path / "rows.csv", tmp_path / "more.jsonl"
    sheet.write_text("prompt\na dropped row\n", "utf-8")
    other.write_text('{"prompt": "of the other file"}\n', "utf-8")
    drop(visit, picture)  # on the left side
    expect(page.locator(".tray")).to_contain_text("1 picture")
    expect(page.locator(".notice")).to_have_count(0)
    assert place.find("dropped")["total"] == 1
    drop(visit, sheet, other, picture)
    expect(page.locator(".sheet-part")).to_contain_text("rows.csv")
    expect(page.locator(".sheet-table")).to_contain_text("a dropped row")
    visit.notice("1 other file is left out")
    expect(page.locator(".tray .failures")).to_have_count(0)
    page.get_by_role("button", name="Remove the file").click()


@pytest.mark.parametrize(
    ("language", "told", "hint"),
    [("en", "Fill in place, 時間 first.", "Fill this in"), ("zh-TW", "請先填寫", "請填寫")],
)
def test_places_to_fill_are_no_faults(visit: Visit, place: Studio, language: str, told: str, hint: str) -> None:
    page = visit.page
    saved = place.ask("POST", "/w/-/prompts", {"name": f"Places {language}", "text": "{{place}} at {{時間}}"})["id"]
    place.prefer(language=language)
    visit.go(f"prompt/{saved}")
    expect(page.locator(FIELD)).to_have_value("{{place}} at {{時間}}")
    page.wait_for_timeout(800)
    expect(page.locator(".faults")).to_have_count(0)
    page.locator("header .button.primary").click()
    expect(page.locator(".variables input")).to_have_count(2)
    expect(comes(page)).to_contain_text(told if language == "zh-TW" else "Fill in place")
    expect(page.locator(".faults, .comes .bad-text")).to_have_count(0)
    expect(page.locator(".field.missing")).to_have_count(2)
    expect(page.locator(".generate")).to_be_disabled()
    first = page.locator(".variables input").first
    expect(first).to_have_attribute("placeholder", hint)
    expect(first).to_have_attribute("aria-required", "true")
    assert axe(page) == []
    first.fill("the harbour")
    expect(page.locator(".field.missing")).to_have_count(1)
    page.locator(".variables input").last.fill("dusk")
    expect(page.locator(".generate")).to_be_enabled()
    page.locator(FIELD).fill("{{place}} and a brace {")
    expect(page.locator(".faults")).to_have_count(1)


def test_rows_with_problems_show_what_they_say_and_can_be_seen_alone(visit: Visit, tmp_path: Path) -> None:
    page = visit.page
    rows = ["prompt,count", *(f"row {number},1" for number in range(1, 8))]
    rows[3], rows[5] = "row three,5000", "row five,many"
    sheet = tmp_path / "rows.csv"
    sheet.write_text("\n".join(rows) + "\n", "utf-8")
    page.locator("[data-sheet]").set_input_files(sheet)
    bad = page.locator(".sheet-table tr.bad")
    expect(bad).to_have_count(2)
    expect(bad.first).to_contain_text("row three,5000")
    expect(bad.first).to_contain_text("from 1 to 1000")
    page.get_by_text("Only rows with problems").click()
    expect(page.locator(".sheet-table tbody tr")).to_have_count(2)
    page.get_by_text("Only rows with problems").click()
    expect(page.locator(".sheet-table tbody tr")).to_have_count(7)
    assert axe(page) == []
    page.get_by_role("button", name="Remove the file").click()


@pytest.mark.parametrize(
    ("language", "label", "told"), [("en", "Pictures", "1,000 at most"), ("zh-TW", "張數", "最多")]
)
def test_a_number_that_does_not_go_is_made_one_that_does_and_that_is_said(
    visit: Visit, place: Studio, language: str, label: str, told: str
) -> None:
    page = visit.page
    place.prefer(language=language)
    field = page.get_by_role("textbox", name=label, exact=True)
    field.fill("5000")
    field.press("Tab")
    expect(field).to_have_value("1000")
    expect(page.locator(".stepper", has=field)).to_contain_text(told)
    field.fill("12")
    field.press("Tab")
    expect(page.locator(".stepper", has=field)).not_to_contain_text(told)
