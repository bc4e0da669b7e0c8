"""What the page tells in passing: it covers nothing, is heard, and goes."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.house import Studio, Visit, open_picture
from tests.daemonhouse import until


def nowhere_over(visit: Visit, *places: str) -> None:
    """What is told covers nothing of these."""
    told = visit.page.get_by_role("log", name="Notices").bounding_box()
    assert told and told["height"] > 20
    for place in places:
        box = visit.page.locator(place).bounding_box()
        beside = box and (box["x"] >= told["x"] + told["width"] or told["x"] >= box["x"] + box["width"])
        assert box and (beside or box["y"] >= told["y"] + told["height"] or told["y"] >= box["y"] + box["height"]), (
            place
        )
    boxes = visit.page.locator(".notice").evaluate_all(
        """all => all.map(each => ["span", "button"].map(one => each.querySelector(one).getBoundingClientRect()))"""
    )
    for text, button in boxes:  # the text comes first, as it is read
        assert text["right"] <= button["left"] or text["bottom"] <= button["top"], (text, button)
    for button in visit.page.locator(".notice").get_by_role("button").all():
        button.click(trial=True, timeout=2000)  # fails where another thing would get the click


@pytest.mark.parametrize("size", [(390, 844), (761, 700), (1280, 800), (1920, 1080)])
def test_notices_cover_no_control(visit: Visit, studio: Studio, versions: str, size: tuple[int, int]) -> None:
    visit.page.set_viewport_size({"width": size[0], "height": size[1]})
    visit.see(studio.find()["total"])
    visit.tiles().first.focus()
    visit.press("Control+a", "t")
    visit.page.get_by_role("dialog").get_by_role("textbox").fill("long")
    visit.press("Enter", "Control+Shift+z")
    bar, notices = visit.page.get_by_role("toolbar", name="Selected pictures"), visit.page.locator(".notice")
    expect(notices.first.get_by_role("button", name="Undo")).to_be_visible()
    expect(notices).to_have_count(2)
    nowhere_over(visit, "#main", ".sidebar")
    for button in bar.get_by_role("button").all():
        if button.is_visible():
            button.click(trial=True, timeout=2000)
    visit.press("Escape", "Space")
    expect(visit.page.locator(".look")).to_be_visible()
    nowhere_over(visit, ".look header", ".look footer")
    visit.press("Escape")
    open_picture(visit, versions)
    for compared in (False, True):
        visit.press(*["c"] * compared, "Control+z" if compared else "Control+Shift+z")
        expect(notices.first).to_be_visible()
        nowhere_over(visit, "#main", ".sidebar")
    until(lambda: studio.find("tag:long")["total"] == 0)


def test_notices_are_few_and_each_is_heard(visit: Visit, studio: Studio) -> None:
    visit.see(studio.find()["total"])
    visit.page.get_by_role("log", name="Notices").evaluate(
        """log => {
            window.heard = [];
            new MutationObserver(records => heard.push(
                ...records.flatMap(each => [...each.addedNodes].map(one => one.textContent))
            )).observe(log, { childList: true });
        }"""
    )
    notices = visit.page.locator(".notice")
    asset = studio.find()["items"][0]["id"]
    visit.between(f"**/assets/{asset}", lambda route: route.abort("connectionrefused"))
    visit.tiles().first.focus()
    visit.press("3")
    visit.notice("The connection to Gesso broke")
    for keys, text in (("Control+z", "left to undo"), ("Control+Shift+z", "again"), ("Control+z", "left to undo")):
        visit.press(keys)
        visit.notice(text)
        expect(notices).to_have_count(2)
        expect(notices.first).to_contain_class("bad")  # a failure gives way last
    heard = visit.page.evaluate("heard")
    assert [each.split(".")[0] for each in heard] == [
        "The connection to Gesso broke while this was under way", "Nothing left to undo in this tab",
        "Nothing to do again", "Nothing left to undo in this tab",
    ]  # fmt: skip
    visit.page.unroute(f"**/assets/{asset}")
    visit.said.clear()


def test_notice_goes_unless_it_is_held_or_tells_a_failure(visit: Visit, studio: Studio) -> None:
    visit.see(studio.find()["total"])
    visit.page.clock.install()
    notices, asset = visit.page.locator(".notice"), studio.find()["items"][0]["id"]
    visit.press("Control+z")
    visit.notice("left to undo")
    notices.hover()
    visit.page.clock.fast_forward(20_000)
    expect(notices).to_have_count(1)
    notices.get_by_role("button", name="Close").focus()
    visit.page.mouse.move(600, 300)
    visit.page.clock.fast_forward(20_000)
    expect(notices).to_have_count(1)
    visit.page.locator("#main").focus()
    visit.page.clock.fast_forward(9_000)
    expect(notices).to_have_count(0)
    expect(visit.page.get_by_text("Connected")).to_be_visible()  # the line was silent for a minute of the page's
    visit.between(f"**/assets/{asset}", lambda route: route.abort("connectionrefused"))
    visit.tiles().first.focus()
    visit.press("3")
    visit.notice("The connection to Gesso broke")
    visit.page.clock.fast_forward(20_000)
    expect(notices).to_have_count(1)
    visit.go("projects")
    expect(notices).to_have_count(1)
    visit.page.clock.fast_forward(9_000)
    expect(notices).to_have_count(0)
    visit.page.unroute(f"**/assets/{asset}")
    visit.said.clear()
