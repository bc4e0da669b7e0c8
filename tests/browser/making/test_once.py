"""One gesture asks for pictures once, only where it was meant for that, and at the price that was shown."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.house import Studio, Visit
from tests.browser.making.orders import choose, comes, jobs, write
from tests.daemonhouse import until

PAID = "an umbrella by the sea"
LATER = "(now => { Date.now = () => now() + 3000 })(Date.now.bind(Date))"  # so much, that the same is a wish for more


def asked_for(place: Studio, prompt: str) -> int:
    return sum(each["prompt"] == prompt for ended in (False, True) for each in jobs(place, ended=ended))


def pay(visit: Visit, prompt: str) -> Page:
    """One picture of the paid model, its price shown."""
    choose(visit.page, "Oil")
    write(visit.page, prompt, 1)
    expect(comes(visit.page)).to_contain_text("1 picture · about $0.04")
    return visit.page


@pytest.mark.parametrize("gesture", ["held", "double", "twice"])
def test_one_impatient_gesture_buys_once(visit: Visit, place: Studio, gesture: str) -> None:
    prompt = f"{PAID}, {gesture}"
    page = pay(visit, prompt)
    if gesture == "held":
        page.locator("#create-prompt").focus()
        page.keyboard.down("Control")
        for _ in range(12):
            page.keyboard.down("Enter")
            page.wait_for_timeout(80)
        page.keyboard.up("Enter")
        page.keyboard.up("Control")
    elif gesture == "double":
        page.locator(".generate").dblclick()
    else:
        page.locator(".generate").click()
        page.wait_for_timeout(350)
        page.mouse.down()
        page.mouse.up()
    expect(page.locator(".batch-head h2").first).to_have_text(prompt)
    page.wait_for_timeout(1200)
    assert asked_for(place, prompt) == 1
    expect(page.get_by_role("dialog")).to_have_count(0)


@pytest.mark.parametrize(
    ("language", "title", "sure"),
    [("en", "Generate the same again?", "Generate again"), ("zh-TW", "要再生成一次相同的內容嗎？", "再生成一次")],
)
def test_the_same_order_soon_after_is_asked_about(
    visit: Visit, place: Studio, language: str, title: str, sure: str
) -> None:
    prompt = f"{PAID}, again {language}"
    page = pay(visit, prompt)
    visit.dress(language=language)
    field, dialog = page.locator("#create-prompt"), page.get_by_role("dialog")
    for answer in ("Escape", "Enter", sure):
        field.press("Control+Enter")
        expect(page.locator(".generate")).to_have_attribute("aria-disabled", "true")
        expect(page.locator(".generate")).not_to_have_attribute("aria-disabled", "true")
        field.press("Control+Enter")
        expect(dialog).to_contain_text(title)
        expect(dialog).to_contain_text(re.compile(r"\$0\.04–(US)?\$0\.05"))
        if answer == sure:
            dialog.get_by_role("button", name=sure).click()
        else:
            page.keyboard.press(answer)
        expect(dialog).to_have_count(0)
        page.evaluate(LATER)
    until(lambda: asked_for(place, prompt) == 4)
    expect(dialog).to_have_count(0)


def test_keys_meant_for_something_else_ask_for_nothing(visit: Visit, place: Studio) -> None:
    page, prompt = visit.page, "a grebe on its nest"
    write(page, prompt, 1)
    expect(comes(page)).to_contain_text("1 picture · free")
    page.locator(".sidebar a[href='#/prompts']").focus()
    page.keyboard.press("Control+Enter")
    page.wait_for_timeout(300)
    assert asked_for(place, prompt) == 0
    for other in visit.context.pages[1:]:
        other.close()
    page.locator(".sidebar a[href='#/prompts']").blur()
    page.keyboard.press("Control+Enter")
    expect(page.locator(".batch-head h2").first).to_have_text(prompt)
    expect(page.locator(".made img").first).to_be_visible(timeout=30_000)
    page.locator(".made a").first.focus()
    page.wait_for_timeout(1200)
    page.keyboard.press("Control+Enter")
    page.wait_for_timeout(500)
    assert asked_for(place, prompt) == 1
    for other in visit.context.pages[1:]:
        other.close()


def test_focus_stays_on_the_button_that_was_pressed(visit: Visit) -> None:
    page = visit.page
    write(page, "a bittern in the reeds", 1)
    expect(comes(page)).to_contain_text("1 picture · free")
    page.locator(".generate").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".batch-head h2").first).to_have_text("a bittern in the reeds")
    expect(page.locator(".generate")).to_be_focused()


def test_price_that_rose_since_it_was_shown_is_shown_before_anything_is_begun(visit: Visit, place: Studio) -> None:
    prompt, dearer = f"{PAID}, dearer", place.home / "plugins" / "dearer"
    page = pay(visit, prompt)
    dearer.touch()
    try:
        page.locator(".generate").click()
        expect(page.locator(".notice").last).to_contain_text("costs more than was shown: 4.00–5.00 USD")
        expect(comes(page)).to_contain_text(re.compile(r"\$4\.00"))
        assert asked_for(place, prompt) == 0
        assert [each for each in visit.said if "409 (Conflict)" not in each] == []  # the browser's own word for it
        visit.said.clear()
    finally:
        dearer.unlink()


def test_what_is_wanted_next_goes_before_what_waits_and_its_keys_can_be_others(visit: Visit, place: Studio) -> None:
    page = visit.page
    place.ask("POST", "/w/-/jobs/pause", {"paused": True})

    def waiting() -> list[str]:
        return [each["prompt"] for each in jobs(place)]

    write(page, "a heron, in its turn", 1)
    page.locator("#create-prompt").press("Control+Enter")
    until(lambda: waiting() == ["a heron, in its turn"])
    page.wait_for_timeout(1100)  # a further press within a second is the same gesture
    write(page, "an egret, next", 1)
    page.locator("#create-prompt").press("Control+Shift+Enter")
    until(lambda: waiting() == ["an egret, next", "a heron, in its turn"])
    page.locator("#main").focus()
    visit.press("?")
    keys = page.get_by_role("dialog")
    keys.get_by_role("button", name="Generate: ").click()
    visit.press("g")
    expect(keys.get_by_role("status")).to_contain_text("counts while you write as well")
    keys.get_by_role("button", name="Generate: ").click()
    visit.press("Alt+g")
    expect(keys.get_by_role("status")).to_have_text("Alt+G is for “Generate” now.")
    visit.press("Escape")
    page.wait_for_timeout(1100)
    write(page, "a stork, by other keys", 1)
    field = page.locator("#create-prompt")
    field.press("Control+Enter")
    field.press("Alt+g")
    until(lambda: waiting() == ["an egret, next", "a heron, in its turn", "a stork, by other keys"])
    expect(field).to_have_value("a stork, by other keys")
    page.evaluate("localStorage.removeItem('gesso.keys')")
