"""Batches from the command line to the library, through a daemon as people run it and servers with a bill."""

from __future__ import annotations

import re
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from providers.fakes.faults import Fault
from providers.fakes.openai import POLICY, FakeOpenAI, Quirks
from providers.runner import SETTLE_SECONDS
from tests.commands.house import speak
from tests.daemon.process import Process
from tests.daemonhouse import until
from tests.flows.house import MODEL, W, home_with, jobs_of, keyed, quiet, told
from tests.providers.servers import served

pytestmark = pytest.mark.process
TO_ONE = ("--provider", "one", "--model", MODEL)
SETTLED = ("done", "failed", "cancelled", "unknown")


def every_job(daemon: Process) -> list[Any]:
    found: list[Any] = told(daemon, "queue", "ls", "--all", "-n", "200")["jobs"]
    return found


def settled(daemon: Process) -> list[Any]:
    """All jobs once none goes on."""

    def look() -> list[Any] | None:
        jobs = every_job(daemon)
        return jobs if all(each["state"] in SETTLED for each in jobs) else None

    found: list[Any] = until(look, 60)
    return found


def test_twenty_prompts_to_two_providers_are_forty_pictures_of_the_right_pair(tmp_path: Path) -> None:
    one, two = FakeOpenAI(), FakeOpenAI(first=1001)
    prompts = [f"a fox, {number:02}" for number in range(20)]
    with served(one, two) as (at_one, at_two):
        home = home_with(tmp_path, keyed("one", at_one) + keyed("two", at_two))
        with Process(home) as daemon:
            made = told(daemon, "gen", *prompts, *TO_ONE, "--provider", "two", "--yes", "--wait")["jobs"]
            shown = {each: told(daemon, "show", each) for job in made for each in job["assets"]}
            assert told(daemon, "search", "fox", "-n", "1")["total"] == 40
    assert Counter(each["state"] for each in made) == {"done": 40} and len(shown) == 40
    pairs = {(prompt, name) for prompt in prompts for name in ("one", "two")}
    assert {(each["prompt"], each["provider"]) for each in made} == pairs
    for job in made:
        asset = shown[job["assets"][0]]
        assert (asset["prompt"], asset["tool"]) == (job["prompt"], job["provider"])
    assert [sorted(charge.prompt for charge in fake.bill) for fake in (one, two)] == [prompts, prompts]


@pytest.mark.parametrize("idempotent", [False, True])
def test_queue_of_a_killed_daemon_is_the_same_in_its_order_and_nothing_is_run_twice(
    tmp_path: Path, idempotent: bool
) -> None:
    fake = FakeOpenAI(faults=[Fault("slow", seconds=4.0)], quirks=Quirks(idempotent=idempotent))
    prompts = [f"a fox, {number:02}" for number in range(31)]
    with served(fake) as (url,):
        home = home_with(tmp_path, keyed("one", url, at_once=1, idempotent=str(idempotent).lower()))
        with Process(home) as daemon:
            begun = told(daemon, "gen", *prompts, *TO_ONE, "--yes")["jobs"]
            until(lambda: fake.asked)
            states = Counter(each["state"] for each in jobs_of(daemon, begun[0]["batch"]))
            assert states == {"running": 1, "queued": 30}
            daemon.process.kill()
        with Process(home) as daemon:
            assert [each["id"] for each in jobs_of(daemon, begun[0]["batch"])] == [each["id"] for each in begun]
            assert len(every_job(daemon)) == 31
            jobs = quiet(daemon, begun[0]["batch"])
    first = "done" if idempotent else "unknown"
    assert [each["state"] for each in jobs] == [first] + ["done"] * 30
    asked = [each.body["prompt"] for each in fake.asked]
    again = prompts[:1] if idempotent else []  # by the same key, which the server knows
    assert asked == prompts[:1] + again + prompts[1:]
    assert Counter(charge.prompt for charge in fake.bill) == dict.fromkeys(prompts, 1)


def test_priority_runs_next_a_paused_queue_begins_nothing_and_what_is_cancelled_is_never_sent(tmp_path: Path) -> None:
    fake = FakeOpenAI()
    with served(fake) as (url,), Process(home_with(tmp_path, keyed("one", url, at_once=1))) as daemon:
        told(daemon, "queue", "pause")
        begun = told(daemon, "gen", "first", "second", "third", *TO_ONE, "--yes")["jobs"]
        told(daemon, "gen", "urgent", "--priority", "10", *TO_ONE, "--yes")
        told(daemon, "queue", "cancel", begun[1]["id"])
        time.sleep(1.0)
        assert fake.asked == []
        told(daemon, "queue", "resume")
        settled(daemon)
    assert [each.body["prompt"] for each in fake.asked] == ["urgent", "first", "third"]


