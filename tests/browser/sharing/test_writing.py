"""Several people write one text at this moment: in two browsers, on another device, with an input method."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, CDPSession, Locator, expect

from tests.browser.house import Studio, Visit, axe, visiting
from tests.daemonhouse import until
from tests.elsewhere import Elsewhere

CARET = "each => [each.selectionStart, each.selectionEnd]"


@pytest.fixture
def second(browser: Browser, studio: Studio, visit: Visit) -> Iterator[Visit]:
    """Another person's browser at the same daemon."""
    with visiting(browser, studio) as other:
        yield other
        assert other.said == []


def brief(visit: Visit, project: str) -> Locator:
    visit.go(f"project/{project}")
    box = visit.page.get_by_role("textbox", name="Brief")
    box.wait_for()
    return box


def new_project(studio: Studio, name: str, text: str = "") -> str:
    project = str(studio.ask("POST", "/w/-/projects", {"name": name})["id"])
    if text:
        studio.ask("PATCH", f"/w/-/projects/{project}", {"brief": text})
    return project


def kept(studio: Studio, project: str) -> str:
    return str(studio.ask("GET", f"/w/-/projects/{project}")["brief"])


def entries(studio: Studio, project: str) -> list[str]:
    return [each["intent"] for each in studio.ask("GET", f"/w/-/projects/{project}/history")["entries"]]


def compose(cdp: CDPSession, *steps: str) -> None:
    """What an input method does while it composes; the text under way is replaced by each step."""
    for text in steps:
        cdp.send("Input.imeSetComposition", {"text": text, "selectionStart": len(text), "selectionEnd": len(text)})


def test_two_browsers_type_in_one_brief_and_see_each_other(visit: Visit, second: Visit, studio: Studio) -> None:
    project = new_project(studio, "Two")
    one, two = brief(visit, project), brief(second, project)
    one.focus()
    visit.page.keyboard.type("A quiet street")
    expect(two).to_have_value("A quiet street")  # nobody has left the field
    two.focus()
    second.press("Control+End")
    second.page.keyboard.type("。雨後的招牌")
    expect(one).to_have_value("A quiet street。雨後的招牌")
    assert one.evaluate(CARET) == [14, 14]
    visit.page.keyboard.type(" at night 🌙")
    expect(two).to_have_value("A quiet street at night 🌙。雨後的招牌")
    assert two.evaluate(CARET) == [32, 32]
    visit.press("Escape")
    second.press("Control+Enter")
    until(lambda: kept(studio, project) == "A quiet street at night 🌙。雨後的招牌")
    assert entries(studio, project).count("project.edit") == 2  # a sitting each


def test_both_type_at_one_place_at_once_and_no_letter_is_lost(visit: Visit, second: Visit, studio: Studio) -> None:
    project = new_project(studio, "At once", "|")
    fields = [(visit, brief(visit, project)), (second, brief(second, project))]
    chance = random.Random(5)
    words = ["streetlights in the rain, seen from above", "夜市燈籠倒映在積水裡，招牌要清楚，人群模糊一點"]
    for each, box in fields:
        box.focus()
        each.press("Control+Home")
    at = [0, 0]
    while any(at[who] < len(words[who]) for who in (0, 1)):
        who = chance.randint(0, 1)
        piece = words[who][at[who] : at[who] + chance.randint(1, 4)]
        fields[who][0].page.keyboard.type(piece)
        at[who] += len(piece)
        if chance.random() < 0.3:
            fields[who][0].page.wait_for_timeout(chance.choice((30, 200, 600)))
    for each, box in fields:
        expect(box).to_have_value(fields[0][1].input_value() if each is second else box.input_value())
    until(lambda: sorted(kept(studio, project)) == sorted("|" + "".join(words)))
    text = kept(studio, project)
    assert all(word in text for word in words), text
    for _, box in fields:
        expect(box).to_have_value(text)


def test_an_input_method_composes_while_another_writes(visit: Visit, second: Visit, studio: Studio) -> None:
    project = new_project(studio, "Composing", "前後")
    one, two = brief(visit, project), brief(second, project)
    cdp = visit.context.new_cdp_session(visit.page)
    one.focus()
    visit.press("Control+Home", "ArrowRight")
    compose(cdp, "ㄇ", "ㄇㄠ", "貓")
    two.focus()
    second.press("Control+Home")
    second.page.keyboard.type("Night. ")
    until(lambda: kept(studio, project) == "Night. 前後")
    visit.page.wait_for_timeout(900)  # in which it would have come, and what is composed would have gone
    expect(one).to_have_value("前貓後")
    compose(cdp, "貓咪")
    cdp.send("Input.insertText", {"text": "貓咪"})
    expect(one).to_have_value("Night. 前貓咪後")
    assert one.evaluate(CARET) == [10, 10]
    expect(two).to_have_value("Night. 前貓咪後")
    visit.page.keyboard.type("！")
    expect(two).to_have_value("Night. 前貓咪！後")


