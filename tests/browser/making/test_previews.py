"""A picture is looked at while it is made: it sharpens in its place, and the finished one comes without a jump."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.house import Studio, Visit, axe, still, visiting
from tests.browser.making.orders import begin, choose, write
from tests.daemonhouse import running_daemon, until
from tests.providers.shown import easel

# The colours of a canvas, coarsely: how many different ones are in it.
COLOURS = """canvas => {
    const copy = new OffscreenCanvas(canvas.width, canvas.height), seen = new Set();
    const pen = copy.getContext("2d", { willReadFrequently: true });
    pen.drawImage(canvas, 0, 0);
    const { data } = pen.getImageData(0, 0, copy.width, copy.height);
    const part = (at, by) => data[at] >> 3 << by;
    for (let at = 0; at < data.length; at += 4) seen.add(part(at, 10) | part(at + 1, 5) | part(at + 2, 0));
    return [canvas.width, canvas.height, seen.size];
}"""
# Watches, from now on, where the first tile is in every frame, and whether there is anything in it.
WATCH = """() => {
    window.seen = [];
    const look = () => {
        const box = document.querySelector(".batch .made-box"), { x, y, width, height } = box.getBoundingClientRect();
        const image = box.querySelector(":scope > img");
        const full = box.querySelector("canvas") || (image && image.complete && image.naturalWidth > 0);
        window.seen.push([...[x, y, width, height].map(Math.round), Boolean(full)]);
        window.looking = requestAnimationFrame(look);
    };
    look();
}"""


class Easel:
    """A daemon whose paid provider goes as far as it is let."""

    def __init__(self, place: Studio) -> None:
        self.place = place
        self._plugins = place.home / "plugins"

    def let(self, *what: str) -> None:
        for each in what:
            (self._plugins / each).touch()

    def begin(self, *prompts: str, **options: Any) -> str:
        batch = begin(self.place, *prompts, provider="easel", options={"previews": 3, **options})["batch"]
        return str(batch)

    def show(self, batch: str, number: int) -> None:
        """Each job of it shows so many, one after the other."""
        for now in range(1, number + 1):
            before = {each["id"]: each["preview"] or 0 for each in self.jobs(batch)}
            self.let(f"shown {now}")
            until(lambda before=before: all((each["preview"] or 0) > before[each["id"]] for each in self.jobs(batch)))

    def hold(self) -> None:
        """Whatever begins from here on shows nothing yet."""
        for each in ("shown 1", "shown 2", "shown 3", "done"):
            (self._plugins / each).unlink(missing_ok=True)

    def fail(self, batch: str) -> None:
        """Its one job comes to nothing; where it may be on the bill, it is not."""
        self.let("shown 2", "shown 3", "done")
        until(lambda: self.jobs(batch)[0]["state"] in ("failed", "unknown"))
        (job,) = self.jobs(batch)
        if job["state"] == "unknown":
            self.place.ask("POST", "/w/-/jobs/resolve", {"ids": [job["id"]], "charged": False})

    def jobs(self, batch: str) -> Any:
        return self.place.ask("GET", f"/w/-/batches/{batch}")["jobs"]


@pytest.fixture(scope="module")
def easels(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Easel]:
    home = tmp_path_factory.mktemp("easel") / "home"
    (home / "plugins").mkdir(parents=True)
    shutil.copy(easel.__file__, home / "plugins" / "studio_easel.py")
    (home / "config.toml").write_text('[providers.easel]\nadapter = "studio_easel.Easel"\n', "utf-8")
    with running_daemon(home) as url:
        yield Easel(Studio(home, url))


@pytest.fixture
def here(easels: Easel) -> Iterator[Easel]:
    """With nothing shown yet; what was begun comes to its end."""
    easels.hold()
    yield easels
    easels.let("shown 1", "shown 2", "shown 3", "done")
    until(lambda: not easels.place.ask("GET", "/w/-/jobs")["jobs"])


@pytest.fixture
def visit(browser: Browser, here: Easel) -> Iterator[Visit]:
    here.place.prefer(language="en", theme="light")
    with visiting(browser, here.place, at="create", wait="#main") as visit:
        visit.page.wait_for_selector("#create-prompt")
        yield visit
        assert visit.said == []
        assert visit.strangers() == []


def box(page: Page) -> Any:
    return page.locator(".batch").first.locator(".made-box").first


def shot(page: Page, name: str) -> None:
    if folder := os.environ.get("GESSO_SHOTS"):
        still(page)
        page.screenshot(path=str(Path(folder) / f"{name}.png"))


def test_it_sharpens_in_its_place_and_the_picture_comes_without_a_jump(visit: Visit, here: Easel) -> None:
    page = visit.page
    here.begin("a lighthouse above the sea")
    expect(box(page)).to_contain_text("Being made")
    expect(box(page).locator("canvas")).to_have_count(0)
    here.let("shown 1")
    preview = page.get_by_role("img", name="Preview, not finished yet")
    expect(preview).to_be_visible()
    page.evaluate(WATCH)
    width, height, few = preview.evaluate(COLOURS)
    assert max(width, height) == 512 and few > 1
    assert axe(page) == []
    sharper = [few]
    for number in (2, 3):
        here.let(f"shown {number}")
        until(lambda: preview.evaluate(COLOURS)[2] != sharper[-1])
        sharper.append(preview.evaluate(COLOURS)[2])
        expect(box(page).locator("canvas")).to_have_count(2)  # each over the one before
    assert sharper[0] < sharper[-1], sharper
    shot(page, "previews-laptop-light")
    here.let("done")
    expect(page.locator(".batch").first.locator("a.made-box > img")).to_be_visible()
    expect(box(page).locator("canvas")).to_have_count(0)  # nothing of it stays
    page.evaluate("cancelAnimationFrame(window.looking)")
    seen = page.evaluate("window.seen")
    assert {tuple(each[:4]) for each in seen} == {tuple(seen[0][:4])}, "it stays where it is"
    assert all(each[4] for each in seen), "it is never empty"


def test_in_the_readers_language_and_still_for_whoever_wants_that(browser: Browser, here: Easel) -> None:
    here.place.prefer(language="zh-TW", theme="dark")
    with visiting(browser, here.place, at="create", reduced_motion="reduce") as visit:
        page = visit.page
        batch = here.begin("山上的燈塔")
        here.show(batch, 2)
        preview = page.get_by_role("img", name="預覽，尚未完成")
        expect(preview).to_be_visible()
        moving = "canvas => Math.max(...canvas.getAnimations().map(each => each.effect.getTiming().duration), 0)"
        assert preview.evaluate(moving) <= 1
        assert axe(page) == []
        shot(page, "previews-laptop-dark-zh")
        assert visit.said == []


def test_whoever_comes_later_or_looks_at_the_queue_sees_it_too(browser: Browser, here: Easel) -> None:
    here.place.prefer(language="en", theme="light")
    batch = here.begin("a boat at dusk")
    here.show(batch, 2)
    options = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
    with visiting(browser, here.place, at="create", **options) as visit:
        page = visit.page
        preview = page.get_by_role("img", name="Preview, not finished yet")
        preview.scroll_into_view_if_needed()
        expect(preview).to_be_visible()
        shot(page, "previews-phone-light")
        visit.go("queue")
        expect(page.get_by_role("img", name="Preview, not finished yet: a boat at dusk")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        shot(page, "previews-queue-phone")
        visit.dress(theme="dark")
        visit.go("create")
        preview.scroll_into_view_if_needed()
        shot(page, "previews-phone-dark")
        assert axe(page) == []
        assert visit.said == []


def test_one_that_comes_to_nothing_leaves_no_picture_behind(visit: Visit, here: Easel) -> None:
    page = visit.page
    batch = here.begin("a forbidden umbrella")
    here.let("shown 1")
    expect(page.get_by_role("img", name="Preview, not finished yet")).to_be_visible()
    here.let("shown 2", "shown 3", "done")
    until(lambda: here.jobs(batch)[0]["state"] == "unknown")  # something was made, and may be charged
    expect(page.locator(".batch").first).to_contain_text("Outcome unknown")
    expect(page.locator("[data-preview]")).to_have_count(0)
    here.place.ask("POST", f"/w/-/jobs/{here.jobs(batch)[0]['id']}/resolve", {"charged": False})


def test_one_that_is_tried_again_never_shows_how_the_first_try_looked(visit: Visit, here: Easel) -> None:
    page = visit.page
    batch = here.begin("a forbidden gazebo")
    preview = page.get_by_role("img", name="Preview, not finished yet")
    looks: list[str] = []
    for _ in range(2):
        if looks:
            here.place.ask("POST", "/w/-/jobs/retry", {"ids": [here.jobs(batch)[0]["id"]], "agreed": True})
        here.show(batch, 1)
        expect(preview).to_be_visible()
        looks.append(preview.evaluate("(canvas) => canvas.toDataURL()"))
        here.fail(batch)
        expect(page.locator("[data-preview]")).to_have_count(0)
        here.hold()
    assert looks[0] != looks[1]  # each try draws another picture
    asked = [each for each in visit.asked if "/preview" in each]
    assert len(set(asked)) == len(asked), asked


def test_previews_are_asked_for_where_they_are_paid_and_the_price_says_so(visit: Visit, here: Easel) -> None:
    page = visit.page
    expect(page.get_by_role("textbox", name="Previews")).to_have_count(0)  # Sketch shows none
    choose(page, "Oil on an easel")
    asked = page.get_by_role("textbox", name="Previews")
    expect(asked).to_have_value("0")
    expect(page.locator(".previews")).to_contain_text("each adds $0.003")
    write(page, "a kite over the dunes", 1)
    expect(page.locator(".comes, .estimate, #main")).to_contain_text(["$0.04"])
    asked.fill("2")
    asked.press("Tab")
    expect(page.locator("#main")).to_contain_text("$0.04–$0.046")
    assert axe(page) == []
    shot(page, "previews-asked")
