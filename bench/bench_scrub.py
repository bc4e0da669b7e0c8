"""The gallery in Chromium with COUNT pictures (200,000) of ten years: the first page, and jumps to any date.

A time ends when every tile in sight shows its picture. Targets: first page within 300 ms, any date within 500 ms.
"""

from __future__ import annotations

import asyncio
import os
import random
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from playwright.sync_api import Page, sync_playwright

from bench.parts.filling import MINUTE, fill, opened, percentile
from bench.parts.pictures import make
from tests.browser.house import Studio, Visit, launch, until, visiting
from tests.daemonhouse import running_daemon

COUNT = int(os.environ.get("COUNT", "200000"))
ROUNDS = int(os.environ.get("ROUNDS", "20"))
BEGUN = 1_450_000_000_000  # in 2015
TEN_YEARS = 10 * 365 * 24 * 60 * MINUTE
SEEN = 48  # real pictures
SIZES = {"laptop": (1366, 768), "wide": (1920, 1080), "phone": (390, 844)}
# Milliseconds from an event, or from the page's beginning, until the tiles in sight are others and none is blank;
# after 20 s what stood there instead.
WATCH = """([kind, before]) => new Promise((done) => {
    let begun = kind ? null : 0;
    const called = performance.now();
    if (kind) addEventListener(kind, () => { begun = performance.now(); }, { capture: true, once: true });
    const look = () => {
        const tiles = [...document.querySelectorAll("[role=gridcell]")].filter((each) => {
            const box = each.getBoundingClientRect();
            return box.bottom > 130 && box.top < innerHeight;
        });
        const filled = tiles.length > 3 && tiles.every((each) => each.querySelector("img")?.naturalWidth);
        const first = tiles[0]?.dataset.index;
        const blank = tiles.filter((each) => !each.querySelector("img")?.naturalWidth).map((each) => each.ariaLabel);
        const told = `${tiles.length} tiles from ${first}, before ${before}, begun ${begun}, blank: ${blank}`;
        if (begun !== null && filled && first !== before) done([performance.now() - begun, first, ""]);
        else if (performance.now() - called > 20000) done([0, first, told]);
        else requestAnimationFrame(look);
    };
    look();
})"""


