"""Pictures are asked for, come, and are worked with; the queue is seen, ordered and decided."""

from __future__ import annotations

import contextlib
import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import Error, expect

from tests.browser.house import Studio, Visit, axe
from tests.browser.making.orders import begin, choose, comes, jobs, write
from tests.daemonhouse import until


def test_first_pictures_come_are_rated_found_and_used_again(visit: Visit) -> None:
    page = visit.page
    expect(page.get_by_role("heading", name="one sentence away")).to_be_visible()
    write(page, "a heron in the reeds at dawn", 4)
    expect(comes(page)).to_contain_text("4 pictures · free")
    page.locator("#create-prompt").press("Control+Enter")
    expect(page.locator(".made")).to_have_count(4)
    expect(page.locator(".made img")).to_have_count(4, timeout=30_000)
    expect(page.locator("[data-made-count]")).to_have_text("All is done: 4 made")
    page.locator(".made a").first.focus()
    visit.press("ArrowRight", "4", "p")
    expect(page.locator(".made").nth(1).locator(".made-marks [aria-label='4 stars']")).to_be_visible()
    page.locator(".made a").nth(1).press("Enter")
    page.wait_for_selector(".panel")
    expect(page.locator(".panel .star.on")).to_have_count(4)
    visit.press("Escape")
    page.wait_for_selector("#create-prompt")
    write(page, "something else")
    page.locator(".made a").first.focus()
    visit.press("r")
    expect(page.locator("#create-prompt")).to_have_value("a heron in the reeds at dawn")
    page.locator("#create-prompt").press("Alt+ArrowUp")
    expect(page.locator("#create-prompt")).to_have_value("something else")
    visit.go("pictures?q=heron")
    visit.see(4)
    page.locator("[role=gridcell]").first.focus()
    visit.press("r")
    expect(page.locator("#create-prompt")).to_have_value("a heron in the reeds at dawn")
    expect(page.get_by_label("Seed number")).to_have_value(re.compile(r"^\d+$"))


@pytest.mark.parametrize(("language", "told"), [("en", "none of the pictures"), ("zh-TW", "都還沒有完成")])
def test_undo_by_key_takes_back_the_pictures_of_a_batch(visit: Visit, place: Studio, language: str, told: str) -> None:
    page, prompt = visit.page, f"a tern over the dunes {language}"
    write(page, prompt, 3)
    visit.dress(language=language)
    place.ask("POST", "/w/-/jobs/pause", {"paused": True})
    page.locator("#create-prompt").press("Control+Enter")
    batch = page.locator(f'[data-made][aria-label*="{prompt}"]')  # others were made here before
    expect(batch).to_have_count(3)
    batch.first.focus()
    visit.press("Control+z")
    visit.notice(told)
    visit.was_refused(404, 1)
    place.ask("POST", "/w/-/jobs/pause", {"paused": False})
    until(lambda: place.find(prompt)["total"] == 3)
    visit.press("Control+z")
    until(lambda: place.find(prompt)["total"] == 0)
    visit.press("Control+Shift+z")
    until(lambda: place.find(prompt)["total"] == 3)


def test_sizes_in_pixels_are_written_without_separators(visit: Visit, place: Studio) -> None:
    page = visit.page
    expect(page.locator(".sizes .nums")).to_have_text("1024 × 1024")
    expect(page.get_by_role("radio", name="1:1, 1024 × 1024")).to_have_count(1)
    place.ask("POST", "/w/-/jobs/pause", {"paused": True})
    begin(place, "a wide one", width=2048, height=1024)
    visit.go("queue")
    expect(page.locator(".job").first).to_contain_text("2048 × 1024")


