"""The prompt library on the page: saved, changed, found, and used with the id going along."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.browser import scenes
from tests.browser.house import Studio, Visit, axe, visiting
from tests.daemonhouse import running_daemon, until


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    home = tmp_path_factory.mktemp("prompts") / "home"
    with running_daemon(home) as url:
        yield Studio(home, url)


@pytest.fixture
def visit(browser: Browser, place: Studio) -> Iterator[Visit]:
    for each in prompts(place):
        place.ask("DELETE", f"/w/-/prompts/{each['id']}")
    place.prefer(language="en", theme="light")
    with visiting(browser, place) as visit:
        yield visit
        assert visit.said == []
        assert visit.strangers() == []


def prompts(place: Studio) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = place.ask("GET", "/w/-/prompts")["prompts"]
    return found


def save(place: Studio, name: str, text: str, **more: Any) -> str:
    return str(place.ask("POST", "/w/-/prompts", {"name": name, "text": text, **more})["id"])


def test_prompt_is_saved_from_create_used_with_a_variable_and_keeps_its_id(visit: Visit, place: Studio) -> None:
    page = visit.page
    visit.go("create")
    page.locator("#create-prompt").fill("a {{what}} in the reeds")
    page.get_by_role("button", name="Save prompt").click()
    page.get_by_role("dialog").get_by_role("textbox").fill("蘆葦 Reeds")
    visit.press("Enter")
    visit.notice("Prompt “蘆葦 Reeds” saved")
    expect(page.get_by_role("link", name="蘆葦 Reeds")).to_be_visible()
    (saved,) = prompts(place)
    visit.go("prompts")
    page.get_by_role("button", name="Use 蘆葦 Reeds").click()
    expect(page.locator("#create-prompt")).to_have_value("a {{what}} in the reeds")
    page.get_by_role("textbox", name="what").fill("heron")
    page.get_by_role("textbox", name="Pictures").fill("1")
    page.get_by_role("textbox", name="Pictures").press("Tab")
    expect(page.locator(".sent li")).to_have_text("a heron in the reeds")
    page.get_by_role("button", name="Generate 1").click()
    until(lambda: place.find(f"prompt:{saved['id']}")["total"] == 1, seconds=30)
    assert place.find(f"prompt:{saved['id']}")["items"][0]["prompt"] == "a heron in the reeds"
    page.get_by_role("link", name="蘆葦 Reeds").click()
    page.get_by_role("link", name="1 picture made from it").click()
    visit.see(1)
    expect(page.get_by_role("button", name="Remove filter: Saved prompt 蘆葦 Reeds")).to_be_visible()
    visit.go("prompts")
    page.get_by_role("button", name="Use 蘆葦 Reeds").click()
    field, chip = page.locator("#create-prompt"), page.locator(".composer .chip", has_text="蘆葦 Reeds")
    field.press("End")
    field.press_sequentially(" at dawn")
    expect(chip).to_be_visible()
    field.fill("an umbrella by the sea")
    expect(chip).to_have_count(0)
    expect(page.locator(".sent, .comes").last).to_contain_text("picture")
    page.get_by_role("button", name="Generate 1").click()
    until(lambda: place.find("umbrella")["total"] == 1, seconds=30)
    assert place.find(f"prompt:{saved['id']}")["total"] == 1, "it is another prompt"


def test_prompt_is_written_in_two_languages_with_usual_values(visit: Visit, place: Studio) -> None:
    page = visit.page
    id = save(place, "夜市", "{{攤位}}的夜市，{雨夜|傍晚}")
    visit.go(f"prompt/{id}")
    page.get_by_role("textbox", name="Usual value of 攤位").fill("烤玉米")
    visit.press("Enter")
    expect(page.locator(".sent li")).to_have_text(["烤玉米的夜市，雨夜", "烤玉米的夜市，傍晚"])
    page.get_by_role("button", name="Add a language").click()
    page.get_by_role("menuitem", name="English").click()
    expect(page.get_by_role("radio", name="English")).to_be_checked()
    page.locator("#create-prompt").fill("a night market stall of {{攤位}}")
    page.locator("#create-negative").fill("blurry")
    expect(page.locator(".sent li")).to_have_text(["a night market stall of 烤玉米"])  # Sketch takes no negative prompt
    page.get_by_role("button", name="Use", exact=True).click()
    expect(page.locator("#create-prompt")).to_have_value("a night market stall of {{攤位}}")
    until(lambda: prompts(place)[0]["variants"]["en"]["text"] == "a night market stall of {{攤位}}")
    expect(page.get_by_role("radio", name="English")).to_be_checked()
    page.get_by_role("radio", name="As first written").click()
    expect(page.locator("#create-prompt")).to_have_value("{{攤位}}的夜市，{雨夜|傍晚}")
    page.locator("#create-prompt").fill("")


def test_prompt_follows_others_and_what_is_written_here_stays(visit: Visit, place: Studio) -> None:
    page = visit.page
    id = save(place, "Merge", "one two")
    visit.go(f"prompt/{id}")
    page.locator("#create-prompt").fill("one two three")
    place.ask("PATCH", f"/w/-/prompts/{id}", {"text": "zero one two", "text_was": "one two", "name": "Elsewhere"})
    expect(page.get_by_role("heading", level=1)).to_have_text("Elsewhere")
    page.locator("#create-prompt").blur()
    until(lambda: prompts(place)[0]["text"] == "zero one two three")
    expect(page.locator("#create-prompt")).to_have_value("zero one two three")


def test_prompt_is_tagged_found_archived_deleted_and_brought_back(visit: Visit, place: Studio) -> None:
    page = visit.page
    id = save(place, "Hills", "misty hills at dawn")
    save(place, "Sea", "long exposure of the sea")
    visit.go(f"prompt/{id}")
    page.get_by_role("button", name="Add", exact=True).click()
    page.get_by_role("dialog").get_by_role("textbox").fill("風景")
    visit.press("Enter")
    expect(page.get_by_role("button", name="Remove tag 風景")).to_be_visible()
    visit.go("prompts")
    page.get_by_role("searchbox", name="Find a prompt").fill("風景 dawn")
    expect(page.locator(".prompt-list li")).to_have_count(1)
    page.locator(".prompt-list a").click()
    page.get_by_role("button", name="More for this prompt").click()
    page.get_by_role("menuitem", name="Delete prompt").click()
    visit.notice("Prompt “Hills” deleted; pictures made from it stay.")
    expect(page.locator(".prompt-list li")).to_have_count(1)
    page.locator("#main").focus()
    visit.press("Control+z")
    expect(page.locator(".prompt-list li")).to_have_count(2)


def test_prompt_is_saved_from_a_picture(visit: Visit, place: Studio, tmp_path: Path) -> None:
    asset = place.upload(scenes.paint(tmp_path / "cat.png", 44, "a cat {not a choice}", size=(64, 48)))
    visit.go(f"picture/{asset}")
    visit.page.get_by_role("button", name="Save prompt").click()
    visit.page.get_by_role("dialog").get_by_role("textbox").fill("Cat")
    visit.press("Enter")
    visit.notice("Prompt “Cat” saved")
    assert [each["text"] for each in prompts(place)] == ["a cat \\{not a choice\\}"]


@pytest.mark.parametrize(("language", "theme"), [("en", "light"), ("zh-TW", "dark"), ("en", "contrast")])
@pytest.mark.parametrize("width", [390, 1366, 1920])
def test_axe_finds_nothing(visit: Visit, place: Studio, language: str, theme: str, width: int) -> None:
    visit.dress(language, theme)
    visit.page.set_viewport_size({"width": width, "height": 844})
    said = {"en": {"text": "a stall of {{攤位}} " + "x" * 90}}
    id = save(
        place,
        "夜市 " + "Night" * 24,
        "{{攤位}}的夜市，{雨夜|傍晚}" + "長" * 90,
        variants=said,
        tags=["標籤" * 30],
        notes="備註" * 90,
    )
    save(place, "مفضلة", "{{none}} at night")
    html = visit.page.locator("html")
    expect(html).to_have_attribute("lang", language)
    expect(html).to_have_attribute("data-theme", theme)
    found = {}

    def look(name: str) -> None:
        visit.page.wait_for_timeout(450)
        found[name] = axe(visit.page)
        across = visit.page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert across <= 0, f"{name} is {across} px too wide"

    for view in ("prompts", f"prompt/{id}"):
        visit.go(view)
        look(view)
    visit.page.get_by_role("button", name=re.compile("More for this prompt|這則提示詞的其他動作")).click()
    look("menu")
    visit.press("Escape")
    visit.page.get_by_role("button", name=re.compile("^(Use|使用)$")).click()
    look("create")
    visit.page.locator("#create-prompt").press_sequentially("!")
    visit.page.get_by_role("button", name=re.compile("Save prompt|儲存提示詞")).click()
    look("save")
    assert {name: faults for name, faults in found.items() if faults} == {}


def test_history_shows_what_each_edit_changed(visit: Visit, place: Studio) -> None:
    made = save(place, "Harbour at dusk", "a quiet harbour at dusk", negative="fog")
    place.ask("PATCH", f"/w/-/prompts/{made}", {"text": "a quiet harbour at dawn, boats"})
    place.ask("PATCH", f"/w/-/prompts/{made}", {"negative": "people", "add_tags": ["sea"]})
    place.ask("PATCH", f"/w/-/prompts/{made}", {"name": "Harbour"})
    visit.go(f"prompt/{made}")
    visit.page.get_by_role("button", name="More for this prompt").click()
    visit.page.get_by_role("menuitem", name="History").click()
    history = visit.page.get_by_role("dialog")
    said = history.locator("li .said")
    expect(said).to_have_count(4)
    expect(said.nth(0).locator("del, ins")).to_have_text(["fog", "people"])
    expect(said.nth(1).locator("del, ins")).to_have_text(["dusk", "dawn, boats"])
    expect(said.nth(2)).to_have_text("a quiet harbour at dusk")
    assert axe(visit.page) == []
