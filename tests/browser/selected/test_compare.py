"""Two pictures compared: seen at one place and scale, what differs told, marked by keys, and the way back."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, expect

from tests.browser import scenes
from tests.browser.house import Studio, Visit, axe, named, open_picture, visiting
from tests.daemonhouse import until


@pytest.fixture(autouse=True)
def as_it_was(studio: Studio) -> Iterator[None]:
    yield
    binned = [item["id"] for item in studio.find("is:binned")["items"]]
    if binned:
        studio.ask("POST", "/w/-/assets/unbin", {"assets": binned})
    for item in studio.find()["items"]:
        studio.edit(item["id"], rating=0, flag=None)


def cards(visit: Visit) -> Locator:
    return visit.page.locator(".compare-card")


def shows(visit: Visit, left: str, right: str) -> None:
    for card, name in zip((0, 1), (left, right), strict=True):
        expect(cards(visit).nth(card).get_by_role("link")).to_have_text(re.compile(f"^{name}"))


def places(visit: Visit) -> list[str]:
    """Where the two lie and how large, measured from the middle of their panes."""
    told: list[str] = visit.page.locator(".compare-pane img").evaluate_all("all => all.map(one => one.style.transform)")
    return told


def test_two_are_compared_by_key_and_come_back_to_where_one_was(visit: Visit, studio: Studio) -> None:
    visit.select("04", "02")
    visit.press("c")
    shows(visit, "04", "02")
    expect(visit.page).to_have_title("Compare pictures – Gesso")
    address = visit.page.url
    assert named(studio, "04") in address and named(studio, "02") in address
    visit.page.go_back()
    expect(visit.page.get_by_role("toolbar", name="Selected pictures")).to_contain_text("2 selected")
    expect(visit.tile("02")).to_be_focused()
    visit.page.get_by_role("toolbar").get_by_role("button", name="Compare pictures").click()
    shows(visit, "04", "02")
    visit.press("Escape")
    expect(visit.page).to_have_url(re.compile(r"#/pictures\?sort=name$"))
    expect(visit.page.get_by_role("toolbar")).to_contain_text("2 selected")
    visit.go("settings")
    visit.go("pictures?sort=name")
    expect(visit.page.get_by_role("toolbar")).to_have_count(0)
    visit.page.goto(address)
    visit.page.reload()
    shows(visit, "04", "02")


def test_one_alone_is_not_compared_and_it_is_said_why(visit: Visit) -> None:
    visit.select("04")
    visit.press("c")
    visit.notice("Select two or more pictures")
    visit.go("compare")
    expect(visit.page.get_by_role("heading", name="Compare pictures")).to_be_visible()


def test_both_are_seen_at_the_same_scale_and_place(visit: Visit, studio: Studio) -> None:
    visit.select("00", "01")
    visit.press("c")
    shows(visit, "00", "01")
    assert places(visit) == ["translate(-50%, -50%)"] * 2
    pane = visit.page.locator(".compare-pane").nth(1).bounding_box()
    assert pane is not None
    visit.page.mouse.move(pane["x"] + pane["width"] / 2 + 60, pane["y"] + pane["height"] / 2)
    visit.page.mouse.wheel(0, -300)
    until(lambda: "scale" in places(visit)[0])
    sizes = visit.page.locator(".compare-pane img").evaluate_all(
        "all => all.map(one => [one, one.parentElement].map(each => each.getBoundingClientRect()))"
        ".map(([one, pane]) => [one.x + one.width / 2 - pane.x, one.y + one.height / 2 - pane.y])"
    )
    assert abs(sizes[0][0] - sizes[1][0]) < 1 and abs(sizes[0][1] - sizes[1][1]) < 1, sizes
    assert sizes[0][0] < pane["width"] / 2 - 20, sizes  # what the wheel pointed at stays below it
    before = places(visit)
    visit.press("Shift+ArrowRight")
    until(lambda: places(visit) != before)
    visit.page.mouse.down()
    visit.page.mouse.move(pane["x"] + 30, pane["y"] + 40, steps=3)
    visit.page.mouse.up()
    moves = [re.findall(r"translate\(([^)]*)\)", place)[1] for place in places(visit)]
    assert moves[0] == moves[1] and moves[0] != re.findall(r"translate\(([^)]*)\)", before[0])[1]
    visit.press("z")
    until(lambda: places(visit) == ["translate(-50%, -50%)"] * 2)


def test_slider_turns_and_difference_by_keys_and_in_the_address(visit: Visit) -> None:
    visit.select("00", "01")
    visit.press("c")
    expect(visit.page.locator(".compare-pane img:visible")).to_have_count(2)
    visit.press("f")
    shown = visit.page.locator(".compare-pane:visible")
    expect(shown).to_contain_text("A · 00")
    visit.press("f")
    expect(shown).to_contain_text("B · 01")
    expect(visit.page.get_by_role("status").filter(has_text="B · 01")).to_have_count(1)
    expect(visit.page).to_have_url(re.compile("as=flip"))
    visit.page.get_by_role("radio", name="Slider").click()
    slider = visit.page.get_by_role("slider", name="Slider")
    slider.focus()
    visit.press("ArrowRight", "ArrowRight")
    expect(slider).to_have_value("52")
    visit.page.reload()
    expect(slider).to_have_value("50")
    visit.page.get_by_role("radio", name="Difference").click()
    expect(visit.page.locator(".as-difference")).to_be_visible()


def test_what_differs_is_told_and_changed_words_are_marked(visit: Visit, studio: Studio, tmp_path: Path) -> None:
    prompts = ("a quiet harbour at dawn, fog, long exposure", "a quiet harbour at dusk, fog, film grain, long exposure")
    both = [
        studio.upload(
            scenes.paint(tmp_path / f"harbour{number}.png", 60 + number, prompt, size=(300 + 60 * number, 200))
        )
        for number, prompt in enumerate(prompts)
    ]
    visit.go(f"compare?a={both[0]}&b={both[1]}")
    table = visit.page.get_by_role("region", name="Differences")
    row = table.get_by_role("row", name=re.compile("^Prompt"))
    expect(row.get_by_role("cell").nth(0).locator("mark")).to_have_text(["dawn"])
    expect(row.get_by_role("cell").nth(1).locator("mark")).to_have_text(["dusk", re.compile("film grain")])
    expect(table.get_by_role("row", name=re.compile("^Seed"))).to_contain_text(str(1_000_003 * 61))
    expect(table.get_by_role("row", name=re.compile("^Size"))).to_contain_text("360 × 200")
    expect(table.get_by_role("row", name=re.compile("^Model"))).to_have_count(1)
    expect(table.get_by_role("row", name=re.compile("^Negative"))).to_have_count(0)
    assert axe(visit.page) == []
    for end in (b"a", b"b"):  # behind the picture
        like = tmp_path / end.decode() / "harbour0.png"
        like.parent.mkdir()
        like.write_bytes((tmp_path / "harbour0.png").read_bytes() + end)
        both.append(studio.upload(like))
    visit.go(f"compare?a={both[2]}&b={both[3]}")
    expect(visit.page.get_by_text("Nothing that is known of the two differs.")).to_be_visible()
    studio.ask("POST", "/w/-/assets/bin", {"assets": both})


def test_cost_is_told_where_it_differs(visit: Visit, studio: Studio) -> None:
    order = {
        "prompts": ["a lighthouse"],
        "targets": [{"provider": "sketch", "model": "sketch-1"}],
        "width": 256,
        "height": 256,
    }
    batch = studio.ask("POST", "/w/-/jobs", order)["batch"]
    made = until(lambda: studio.ask("GET", f"/w/-/batches/{batch}")["jobs"][0]["assets"])[0]
    visit.go(f"compare?a={made}&b={named(studio, '00')}")
    row = visit.page.get_by_role("region", name="Differences").get_by_role("row", name=re.compile("^Cost"))
    expect(row).to_contain_text("free")
    expect(row).to_contain_text("–")
    studio.ask("POST", "/w/-/assets/bin", {"assets": [made]})


def test_keys_rate_pick_and_bin_the_side_that_is_chosen(visit: Visit, studio: Studio) -> None:
    visit.select("00", "01")
    left, right = named(studio, "00"), named(studio, "01")
    visit.press("c")
    shows(visit, "00", "01")
    visit.press("4", "ArrowRight", "2", "p")
    until(lambda: studio.show(right)["asset"]["flag"] == "pick")
    assert studio.show(left)["asset"]["rating"] == 4 and studio.show(right)["asset"]["rating"] == 2
    expect(cards(visit).nth(1)).to_have_attribute("aria-current", "true")
    visit.press("w")
    shows(visit, "01", "00")
    visit.press("Delete")
    visit.notice("1 picture moved to the bin")
    expect(cards(visit).nth(1)).to_contain_text("In the bin")
    assert studio.show(left)["asset"]["binned_at"] is not None
    visit.press("5")  # nothing is set on what lies in the bin
    visit.press("Delete")
    visit.notice("1 picture restored")
    assert studio.show(left)["asset"]["rating"] == 4
    visit.press("Escape")
    expect(visit.page.get_by_role("toolbar")).to_contain_text("1 selected")


def test_best_of_several_is_found_by_keeping_one_after_the_other(visit: Visit, studio: Studio) -> None:
    visit.select("00", "01", "02", "03")
    visit.press("c")
    shows(visit, "00", "01")
    expect(visit.page.get_by_text("1 and 2 of 4")).to_be_visible()
    visit.press(".")
    shows(visit, "02", "01")
    visit.press(",")
    shows(visit, "00", "01")
    visit.press("k")
    shows(visit, "00", "02")
    cards(visit).nth(1).get_by_role("button", name="Keep B").click()
    shows(visit, "03", "02")
    visit.press("k")
    expect(cards(visit).nth(0)).to_contain_text("In the bin")
    assert {item["name"][:2] for item in studio.find("is:binned")["items"]} == {"00", "01", "03"}
    assert studio.show(named(studio, "02"))["asset"]["flag"] == "pick"
    visit.press("Control+z")
    until(lambda: studio.find("is:binned")["total"] == 2)
    visit.page.go_back()
    expect(visit.page.get_by_role("toolbar")).to_contain_text("1 selected")


def test_picture_that_is_gone_for_good_says_so_with_the_way_back(visit: Visit, studio: Studio) -> None:
    visit.go(f"compare?a={named(studio, '00')}&b={'0' * 32}&from=projects")
    expect(visit.page.get_by_role("alert")).to_be_visible()
    visit.page.get_by_role("alert").get_by_role("link", name="Back").click()
    expect(visit.page).to_have_url(re.compile("#/projects$"))
    visit.was_refused(404)


def test_version_that_is_compared_is_zoomed_too(visit: Visit, versions: str) -> None:
    open_picture(visit, versions)
    visit.press("c", "f")
    expect(visit.page.locator(".compare-pane:visible")).to_contain_text("Version 3")
    visit.press("f")
    expect(visit.page.locator(".compare-pane:visible")).to_contain_text("Version 2")
    visit.press("+")
    until(lambda: all("scale" in place for place in places(visit)))


@pytest.mark.parametrize(
    ("width", "language"), [(320, "zh-TW"), (320, "en"), (390, "zh-TW"), (1280, "en"), (1920, "en")]
)
def test_nothing_is_cut_off_at_any_width(browser: Browser, studio: Studio, width: int, language: str) -> None:
    studio.prefer(language=language)
    place = f"compare?a={named(studio, '00')}&b={named(studio, '01')}&among={named(studio, '02')}"
    with visiting(browser, studio, viewport={"width": width, "height": 800}) as visit:
        for mode in ("side", "slider", "flip", "difference"):
            visit.go(f"{place}&as={mode}")
            shows(visit, "00", "01")
            assert visit.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
            assert visit.page.evaluate(
                "(page => page.scrollWidth <= page.clientWidth)(document.querySelector('.compare-page'))"
            )
            for button in cards(visit).get_by_role("button").all():
                button.click(trial=True)
            keep = cards(visit).nth(0).locator("> .row .button").last
            assert keep.evaluate("(it) => it.scrollWidth <= it.clientWidth && it.offsetHeight < 90")
        visit.go(f"{place}&as=side")
        boxes = [visit.page.locator(".compare-pane").nth(at).bounding_box() for at in (0, 1)]
        assert boxes[0] and boxes[1]
        assert (boxes[0]["y"] < boxes[1]["y"]) is (width < 760)  # on a phone one above the other