def test_estimate_stands_on_a_line_of_its_own_on_a_narrow_phone(visit: Visit) -> None:
    visit.page.set_viewport_size({"width": 320, "height": 640})
    write(visit.page, "a heron at dawn")
    expect(comes(visit.page)).to_contain_text("free")
    price, button = comes(visit.page).bounding_box(), visit.page.get_by_role("button", name="Generate").bounding_box()
    assert price is not None and button is not None
    assert price["height"] < 50 and price["y"] + price["height"] <= button["y"]


def test_draft_outlives_a_killed_tab(visit: Visit) -> None:
    page = visit.page
    write(page, "貓咪海報，還沒送出", 7)
    page.wait_for_timeout(400)
    # A tab that is killed tells nobody: what was kept at the pause in typing is all there is.
    with page.expect_event("crash"), contextlib.suppress(Error):
        page.goto("chrome://crash", wait_until="commit")
    again = visit.context.new_page()
    again.goto(f"{visit.studio.url}/#/create")
    expect(again.locator("#create-prompt")).to_have_value("貓咪海報，還沒送出")
    expect(again.get_by_role("textbox", name="Pictures")).to_have_value("7")
    again.locator("#create-prompt").fill("")
    again.wait_for_timeout(400)


def test_enter_of_an_input_method_begins_nothing(visit: Visit) -> None:
    page = visit.page
    write(page, "注音", 1)
    before = len(jobs(visit.studio)) + len(jobs(visit.studio, ended=True))
    page.locator("#create-prompt").evaluate(
        """field => field.dispatchEvent(new KeyboardEvent("keydown",
            { key: "Enter", ctrlKey: true, isComposing: true, bubbles: true, cancelable: true }))"""
    )
    page.locator("#create-prompt").press("Enter")
    page.wait_for_timeout(300)
    assert len(jobs(visit.studio)) + len(jobs(visit.studio, ended=True)) == before


def test_history_is_walked_and_what_was_being_written_is_kept(visit: Visit) -> None:
    page, place = visit.page, visit.studio
    begin(place, "an older prompt")
    begin(place, "a newer prompt")
    page.locator("#create-prompt").fill("not sent")
    field = page.locator("#create-prompt")
    expect(page.locator(".batch-head h2").first).to_have_text("a newer prompt")
    field.press("Alt+ArrowUp")
    expect(field).to_have_value("a newer prompt")
    field.press("Alt+ArrowUp")
    expect(field).to_have_value("an older prompt")
    field.press("Alt+ArrowDown")
    field.press("Alt+ArrowDown")
    expect(field).to_have_value("not sent")


def test_choices_are_shown_as_they_would_be_sent_and_faults_where_they_are(visit: Visit) -> None:
    page = visit.page
    write(page, "{red|blue} cat", 2)
    expect(page.locator(".sent li")).to_have_text(["red cat", "blue cat"])
    expect(page.locator(".generate")).to_have_text("Generate 4 pictures")
    page.locator("#create-prompt").fill("😀 cat {red|blue")
    expect(page.locator(".faults")).to_contain_text("This brace is never closed")
    expect(page.locator(".excerpt mark")).to_have_text("{")
    expect(page.locator(".generate")).to_be_disabled()
    page.locator(".excerpt").click()
    assert page.locator("#create-prompt").evaluate("field => field.value[field.selectionStart]") == "{"
    visit.studio.prefer(language="zh-TW")
    expect(page.locator(".faults")).to_contain_text(re.compile("[\u4e00-\u9fff]"))
    visit.studio.prefer(language="en")


def test_only_what_the_models_take_is_asked_and_the_price_is_told(visit: Visit) -> None:
    page = visit.page
    expect(page.get_by_label("Negative prompt")).to_have_count(0)
    choose(page, "Oil")
    expect(page.get_by_label("Negative prompt")).to_be_visible()
    expect(page.get_by_role("group", name="Seed", exact=True)).to_have_count(0)
    expect(page.locator(".shape-chip")).to_have_text(["1:1", "3:2"])
    expect(page.get_by_text("Quality")).to_be_visible()
    write(page, "an umbrella", 12)
    expect(comes(page)).to_contain_text("12 pictures · about $0.48–$0.60 (prices of 2026-11-01)")
    choose(page, "Oil", "Sketch")
    page.get_by_label("Negative prompt").fill("rain")
    expect(comes(page)).to_contain_text("24 pictures")
    page.locator(".comes summary").click()
    expect(comes(page)).to_contain_text("Sketch takes no negative prompt.")


