"""Trying again with the price in sight, deciding lost outcomes once, and the keyboard's place meanwhile."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.browser.house import Studio, Visit, axe, visiting
from tests.browser.making.orders import begin, jobs
from tests.daemonhouse import until

LOST = "a lost parasol"
RESTS = 550  # ms after a decision until the next one is taken


def ended(place: Studio, batch: str, state: str, count: int) -> None:
    def of_it() -> list[str]:
        return [each["id"] for past in (False, True) for each in jobs(place, past) if told(each) == (batch, state)]

    until(lambda: len(of_it()) == count)


def told(job: dict[str, Any]) -> tuple[str, str]:
    return job["batch"], job["state"]


@pytest.fixture
def lost(visit: Visit, place: Studio) -> Visit:
    """Three outcomes that nobody knows, in the queue."""
    batch = begin(place, f"{LOST} one", f"{LOST} two", f"{LOST} three", provider="atelier")["batch"]
    ended(place, batch, "unknown", 3)
    visit.go("queue")
    expect(visit.page.locator(".unknown-job")).to_have_count(3)
    return visit


# Three presses at whatever has the keyboard, a frame apart: pressed from here the machine says how far apart they are.
PRESSES = """async () => {
  for (let each = 0; each < 3; each += 1) {
    document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { key: "n", bubbles: true, cancelable: true }));
    await new Promise((drawn) => requestAnimationFrame(drawn));
  }
}"""
HELD = "(({activeElement: at}) => at?.closest('[data-job]')?.textContent ?? at?.tagName)(document)"


def held(page: Page) -> str:
    return str(page.evaluate(HELD))


def test_screen_reader_hears_what_has_to_be_decided(lost: Visit) -> None:
    tree = lost.page.locator("#main").aria_snapshot()
    for line in (
        f"{LOST} one", 'heading "3 outcomes to decide"', 'button "Yes, charged', 'button "No, not charged',
        'button "Ask later',
    ):  # fmt: skip
        assert line in tree, (line, tree)


@pytest.mark.parametrize(("language", "answer"), [("en", "Yes, charged"), ("zh-TW", "是，已收費")])
def test_a_double_click_decides_one_outcome_and_the_next_stays_where_it_is(
    lost: Visit, place: Studio, language: str, answer: str
) -> None:
    page = lost.page
    place.prefer(language=language)
    button = page.locator(".unknown-job").first.get_by_role("button", name=answer)
    button.scroll_into_view_if_needed()
    box, second = button.bounding_box(), page.locator(".unknown-job").nth(1)
    below = second.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 9, box["y"] + 9)
    for _ in range(4):
        page.mouse.down()
        page.mouse.up()
        page.wait_for_timeout(300)
    expect(button).to_be_disabled()
    assert second.bounding_box() == below
    assert sum(each["state"] == "unknown" for each in jobs(place)) == 2
    page.wait_for_timeout(5000)
    expect(page.locator(".unknown-job")).to_have_count(3)  # the pointer is there still
    page.mouse.move(2, 2)
    expect(page.locator(".unknown-job")).to_have_count(2)


def test_outcomes_are_decided_with_keys_one_after_the_other(lost: Visit, place: Studio) -> None:
    page = lost.page
    page.locator(".unknown-job").first.get_by_role("button", name="No, not charged").focus()
    for left in (2, 1, 0):
        page.keyboard.press("Enter")
        page.keyboard.press("Enter")  # an impatient one more
        until(lambda left=left: sum(each["state"] == "unknown" for each in jobs(place)) == left)
        if left:
            assert LOST in held(page)
            lost.press(*["Tab"] * (3 if left > 1 else 2))  # with a box to tick where there are several
            expect(page.locator("button:focus")).to_have_accessible_name("No, not charged")
            page.wait_for_timeout(RESTS)
    expect(page.locator("h1")).to_be_focused()
    assert axe(page) == []


def test_two_quick_presses_of_a_key_decide_one_outcome(lost: Visit, place: Studio) -> None:
    page = lost.page
    page.wait_for_timeout(RESTS)
    page.locator(".unknown-job").first.focus()
    page.evaluate(PRESSES)
    page.wait_for_timeout(RESTS)
    assert sum(each["state"] == "unknown" for each in jobs(place)) == 2
    page.keyboard.press("n")
    until(lambda: sum(each["state"] == "unknown" for each in jobs(place)) == 1)


def test_all_or_the_chosen_are_decided_together_after_what_it_means_was_said(lost: Visit, place: Studio) -> None:
    page = lost.page
    spent = place.ask("GET", "/status")["spend"]["month"]
    rows, dialog, together = page.locator(".unknown-job"), page.get_by_role("dialog"), page.locator(".together")
    assert sum(rows.nth(at).evaluate("(row) => row.offsetHeight") for at in range(3)) < 200
    expect(together.get_by_role("button", name="None charged…")).to_be_disabled()
    rows.nth(0).get_by_role("checkbox").press("Space")
    rows.nth(2).get_by_role("checkbox").press("Space")
    expect(together).to_contain_text("2 chosen")
    together.get_by_role("button", name="Chosen: not charged…").press("Enter")
    expect(dialog).to_contain_text("Atelier: 2 requests")
    expect(dialog).to_contain_text("missing from what Gesso says was spent: $0.08–$0.10")
    expect(dialog).to_contain_text("paid for twice")
    assert axe(page) == []
    page.keyboard.press("Enter")  # the answer at hand decides nothing
    expect(dialog).to_have_count(0)
    expect(rows).to_have_count(3)
    together.get_by_role("button", name="Chosen: not charged…").click()
    dialog.get_by_role("button", name="Note 2 as not charged").click()
    expect(rows).to_have_count(1)
    assert [each["state"] for each in jobs(place) if LOST in each["prompt"]] == ["unknown"]
    assert place.ask("GET", "/status")["spend"]["month"] == spent
    expect(rows.first).to_be_focused()
    batch = begin(place, f"{LOST} four", f"{LOST} five", provider="atelier")["batch"]
    ended(place, batch, "unknown", 2)
    page.get_by_role("checkbox", name="All 3").check()
    together.get_by_role("button", name="All charged…").click()
    expect(dialog).to_contain_text("Counted as spent: $0.15.")
    dialog.get_by_label("Amount on the bill, for each").fill("0.0317")
    expect(dialog).to_contain_text("Counted as spent: $0.0951.")
    dialog.get_by_role("button", name="Note 3 as charged").click()
    expect(rows).to_have_count(0)
    expect(page.locator("h1")).to_be_focused()
    assert place.ask("GET", "/status")["spend"]["month"] == pytest.approx(spent + 0.0951)


def test_nothing_is_decided_where_one_was_decided_elsewhere(lost: Visit, place: Studio) -> None:
    page, dialog = lost.page, lost.page.get_by_role("dialog")
    spent = place.ask("GET", "/status")["spend"]["month"]
    page.get_by_role("checkbox", name="All 3").check()
    page.get_by_role("button", name="All charged…").click()
    dialog.get_by_label("Amount on the bill, for each").fill("0.0317")
    one, another = (each["id"] for each in jobs(place)[:2])
    decided: list[str] = []

    def elsewhere(route: Route) -> None:
        if one not in decided:
            decided.append(one)
            place.ask("POST", f"/w/-/jobs/{one}/resolve", {"charged": False})
        route.continue_()

    page.route("**/jobs/resolve", elsewhere)  # in the moment in which it is pressed
    dialog.get_by_role("button", name="Note 3 as charged").click()
    expect(dialog.get_by_role("alert")).to_contain_text("1 of these was decided elsewhere meanwhile, so none of the")
    assert sum(each["state"] == "unknown" for each in jobs(place)) == 2
    lost.was_refused(409, 1)
    expect(dialog.get_by_label("Amount on the bill, for each")).to_have_value("0.0317")
    expect(dialog).to_contain_text("Counted as spent: $0.0634.")
    assert axe(page) == []
    place.ask("POST", f"/w/-/jobs/{another}/resolve", {"charged": False})  # nothing has to be pressed to hear of it
    expect(dialog.get_by_role("alert")).to_contain_text("2 of these were decided elsewhere")
    dialog.get_by_role("button", name="Note as charged").click()
    expect(dialog).to_have_count(0)
    expect(page.locator(".unknown-job")).to_have_count(0)
    assert place.ask("GET", "/status")["spend"]["month"] == pytest.approx(spent + 0.0317)


def test_a_question_whose_last_one_was_decided_elsewhere_closes_and_says_so(lost: Visit, place: Studio) -> None:
    page = lost.page
    page.locator(".unknown-job").first.get_by_role("button", name="Amount…").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    for each in jobs(place):
        place.ask("POST", f"/w/-/jobs/{each['id']}/resolve", {"charged": False})
    lost.notice("was decided already")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_what_the_provider_told_is_what_the_sheet_says_and_what_is_counted(lost: Visit, place: Studio) -> None:
    """More than was estimated: it said so when it accepted."""
    page, dialog = lost.page, lost.page.get_by_role("dialog")
    spent = place.ask("GET", "/status")["spend"]["month"]
    batch = begin(place, "a told parasol", provider="atelier")["batch"]
    ended(place, batch, "unknown", 1)
    counts = {each["prompt"]: each["counts"] for each in jobs(place)}
    assert counts["a told parasol"] == {"amount": 0.07, "currency": "USD", "basis": "reported", "credits": None}
    assert counts[f"{LOST} one"]["amount"] == 0.05 and counts[f"{LOST} one"]["basis"] == "decided"
    page.get_by_role("checkbox", name="All 4").check()
    page.get_by_role("button", name="None charged…").click()
    expect(dialog).to_contain_text("missing from what Gesso says was spent: $0.19–$0.22.")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="All charged…").click()
    expect(dialog).to_contain_text("Counted as spent: $0.22.")
    dialog.get_by_role("button", name="Note 4 as charged").click()
    expect(page.locator(".unknown-job")).to_have_count(0)
    assert place.ask("GET", "/status")["spend"]["month"] == pytest.approx(spent + 0.22)


@pytest.mark.parametrize(
    ("language", "label", "wrong", "nothing", "note"),
    [
        ("en", "Amount on the bill", "like 0.0317", "choose “not charged”", "Note as charged"),
        ("zh-TW", "帳單上的金額", "0.0317 這樣", "選擇「未收費」", "將 1 個記為已收費"),
    ],
)
def test_what_the_bill_says_is_written_down(
    lost: Visit, place: Studio, language: str, label: str, wrong: str, nothing: str, note: str
) -> None:
    page = lost.page
    lost.dress(language)
    spent = place.ask("GET", "/status")["spend"]["month"]
    page.locator(".unknown-job").first.focus()
    page.keyboard.press("a")
    dialog, amount = page.get_by_role("dialog"), page.get_by_role("dialog").get_by_label(label)
    expect(amount).to_be_focused()
    amount.fill("0.00")
    page.keyboard.press("Enter")
    expect(dialog).to_contain_text(nothing)
    expect(amount).to_be_focused()
    for bad in ("0,03", "-1", ""):
        amount.fill(bad)
        page.keyboard.press("Enter")
        expect(dialog).to_contain_text(wrong)
        expect(amount).to_be_focused()
    assert axe(page) == []
    amount.fill("0.0317")
    dialog.get_by_role("textbox").nth(1).fill("$")
    page.keyboard.press("Enter")
    expect(dialog.get_by_role("textbox").nth(1)).to_have_attribute("aria-invalid", "true")
    dialog.get_by_role("textbox").nth(1).fill("usd")
    dialog.get_by_role("button", name=note).click()
    expect(page.locator(".unknown-job")).to_have_count(2)
    assert place.ask("GET", "/status")["spend"]["month"] == pytest.approx(spent + 0.0317)


@pytest.mark.parametrize("language", ["en", "zh-TW"])
def test_on_a_phone_both_answers_stand_side_by_side_without_keys(
    browser: Browser, lost: Visit, place: Studio, language: str
) -> None:
    place.prefer(language=language)
    options = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
    with visiting(browser, place, at="queue", **options) as visit:
        card = visit.page.locator(".unknown-job").first
        expect(card).to_be_focused()  # until then the page may still scroll to it
        yes, no = (card.get_by_role("button").nth(at).bounding_box() for at in (0, 1))
        assert yes is not None and no is not None and yes["y"] == no["y"] and yes["x"] < no["x"]
        assert no["x"] + no["width"] <= 390
        expect(card.locator("kbd").first).to_be_hidden()
    expect(lost.page.locator(".unknown-job kbd").first).to_be_visible()


def test_trying_again_names_its_price_and_leaves_out_what_is_refused_for_good(lost: Visit, place: Studio) -> None:
    page = lost.page
    for each in jobs(place):
        if each["state"] == "unknown":
            place.ask("POST", f"/w/-/jobs/{each['id']}/resolve", {"charged": "one" in each["prompt"]})
    batch = begin(place, "a forbidden parasol", provider="atelier")["batch"]
    ended(place, batch, "failed", 1)
    refused = page.locator(".job.failed", has_text="forbidden parasol").first
    refused.get_by_role("button", name="Try again").press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("It may cost: $0.04–$0.05.")
    page.keyboard.press("Enter")  # the answer at hand is no
    expect(dialog).to_have_count(0)
    expect(refused).to_be_visible()
    page.locator(".job.failed", has_text=f"{LOST} one").first.get_by_role("button", name="Try again").click()
    expect(dialog).to_contain_text("It was paid before ($0.05)")
    assert axe(page) == []
    page.keyboard.press("Escape")
    page.get_by_role("button", name=re.compile(r"Try \d+ failed")).click()
    expect(dialog).to_contain_text(re.compile(r"left out: the provider refused"))
    place.prefer(language="zh-TW")
    expect(dialog).to_contain_text("供應商拒絕了要求的內容")
    place.prefer(language="en")
    dialog.get_by_role("button", name="Try again · ").click()
    expect(dialog).to_have_count(0)
    expect(page.locator(".notice").last).to_contain_text("left out")
    expect(refused).to_be_visible()
    until(lambda: sum(LOST in each["prompt"] for each in jobs(place) if each["state"] == "unknown") >= 3)


def test_trying_again_asks_with_the_price_of_now(visit: Visit, place: Studio) -> None:
    page, dearer = visit.page, place.home / "plugins" / "dearer"
    batch = begin(place, "a forbidden pagoda", provider="atelier")["batch"]
    ended(place, batch, "failed", 1)
    visit.go("queue")
    row = page.locator(".job.failed", has_text="forbidden pagoda").first
    dearer.touch()
    try:
        row.get_by_role("button", name="Try again").click()
        dialog = page.get_by_role("dialog")
        expect(dialog).to_contain_text("It may cost: $4.00–$5.00.")
        place.ask("POST", "/w/-/jobs/pause", {"paused": True})
        dialog.get_by_role("button", name="Try again · $4.00–$5.00").click()
        until(lambda: [each["estimate"]["most"] for each in jobs(place) if each["batch"] == batch] == [5])
    finally:
        dearer.unlink()


def test_a_failed_picture_in_create_asks_as_well(visit: Visit, place: Studio) -> None:
    page = visit.page
    batch = begin(place, "a forbidden awning", provider="atelier")["batch"]
    ended(place, batch, "failed", 1)
    tile = page.locator(".made-box", has_text="Turned down").first
    tile.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("dialog")).to_contain_text("It may cost: $0.04–$0.05.")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_the_keyboard_goes_to_the_next_row_and_at_last_to_the_heading(visit: Visit, place: Studio) -> None:
    page = visit.page
    place.ask("POST", "/w/-/jobs/pause", {"paused": True})
    begin(place, "row one", "row two", "row three")
    visit.go("queue")
    waiting = page.locator("[data-waiting] .job")
    expect(waiting).to_have_count(3)
    cancel = {"name": "Cancel this one"}
    waiting.nth(1).get_by_role("button", **cancel).press("Enter")
    expect(waiting).to_have_count(2)
    expect(waiting.nth(1)).to_be_focused()
    assert "row three" in held(page)
    waiting.nth(1).get_by_role("button", **cancel).press("Enter")
    expect(waiting).to_have_count(1)
    expect(waiting.nth(0)).to_be_focused()
    waiting.nth(0).get_by_role("button", **cancel).press("Enter")
    expect(waiting).to_have_count(0)
    expect(page.locator("h1")).to_be_focused()
    page.locator(".job.cancelled", has_text="row two").first.get_by_role("button", name="Try again").press("Enter")
    expect(waiting).to_have_count(1)
    expect(page.locator(".job.cancelled, .job.failed, .job.done").locator(":scope:focus")).to_have_count(1)
