"""The showing half of the fake: a picture in events, with previews of it, each of them on the bill."""

from __future__ import annotations

import asyncio
import base64
from typing import Any

import msgspec
from aiohttp import web

from providers.fakes.faults import Fault
from providers.fakes.openai_talking import EVENTS, cut_off
from providers.fakes.pictures import coarser

TOKENS = 100  # of a picture's output, that a preview takes
FAULTS = ("cut", "garbage", "refuse", "slow")  # that happen among the events
POLICY = "The picture was stopped by the safety system."


async def in_events(
    request: web.Request, body: dict[str, Any], made: dict[str, Any], fault: Fault | None, seconds: float
) -> web.StreamResponse:
    """Previews, coarse at first, and the picture; what goes wrong goes wrong behind the first of them."""
    wanted = body.get("partial_images") or 0
    if fault is not None and fault.what == "slow":
        await asyncio.sleep(fault.seconds or 0.0)
    answer = web.StreamResponse(headers=EVENTS)
    await answer.prepare(request)
    picture = made["data"][0]
    data = base64.b64decode(picture["b64_json"]) if "b64_json" in picture else b""
    for number in range(max(1, wanted)):
        if wanted and data:
            shown = {"b64_json": base64.b64encode(coarser(data, wanted - number)).decode()}
            await answer.write(_event(body, "partial_image", **shown, partial_image_index=number))
        if number == 0 and fault is not None:
            if fault.what == "cut":
                return await cut_off(request, answer, fault)
            if fault.what == "refuse":
                told = {"message": POLICY, "type": "image_generation_user_error", "code": "moderation_blocked"}
                await answer.write(b"data: " + msgspec.json.encode({"type": "error", "error": told}) + b"\n\n")
                return answer
            if fault.what == "garbage":
                await answer.write(b"data: " + fault.body + b"\n\n")
        await asyncio.sleep(seconds / max(1, wanted))
    usage = {"usage": made["usage"]} if "usage" in made else {}
    await answer.write(_event(body, "completed", **picture, **usage))
    return answer


def _event(body: dict[str, Any], what: str, **more: Any) -> bytes:
    """As the vendor writes it, with a name and a body."""
    kind = f"image_generation.{what}"
    told = {
        "type": kind,
        "created_at": 1_790_000_000,
        "size": body.get("size", "auto"),
        "quality": body.get("quality", "auto"),
        "background": body.get("background", "auto"),
        "output_format": "png",
    }
    return f"event: {kind}\n".encode() + b"data: " + msgspec.json.encode(told | more) + b"\n\n"
