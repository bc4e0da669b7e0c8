"""The keys: every command in the list can be bound anew, what had the key is told, the new ones do what they say."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.house import Visit, axe

LETTERS = "abcdefghijklmnopqrstuvwxyz"


@pytest.fixture(autouse=True)
def usual_keys(visit: Visit) -> Iterator[None]:
    yield
    visit.page.evaluate("localStorage.removeItem('gesso.keys')")


def sheet(visit: Visit) -> Locator:
    visit.page.locator("#main").focus()
    visit.press("?")
    return visit.page.get_by_role("dialog")


def test_every_key_in_the_list_can_be_bound_anew(visit: Visit) -> None:
    keys = sheet(visit)
    buttons = keys.locator(".keys button.key")
    names = [str(each.get_attribute("aria-label")).rpartition(": ")[0] for each in buttons.all()]
    assert {"Go to Create", "Go to the queue", "Go to the albums", "Go to the prompt library", "Export"} <= set(names)
    assert len(set(names)) == len(names) > 45
    presses = [f"Alt+{letter}" for letter in LETTERS] + [f"Alt+Shift+{letter.upper()}" for letter in LETTERS]
    for at, name in enumerate(names):
        buttons.nth(at).click()
        visit.press(presses[at])
        now = presses[at][:-1] + presses[at][-1].upper()
        expect(buttons.nth(at)).to_have_attribute("aria-label", f"{name}: {now}")
    bound = visit.page.evaluate("Object.values(JSON.parse(localStorage.getItem('gesso.keys')))")
    assert len(set(bound)) == len(bound) == len(names)
    keys.get_by_role("button", name="The usual keys").click()
    expect(keys.get_by_role("button", name="Export: E")).to_be_visible()


def test_key_that_another_has_is_told_and_a_fixed_one_refused(visit: Visit) -> None:
    keys = sheet(visit)
    keys.get_by_role("button", name="Export: E").click()
    visit.press("c")
    told = keys.get_by_role("status")
    expect(told).to_have_text("C is for “Export” now; “Compare pictures or versions” has no key any more.")
    expect(keys.get_by_role("button", name="Compare pictures or versions: ")).to_have_text("–")
    keys.get_by_role("button", name="Export: C").click()
    visit.press("Alt+ArrowUp")
    expect(told).to_have_text("Alt+↑ keeps its meaning; take another key.")
    keys.get_by_role("button", name="Export: C").click()
    visit.press("y")
    expect(told).to_have_text("Y is for “Export” now.")
    assert axe(visit.page) == []
    visit.press("Escape")
    visit.go("pictures")
    visit.tiles().first.focus()
    visit.press("y")
    expect(visit.page.get_by_role("dialog")).to_contain_text("Export 1 picture")


@pytest.mark.parametrize(
    ("key", "view"), [("g", "create"), ("q", "queue"), ("Shift+P", "prompts"), ("Shift+L", "albums"), ("h", "pictures")]
)
def test_views_are_gone_to_by_keys(visit: Visit, key: str, view: str) -> None:
    visit.go("settings")
    visit.page.locator("#main").focus()
    visit.press(key)
    expect(visit.page).to_have_url(re.compile(f"#/{view}$"))
    visit.go("settings")
    visit.page.get_by_role("button", name="New preset").click()
    name = visit.page.get_by_role("dialog").get_by_role("textbox", name="Name", exact=True)
    name.press_sequentially("hgq")
    expect(name).to_have_value("hgq")
    expect(visit.page).to_have_url(re.compile("#/settings$"))