def test_batch_file_shows_its_rows_with_what_is_wrong_beside_them(visit: Visit, tmp_path: Path) -> None:
    page = visit.page
    rows = ["prompt,count,size"]
    rows += [f"row {number},1,128x128" for number in range(1, 8)]
    rows[3], rows[5], rows[7] = "row three,many,128x128", ",1,128x128", "row seven,1,big"
    sheet = tmp_path / "rows.csv"
    sheet.write_text("\n".join(rows) + "\n", "utf-8")
    page.locator("[data-sheet]").set_input_files(sheet)
    expect(page.locator(".sheet-part")).to_contain_text("4 rows can be used · 3 have problems")
    expect(page.locator(".sheet-table tbody th")).to_have_text(["2", "3", "4", "5", "6", "7", "8"])
    expect(page.locator(".sheet-table tr").nth(1)).to_contain_text("row 1Pictures: 1 · Size: 128 × 128")
    expect(page.locator(".sheet-table tr.bad")).to_have_count(3)
    expect(page.locator(".sheet-table tr.bad").first).to_contain_text("count is a whole number")
    page.locator(".generate").click()
    expect(page.locator(".batch").first.locator(".made img")).to_have_count(4, timeout=30_000)
    # The same file again: nothing is new, unless it is wanted.
    expect(page.locator(".sheet-part")).to_contain_text("4 pictures were asked for before and are passed over")
    expect(page.locator(".generate")).to_be_disabled()
    page.get_by_text("Ask for them again").click()
    expect(page.locator(".generate")).to_have_text("Generate 4 pictures")
    page.get_by_role("button", name="Remove the file").click()


def test_queue_is_ordered_paused_and_cancelled_with_keys(visit: Visit) -> None:
    page, place = visit.page, visit.studio
    place.ask("POST", "/w/-/jobs/pause", {"paused": True})
    begin(place, "first", "second", "third")
    expect(page.locator(".results .banner")).to_contain_text("The queue is paused")
    page.locator("#create-prompt").blur()
    visit.press("q")
    waiting = page.locator("[data-waiting] .job-what .cut")
    expect(waiting).to_have_text(["first", "second", "third"])
    expect(page.locator("[data-queue]")).to_have_text("3")
    handle = page.get_by_role("button", name="Move: third")
    handle.press("ArrowUp")
    expect(waiting).to_have_text(["first", "third", "second"])
    expect(handle).to_be_focused()
    handle.press("Alt+ArrowDown")
    expect(waiting).to_have_text(["first", "second", "third"])
    page.locator(".job:has-text('third')").get_by_role("button", name="Run next").press("Enter")
    expect(waiting).to_have_text(["third", "first", "second"])
    page.locator(".job:has-text('first')").get_by_role("button", name="Cancel this one").press("Enter")
    expect(waiting).to_have_text(["third", "second"])
    expect(page.locator(".banner")).to_contain_text("The queue is paused")
    asked: list[str] = []
    page.on("request", lambda each: asked.append(each.post_data or "") if each.url.endswith("/jobs/cancel") else None)
    page.get_by_role("button", name="Cancel all waiting").press("Enter")
    expect(page.get_by_role("dialog")).to_contain_text("Cancel 2 waiting jobs?")
    expect(page.get_by_role("dialog")).to_contain_text("nothing is paid")
    page.get_by_role("button", name="Cancel 2").press("Enter")
    expect(page.locator("[data-waiting]")).to_have_count(0)
    expect(page.locator(".notices")).to_contain_text("2 jobs cancelled")
    assert [json.loads(each) for each in asked] == [{"waiting": True}]
    expect(page.locator("[data-queue]")).to_have_count(0)
    page.get_by_role("button", name="Go on").press("Enter")
    expect(page.locator(".banner")).to_have_count(0)
    page.locator(".job:has-text('second')").first.get_by_role("button", name="Try again").press("Enter")
    expect(page.locator(".job.done:has-text('second')")).to_be_visible(timeout=20_000)


