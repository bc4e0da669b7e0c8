"""The adapter of OpenAI's images API: what is asked for, what is told of it, and what stays here."""

from __future__ import annotations

import asyncio
import base64
import gc
import json
import logging
import sys
import traceback
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from library.jobs.models import Cost, Request
from providers.base import Done
from providers.errors import ProviderError, Unreachable, Unsupported
from providers.fakes.faults import Fault
from providers.fakes.openai import FakeOpenAI, Quirks
from providers.fetching import gathered
from providers.openai.adapter import OpenAI
from providers.registry import Profile, Providers, Secret, Tools
from tests.library.house import HandClock
from tests.providers.house import KEY, opened, tools
from tests.providers.servers import Listening, answering, request_of

REQUEST = Request("gpt-image-2.6-flare", "a red fox", width=1536, height=1024)


@asynccontextmanager
async def served(quirks: Quirks = Quirks(), **values: Any) -> AsyncIterator[tuple[FakeOpenAI, OpenAI]]:
    adapter = values.pop("adapter", "openai")
    fake = FakeOpenAI(key=KEY, quirks=quirks, faults=values.pop("faults", ()))
    async with fake.serving() as url, opened(url, adapter, **values) as provider:
        yield fake, provider


async def submitted(provider: OpenAI, request: Request = REQUEST) -> Done:
    done = await provider.submit(request, "aa" * 16)
    assert isinstance(done, Done)
    return done


async def test_a_request_says_what_was_ordered_and_its_cost_is_that_of_the_bill() -> None:
    async with served() as (fake, provider):
        done = await submitted(provider)
        (asked,) = fake.asked
        assert asked.body == {
            "model": "gpt-image-2.6-flare", "prompt": "a red fox", "n": 1, "size": "1536x1024", "output_format": "png",
            "quality": "medium",
        }  # fmt: skip
        assert done.cost == Cost(fake.billed, "USD", "usage")
        assert done.answers[0].told == {"size": "1536x1024", "quality": "medium", "output_format": "png"}


async def test_options_are_sent_as_they_were_chosen() -> None:
    options = {"quality": "max", "background": "transparent", "moderation": "low", "output_compression": 80}
    async with served() as (fake, provider):
        await submitted(provider, Request("gpt-image-2.6-flare", "紅色的狐狸", format="webp", options=options))
        assert options.items() <= fake.asked[0].body.items()
        assert (fake.asked[0].body["output_format"], fake.asked[0].body["prompt"]) == ("webp", "紅色的狐狸")


async def test_an_answer_without_usage_is_charged_by_the_table() -> None:
    async with served(Quirks(usage=False)) as (_, provider):
        assert (await submitted(provider)).cost is None


async def test_links_of_a_compatible_server_are_followed_and_the_prompt_that_it_used_is_told() -> None:
    async with served(Quirks(links=True, extra=True), adapter="openai-compatible") as (fake, provider):
        done = await submitted(provider, Request("gpt-image-2", "a fox"))
        (answer,) = done.answers
        assert answer.told["revised_prompt"] == "a fox, in detail"
        assert b"".join(await gathered(provider, answer)).startswith(b"\x89PNG")
        assert fake.asked[0].body["response_format"] == "b64_json"
        assert "quality" not in fake.asked[0].body and "output_format" not in fake.asked[0].body


@pytest.mark.parametrize(("chosen", "sent"), [("url", "url"), ("none", None)])
async def test_a_server_that_takes_no_response_format_is_sent_none(chosen: str, sent: str | None) -> None:
    options = {"response_format": chosen}
    async with served(adapter="openai-compatible", options=options) as (fake, provider):
        await submitted(provider, Request("gpt-image-2", "a fox"))
        assert fake.asked[0].body.get("response_format") == sent