def test_timeout_after_the_request_was_taken_is_unknown_until_somebody_decides(tmp_path: Path) -> None:
    fake = FakeOpenAI(faults=[Fault("hang"), Fault("refuse")])
    with served(fake) as (url,):
        home = home_with(tmp_path, keyed("one", url, at_once=1, timeout=1))
        with Process(home) as daemon:
            done = speak(home, "--json", "gen", "a fox", *TO_ONE, "--yes", "--wait")
            (job,) = done.json["jobs"]
            assert (done.code, job["state"], job["error"]["code"]) == (4, "unknown", "provider.unknown")
        with Process(home) as daemon:  # nor by a new start
            refused = speak(home, "--json", "gen", "an umbrella", *TO_ONE, "--yes", "--wait")
            (other,) = refused.json["jobs"]
            assert (refused.code, other["state"], other["cost"]) == (1, "failed", None)
            assert POLICY in " ".join(speak(home, "queue", "show", other["id"]).out.split())
            assert speak(home, "queue", "retry", job["id"]).code == 1
            assert [each.body["prompt"] for each in fake.asked] == ["a fox", "an umbrella"] and len(fake.bill) == 1
            decided = told(daemon, "queue", "resolve", job["id"], "--charged")
            assert (decided["state"], decided["cost"]["basis"]) == ("failed", "decided")
            told(daemon, "queue", "retry", job["id"], "--yes")
            assert [each["state"] for each in settled(daemon) if each["id"] == job["id"]] == ["done"]
    assert [charge.prompt for charge in fake.bill] == ["a fox", "a fox"]


def test_hundred_rows_with_three_bad_ones_are_97_jobs_and_again_only_what_was_missing(tmp_path: Path) -> None:
    fake = FakeOpenAI()
    rows = [f'"a {{{{mood}}}} fox, {number:02}",calm' for number in range(100)]
    bad = {10: '"a {open, 10",calm', 50: '"a {{nothing}} fox",calm', 99: "__nowhere__,calm"}
    sheet = tmp_path / "scenes.csv"
    with served(fake) as (url,), Process(home_with(tmp_path, keyed("one", url))) as daemon:
        sheet.write_text("\n".join(["prompt,mood", *(bad.get(at, row) for at, row in enumerate(rows))]))
        words = ("gen", "--from", str(sheet), *TO_ONE, "--yes", "--wait")
        done = speak(daemon.home, "--json", *words)
        assert (done.code, len(done.json["jobs"])) == (5, 97)
        assert [fault["row"] for fault in done.json["quote"]["faults"]] == [at + 2 for at in bad]
        assert [line.split(": ")[0] for line in done.err.splitlines()] == [f"{sheet}:{at + 2}" for at in bad]
        sheet.write_text("\n".join(["prompt,mood", *rows]))
        again = told(daemon, *words)
        assert [each["prompt"] for each in again["jobs"]] == [f"a calm fox, {at:02}" for at in bad]
    assert again["quote"]["passed_over"] == 97 and len(fake.bill) == 100


def test_estimate_tells_money_and_time_and_asks_no_paid_place(tmp_path: Path) -> None:
    fake = FakeOpenAI(seconds=1.0)
    with served(fake) as (url,), Process(home_with(tmp_path, keyed("one", url, at_once=2))) as daemon:
        guessed = {"least": 20.0, "most": 360.0, "guessed": True}  # two rounds of what the book of prices says
        assert told(daemon, "estimate", "a fox", *TO_ONE, "--count", "3")["seconds"] == guessed, "none was made yet"
        assert "That is a guess" in speak(daemon.home, "estimate", "a fox", *TO_ONE).out
        assert "僅為推測" in speak(daemon.home, "estimate", "a fox", *TO_ONE, GESSO_LANGUAGE="zh-TW").out
        assert fake.asked == []
        told(daemon, "gen", "a hare", "an owl", *TO_ONE, "--yes", "--wait")
        before = (list(fake.asked), list(fake.bill), fake.listed)
        quote = told(daemon, "estimate", "a fox", *TO_ONE, "--count", "3")
        seconds = quote["seconds"]
        assert 2.0 <= seconds["least"] <= seconds["most"] < 20.0, "two rounds of at least a second"
        assert not seconds["guessed"]
        assert re.search(r"Takes about \d+ s.*, as the latest", speak(daemon.home, "estimate", "a fox", *TO_ONE).out)
        assert "約需" in speak(daemon.home, "estimate", "a fox", *TO_ONE, GESSO_LANGUAGE="zh-TW").out
        (money,) = quote["sums"]
        assert quote["jobs"] == 3 and 0 < money["least"] < money["most"] and money["currency"] == "USD"
        dry = told(daemon, "gen", "a fox", *TO_ONE, "--count", "3", "--dry-run")
        assert dry["quote"] == quote and len(every_job(daemon)) == 2
    assert (fake.asked, fake.bill, fake.listed) == before


