"""Words and vectors over OpenAI's API: how they are read, what is asked for, what is told of models, what they cost."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import aclosing
from typing import Any

import pytest

from library.jobs.models import Cost
from providers.errors import AuthError, BadAnswer, InvalidRequest, OutcomeUnknown
from providers.fakes.faults import Fault
from providers.fakes.openai import FakeOpenAI, Quirks
from providers.openai.adapter import OpenAI
from providers.openai.listing import abilities_of
from providers.openai.text import MOST_CHARACTERS, MOST_LINES, MOST_REPLY, Reply, tokens_of, vectors_of
from providers.pricebook import read_book
from providers.words.probing import Probe, likeliest, probed
from providers.words.talking import End, Message, Piece, Question, Stop, Tokens
from tests.providers.house import KEY, opened
from tests.providers.servers import Listening, answering

ASKED = Question("m", (Message("user", "a fox"),))


def part(text: str | None = None, finish: str | None = None, **more: Any) -> bytes:
    choice = {"index": 0, "delta": {} if text is None else {"content": text}, "finish_reason": finish}
    return b"data: " + json.dumps({"model": "m-1", "choices": [choice], **more}, ensure_ascii=False).encode() + b"\n\n"


def read(*pieces: bytes) -> tuple[str, End]:
    reply = Reply()
    text = "".join(each for data in pieces for each in reply.take(data))
    text += "".join(reply.end())
    return text, reply.told("asked")


WHOLE = part("一隻") + part("狐狸 🦊") + part(None, "stop") + b"data: [DONE]\n\n"


def test_an_answer_may_come_in_pieces_cut_anywhere() -> None:
    for size in (1, 2, 3, 7, 50, len(WHOLE)):
        assert read(*(WHOLE[at : at + size] for at in range(0, len(WHOLE), size))) == (
            "一隻狐狸 🦊",
            End("end", "m-1"),
        )


@pytest.mark.parametrize(
    ("body", "stop"),
    [
        (WHOLE.replace(b"\n", b"\r\n"), "end"),
        (b": keep-alive\n\nevent: message\nid: 7\n" + WHOLE, "end"),
        (WHOLE.replace(b"data: ", b"data:"), "end"),
        (WHOLE.partition(b"data: [DONE]")[0], "end"),  # some never say that they are done
        (WHOLE.removesuffix(b"\n\n"), "end"),
        (part("一隻") + part("狐狸 🦊") + b"data: [DONE]\n\n", "end"),  # and some never say why
        (part("一隻") + part("狐狸 🦊", "length"), "length"),
        (part("一隻") + part("狐狸 🦊", "content_filter"), "content"),
        (part("一隻") + part("狐狸 🦊", "tool_calls"), "other"),
        (WHOLE + part(" and much more"), "end"),
    ],
)
def test_servers_end_their_answers_in_their_own_ways(body: bytes, stop: Stop) -> None:
    text, end = read(body)
    assert (text, end.stop) == ("一隻狐狸 🦊", stop)


def test_tokens_are_told_last_and_believed_where_they_can_be() -> None:
    usage = {"prompt_tokens": 9, "completion_tokens": 4, "prompt_tokens_details": {"cached_tokens": 5}}
    last = b"data: " + json.dumps({"choices": [], "usage": usage}).encode() + b"\n\n"
    assert read(part("a", "stop") + last + b"data: [DONE]\n\n")[1].tokens == Tokens(9, 4, 5)
    for nonsense in (None, 7, {}, {"prompt_tokens": "9"}, {"prompt_tokens": -1, "completion_tokens": 2}):
        assert tokens_of(nonsense) is None
    assert tokens_of({"prompt_tokens": 9, "completion_tokens": 10**10}) is None
    assert tokens_of({**usage, "prompt_tokens_details": {"cached_tokens": 10}}) is None
    assert tokens_of({"prompt_tokens": 9, "total_tokens": 9}) == Tokens(9, 0)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"data: {}\n\n",
        b"data: nonsense\n\n",
        b"data: [1]\n\n",
        b'data: {"choices": "many"}\n\n',
        b'data: {"choices": [{"delta": {"content": ["a"]}}]}\n\n',
        b'data: {"choices": [{"delta": {"content": "\xff"}}]}\n\n',
        b"data: " + b'{"choices": ' * 100_000 + b"\n\n",
        part("a"),
        part("a") + part("b").removesuffix(b"}\n\n"),
        b'data: {"error": {"message": "out of memory"}}\n\n',
        part("a") + b'data: {"error": "out of memory"}\n\n',
    ],
)
def test_what_is_no_answer_leaves_the_outcome_unknown(body: bytes) -> None:
    with pytest.raises(OutcomeUnknown):
        read(body)


def test_an_endless_answer_is_not_taken() -> None:
    with pytest.raises(BadAnswer):
        read(*[part("a" * 100_000)] * (MOST_CHARACTERS // 100_000 + 1))
    with pytest.raises(BadAnswer):
        read(*[b": still here" + b"." * 100_000 + b"\n"] * (MOST_REPLY // 100_000 + 1))
    with pytest.raises(BadAnswer):
        read(b"data: ", *[b"x" * 100_000] * 11)
    with pytest.raises(BadAnswer, match="in more lines"):
        read(*[b"\n" * 10_000] * (MOST_LINES // 10_000 + 1))


def test_a_second_voice_is_not_mixed_in() -> None:
    other = b'data: {"choices": [{"index": 1, "delta": {"content": "no"}, "finish_reason": "stop"}]}\n\n'
    assert read(part("a") + other + part("b", "stop"))[0] == "ab"


def of(*vectors: Any, **more: Any) -> bytes:
    return json.dumps({"data": [{"embedding": each} for each in vectors], **more}).encode()


def test_vectors_are_of_the_texts_in_their_order() -> None:
    shuffled = [{"embedding": [2.0], "index": 1}, {"embedding": [1], "index": 0}]
    body = json.dumps({"data": shuffled, "model": "e-1", "usage": {"prompt_tokens": 3}}).encode()
    assert vectors_of(body, 2) == (((1.0,), (2.0,)), "e-1", Tokens(3, 0))
    assert vectors_of(of([1, 2], [3, 4]), 2) == (((1.0, 2.0), (3.0, 4.0)), "", None)


@pytest.mark.parametrize(
    ("body", "number"),
    [
        (of([1.0]), 2),
        (of([1.0], [2.0]), 1),
        (of(), 1),
        (of([1.0, 2.0], [1.0]), 2),
        (of([], []), 2),
        (of(["x"]), 1),
        (of("AAAA"), 1),
        (of([None]), 1),
        (b'{"data": [{"embedding": [1e999]}]}', 1),
        (b'{"data": [{"embedding": [NaN]}]}', 1),
        (of([0.0] * 70_000), 1),
        (b'{"data": [{"embedding": [1.0], "index": 0}, {"embedding": [2.0], "index": 0}]}', 2),
        (b'{"data": [{"embedding": [1.0], "index": 1}, {"embedding": [2.0]}]}', 2),
        (b'{"data": [{"embedding": [1.0], "index": 7}]}', 1),
        (b"<html>", 1),
        (b"[]", 1),
    ],
)
def test_vectors_that_do_not_fit_are_not_taken(body: bytes, number: int) -> None:
    with pytest.raises(BadAnswer):
        vectors_of(body, number)


@pytest.mark.parametrize(
    ("told", "can"),
    [
        ({"id": "a", "object": "model"}, None),
        ({"type": "llm"}, ("speak",)),
        ({"type": "vlm"}, ("speak",)),
        ({"type": "embeddings"}, ("embed",)),
        ({"type": "image"}, ("paint",)),
        ({"type": "model"}, None),
        ({"type": 7, "capabilities": "all"}, None),
        ({"capabilities": {"completion_chat": True, "fine_tuning": True, "embedding": False}}, ("speak",)),
        ({"capabilities": ["completion", "multimodal"]}, ("speak",)),
        ({"capabilities": [["x"], None, "embedding"]}, ("embed",)),
        ({"architecture": {"output_modalities": ["image", "text"]}}, ("paint", "speak")),
        ([], None),
    ],
)
def test_what_a_model_can_do_is_said_as_far_as_it_is_told(told: Any, can: Any) -> None:
    assert abilities_of(told) == can


async def spoken(provider: OpenAI, question: Question = ASKED) -> tuple[str, End]:
    text = ""
    async with aclosing(provider.speak(question, "ab" * 16)) as answer:
        async for each in answer:
            if isinstance(each, Piece):
                text += each.text
            else:
                return text, each
    raise AssertionError("no end")


async def test_it_says_of_this_machine_no_more_than_for_pictures() -> None:
    fake = FakeOpenAI(key=KEY, models=["m"])
    async with fake.serving() as url, opened(url, "openai-compatible", headers={"X-Team": "blue"}) as provider:
        await spoken(provider)
        await provider.embed("m", ["fox"], "cd" * 16)
    for asked in fake.asked:
        told = {name.lower(): value for name, value in asked.headers.items()}
        told.pop("x-stainless-raw-response")
        assert (told.pop("authorization"), told.pop("x-team")) == (f"Bearer {KEY}", "blue")
        assert (told.pop("user-agent"), told.pop("connection"), told.pop("accept-encoding")) == (
            "Gesso", "close", "identity",
        )  # fmt: skip
        assert set(told) == {"host", "content-length", "content-type", "accept"}
    assert [set(each.body) for each in fake.asked] == [
        {"model", "messages", "stream"},
        {"model", "input", "encoding_format"},
    ]


async def test_the_vendor_is_asked_what_was_used_and_the_cost_is_reckoned_from_it() -> None:
    fake = FakeOpenAI(key=KEY, models=["gpt-5.6-luna", "text-embedding-3-small", "new"])
    async with fake.serving() as url, opened(url) as provider:
        question = Question("gpt-5.6-luna", (Message("user", "a red fox"),), 3)
        text, end = await spoken(provider, question)
        assert (text, end.stop, end.tokens) == ("You said: a", "length", Tokens(3, 3))
        assert end.cost == Cost(3 * 1 + 3 * 6, "USD", "usage")
        made = await provider.embed("text-embedding-3-small", ["a red fox"] * 20, "ef" * 16)
        assert made.cost == Cost(2, "USD", "usage")  # 60 tokens of 0.02 micros, rounded up
        assert (await spoken(provider, Question("new", ASKED.messages)))[1].cost is None
    assert fake.asked[0].body["max_completion_tokens"] == 3
    assert fake.asked[0].body["stream_options"] == {"include_usage": True}


def test_tokens_that_it_had_seen_cost_what_the_book_says() -> None:
    book = read_book("openai")
    assert book.cost_of_text("gpt-5.6-terra", Tokens(1000, 100, 400)) == Cost(600 * 5 // 2 + 100 + 1500, "USD", "usage")
    assert book.cost_of_text("gpt-image-2", Tokens(1, 1)) is None


async def test_a_gateway_that_knows_its_requests_answers_again_for_nothing() -> None:
    fake = FakeOpenAI(models=["m"], quirks=Quirks(idempotent=True))
    async with fake.serving() as url, opened(url, "openai-compatible", options={"idempotent": True}) as provider:
        assert await spoken(provider) == await spoken(provider)
    assert len(fake.bill) == 1


async def test_an_answer_that_is_whole_is_not_lost_with_what_comes_behind_it() -> None:
    body = part("a fox", "stop")
    head = {"Content-Type": "text/event-stream", "Content-Length": str(len(body) + 100)}
    async with Listening(answering(200, body, head)).here() as server:
        async with opened(server.base_url, "openai-compatible") as provider:
            assert (await spoken(provider))[0] == "a fox"


async def test_a_silence_in_the_middle_ends_it() -> None:
    fake = FakeOpenAI(models=["m"], faults=[Fault("cut", seconds=60.0)])
    async with fake.serving() as url, opened(url, "openai-compatible", options={"timeout": 0.3}) as provider:
        with pytest.raises(OutcomeUnknown):
            await spoken(provider, Question("m", (Message("user", "one two three four"),)))


@pytest.mark.parametrize("status", [301, 302, 307])
async def test_it_follows_nobody_elsewhere(status: int) -> None:
    async with Listening(answering(200, b"{}")).here() as other:
        to = {"Location": f"{other.base_url}/chat/completions"}
        async with Listening(answering(status, b"", to)).here() as server:
            async with opened(server.base_url, "openai-compatible") as provider:
                with pytest.raises(InvalidRequest):
                    await spoken(provider)
                with pytest.raises(InvalidRequest):
                    await provider.embed("m", ["x"], "ab" * 16)
        assert other.reached == 0


@pytest.mark.parametrize("packed", ["gzip", "br"])
async def test_a_packed_answer_is_not_unpacked(packed: str) -> None:
    async with Listening(
        answering(200, WHOLE, {"Content-Type": "text/event-stream", "Content-Encoding": packed})
    ).here() as server:
        async with opened(server.base_url, "openai-compatible") as provider:
            with pytest.raises(BadAnswer):
                await spoken(provider)


async def test_a_key_that_a_server_repeats_is_not_told() -> None:
    told = json.dumps({"error": {"message": f"no such key {KEY}"}}).encode()
    async with Listening(answering(401, told)).here() as server:
        async with opened(server.base_url, "openai-compatible") as provider:
            with pytest.raises(AuthError) as refused:
                await spoken(provider)
    assert KEY not in str(refused.value)


async def looked_into(fake: FakeOpenAI, adapter: str, key: str | None = None) -> Sequence[Probe]:
    options = {} if adapter == "openai" else {"free": True}
    async with fake.serving() as url, opened(url, adapter, key=key, options=options) as provider:
        return await probed(provider)


async def test_a_server_of_ones_own_is_tried() -> None:
    names = ["qwen3-8b", "text-embedding-nomic"]
    paint, speak, embed = await looked_into(fake := FakeOpenAI(models=names), "openai-compatible")
    assert (paint.answers, paint.tried) == (None, False)
    assert (speak.answers, speak.tried, speak.model) == (True, True, "qwen3-8b")
    assert (embed.answers, embed.tried, embed.model) == (True, True, "text-embedding-nomic")
    assert [each.path for each in fake.asked] == ["/v1/chat/completions", "/v1/embeddings"]


async def test_what_a_server_of_ones_own_cannot_do_is_said_with_its_reason() -> None:
    fake = FakeOpenAI(models=["m"], faults=[None, Fault("error", 501)], told={"m": {"type": "llm"}})
    paint, speak, embed = await looked_into(fake, "openai-compatible")
    assert (paint, speak.answers, embed) == (Probe("paint", False), True, Probe("embed", False))
    paint, speak, embed = await looked_into(
        FakeOpenAI(models=["m"], faults=[None, Fault("error", 501)]), "openai-compatible"
    )
    assert (speak.answers, embed.answers, embed.tried, embed.code) == (True, False, True, "provider.unknown")


async def test_what_wants_money_is_not_tried() -> None:
    found = await looked_into(fake := FakeOpenAI(key=KEY), "openai", KEY)
    assert [(each.what, each.answers, each.tried) for each in found] == [
        ("paint", True, False),
        ("speak", True, False),
        ("embed", True, False),
    ]
    assert (fake.asked, fake.bill) == ([], [])


async def test_the_likeliest_is_the_one_of_which_it_is_told() -> None:
    fake = FakeOpenAI(models=["embedder", "b", "c"], told={"c": {"type": "llm"}})
    async with fake.serving() as url, opened(url, "openai-compatible") as provider:
        models = await provider.models()
    assert [each.can for each in models] == [None, None, ("speak",)]
    assert likeliest("speak", models).id == "c"
    assert likeliest("embed", models[:2]).id == "embedder"
