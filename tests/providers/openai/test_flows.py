"""Batches over HTTP, from the queue through the adapter to a server with a bill, and back into the library."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path

from library.jobs.models import Estimate, Job, Request
from library.jobs.queue import Wanted
from providers.fakes.faults import Fault
from providers.fakes.openai import FakeOpenAI, Quirks
from providers.fitting import estimated
from providers.openai.adapter import OpenAI
from tests.providers.house import KEY, opened
from tests.providers.shop import Shop, shop

MODEL = "gpt-image-2.6-flare"
QUICK = 100.0  # times as fast as the machine's the clock of the queue runs


async def order(here: Shop, provider: OpenAI, *prompts: str) -> None:
    await here.library.queue.enqueue(await wanted(provider, *prompts))


async def wanted(provider: OpenAI, *prompts: str) -> list[Wanted]:
    model = next(each for each in await provider.models() if each.id == MODEL)
    requests = [Request(MODEL, prompt) for prompt in prompts]
    return [Wanted(provider.name, request, estimated(model, request)) for request in requests]


def states(jobs: list[Job]) -> Counter[str]:
    return Counter(job.state for job in jobs)


async def test_sixty_jobs_with_a_rate_limit_at_each_third_call_all_succeed(tmp_path: Path) -> None:
    faults = [Fault("rate", seconds=3.0) if number % 3 == 2 else None for number in range(90)]
    fake = FakeOpenAI(key=KEY, faults=faults, seconds=0.005)
    async with fake.serving() as url, opened(url, at_once=3) as provider, shop(tmp_path, provider) as here:
        await order(here, provider, *(f"a fox, {number}" for number in range(60)))
        jobs = await here.until_quiet(60)
        assert states(jobs) == {"done": 60}
        assert here.spent() == {"USD": fake.billed} and len(fake.bill) == 60 and here.open() == 0
        assert {charge.prompt for charge in fake.bill} == {f"a fox, {number}" for number in range(60)}
        assert len({job.assets for job in jobs}) == 60  # each has a picture of its own
    assert len(fake.asked) == 60 + 29 and 1 < fake.most_in_flight <= 3
    moments = [each.moment for each in fake.asked]
    for index in range(2, 89, 3):  # the one that was turned down; what was on its way then is not held back
        within = [each for each in moments[index + 1 :] if (each - moments[index]) * QUICK < 2.9]
        assert len(within) <= 2


async def test_two_profiles_of_one_adapter_share_a_batch(tmp_path: Path) -> None:
    one, two = FakeOpenAI(key="sk-one-0123456789"), FakeOpenAI(key="sk-two-0123456789")
    async with one.serving() as at_one, two.serving() as at_two:
        async with opened(at_one, key=one.key, name="one") as first, opened(at_two, key=two.key, name="two") as second:
            async with shop(tmp_path, first, second) as here:
                both = [await wanted(each, *(f"a fox, {number}" for number in range(6))) for each in (first, second)]
                await here.library.queue.enqueue([each for pair in zip(*both, strict=True) for each in pair])
                jobs = await here.until_quiet()
                assert Counter((job.provider, job.state) for job in jobs) == {("one", "done"): 6, ("two", "done"): 6}
                assert here.spent() == {"USD": one.billed + two.billed}
    assert (len(one.bill), len(two.bill)) == (6, 6)


async def test_a_lost_answer_waits_for_a_decision_and_is_not_asked_for_again(tmp_path: Path) -> None:
    fake = FakeOpenAI(key=KEY, faults=[Fault("drop"), Fault("error", status=500), Fault("hang")])
    async with (
        fake.serving() as url,
        opened(url, options={"timeout": 0.3}) as provider,
        shop(tmp_path, provider) as here,
    ):
        await order(here, provider, "dropped", "failed", "silent")
        jobs = await here.until_quiet()
        assert states(jobs) == {"unknown": 3}
        assert (len(fake.asked), len(fake.bill), here.open(), here.spent()) == (3, 2, 3, {})


async def test_a_gateway_that_knows_its_requests_is_asked_again_and_charges_once(tmp_path: Path) -> None:
    faults = [Fault("drop"), None, Fault("error", status=502, billed=True), Fault("hang"), None]
    fake = FakeOpenAI(key=KEY, faults=faults, quirks=Quirks(idempotent=True))
    options = {"idempotent": True, "timeout": 0.3}
    async with fake.serving() as url, opened(url, options=options) as provider, shop(tmp_path, provider) as here:
        await order(here, provider, *(f"{number}" for number in range(8)))
        jobs = await here.until_quiet()
        assert states(jobs) == {"done": 8}
        assert (len(fake.bill), here.spent()) == (8, {"USD": fake.billed})
    assert len(fake.asked) == 11


async def test_an_answer_that_comes_twice_is_one_picture_and_one_charge(tmp_path: Path) -> None:
    fake = FakeOpenAI(key=KEY, faults=[Fault("repeat")] * 3)
    async with fake.serving() as url, opened(url) as provider, shop(tmp_path, provider) as here:
        await order(here, provider, "a", "b", "c")
        jobs = await here.until_quiet()
        assert states(jobs) == {"done": 3}
        assert here.spent() == {"USD": fake.billed} and len(fake.bill) == 3


async def test_a_link_that_died_is_told_as_paid_and_lost(tmp_path: Path) -> None:
    fake = FakeOpenAI(key=KEY, faults=[Fault("expire"), None], quirks=Quirks(links=True))
    async with fake.serving() as url, opened(url, at_once=1) as provider, shop(tmp_path, provider) as here:
        await order(here, provider, "lost", "kept")
        lost, kept = await here.until_quiet()
        assert lost.failure is not None
        assert (lost.state, lost.failure.code, kept.state) == ("failed", "provider.expired", "done")
        assert here.spent() == {"USD": fake.billed} and len(fake.bill) == 2


async def test_a_server_that_starts_later_is_waited_for(tmp_path: Path) -> None:
    fake = FakeOpenAI(models=[MODEL])
    async with fake.serving() as url:
        pass
    port = int(url.split(":")[2].split("/")[0])
    async with opened(url, "openai-compatible", key=None) as provider, shop(tmp_path, provider) as here:
        await here.library.queue.enqueue([Wanted(provider.name, Request(MODEL, "a fox"), Estimate("unknown"))])
        await here.until(lambda: here.jobs()[0].state == "waiting")
        assert here.jobs()[0].reason == "network"
        async with fake.serving(port=port):
            (job,) = await here.until_quiet()
        assert (job.state, here.spent()) == ("done", {})


async def test_whatever_happens_the_ledger_and_the_bill_agree_to_the_cent(tmp_path: Path) -> None:
    chance = random.Random(7)
    kinds = [
        None, None, None, Fault("rate", seconds=1.0), Fault("refuse"), Fault("quota"), Fault("drop"), Fault("repeat"),
        Fault("error", status=500), Fault("error", status=502, billed=True), Fault("error", status=503),
        Fault("expire"), Fault("garbage", body=b"<html>"), Fault("hang"), Fault("slow", seconds=0.05),
    ]  # fmt: skip
    fake = FakeOpenAI(key=KEY, faults=[chance.choice(kinds) for _ in range(80)], quirks=Quirks(links=True))
    options = {"timeout": 0.3}
    async with fake.serving() as url, opened(url, options=options, at_once=6) as provider:
        async with shop(tmp_path, provider) as here:
            await order(here, provider, *(f"{number}, {'x' * chance.randrange(200)}" for number in range(80)))
            jobs = await here.until_quiet(60)
            assert states(jobs)["done"] > 20 and states(jobs)["unknown"] > 10
            billed = Counter(charge.prompt for charge in fake.bill)
            assert max(billed.values()) == 1  # nobody paid twice
            known = sum(c.micros for c in fake.bill if state_of(jobs, c.prompt) != "unknown")
            assert here.spent() == {"USD": known}
            assert here.open() == states(jobs)["unknown"]
            for job in jobs:
                if job.state == "done":
                    assert billed[job.request.prompt] == 1


def state_of(jobs: list[Job], prompt: str) -> str:
    return next(job.state for job in jobs if job.request.prompt == prompt)


async def test_how_long_a_picture_takes_is_what_the_settings_of_a_compatible_server_say() -> None:
    async with FakeOpenAI().serving() as url:
        async with opened(url, "openai-compatible", options={"seconds": 40.0}) as provider:
            assert {each.seconds for each in await provider.models()} == {(40.0, 40.0)}
        async with opened(url, "openai-compatible") as provider:
            assert {each.seconds for each in await provider.models()} == {None}
