"""Many results: few requests as the page opens, and what is made now draws nothing anew of what was made before."""

from __future__ import annotations

import os
import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from playwright.sync_api import Browser, Page, expect

from library.jobs.models import AttemptId, BatchId, JobId
from library.jobs.rows import attempts_of, job_of, put_attempt, put_job
from tests.browser.house import Studio, Visit, visiting
from tests.browser.making.orders import begin, jobs
from tests.daemonhouse import running_daemon, until

DRAWN = Path(__file__).resolve().parents[1] / "drawn.js"
BATCHES, EACH = 8, 12
TINY = {"width": 64, "height": 64}


def multiply(home: Path) -> None:
    """The one job and its picture again and again, straight into the stopped library: eight batches of twelve more."""
    database = next(home.rglob("library.sqlite"))
    with sqlite3.connect(database) as connection:
        (found,) = connection.execute("SELECT id FROM job").fetchone()
        job, (attempt,) = job_of(connection, found), attempts_of(connection, found)
        assert job is not None
        names = [row[1] for row in connection.execute("PRAGMA table_info(asset)")]
        columns = ", ".join(name for name in names if name not in ("row", "id"))
        copy = f"INSERT INTO asset(id, {columns}) SELECT ?, {columns} FROM asset WHERE id=?"
        for number in range(BATCHES):
            request = msgspec.structs.replace(job.request, prompt=f"shelf {number}")
            job = msgspec.structs.replace(
                job, batch=BatchId(os.urandom(16)), request=request, created_at=job.created_at - 1
            )
            for at in range(EACH):
                picture = job.assets[0][:1] + os.urandom(15)
                connection.execute(copy, (picture, job.assets[0]))
                job = msgspec.structs.replace(job, id=JobId(os.urandom(16)), number=at, assets=(picture,))
                put_job(connection, job)
                put_attempt(connection, msgspec.structs.replace(attempt, id=AttemptId(os.urandom(16)), job=job.id))
    connection.close()


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    """As much as is shown where one creates, and more: a picture, and before it eight batches of twelve."""
    home = tmp_path_factory.mktemp("economy") / "home"
    with running_daemon(home) as url:
        studio = Studio(home, url)
        begin(studio, "the latest", **TINY)
        until(lambda: jobs(studio, ended=True))
    multiply(home)
    with running_daemon(home) as url:
        yield Studio(home, url)


@pytest.fixture
def visit(browser: Browser, full: Studio) -> Iterator[Visit]:
    with visiting(browser, full) as visit:
        visit.page.add_init_script(path=DRAWN)
        visit.page.goto("about:blank")
        visit.asked.clear()
        visit.page.goto(f"{full.url}/#/create")
        expect(visit.page.locator(".batch")).to_have_count(BATCHES, timeout=30_000)
        expect(visit.page.locator(".made:not(:has(img))")).to_have_count(0, timeout=30_000)
        yield visit
        assert visit.said == []


def asked(visit: Visit, what: str) -> list[str]:
    return [each for each in visit.asked if re.search(what, each)]


def drawn(page: Page) -> dict[str, int]:
    """How many components of which batch were drawn anew since it was asked last."""
    found: dict[str, int] = page.evaluate("() => { const found = window.drawn; window.drawn = {}; return found; }")
    return found


def test_pictures_and_batches_come_in_few_requests(visit: Visit) -> None:
    pictures = visit.page.locator(".made").count()
    assert pictures == 1 + (BATCHES - 1) * EACH
    assert len(asked(visit, r"/w/.*/assets/")) == -(-pictures // 50)
    assert len(asked(visit, r"/batches")) == 1
    visit.asked.clear()
    # An edit here asks anew for all that is shown.
    made = visit.page.locator("a.made-box").first
    made.focus()
    visit.press("4")
    expect(visit.page.locator(".made-marks")).to_have_count(1)
    until(lambda: visit.page.wait_for_timeout(20) or asked(visit, r"/batches"))
    assert len(asked(visit, r"/assets/[0-9a-f]{32}$")) <= 1, "the edit itself, and no picture alone"
    assert len(asked(visit, r"/batches")) == 1


def test_a_batch_that_comes_draws_no_other_anew(visit: Visit, full: Studio) -> None:
    page = visit.page
    full.ask("POST", "/w/-/jobs/pause", {"paused": True})
    begin(full, "the one that comes", count=3, **TINY)
    coming = page.locator(".batch", has_text="the one that comes")
    expect(coming.locator(".made")).to_have_count(3)
    expect(page.locator(".banner", has_text="paused")).to_be_visible()
    drawn(page)
    full.ask("POST", "/w/-/jobs/pause", {"paused": False})
    expect(coming.locator("img")).to_have_count(3, timeout=30_000)
    # Also after all numbers were asked for anew.
    expect(page.locator(".places a").first).to_contain_text(str(full.find()["total"]))
    expect(page.locator("[data-queue]")).to_have_count(0)
    found = drawn(page)
    assert found.pop("the one that comes") > 3, "the way of counting sees nothing"
    assert found == {}


def test_writing_a_prompt_draws_no_result(visit: Visit) -> None:
    page = visit.page
    drawn(page)
    page.locator("#create-prompt").press_sequentially("a quiet shelf")
    expect(page.locator(".comes")).to_contain_text(re.compile("picture"))
    assert drawn(page) == {}
