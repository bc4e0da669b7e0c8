"""What was made is worked with where it was made, by mouse, touch and keys; the queue's rows line up."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Browser, Page, expect

from tests.browser.house import Studio, Visit, axe, visiting
from tests.browser.making.orders import begin
from tests.daemonhouse import until


def made(page: Page, batch: int = 0) -> Any:
    return page.locator(".batch").nth(batch).locator(".made")


def come(page: Page, prompt: str, count: int) -> None:
    """The newest batch is this one, and all of it is there."""
    expect(page.locator(".batch").first.get_by_role("heading")).to_have_text(prompt)
    expect(made(page).locator("img")).to_have_count(count, timeout=30_000)


def shown(place: Studio, query: str = "") -> int:
    return int(place.find(query)["total"])


def test_pointing_at_a_picture_rates_files_reuses_and_bins_it(visit: Visit) -> None:
    page, place = visit.page, visit.studio
    begin(place, "a kettle on the stove", count=2)
    come(page, "a kettle on the stove", 2)
    expect(page.get_by_role("toolbar")).to_have_count(0)
    tile = made(page).first
    tile.hover()
    tile.get_by_role("button", name="4 stars").click()
    until(lambda: shown(place, "rating:4 kettle") == 1)
    with page.expect_download() as saved:
        tile.get_by_role("link", name="Download the original").click()
    assert saved.value.suggested_filename.startswith("a kettle")
    tile.hover()
    tile.get_by_role("button", name="Use this seed").click()
    expect(page.get_by_role("textbox", name="Seed number")).not_to_have_value("")
    tile.hover()
    tile.get_by_role("button", name="Add to an album").click()
    page.get_by_role("searchbox", name="Find or name an album").fill("Kettles")
    page.keyboard.press("Enter")
    until(lambda: any(each["assets"] == 1 for each in place.ask("GET", "/w/-/albums")["albums"]))
    tile.hover()
    tile.get_by_role("button", name="Move to the bin").click()
    expect(tile).to_contain_text("In the bin")
    assert axe(page) == []
    tile.hover()
    tile.get_by_role("button", name="Restore").click()
    expect(tile.locator(".made-marks [aria-label='4 stars']")).to_be_visible()


def test_keys_work_on_a_picture_as_in_the_library(visit: Visit) -> None:
    page, place = visit.page, visit.studio
    begin(place, "a lamp in the hall", count=2)
    come(page, "a lamp in the hall", 2)
    first = made(page).first.locator("a.made-box")
    first.focus()
    visit.press("Space")
    look = page.locator("[data-look]")
    expect(look).to_be_visible()
    visit.press("3", "ArrowRight")
    expect(look).to_contain_text("2 / ")
    visit.press("Escape")
    expect(look).to_have_count(0)
    expect(made(page).nth(1).locator("a.made-box")).to_be_focused()
    until(lambda: shown(place, "rating:3 lamp") == 1)
    first.focus()
    visit.press("a")
    expect(page.get_by_role("searchbox", name="Find or name an album")).to_be_focused()
    visit.press("Escape")
    first.focus()
    visit.press("Delete")
    until(lambda: shown(place, "is:binned lamp") == 1)
    expect(made(page).first).to_contain_text("In the bin")


def test_a_finger_opens_what_a_mouse_only_points_at(browser: Browser, place: Studio) -> None:
    begin(place, "a boat for fingers", count=1)
    options = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
    with visiting(browser, place, at="create", **options) as visit:
        page = visit.page
        tile = made(page).first
        come(page, "a boat for fingers", 1)
        tile.get_by_role("button", name="Actions for Picture 1").tap()
        tile.get_by_role("button", name="5 stars").tap()
        until(lambda: shown(place, "rating:5 boat") == 1)
        assert visit.said == []


def test_pictures_of_several_prompts_say_which_and_stand_evenly(visit: Visit) -> None:
    page, place = visit.page, visit.studio
    begin(place, "a red door", "a blue gate", count=2)
    come(page, "a red door", 4)
    assert made(page).locator(".made-prompt").all_inner_texts() == ["a red door"] * 2 + ["a blue gate"] * 2
    sizes = {box["width"] for box in (each.bounding_box() for each in made(page).all()) if box}
    assert len({round(each) for each in sizes}) == 1
    begin(place, "a plain wall", count=1)
    come(page, "a plain wall", 1)
    expect(made(page).locator(".made-prompt")).to_have_count(0)


def test_what_runs_is_called_off_and_a_failure_says_the_providers_words(visit: Visit) -> None:
    page, place = visit.page, visit.studio
    begin(place, "a forbidden umbrella", provider="atelier")
    expect(page.locator(".made-box.failed").first).to_contain_text("no umbrellas", timeout=30_000)
    place.ask("POST", "/w/-/jobs/pause", {"paused": True})
    begin(place, "one that waits", count=2)
    stop = page.get_by_role("button", name="Cancel this one: one that waits")
    expect(stop).to_have_count(2)
    stop.first.click()
    expect(made(page).nth(0).locator(".cancelled")).to_be_visible()
    expect(page.locator(".batch").first.get_by_role("button", name="Cancel 1")).to_be_visible()


def test_a_list_that_is_on_its_way_is_no_empty_one(visit: Visit) -> None:
    page, place = visit.page, visit.studio
    begin(place, "one that is there", count=1)
    page.wait_for_selector(".batch")
    held: list[Any] = []
    visit.between("**/jobs?*", lambda route: held.append(route))
    page.reload()
    page.wait_for_selector("#create-prompt")
    expect(page.locator(".results [aria-busy=true]")).to_be_visible()
    expect(page.get_by_role("heading", name="one sentence away")).to_have_count(0)
    visit.go("queue")
    expect(page.locator(".queue [aria-busy=true]")).to_be_visible()
    page.unroute("**/jobs?*")  # goes on with those that are held
    expect(page.locator(".job").first).to_be_visible()
    expect(page.locator("[aria-busy=true]")).to_have_count(0)
    visit.between("**/timeline?*", lambda route: route.abort())
    visit.go("history")
    alert = page.locator(".history").get_by_role("alert")
    expect(alert).to_contain_text("This could not be loaded")
    page.unroute("**/timeline?*")
    alert.get_by_role("button", name="Try again").click()
    expect(page.locator(".timeline li").first).to_be_visible()
    visit.said.clear()


def test_whoever_has_to_decide_is_led_to_that_job(visit: Visit) -> None:
    page, place = visit.page, visit.studio
    place.ask("POST", "/w/-/jobs/pause", {"paused": True})
    begin(place, "the one that is sought")
    job = place.ask("GET", "/w/-/jobs?limit=200")["jobs"][-1]
    visit.go(f"queue?job={job['id']}")
    row = page.locator(f"[data-job='{job['id']}']")
    expect(row.locator("button").first).to_be_focused()


def test_rows_of_the_queue_line_up_and_their_buttons_say_which(visit: Visit) -> None:
    page, place = visit.page, visit.studio
    place.ask("POST", "/w/-/jobs/pause", {"paused": True})
    begin(place, "a clock", "a much longer prompt about a clock that goes on and on")
    visit.go("queue")
    page.wait_for_selector("[data-waiting]")
    left = "all => [...new Set(all.map(each => Math.round(each.getBoundingClientRect().left)))].length"
    for part in (".job-what", ".job-state", ".job-picture"):
        assert page.locator(f".job > {part}").evaluate_all(left) == 1, part
    for what in ("Run next", "Priority", "Cancel this one"):
        expect(page.get_by_role("button", name=f"{what}: a clock", exact=True)).to_be_visible()
    expect(page.get_by_role("link", name="Open: ").first).to_be_visible()
