"""What any provider must do that speaks and embeds besides making pictures, said without naming a service."""

from __future__ import annotations

import math
from contextlib import AbstractAsyncContextManager, aclosing

import pytest

from library.jobs.models import Request
from providers.base import Provider
from providers.errors import (
    AuthError,
    ContentRefused,
    OutcomeUnknown,
    ProviderError,
    QuotaExhausted,
    RateLimited,
    Unreachable,
)
from providers.words.talking import Embedded, Embeds, End, Message, Piece, Question, Speaks
from tests.contracts.provider import OverHttpContract

UNKNOWN = ("drop", "hang", "error", "garbage", "page", "huge")
REFUSED: dict[str, type[ProviderError]] = {"rate": RateLimited, "quota": QuotaExhausted, "refuse": ContentRefused}


class TalkingContract(OverHttpContract):
    """Pictures, words and vectors of one server. Subclass with `opened`, `away` and `without_key`. What the service can
    be made to do next (`Open.next`), besides: rate (429, after 7 seconds), quota, error (500), hang, garbage, page (of
    HTML), huge, cut (in the middle), broken (the same, with a word of the server's), repeat.
    """

    def without_key(self) -> AbstractAsyncContextManager[Provider]:
        """A provider that lacks the key which its server wants."""
        raise NotImplementedError

    async def asked(
        self, provider: Provider, text: str = "a red fox", system: str = "", most: int | None = None
    ) -> tuple[list[str], End]:
        """The pieces of an answer, and its end."""
        assert isinstance(provider, Speaks)
        messages = (*([Message("system", system)] if system else []), Message("user", text))
        question = Question((await self.model(provider, "speak")).id, messages, most)
        pieces: list[str] = []
        async with aclosing(provider.speak(question, "aa" * 16)) as answer:
            async for each in answer:
                if isinstance(each, End):
                    return pieces, each
                assert isinstance(each, Piece) and each.text
                pieces.append(each.text)
        raise AssertionError("an answer ended without its end")

    async def embedded(self, provider: Provider, *texts: str) -> Embedded:
        assert isinstance(provider, Embeds)
        return await provider.embed((await self.model(provider, "embed")).id, texts, "bb" * 16)

    async def test_it_answers_in_words_and_is_charged_once(self) -> None:
        async with self.opened() as here:
            pieces, end = await self.asked(here.provider, "三隻狐狸 🦊")
            assert "".join(pieces) == "You said: 三隻狐狸 🦊"
            assert (end.stop, bool(end.model), here.charges()) == ("end", True, 1)
            assert end.tokens is None or (end.tokens.taken > 0 and end.tokens.given > 0)

    async def test_what_it_is_told_beforehand_is_heard(self) -> None:
        async with self.opened() as here:
            pieces, _ = await self.asked(here.provider, "a fox", system="Be brief.")
            assert "".join(pieces).startswith("Be brief.")

    async def test_an_answer_that_may_not_go_on_says_so(self) -> None:
        async with self.opened() as here:
            pieces, end = await self.asked(here.provider, "one two three four", most=2)
            assert ("".join(pieces), end.stop) == ("You said:", "length")

    async def test_every_text_has_its_vector(self) -> None:
        async with self.opened() as here:
            found = await self.embedded(here.provider, "fox", "狐狸", "fox")
            assert (len(found.vectors), here.charges()) == (3, 1)
            assert {len(each) for each in found.vectors} == {found.dimensions}
            assert all(math.isfinite(value) for each in found.vectors for value in each)
            assert found.vectors[0] == found.vectors[2] != found.vectors[1]

    @pytest.mark.parametrize("what", UNKNOWN)
    async def test_what_breaks_once_it_was_sent_leaves_its_outcome_unknown(self, what: str) -> None:
        async with self.opened() as here:
            here.next(what)
            with pytest.raises(OutcomeUnknown) as broken:
                await self.asked(here.provider)
            assert (broken.value.sent, here.charges()) == ("unknown", 0 if what == "error" else 1)
            here.next(what)
            with pytest.raises(OutcomeUnknown):
                await self.embedded(here.provider, "fox")
            assert here.charges() == (0 if what == "error" else 2), "it was asked again"

    @pytest.mark.parametrize("what", ["cut", "broken"])
    async def test_an_answer_that_stops_in_the_middle_is_no_answer(self, what: str) -> None:
        async with self.opened() as here:
            here.next(what)
            with pytest.raises(OutcomeUnknown) as broken:
                await self.asked(here.provider, "one two three four")
            assert here.charges() == 1
            assert here.secret not in str(broken.value) or not here.secret

    async def test_an_answer_that_comes_twice_is_one(self) -> None:
        async with self.opened() as here:
            here.next("repeat")
            assert "".join((await self.asked(here.provider))[0]) == "You said: a red fox"
            here.next("repeat")
            assert len((await self.embedded(here.provider, "fox")).vectors) == 1
            assert here.charges() == 2

    @pytest.mark.parametrize("what", REFUSED)
    async def test_a_refusal_has_its_reason_and_no_charge(self, what: str) -> None:
        async with self.opened() as here:
            for ask in (self.asked(here.provider), self.embedded(here.provider, "fox")):
                here.next(what)
                with pytest.raises(REFUSED[what]) as refused:
                    await ask
                assert refused.value.sent == "refused" and str(refused.value)
                if what == "rate":
                    assert refused.value.retry_after == 7.0
            assert here.charges() == 0

    async def test_one_that_hangs_up_leaves_it_usable(self) -> None:
        async with self.opened() as here:
            assert isinstance(here.provider, Speaks)
            question = Question((await self.model(here.provider, "speak")).id, (Message("user", "one two three"),))
            async with aclosing(here.provider.speak(question, "cc" * 16)) as answer:
                assert isinstance(await anext(answer), Piece)
            assert "".join((await self.asked(here.provider))[0]) == "You said: a red fox"

    async def test_a_server_that_is_away_was_asked_nothing(self) -> None:
        async with self.away() as provider:
            assert isinstance(provider, Speaks) and isinstance(provider, Embeds)
            with pytest.raises(Unreachable) as away:
                async with aclosing(provider.speak(Question("m", (Message("user", "x"),)), "dd" * 16)) as answer:
                    await anext(answer)
            assert away.value.sent == "no"
            with pytest.raises(Unreachable):
                await provider.embed("m", ["x"], "ee" * 16)

    async def test_a_key_that_is_missing_is_said(self) -> None:
        async with self.without_key() as provider:
            assert isinstance(provider, Speaks) and isinstance(provider, Embeds)
            with pytest.raises(AuthError):
                async with aclosing(provider.speak(Question("m", (Message("user", "x"),)), "dd" * 16)) as answer:
                    await anext(answer)
            with pytest.raises(AuthError):
                await provider.embed("m", ["x"], "ee" * 16)
            with pytest.raises(AuthError):
                await provider.submit(Request("m", "a fox"), "ff" * 16)