def test_undo_in_the_field_takes_back_ones_own_letters_alone(visit: Visit, second: Visit, studio: Studio) -> None:
    project = new_project(studio, "Own")
    one, two = brief(visit, project), brief(second, project)
    one.focus()
    visit.page.keyboard.type("mine")
    expect(two).to_have_value("mine")
    two.focus()
    second.press("Control+Home", "ArrowRight", "ArrowRight")
    second.page.keyboard.type("THEIRS")
    expect(one).to_have_value("miTHEIRSne")
    visit.press("Control+z")
    expect(one).to_have_value("THEIRS")
    expect(two).to_have_value("THEIRS")
    visit.press("Control+Shift+z")
    expect(two).to_have_value("miTHEIRSne")
    visit.press("Escape")
    until(lambda: kept(studio, project) == "miTHEIRSne")
    visit.press("Control+z")  # outside of the field: the whole sitting, at once
    visit.notice("Undone: change of a project")
    expect(one).to_have_value("THEIRS")
    until(lambda: kept(studio, project) == "THEIRS")


def test_letters_of_another_device_come_in_while_one_types(visit: Visit, studio: Studio, tmp_path: Path) -> None:
    asset = studio.find()["items"][7]["id"]
    studio.edit(asset, note="Brief: ")
    bob = Elsewhere(tmp_path, studio.ask)
    bob.catch_up()
    bob.edit(lambda library: library.texts.write(asset, "note", "Brief: from bob. ", "Brief: "))
    visit.go(f"picture/{asset}")
    box = visit.page.get_by_role("textbox", name="Note")
    expect(box).to_have_value("Brief: ")
    visit.press("m", "Control+End")
    visit.page.keyboard.type("from alice. ")
    bob.meet()
    visit.page.keyboard.type("More.")
    until(lambda: "More." in studio.show(asset)["note"] and "from bob. " in studio.show(asset)["note"])
    text = studio.show(asset)["note"]
    assert text in ("Brief: from bob. from alice. More.", "Brief: from alice. More.from bob. ")
    expect(box).to_have_value(text)


def test_what_is_typed_while_the_daemon_is_out_of_reach_goes_once_it_is_back(visit: Visit, studio: Studio) -> None:
    project = new_project(studio, "Away", "start")
    box = brief(visit, project)
    box.focus()
    visit.press("Control+End")
    visit.between("**/texts", lambda route: route.abort("connectionrefused"))
    visit.page.keyboard.type(", typed apart")
    visit.notice("The connection to Gesso broke")
    studio.ask("PATCH", f"/w/-/projects/{project}", {"brief": "start again", "brief_was": "start"})
    visit.page.keyboard.type("!")
    visit.page.unroute("**/texts")
    until(lambda: kept(studio, project) in ("start again, typed apart!", "start, typed apart! again"))
    expect(box).to_have_value(kept(studio, project))
    visit.said.clear()


def test_a_tab_that_was_closed_over_it_writes_it_next_time_and_once(visit: Visit, studio: Studio) -> None:
    project = new_project(studio, "Closed", "start")
    box = brief(visit, project)
    box.focus()
    visit.press("Control+End")
    visit.page.keyboard.type(" and on")
    visit.page.reload()
    visit.page.wait_for_selector("#main")
    box = visit.page.get_by_role("textbox", name="Brief")
    expect(box).to_have_value("start and on")
    until(lambda: kept(studio, project) == "start and on")
    visit.page.reload()
    expect(visit.page.get_by_role("textbox", name="Brief")).to_have_value("start and on")


def test_two_write_a_saved_prompt_at_once(visit: Visit, second: Visit, studio: Studio) -> None:
    prompt = studio.ask("POST", "/w/-/prompts", {"name": "Shared", "text": "a street"})["id"]
    for each in (visit, second):
        each.go(f"prompt/{prompt}")
        each.page.locator("#create-prompt").wait_for()
    one, two = visit.page.locator("#create-prompt"), second.page.locator("#create-prompt")
    one.focus()
    visit.press("Control+End")
    visit.page.keyboard.type(" at night")
    expect(two).to_have_value("a street at night")
    second.page.locator("#create-negative").focus()
    second.page.keyboard.type("blurry")
    expect(visit.page.locator("#create-negative")).to_have_value("blurry")
    two.focus()
    second.press("Control+Home")
    second.page.keyboard.type("雨後，")
    expect(one).to_have_value("雨後，a street at night")
    assert axe(visit.page) == []


def test_a_text_that_is_too_long_is_refused_once_and_stays(visit: Visit, studio: Studio) -> None:
    project = new_project(studio, "Long")
    box = brief(visit, project)
    box.fill("貓" * 30_000)
    visit.notice("too long")
    box.fill("short")
    until(lambda: kept(studio, project) == "short")
    visit.was_refused(422)