def test_picture_whose_link_dies_a_second_later_is_stored_and_one_that_died_before_is_paid_and_lost(
    tmp_path: Path,
) -> None:
    fake = FakeOpenAI(faults=[None, Fault("expire")], quirks=Quirks(links=True, link_seconds=1.0))
    with served(fake) as (url,), Process(home_with(tmp_path, keyed("one", url, at_once=1))) as daemon:
        done = speak(daemon.home, "--json", "gen", "kept", "lost", *TO_ONE, "--yes", "--wait")
        kept, lost = done.json["jobs"]
        assert (done.code, kept["state"], lost["state"]) == (5, "done", "failed")
        assert (lost["error"]["code"], lost["assets"]) == ("provider.expired", [])
        assert lost["cost"]["basis"] == "usage" and lost["cost"]["amount"] > 0
        time.sleep(1.1)
        status, asset = daemon.ask("GET", f"{W}/assets/{kept['assets'][0]}")
        assert status == 200
        assert speak(daemon.home, "verify", "--read-data").code == 0
        assert asset["asset"]["prompt"] == "kept" and asset["asset"]["state"] == "here"
        spend = told(daemon, "status")["spend"]
        assert round(spend["today"] * 1_000_000) == fake.billed


PLUGIN = """
import io
from PIL import Image
from library.jobs.models import Price
from providers.base import Answer, Done, Health, ModelInfo, PriceRow, Sizes

class Painter:
    kind, at_once, leaves_machine = "local", 1, False

    def __init__(self, profile, tools):
        self.name = self.title = profile.name

    async def models(self):
        sizes = Sizes(listed=((64, 64),), usual=(64, 64))
        return [ModelInfo("oil", "Oil", sizes, prices=PRICES), ModelInfo("ink", "Ink", sizes)]

    async def submit(self, request, token):
        out = io.BytesIO()
        Image.new("RGB", (64, 64), (sum(request.prompt.encode()) % 256, 40, 90)).save(out, "PNG")
        return Done((Answer(out.getvalue()),))

    async def aclose(self):
        pass
"""


def test_old_jobs_keep_the_price_of_their_day_and_a_missing_price_is_flagged(tmp_path: Path) -> None:
    home = home_with(tmp_path, '[providers.mine]\nadapter = "priced_painter.Painter"\n')
    (home / "plugins").mkdir()
    prices = {"2026-11-01": 40_000, "2026-12-01": 70_000}
    costs = []
    for day, micros in prices.items():
        row = f'PRICES = (PriceRow(Price({micros}, "USD", "{day}")),)\n'
        (home / "plugins" / "priced_painter.py").write_text(PLUGIN + row)
        with Process(home) as daemon:
            job = told(daemon, "gen", f"a fox of {day}", "--provider", "mine", "--yes", "--wait")["jobs"][0]
            costs.append((job["id"], job["cost"]["amount"], job["estimate"]["as_of"]))
            known = [(each["id"], each["cost"]["amount"], each["estimate"]["as_of"]) for each in every_job(daemon)]
            assert sorted(known) == sorted(costs)
            if len(costs) == len(prices):
                words = ("a hare", "--provider", "mine", "--model", "ink")
                assert "a price nobody knows" in speak(home, "estimate", *words).out
                unpriced = told(daemon, "gen", *words, "--yes", "--wait")["jobs"][0]
                assert unpriced["cost"] == {"amount": None, "currency": "", "basis": "unknown", "credits": None}
                spend = told(daemon, "status")["spend"]
                assert (spend["today"], spend["unpriced"]) == (0.11, 1)
    assert [(amount, day) for _, amount, day in costs] == [(0.04, "2026-11-01"), (0.07, "2026-12-01")]


def test_stop_waits_for_the_answers_that_are_paid_for_and_begins_nothing_more(tmp_path: Path) -> None:
    fake = FakeOpenAI(seconds=1.5)
    with served(fake) as (at,):
        home = home_with(tmp_path, keyed("one", at, at_once=2))
        with Process(home) as daemon:
            told(daemon, "gen", *(f"a fox {number}" for number in range(5)), *TO_ONE, "--yes")
            until(lambda: len(fake.bill) == 2)
            said = speak(home, "stop")
            assert "2 requests that may cost money are being answered" in said.err
        assert len(fake.bill) == 2
        with Process(home) as daemon:
            assert Counter(each["state"] for each in settled(daemon)) == {"done": 5}
    assert len(fake.bill) == 5


def test_stop_asked_twice_ends_at_once_and_what_was_sent_is_listed(tmp_path: Path) -> None:
    fake = FakeOpenAI(seconds=15)
    with served(fake) as (at,):
        home = home_with(tmp_path, keyed("one", at))
        with Process(home) as daemon:
            told(daemon, "gen", "a fox", *TO_ONE, "--yes")
            until(lambda: len(fake.bill) == 1)
            begun = time.monotonic()
            assert daemon.ask("POST", "/api/v1/stop") == (200, {"awaited": 1, "seconds": SETTLE_SECONDS})
            assert daemon.process.poll() is None and daemon.ask("GET", "/api/v1/status")[0] == 503
            assert speak(home, "stop").code == 0
            assert time.monotonic() - begun < SETTLE_SECONDS / 2
        with Process(home) as daemon:
            assert [each["state"] for each in settled(daemon)] == ["unknown"]
