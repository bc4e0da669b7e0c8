"""What the tests of making pictures do on the page and beside it."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Locator, Page, expect

from tests.browser.house import Studio

SMALL = {"width": 128, "height": 128}


def jobs(place: Studio, ended: bool = False) -> Any:
    return place.ask("GET", f"/w/-/jobs?limit=200{'&ended=true' if ended else ''}")["jobs"]


def begin(place: Studio, *prompts: str, provider: str = "sketch", **more: Any) -> Any:
    size = SMALL if provider == "sketch" else {}
    return place.ask("POST", "/w/-/jobs", {"prompts": prompts, "targets": [{"provider": provider}], **size, **more})


def write(page: Page, prompt: str, count: int | None = None) -> None:
    page.locator("#create-prompt").fill(prompt)
    if count is not None:
        page.get_by_role("textbox", name="Pictures").fill(str(count))
        page.get_by_role("textbox", name="Pictures").press("Tab")


def comes(page: Page) -> Locator:
    return page.locator(".comes")


def choose(page: Page, *models: str) -> None:
    """These models, and no other."""
    page.get_by_role("button", name="Choose", exact=True).click()
    for item in page.get_by_role("menuitemcheckbox").all():
        wanted = any(each in item.inner_text() for each in models)
        if wanted and item.get_attribute("aria-checked") != "true":
            item.click()
    for item in page.get_by_role("menuitemcheckbox").all():
        if not any(each in item.inner_text() for each in models) and item.get_attribute("aria-checked") == "true":
            item.click()
    page.keyboard.press("Escape")
    for each in models:
        expect(page.locator(".models .chip:not(.add)", has_text=each)).not_to_have_count(0)