def prepare(home: Path, count: int, paint: Callable[[Path], object]) -> None:
    """Documents are appended; then the rows are given thumbnails of pictures that were really imported.

    `paint` makes these in a folder; they are shown again and again.
    """

    async def append() -> None:
        async with opened(home / "data") as library:
            await fill(library, count, BEGUN, TEN_YEARS // count)

    asyncio.run(append())
    (home / "pictures").mkdir()
    paint(home / "pictures")
    with running_daemon(home) as url:
        studio = Studio(home, url)
        task = studio.ask("POST", "/w/-/imports", {"paths": [str(home / "pictures")]})
        until(lambda: studio.ask("GET", f"/tasks/{task['id']}")["state"] == "done", 120)
    with sqlite3.connect(next(home.rglob("library.sqlite"))) as database:
        shown = database.execute(
            "SELECT sha256, thumbnail, width, height FROM asset WHERE thumbnail NOT NULL"
        ).fetchall()
        for number, row in enumerate(shown):
            # Also as what they show: else a sketch of each is looked for, and every document read.
            database.execute(
                "UPDATE OR IGNORE version SET hash=? WHERE row IN"
                " (SELECT row FROM asset WHERE thumbnail IS NULL AND row % ? = ?)",
                (row[0], len(shown), number),
            )
            database.execute(
                "UPDATE asset SET sha256=?, thumbnail=?, width=?, height=?, state='here'"
                " WHERE thumbnail IS NULL AND row % ? = ?",
                (*row, len(shown), number),
            )
    database.close()


def timed(page: Page, kind: str, before: str | None) -> None:
    """Begin to watch; `result` waits for the end."""
    page.evaluate(f"told => {{ window.timed = ({WATCH})(told); }}", [kind, before])


def result(page: Page) -> tuple[float, str]:
    ms, first, fault = page.evaluate("window.timed")
    assert not fault, fault
    return float(ms), str(first)


def first_pages(visit: Visit) -> tuple[list[float], list[float]]:
    """The whole page loaded anew; the gallery come to from another view, nothing of it kept."""
    loaded, come = [], []
    for _ in range(ROUNDS):
        visit.page.goto("about:blank")
        visit.page.goto(visit.studio.url, wait_until="commit")
        timed(visit.page, "", None)
        loaded.append(result(visit.page)[0])
    for number in range(ROUNDS):
        visit.go("settings")
        visit.page.wait_for_selector(".settings")
        timed(visit.page, "hashchange", None)
        visit.go(f"pictures?q=date:>={2024 + number // 12}-{number % 12 + 1:02}")  # another list each time
        come.append(result(visit.page)[0])
    visit.go("pictures")
    return loaded, come


def jumps(visit: Visit, chance: random.Random) -> tuple[list[float], list[float]]:
    """By the mouse to anywhere, or by keys a year on; each from a place not seen before."""
    page, by_mouse, by_keys = visit.page, [], []
    timed(page, "", None)
    _, first = result(page)
    box = page.locator(".scrubber").bounding_box()
    assert box is not None
    slider = page.locator("[data-scrubber]")
    narrow = page.viewport_size is not None and page.viewport_size["width"] < 760
    for place in places(chance, box["height"] - 40):
        if narrow:
            slider.focus()
            thumb = slider.bounding_box()
            assert thumb is not None
            page.mouse.move(thumb["x"] + 15, thumb["y"] + thumb["height"] / 2)
            page.mouse.down()
            timed(page, "pointermove", first)
            page.mouse.move(thumb["x"] + 15, box["y"] + 20 + place)
        else:
            timed(page, "pointerdown", first)
            page.mouse.click(box["x"] + 30, box["y"] + 20 + place)
        ms, first = result(page)
        page.mouse.up()
        by_mouse.append(ms)
    slider.focus()
    page.keyboard.press("Home")
    timed(page, "", first)
    _, first = result(page)
    for _ in range(9):
        timed(page, "keydown", first)
        page.keyboard.press("PageDown")
        ms, first = result(page)
        by_keys.append(ms)
    return by_mouse, by_keys


def places(chance: random.Random, height: float) -> list[float]:
    """Heights to click at, each in another month than the one before."""
    found = [height]
    while len(found) <= ROUNDS:
        place = chance.random() * height
        if abs(place - found[-1]) > height / 20:
            found.append(place)
    return found[1:]


def api(studio: Studio, chance: random.Random) -> None:
    """What the daemon itself takes, to the last byte."""

    def spent(path: str) -> float:
        begun = time.perf_counter()
        studio.ask("GET", path)
        return (time.perf_counter() - begun) * 1000

    for name, path in (
        ("first page", lambda: "/w/-/assets?limit=100"),
        ("page at any place", lambda: f"/w/-/assets?limit=100&offset={chance.randrange(COUNT)}"),
        ("months", lambda: "/w/-/months"),
        ("facets", lambda: "/w/-/facets"),
    ):
        say(f"API: {name}", [spent(path()) for _ in range(ROUNDS)])


def say(name: str, values: list[float]) -> None:
    print(f"{name:44}{statistics.median(values):8.0f}{percentile(values):8.0f}{max(values):8.0f}")


def main() -> None:
    chance = random.Random(3)
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        prepare(home, COUNT, lambda folder: make(folder, SEEN))
        with running_daemon(home) as url, sync_playwright() as playwright:
            studio, chromium = Studio(home, url), launch(playwright.chromium)
            print(f"{COUNT:,} pictures, ms{'':25}{'median':>8}{'p95':>8}{'most':>8}")
            api(studio, chance)
            for size, (across, down) in SIZES.items():
                with visiting(chromium, studio, viewport={"width": across, "height": down}) as visit:
                    visit.context.set_default_timeout(60_000)
                    loaded, come = first_pages(visit)
                    by_mouse, by_keys = jumps(visit, chance)
                say(f"{size}: the page loaded anew (target 1,000)", loaded)
                say(f"{size}: the gallery, another list (target 300)", come)
                say(f"{size}: any date by the scrubber (target 500)", by_mouse)
                say(f"{size}: a year on by keys (target 500)", by_keys)
            chromium.close()


if __name__ == "__main__":
    main()
