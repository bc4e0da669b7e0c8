"""How jobs and money are put into words."""

from __future__ import annotations

from typing import Any, get_args, get_type_hints

import pytest

from commands.making.words import basis_of, cost_line
from commands.terminal.texts import knows
from library.jobs.models import Cost
from tests.commands.house import variables_set
from tests.daemonhouse import environ

BASES = get_args(get_type_hints(Cost)["basis"])


def job(**values: Any) -> dict[str, Any]:
    return {"state": "done", "cost": None, "counts": None, "estimate": None, **values}


@pytest.mark.parametrize("language", ["en", "zh-TW"])
@pytest.mark.parametrize("basis", [each for each in BASES if each != "free"])
def test_every_way_a_cost_is_come_by_has_words_of_its_own(basis: str, language: str) -> None:
    with variables_set(environ(GESSO_LANGUAGE=language)):
        said = {
            each: basis_of(job(cost={"amount": 0.5, "currency": "USD", "basis": each, "credits": None}))
            for each in BASES
        }
        assert knows(f"basis.{basis}") and said[basis]
        assert [each for each, words in said.items() if words == said[basis]] == [basis]
        assert said["free"] == ""
        known = basis != "unknown"
        line = cost_line(
            job(cost={"amount": 0.5 if known else None, "currency": "USD", "basis": basis, "credits": None})
        )
        assert (said[basis] in line and "0.50 USD" in line) if known else "USD" not in line


def test_what_may_be_spent_is_told_as_an_estimate_until_it_is() -> None:
    estimate = {
        "least": 0.1,
        "most": 0.2,
        "currency": "USD",
        "basis": "price_table",
        "as_of": "2026-11-01",
        "credits": None,
    }
    with variables_set(environ(GESSO_LANGUAGE="en")):
        assert cost_line(job(state="queued", estimate=estimate)) == "0.10–0.20 USD (estimated)"
        assert cost_line(job(state="failed", estimate=estimate)) == ""
        assert cost_line(job(state="queued", estimate={**estimate, "basis": "free"})) == "free"
        told = {"amount": 0.07, "currency": "USD", "basis": "reported", "credits": None}
        lost = {"state": "unknown", "estimate": estimate}
        assert cost_line(job(**lost, counts=told)).startswith("0.07 USD (")
        guessed = {**told, "amount": 0.2, "basis": "decided"}
        assert cost_line(job(**lost, counts=guessed)) == "0.10–0.20 USD (estimated)"
