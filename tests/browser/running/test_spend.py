"""What was spent, by month, provider, model and project: on the page as the ledger and `gesso spend` have it."""

from __future__ import annotations

import re
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, expect

from library.jobs.ledger import open_call
from library.jobs.models import AttemptId, BatchId, Cost, Estimate, Job, JobId, Request
from library.jobs.rows import LedgerEntry, add_entry, put_job
from tests.browser.house import Studio, Visit, fits_at_every_width
from tests.daemonhouse import gesso, running_daemon

SIGNS = {"$": "USD", "NT$": "TWD"}
NOW = datetime.now()
FIRST = NOW.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
BEFORE = FIRST - timedelta(days=1)
LONG_AGO = FIRST.replace(year=FIRST.year - 2)


def usd(micros: int | None, credits: int | None = None) -> Cost:
    return Cost(micros, "USD" if micros is not None else "", "usage" if micros is not None else "unknown", credits)


# When, of whom, what it cost, and whether it was asked for into the project.
CHARGES = (
    (NOW, "openai", "gpt-image-2", usd(42_313), True),
    (NOW, "openai", "gpt-image-2", usd(1), False),
    (NOW, "openai", "gpt-image-1-mini", usd(6_000), True),
    (NOW, "stability", "core", usd(30_000, 3_000_000), True),
    (NOW, "stability", "ultra", usd(None, 8_500_000), False),
    (NOW, "studio", "oil", Cost(12_500_000, "TWD", "price_table"), False),
    (NOW, "sketch", "lines", Cost(0, "", "free"), False),
    (BEFORE, "openai", "gpt-image-2", usd(1_234_567_891), False),
    (BEFORE, "openai", "gpt-image-2", usd(None), False),
    (LONG_AGO, "openai", "gpt-image-2", usd(700_000), False),
)
OPEN = (Estimate("price_table", 40_000, 90_000, "USD", "2026-11-01"), Estimate("unknown"))


def spend_in(home: Path, project: str) -> None:
    """Write a past into the ledger of a home whose daemon is stopped."""
    (file,) = home.rglob("library.sqlite")
    ids = (number.to_bytes(16, "big") for number in range(1, 1000))
    with closing(sqlite3.connect(file)) as connection:
        for when, provider, model, cost, filed in CHARGES:
            id, time = next(ids), round(when.timestamp() * 1000)
            request, into = Request(model, "a heron"), bytes.fromhex(project) if filed else None
            job = Job(
                JobId(id), BatchId(id), 0, provider, request, "done", time, 1, ended_at=time, cost=cost, project=into
            )
            put_job(connection, job)
            add_entry(connection, LedgerEntry(AttemptId(id), "charge", job.id, provider, model, time, cost))
        for estimate in OPEN:
            id, time = next(ids), round(NOW.timestamp() * 1000)
            entry = LedgerEntry(
                AttemptId(id), "intent", JobId(b""), "openai", "gpt", time, None, estimate, "a question"
            )
            add_entry(connection, entry)
            open_call(connection, id, time)
        connection.commit()


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    home = tmp_path_factory.mktemp("spend") / "home"
    with running_daemon(home) as url:
        project = Studio(home, url).ask("POST", "/w/-/projects", {"name": "海報 Poster"})["id"]
    spend_in(home, project)
    with running_daemon(home) as url:
        yield Studio(home, url)


def money(text: str) -> Counter[str]:
    """`$0.12 and NT$3.00` in millionths, by currency."""
    found = Counter[str]()
    for sign, whole, rest in re.findall(r"(NT\$|\$)([\d,]+)\.(\d+)", text):
        found[SIGNS[sign]] += int(whole.replace(",", "")) * 1_000_000 + int(rest.ljust(6, "0"))
    return found


def told(cell: Locator) -> Counter[str]:
    return money(cell.evaluate("cell => cell.firstChild.nodeType === 3 ? cell.firstChild.data.split('(')[0] : ''"))


def ledger(shares: list[dict[str, Any]]) -> Counter[str]:
    found = Counter[str]()
    for each in shares:
        found[each["currency"]] += round(each["amount"] * 1_000_000)
    return +found


