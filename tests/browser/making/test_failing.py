"""What came to nothing: the reason in a sentence, and where what came lies behind a button, with a copy of it."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.house import Studio, Visit, axe, still
from tests.browser.making.orders import begin
from tests.daemonhouse import until

SAID = {
    "en": ("cannot be taken in. This is no PNG, JPEG", "Copy Path", "Path copied"),
    "zh-TW": ("無法收下供應商給的內容。不是 PNG、JPEG", "複製路徑", "已複製路徑"),
}


@pytest.mark.parametrize("language", ["en", "zh-TW"])
@pytest.mark.parametrize("width", [360, 1366, 1920])
def test_what_is_no_picture_is_told_in_a_sentence_and_its_path_is_copied(
    visit: Visit, place: Studio, language: str, width: int
) -> None:
    page, (reason, copy, copied) = visit.page, SAID[language]
    begun = begin(place, f"a spoilt umbrella {language} {width}", provider="atelier")
    until(lambda: place.ask("GET", f"/w/-/batches/{begun['batch']}")["jobs"][0]["state"] == "failed")
    path = place.ask("GET", f"/w/-/batches/{begun['batch']}")["jobs"][0]["error"]["params"]["path"]
    page.set_viewport_size({"width": width, "height": 800})
    visit.dress(language=language)
    tile = page.locator(f"[data-made='{begun['jobs'][0]['id']}']")
    expect(tile).to_contain_text(reason)
    expect(tile).not_to_contain_text("/making/")
    assert tile.evaluate("box => box.scrollHeight <= box.clientHeight"), "something of it is cut off"
    visit.go("queue")
    row = page.locator(f"[data-job='{begun['jobs'][0]['id']}']")
    expect(row).to_contain_text(reason)
    expect(row).not_to_contain_text("/making/")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    for where in ("queue", "create"):
        visit.go(where)
        (row if where == "queue" else tile).locator(".why-more").press("Enter")
        told = page.get_by_role("dialog")
        expect(told).to_contain_text(path)
        expect(told).to_contain_text("The file is no PNG")
        still(page)
        box = told.bounding_box()
        assert box is not None and box["x"] >= 0 and box["x"] + box["width"] <= width
        assert axe(page) == []
        told.get_by_role("button", name=copy).click()
        visit.notice(copied)
        assert page.evaluate("navigator.clipboard.readText()") == path
        page.evaluate("navigator.clipboard.writeText('')")
        visit.press("Escape")
        expect(told).to_have_count(0)


def test_queue_takes_the_width_of_a_wide_screen(visit: Visit, place: Studio) -> None:
    page = visit.page
    place.ask("POST", "/w/-/jobs/pause", {"paused": True})
    begin(place, "a pot with a rather long description of what stands in it and around it")
    visit.go("queue")
    row = page.locator("[data-waiting] .job").first
    expect(row).to_be_visible()
    for width, share in ((1366, 0.9), (1920, 0.9)):
        page.set_viewport_size({"width": width, "height": 900})
        still(page)
        box, main = row.bounding_box(), page.locator("#main").bounding_box()
        assert box is not None and main is not None and box["width"] >= share * main["width"], width
    assert box is not None and box["height"] < 56
    assert axe(page) == []