async def test_only_what_is_meant_is_sent_whatever_the_environment_says(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_ADMIN_KEY", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID"):
        monkeypatch.setenv(name, "ambient-canary")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:1/ambient-canary")
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "X-Ambient: ambient-canary\nAuthorization: Bearer ambient-canary")
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    async with served(headers={"X-Studio": "yes"}) as (fake, provider):
        await submitted(provider)
        headers = {name.lower(): value for name, value in fake.asked[0].headers.items()}
        assert "ambient-canary" not in str(headers)
        assert set(headers) == {
            "host", "accept", "accept-encoding", "user-agent", "connection", "authorization", "content-type",
            "content-length", "x-studio", "x-stainless-raw-response",
        }  # fmt: skip
        assert (headers["authorization"], headers["user-agent"]) == (f"Bearer {KEY}", "Gesso")


async def test_a_server_without_a_key_is_sent_none() -> None:
    async with FakeOpenAI().serving() as url, opened(url, key=None) as provider:
        await submitted(provider)
    fake = FakeOpenAI()
    async with fake.serving() as url, opened(url, key=None, headers={"Api-Key": "another-way"}) as provider:
        await submitted(provider)
        headers = {name.lower(): value for name, value in fake.asked[0].headers.items()}
        assert "authorization" not in headers and headers["api-key"] == "another-way"


async def test_a_key_that_changes_is_the_next_requests_key() -> None:
    keys = [Secret("sk-old-0123456789"), Secret(KEY)]
    fake = FakeOpenAI(key=KEY)
    async with fake.serving() as url:
        provider = OpenAI(Profile("studio", "openai", base_url=url), Tools(tools().surroundings, lambda: keys[0]))
        assert (await provider.check()).code == "provider.auth"
        keys.pop(0)
        assert (await provider.check()).ok
        await provider.aclose()


async def test_two_profiles_have_their_own_servers_and_keys_at_the_same_time() -> None:
    one, two = FakeOpenAI(key="sk-one-0123456789"), FakeOpenAI(key="sk-two-0123456789")
    async with one.serving() as at_one, two.serving() as at_two:
        async with opened(at_one, key=one.key, name="one") as first, opened(at_two, key=two.key, name="two") as second:
            await asyncio.gather(*(submitted(each) for each in (first, second, first, second, first)))
    assert (len(one.bill), len(two.bill)) == (3, 2)


