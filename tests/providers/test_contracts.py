"""Every adapter under the contract of providers."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import ClassVar

from providers.base import Provider, Traits
from providers.errors import ContentRefused
from providers.fakes.faults import Fault
from providers.fakes.openai import FakeOpenAI, Quirks
from providers.registry import Profile, Providers
from tests.contracts.provider import ChargingContract, Open, OverHttpContract, ProviderContract
from tests.contracts.talking import TalkingContract
from tests.providers.house import KEY, opened, tools
from tests.providers.scripted import Painter, QuickClock, Service
from tests.providers.servers import free_port

FAULTS = {
    "drop": Fault("drop"),
    "refuse": Fault("refuse"),
    "slow": Fault("slow", seconds=1.0),
    "rate": Fault("rate", seconds=7.0),
    "quota": Fault("quota"),
    "error": Fault("error"),
    "hang": Fault("hang"),
    "garbage": Fault("garbage", body=b'{"choices": [{"delta": {"content": 7}}], "data": [{"embedding": ["x"]}]}'),
    "page": Fault("garbage", body=b"<html>Sign in</html>", type="text/html"),
    "huge": Fault("garbage", body=b"data: " + b"x" * (2 << 20) + b"\n\n", type="text/event-stream"),
    "cut": Fault("cut"),
    "broken": Fault("cut", body=b'{"error": {"message": "out of memory, key %s"}}' % KEY.encode()),
    "repeat": Fault("repeat"),
}


class OverOpenAI(OverHttpContract):
    adapter = "openai"
    quirks = Quirks()
    options: ClassVar[dict[str, object]] = {}

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[Open]:
        fake = FakeOpenAI(key=KEY, quirks=self.quirks, models=["gpt-image-2.6-sunburst"])
        async with fake.serving() as url, opened(url, self.adapter, options=self.options) as provider:
            yield Open(provider, lambda: len(fake.bill), lambda what: fake.script.add(FAULTS[what]), KEY)

    def away(self) -> AbstractAsyncContextManager[Provider]:
        return opened(f"http://127.0.0.1:{free_port()}/v1", self.adapter, options=self.options)


class OverTalkingOpenAI(OverOpenAI, TalkingContract):
    key: str | None = KEY
    options: ClassVar[dict[str, object]] = {"timeout": 0.5}
    models: tuple[str, ...] = ("gpt-image-2.6-sunburst", "gpt-5.6-luna", "text-embedding-3-small")

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[Open]:
        fake = FakeOpenAI(key=self.key or "", quirks=self.quirks, models=self.models)
        async with fake.serving() as url, opened(url, self.adapter, key=self.key, options=self.options) as provider:
            yield Open(provider, lambda: len(fake.bill), lambda what: fake.script.add(FAULTS[what]), self.key or "")

    @asynccontextmanager
    async def without_key(self) -> AsyncIterator[Provider]:
        async with FakeOpenAI(key=KEY).serving() as url, opened(url, self.adapter, key=None) as provider:
            yield provider


class TestOpenAI(OverTalkingOpenAI):
    pass


class TestServerOfOneModelWithoutAKey(OverTalkingOpenAI):
    adapter = "openai-compatible"
    key = None
    quirks = Quirks(usage=False)
    models = ("qwen3-8b",)


class TestGatewayWithAKeyThatAnswersAtOnce(OverTalkingOpenAI):
    adapter = "openai-compatible"
    quirks = Quirks(pieces=False, extra=True, strict=False)
    models = ("some/model",)

    # What comes at once cannot stop in the middle.
    test_an_answer_that_stops_in_the_middle_is_no_answer = None  # type: ignore[assignment]


class TestServerThatAnswersWithLinks(OverOpenAI):
    adapter = "openai-compatible"
    quirks = Quirks(links=True, usage=False, extra=True)


class TestGatewayThatKnowsItsRequests(OverOpenAI):
    quirks = Quirks(idempotent=True)
    options: ClassVar[dict[str, object]] = {"idempotent": True}


class TestSketch(ProviderContract):
    @asynccontextmanager
    async def opened(self) -> AsyncIterator[Open]:
        async with Providers([(Profile("sketch", "sketch"), tools(None))]) as providers:
            provider = providers.get("sketch")
            assert provider is not None
            yield Open(provider, lambda: 0, lambda what: None)


class OverPainter(ChargingContract):
    traits = Traits()

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[Open]:
        painter = Painter(traits=self.traits, clock=QuickClock())

        def prepare(what: str) -> None:
            painter.seconds = 100.0 if what == "slow" else 0.0
            painter.faults = [] if what == "slow" else ["drop" if what == "drop" else ContentRefused("no")]

        yield Open(painter, lambda: painter.bill.total(), prepare)


class TestPainter(OverPainter):
    pass


class TestPainterThatKnowsItsJobs(OverPainter):
    traits = Traits(idempotent=True)


class TestPainterWithJobs(OverPainter):
    traits = Service(delivery="job", finds=True, cancel="any", tells_cost="done")
