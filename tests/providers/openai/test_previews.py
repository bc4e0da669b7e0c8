"""Pictures that come in events: what is shown on their way, what that costs, and what one that breaks leaves open."""

from __future__ import annotations

import asyncio
import base64
import json
import random
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from library.jobs.models import Cost, Request
from library.jobs.queue import Wanted
from providers.base import Done, Preview
from providers.errors import BadAnswer, ContentRefused, OutcomeUnknown, ProviderError
from providers.fakes.faults import Fault
from providers.fakes.openai import FakeOpenAI, Quirks
from providers.fakes.pictures import coarser, painted
from providers.fitting import by_price, estimated, misfits
from providers.openai.adapter import OpenAI
from providers.openai.coming import Coming
from tests.providers.house import KEY, opened
from tests.providers.servers import Listening, Serve, request_of
from tests.providers.shop import shop

MODEL = "gpt-image-2.6-flare"
REQUEST = Request(MODEL, "a red fox", options={"previews": 3, "quality": "low"})
PREVIEW = 100 * 30  # micros


async def shown(provider: OpenAI, request: Request = REQUEST) -> tuple[list[bytes], Done]:
    seen: list[Preview] = []
    done = await provider.submit_shown(request, "aa" * 16, seen.append)
    assert isinstance(done, Done)
    return [each.data for each in seen], done


async def failure(provider: OpenAI) -> ProviderError:
    with pytest.raises(ProviderError) as raised:
        await shown(provider)
    return raised.value


def event(what: str, **more: Any) -> bytes:
    return b"data: " + json.dumps({"type": f"image_generation.{what}", **more}).encode() + b"\n\n"


def picture(number: int) -> str:
    return base64.b64encode(painted(number)).decode()


