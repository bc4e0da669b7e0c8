"""What one is writing outlives the tab, the whole browser and another tab."""

from __future__ import annotations

import contextlib
import os
import signal
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Error, Page, expect

from tests.browser.house import CHROMIUM, FLAGS, PATIENCE_MS, Studio, Visit
from tests.browser.making.orders import begin

LONG = "雨夜的街道，霓虹燈映在水窪裡，" * 240 + "最後一句。"


def processes(profile: Path) -> list[int]:
    """Those of the browser that has this profile, whichever they are."""
    found = []
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            if entry.name.isdigit() and os.fsencode(profile) in (entry / "cmdline").read_bytes():
                found.append(int(entry.name))
    return found


def kill(profile: Path) -> None:
    while alive := processes(profile):
        for each in alive:
            with contextlib.suppress(ProcessLookupError):
                os.kill(each, signal.SIGKILL)


@pytest.mark.parametrize(
    ("language", "told"), [("en", "What you were writing is kept"), ("zh-TW", "您正在寫的內容都有保留")]
)
def test_what_is_written_outlives_a_killed_browser(
    browser: Browser, place: Studio, tmp_path: Path, language: str, told: str
) -> None:
    place.prefer(language=language, theme="light")
    place.forget_drafts()
    profile, options = tmp_path / "profile", {"executable_path": CHROMIUM, "args": [*FLAGS], "locale": language}
    context = browser.browser_type.launch_persistent_context(profile, **options)
    page = context.new_page()
    page.goto(place.launch_address())
    page.wait_for_selector("#main")
    page.goto(f"{place.url}/#/create")
    page.locator("#create-prompt").fill(LONG)
    page.wait_for_timeout(1500)
    kill(profile)
    with contextlib.suppress(Error):
        context.close()

    context = browser.browser_type.launch_persistent_context(profile, **options)
    try:
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.goto(f"{place.url}/#/create")
        page.wait_for_selector("#main, main.alone")
        if page.locator("main.alone").count():  # the sign-in was as fresh, and Chromium had not written it either
            expect(page.locator("main.alone")).to_contain_text("gesso ui")
            expect(page.locator("main.alone")).to_contain_text(told)
            page = context.new_page()  # `gesso ui` opens one
            page.set_default_timeout(PATIENCE_MS)
            page.goto(place.launch_address())
            page.wait_for_selector("#main")
            page.goto(f"{place.url}/#/create")
        expect(page.locator("#create-prompt")).to_have_value(LONG)
    finally:
        context.close()


def opened(visit: Visit) -> Page:
    """One more tab of the same browser, where one creates."""
    page = visit.context.new_page()
    page.goto(f"{visit.studio.url}/#/create")
    page.wait_for_selector("#create-prompt")
    return page


def test_two_tabs_leave_each_other_what_they_write(visit: Visit) -> None:
    first = visit.page
    first.locator("#create-prompt").fill(LONG)
    first.wait_for_timeout(700)
    second = opened(visit)
    expect(second.locator("#create-prompt")).to_have_value(LONG)
    second.locator("#create-prompt").fill("something short")
    second.wait_for_timeout(700)
    first.reload()
    expect(first.locator("#create-prompt")).to_have_value(LONG)
    second.reload()
    expect(second.locator("#create-prompt")).to_have_value("something short")
    expect(opened(visit).locator("#create-prompt")).to_have_value("something short")


def test_duplicated_tab_writes_a_draft_of_its_own(visit: Visit) -> None:
    first = visit.page
    first.locator("#create-prompt").fill("in the first tab")
    first.wait_for_timeout(700)
    with first.expect_popup() as popup:
        # A window that a page opens begins with a copy of what its tab keeps, as a duplicated tab does.
        first.evaluate("window.open(location.href, '_blank', 'opener')")
    second = popup.value
    second.wait_for_selector("#create-prompt")
    expect(second.locator("#create-prompt")).to_have_value("in the first tab")
    second.wait_for_timeout(1500)
    second.locator("#create-prompt").fill("in the second tab")
    second.wait_for_timeout(700)
    first.reload()
    expect(first.locator("#create-prompt")).to_have_value("in the first tab")


def test_draft_is_what_it_was_though_the_daemon_does_not_answer(visit: Visit) -> None:
    page = visit.page
    visit.between("**/drafts/*", lambda route: route.abort("connectionrefused"))
    page.locator("#create-prompt").fill("kept here alone")
    page.wait_for_timeout(1000)
    page.unroute("**/drafts/*")
    visit.said.clear()
    visit.studio.forget_drafts()
    page.reload()
    expect(page.locator("#create-prompt")).to_have_value("kept here alone")


def test_what_gave_way_to_an_earlier_prompt_is_found_among_those_written_before(visit: Visit) -> None:
    page, field = visit.page, visit.page.locator("#create-prompt")
    begin(visit.studio, "sent long ago")
    expect(page.locator(".batch-head h2").first).to_have_text("sent long ago")
    field.fill(LONG)
    field.press("Alt+ArrowUp")
    expect(field).to_have_value("sent long ago")
    field.press_sequentially(" and changed")
    page.wait_for_timeout(700)
    page.reload()
    expect(field).to_have_value("sent long ago and changed")
    field.press("Alt+ArrowUp")
    expect(field).to_have_value(LONG)


BACK = """{
  const now = Date.now.bind(Date), back = Number(localStorage.getItem("back") ?? 0);
  Date.now = () => now() - back;
}"""


def test_what_is_written_after_the_clock_was_set_back_is_what_a_reload_shows(visit: Visit) -> None:
    page, field = visit.page, visit.page.locator("#create-prompt")
    page.add_init_script(BACK)
    field.fill("written before")
    page.wait_for_timeout(1000)
    page.evaluate("localStorage.setItem('back', '86400000')")
    page.reload()
    expect(field).to_have_value("written before")
    field.fill("written after")
    page.wait_for_timeout(1000)
    page.reload()
    page.wait_for_timeout(500)
    expect(field).to_have_value("written after")
