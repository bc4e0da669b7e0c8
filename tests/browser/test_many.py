"""Ten thousand pictures: the grid scrolls through all of them and no tile stays blank."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser import scenes
from tests.browser.house import Studio, Visit, until, visiting
from tests.daemonhouse import running_daemon

MANY = 10_000


def multiply(home: Path, count: int) -> None:
    """Rows of one picture again and again, straight into the stopped library: lists are read from rows alone."""
    database = next(home.rglob("library.sqlite"))
    with sqlite3.connect(database) as connection:
        columns = [row[1] for row in connection.execute("PRAGMA table_info(asset)")]
        free = [name for name in columns if name not in ("row", "id", "name", "created_at")]
        taken = ", ".join(free)
        connection.execute(
            f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count - 1})"
            f" INSERT INTO asset(id, name, created_at, {taken})"
            f" SELECT CAST(x'01' || randomblob(15) AS BLOB), printf('%05d.png', i), created_at + i, {taken}"
            " FROM n, (SELECT * FROM asset LIMIT 1)"
        )
    connection.close()


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    folder = tmp_path_factory.mktemp("large")
    with running_daemon(folder / "home") as url:
        Studio(folder / "home", url).upload(scenes.paint(folder / "one.png", 1, size=(96, 64)))
    multiply(folder / "home", MANY)
    with running_daemon(folder / "home") as url:
        studio = Studio(folder / "home", url)
        studio.prefer(language="en", theme="light")
        yield studio


@pytest.fixture
def visit(browser: Browser, large: Studio) -> Iterator[Visit]:
    with visiting(browser, large, at="pictures?sort=name") as visit:
        yield visit


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
    return tiles >= 10 and blank == 0


def test_scrolling_anywhere_leaves_no_tile_blank(visit: Visit) -> None:
    expect(visit.page.locator(".total")).to_have_text("10,000 pictures")
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
    assert visit.said == []


def test_wheel_through_many_rows_is_never_blank_at_rest(visit: Visit) -> None:
    visit.page.mouse.move(700, 400)
    for _ in range(12):
        visit.page.mouse.wheel(0, 1400)
        until(lambda: filled(visit))
    expect(visit.page.locator("[role=grid]")).to_have_attribute("aria-rowcount", "2000")


def test_last_picture_is_one_key_away(visit: Visit) -> None:
    until(lambda: filled(visit))
    visit.tiles().first.focus()
    visit.press("End")
    last = visit.page.locator(f'[data-index="{MANY - 1}"]')
    expect(last).to_be_focused()
    expect(last).to_have_attribute("aria-label", "one.png, picture 10,000 of 10,000")
    visit.press("Enter")
    expect(visit.page.get_by_role("heading", level=1)).to_have_text("one.png")
    visit.press("Escape")
    expect(last).to_be_focused()
    expect(last).to_be_in_viewport()


def test_all_of_them_are_selected_at_once(visit: Visit) -> None:
    until(lambda: filled(visit))
    visit.tiles().first.focus()
    visit.press("Control+a")
    expect(visit.page.get_by_role("toolbar")).to_contain_text("10,000 selected")
    visit.press("Escape", "Home", "Shift+End")
    expect(visit.page.get_by_role("toolbar")).to_contain_text("10,000 selected")
