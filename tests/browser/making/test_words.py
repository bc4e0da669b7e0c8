"""Words on the page: a prompt that a model improves, and answers whose outcome is to be decided."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Locator, expect

from providers.fakes.faults import Fault
from providers.fakes.openai import FakeOpenAI
from tests.browser.house import Studio, Visit, axe, visiting
from tests.daemonhouse import running_daemon
from tests.flows.injections import INJECTIONS, says
from tests.providers.servers import own_and_paid, served

LUNA = "gpt-5.6-luna"


class Place(NamedTuple):
    studio: Studio
    own: FakeOpenAI
    paid: FakeOpenAI


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A daemon with a server of this computer that only talks, and one that wants money."""
    home = tmp_path_factory.mktemp("words") / "home"
    home.mkdir()
    own, paid = FakeOpenAI(models=["qwen3-8b"], told={"qwen3-8b": {"type": "llm"}}), FakeOpenAI(models=[LUNA])
    with served(own, paid) as addresses:
        (home / "config.toml").write_text(own_and_paid(*addresses))
        with running_daemon(home) as url:
            yield Place(Studio(home, url), own, paid)


@pytest.fixture
def visit(browser: Browser, place: Place) -> Iterator[Visit]:
    place.studio.prefer(language="en", theme="light")
    place.own.asked.clear()
    with visiting(browser, place.studio, at="create", wait="#main") as visit:
        visit.page.wait_for_selector("#create-prompt")
        yield visit
        assert visit.strangers() == []


def test_prompt_is_improved_only_by_the_persons_click(visit: Visit, place: Place) -> None:
    page = visit.page
    improve = page.get_by_role("button", name="Improve")
    expect(improve).to_have_count(0)  # there is nothing to improve
    field = page.locator("#create-prompt")
    field.fill("a red fox")
    expect(improve).to_be_visible()
    assert place.own.asked == []
    improve.click()
    suggestion = page.get_by_role("group", name="Suggested by qwen3-8b")
    expect(suggestion.locator("ins").last).to_contain_text("You said:")
    assert field.input_value() == "a red fox", "it was replaced by itself"
    (asked,) = place.own.asked
    assert asked.body["messages"][-1] == {"role": "user", "content": "a red fox"}
    assert axe(page) == []
    suggestion.get_by_role("button", name="Keep mine").click()
    expect(suggestion).to_have_count(0)
    assert field.input_value() == "a red fox"
    improve.click()
    suggestion.get_by_role("button", name="Take it").click()
    assert field.input_value().endswith("You said: a red fox") and place.paid.asked == []


def test_suggestion_is_of_what_was_written_when_it_was_asked_for(visit: Visit, place: Place) -> None:
    page = visit.page
    page.locator("#create-prompt").fill("a red fox")
    page.get_by_role("button", name="Improve").click()
    suggestion = page.get_by_role("group", name="Suggested by qwen3-8b")
    expect(suggestion).to_be_visible()
    page.locator("#create-prompt").fill("a grey fox")
    expect(suggestion).to_have_count(0)


def test_a_hundred_suggestions_that_want_to_act_are_text_on_the_page(visit: Visit, place: Place) -> None:
    page, asked = visit.page, list[str]()
    before = place.studio.ask("GET", "/w/-/jobs"), place.studio.ask("GET", "/w/-/assets")["total"]
    page.on("request", lambda request: asked.append(f"{request.method} {urlsplit(request.url).path}"))
    title, address = page.title(), page.url
    field, suggestion = page.locator("#create-prompt"), page.get_by_role("group", name="Suggested by qwen3-8b")
    for number, text in enumerate(INJECTIONS):
        place.own.script.add(says(text))
        field.fill(f"a fox, {number}")
        page.get_by_role("button", name="Improve").click()
        expect(suggestion).to_be_visible()
        assert shown(suggestion) == text[:8000].strip()
        assert (page.title(), page.url, field.input_value()) == (title, address, f"a fox, {number}"), text
        assert suggestion.locator("img, script, a, iframe, form").count() == 0, text
    assert len(place.own.asked) == 100 and place.paid.asked == []
    assert before == (place.studio.ask("GET", "/w/-/jobs"), place.studio.ask("GET", "/w/-/assets")["total"])
    written = {re.sub("[0-9a-f]{32,}", "…", each) for each in asked if not each.startswith("GET ")}
    assert written <= {"POST /api/v1/w/…/ask", "POST /api/v1/w/…/estimate", "PUT /api/v1/w/…/drafts/…"}, written


def shown(suggestion: Locator) -> str:
    """The text that it would become."""
    parts = suggestion.locator("p").last.locator("span, ins").all_text_contents()
    return "".join(parts)


def test_model_that_fails_says_so_and_changes_nothing(visit: Visit, place: Place) -> None:
    page = visit.page
    place.own.script.add(Fault("refuse"))
    page.locator("#create-prompt").fill("a red fox")
    page.get_by_role("button", name="Improve").click()
    expect(page.get_by_text("Turned down by the provider’s rules.")).to_be_visible()
    assert page.locator("#create-prompt").input_value() == "a red fox"
    visit.said.clear()  # the browser tells of the answer 502 by itself


def test_models_that_only_talk_are_offered_for_no_picture(visit: Visit) -> None:
    page = visit.page
    page.get_by_role("button", name="Choose").click()
    menu = page.locator(".models-menu")
    expect(menu).to_contain_text("GPT Image 2.6 Flare")
    expect(menu).not_to_contain_text("qwen3-8b")
    expect(menu).not_to_contain_text("Luna")


@pytest.mark.parametrize(("answer", "told"), [("Yes, charged", "charged"), ("No, not charged", "not charged")])
def test_answer_that_nobody_knows_of_is_decided(visit: Visit, place: Place, answer: str, told: str) -> None:
    page = visit.page
    place.paid.script.add(Fault("drop"))
    with pytest.raises(AssertionError, match=r"provider\.unknown"):
        place.studio.ask("POST", "/w/-/ask", {"text": "Where is my umbrella?", "provider": "paid", "model": LUNA})
    visit.go("queue")
    asked = page.locator(".unknown-job")
    expect(asked).to_contain_text("Where is my umbrella?")
    expect(asked).to_contain_text("Asked of paid (GPT-5.6 Luna)")
    assert axe(page) == []
    asked.get_by_role("button", name=answer).click()
    expect(asked).to_have_count(0)
    expect(page.get_by_text(f"Noted as {told}.")).to_be_visible()
    assert place.studio.ask("GET", "/w/-/calls")["calls"] == []
