"""The talking half of the fake: chat completions, in events or at once, and embeddings, with the same bill."""

from __future__ import annotations

import asyncio
import hashlib
import struct
from collections.abc import Callable
from typing import Any

import msgspec
from aiohttp import web

from providers.fakes.faults import Fault

TEXT_TAKEN, TEXT_GIVEN = 1, 6  # micros of a US dollar for a token
DIMENSIONS = 8
# By the last part of a path: what a request must have, and all that it may have.
NEEDED = {
    "completions": (
        "messages",
        {"model", "messages", "stream", "stream_options", "max_tokens", "max_completion_tokens"},
    ),
    "embeddings": ("input", {"model", "input", "encoding_format"}),
}
EVENTS = {"Content-Type": "text/event-stream; charset=utf-8"}
Charging = Callable[[str, str, int], None]


def words_for(body: dict[str, Any]) -> list[str]:
    """What it answers: what it was told last, so that tests know. A reply as long as allowed."""
    said = [str(each.get("content")) for each in body["messages"] if each.get("role") == "user"]
    system = next((str(each.get("content")) for each in body["messages"] if each.get("role") == "system"), "")
    words = f"{system}{' ' if system else ''}You said: {said[-1]}".split(" ")
    most = body.get("max_completion_tokens") or body.get("max_tokens") or len(words)
    return [("" if number == 0 else " ") + word for number, word in enumerate(words[:most])]


def tokens_in(body: dict[str, Any]) -> int:
    return sum(len(str(each.get("content")).split()) for each in body["messages"])


def chatted(body: dict[str, Any], charge: Charging, usage: bool) -> dict[str, Any]:
    """The whole answer, charged."""
    words, taken = words_for(body), tokens_in(body)
    charge(str(body["messages"][-1]["content"]), body["model"], taken * TEXT_TAKEN + len(words) * TEXT_GIVEN)
    most = body.get("max_completion_tokens") or body.get("max_tokens")
    choice = {
        "index": 0,
        "message": {"role": "assistant", "content": "".join(words)},
        "finish_reason": "length" if most == len(words) else "stop",
    }
    told = {"prompt_tokens": taken, "completion_tokens": len(words), "total_tokens": taken + len(words)}
    return {**_head(body, "chat.completion"), "choices": [choice]} | ({"usage": told} if usage else {})


async def in_events(
    request: web.Request, body: dict[str, Any], made: dict[str, Any], fault: Fault | None, seconds: float
) -> web.StreamResponse:
    """The same answer, word by word."""
    words, ends = words_for(body), made["choices"][0]["finish_reason"]
    answer = web.StreamResponse(headers=EVENTS)
    await answer.prepare(request)
    for number, word in enumerate(words):
        if fault is not None and fault.what == "cut" and number == len(words) // 2:
            return await cut_off(request, answer, fault)
        delta = {"role": "assistant", "content": word} if number == 0 else {"content": word}
        await answer.write(_event({**_head(body), "choices": [{"index": 0, "delta": delta, "finish_reason": None}]}))
        await asyncio.sleep(seconds / len(words))
    await answer.write(_event({**_head(body), "choices": [{"index": 0, "delta": {}, "finish_reason": ends}]}))
    if "usage" in made and (body.get("stream_options") or {}).get("include_usage"):
        await answer.write(_event({**_head(body), "choices": [], "usage": made["usage"]}))
    await answer.write(b"data: [DONE]\n\n")
    return answer


async def cut_off(request: web.Request, answer: web.StreamResponse, fault: Fault) -> web.StreamResponse:
    """Stop in the middle: with a word of the server's (`body`), by silence (`seconds`), or by breaking off."""
    if fault.body:
        await answer.write(b"data: " + fault.body + b"\n\n")
        return answer
    if fault.seconds is not None:
        await asyncio.sleep(fault.seconds)
    assert request.transport is not None
    request.transport.abort()
    return answer


def embedded(body: dict[str, Any], charge: Charging, usage: bool) -> dict[str, Any]:
    """A vector for each text: of its hash, so that equal texts have equal ones."""
    texts, taken = body["input"], sum(len(each.split()) for each in body["input"])
    charge(texts[0], body["model"], taken * TEXT_TAKEN)
    data = [{"object": "embedding", "index": index, "embedding": vector(text)} for index, text in enumerate(texts)]
    made: dict[str, Any] = {"object": "list", "data": data[::-1], "model": body["model"]}  # in no order, as it may be
    return made | ({"usage": {"prompt_tokens": taken, "total_tokens": taken}} if usage else {})


def vector(text: str) -> list[float]:
    found = struct.unpack(f"<{DIMENSIONS}i", hashlib.sha256(text.encode()).digest())
    return [each / 2**31 for each in found]


def _head(body: dict[str, Any], kind: str = "chat.completion.chunk") -> dict[str, Any]:
    return {"id": "chatcmpl-1", "object": kind, "created": 1_790_000_000, "model": body["model"]}


def _event(told: dict[str, Any]) -> bytes:
    return b"data: " + msgspec.json.encode(told) + b"\n\n"
