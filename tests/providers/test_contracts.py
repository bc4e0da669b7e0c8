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
from tests.providers.house import KEY, opened, tools
from tests.providers.scripted import Painter, QuickClock
from tests.providers.servers import free_port

FAULTS = {"drop": Fault("drop"), "refuse": Fault("refuse"), "slow": Fault("slow", seconds=1.0)}


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


class TestOpenAI(OverOpenAI):
    pass


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
    traits = Traits(delivery="job", finds=True, cancel="any", tells_cost="done")