async def test_nothing_tells_the_secrets_whatever_goes_wrong(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    header, password = "header-canary-0123456789", "password-canary-0123456789"
    told = []
    faults = [Fault(each) for each in ("rate", "quota", "refuse", "retired", "drop")]
    faults += [Fault("error", status=500), Fault("garbage", body=f'"{KEY}"'.encode())]
    fake = FakeOpenAI(key=f"{KEY}-other", faults=faults)
    async with fake.serving() as url:
        for key in (KEY, f"{KEY}-other"):
            async with opened(url, key=key, headers={"X-Canary": header}) as provider:
                for _ in range(5):
                    told.append(await failure_of(provider))
                told += [repr(provider), str(await provider.check()), repr(vars(provider)), str(provider.models)]
        proxied = f"http://me:{password}@127.0.0.1:1"
        async with opened("https://api.openai.com/v1", proxy=proxied, headers={"X-Canary": header}) as provider:
            told += [await failure_of(provider), str(await provider.check()), repr(provider)]
    told.append(caplog.text)
    for canary in (KEY, header, password, base64.b64encode(f"me:{password}".encode()).decode()):
        assert canary not in "\n".join(told)
    assert len(caplog.records) > 20  # the libraries did talk


async def failure_of(provider: OpenAI) -> str:
    """All that a log could show of it."""
    try:
        await provider.submit(REQUEST, "aa" * 16)
    except ProviderError as error:
        return f"{''.join(traceback.format_exception(error))} {error!r} {error.params}"
    return ""


@pytest.mark.parametrize(
    ("base", "proxy", "leaves"),
    [
        ("http://127.0.0.1:1234/v1", "", False), ("http://localhost:1234/v1", "", False),
        ("http://[::1]:1/v1", "", False),
        ("http://192.168.1.5:1234/v1", "", True), ("https://api.openai.com/v1", "", True), ("", "", True),
        ("http://127.0.0.1:1234/v1", "http://proxy.example.org:3128", True), ("http://127.1:1234/v1", "", True),
    ],
)  # fmt: skip
async def test_prompts_stay_here_only_where_the_server_is_here(base: str, proxy: str, leaves: bool) -> None:
    async with opened(base, proxy=proxy) as provider:
        assert provider.leaves_machine is leaves


async def test_pictures_of_a_server_here_are_made_one_after_the_other_and_are_free_where_that_is_said() -> None:
    here = "http://127.0.0.1:1234/v1"
    for options in ({}, {"free": True}):  # a gateway stands on this machine too, and is paid
        async with opened(here, "openai-compatible", models=("flux",), options=options) as provider:
            (model,) = await provider.models()
            assert (model.free, provider.kind, provider.at_once) == (bool(options), "local", 1)
    async with opened("http://192.168.1.5/v1", "openai-compatible", models=("flux",), at_once=7) as provider:
        (model,) = await provider.models()
        assert (model.free, provider.kind, provider.at_once) == (False, "cloud", 7)


async def test_the_vendors_models_are_those_of_its_book_and_cost_no_request() -> None:
    async with served() as (fake, provider):
        assert {"gpt-image-2.6-sunburst", "gpt-image-1"} <= {each.id for each in await provider.models()}
        assert fake.listed == 0


async def test_a_profile_may_narrow_the_models_and_name_newer_ones() -> None:
    async with served(models=("gpt-image-2", "gpt-image-3")) as (_, provider):
        known, newer = await provider.models()
        assert (known.title, newer.id, newer.prices, newer.free) == ("GPT Image 2", "gpt-image-3", (), False)


async def test_a_model_retires_while_the_daemon_runs() -> None:
    clock = HandClock(1_796_000_000_000)  # 2026-11-29
    async with opened("", clock=clock) as provider:
        before = {each.id for each in await provider.models() if each.retired}
        await clock.sleep(3 * 86400)
        after = {each.id for each in await provider.models() if each.retired}
    assert after - before == {"gpt-image-1.5", "gpt-image-1-mini", "chatgpt-image-latest"}


async def test_the_list_of_a_compatible_server_is_asked_for_once_and_its_last_one_kept() -> None:
    clock = HandClock()
    async with served(adapter="openai-compatible", clock=clock) as (fake, provider):
        lists = await asyncio.gather(*(provider.models() for _ in range(5)))
        assert fake.listed == 1 and [each.id for each in lists[0]] == fake.models
        await clock.sleep(400)
        fake.models.append("new")
        assert [each.id for each in await provider.models()] == fake.models
        await clock.sleep(400)
        fake.key = "sk-changed-0123456789"
        assert [each.id for each in await provider.models()] == fake.models  # the last one known
        assert fake.listed == 3


async def test_a_list_that_was_never_had_is_an_error_and_asked_for_again() -> None:
    provider = OpenAI(Profile("lm", "openai-compatible", base_url="http://127.0.0.1:1/v1"), tools(None))
    with pytest.raises(Unreachable):
        await provider.models()
    await provider.aclose()
    async with Listening(answering(500, b"oops")).here() as server:
        async with opened(server.base_url, "openai-compatible") as provider:
            for _ in range(2):
                with pytest.raises(Unreachable):
                    await provider.models()
            assert server.reached == 2


async def test_a_server_that_tells_no_models_is_there_all_the_same() -> None:
    async with served(Quirks(lists=False), adapter="openai-compatible") as (_, provider):
        assert (await provider.check()).ok
        with pytest.raises(Unsupported, match="name them"):
            await provider.models()


async def test_a_list_without_end_is_cut() -> None:
    body = json.dumps({"data": [{"id": f"m{n}"} for n in range(3000)] + [{"id": "x" * 300}]}).encode()
    async with Listening(answering(200, body)).here() as server:
        async with opened(server.base_url, "openai-compatible") as provider:
            assert len(await provider.models()) == 500


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({"base_url": "api.openai.com/v1"}, "base_url"), ({"base_url": "ftp://x/v1"}, "base_url"),
        ({"base_url": "https://me:secret-canary@x/v1"}, "key has a place"),
        ({"base_url": "https://x/v1?key=canary"}, "key"),
        ({"base_url": "http://["}, "base_url"), ({"base_url": "https://x/v1", "proxy": "x:3128"}, "proxy"),
        ({"base_url": "https://x/v1", "options": {"timeout": "long"}}, "timeout"),
        ({"base_url": "https://x/v1", "options": {"idempotent": 1}}, "idempotent"), ({"base_url": ""}, "base_url"),
    ],
)  # fmt: skip
def test_a_profile_that_cannot_work_is_told_without_its_secrets(values: dict[str, Any], why: str) -> None:
    with pytest.raises(ValueError, match=why) as raised:
        OpenAI(Profile("x", "openai-compatible", **values), tools())
    assert "canary" not in str(raised.value)


