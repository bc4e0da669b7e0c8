"""Lists of models as gateways tell them: long ones, broken ones, and ones of which nothing is of use."""

from __future__ import annotations

import json
import threading
import tracemalloc
from typing import Any

import pytest

from providers.errors import BadAnswer, ListTooLong, Unsupported
from providers.openai import adapter, bounds
from providers.openai.bounds import MOST_LIST
from providers.openai.listing import MOST_MODELS, MOST_OPENED, listed_in
from tests.providers.house import opened
from tests.providers.servers import Listening, answering

COMPATIBLE = "openai-compatible"


def listing(some: list[Any]) -> bytes:
    return json.dumps({"object": "list", "data": some}).encode()


def described(number: int, letters: int = 900) -> dict[str, str]:
    return {"id": f"vendor/model-{number}", "description": "d" * letters}


async def test_of_a_long_list_the_first_ones_are_offered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read where it holds nobody up."""
    threads = list[bool]()

    def reading(body: bytes) -> Any:
        threads.append(threading.current_thread() is threading.main_thread())
        return listed_in(body)

    monkeypatch.setattr(adapter, "listed_in", reading)
    body = listing([described(number) for number in range(5000)])
    assert len(body) > 4 << 20
    async with Listening(answering(200, body)).here() as server, opened(server.base_url, COMPATIBLE) as provider:
        models = await provider.models()
        assert [each.id for each in models] == [f"vendor/model-{number}" for number in range(MOST_MODELS)]
        assert (await provider.check()).ok
    assert threads == [False, False]


async def test_a_list_beyond_all_measure_is_called_that_and_its_models_can_be_named() -> None:
    body = listing([described(number, MOST_LIST // 100) for number in range(101)])
    async with Listening(answering(200, body)).here() as server:
        async with opened(server.base_url, COMPATIBLE) as provider:
            with pytest.raises(ListTooLong, match=r"16 MiB.*models = ") as raised:
                await provider.models()
            assert isinstance(raised.value, Unsupported) and raised.value.sent == "no"
            health = await provider.check()
            assert (health.ok, health.code, health.message) == (False, "provider.list", str(raised.value))
        async with opened(server.base_url, COMPATIBLE, models=("flux",)) as provider:
            assert [each.id for each in await provider.models()] == ["flux"]
            assert (await provider.check()).ok


async def test_a_list_that_grew_too_long_leaves_the_one_that_was_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adapter, "FRESH_SECONDS", -1.0)
    async with Listening(answering(200, listing([described(1)]))).here() as server:
        async with opened(server.base_url, COMPATIBLE) as provider:
            before = await provider.models()
            monkeypatch.setattr(bounds, "MOST_LIST", 100)
            assert await provider.models() == before


def test_one_that_makes_no_sense_costs_itself() -> None:
    some = [{"id": "a"}, None, {"id": 7}, {"name": "b"}, {"id": ""}, {"id": "x" * 300}, "c", {"id": "d", "type": "llm"}]
    assert listed_in(listing(some)) == {"a": None, "d": ("speak",)}
    assert listed_in(listing([])) == {}
    for nothing in ([None], ["a"], [{}], [7, {"id": ""}]):
        with pytest.raises(BadAnswer, match="makes no sense"):
            listed_in(listing(nothing))
    for body in (
        b"",
        b"[]",
        b"{}",
        b'{"data": null}',
        b'{"data": {"id": "a"}}',
        b"<html>",
        b"\xff",
        b'{"data": [' * 9000,
    ):
        with pytest.raises(BadAnswer):
            listed_in(body)
    with pytest.raises(BadAnswer, match="more parts"):
        listed_in(b'{"data": [{"id": "a"}], "x": [' + b"{}," * MOST_OPENED + b"{}]}")


def test_little_is_made_of_what_models_can_do() -> None:
    junk = b"[" + b"[]," * 1300 + b"[]]"
    one = b'{"id": "%d", "capabilities": ' + junk + b', "architecture": ' + junk + b', "type": "image"}'
    body = b'{"data": [' + b",".join(one % number for number in range(MOST_MODELS)) + b"]}"
    tracemalloc.start()
    try:
        found = listed_in(body)
        assert tracemalloc.get_traced_memory()[1] < len(body)
    finally:
        tracemalloc.stop()
    assert len(found) == MOST_MODELS and set(found.values()) == {("paint",)}
