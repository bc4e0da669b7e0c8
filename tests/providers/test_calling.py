"""Words for money: one line of the ledger before, one after, and none sent twice, whatever comes between."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Sequence
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from identity.keys import verify
from library.catalog import Library
from library.errors import Clash, NotFound
from library.events import Bus
from library.jobs.budget import Budget, Standing
from library.jobs.ledger import Open, spent_since
from library.jobs.models import AttemptId, Cost, JobId
from library.jobs.rows import LedgerEntry, add_entry
from library.surroundings import Surroundings
from library.workspace import Workspace
from providers.base import ModelInfo, TokenPrice, Traits
from providers.errors import AuthError, ContentRefused, OutcomeUnknown, ProviderError, RateLimited, Unreachable
from providers.limits import Limits
from providers.runner import Runner, Work
from providers.words.calling import Calling, Voice
from providers.words.talking import End, Message, Piece, Question
from store.database import Connection, Database
from tests.library.house import first_operation, look
from tests.providers.killed import Only
from tests.providers.killed_calls import KEY, QUESTIONS, Speaker
from tests.providers.scripted import CENT, Painter
from tests.providers.test_kills import NEVER, Lives

KILLS, MANY = 12, 150


class Mouth(Painter):
    """Says what it is told to; an error is raised in its place."""

    said: Sequence[str | End | ProviderError] = ()
    times = 0

    async def speak(self, question: Question, token: str) -> AsyncGenerator[Piece | End]:
        self.times += 1
        for each in self.said:
            await asyncio.sleep(0)
            if isinstance(each, ProviderError):
                raise each
            yield Piece(each) if isinstance(each, str) else each


class Here(NamedTuple):
    """A library, one that speaks, and whoever asks it."""

    library: Library
    mouth: Mouth
    calling: Calling
    limits: Limits

    async def ask(
        self, *said: str | End | ProviderError, free: bool = False, traits: Traits = Traits()
    ) -> list[Piece | End]:
        self.mouth.said = said
        voice = Voice(self.mouth, ModelInfo("oil", "Oil", can=("speak",), free=free, traits=traits))
        question = Question("oil", (Message("user", "a red fox"),))
        async with aclosing(self.calling.ask(self.library.calls, voice, question)) as answer:
            return [each async for each in answer]

    def spent(self) -> tuple[dict[str, int], int, int]:
        found = self.library.workspace.database.read_now(lambda connection: spent_since(connection, 0))
        return found.amounts, found.charges, found.unpriced


@asynccontextmanager
async def here(folder: Path, *, begun: bool = False) -> AsyncIterator[Here]:
    around = Surroundings(random=random.Random(8 if begun else 7))
    async with Workspace(folder / "library", KEY, around, Bus()) as workspace:
        if not begun:
            await workspace.found(lambda nonce: first_operation(KEY), "Studio")
        library = Library(workspace, look, verify, lambda device: device.hex()[:8])
        mouth, limits = Mouth(), Limits(around.clock.elapsed)
        yield Here(library, mouth, Calling(Only(mouth), limits), limits)


END = End("end", "oil", None, Cost(CENT, "USD", "usage"))


@pytest.mark.parametrize("amount", [-5 * CENT, 10**30])
async def test_cost_that_cannot_be_is_not_known(tmp_path: Path, amount: int) -> None:
    async with here(tmp_path) as it:
        (*_, end) = await it.ask("It", End("end", "oil", None, Cost(amount, "USD", "reported")))
        assert isinstance(end, End) and end.cost == Cost(None, "", "unknown")
        assert it.spent() == ({}, 1, 1) and it.library.calls.unknown() == []


async def test_what_an_answer_costs_is_charged_once_it_is_whole(tmp_path: Path) -> None:
    async with here(tmp_path) as it:
        assert (await it.ask("It", " is.", END))[-1] == END
        assert (it.spent(), it.library.calls.unknown()) == (({"USD": CENT}, 1, 0), [])
        (*_, untold) = await it.ask("It", End("end", "oil"))
        assert isinstance(untold, End) and untold.cost == Cost(None, "", "unknown")
        assert (it.spent(), it.library.calls.unknown()) == (({"USD": CENT}, 2, 1), [])


async def test_no_paid_answer_is_begun_once_the_limit_of_the_month_is_reached(tmp_path: Path) -> None:
    async with here(tmp_path) as it:
        workspace = it.library.workspace
        limits = {"USD": 2 * CENT}
        budget = Budget(lambda: limits, lambda: [workspace], workspace.surroundings.clock.now)
        it = it._replace(calling=Calling(Only(it.mouth), it.limits, budget=budget))
        await it.ask("It", END)
        await it.ask("It", END)
        with pytest.raises(Clash, match="reached"):
            await it.ask("It", END)
        assert (it.spent(), it.library.calls.unknown()) == (({"USD": 2 * CENT}, 2, 0), [])
        (*_, end) = await it.ask("It", END, free=True)
        assert isinstance(end, End)
        limits["USD"] += 1
        assert (await it.ask("It", END))[-1] == END


TEN_CENTS = ModelInfo("oil", "Oil", can=("speak",), tokens=TokenPrice(0, 10_000_000, "USD", "2026-11-01"))


def limited(it: Here, micros: int) -> tuple[Here, Budget]:
    """Where a month may cost so much."""
    workspace = it.library.workspace
    budget = Budget(lambda: {"USD": micros}, lambda: [workspace], workspace.surroundings.clock.now)
    return it._replace(calling=Calling(Only(it.mouth), it.limits, budget=budget)), budget


async def ask_for_ten_cents(it: Here) -> str:
    """Of which at most ten cents are known; what became of it."""
    question = Question("oil", (Message("user", "a red fox"),), most=10_000)
    try:
        async with aclosing(it.calling.ask(it.library.calls, Voice(it.mouth, TEN_CENTS), question)) as answer:
            return "answered" if [each async for each in answer] else ""
    except (Clash, ProviderError) as error:
        return error.code


async def test_answers_under_way_count_at_the_most_that_they_may_come_to(tmp_path: Path) -> None:
    async with here(tmp_path) as it:
        it, budget = limited(it, 25 * CENT)
        it.mouth.said = ("It", End("end", "oil", None, Cost(8 * CENT, "USD", "usage")))
        ends = Counter(await asyncio.gather(*(ask_for_ten_cents(it) for _ in range(8))))
        assert ends == {"answered": 2, "ask.budget.most": 6}
        assert (it.spent(), it.mouth.times) == (({"USD": 16 * CENT}, 2, 0), 2)
        assert await budget.standing() == [Standing("USD", 25 * CENT, 16 * CENT, 0, 0)]


async def test_answers_that_nobody_knows_about_count_until_they_are_decided(tmp_path: Path) -> None:
    async with here(tmp_path) as it:
        it, budget = limited(it, 11 * CENT)
        it.mouth.said = ("It", OutcomeUnknown("broke"))
        ends = [await ask_for_ten_cents(it) for _ in range(3)]
        assert (ends[1:], it.mouth.times) == (["ask.budget.most"] * 2, 1)
        assert [each.open for each in await budget.standing()] == [10 * CENT]
        calls = it.library.calls.unknown()
        assert it.library.queue.still_open(calls) == Open({"USD": 10 * CENT}, 1, 0), "each once"
    async with here(tmp_path, begun=True) as it:
        it, budget = limited(it, 11 * CENT)
        assert await ask_for_ten_cents(it) == "ask.budget.most", "also after a start"
        await it.library.calls.resolve(calls[0].attempt.hex(), False)
        assert [each.open for each in await budget.standing()] == [0]
        it.mouth.said = ("It", END)
        assert await ask_for_ten_cents(it) == "answered"
        assert (await it.library.care.verify()).problems == []


async def test_a_call_whose_line_is_gone_is_listed_and_can_be_decided(tmp_path: Path) -> None:
    async with here(tmp_path) as it:
        with pytest.raises(OutcomeUnknown):
            await it.ask(OutcomeUnknown("broke"))
        await it.library.workspace.write(lambda connection: connection.execute("DELETE FROM ledger"), ())
    async with here(tmp_path, begun=True) as it:
        (call,) = it.library.calls.unknown()
        assert it.library.queue.still_open([call]) == Open({}, 1, 1)
        await it.library.calls.resolve(call.attempt.hex(), True, Cost(CENT, "USD", "decided"))
        assert (it.spent(), it.library.calls.unknown()) == (({"USD": CENT}, 1, 0), [])


async def test_a_question_is_no_slower_beside_a_ledger_of_years(tmp_path: Path) -> None:
    async with here(tmp_path) as it:

        def years(connection: Connection) -> None:
            for number in range(3000):
                for kind in ("intent", "charge"):
                    id = AttemptId(number.to_bytes(16, "big"))
                    add_entry(connection, LedgerEntry(id, kind, JobId(b"j" * 16), "painter", "oil", number))  # type: ignore[arg-type]

        await it.library.workspace.write(years, ())
        database, steps = it.library.workspace.database, 0

        def counted(work: Callable[[Connection], Any]) -> Any:
            def read(connection: Connection) -> Any:
                def step() -> None:
                    nonlocal steps
                    steps += 1

                connection.set_progress_handler(step, 100)
                try:
                    return work(connection)
                finally:
                    connection.set_progress_handler(None, 0)

            return Database.read_now(database, read)

        database.read_now = counted  # type: ignore[method-assign]
        await it.ask("It", END)
        assert it.library.calls.unknown() == []
        assert steps < 30, "hundreds of SQLite's steps on the loop"


async def test_a_free_answer_stands_in_no_ledger(tmp_path: Path) -> None:
    async with here(tmp_path) as it:
        (*_, end) = await it.ask("It", END, free=True)
        assert isinstance(end, End) and end.cost == Cost(0, "", "free")
        with pytest.raises(OutcomeUnknown):
            await it.ask("It", OutcomeUnknown("broke"), free=True)
        assert (it.spent(), it.library.calls.unknown()) == (({}, 0, 0), [])


@pytest.mark.parametrize("said", [(OutcomeUnknown("broke"),), ("It", OutcomeUnknown("broke")), ("It",), ()])
async def test_one_that_broke_off_waits_for_a_decision(tmp_path: Path, said: tuple[str | ProviderError, ...]) -> None:
    async with here(tmp_path) as it:
        with pytest.raises(OutcomeUnknown):
            await it.ask(*said)
        (call,) = it.library.calls.unknown()
        assert (call.provider, call.model, call.about, call.job) == ("painter", "oil", "a red fox", b"")
        assert (it.mouth.times, it.spent()) == (1, ({}, 0, 0))
        for charged, spent in ((True, ({}, 1, 1)),):
            await it.library.calls.resolve(call.attempt.hex()[:6], charged)
            assert (it.spent(), it.library.calls.unknown()) == (spent, [])
        with pytest.raises(NotFound):
            await it.library.calls.resolve(call.attempt.hex(), True)


async def test_several_are_decided_together_or_not_at_all(tmp_path: Path) -> None:
    async with here(tmp_path) as it:
        for _ in range(3):
            with pytest.raises(OutcomeUnknown):
                await it.ask(OutcomeUnknown("broke"))
        first, *rest = (each.attempt.hex() for each in it.library.calls.unknown())
        await it.library.calls.resolve(first, False)
        with pytest.raises(NotFound):
            await it.library.calls.resolve_all([*rest, first], True)
        assert len(it.library.calls.unknown()) == 2
        await it.library.calls.resolve_all([*rest, rest[0][:12]], True, Cost(2 * CENT, "USD", "decided"))
        assert (it.spent()[0], it.library.calls.unknown()) == ({"USD": 4 * CENT}, [])


@pytest.mark.parametrize("error", [AuthError("no"), RateLimited("later"), Unreachable("away"), ContentRefused("no")])
async def test_one_that_was_turned_down_costs_nothing(tmp_path: Path, error: ProviderError) -> None:
    async with here(tmp_path) as it:
        with pytest.raises(type(error)):
            await it.ask(error)
        assert (it.spent(), it.library.calls.unknown(), it.mouth.times) == (({}, 0, 0), [], 1)


async def test_a_refusal_that_is_billed_is_counted(tmp_path: Path) -> None:
    async with here(tmp_path) as it:
        for error in (ContentRefused("no", billed=True), ContentRefused("no")):
            with pytest.raises(ContentRefused):
                await it.ask(error, traits=Traits(bills_refusals=not error.billed))
        assert it.spent() == ({}, 2, 2)


async def test_one_that_is_told_to_wait_is_not_asked_meanwhile(tmp_path: Path) -> None:
    async with here(tmp_path) as it:
        with pytest.raises(RateLimited):
            await it.ask(RateLimited("later", retry_after=60.0))
        with pytest.raises(RateLimited) as later:
            await it.ask("It", END)
        assert it.mouth.times == 1 and later.value.retry_after is not None and 50 < later.value.retry_after <= 60
        assert it.limits.open([it.mouth]) == [], "pictures wait as well"


async def test_whoever_hangs_up_leaves_a_call_to_decide_and_none_under_way(tmp_path: Path) -> None:
    async with here(tmp_path) as it:
        it.mouth.said = ("It", " is", END)
        voice = Voice(it.mouth, ModelInfo("oil", "Oil", can=("speak",)))
        answer = it.calling.ask(it.library.calls, voice, Question("oil", (Message("user", "x" * 900),)))
        assert await anext(answer) == Piece("It")
        assert it.library.calls.unknown() == [], "it is under way"
        opened = it.library.workspace.database.read_now(lambda each: each.execute("SELECT id FROM ledger").fetchall())
        with pytest.raises(Clash):
            await it.library.calls.resolve(opened[0][0][:16].hex(), True)
        await answer.aclose()
        (call,) = it.library.calls.unknown()
        assert len(call.about) == 200


@pytest.fixture(scope="module")
def lives() -> Iterator[Lives]:
    started = Lives("tests.providers.killed_calls")
    yield started
    started.end()


async def check(folder: Path, told: str) -> int:
    """Every charge stands in the ledger or is listed; nothing is sent again once the program runs anew."""
    billed = (folder / "bill").read_text().split()
    assert len(billed) == len(set(billed)) <= len(QUESTIONS)
    async with Workspace(folder / "library", KEY, Surroundings(), Bus()) as workspace:
        library = Library(workspace, look, verify, lambda device: device.hex()[:8])
        speaker = Speaker(folder / "bill")
        works = [Work(library.queue, library.carrying, library.storing)]
        running = asyncio.create_task(Runner(Only(speaker), lambda: works, Surroundings()).run())
        await asyncio.sleep(0.02)
        running.cancel()
        await asyncio.wait([running])
        assert (folder / "bill").read_text().split() == billed, "it was sent again"
        unknown = {each.attempt.hex() for each in library.calls.unknown()}
        rows = workspace.database.read_now(
            lambda each: each.execute("SELECT id FROM ledger WHERE kind='charge'").fetchall()
        )
        charged = {id[:16].hex() for (id,) in rows}
        assert charged <= set(billed) <= charged | unknown and not charged & unknown
        assert len(unknown) <= 1, "they are asked one after the other"
        assert told.count("answered") <= len(charged), "an answer was given whose cost is not written down"
        assert (await library.care.verify(read_data=True)).problems == []
        return len(unknown)


def killed(lives: Lives, folder: Path, seed: int, last: int) -> int:
    folder.mkdir()
    (folder / "bill").touch()
    _, told = lives.run(folder, seed, last)
    assert "begun" in told
    return asyncio.run(check(folder, told))


def kill_some(lives: Lives, folder: Path, seeds: range) -> None:
    whole = folder / "whole"
    whole.mkdir()
    code, told = lives.run(whole, 0, NEVER)
    assert code == 0
    steps, chance = int(told.split()[-1]), random.Random(5)
    unknown = [killed(lives, folder / f"{seed}", seed, chance.randint(1, steps)) for seed in seeds]
    assert 0 < sum(unknown) < len(unknown), "no kill came between a request and its answer"


@pytest.mark.process
def test_killed_while_asking(lives: Lives, tmp_path: Path) -> None:
    kill_some(lives, tmp_path, range(KILLS))


@pytest.mark.process
@pytest.mark.long
def test_killed_often_while_asking(lives: Lives, tmp_path: Path) -> None:
    kill_some(lives, tmp_path, range(1000, 1000 + MANY))
