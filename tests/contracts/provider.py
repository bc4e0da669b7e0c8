"""What any provider must do: everything the carrier relies on, said without naming a service."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import NamedTuple

import pytest

from library.jobs.models import Request
from providers.base import Ability, Accepted, Done, ModelInfo, Provider
from providers.errors import ContentRefused, OutcomeUnknown, ProviderError, Unreachable
from providers.fetching import gathered
from providers.fitting import estimated, misfits

PNG = b"\x89PNG\r\n\x1a\n"


class Open(NamedTuple):
    """A provider over a service that charges, whose next requests can be made to fail."""

    provider: Provider
    charges: Callable[[], int]
    next: Callable[[str], None]  # "drop" after charging · "refuse" before · "slow": so slow that it can be cut off
    secret: str = ""


class ProviderContract:
    """Subclass with `opened`, which gives an open provider and its service."""

    def opened(self) -> AbstractAsyncContextManager[Open]:
        raise NotImplementedError

    async def model(self, provider: Provider, what: Ability = "paint") -> ModelInfo:
        return next(each for each in await provider.models() if each.may(what) and not each.retired)

    async def request(self, provider: Provider, prompt: str = "a red fox") -> Request:
        model = await self.model(provider)
        width, height = model.sizes.listed[0] if model.sizes.listed else model.sizes.usual
        return Request(model.id, prompt, width=width, height=height)

    async def done(self, provider: Provider, result: Done | Accepted) -> Done:
        async with asyncio.timeout(10):
            while isinstance(result, Accepted):
                state = await provider.poll(result.handle)
                if isinstance(state, Done):
                    return state
        assert isinstance(result, Done)
        return result

    async def test_its_models_have_names_of_their_own_and_take_their_usual_request(self) -> None:
        async with self.opened() as here:
            models = await here.provider.models()
            assert models and len({each.id for each in models}) == len(models)
            request = await self.request(here.provider)
            assert misfits(await self.model(here.provider), request) == []
            assert here.charges() == 0

    async def test_an_estimate_knows_its_bounds(self) -> None:
        async with self.opened() as here:
            found = estimated(await self.model(here.provider), await self.request(here.provider))
            if found.basis != "unknown":
                assert found.least is not None and found.most is not None and 0 <= found.least <= found.most

    async def test_asking_whether_it_is_there_costs_nothing(self) -> None:
        async with self.opened() as here:
            assert (await here.provider.check()).ok
            assert here.charges() == 0

    async def test_a_request_becomes_a_picture_and_one_charge_at_most(self) -> None:
        async with self.opened() as here:
            done = await self.done(
                here.provider, await here.provider.submit(await self.request(here.provider), "aa" * 16)
            )
            (answer,) = done.answers
            assert b"".join(await gathered(here.provider, answer)).startswith(PNG)
            assert here.charges() == 1 or (await self.model(here.provider)).free

    async def test_one_that_is_cut_off_leaves_it_usable(self) -> None:
        async with self.opened() as here:
            request = await self.request(here.provider)
            here.next("slow")
            cut_off = asyncio.create_task(here.provider.submit(request, "cd" * 16))
            await asyncio.sleep(0.5)  # until it is there
            cut_off.cancel()
            await asyncio.wait([cut_off])
            assert cut_off.cancelled() or cut_off.exception() is None  # it was quicker
            await self.done(here.provider, await here.provider.submit(request, "ef" * 16))

    async def test_what_it_cannot_do_it_says_in_errors_of_the_family(self) -> None:
        async with self.opened() as here:
            if not (await self.model(here.provider)).traits.finds:
                assert await self.told(here.provider.find("12" * 16)) in (None, True)
            assert await here.provider.cancel(b'{"token": "34"}') in ("cancelled", "too_late", "unsupported")

    async def told(self, work: object) -> object:
        try:
            return await work  # type: ignore[misc]
        except ProviderError:
            return True

    async def test_it_shows_no_secret(self) -> None:
        async with self.opened() as here:
            if here.secret:
                assert here.secret not in f"{here.provider!r} {here.provider} {vars(here.provider)}"

    async def test_it_is_closed_twice_without_harm(self) -> None:
        async with self.opened() as here:
            await here.provider.aclose()
            await here.provider.aclose()


class ChargingContract(ProviderContract):
    """The same for one that asks for money, and may lose an answer or refuse."""

    async def test_the_same_token_is_charged_once_where_it_says_so(self) -> None:
        async with self.opened() as here:
            request = await self.request(here.provider)
            first, second = [
                await self.done(here.provider, await here.provider.submit(request, "bb" * 16)) for _ in range(2)
            ]
            same = (await self.model(here.provider)).traits.idempotent
            assert here.charges() == (1 if same else 2)
            if same:
                pictures = [await gathered(here.provider, each.answers[0]) for each in (first, second)]
                assert pictures[0] == pictures[1]

    async def test_another_token_is_another_charge(self) -> None:
        async with self.opened() as here:
            request = await self.request(here.provider)
            for token in ("cc" * 16, "dd" * 16):
                await self.done(here.provider, await here.provider.submit(request, token))
            assert here.charges() == 2

    async def test_a_lost_answer_is_unknown_and_may_have_been_charged(self) -> None:
        async with self.opened() as here:
            request = await self.request(here.provider)
            here.next("drop")
            with pytest.raises(OutcomeUnknown):
                await here.provider.submit(request, "ee" * 16)
            assert here.charges() == 1
            if (await self.model(here.provider)).traits.finds:
                assert await here.provider.find("ee" * 16) is not None
                assert await here.provider.find("ff" * 16) is None

    async def test_a_refusal_has_a_reason_and_no_charge(self) -> None:
        async with self.opened() as here:
            request = await self.request(here.provider)
            here.next("refuse")
            with pytest.raises(ContentRefused) as refused:
                await here.provider.submit(request, "ab" * 16)
            assert str(refused.value)
            assert here.charges() == 0


class OverHttpContract(ChargingContract):
    """The same for one whose service is a server, which may be away."""

    def away(self) -> AbstractAsyncContextManager[Provider]:
        """A provider whose server is not there."""
        raise NotImplementedError

    async def test_a_server_that_is_away_was_sent_nothing(self) -> None:
        async with self.away() as provider:
            with pytest.raises(Unreachable) as away:
                await provider.submit(Request("some-model", "a red fox"), "56" * 16)
            assert away.value.sent == "no"
            health = await provider.check()
            assert (health.ok, health.code) == (False, "provider.unreachable")
