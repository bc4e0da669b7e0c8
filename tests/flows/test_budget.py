"""The month's limit in a daemon as people run it, against the provider's own bill."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Any

import pytest

from daemon.api.handlers.system import _spend
from library.jobs.ledger import Open, Spent
from providers.fakes.openai import FakeOpenAI
from tests.commands.house import speak
from tests.daemon.process import Process
from tests.daemonhouse import until
from tests.flows.house import MODEL, W, home_with, keyed, told
from tests.providers.servers import served

pytestmark = pytest.mark.process
KEYS = {"KEY_OF_ONE": "sk-one-0123456789"}


def wish(*prompts: str, **values: Any) -> dict[str, Any]:
    return {"prompts": prompts, "targets": [{"provider": "one", "model": MODEL}], **values}


def month(daemon: Process) -> Any:
    (found,) = daemon.ask("GET", "/api/v1/status")[1]["months"]
    return found


def jobs(daemon: Process) -> Any:
    return daemon.ask("GET", f"{W}/jobs?limit=100")[1]["jobs"]


def is_held(daemon: Process) -> bool:
    """Whether nothing runs, and all that waits does so for the limit."""
    kept = all(each["state"] == "unknown" or each["reason"] == "budget" for each in jobs(daemon))
    status = daemon.ask("GET", "/api/v1/status")[1]
    (found,) = status["months"]
    assert round((found["spent"] + found["open"] - found["limit"]) * 1_000_000) <= 0
    return kept and status["queue"]["running"] == 0


def limited(address: str, limit: str) -> str:
    return f'[jobs]\nmonth_limit = "{limit}"\n' + keyed("one", address, at_once=4)


def test_budget_says_how_the_month_stands_and_where_the_limit_is_set(tmp_path: Path) -> None:
    home = home_with(tmp_path, limited("http://127.0.0.1:9", "20.00 USD, 600 TWD"))
    with Process(home, **KEYS) as daemon:
        done = speak(home, "budget")
        assert done.code == 0 and "0.00 USD of 20.00 USD this month" in done.out and "600.00 TWD" in done.out, done
        assert str(home / "config.toml") in done.err.replace("\n", "")
        found = speak(home, "--json", "budget").json["months"]
        assert {each["currency"]: each["left"] for each in found} == {"USD": 20.0, "TWD": 600.0}
        (home / "config.toml").write_text("", "utf-8")
        until(lambda: daemon.ask("GET", "/api/v1/status")[1]["months"] == [])
        none = speak(home, "budget")
        assert (none.code, none.out, "No limit is set." in none.err) == (0, "", True)


def test_limit_holds_over_kills_and_many_at_once_and_a_higher_one_is_taken_up_at_once(tmp_path: Path) -> None:
    fake = FakeOpenAI(key=KEYS["KEY_OF_ONE"], seconds=0.3)
    with served(fake) as (address,):
        home = home_with(tmp_path, limited(address, "900.00 USD"))
        config = home / "config.toml"
        with Process(home, **KEYS) as daemon:
            _, quote = daemon.ask("POST", f"{W}/estimate", wish("a fox"))
            most = round(quote["sums"][0]["most"] * 1_000_000)
            daemon.ask("POST", f"{W}/jobs/pause", {"paused": True})
            status, begun = daemon.ask("POST", f"{W}/jobs", wish(*(f"fox {number}" for number in range(12))))
            assert status == 202, begun
            assert month(daemon)["waiting"] == pytest.approx(12 * most / 1_000_000)
            limit = 5 * most + 1
            config.write_text(limited(address, f"{limit / 1_000_000:.6f} USD"))
            until(lambda: month(daemon)["limit"] < 900)
            daemon.ask("POST", f"{W}/jobs/pause", {"paused": False})
            until(lambda: fake.billed > 0)
            daemon.process.send_signal(signal.SIGKILL)
            daemon.end()
        with Process(home, **KEYS) as daemon:
            until(lambda: is_held(daemon), 60)
            found = month(daemon)
            ledger, billed = round(found["spent"] * 1_000_000), fake.billed
            lost = [each for each in jobs(daemon) if each["state"] == "unknown"]
            assert ledger <= billed <= ledger + len(lost) * most <= limit
            assert round(found["open"] * 1_000_000) == len(lost) * most
            assert limit - ledger - len(lost) * most < most, "another one would have fitted"
            shown = told(daemon, "queue", "ls")["jobs"]
            assert {each["reason"] for each in shown if each["state"] == "queued"} == {"budget"}
            assert "the month’s limit" in speak(home, "queue", "ls", COLUMNS="200").out
            shown = speak(home, "status", COLUMNS="300").out
            line = next(each for each in shown.splitlines() if "this month (" in each)
            assert "is reached" in line
            asked = len(fake.asked)
            status, refused = daemon.ask("POST", f"{W}/jobs", wish("a hare"))
            assert (status, refused["code"]) == (409, "order.budget")
            assert refused["params"]["limit"] == f"{limit / 1_000_000:.6f}".rstrip("0")
            said = speak(home, "gen", "a hare", "--provider", "one", "--yes")
            assert said.code != 0 and f"of {refused['params']['limit']} USD this month" in said.err
            status, free = daemon.ask("POST", f"{W}/jobs", {"prompts": ["free"], "targets": [{"provider": "sketch"}]})
            assert status == 202
            until(lambda: daemon.ask("GET", f"{W}/batches/{free['batch']}")[1]["jobs"][0]["state"] == "done")
            assert len(fake.asked) == asked, "something was sent for what was refused or held"
            config.write_text(limited(address, "900.00 USD"))
            until(lambda: not [each for each in jobs(daemon) if each["state"] != "unknown"], 60)
            spent = round(month(daemon)["spent"] * 1_000_000)
    assert spent <= fake.billed <= spent + len(lost) * most
    paid = [each.prompt for each in fake.bill]
    assert len(paid) == len(set(paid)) and 12 - len(lost) <= len(paid) <= 12


def test_orders_that_come_at_once_do_not_share_what_is_left(tmp_path: Path) -> None:
    from concurrent.futures import ThreadPoolExecutor

    fake = FakeOpenAI(key=KEYS["KEY_OF_ONE"])
    with served(fake) as (address,):
        home = home_with(tmp_path, limited(address, "900.00 USD"))
        with Process(home, **KEYS) as daemon:
            most = daemon.ask("POST", f"{W}/estimate", wish("a fox"))[1]["sums"][0]["most"]
            (home / "config.toml").write_text(limited(address, f"{3 * most:.6f} USD"))
            until(lambda: month(daemon)["limit"] < 900)
            daemon.ask("POST", f"{W}/jobs/pause", {"paused": True})
            with ThreadPoolExecutor(8) as pool:
                answers = list(pool.map(lambda at: daemon.ask("POST", f"{W}/jobs", wish(f"fox {at}"))[0], range(8)))
            assert sorted(answers) == [202] * 3 + [409] * 5
            again = wish("once", key="the-same")
            (home / "config.toml").write_text(limited(address, f"{4 * most:.6f} USD"))
            until(lambda: month(daemon)["limit"] > 3.5 * most)
            with ThreadPoolExecutor(4) as pool:
                answers = list(pool.map(lambda _: daemon.ask("POST", f"{W}/jobs", again)[0], range(4)))
            assert answers == [202] * 4, "one order, sent four times"
    assert fake.bill == []


def test_what_was_spent_is_told_in_one_order_however_much_it_is() -> None:
    """Yen are no more than dollars for being more in number."""
    month = Spent({"JPY": 6_500_000, "EUR": 10_000, "USD": 95_075}, 3, 0)
    told = _spend(Spent({}, 0, 0), month, Open({}, 0, 0), {"USD": 20_000_000})
    assert [told.currency, *(each.currency for each in told.others)] == ["USD", "EUR", "JPY"]
