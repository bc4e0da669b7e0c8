"""What is under way and what was spent, in the frame of every view: as the ledger, and the provider's bill, have it."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from providers.fakes.openai import FakeOpenAI
from tests.browser.house import Studio, Visit, axe, fits_at_every_width
from tests.browser.making.orders import choose
from tests.browser.running.test_network import Service
from tests.daemonhouse import running_daemon, until
from tests.providers.servers import table

MODEL = "gpt-image-2"


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    service = Service()
    service.fake = FakeOpenAI()
    with service.on():
        yield service


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, service: Service) -> Iterator[Studio]:
    home = tmp_path_factory.mktemp("spent") / "home"
    home.mkdir()
    (home / "config.toml").write_text(table("studio", service.address), "utf-8")
    with running_daemon(home) as url:
        yield Studio(home, url)


def micros(text: str) -> int:
    """`$0.123456 today` in millionths."""
    found = re.search(r"\$([\d,]+)\.(\d+)", text)
    assert found, text
    return int(found[1].replace(",", "")) * 1_000_000 + int(found[2].ljust(6, "0"))


def ask(place: Studio, *prompts: str) -> None:
    order = {"prompts": prompts, "targets": [{"provider": "studio", "model": MODEL}]}
    place.ask("POST", "/w/-/jobs", order)


def ended(place: Studio) -> bool:
    queue = place.ask("GET", "/status")["queue"]
    return not (queue["queued"] or queue["waiting"] or queue["running"])


def shown(page: Page) -> list[int]:
    return [micros(each) for each in page.locator("[data-badge] [data-spent]").all_inner_texts()]


def test_badge_equals_the_bill_to_the_millionth(visit: Visit, place: Studio, service: Service) -> None:
    page = visit.page
    expect(page.locator("[data-badge]")).to_have_count(0)
    for prompts in (("a heron",), ("an owl " * 40, "a tern", "a grebe " * 17)):
        ask(place, *prompts)
        until(lambda: ended(place))
        billed = service.fake.billed
        assert billed > 0 and billed % 10_000, "an even number of cents would show nothing"
        until(lambda billed=billed: page.wait_for_timeout(50) or shown(page) == [billed, billed])
        assert round(place.ask("GET", "/status")["spend"]["month"] * 1_000_000) == billed
    visit.go("queue")
    expect(page.locator("[data-spend]")).to_contain_text("today")
    assert micros(page.locator("[data-spend]").inner_text()) == service.fake.billed


def test_badge_counts_what_waits_and_what_is_to_be_decided(visit: Visit, place: Studio, service: Service) -> None:
    page = visit.page
    place.ask("POST", "/w/-/jobs/pause", {"paused": True})
    ask(place, "waits", "waits too")
    expect(page.locator("[data-going]")).to_have_text("2 waiting")
    waiting = [each["id"] for each in place.ask("GET", "/w/-/jobs")["jobs"]]
    place.ask("POST", "/w/-/jobs/cancel", {"ids": waiting})
    place.ask("POST", "/w/-/jobs/pause", {"paused": False})
    expect(page.locator("[data-going]")).to_have_count(0)
    page.locator("[data-badge]").click()
    expect(page.get_by_role("heading", level=1, name="Queue")).to_be_visible()


def test_outcomes_are_seen_everywhere_and_decided_by_keys_alone(visit: Visit, place: Studio, service: Service) -> None:
    from providers.fakes.faults import Fault

    page = visit.page
    before = service.fake.billed
    service.fake.script.add(*[Fault("drop")] * 3)
    ask(place, "lost one", "lost two", "lost three")
    until(lambda: place.ask("GET", "/status")["queue"]["unknown"] == 3)
    told = page.locator("[data-undecided]")
    for view in ("pictures", "create", "settings"):
        visit.go(view)
        expect(told).to_contain_text("3 outcomes to decide")
    expect(page.locator("[data-going]")).to_have_text("3 outcomes to decide")
    page.set_viewport_size({"width": 390, "height": 800})
    expect(told).to_be_in_viewport(ratio=1)
    page.set_viewport_size({"width": 1280, "height": 800})
    visit.go("pictures")
    page.locator("#main").focus()
    page.evaluate("document.activeElement.blur()")
    visit.press("q")
    asked = page.locator(".unknown-job")
    expect(asked).to_have_count(3)
    expect(asked.first).to_be_focused()
    expect(told).to_have_count(0)
    assert axe(page) == []
    if folder := os.environ.get("GESSO_SHOTS"):
        page.screenshot(path=f"{Path(folder)}/undecided.png")
    visit.press("y")
    expect(asked).to_have_count(2)
    expect(asked.first).to_be_focused()
    visit.press("n")
    expect(asked).to_have_count(1)
    expect(asked.first).to_be_focused()
    visit.press("l")
    expect(asked).to_have_count(0)
    page.get_by_role("button", name="Ask about them now").press("Enter")
    asked.first.focus()
    visit.press("n")
    until(lambda: place.ask("GET", "/status")["queue"]["unknown"] == 0)
    ends = place.ask("GET", "/w/-/jobs?ended=true&limit=20")["jobs"]
    codes = sorted(each["error"]["code"] for each in ends if each["prompt"].startswith("lost"))
    assert codes == ["job.decided_charged", "job.decided_free", "job.decided_free"]
    assert service.fake.billed > before  # what the fake took for them is its own affair


@pytest.mark.parametrize("language", ["en", "zh-TW"])
@pytest.mark.parametrize("theme", ["light", "dark", "contrast"])
def test_badge_is_accessible_and_fits(visit: Visit, place: Studio, language: str, theme: str) -> None:
    page = visit.page
    if not place.ask("GET", "/status")["spend"]["month"]:  # run by itself
        ask(place, "a heron")
    visit.dress(language=language, theme=theme)
    expect(page.locator("[data-badge]")).to_be_visible()
    fits_at_every_width(page, f"badge-{language}-{theme}")


def limited(place: Studio, limit: str) -> None:
    """As somebody writes it into the file of a daemon that runs."""
    config = place.home / "config.toml"
    tables = config.read_text("utf-8").partition("[providers")
    config.write_text(f'[jobs]\nmonth_limit = "{limit}"\n[providers{tables[2]}', "utf-8")
    until(lambda: [each["limit"] for each in place.ask("GET", "/status")["months"]] == [float(limit.split()[0])])


def fits(told: Locator, within: str) -> bool:
    """Whether nothing of it is cut off or stands over the edge."""
    inside = "(each, within) => each.scrollWidth <= each.clientWidth && edge(each) <= edge(each.closest(within)) + 0.5"
    edge = "const edge = (each) => each.getBoundingClientRect().right;"
    return bool(told.evaluate(f"(each, within) => {{ {edge} return ({inside})(each, within); }}", within))


def month(place: Studio) -> dict[str, float]:
    (found,) = place.ask("GET", "/status")["months"]
    return found


@pytest.mark.parametrize("language", ["en", "zh-TW"])
@pytest.mark.parametrize("theme", ["light", "dark", "contrast"])
def test_meter_tells_what_is_taken_of_the_month_in_words_and_says_four_fifths_and_all(
    visit: Visit, place: Studio, service: Service, language: str, theme: str
) -> None:
    page = visit.page
    place.prefer(language=language, theme=theme)
    limited(place, "900.00 USD")
    if not month(place)["spent"]:
        ask(place, "a heron")
        until(lambda: ended(place))
    taken = round((month(place)["spent"] + month(place)["open"]) * 1_000_000)
    near = {"en": "80\u00a0% of the limit is reached", "zh-TW": "已達上限的 80%"}[language]
    full = {"en": "The limit is reached", "zh-TW": "已達上限"}[language]
    meter = page.locator(".badge-card [role=meter]")
    for limit, said in ((900_000_000, ""), (taken * 5 // 4, near), (taken, full)):
        limited(place, f"{limit / 1_000_000:.6f} USD")
        if said:
            expect(page.locator(".badge-card [data-month] small")).to_contain_text(said)
            expect(meter).to_have_attribute("aria-valuetext", re.compile(re.escape(said)))
        else:
            expect(page.locator(".badge-card [data-month]")).not_to_contain_text(re.compile("80 ?%"))
        expect(meter).to_have_attribute("aria-valuenow", repr(taken / 1_000_000))
    assert fits(page.locator(".badge-card [data-month] small"), ".badge-card")
    assert fits(page.locator(".badge-card [role=meter]"), ".badge-card")
    for view in ("queue", "settings"):
        visit.go(view)
        for width in (390, 1280, 1920):
            page.set_viewport_size({"width": width, "height": 800})
            whole = page.locator("#main .months [role=meter]")
            whole.scroll_into_view_if_needed()
            expect(whole).to_be_in_viewport()
            expect(page.locator("#main .months")).to_contain_text(full)
            assert fits(page.locator("#main .months small"), "#main")
            assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
            assert axe(page) == []
            if folder := os.environ.get("GESSO_SHOTS"):
                page.screenshot(path=f"{Path(folder)}/month-{view}-{language}-{theme}-{width}.png")


@pytest.mark.parametrize("language", ["en", "zh-TW"])
def test_albums_have_room_on_a_laptop_beside_a_limit_and_a_queue(visit: Visit, place: Studio, language: str) -> None:
    page = visit.page
    limited(place, "900.00 USD")
    place.ask("POST", "/w/-/jobs/pause", {"paused": True})
    ask(place, "waits for a moment")
    begun = {each["name"] for each in place.ask("GET", "/w/-/albums")["albums"]}
    for name in {f"Album {number}" for number in range(10)} - begun:
        place.ask("POST", "/w/-/albums", {"name": name})
    page.set_viewport_size({"width": 1366, "height": 768})
    visit.dress(language)
    expect(page.locator("[data-going]")).to_be_visible()
    expect(page.locator(".badge-card [data-month]")).to_be_visible()
    expect(page.locator(".sidebar .shelf.albums li")).to_have_count(10)
    assert page.locator(".sidebar .shelf.albums").evaluate("(shelf) => shelf.clientHeight") >= 6 * 28
    place.ask("POST", "/w/-/jobs/cancel", {"waiting": True})
    place.ask("POST", "/w/-/jobs/pause", {"paused": False})


def test_create_says_what_would_be_left_and_a_held_job_says_why_until_the_limit_is_raised(
    visit: Visit, place: Studio, service: Service
) -> None:
    page = visit.page
    limited(place, "900.00 USD")
    place.ask("POST", "/w/-/jobs/pause", {"paused": True})
    ask(place, "waits for the limit")
    (job,) = [each for each in place.ask("GET", "/w/-/jobs")["jobs"] if each["state"] == "queued"]
    limited(place, "0.00 USD")
    place.ask("POST", "/w/-/jobs/pause", {"paused": False})
    visit.go("queue")
    expect(page.locator("[data-waiting]")).to_contain_text("The month’s limit")
    asked = len(service.fake.asked)
    visit.go("create")
    page.locator("#create-prompt").fill("a heron")
    choose(page, MODEL)
    left = page.locator(".comes [data-left]")
    expect(left).to_contain_text("Passes this month’s $0.00 by")
    expect(page.locator(".comes:not(.old)")).to_be_visible()  # it is the price of this
    page.locator("#create-prompt").press("Control+Enter")
    refused = page.locator(".notice").filter(has_text="would come to")
    expect(refused).to_have_text(re.compile(r"would come to \$\d+\.\d\d.* of \$0\.00 this month: \$\d+\.\d\d"))
    assert [each for each in visit.said if "409" not in each] == []
    visit.said.clear()
    page.wait_for_timeout(1100)  # a press that comes sooner is the same gesture
    held: list[Route] = []
    page.route("**/estimate", lambda route: held.append(route))  # its price is not here yet when it is pressed for
    page.locator("#create-prompt").fill("a heron at dawn")
    page.locator("#create-prompt").press("Control+Enter")
    until(lambda: page.wait_for_timeout(20) or held)
    for each in held:
        each.continue_()
    page.unroute("**/estimate")
    expect(page.locator(".notice").filter(has_text="Passes this month’s $0.00 by")).to_be_visible()
    expect(page.locator(".notice").filter(has_text="The price is there now")).to_have_count(0)
    assert len(service.fake.asked) == asked
    if folder := os.environ.get("GESSO_SHOTS"):
        page.screenshot(path=f"{Path(folder)}/month-create.png")
    limited(place, "900.00 USD")
    expect(left).to_contain_text("of this month’s $900.00 would be left")
    expect(refused).to_have_count(0)
    until(lambda: place.ask("GET", f"/w/-/jobs/{job['id']}")["state"] == "done")