def test_how_a_cost_was_come_by_stands_with_it(visit: Visit, place: Studio) -> None:
    begun = begin(place, "an umbrella", provider="atelier")
    until(lambda: [each["state"] for each in place.ask("GET", f"/w/-/batches/{begun['batch']}")["jobs"]] == ["done"])
    visit.go("queue")
    row = visit.page.locator(f'[data-job="{begun["jobs"][0]["id"]}"]')
    expect(row).to_contain_text("$0.05 (list price)")


def test_outcome_that_nobody_knows_is_decided(visit: Visit) -> None:
    page, place = visit.page, visit.studio
    begin(place, "a lost umbrella", provider="atelier")
    visit.go("queue")
    asked = page.locator(".unknown-job")
    expect(asked).to_contain_text("Atelier (Oil)")
    expect(asked).to_contain_text("likely cost: $0.04–$0.05")
    expect(page.locator("[data-queue]")).to_have_attribute("aria-label", "1 outcome to decide")
    asked.get_by_role("button", name="Ask later").click()
    expect(asked).to_have_count(0)
    page.get_by_role("button", name="Ask about them now").click()
    asked.get_by_role("button", name="Yes, charged").click()
    expect(page.locator(".job.failed:has-text('lost umbrella')")).to_contain_text("It was paid")
    spent = place.ask("GET", "/status")["spend"]
    assert spent["month"] >= 0.05
    expect(page.locator("[data-spend]")).to_contain_text(f"${spent['month']:.2f} this month")


def test_reasons_stand_with_what_waits_and_what_failed(visit: Visit) -> None:
    page, place = visit.page, visit.studio
    begin(place, "a forbidden umbrella", provider="atelier")
    expect(page.locator(".made-box.failed").first).to_contain_text("Turned down by the provider’s rules.")
    begin(place, "a crowded umbrella", provider="atelier")
    visit.go("queue")
    expect(page.locator(".job.failed:has-text('forbidden')").first).to_contain_text("no umbrellas")
    expect(page.locator(".job.waiting:has-text('crowded')")).to_contain_text("takes no more for now, until")


@pytest.mark.parametrize("language", ["en", "zh-TW"])
@pytest.mark.parametrize("theme", ["light", "dark", "contrast"])
def test_both_views_are_accessible(visit: Visit, language: str, theme: str) -> None:
    page, place = visit.page, visit.studio
    place.ask("POST", "/w/-/jobs/pause", {"paused": True})
    begin(place, "waits a while")
    write(page, "a {broken prompt|", 2)
    expect(page.locator(".faults")).to_be_visible()
    visit.dress(language=language, theme=theme)
    assert axe(page) == []
    visit.go("queue")
    page.wait_for_selector("[data-waiting]")
    assert axe(page) == []


