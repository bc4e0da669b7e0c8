"""A batch that is larger than what the queue shows at first hides no other one."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser.house import Studio, Visit, axe, fits_at_every_width
from tests.browser.making.orders import begin, jobs


def test_small_batch_is_found_behind_a_large_one(visit: Visit, place: Studio) -> None:
    page = visit.page
    place.ask("POST", "/w/-/jobs/pause", {"paused": True})
    large = begin(place, "many hills", count=100)["batch"]
    begin(place, "many brooks", count=30)
    small = begin(place, "the one owl")["batch"]
    visit.go("queue")
    waiting = page.locator("[data-waiting] .job")
    expect(waiting).to_have_count(100)
    expect(waiting.filter(has_text="owl")).to_have_count(0)
    page.get_by_role("button", name="Batches").press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog.locator("[data-batch]").first).to_contain_text("the one owl")
    expect(dialog.locator(f"[data-batch='{large}']")).to_contain_text("100 pictures · Waiting 100")
    assert axe(page) == []
    dialog.locator(f"[data-batch='{small}']").press("Enter")
    expect(dialog).to_have_count(0)
    expect(waiting).to_have_count(1)
    expect(page.locator("[data-only]")).to_contain_text("the one owl · 1 picture · Waiting 1")
    expect(page.get_by_role("button", name="Cancel all waiting")).to_have_count(0)
    fits_at_every_width(page, "one-batch")
    place.ask("POST", "/w/-/jobs/cancel", {"ids": [each["id"] for each in jobs(place) if each["batch"] == small]})
    expect(page.locator(".job.cancelled")).to_have_count(1)
    expect(page.locator("[data-only]")).to_contain_text(re.compile("Cancelled 1"))
    page.get_by_role("link", name="Show the whole queue").click()
    expect(waiting).to_have_count(100)