def test_tables_and_totals_equal_what_the_command_line_says(visit: Visit, place: Studio) -> None:
    page = visit.page
    visit.go("queue")
    page.locator("[data-spend]").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Spending")
    found = gesso(place.home, "spend", "--months", "12", "--json").json
    months = list(dict.fromkeys(each["month"] for each in found["shares"]))
    assert len(months) == 2
    expect(page.locator("[data-month-spent]")).to_have_count(2)
    assert page.locator("[data-month-spent]").evaluate_all("all => all.map(each => each.dataset.monthSpent)") == months
    for month in months:
        section = page.locator(f"[data-month-spent='{month}']")
        shares = [each for each in found["shares"] if each["month"] == month]
        assert told(section.locator("[data-total]")) == ledger(shares)
        lines = section.locator("[data-by=model] tbody tr:first-child")
        providers = list(dict.fromkeys(each["provider"] for each in shares))
        assert lines.count() == len(providers)
        for line, provider in zip(lines.all(), providers, strict=True):
            own = [each for each in shares if each["provider"] == provider]
            expect(line.locator("th")).to_contain_text(provider, ignore_case=True)
            assert told(line.locator("[data-cost]")) == ledger(own)
            expect(line.locator("td").first).to_have_text(str(sum(each["charges"] for each in own)))
            inner = section.locator(f"[data-provider={provider}] tr.inner")
            models = list(dict.fromkeys(each["model"] for each in own))
            assert inner.count() == (len(models) if len(models) > 1 else 0)
            for part, model in zip(inner.all(), models, strict=False):
                expect(part.locator("th")).to_have_text(model)
                assert told(part.locator("[data-cost]")) == ledger([each for each in own if each["model"] == model])
    status = place.ask("GET", "/status")["spend"]
    assert told(page.locator("[data-total]").first)["USD"] == round(status["others"][0]["month"] * 1_000_000) == 78_314


def test_projects_credits_missing_prices_and_what_is_open_are_told(visit: Visit, place: Studio) -> None:
    page = visit.page
    visit.go("spend")
    now = page.locator("[data-month-spent]").first
    found = gesso(place.home, "spend", "--json").json
    for line, name in ((0, ""), (1, "海報 Poster")):
        row = now.locator("[data-by=project] tbody tr").nth(line)
        expect(row.locator("th")).to_have_text(name or "No project")
        month = found["shares"][0]["month"]
        own = [each for each in found["projects"] if each["name"] == name and each["month"] == month]
        assert told(row.locator("[data-cost]")) == ledger(own)
    stability = now.locator("[data-provider=stability] tr")
    expect(stability.nth(1).locator("[data-cost]")).to_have_text("$0.03 (3 credits)")
    expect(stability.nth(2).locator("[data-cost]")).to_have_text("8.5 credits1 charge of unknown amount")
    expect(stability.nth(0).locator("[data-cost]")).to_contain_text("$0.03 (11.5 credits)")
    expect(now.locator("[data-provider=sketch] [data-cost]")).to_have_text("free")
    expect(now.locator("[data-total]")).to_have_text(
        "NT$12.50 and $0.0783141 charge of unknown amount"
    )  # of no credits
    expect(page.locator("[data-open]")).to_contain_text(
        "Up to $0.09 not settled yet · 1 request of unknown price not settled yet"
    )
    assert (found["open"], found["open_unknown"]) == ([{"currency": "USD", "most": 0.09}], 1)
    page.locator("[data-open] a").click()
    expect(page.locator(".unknown-job")).to_have_count(2)


def test_earlier_months_are_shown_when_asked_for(visit: Visit, place: Studio) -> None:
    page = visit.page
    visit.go("settings")
    page.get_by_role("link", name="Spending").click()
    expect(page.locator("[data-month-spent]")).to_have_count(2)
    page.get_by_role("button", name="Show earlier months").click()
    expect(page.locator(f"[data-month-spent='{LONG_AGO:%Y-%m}'] [data-total]")).to_have_text("$0.70")
    expect(page.get_by_role("button", name="Show earlier months")).to_have_count(0)


@pytest.mark.parametrize("language", ["en", "zh-TW"])
@pytest.mark.parametrize("theme", ["light", "dark", "contrast"])
def test_spending_is_accessible_and_fits(visit: Visit, place: Studio, language: str, theme: str) -> None:
    page = visit.page
    visit.dress(language=language, theme=theme)
    visit.go("spend")
    expect(page.get_by_role("heading", level=1)).to_have_text({"en": "Spending", "zh-TW": "花費"}[language])
    expect(page.locator("[data-month-spent]")).to_have_count(2)
    fits_at_every_width(page, f"spend-{language}-{theme}")
    for width in (390, 1280, 1920):
        page.set_viewport_size({"width": width, "height": 800})
        cut = "all => all.filter(each => each.scrollWidth > each.clientWidth + 1).map(each => each.textContent)"
        assert page.locator(".spend th, .spend td, .spend-months h2, [data-open]").evaluate_all(cut) == []
    main, tables = page.locator("#main").bounding_box(), page.locator(".spend-tables").first.bounding_box()
    assert main is not None and tables is not None
    assert tables["x"] + tables["width"] > main["x"] + main["width"] * 0.9