def streaming(*events: bytes, whole: bool = True) -> Serve:
    """Answers with these events; where that is not the whole answer, the connection breaks then."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await request_of(reader)
        body = b"".join(events)
        length = len(body) if whole else len(body) + 100
        writer.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: %d\r\n\r\n" % length + body
        )
        await writer.drain()

    return serve


async def test_previews_come_in_their_order_and_are_on_the_bill() -> None:
    fake = FakeOpenAI(key=KEY)
    async with fake.serving() as url, opened(url) as provider:
        seen, done = await shown(provider)
        without = await provider.submit(Request(MODEL, "a red fox", options={"quality": "low"}), "bb" * 16)
    assert seen == [coarser(painted(1), steps) for steps in (3, 2, 1)]
    assert done.answers[0].data == painted(1)
    assert done.answers[0].told == {"size": "1024x1024", "quality": "low", "background": "auto", "output_format": "png"}
    first, second = fake.bill
    assert done.cost == Cost(first.micros, "USD", "usage") and isinstance(without, Done)
    assert first.micros - second.micros == 3 * PREVIEW
    assert (fake.asked[0].body["stream"], fake.asked[0].body["partial_images"]) == (True, 3)
    assert "previews" not in fake.asked[0].body


@pytest.mark.parametrize("options", [{}, {"previews": 0}])
async def test_whoever_asks_for_none_gets_an_answer_at_once(options: dict[str, int]) -> None:
    fake = FakeOpenAI(key=KEY)
    async with fake.serving() as url, opened(url) as provider:
        assert (await shown(provider, Request(MODEL, "a red fox", options={**options})))[0] == []
    assert not {"stream", "partial_images", "previews"} & fake.asked[0].body.keys()


async def test_estimates_count_what_is_asked_for_and_nothing_else() -> None:
    async with opened("") as provider:
        model = next(each for each in await provider.models() if each.id == MODEL)
    assert model.previews is not None and model.previews.price is not None
    assert (model.previews.most, model.previews.price.amount) == (3, PREVIEW)
    plain, two = [estimated(model, Request(MODEL, "a fox", options={"previews": number})) for number in (0, 2)]
    assert estimated(model, Request(MODEL, "a fox")) == plain
    assert plain.most is not None and two.most == plain.most + 2 * PREVIEW and two.least == plain.least
    dearest = max(row.price.most or 0 for row in model.prices)
    assert by_price(model).most == dearest  # what previews add is told beside it
    assert [each.field for each in misfits(model, Request(MODEL, "a fox", options={"previews": 4}))] == [
        "options/previews"
    ]


async def test_models_of_a_compatible_server_show_what_its_settings_say() -> None:
    fake = FakeOpenAI()
    async with fake.serving() as url:
        async with opened(url, "openai-compatible") as provider:
            assert {each.previews for each in await provider.models()} == {None}
        async with opened(url, "openai-compatible", options={"previews": 2}) as provider:
            (model, _) = await provider.models()
            assert model.previews is not None and model.previews.most == 2 and model.options[0].name == "previews"
            seen, done = await shown(provider, Request(model.id, "a fox", options={"previews": 2}))
            assert len(seen) == 2 and done.answers[0].data == painted(1)
    for wrong in ("two", True):
        with pytest.raises(ValueError, match="previews"):
            async with opened("http://127.0.0.1:1", "openai-compatible", options={"previews": wrong}):
                pass


async def test_a_server_that_knows_no_events_answers_at_once() -> None:
    fake = FakeOpenAI(key=KEY, quirks=Quirks(pieces=False))
    async with fake.serving() as url, opened(url) as provider:
        seen, done = await shown(provider)
    assert seen == [] and done.answers[0].data == painted(1) and done.cost is not None


@pytest.mark.parametrize(
    ("fault", "error", "says", "charged"),
    [
        (Fault("cut"), OutcomeUnknown, "broke", 1),
        (Fault("cut", seconds=30), OutcomeUnknown, "silent", 1),
        (Fault("drop"), OutcomeUnknown, "broke", 1),
        (Fault("hang"), OutcomeUnknown, "silent", 1),
        (Fault("cut", body=b"oops"), BadAnswer, "without the finished picture", 1),
        (Fault("cut", body=b"[DONE]"), BadAnswer, "without the finished picture", 1),
        (Fault("cut", body=b'{"type":"image_generation.completed","b64_json":"!"}'), BadAnswer, "base64", 1),
        (Fault("cut", body=b'{"type":"image_generation.completed"}'), BadAnswer, "no picture", 1),
        (Fault("cut", body=b'{"error":{"message":"out of memory"}}'), OutcomeUnknown, "out of memory", 1),
        (Fault("cut", body=b'{"type":"error","code":"rate_limit_exceeded"}'), OutcomeUnknown, "broke the picture", 1),
        (Fault("refuse", billed=True), OutcomeUnknown, "safety system", 1),
        (Fault("refuse"), ContentRefused, "safety system", 0),
        (Fault("error", status=500), OutcomeUnknown, "500", 0),
    ],
)
async def test_what_breaks_in_the_middle_leaves_open_what_was_charged(
    fault: Fault, error: type[ProviderError], says: str, charged: int
) -> None:
    fake = FakeOpenAI(key=KEY, faults=[fault])
    async with fake.serving() as url, opened(url, options={"timeout": 0.3}) as provider:
        found = await failure(provider)
        assert isinstance(found, error) and says in str(found)
        assert len(fake.bill) == charged
        assert found.sent == ("unknown" if charged or fault.what == "error" else "refused")
        assert (await shown(provider))[1].answers[0].data is not None  # and it goes on


async def test_a_refusal_before_anything_was_shown_is_one() -> None:
    told = {"message": "No umbrellas.", "code": "moderation_blocked", "moderation_details": {"categories": ["rain"]}}
    async with Listening(streaming(b"data: " + json.dumps({"error": told}).encode() + b"\n\n")).here() as server:
        async with opened(server.base_url) as provider:
            found = await failure(provider)
    assert isinstance(found, ContentRefused) and found.params["categories"] == "rain"


async def test_a_refusal_after_a_preview_that_cannot_be_read_leaves_open_what_was_charged() -> None:
    refused = b'data: {"error":{"message":"No umbrellas.","code":"moderation_blocked"}}\n\n'
    for partial in (
        event("partial_image", b64_json="!!!"), event("partial_image", b64_json=""), event("partial_image"),
        event("partial_image", b64_json=7), b'data: {}\n\ndata: {"type":"image_edit.partial_image"}\n\n',
    ):  # fmt: skip
        async with Listening(streaming(partial, refused)).here() as server, opened(server.base_url) as provider:
            found = await failure(provider)
        assert isinstance(found, OutcomeUnknown) and "No umbrellas" in str(found)


async def test_a_preview_that_makes_no_sense_costs_no_picture() -> None:
    events = (
        b": a remark\r\n\r\n", b"data: {{{\n\n", event("partial_image", b64_json="!"), event("partial_image"),
        event("partial_image", b64_json=7), event("started"), b"retry: 5\n\n", event("partial_image", b64_json="AAAA"),
        event("completed", b64_json=picture(3)),
    )  # fmt: skip
    async with Listening(streaming(*events)).here() as server, opened(server.base_url) as provider:
        seen, done = await shown(provider)
        assert (seen, done.answers[0].data, done.cost) == ([b"\0\0\0"], painted(3), None)
    async with Listening(streaming(event("completed", b64_json=picture(3)), whole=False)).here() as server:
        async with opened(server.base_url) as provider:  # it breaks off behind the picture
            assert (await shown(provider))[1].answers[0].data == painted(3)
    async with Listening(streaming(event("completed", b64_json=picture(3))[:-2])).here() as server:
        async with opened(server.base_url) as provider:  # it ends without its last lines
            assert (await shown(provider))[1].answers[0].data == painted(3)


def test_it_is_all_one_where_the_bytes_are_cut() -> None:
    whole = event("partial_image", b64_json=picture(1)).replace(b"\n", b"\r\n") + event(
        "completed", b64_json=picture(2)
    )
    chance = random.Random(5)
    for _ in range(50):
        coming, seen, at = Coming(), list[bytes](), 0
        while at < len(whole):
            step = chance.choice((1, 2, 7, 200, 5000))
            seen += coming.take(whole[at : at + step])
            at += step
        assert seen == [painted(1)] and coming.end().answers[0].data == painted(2)


async def test_whatever_breaks_the_ledger_and_the_bill_agree_to_the_cent(tmp_path: Path) -> None:
    chance = random.Random(11)
    kinds = [
        None, None, None, Fault("cut"), Fault("cut", seconds=30), Fault("cut", body=b"oops"),
        Fault("garbage", body=b"{"), Fault("refuse"), Fault("refuse", billed=True), Fault("drop"),
        Fault("rate", seconds=1.0), Fault("slow", seconds=0.02), Fault("error", status=500), Fault("repeat"),
    ]  # fmt: skip
    fake = FakeOpenAI(key=KEY, faults=[chance.choice(kinds) for _ in range(50)])
    async with fake.serving() as url, opened(url, options={"timeout": 0.3}, at_once=6) as provider:
        async with shop(tmp_path, provider) as here:
            model = next(each for each in await provider.models() if each.id == MODEL)
            requests = [Request(MODEL, f"{n}", options={"previews": n % 4, "quality": "low"}) for n in range(50)]
            wanted = [Wanted(provider.name, each, estimated(model, each)) for each in requests]
            await here.library.queue.enqueue(wanted)
            jobs = await here.until_quiet(60)
            states = Counter(job.state for job in jobs)
            assert states["done"] > 15 and states["unknown"] > 8
            billed = Counter(charge.prompt for charge in fake.bill)
            assert max(billed.values()) == 1  # nobody paid twice
            unknown = {job.request.prompt for job in jobs if job.state == "unknown"}
            assert here.spent() == {"USD": sum(c.micros for c in fake.bill if c.prompt not in unknown)}
            assert here.open() == states["unknown"]
            for job in jobs:
                assert job.estimate is not None and job.estimate.most is not None
                charge = next((each.micros for each in fake.bill if each.prompt == job.request.prompt), 0)
                assert charge <= job.estimate.most
