"""Twenty thousand pictures of four years: every one and every date is reached, and no tile stays blank."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from playwright.sync_api import Browser, CDPSession, Locator, Route, expect
from playwright.sync_api import Error as PlaywrightError

from tests.browser import scenes
from tests.browser.house import Studio, Visit, still, visiting
from tests.daemonhouse import running_daemon, until

MANY = 20_000
MONTHS, LAST_YEAR = 48, 2025  # from January 2022; the first picture of all is of today


def multiply(home: Path, count: int) -> None:
    """Rows of one picture again and again, straight into the stopped library: lists are read from rows alone."""
    database = next(home.rglob("library.sqlite"))
    with sqlite3.connect(database) as connection:
        columns = [row[1] for row in connection.execute("PRAGMA table_info(asset)")]
        free = [name for name in columns if name not in ("row", "id", "name", "created_at")]
        taken = ", ".join(f"one.{name}" for name in free)
        connection.execute("CREATE TEMP TABLE month(place, name)")
        for place in range(MONTHS):
            name = f"{LAST_YEAR - (MONTHS - 1 - place) // 12}-{12 - (MONTHS - 1 - place) % 12:02}"
            connection.execute("INSERT INTO month VALUES(?, ?)", (place, name))
        connection.execute(
            f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count - 1})"
            f" INSERT INTO asset(id, name, created_at, {', '.join(free)})"
            " SELECT CAST(x'01' || randomblob(15) AS BLOB), printf('%05d.png', i),"
            f" unixepoch(month.name || '-01') * 1000 + i, {taken}"
            f" FROM n JOIN month ON place = i * {MONTHS} / {count}, (SELECT * FROM asset LIMIT 1) AS one"
        )
    connection.close()


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    folder = tmp_path_factory.mktemp("large")
    with running_daemon(folder / "home") as url:
        Studio(folder / "home", url).upload(scenes.paint(folder / "one.png", 1, size=(96, 64)))
    multiply(folder / "home", MANY)
    with running_daemon(folder / "home") as url:
        yield Studio(folder / "home", url)


@pytest.fixture
def visit(visit: Visit) -> Visit:
    visit.go("pictures?sort=name")
    return visit


# Tiles in sight, and those of them that show no picture yet.
SIGHT = """() => {
    const tiles = [...document.querySelectorAll("[role=gridcell]")].filter((each) => {
        const box = each.getBoundingClientRect();
        return box.bottom > 130 && box.top < innerHeight;
    });
    const blank = tiles.filter((each) => !each.querySelector("img")?.naturalWidth);
    return [tiles.length, blank.length];
}"""


def filled(visit: Visit) -> bool:
    tiles, blank = visit.page.evaluate(SIGHT)
    return tiles >= 4 and blank == 0


def test_scrolling_anywhere_leaves_no_tile_blank(visit: Visit) -> None:
    expect(visit.page.locator(".total")).to_have_text("20,000 pictures")
    until(lambda: filled(visit))
    for share in (0.2, 0.9, 0.5, 1.0, 0.0):
        visit.page.evaluate(
            """share => {
                const box = document.querySelector(".grid-scroll");
                box.scrollTop = share * box.scrollHeight;
            }""",
            share,
        )
        until(lambda: filled(visit))
    assert visit.page.locator("[role=gridcell]").count() < 120


def test_wheel_through_many_rows_is_never_blank_at_rest(visit: Visit) -> None:
    visit.page.mouse.move(700, 400)
    for _ in range(12):
        visit.page.mouse.wheel(0, 1400)
        until(lambda: filled(visit))
    expect(visit.page.locator("[role=grid]")).to_have_attribute("aria-rowcount", "4000")


def test_last_picture_is_one_key_away(visit: Visit) -> None:
    until(lambda: filled(visit))
    visit.tiles().first.focus()
    visit.press("End")
    last = visit.page.locator(f'[data-index="{MANY - 1}"]')
    expect(last).to_be_focused()
    expect(last).to_have_attribute("aria-label", "one.png, picture 20,000 of 20,000")
    visit.press("Enter")
    expect(visit.page.get_by_role("heading", level=1)).to_have_text("one.png")
    visit.press("Escape")
    expect(last).to_be_focused()
    expect(last).to_be_in_viewport()


def test_all_of_them_are_selected_at_once(visit: Visit) -> None:
    until(lambda: filled(visit))
    visit.tiles().first.focus()
    visit.press("Control+a")
    expect(visit.page.get_by_role("toolbar")).to_contain_text("20,000 selected")
    visit.press("Escape", "Home", "Shift+End")
    expect(visit.page.get_by_role("toolbar")).to_contain_text("20,000 selected")


# From one end of the list to the other in so many frames; the most elements there were in any of them.
THROUGH = """([down, frames]) => new Promise((done) => {
    const box = document.querySelector(".grid-scroll"), whole = box.scrollHeight - box.clientHeight;
    let at = 0, most = 0;
    const step = () => {
        at += 1;
        box.scrollTop = whole * (down ? at / frames : 1 - at / frames);
        most = Math.max(most, document.getElementsByTagName("*").length);
        if (at < frames) requestAnimationFrame(step); else done(most);
    };
    requestAnimationFrame(step);
})"""

# So many rests on the way, each until no tile in sight is blank.
RESTS = f"""(rests) => new Promise((done) => {{
    const box = document.querySelector(".grid-scroll"), sight = {SIGHT};
    let at = 0;
    const look = () => {{
        const [tiles, blank] = sight(), there = tiles >= 4 && blank === 0;
        if (there && at === rests) return done(at);
        if (there) box.scrollTop = (box.scrollHeight - box.clientHeight) * (++at / rests);
        requestAnimationFrame(there ? () => requestAnimationFrame(look) : look);
    }};
    look();
}})"""


def held(visit: Visit, session: CDPSession) -> dict[str, float]:
    """How many of each kind the page holds once its garbage is collected."""
    until(lambda: filled(visit))
    session.send("HeapProfiler.collectGarbage")
    return {each["name"]: each["value"] for each in session.send("Performance.getMetrics")["metrics"]}


def pictures_held(session: CDPSession) -> int:
    """Of how many pictures the page holds the facts. It must be asked once only: what is counted is kept by it."""
    prototype = session.send("Runtime.evaluate", {"expression": "Object.prototype"})["result"]["objectId"]
    objects = session.send("Runtime.queryObjects", {"prototypeObjectId": prototype})["objects"]["objectId"]
    those = "function() { return this.filter((each) => Object.hasOwn(each, 'thumbnail')).length; }"
    told = {"objectId": objects, "functionDeclaration": those, "returnByValue": True}
    return int(session.send("Runtime.callFunctionOn", told)["result"]["value"])


def test_scrolling_from_end_to_end_leaves_nothing_behind(visit: Visit) -> None:
    page, session = visit.page, visit.context.new_cdp_session(visit.page)
    session.send("Performance.enable")
    first = held(visit, session)
    before = len(visit.asked)
    most = [page.evaluate(THROUGH, [down, 60]) for down in (True, False)]
    # At most every page of a hundred on each way, and again one where both ways part.
    assert len(visit.asked) - before < 2 * MANY / 100 + 10
    page.evaluate(RESTS, 40)
    last = held(visit, session)
    assert max(most) < 1500
    assert last["Nodes"] < first["Nodes"] + 2_000
    assert last["JSEventListeners"] < first["JSEventListeners"] + 1_000
    assert 200 <= pictures_held(session) < 3_500


def test_tiles_that_stay_in_sight_are_not_drawn_anew(visit: Visit) -> None:
    until(lambda: filled(visit))
    page = visit.page
    # A tile says its place in the list: two numbers, whenever it is drawn.
    page.evaluate(
        """() => {
            const own = Object.getOwnPropertyDescriptor(Intl.NumberFormat.prototype, "format");
            window.formatted = 0;
            const get = function () { window.formatted += 1; return own.get.call(this); };
            Object.defineProperty(Intl.NumberFormat.prototype, "format", { ...own, get });
        }"""
    )
    row = page.locator("[role=row]").first.bounding_box()
    assert row is not None
    columns = page.locator("[role=row]").first.locator("[role=gridcell]").count()
    for number in range(1, 5):
        page.evaluate("top => { document.querySelector('.grid-scroll').scrollTop = top }", (number + 5) * row["height"])
        until(lambda: filled(visit))
        page.wait_for_timeout(150)
        drawn = page.evaluate("window.formatted")
        page.evaluate("window.formatted = 0")
    assert 2 * columns <= drawn < 4 * columns


# What one frame changes, the most of any: pictures and tiles that are put in, rows that come, and changes in rows that
# were there before. Between two `requestAnimationFrame` lies one frame.
CHANGES = """() => {
    window.most = { mounts: 0, cells: 0, rows: 0, touched: 0 };
    const frame = { mounts: 0, cells: 0, rows: 0, touched: 0 }, fresh = new Set();
    const within = (node, what) => node instanceof Element ? [...node.querySelectorAll(what)].length + node.matches(what) : 0;
    const note = (records) => {
        for (const { target, addedNodes } of records) {
            for (const node of addedNodes) {
                frame.mounts += within(node, ".mount");
                frame.cells += within(node, "[role=gridcell]");
                if (node instanceof Element && node.matches("[role=row]")) { frame.rows += 1; fresh.add(node); }
            }
            const row = target.closest?.("[role=row]");
            if (row && !fresh.has(row)) frame.touched += 1;
        }
    };
    const watch = new MutationObserver(note);
    watch.observe(document.querySelector("[role=grid]"), { subtree: true, childList: true, attributes: true, characterData: true });
    const step = () => {
        note(watch.takeRecords());
        for (const name in frame) { window.most[name] = Math.max(window.most[name], frame[name]); frame[name] = 0; }
        requestAnimationFrame(step);
    };
    step();
}"""  # noqa: E501


@pytest.fixture
def wide(browser: Browser, studio: Studio) -> Iterator[Visit]:
    """The smallest tiles on a wide screen: as many as there ever are at once."""
    with visiting(browser, studio, viewport={"width": 1920, "height": 1080}) as visit:
        visit.page.evaluate("localStorage.setItem('gesso.tile', '96')")
        visit.page.reload()
        until(lambda: filled(visit))
        yield visit


def test_screenful_that_comes_at_once_is_filled_over_several_frames(wide: Visit) -> None:
    page = wide.page
    columns = page.locator("[role=row]").first.locator("[role=gridcell]").count()
    assert page.locator("[role=gridcell]").count() > 130
    page.evaluate(CHANGES)
    for share in (0.3, 0.8, 0.1):
        page.evaluate(
            "part => { const box = document.querySelector('.grid-scroll'); box.scrollTop = part * box.scrollHeight }",
            share,
        )
        until(lambda: filled(wide))
    wide.tiles().first.focus()
    for key in ("End", "PageUp", "PageUp", "Home"):
        wide.press(key)
        until(lambda: filled(wide))
    # A row across the ends of two pages is filled up when the other one comes.
    assert columns < page.evaluate("window.most.mounts") <= 72 + 2 * columns
    assert page.evaluate("window.most.cells") <= 72 + 2 * columns


def test_tile_is_made_of_few_elements(wide: Visit) -> None:
    elements = wide.page.evaluate(
        "[...document.querySelectorAll('[role=gridcell]')].map(each => each.querySelectorAll('*').length)"
    )
    assert max(elements) <= 6
    assert len(elements) < 250


def test_row_that_comes_changes_no_other(wide: Visit) -> None:
    page = wide.page
    row = page.locator("[role=row]").first.bounding_box()
    assert row is not None
    page.evaluate("top => { document.querySelector('.grid-scroll').scrollTop = top }", 8 * row["height"] + 2)
    until(lambda: filled(wide))
    page.wait_for_timeout(300)
    page.evaluate(CHANGES)
    for number in range(9, 14):
        page.evaluate("top => { document.querySelector('.grid-scroll').scrollTop = top }", number * row["height"] + 2)
        until(lambda: filled(wide))
        page.wait_for_timeout(150)
    made = page.evaluate("window.most")
    columns = page.locator("[role=row]").last.locator("[role=gridcell]").count()
    assert made == {"rows": 1, "mounts": columns, "cells": columns, "touched": 0}


def test_picture_that_is_scrolled_away_before_it_came_is_asked_for_no_longer(wide: Visit) -> None:
    page = wide.page
    until(lambda: filled(wide))
    held: list[Route] = []
    wide.between("**/blobs/*", lambda route: held.append(route))
    page.evaluate(
        """() => {
            window.gone = [];
            const images = (node) => node.nodeType === 1 ? [...node.querySelectorAll("img")] : [];
            new MutationObserver((changes) => {
                window.gone.push(...changes.flatMap((change) => [...change.removedNodes]).flatMap(images));
            }).observe(document.querySelector(".grid-scroll"), { subtree: true, childList: true });
            // Few real pictures stand for many: each that comes in sight now is one that is not there yet.
            const put = Object.getOwnPropertyDescriptor(HTMLImageElement.prototype, "src");
            let number = 0;
            const set = function (value) { put.set.call(this, `${value}?download=${number++}`); };
            Object.defineProperty(HTMLImageElement.prototype, "src", { ...put, set });
        }"""
    )
    for share in (0.3, 0.6, 0.9):
        page.evaluate(
            "part => { const box = document.querySelector('.grid-scroll'); box.scrollTop = part * box.scrollHeight }",
            share,
        )
        until(lambda: page.evaluate("document.querySelectorAll('[role=gridcell] img').length") > 20 and held)
        still(page)
    gone = page.evaluate("window.gone.filter((each) => !each.complete).map((each) => each.getAttribute('src'))")
    assert page.evaluate("window.gone.length") > 40 and gone == []
    page.unroute("**/blobs/*")
    for each in held:
        with suppress(PlaywrightError):  # of what is asked for no longer
            each.continue_()
    until(lambda: filled(wide))


def test_focus_and_selection_stay_while_one_scrolls_elsewhere(wide: Visit) -> None:
    page = wide.page
    wide.tiles().nth(16).locator(".picture").click()
    wide.tiles().nth(18).locator(".picture").click(modifiers=["Control"])
    chosen = page.evaluate("document.activeElement.dataset.index")
    for share in (0.9, 0.4):
        page.evaluate(
            "part => { const box = document.querySelector('.grid-scroll'); box.scrollTop = part * box.scrollHeight }",
            share,
        )
        until(lambda: filled(wide))
    assert page.evaluate("document.activeElement.dataset.index") == chosen
    wide.press("ArrowRight")
    moved = page.locator(f'[data-index="{int(chosen) + 1}"]')
    expect(moved).to_be_focused()
    expect(moved).to_be_in_viewport()
    expect(page.locator("[role=gridcell][aria-selected=true]")).to_have_count(2)


def test_pages_that_fly_by_are_not_asked_for(wide: Visit) -> None:
    before = len([url for url in wide.asked if "/assets?" in url])
    wide.page.evaluate(THROUGH, [True, 120])
    until(lambda: filled(wide))
    assert len([url for url in wide.asked if "/assets?" in url]) - before < MANY / 100 / 2


def scrubber(visit: Visit) -> Locator:
    return visit.page.get_by_role("slider", name="Date")


def stands_at(visit: Visit, month: str) -> None:
    expect(scrubber(visit)).to_have_attribute("aria-valuetext", re.compile(f"^{month}, "))


def first_in_sight(visit: Visit) -> int:
    """The place in the list of the first tile in sight."""
    until(lambda: filled(visit))
    return int(
        visit.page.evaluate(
            """() => Math.min(...[...document.querySelectorAll("[role=gridcell]")]
                .filter((each) => each.getBoundingClientRect().bottom > 150).map((each) => each.dataset.index))"""
        )
    )


def test_any_month_is_reached_by_keys(visit: Visit, studio: Studio) -> None:
    visit.go("pictures")
    months = studio.ask("GET", "/w/-/months")["months"]
    assert len(months) == MONTHS + 1
    until(lambda: filled(visit))
    expect(scrubber(visit)).to_have_attribute("aria-valuemax", str(MONTHS))  # it comes with the months
    visit.tiles().first.focus()
    visit.press("d")
    expect(scrubber(visit)).to_be_focused()
    visit.press("ArrowDown", "PageDown", "PageDown")
    stands_at(visit, "December 2023")
    wanted = next(each["at"] for each in months if each["month"] == "2023-12")
    assert 0 <= wanted - first_in_sight(visit) < 10
    visit.press("End")
    stands_at(visit, "January 2022")
    visit.press("PageUp", "ArrowUp")
    stands_at(visit, "January 2023")
    visit.press("Enter")
    wanted = next(each["at"] for each in months if each["month"] == "2023-01")
    expect(visit.page.locator(f'[data-index="{wanted}"]')).to_be_focused()
    until(lambda: filled(visit))


def test_dates_are_dragged_through_and_follow_the_wheel(visit: Visit) -> None:
    visit.go("pictures?sort=oldest")
    until(lambda: filled(visit))
    strip = visit.page.locator(".scrubber")
    expect(strip.locator(".scrub-year")).to_have_text(["2022", "2023", "2024", "2025"])
    box = strip.bounding_box()
    assert box is not None
    visit.page.mouse.move(box["x"] + 30, box["y"] + 40)
    visit.page.mouse.down()
    for share in (0.2, 0.4, 0.6, 0.5):
        visit.page.mouse.move(box["x"] + 30, box["y"] + 16 + share * (box["height"] - 32))
    expect(visit.page.locator(".scrub-now")).to_have_css("opacity", "1")
    visit.page.mouse.up()
    assert abs(first_in_sight(visit) - MANY / 2) < MANY / 50
    stands_at(visit, "(December 2023|January 2024)")
    visit.page.mouse.move(700, 400)
    visit.page.mouse.wheel(0, -900_000)
    stands_at(visit, "January 2022")
    assert first_in_sight(visit) == 0


def test_dates_stand_only_beside_a_list_by_date(visit: Visit) -> None:
    until(lambda: filled(visit))
    expect(scrubber(visit)).to_have_count(0)
    visit.go("pictures")
    expect(scrubber(visit)).to_be_visible()
    visit.go("pictures?q=date:2023-05")
    until(lambda: filled(visit))
    expect(scrubber(visit)).to_have_count(0)


def test_finger_drags_through_the_dates(browser: Browser, studio: Studio) -> None:
    with visiting(browser, studio, viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True) as visit:
        until(lambda: filled(visit))
        box = visit.page.locator(".grid-scroll").bounding_box()
        assert box is not None
        pen = visit.context.new_cdp_session(visit.page)

        def touch(kind: str, y: float | None = None) -> None:
            points = [] if y is None else [{"x": 372, "y": y}]
            pen.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

        touch("touchStart", box["y"] + 18)
        for share in (0.25, 0.5, 0.75):
            touch("touchMove", box["y"] + 18 + share * (box["height"] - 32))
        touch("touchEnd")
        assert abs(first_in_sight(visit) - MANY * 0.75) < MANY / 25
        stands_at(visit, ".* 2022|.* 2023")


def test_list_longer_than_a_browser_can_lay_out(browser: Browser, studio: Studio) -> None:
    """One column of the largest tiles: more pixels than any browser scrolls."""
    with visiting(browser, studio, viewport={"width": 1100, "height": 700}) as visit:
        visit.page.evaluate("localStorage.setItem('gesso.tile', '420')")
        visit.page.reload()
        expect(visit.page.locator("[role=grid]")).to_have_attribute("aria-rowcount", str(MANY))
        visit.tiles().first.focus()
        visit.press("End")
        last = visit.page.locator(f'[data-index="{MANY - 1}"]')
        expect(last).to_be_focused()
        expect(last).to_be_in_viewport()
        visit.press("ArrowUp", "ArrowUp")
        expect(visit.page.locator(f'[data-index="{MANY - 3}"]')).to_be_in_viewport()
        visit.press("Home")
        expect(visit.page.locator('[data-index="0"]')).to_be_in_viewport()
        visit.press("d", "PageDown", "PageDown")
        stands_at(visit, "December 2024")
        visit.press("Enter")
        until(lambda: visit.page.evaluate("document.activeElement.querySelector('img')?.naturalWidth > 0"))
