"""Whole answers with several pictures: the good ones are kept, and what is said of the others."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from library.jobs.models import Request
from providers.base import MOST_ANSWERS, Done
from providers.errors import BadAnswer
from providers.fakes.pictures import painted
from providers.openai.answers import made_of
from tests.providers.house import KEY, opened
from tests.providers.servers import Listening, answering

GOOD = {"b64_json": base64.b64encode(painted(3)).decode()}


@pytest.mark.parametrize(
    ("withheld", "why"),
    [
        ({"b64_json": None, "finish_reason": "CONTENT_FILTERED"}, "CONTENT_FILTERED"),
        ({"error": {"code": "content_filter"}}, "content_filter"),
        ({"error": {"code": "content_filter", "message": f"No umbrellas, {KEY}."}}, "No umbrellas, …."),
        ({"error": "No umbrellas."}, "No umbrellas."),
        ({"url": "", "error": None}, "The answer holds no picture."),
        ({"b64_json": "!"}, "The answer's picture is not base64."),
        ({"b64_json": 7, "url": ["x"], "finish_reason": {}}, "The answer holds no picture."),
        (None, "The answer holds no picture."),
        ("content_filter", "The answer holds no picture."),
        ([], "The answer holds no picture."),
    ],
)
async def test_of_a_whole_answer_the_good_ones_are_kept_and_the_others_told(withheld: Any, why: str) -> None:
    for some in ([GOOD, withheld, GOOD], [withheld, GOOD, GOOD]):
        body = json.dumps({"data": some}).encode()
        async with Listening(answering(200, body)).here() as server, opened(server.base_url) as provider:
            done = await provider.submit(Request("m", "a fox"), "aa" * 16)
        assert isinstance(done, Done)
        assert [each.data for each in done.answers] == [painted(3)] * 2
        assert (done.more, done.lost, done.why) == (0, 1, why)
    with pytest.raises(BadAnswer):
        made_of(json.dumps({"data": [withheld, withheld]}).encode())


def test_those_behind_the_ones_that_are_taken_count_as_what_they_are() -> None:
    some = [{"error": "no"}, *[GOOD] * 6, None, {"b64_json": "?"}, {"url": "https://example.org/x.png"}]
    found = made_of(json.dumps({"data": some}).encode())
    assert (len(found.answers), found.more, found.lost, found.why) == (MOST_ANSWERS, 4, 2, "no")