async def test_a_paid_request_never_goes_over_a_connection_that_was_kept() -> None:
    """One that is closed while it is idle would leave an outcome unknown."""
    heads = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append(await request_of(reader))
        body = json.dumps({"data": [{"b64_json": "AAAA"}]}).encode()
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        await writer.drain()
        await reader.read()

    async with Listening(serve).here() as server, opened(server.base_url) as provider:
        for _ in range(3):
            await submitted(provider)
        assert server.reached == 3


@pytest.mark.parametrize("base", ["http://pictures.example.org/v1", "https://pictures.example.org/v1"])
async def test_a_proxy_hears_its_own_password_and_not_the_key(base: str) -> None:
    heads = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append((await request_of(reader)).partition(b"\r\n\r\n")[0].decode())
        body = json.dumps({"data": [{"url": "https://pictures.example.org/1.png"}]}).encode()
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        await writer.drain()

    async with Listening(serve).here() as server:
        proxy = f"http://me:p%40ss@127.0.0.1:{server.port}"
        async with opened(base, "openai-compatible", proxy=proxy) as provider:
            with pytest.raises(ProviderError):
                await gathered(provider, (await submitted(provider)).answers[0])
    told = base64.b64encode(b"me:p@ss").decode()
    assert f"Proxy-Authorization: Basic {told}" in heads[0]
    if base.startswith("http:"):  # the proxy passes on what it can read; then the picture is asked for through it too
        first, second = heads
        assert first.startswith("POST http://pictures.example.org/v1/images/generations ")
        assert f"authorization: bearer {KEY}".lower() in first.lower()
        assert second.startswith("CONNECT pictures.example.org:443 ") and f"Proxy-Authorization: Basic {told}" in second
    else:
        assert heads[0].startswith("CONNECT pictures.example.org:443 ")
    assert all(KEY not in head for head in heads if head.startswith("CONNECT"))


async def test_both_names_of_the_adapter_are_set_up_by_the_registry() -> None:
    profiles = [Profile("vendor", "openai"), Profile("lm", "openai-compatible", base_url="http://127.0.0.1:1234/v1")]
    async with Providers([(each, tools()) for each in profiles]) as providers:
        assert [(each.name, each.kind) for each in providers.all()] == [("vendor", "cloud"), ("lm", "local")]
        assert providers.broken == []


async def test_without_its_package_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "openai", None)
    monkeypatch.delitem(sys.modules, "providers.openai.adapter")
    async with Providers([(Profile("vendor", "openai"), tools())]) as providers:
        assert "pip install 'gesso[openai]'" in providers.broken[0].why


async def test_closing_leaves_nothing_open() -> None:
    async with served(Quirks(links=True), adapter="openai-compatible") as (_, provider):
        done = await submitted(provider, Request("gpt-image-2", "a fox"))
        await gathered(provider, done.answers[0])
    gc.collect()  # what was left open would warn here, and a warning is an error