def test_screen_reader_hears_what_is_asked_and_what_waits(visit: Visit) -> None:
    page, place = visit.page, visit.studio
    write(page, "a fox", 4)
    expect(comes(page)).to_contain_text("free")
    tree = page.locator("#main").aria_snapshot()
    for line in (
        'heading "Create" [level=1]', 'form "Create"', 'textbox "Prompt"', 'group "Model"', 'radio "Random" [checked]',
        'radiogroup "Size 1024 × 1024"', 'radio "1:1, 1024 × 1024" [checked]', 'textbox "Pictures": "4"',
        'radiogroup "Seed"', "status: 4 pictures · free", 'button "Generate 4 pictures"',
    ):  # fmt: skip
        assert line in tree, (line, tree)
    place.ask("POST", "/w/-/jobs/pause", {"paused": True})
    begin(place, "a fox")
    begin(place, "a kite over the roofs")
    visit.go("queue")
    page.wait_for_selector("[data-waiting]")
    tree = page.locator("#main").aria_snapshot()
    for line in (
        'heading "Queue" [level=1]', 'status: "The queue is paused: nothing further is begun. What runs goes on."',
        'heading "Next · 2" [level=2]', 'button "Move: a fox"', 'button "Run next: a fox"', 'button "Priority: a fox"',
        'button "Cancel this one: a kite over the roofs"', 'button "Go on"',
    ):  # fmt: skip
        assert line in tree, (line, tree)
    place.ask("POST", "/w/-/jobs/pause", {"paused": False})


def test_model_that_goes_soon_is_told_with_its_day_and_one_that_is_gone_is_none_to_choose(visit: Visit) -> None:
    page = visit.page
    page.get_by_role("button", name="Choose", exact=True).click()
    items = page.get_by_role("menuitemcheckbox")
    expect(items.filter(has_text="Etching")).to_have_attribute("aria-disabled", "true")
    expect(items.filter(has_text="Etching")).to_contain_text("no longer offered")
    expect(items.filter(has_text="Ink")).to_contain_text(re.compile(r"until \w+ \d+, \d{4}"))
    page.keyboard.press("Escape")
    expect(page.locator(".retires")).to_have_count(0)
    choose(page, "Ink")
    told = re.compile(r"^Ink is offered only until \w+ \d+, \d{4}; then take oil\.$")
    expect(page.locator(".retires")).to_have_text(told)
    assert axe(page) == []


LATE = """const ask = window.fetch;
window.fetch = (...all) => String(all[0]?.url ?? all[0]).includes("/providers")
  ? new Promise(then => { window.tellProviders = () => then(ask(...all)); }) : ask(...all);"""


def test_models_are_chosen_once_it_is_known_which_there_are(visit: Visit) -> None:
    page = visit.page
    page.add_init_script(LATE)
    page.reload()
    button = page.get_by_role("button", name="Choose", exact=True)
    expect(button).to_be_disabled()
    page.evaluate("window.tellProviders()")
    choose(page, "Oil")


SHIFTS = """window.shifted = 0;
new PerformanceObserver((list) => {
  for (const each of list.getEntries()) if (!each.hadRecentInput) window.shifted += each.value;
}).observe({ type: "layout-shift", buffered: true });"""


@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_jumps_while_a_draft_with_a_saved_prompt_and_a_sheet_comes_back(
    visit: Visit, place: Studio, width: int
) -> None:
    page = visit.page
    made = place.ask(
        "POST", "/w/-/prompts", {"name": f"Lake {width}", "text": "a lake {{at}} at dawn", "variables": {"at": "x"}}
    )
    visit.go(f"prompt/{made['id']}")
    page.get_by_role("button", name="Use", exact=True).first.click()
    page.wait_for_selector("#create-prompt")
    rows = "\n".join(["prompt,size", *(f"a hill {at},1024x1024" for at in range(12))])
    page.locator("[data-sheet]").set_input_files({"name": "rows.csv", "mimeType": "text/csv", "buffer": rows.encode()})
    expect(page.locator(".sheet-table tbody tr").first).to_be_visible()
    expect(page.locator(".sheet-table")).to_contain_text("1024 × 1024")
    page.set_viewport_size({"width": width, "height": 800})
    page.add_init_script(SHIFTS)
    page.reload()
    expect(page.locator(".sheet-table tbody tr").first).to_be_visible()
    expect(comes(page)).to_contain_text("pictures")
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    shifted = page.evaluate("window.shifted")
    assert shifted < 0.1, shifted
