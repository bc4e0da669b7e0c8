"""Trying again from the command line: at the prices of now, agreed to before, and of models that are there.

And what was agreed to of an order, which the daemon holds it to.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest

from commands.client import Daemon, connect
from commands.errors import CommandError
from daemon.paths import Paths
from tests.commands.house import House, Studio
from tests.daemonhouse import environ

Prices = Callable[..., None]


@pytest.fixture
def prices(atelier: House) -> Iterator[Prices]:
    """Sets what the painters charge from now on, by model, in millionths; None: the model is gone."""
    place = atelier.home / "plugins" / "prices.json"
    yield lambda **some: place.write_text(json.dumps(some)) and None
    place.unlink(missing_ok=True)


@pytest.fixture
def daemon(atelier: House) -> Daemon:
    """The daemon itself, as a page asks it."""
    return connect(Paths.of(atelier.home, environ(atelier.home)))


def refused(studio: Studio, *words: str) -> str:
    """The id of a job that came to nothing and cost nothing."""
    done = studio.speak("--json", "gen", "forbidden", "--provider", "painter", *words, "--yes", "--wait")
    id: str = done.json["jobs"][0]["id"]
    return id


def estimate_of(studio: Studio, id: str) -> tuple[float, float]:
    found = studio.told("queue", "show", id)["estimate"]
    return found["least"], found["most"]


def test_price_that_rose_is_asked_about_and_is_what_the_job_is_begun_with(studio: Studio, prices: Prices) -> None:
    id = refused(studio)
    studio.told("queue", "pause")
    prices(oil=4_000_000)
    asked = studio.speak("queue", "retry", id)
    assert asked.code == 2 and "Try 1 job again for 4.00 USD?" in " ".join(asked.err.split()), asked.err
    assert "要重試 1 個工作嗎？費用：4.00 USD" in studio.speak("queue", "retry", id, GESSO_LANGUAGE="zh-TW").err
    assert studio.told("queue", "show", id)["state"] == "failed" and estimate_of(studio, id) == (0.04, 0.04)
    assert studio.told("queue", "retry", id, "--yes")["count"] == 1
    assert estimate_of(studio, id) == (4, 4)


def test_more_than_was_agreed_to_is_refused_with_what_it_costs(studio: Studio, prices: Prices, daemon: Daemon) -> None:
    id = refused(studio)
    studio.told("queue", "pause")
    prices(oil=4_000_000)
    path = f"/api/v1/w/{studio.name.replace(' ', '%20')}/jobs/retry"
    quote = daemon.post(f"{path}/estimate", {"ids": [id]})
    assert (quote["jobs"], quote["sums"]) == (1, [{"currency": "USD", "least": 4.0, "most": 4.0}])
    for agreed in ({}, {"most": {}}, {"most": {"USD": 3_999_999}}, {"most": {"EUR": 5_000_000}}):
        with pytest.raises(CommandError, match=r"4\.00 USD") as found:
            daemon.post(path, {"ids": [id], **agreed})
        assert found.value.code == "retry.price"
    assert estimate_of(studio, id) == (0.04, 0.04)
    assert daemon.post(path, {"ids": [id], "most": {"USD": 4_000_000}})["count"] == 1
    assert estimate_of(studio, id) == (4, 4)


def test_order_that_costs_more_than_was_shown_begins_nothing(studio: Studio, prices: Prices, daemon: Daemon) -> None:
    studio.told("queue", "pause")
    path = f"/api/v1/w/{studio.name.replace(' ', '%20')}/jobs"
    of = [{"provider": "painter", "model": model} for model in ("chalk", "oil")]
    free, paid = ({"prompts": ["a lamp"], "targets": [each], "unknown": 0} for each in of)
    assert daemon.post(path, {**free, "most": {}})["quote"]["free"] == 1
    begun = daemon.post(path, {**paid, "most": {"USD": 40_000}, "key": "one"})
    prices(chalk=40_000, oil=4_000_000)
    for order in ({**free, "most": {}}, {**paid, "most": {"USD": 3_999_999}}, {**paid, "most": {"EUR": 5_000_000}}):
        with pytest.raises(CommandError, match=r"0\.04 USD|4\.00 USD") as found:
            daemon.post(path, order)
        assert found.value.code == "order.price"
    assert studio.told("queue", "ls")["counts"]["queued"] == 2
    # The answer to the first was lost: it is that batch, whatever it would cost by now.
    assert daemon.post(path, {**paid, "most": {"USD": 40_000}, "key": "one"})["batch"] == begun["batch"]
    assert daemon.post(path, {**paid, "most": {"USD": 4_000_000}})["quote"]["jobs"] == 1


def test_what_was_free_is_not_begun_for_money_without_a_question(
    studio: Studio, prices: Prices, daemon: Daemon
) -> None:
    studio.told("queue", "pause")
    id = studio.told("gen", "a lamp", "--provider", "painter", "--model", "chalk")["jobs"][0]["id"]
    studio.told("queue", "cancel", id)
    assert studio.told("queue", "retry", id)["count"] == 1  # free, as it was
    studio.told("queue", "cancel", id)
    prices(chalk=40_000)
    path = f"/api/v1/w/{studio.name.replace(' ', '%20')}/jobs/retry"
    with pytest.raises(CommandError, match=r"0\.04 USD"):
        daemon.post(path, {"ids": [id]})
    assert studio.speak("queue", "retry", id).code == 2
    assert studio.told("queue", "show", id)["state"] == "cancelled"
    assert studio.told("queue", "retry", id, "--yes")["count"] == 1


def test_price_that_nobody_knows_any_more_is_agreed_to_first(studio: Studio, prices: Prices, daemon: Daemon) -> None:
    id = refused(studio)
    studio.told("queue", "pause")
    prices(oil=-1)
    path = f"/api/v1/w/{studio.name.replace(' ', '%20')}/jobs/retry"
    with pytest.raises(CommandError) as found:
        daemon.post(path, {"ids": [id], "most": {"USD": 9_000_000}})
    assert found.value.code == "retry.unpriced"
    assert daemon.post(path, {"ids": [id], "most": {}, "unknown": 1})["count"] == 1


def test_model_that_is_gone_is_not_asked_again(studio: Studio, prices: Prices) -> None:
    id = refused(studio)
    prices(oil=None)
    done = studio.speak("queue", "retry", id, "--yes")
    assert done.code == 1 and "There is no model oil" in done.err
    assert studio.told("queue", "show", id)["state"] == "failed"


def test_of_several_those_that_can_be_are_tried_and_each_other_is_named_with_the_reason(
    studio: Studio, prices: Prices, daemon: Daemon
) -> None:
    studio.told("queue", "pause")
    free = studio.told("gen", "a lamp", "--provider", "painter", "--model", "chalk")["jobs"][0]["id"]
    studio.told("queue", "cancel", free)
    studio.told("queue", "resume")
    gone = refused(studio)
    lost = studio.speak("--json", "gen", "lost", "--provider", "painter", "--yes", "--wait").json["jobs"][0]["id"]
    studio.told("queue", "pause")
    prices(oil=None)
    path = f"/api/v1/w/{studio.name.replace(' ', '%20')}/jobs/retry"
    quote = daemon.post(f"{path}/estimate", {"ids": [gone, free, lost]})
    assert (quote["jobs"], quote["free"]) == (1, 1)
    told = {each["id"]: (each["code"], each["prompt"]) for each in quote["left"]}
    assert told == {gone: ("job.no_model", "forbidden"), lost: ("job_unknown", "lost")}
    done = studio.speak("queue", "retry", gone, free, lost)
    assert done.code == 5 and "1 job put into the queue again" in done.out
    said = " ".join(done.err.split())
    assert f"{gone[:8]} cannot be tried again: There is no model oil" in said
    assert f"{lost[:8]} cannot be tried again: Whether this job was carried out is not known" in said
    states = {id: studio.told("queue", "show", id)["state"] for id in (gone, free, lost)}
    assert states == {gone: "failed", free: "queued", lost: "unknown"}
    both = studio.speak("queue", "retry", gone, lost)
    assert both.code == 1 and both.err.count("cannot be tried again") == 2
